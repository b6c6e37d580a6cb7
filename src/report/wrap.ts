import {stripVTControlCharacters} from 'node:util'
import {redact} from '../secret.ts'

/** Made when it is first needed: that takes a third as long as Node's start, and most texts are ASCII. */
let graphemes: Intl.Segmenter | undefined
/** Emoji, and the scripts that Unicode's East Asian Width calls wide: two columns each. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
/** A text squeezed narrower than this reads worse than one that overflows. */
export const NARROWEST = 24

/** How many columns a terminal gives to this text; colours take none. */
export function columnsOf(text: string): number {
  const plain = stripVTControlCharacters(text)
  // oxlint-disable-next-line no-control-regex -- the ASCII range, where a character is a column
  if (/^[\u0020-\u007e]*$/.test(plain)) return plain.length
  return graphemesOf(plain).reduce((columns, each) => columns + (WIDE.test(each) ? 2 : 1), 0)
}

/** Padded with spaces to this many columns; what is wider stays as it is. */
export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** As much of the text as these columns hold, and at least a character. */
export function headOf(text: string, columns: number): string {
  let head = ''
  for (const each of graphemesOf(text)) {
    if (head !== '' && columnsOf(head + each) > columns) break
    head += each
  }
  return head
}

function graphemesOf(text: string): string[] {
  graphemes ??= new Intl.Segmenter('en', {granularity: 'grapheme'})
  return Array.from(graphemes.segment(text), ({segment}) => segment)
}

/**
 * Lines broken between words to fit `width`, what is carried over standing `indent` columns in. A word that is longer
 * than a line stays whole, so that it can be copied; without a width nothing is broken.
 */
export function wrapped(text: string, width: number | undefined, indent = 0): string {
  if (width === undefined) return text
  // A secret that is broken over two lines is not found any more.
  return redact(text)
    .split('\n')
    .flatMap((line) => broken(line, width, Math.max(indent, /^ */.exec(line)![0].length)))
    .join('\n')
}

/** Lines of a text behind a margin, to fit `width`; a word that is longer than a line is broken between characters. */
export function indented(margin: string, text: string, width: number | undefined): string[] {
  if (width === undefined) return [`${margin}${text}`]
  const columns = Math.max(NARROWEST, width - margin.length)
  const short = text.replaceAll(/\S+/g, (word) => pieces(word, columns).join(' '))
  return broken(short, columns, 0).map((line) => `${margin}${line}`)
}

function broken(text: string, width: number, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const [word] of text.matchAll(/\s*\S+/g)) {
    if (line.trim() !== '' && columnsOf(line + word) > width) {
      lines.push(line)
      line = ' '.repeat(indent) + word.trimStart()
    } else line += word
  }
  return [...lines, line]
}

function pieces(word: string, columns: number): string[] {
  if (columnsOf(word) <= columns) return [word]
  const head = headOf(word, columns)
  return [head, ...pieces(word.slice(head.length), columns)]
}

const UUID = /\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}([0-9a-f]{4})\b/g

/** A path with its UUIDs shortened in the middle, for where they only tell workspaces apart. */
export function shortIds(path: string): string {
  return path.replaceAll(UUID, '$1…$2')
}

/** What to type next, most useful first; empty where there is nothing. */
export function nextText(commands: readonly string[], command: (text: string) => string): string {
  if (commands.length === 0) return ''
  return ['Type next:', ...commands.map((line) => `  ${command(line)}`)].join('\n')
}
