import {linesOf} from '../../syntax/lines.ts'
import type {FindingDraft, Judge} from '../draft.ts'

/** patrol.yaml as `patrol config check` sees it. Scopes of its profiles have rules of their own. */
export const judgeInventory: Judge = function* ({language, text}, {options}): Iterable<FindingDraft> {
  if (language !== 'inventory') return
  const lines = linesOf(text)
  for (const {place, at, message} of options.checkInventory(text)) {
    if (/^profiles\.[^.]+\.scopes\.\d+$/.test(at)) continue
    const from = lines.offset(place)
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
