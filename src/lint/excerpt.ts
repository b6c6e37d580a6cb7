/** A stretch of a file by its offsets; `to` is behind its last character. */
export interface FileStretch {
  from: number
  to: number
}

/** Text as its own language reads it, and the way back to where each character stands in the file. */
export interface Excerpt {
  readonly text: string
  /** Where a stretch of the text stands in the file. */
  stretch: (from: number, to: number) => FileStretch
  /** Whether that stretch stands in the file as it is here, in one piece, so that it may be edited there. */
  exact: (from: number, to: number) => boolean
}

/** A line of a file, or a part of one, with the offset where it begins there. */
export interface SourceLine {
  text: string
  at: number
}

interface ExcerptPiece {
  /** Where it begins in the text. */
  from: number
  /** Where it begins in the file. */
  at: number
  length: number
}

/** The stretch of a file from `at` on. */
export function contiguous(text: string, at: number): Excerpt {
  return pieced([{text, at}])
}

/** Text whose places are not known better than "somewhere in here"; nothing of it may be edited. */
export function vague(text: string, where: FileStretch): Excerpt {
  return {text, stretch: () => where, exact: () => false}
}

/** A part of an excerpt, by its offsets in the excerpt's text. */
export function within({text, stretch, exact}: Excerpt, from: number, to: number): Excerpt {
  return {
    text: text.slice(from, to),
    stretch: (start, end) => stretch(from + start, from + end),
    exact: (start, end) => exact(from + start, from + end),
  }
}

/** What was read of an excerpt's text, whose places `inner` tells in that text, with its places in the file. */
export function outer(inner: Excerpt, excerpt: Excerpt): Excerpt {
  return {
    text: inner.text,
    stretch: (from, to) => {
      const place = inner.stretch(from, to)
      return excerpt.stretch(place.from, place.to)
    },
    exact: (from, to) => {
      const place = inner.stretch(from, to)
      return inner.exact(from, to) && excerpt.exact(place.from, place.to)
    },
  }
}

/** The lines of a block that its file indents, or sets behind `> `. */
export function pieced(parts: readonly SourceLine[]): Excerpt {
  const pieces: ExcerptPiece[] = []
  let length = 0
  for (const part of parts) {
    if (part.text === '') continue
    pieces.push({from: length, at: part.at, length: part.text.length})
    length += part.text.length
  }
  const nothing: ExcerptPiece = {from: 0, at: parts[0]?.at ?? 0, length: 0}
  const pieceOf = (index: number): ExcerptPiece => {
    let [low, high] = [0, pieces.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (pieces[middle]!.from <= index) low = middle
      else high = middle - 1
    }
    return pieces[low] ?? nothing
  }
  const place = (index: number): number => {
    const {from, at} = pieceOf(index)
    return at + index - from
  }
  return {
    text: parts.map((part) => part.text).join(''),
    stretch: (from, to) => ({from: place(from), to: to > from ? place(to - 1) + 1 : place(from)}),
    exact: (from, to) => to <= from || place(to - 1) - place(from) === to - 1 - from,
  }
}
