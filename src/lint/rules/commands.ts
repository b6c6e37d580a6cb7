import {distance} from 'fastest-levenshtein'
import {HOLE} from '../../syntax/types.ts'
import type {ShellCommand, StaticText} from '../../syntax/types.ts'
import type {FindingDraft, Judge} from '../draft.ts'
import {giteaAt} from '../read/mint.ts'
import type {Script} from '../reading.ts'
import {PROGRAMS, type KnownCommand} from './command-lines.ts'

/** Subcommands and flags of `gitea admin` and `tea` that no release has. */
export const judgeCommands: Judge = function* ({scripts, aboutGitea}) {
  for (const script of scripts) {
    for (const command of script.shell.commands) {
      const words = [command.name, ...command.words]
      const isTea = /^(?:.*\/)?tea$/.test(command.name.text)
      const start = isTea ? 0 : giteaAt(words)
      const named = PROGRAMS.get(words[start]?.text.split('/').at(-1) ?? '')
      const program = named ?? (start === -1 ? undefined : PROGRAMS.get('gitea'))
      if (program && (aboutGitea || (isTea && isGiteas(program, command))))
        yield* judge(program, words.slice(start + 1), command, script)
    }
  }
}

/** Another program may be called `tea`, but hardly with `issues create`. */
function isGiteas({subcommands}: KnownCommand, {words: [first, second]}: ShellCommand): boolean {
  return subcommands.get(first?.text ?? '')?.subcommands.has(second?.text ?? '') === true
}

/** Flags that every command takes. */
const EVERYWHERE = ['--help', '-h', '--version', '-v']
const OF_TEA = [...EVERYWHERE, '--debug', '--vvv']
const OF_GITEA = [...EVERYWHERE, '--config=', '-c=', '--work-path=', '-w=', '--custom-path=', '-C=']

function* judge(
  program: KnownCommand,
  words: readonly StaticText[],
  command: ShellCommand,
  script: Script,
): Iterable<FindingDraft> {
  let known = program
  // Of tea's commands those below take what is taken above.
  let taken: readonly string[] = program.path === 'tea' ? OF_TEA : OF_GITEA
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const text = script.resolve(word)
    if (text === '--' || /^(?:help|h)$/.test(text)) return
    if (text.startsWith('-')) {
      if (known.flags) yield* judgeFlag(text, word, known, [...taken, ...known.flags], {command, script})
      if (takesNext(text, [...taken, ...(known.flags ?? [])])) index++
      continue
    }
    const next = known.subcommands.get(text)
    if (!next && isSubcommand(text, known)) {
      if (isJudged(text, known)) yield noSubcommand(text, word, known, script)
      return
    }
    if (next && program.path === 'tea') taken = [...taken, ...(next.flags ?? [])]
    if (!next && known.flags === undefined) return
    known = next ?? known
  }
}

/** What stands where a subcommand may, unless it is a number or a path. */
function isSubcommand(text: string, {subcommands}: KnownCommand): boolean {
  return subcommands.size > 0 && (text.includes(HOLE) || /^[a-z][\w-]*$/i.test(text))
}

/** A flag that takes the next word, whatever it looks like. */
function takesNext(text: string, flags: readonly string[]): boolean {
  return flags.some((flag) => flag.endsWith('=') && bare(flag) === bare(text)) && !text.endsWith('=')
}

const bare = (flag: string): string => flag.replace(/^-+/, '').replace(/=$/, '')

/** Subcommands that are all known; what is filled in may be any. */
function isJudged(text: string, {path}: KnownCommand): boolean {
  return !text.includes(HOLE) && /^(?:\w+ admin\b.*|tea(?: logins?)?)$/.test(path)
}

function* judgeFlag(
  text: string,
  word: StaticText,
  {path, flags: own = []}: KnownCommand,
  taken: readonly string[],
  {command, script}: {command: ShellCommand; script: Script},
): Iterable<FindingDraft> {
  const [, name = ''] = /^--?([A-Za-z][\w-]*)(?:=|$)/.exec(text) ?? []
  if (name === '' || taken.some((flag) => bare(flag) === name)) return
  const flags = own.map((flag) => flag.replace('=', ''))
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
