import type {TokenHolder, PlannedCall} from '../rotation/index.ts'
import {table} from './table.ts'
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
  const notes = [...(plan.holders ?? []).map(held), ...(plan.warnings ?? [])].map((warning) =>
    wrapped(`${tint.warn('! note')}   ${warning}`, width, 9),
  )
  const calls = fitting(plan.calls, width)
  return [tint.strong(title), calls, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n')
}

/** Who else may run on what is to be revoked, and what comes of it. */
function held({who, why}: TokenHolder): string {
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
