import type {Draft, Judge} from '../draft.ts'

/** patrol.yaml as `patrol config check` sees it. Scopes of its profiles have rules of their own. */
export const judgeInventory: Judge = function* ({language, text}, {options}): Iterable<Draft> {
  if (language !== 'inventory') return
  const starts = startsOf(text)
  for (const {place, at, message} of options.checkInventory(text)) {
    if (/^profiles\.[^.]+\.scopes\.\d+$/.test(at)) continue
    const from = Math.min(text.length, (starts[place.line - 1] ?? 0) + place.column - 1)
    const end = text.indexOf('\n', from)
    yield {
      rule: 'inventory-invalid',
      at: {from, to: end === -1 ? text.length : end},
      message: `${message.charAt(0).toUpperCase()}${message.slice(1)}.`,
      fix: 'See docs/config.md; check it alone: patrol config check',
      kind: at,
    }
  }
}

function startsOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
