import {execFileSync} from 'node:child_process'
import {existsSync, globSync} from 'node:fs'
import {join, resolve} from 'node:path'
import type {Command} from '@oclif/core/command'
import {boolean} from '@oclif/core/flags'
import {parse} from '@oclif/core/parser'
import {helpPage} from '../../src/cli/pages.ts'
import {TOPICS} from './told-advice.ts'

const ROOT = resolve(import.meta.dirname, '../..')

/** Words that stand for something that the reader would have to know and put there. */
const FILLER = /^(?:\.\.\.|…|<.*>|(?!GET$|POST$|PUT$|PATCH$|DELETE$|HEAD$|OPTIONS$)[A-Z]{2,}(?:[/-][A-Z]+)*)$/

/** Programs besides patrol whose command lines are advised. */
const PROGRAMS = new Set(['ls', 'chmod', 'mkdir', 'mv', 'df', 'git', 'timedatectl'])

/** The shells in which advice has to mean the same; zsh where it is installed, and always in CI. */
export function shells(): string[] {
  const zsh = ['/bin/zsh', '/usr/bin/zsh'].some((path) => existsSync(path))
  return ['bash', ...(zsh || process.env['CI'] ? ['zsh'] : [])]
}

/** What is wrong with command lines that are to be typed as they stand, one line for each mistake. */
export async function wrongIn(lines: readonly string[]): Promise<string[]> {
  const wrong: string[] = []
  const plain = lines.filter((line) => {
    const odd = oddIn(line)
    if (odd !== undefined) wrong.push(`${line}: ${odd}`)
    return odd === undefined
  })
  const readings = shells().map((shell) => ({shell, words: wordsIn(shell, plain)}))
  for (const [index, line] of plain.entries()) {
    const [first, ...others] = readings.map(({words}) => words[index])
    const other = others.find((words) => JSON.stringify(words) !== JSON.stringify(first))
    const trouble =
      first === undefined || other !== undefined
        ? `the shells take it for ${JSON.stringify([first, ...others])}`
        : await misfit(first)
    if (trouble !== undefined) wrong.push(`${line}: ${trouble}`)
  }
  return wrong
}

/** What a shell would take for more than words; undefined where there is nothing of it. */
function oddIn(line: string): string | undefined {
  const bare = line.replaceAll(/'[^']*'|\\'/g, 'x')
  const [odd] = /[;&|<>$`(){}[\]*?#"'\\\n]|(?<=\s)[~!=]/.exec(bare) ?? []
  return odd === undefined ? undefined : `"${odd}" is more to a shell than a part of a word`
}

/** The words of each line as a shell passes them on. Nothing is run but `printf`. */
function wordsIn(shell: string, lines: readonly string[]): string[][] {
  if (lines.length === 0) return []
  const script = lines.map((line) => `printf '%s\\0' ${line}; printf '\\n\\0'`).join('\n')
  const args = shell === 'zsh' ? ['-f', '-c', script] : ['-c', script]
  const printed = execFileSync(shell, args, {encoding: 'utf8', maxBuffer: 1 << 28})
  return printed
    .split('\n\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1))
}

/** Whether a command line fits the tree of commands: what it says of the first thing that does not. */
async function misfit([program = '', ...words]: readonly string[]): Promise<string | undefined> {
  const filler = words.map((word) => word.replace(/^.*=/s, '')).find((word) => FILLER.test(word))
  if (filler !== undefined) return `"${filler}" is to be filled in by the reader`
  if (program !== 'patrol') return PROGRAMS.has(program) ? undefined : `"${program}" is no program to advise`
  if (words[0] === 'help') return missingPage(words.slice(1))
  if (words[0] === '--help' || words[0] === '--version') return undefined
  if (words.length === 2 && words[1] === '--help' && TOPICS.has(words[0]!)) return undefined
  const typed = commandIn(words)
  if (typed === undefined) return 'there is no such command'
  const rest = words.slice(typed.depth)
  if (rest.includes('--help')) return undefined
  const {default: command}: {default: Definition} = await import(typed.file)
  try {
    await parse(rest, {flags: await flagsOf(typed), args: command.args ?? {}, strict: command.strict ?? true})
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(0, 2).join(' ') : String(error)
  }
}

/** Whether `patrol help` has something to print of this: a command, a topic, a page, a rule or an error code. */
async function missingPage(words: readonly string[]): Promise<string | undefined> {
  const name = words.join(' ')
  if (name === '' || TOPICS.has(name) || commandIn(words)?.depth === words.length) return undefined
  const page = helpPage(ROOT, name, [])
  return page.then(
    () => undefined,
    () => `there is no page "${name}"`,
  )
}

/** The flags of a command, those that all have included. */
export async function flagsOf({file}: {file: string}) {
  const {default: command}: {default: Definition} = await import(file)
  return {...command.baseFlags, ...command.flags, json: boolean()}
}

type Definition = Pick<typeof Command, 'args' | 'flags' | 'baseFlags' | 'strict'>

const FILES = new Map(
  globSync('src/commands/**/*.ts', {cwd: ROOT}).map((file) => [
    file.replace('src/commands/', '').replace(/\.ts$/, '').replaceAll('/', ' '),
    join(ROOT, file),
  ]),
)

/** The command that words begin with, and how many of them name it. */
export function commandIn(words: readonly string[]): {file: string; depth: number} | undefined {
  for (const depth of [2, 1]) {
    const file = FILES.get(words.slice(0, depth).join(' '))
    if (file !== undefined) return {file, depth}
  }
  return undefined
}
