import {readdirSync} from 'node:fs'
import {join, resolve} from 'node:path'

const COMMANDS = readdirSync(join(resolve(import.meta.dirname, '../..'), 'src/commands'))

/** The words that commands begin with, and `help`. */
export const TOPICS: ReadonlySet<string> = new Set(['help', ...COMMANDS.map((name) => name.replace(/\.ts$/, ''))])

/** Sentences begin with patrol and with git as well. */
export function isAdvice(line: string): boolean {
  const [program, first = ''] = line.split(' ')
  if (program === 'git') return first === 'diff'
  return program !== 'patrol' || first.startsWith('-') || TOPICS.has(first)
}

/** The commands in sentences: between quotes, brackets or tags, or from a colon or semicolon to the sentence's end. */
export function commandsIn(text: string): string[] {
  return [...text.matchAll(/(?:["(`>]|[:;] )(patrol [^"`'()<\\\n;]*)/g)]
    .map(([, line = '']) => (line.split(/[.,](?:\s|$)/)[0] ?? '').trim())
    .filter(isAdvice)
}
