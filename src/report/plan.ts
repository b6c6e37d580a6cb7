import type {TokenHolder, PlannedCall, RotationPlan} from '../rotation/index.ts'
import {reachText} from '../scopes/repositories.ts'
import {compare} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {table, type Column} from './table.ts'
import type {Tint} from './tint.ts'
import {columnsOf, shortIds, wrapped} from './wrap.ts'

const COLUMNS = ['  act', 'call', 'path', 'changes'].map((title) => ({title}))
/** Below this many columns a sentence stands better under its call than beside it. */
const ROOM_FOR_WORDS = 36

/** What would be called, in order, and what each call changes: nobody agrees to what was cut off, so nothing is. */
export function planText(
  title: string,
  plan: {calls: readonly PlannedCall[]; holders?: readonly TokenHolder[]; warnings?: readonly string[]},
  tint: Tint,
  width?: number,
): string {
  return [tint.strong(title), fitting(plan.calls, width), ...noted(notesOf(plan), tint, width)].join('\n')
}

/** More scopes than this make a row too wide. */
const MOST_NAMED = 3
const ROTATED: readonly Column[] = [
  {title: '  agent', cut: true},
  {title: 'gains'},
  {title: 'loses'},
  {title: 'revoked'},
  {title: 'restart'},
]

/**
 * Rotations of several agents, a row each with what changes, what they come to, and every note; nothing is cut but names.
 * `overlap`: how long the old tokens go on working after the proof, in words.
 */
export function rotationPlansText(
  plans: readonly RotationPlan[],
  overlap: string | undefined,
  tint: Tint,
  width?: number,
): string {
  const confined = plans.some(({repositories}) => repositories !== undefined)
  const columns = confined ? [...ROTATED, {title: 'repositories'}] : ROTATED
  const rows = plans.map((plan) => [
    `  ${plan.agent}`,
    ...changeOf(plan),
    `${plan.superseded.length}`,
    restarts(plan) ? 'yes' : 'by its operator',
    ...(confined ? [plan.repositories ? reachText(plan.repositories) : 'not confined'] : []),
  ])
  const alike = Map.groupBy(
    plans.flatMap((plan) => notesOf(plan).map((note) => ({agent: plan.agent, note}))),
    ({note}) => note,
  )
  const notes = [...alike].map(([note, of]) => `${of.map(({agent}) => agent).join(', ')}: ${note}`)
  const title = tint.strong(`Rotate ${plans.length} agents, one after another`)
  return [
    title,
    table(columns, rows, width),
    '',
    wrapped(totalsOf(plans, overlap), width),
    ...noted(notes, tint, width),
  ].join('\n')
}

/** The scopes that it gets and had not, and had and gets no more; of many their number. */
function changeOf({held, scopes}: RotationPlan): [string, string] {
  if (!held) return ['not known', 'not known']
  const {missing, excess} = compare(held, scopes)
  const whole = held.includes('all') && excess.length > 0
  return [listed('+', missing), listed('-', whole ? ['all'] : excess)]
}

function listed(sign: string, names: readonly Scope[]): string {
  if (names.length > MOST_NAMED) return `${sign} ${names.length} scopes`
  return names.map((name) => `${sign} ${name}`).join(' ') || 'nothing'
}

function restarts({calls}: RotationPlan): boolean {
  return calls.some(({act, method}) => act === 'restart' && method === 'POST')
}

function totalsOf(plans: readonly RotationPlan[], overlap: string | undefined): string {
  const revoked = plans.reduce((sum, {superseded}) => sum + superseded.length, 0)
  const restarted = plans.filter(restarts).length
  const outside = plans.length - restarted
  return [
    `${counted(plans.length, 'new token')}; ${counted(restarted, 'restart')}`,
    outside > 0 ? `, ${outside} more by the operators of external agents` : '',
    `; ${counted(revoked, 'old token')} revoked, each ${overlap === undefined ? '' : `${overlap} `}after its agent's proof.`,
  ].join('')
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function notesOf({
  holders = [],
  warnings = [],
}: {
  holders?: readonly TokenHolder[]
  warnings?: readonly string[]
}): string[] {
  return [...holders.map(holderText), ...warnings]
}

/** Below an empty line, where there are any. */
function noted(notes: readonly string[], tint: Tint, width: number | undefined): string[] {
  if (notes.length === 0) return []
  return ['', ...notes.map((note) => wrapped(`${tint.warn('! note')}   ${note}`, width, 9))]
}

/** Who else may run on what is to be revoked, and what comes of it. */
function holderText({who, why}: TokenHolder): string {
  return `${who} ${why}: unless another token is shown to be in use there, nothing old is revoked.`
}

/** Side by side where there is room, with shortened ids where that makes room, else each sentence under its call. */
function fitting(calls: readonly PlannedCall[], width: number | undefined): string {
  const whole = sideBySide(calls)
  if (width === undefined || whole.split('\n').every((line) => columnsOf(line) <= width)) return whole
  const short = calls.map((call) => ({...call, path: shortIds(call.path)}))
  const start = startOfWords(short)
  return width - start >= ROOM_FOR_WORDS ? wrapped(sideBySide(short), width, start) : stacked(short, width)
}

function sideBySide(calls: readonly PlannedCall[]): string {
  return table(
    COLUMNS,
    calls.map(({act, method, path, changes}) => [`  ${act}`, method, path, changes]),
  )
}

function startOfWords(calls: readonly PlannedCall[]): number {
  const [heading = ''] = sideBySide(calls).split('\n')
  return heading.indexOf('changes')
}

function stacked(calls: readonly PlannedCall[], width: number): string {
  const indent = Math.max(...calls.map(({act}) => act.length)) + 4
  return calls
    .flatMap(({act, method, path, changes}) => [
      `  ${act.padEnd(indent - 2)}${method} ${path}`,
      wrapped(`${' '.repeat(indent)}${changes}`, width, indent),
    ])
    .join('\n')
}
