import type {RotationResult, TokenRef} from '../rotation/index.ts'
import type {StorySummary} from '../story/ports.ts'
import {serverText, type Server} from './forge.ts'
import {table} from './table.ts'
import type {Tint} from './tint.ts'
import {rfc3339} from './when.ts'
import {nextText, wrapped} from './wrap.ts'

/** How a rotation ended, for people. */
export function rotationText(result: RotationResult, tint: Tint, server?: Server): string {
  const {id, agent, phase, candidate, superseded, dueAt} = result
  const line = (word: string, token: TokenRef, more = ''): string =>
    `  ${word.padEnd(8)} ${token.name} (…${token.lastEight}, id ${token.id})${more}`
  const both = result.reason === 'both-kept'
  const backed = result.takenBack ? 'over, taken back: its new token is deleted' : 'over, nothing replaced'
  const over = both ? 'over, both sides kept' : backed
  const lines = [`${mark(phase, tint)} ${agent}: rotation ${id} is ${phase === 'rolled_back' ? over : words(phase)}.`]
  if (server) lines.push(`  ${'server'.padEnd(8)} ${serverText(server)}`)
  if (phase === 'rolled_back') {
    lines.push(...superseded.map((token) => line(token.revoked ? 'revoked' : 'kept', token)))
    if (both) lines.push('Its next rotation replaces all that is kept; type:')
    if (both) lines.push(`  ${tint.command(`patrol rotate ${agent}`)}`)
    return lines.join('\n')
  }
  if (phase === 'overtaken') return lines.join('\n')
  if (candidate) lines.push(line('new', candidate))
  for (const token of superseded) {
    const at = token.deadline ?? dueAt
    if (token.revoked) lines.push(line('revoked', token))
    else lines.push(line('due', token, at === undefined ? ', after the proof' : `, at ${time(at)}`))
  }
  if (phase === 'proven' && superseded.some(({revoked}) => !revoked)) {
    lines.push('The next patrol run that writes revokes what is due by then; or type:')
    lines.push(`  ${tint.command(`patrol rotation resume ${id}`)}`)
  }
  return lines.join('\n')
}

/** One line per rotation. On a terminal a column that tells nothing makes room for the others. */
function rotationTable(rows: readonly StorySummary[], width?: number): string {
  const columns = [
    {title: 'rotation', cell: ({id}: StorySummary) => id, telling: true},
    {title: 'agent', cell: ({agent}: StorySummary) => agent, telling: true},
    {
      title: 'workspace',
      cell: ({workspace}: StorySummary) => workspace,
      telling: rows.some(({agent, workspace}) => agent !== workspace),
    },
    {title: 'phase', cell: ({phase}: StorySummary) => indexed(phase), telling: true},
    {title: 'started', cell: ({startedAt}: StorySummary) => time(startedAt), telling: true},
    {
      title: 'due',
      cell: ({dueAt}: StorySummary) => (dueAt === undefined ? '-' : time(dueAt)),
      telling: rows.some(({dueAt}) => dueAt !== undefined),
    },
  ].filter(({telling}) => telling || width === undefined)
  return table(
    columns.map(({title}) => ({title, cut: title === 'workspace' || title === 'agent'})),
    rows.map((row) => columns.map(({cell}) => cell(row))),
    width,
  )
}

/** What is recorded of other servers than those that are configured. */
export interface RecordsElsewhere {
  /** Empty: of servers that were not told apart yet. */
  gitea: string
  platform?: string | undefined
  records: number
  unfinished: number
  /** Ids of unfinished rotations. */
  rotations: string[]
}

/** Recorded rotations, and how to go on with those that are unfinished; says which were asked for when there are none. */
export function rotationsText(
  rows: readonly StorySummary[],
  {
    agent,
    unfinished,
    next,
    elsewhere = [],
  }: {
    agent?: string | undefined
    unfinished: boolean
    next: readonly string[]
    elsewhere?: readonly RecordsElsewhere[]
  },
  tint: Tint,
  width?: number,
): string {
  const whose = agent === undefined ? '' : ` of ${agent}`
  const none = `No rotation${whose} is ${unfinished ? 'unfinished' : 'recorded here'}.`
  return blocks([
    rows.length === 0 ? none : rotationTable(rows, width),
    nextText(next, (line) => tint.command(line)),
    wrapped(elsewhereText(elsewhere), width),
  ])
}

function elsewhereText(others: readonly RecordsElsewhere[]): string {
  const lines = others.map(({gitea, platform, records, unfinished, rotations}) => {
    const whose =
      gitea === ''
        ? 'from before patrol kept servers apart'
        : `of ${platform === undefined ? gitea : `${gitea} with ${platform}`}`
    const open = unfinished === 0 ? '' : `, ${unfinished} of them unfinished`
    return `  ${records} ${whose}${open}${rotations.length > 0 ? ` (rotations ${rotations.join(', ')})` : ''}`
  })
  return lines.length === 0 ? '' : ['Recorded for other servers:', ...lines].join('\n')
}

/** The commands that go on with what is unfinished; a token in its overlap is left to time. `now` in ms since the epoch. */
export function waysOn(rows: readonly StorySummary[], now: number): string[] {
  return rows
    .filter(({closed, phase, dueAt}) => !closed && !(phase === 'proven' && (dueAt ?? 0) > now))
    .map(({id}) => `patrol rotation resume ${id}`)
}

/** One rotation in full: where it stands, what was done, what to type next. */
export function rotationPage(
  {id, agent, workspace, phase, startedAt, dueAt}: StorySummary,
  {state, journal, next}: {state: string; journal: string; next: readonly string[]},
  tint: Tint,
): string {
  const facts = [
    ['phase', indexed(phase)],
    ['workspace', workspace],
    ['started', time(startedAt)],
    ...(dueAt === undefined ? [] : [['due', time(dueAt)]]),
  ]
  const lines = facts.map(([name = '', value = '']) => `  ${name.padEnd(9)}  ${value}`)
  const heading = [tint.strong(`Rotation ${id} of ${agent}`), ...lines].join('\n')
  return blocks([heading, state, journal, nextText(next, (line) => tint.command(line))])
}

function blocks(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n')
}

function mark(phase: string, tint: Tint): string {
  if (phase === 'completed' || phase === 'proven') return tint.good('✓ done:')
  return phase === 'rolled_back' || phase === 'overtaken' ? tint.warn('! ended:') : tint.warn('! open:')
}

function words(phase: string): string {
  return phase.replaceAll('_', ' ')
}

/** A phase as an index of rotations has it, which does not tell why nothing was replaced: both sides may have been kept. */
export function indexed(phase: string): string {
  return phase === 'rolled_back' ? 'not replaced' : words(phase)
}

/** RFC 3339 with seconds; `at` in ms since the epoch. */
export function time(at: number): string {
  return rfc3339(at).replace(/\.\d+Z$/, 'Z')
}
