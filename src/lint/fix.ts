import type {Edit} from './types.ts'

/**
 * Carries out edits that do not overlap; of two that do, the first in the file is carried out and the other left for
 * the next round. Everything outside the edits stays as it is.
 */
export function applyEdits(text: string, edits: readonly Edit[]): {text: string; applied: number} {
  const sorted = edits.toSorted((a, b) => a.from - b.from || a.to - b.to)
  let result = ''
  let end = 0
  let applied = 0
  let last: Edit | undefined
  for (const edit of sorted) {
    const twice = last?.from === edit.from && last.to === edit.to
    if (edit.from < end || twice) continue
    result += text.slice(end, edit.from) + edit.text
    end = edit.to
    applied++
    last = edit
  }
  return {text: result + text.slice(end), applied}
}
