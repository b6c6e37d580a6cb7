import {stripVTControlCharacters} from 'node:util'

const GRAPHEMES = new Intl.Segmenter('en', {granularity: 'grapheme'})
/** Emoji, and the scripts that Unicode's East Asian Width calls wide: two columns each. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u

/** How many columns a terminal gives to this text; colours take none. */
export function columnsOf(text: string): number {
  const plain = stripVTControlCharacters(text)
  // oxlint-disable-next-line no-control-regex -- the ASCII range, where a character is a column
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length
  let columns = 0
  for (const {segment} of GRAPHEMES.segment(plain)) columns += WIDE.test(segment) ? 2 : 1
  return columns
}

/** Padded with spaces to this many columns; what is wider stays as it is. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** Broken at spaces into lines of at most this many columns; a word wider than a line is broken between graphemes. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((each) => pieces(each, columns))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || columnsOf(longer) <= columns) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}

function pieces(word: string, columns: number): string[] {
  if (columnsOf(word) <= columns) return [word]
  const parts: string[] = []
  let part = ''
  for (const {segment} of GRAPHEMES.segment(word)) {
    if (part !== '' && columnsOf(part + segment) > columns) {
      parts.push(part)
      part = ''
    }
    part += segment
  }
  return [...parts, part]
}
