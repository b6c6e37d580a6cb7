import type {RotationResult} from '../rotation/index.ts'
import type {RotationEvent} from '../rotation/events.ts'
import type {RotationSummary} from '../rotation/ports.ts'
import {table} from './table.ts'
import type {Tint} from './tint.ts'

/** How a rotation ended, for people. */
export function rotationText(result: RotationResult, tint: Tint): string {
  const {id, agent, phase, candidate, superseded, dueAt} = result
  const left = superseded.filter(({revoked}) => !revoked)
  const gone = superseded.filter(({revoked}) => revoked)
  const lines = [`${mark(phase, tint)} ${agent}: rotation ${id} is ${words(phase)}.`]
  if (candidate) lines.push(`  serves   ${candidate.name} (...${candidate.lastEight}, id ${candidate.id})`)
  for (const token of gone) lines.push(`  revoked  ${token.name} (...${token.lastEight}, id ${token.id})`)
  for (const token of left)
    lines.push(`  due      ${token.name} (...${token.lastEight}, id ${token.id}) ${when(token.deadline ?? dueAt)}`)
  if (left.length > 0 && phase === 'proven') {
    lines.push(`Every patrol run finishes what is due; or type: ${tint.command(`patrol rotation resume ${id}`)}`)
  }
  return lines.join('\n')
}

/** One line per rotation, newest first. */
export function rotationTable(rows: readonly RotationSummary[], width?: number): string {
  if (rows.length === 0) return 'No rotation is recorded here.'
  const columns = ['rotation', 'agent', 'workspace', 'phase', 'started', 'due'].map((title) => ({
    title,
    cut: title === 'workspace',
  }))
  const cells = rows.map(({id, agent, workspace, phase, startedAt, dueAt}) => [
    id,
    agent,
    workspace,
    words(phase),
    time(startedAt),
    dueAt === undefined ? '-' : time(dueAt),
  ])
  return table(columns, cells, width)
}

/** A rotation's journal, oldest first. */
export function journalText(events: readonly RotationEvent[]): string {
  return events.map(({at, type, ...facts}) => `${time(at)}  ${type.padEnd(18)}  ${details(facts)}`.trimEnd()).join('\n')
}

function details(facts: object): string {
  return Object.entries(facts)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')
}

function mark(phase: string, tint: Tint): string {
  if (phase === 'completed' || phase === 'proven') return tint.good('✓ done:')
  return phase === 'rolled_back' ? tint.warn('! ended:') : tint.warn('! open:')
}

function words(phase: string): string {
  return phase.replaceAll('_', ' ')
}

function when(at: number | undefined): string {
  return at === undefined ? '' : `at ${time(at)}`
}

/** RFC 3339 with seconds. */
function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}
