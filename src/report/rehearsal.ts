import {adviceOf, commandsOf, sentencesOf} from '../errors.ts'
import type {Rehearsal, StepReport} from '../rotation/index.ts'
import {serverLine, type Server} from './forge.ts'
import type {Tint} from './tint.ts'
import {wrapped} from './wrap.ts'

const INDENT = 13

/** A rehearsal for people: what it means, then each step with its time, and below a problem what mends it. */
export function rehearsalText({profile, agent, verdict, steps, exit}: Rehearsal, tint: Tint, width?: number): string {
  const mark = exit === 0 ? tint.good('✓') : tint.bad('✗')
  const head = wrapped(`${mark} ${tint.strong(profile)}, with ${agent}: ${verdict}.`, width, 2)
  return [head, ...steps.map((step) => stepText(step, tint, width))].join('\n')
}

/** How all of them ended, and what a rehearsal leaves out. */
export function curtainText(rehearsals: readonly Rehearsal[], server: Server, tint: Tint, width?: number): string {
  const failed = rehearsals.filter(({exit}) => exit !== 0).length
  const count = `${rehearsals.length} ${rehearsals.length === 1 ? 'profile' : 'profiles'}`
  const said =
    failed > 0
      ? tint.bad(`${failed} of ${count} would not get through tonight.`)
      : `${tint.good(`${count}: minted, probed, deleted and seen dead.`)} Storing the secret and the restart were not tried.`
  return [wrapped(said, width), serverLine(server)].join('\n')
}

function stepText({step, state, ms, says, suggestions = [], ref}: StepReport, tint: Tint, width?: number): string {
  const words = {ok: tint.good('✓ ok     '), note: tint.warn('! note   '), problem: tint.bad('✗ problem')}
  const line = wrapped(`  ${words[state]}  ${step.padEnd(9)}  ${seconds(ms)}  ${says}`, width, INDENT)
  const advice = suggestions.map(adviceOf)
  const help = [
    sentencesOf(advice),
    ...commandsOf(advice).map((each) => `Type: ${tint.command(each)}`),
    ref === undefined ? '' : `Read: patrol help ${ref}`,
  ]
  return [line, ...help.filter(Boolean).map((each) => wrapped(' '.repeat(INDENT) + each, width, INDENT))].join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(7)
}
