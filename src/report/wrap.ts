import {stripVTControlCharacters} from 'node:util'
import {redact} from '../secret.ts'

/** How many columns a text takes; colour takes none. */
export function columnsOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length
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
    .flatMap((line) => broken(line, width, indent))
    .join('\n')
}

function broken(text: string, width: number, indent: number): string[] {
  const lines: string[] = []
  const start = ' '.repeat(Math.max(indent, /^ */.exec(text)![0].length))
  let line = ''
  for (const [word] of text.matchAll(/\s*\S+/g)) {
    if (line.trim() !== '' && columnsOf(line + word) > width) {
      lines.push(line)
      line = start + word.trimStart()
    } else line += word
  }
  return [...lines, line]
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
