import type {PlannedCall} from '../rotation/index.ts'
import type {Tint} from './tint.ts'
import {table} from './table.ts'

/** What would be called, in order, and what each call changes. */
export function planText(
  title: string,
  plan: {calls: readonly PlannedCall[]; warnings?: readonly string[]},
  tint: Tint,
  width?: number,
): string {
  const rows = plan.calls.map(({act, method, path, changes}) => [`  ${act}`, method, path, changes])
  const columns = [{title: '  act'}, {title: 'call'}, {title: 'path', cut: true}, {title: 'changes', cut: true}]
  const warnings = (plan.warnings ?? []).map((warning) => `${tint.warn('! Note:')} ${warning}`)
  return [tint.strong(title), table(columns, rows, width), ...warnings].join('\n')
}
