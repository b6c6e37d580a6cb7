import {adviceOf, isCommand, sentencesOf} from '../errors.ts'
import type {Check} from '../doctor/doctor.ts'
import type {Tint} from './tint.ts'
import {wrapped} from './wrap.ts'

const INDENT = 21

/** A check-up for people: one line each, and below a problem what mends it. */
export function doctorText(checks: readonly Check[], tint: Tint, width?: number): string {
  const words = {ok: tint.good('✓ ok     '), note: tint.warn('! note   '), problem: tint.bad('✗ problem')}
  const lines = checks.flatMap(({area, what, state, message, fix, ref}) => {
    const line = wrapped(`${words[state]}  ${area.padEnd(8)}  ${what}: ${message}`, width, INDENT)
    const help =
      state === 'ok'
        ? []
        : [
            fix && (isCommand(fix) ? `Type: ${tint.command(fix)}` : sentencesOf([adviceOf(fix)])),
            ref && `Read: patrol help ${ref}`,
          ]
    return [line, ...help.filter(Boolean).map((each) => wrapped(' '.repeat(INDENT) + each, width))]
  })
  const problems = checks.filter(({state}) => state === 'problem').length
  const end =
    problems === 0 ? tint.good('All is well.') : tint.bad(`${problems} ${problems === 1 ? 'problem' : 'problems'}.`)
  return [...lines, '', end].join('\n')
}
