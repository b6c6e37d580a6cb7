import type {Place, Span} from './types.ts'

/** Tells lines and columns of offsets in one text. */
export interface TextLines {
  place(offset: number): Place
  span(from: number, to: number): Span
  /** The offset of a place; the text's end for a line that it does not have. */
  offset(place: Place): number
}

/**
 * Counts the lines of a text once. Where the text is a part of a file, `at` is the place of its first character and
 * `offset` that character's offset; its further lines begin in column 1.
 */
export function linesOf(text: string, at: Place = {line: 1, column: 1}, offset = 0): TextLines {
  const starts = [0]
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1)

  const place = (position: number): Place => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= position) low = middle
      else high = middle - 1
    }
    const column = position - (starts[low] ?? 0) + 1
    return {line: at.line + low, column: low === 0 ? at.column + column - 1 : column}
  }
  return {
    place,
    span: (from, to) => ({start: place(from), end: place(to), from: offset + from, to: offset + to}),
    offset({line, column}) {
      const start = starts[line - at.line] ?? text.length
      return offset + Math.min(text.length, start + column - (line === at.line ? at.column : 1))
    },
  }
}
