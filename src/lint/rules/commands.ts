import {distance} from 'fastest-levenshtein'
import {HOLE} from '../../syntax/types.ts'
import type {ShellCommand, StaticText} from '../../syntax/types.ts'
import type {FindingDraft, Judge} from '../draft.ts'
import {giteaAt} from '../read/mint.ts'
import type {Script} from '../reading.ts'
import {PROGRAMS, type KnownCommand} from './command-lines.ts'

/** Subcommands and flags of `gitea admin` and `tea` that no release has. */
export const judgeCommands: Judge = function* ({scripts, aboutGitea}) {
  if (!aboutGitea) return
  for (const script of scripts) {
    for (const command of script.shell.commands) {
      const words = [command.name, ...command.words]
      const isTea = /^(?:.*\/)?tea$/.test(command.name.text)
      const start = isTea ? 0 : giteaAt(words)
      const named = PROGRAMS.get(words[start]?.text.split('/').at(-1) ?? '')
      const program = named ?? (start === -1 ? undefined : PROGRAMS.get('gitea'))
      if (program) yield* judge(program, words.slice(start + 1), command, script)
    }
  }
}

/** Flags that every command takes. */
const EVERYWHERE = ['--help', '-h', '--version', '-v', '--config', '-c', '--work-path', '-w', '--custom-path', '-C']
const EVERYWHERE_VALUED = /^--?(?:config|c|work-path|w|custom-path|C)$/

function* judge(
  program: KnownCommand,
  words: readonly StaticText[],
  command: ShellCommand,
  script: Script,
): Iterable<FindingDraft> {
  let known = program
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const text = script.resolve(word)
    if (EVERYWHERE_VALUED.test(text) && known.flags === undefined) index++
    else if (text.startsWith('-')) {
      if (known.flags && text !== '--') yield* judgeFlag(text, word, known, known.flags, {command, script})
      if (text === '--') return
    } else if (known.subcommands.size > 0) {
      const next = known.subcommands.get(text)
      if (!next) {
        if (isJudged(text, known)) yield noSubcommand(text, word, known, script)
        return
      }
      known = next
    } else if (known.flags === undefined) return
  }
}

/** Other commands of Gitea's than `admin` are not looked into, and what is filled in may be any. */
function isJudged(text: string, known: KnownCommand): boolean {
  const isServer = PROGRAMS.get(known.path) === known && known.path !== 'tea'
  return !text.includes(HOLE) && /^[a-z][\w-]*$/i.test(text) && !isServer
}

function* judgeFlag(
  text: string,
  word: StaticText,
  {path}: KnownCommand,
  flags: readonly string[],
  {command, script}: {command: ShellCommand; script: Script},
): Iterable<FindingDraft> {
  const [, name = ''] = /^--?([A-Za-z][\w-]*)(?:=|$)/.exec(text) ?? []
  const takes = (flag: string) => flag.replace(/^-+/, '') === name
  if (name === '' || flags.some(takes) || EVERYWHERE.some(takes)) return
  const shown = `${name.length > 1 ? '--' : '-'}${name}`
  const mints = path.endsWith('generate-access-token') || command.words.some((each) => each.text === '--access-token')
  const long = flags.filter((flag) => flag.startsWith('--'))
  const meant =
    long.find((flag) => flag.startsWith(shown) || flag.endsWith(`-${name}`)) ??
    long.find((flag) => distance(flag, shown) <= 2)
  yield {
    rule: mints ? 'mint-not-possible' : 'command-unknown',
    at: script.where(word.at),
    message: `"${path}" has no "${shown}": it ends with "flag provided but not defined"${mints ? ', and no token is made' : ''}.`,
    fix: meant === undefined ? `It takes ${flags.join(', ')}.` : `Write ${meant}. It takes ${flags.join(', ')}.`,
    kind: `${path} ${shown}`,
  }
}

function noSubcommand(text: string, word: StaticText, {path, subcommands}: KnownCommand, script: Script): FindingDraft {
  const names = [...subcommands.keys()]
  const near = names.toSorted((a, b) => distance(a, text) - distance(b, text))[0]!
  const mints = /token/.test(text)
  return {
    rule: mints ? 'mint-not-possible' : 'command-unknown',
    at: script.where(word.at),
    message: `"${path}" has no "${text}"${mints ? ': no token is made' : ''}.`,
    fix:
      distance(near, text) <= 3 ? `Write "${near}".` : `It has ${names.filter((name) => name.length > 2).join(', ')}.`,
    kind: `${path} ${text}`,
  }
}
