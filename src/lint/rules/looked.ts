import type {HttpCall, ShellCommand, ShellFunction} from '../../syntax/types.ts'
import type {FileStretch} from '../excerpt.ts'
import type {Script} from '../reading.ts'

/** Where a command's answer goes: on to others, and by which names they know it. */
interface Answer {
  /** Variables and files that hold it. */
  held: readonly RegExp[]
  /** It is read there and then: within a test, or by a reader that fails for a wrong one. */
  isLooked: boolean
  /** The function whose output it is a part of. */
  from: ShellFunction | undefined
}

/** Functions that call functions: further up nobody looks. */
const DEEPEST = 4

/**
 * Whether a script looks at what a call answered, however that is written: in a test, by a reader that fails for a wrong
 * one, through a variable, a file or a function; before anything else makes use of it.
 */
export function isLookedAt({command}: HttpCall, script: Script): boolean {
  return looked(command, textOf(script), 0)
}

/** Whether a call's answer goes on to anything in its script, be that looked at or not. */
export function isTaken({command}: HttpCall, script: Script): boolean {
  const {held, isLooked, from} = answerOf(command, textOf(script))
  return isLooked || held.length > 0 || from !== undefined || command.into !== undefined
}

function looked(command: ShellCommand, text: ShellText, depth: number): boolean {
  const {held, isLooked, from} = answerOf(command, text)
  if (isLooked) return true
  if (held.length > 0) {
    const end = outcome(command.at.to, held, text)
    if (end !== 'handed on') return end === 'looked at'
  }
  if (!from || depth === DEEPEST) return false
  const uses = text.commands.filter(({name, at}) => name.text === from.name && !within(at, from.at))
  return uses.length > 0 && uses.every((use) => looked(use, text, depth + 1))
}

function answerOf(command: ShellCommand, text: ShellText): Answer {
  const {at} = command
  let isLooked = text.tests.some((test) => within(at, test))
  const names: string[] = []
  let last = command
  for (let next = text.readerOf(command); next; next = text.readerOf(next)) {
    isLooked ||= fails(next)
    last = next
  }
  for (const assignment of text.assignments) if (within(at, assignment.at)) names.push(assignment.name)
  for (const reader of [last, ...text.commands.filter((other) => feeds(at, other, text))])
    if (/^(?:read|mapfile|readarray)$/.test(reader.name.text)) names.push(...variablesRead(reader))
  const held = [...names.map(variable), ...[command, last].flatMap((each) => filesOf(each, text))]
  const from = held.length > 0 ? undefined : text.functionAround(at)
  return {held, isLooked, from: from ?? (text.isReturned(names, at) ? text.functionAround(at) : undefined)}
}

/** What becomes of an answer first: it is looked at, used, or told by the function that it is in. */
function outcome(start: number, first: readonly RegExp[], text: ShellText): 'looked at' | 'used' | 'handed on' {
  const held = [...first]
  const mentions = (stretch: FileStretch) => held.some((name) => name.test(text.slice(stretch)))
  if (text.loops.some((test) => test.from < start && mentions(test))) return 'looked at'
  for (const event of text.after(start)) {
    if (!mentions(event.at)) continue
    if (event.is === 'test') return 'looked at'
    if (event.is === 'assignment') held.push(variable(event.name))
    else {
      const {command} = event
      const reader = text.readerOf(command)
      if (fails(command) || (reader && fails(reader)) || text.isJudge(command)) return 'looked at'
      held.push(...filesOf(command, text))
      if (/^(?:read|mapfile|readarray)$/.test(command.name.text)) held.push(...variablesRead(command).map(variable))
      if (!NEUTRAL.has(baseOf(command)) && !text.isTeller(command)) return 'used'
    }
  }
  return 'handed on'
}

/** They show a text, or take it apart, and act on nothing. */
const NEUTRAL = new Set(
  `echo printf jq yq grep egrep sed awk cut tr head tail cat tee python python3 node base64 wc sort local export declare
   readonly typeset read mapfile readarray test [ [[ : rm true xargs return unset dirname basename logger`.split(/\s+/),
)

/** Whether a command fails for a text that is not what it should be. */
function fails(command: ShellCommand): boolean {
  const words = command.words.map(({text}) => text)
  switch (baseOf(command)) {
    case 'grep':
    case 'egrep':
    case 'test':
    case '[':
      return true
    case 'jq':
    case 'yq':
      return hasExitStatus(command) || words.some((word) => /\b(?:error|halt_error)\b/.test(word))
    case 'awk':
    case 'python':
    case 'python3':
    case 'node':
      // Python's `answer["id"]` ends with an error where there is none.
      return words.some((word) => /\bexit\b|\bassert\b|\braise\b|\bthrow\b|json\.loads?\([^)]*\)+\s*\[/.test(word))
    default:
      return false
  }
}

/** `jq -e`. */
export function hasExitStatus({words}: ShellCommand): boolean {
  return words.some(({text}) => /^-[a-zA-Z]*e[a-zA-Z]*$/.test(text) || text === '--exit-status')
}

const baseOf = ({name}: ShellCommand) => name.text.split('/').at(-1) ?? ''

const within = (inner: FileStretch, outer: FileStretch) => outer.from <= inner.from && inner.to <= outer.to

/** `$NAME`, `${NAME:0:8}`, `${#NAME}`. */
const variable = (name: string) => new RegExp(`\\$\\{?[#!]?${escaped(name)}\\b`)

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

function variablesRead({words}: ShellCommand): string[] {
  return words.flatMap(({text}) => (/^[A-Za-z_]\w*$/.test(text) ? [text] : []))
}

/** Whether what is in `at` is what a command reads: `read x < <(curl …)`. */
function feeds(at: FileStretch, {at: other}: ShellCommand, text: ShellText): boolean {
  const gap = at.from - other.to
  return gap > 0 && gap < 16 && /^<\s*<\($/.test(text.slice({from: other.to, to: at.from}).trim())
}

/** The files that a command's output is kept in. */
function filesOf({at, words, name}: ShellCommand, text: ShellText): RegExp[] {
  const option = words.findIndex((word) => /^-[a-zA-Z]*o$|^--output$|^-D$|^--dump-header$/.test(word.text))
  const given = [words[option + 1], ...(name.text === 'tee' ? words : [])].filter((word) => word !== undefined)
  const sources = option === -1 && name.text !== 'tee' ? [] : given.map((word) => text.slice(word.at))
  const [, redirected] = /(?<![0-9&])>{1,2}\s*([^\s;&|<>]+)/.exec(text.restOf(at.to)) ?? []
  return [...sources, ...(redirected === undefined ? [] : [redirected])]
    .map((source) => source.replaceAll(/["'{}]/g, ''))
    .filter((source) => source.length > 2 && !source.startsWith('-') && !/^\/dev\/|^&/.test(source))
    .map((source) => new RegExp(source.split('').map(escaped).join('["\'{}]*')))
}

/** Each script is gone over once, however many calls it makes. */
function textOf(script: Script): ShellText {
  const known = TEXTS.get(script) ?? new ShellText(script)
  TEXTS.set(script, known)
  return known
}

const TEXTS = new WeakMap<Script, ShellText>()

type ShellEvent = {at: FileStretch} & (
  | {is: 'test'}
  | {is: 'assignment'; name: string}
  | {is: 'command'; command: ShellCommand}
)

/** A script's text without its comments, with what stands in it in order. */
class ShellText {
  readonly #text: string
  readonly #shell: Script['shell']
  readonly commands: readonly ShellCommand[]
  readonly assignments: Script['shell']['assignments']
  readonly tests: readonly FileStretch[]
  readonly loops: readonly FileStretch[]

  constructor({excerpt, shell}: Script) {
    let text = excerpt.text
    for (const {at} of shell.comments) text = text.slice(0, at.from) + ' '.repeat(at.to - at.from) + text.slice(at.to)
    this.#text = text
    this.#shell = shell
    this.commands = shell.commands
    this.assignments = shell.assignments
    const found = [...text.matchAll(TEST)].map(({0: whole, index}) => ({from: index, to: index + whole.length}))
    this.tests = found
    this.loops = found.filter(({from}) =>
      /\b(?:while|until)\s+(?:!\s+)?$/.test(text.slice(Math.max(0, from - 12), from)),
    )
  }

  slice({from, to}: FileStretch): string {
    return this.#text.slice(from, to)
  }

  /** What stands behind a command on its line: its redirections. */
  restOf(from: number): string {
    return this.#text.slice(from, from + 120).split(/[\n;|)]|&&/, 1)[0] ?? ''
  }

  /** The command at the other end of a pipe. */
  readerOf({at, into}: ShellCommand): ShellCommand | undefined {
    return into === undefined
      ? undefined
      : this.commands.find((other) => other.at.from >= at.to && other.name.text === into)
  }

  functionAround(at: FileStretch): ShellFunction | undefined {
    return this.#shell.functions.findLast((each) => within(at, each.at))
  }

  /** Whether a function tells what it keeps in a variable, which so is its answer. */
  isReturned(names: readonly string[], at: FileStretch): boolean {
    const around = this.functionAround(at)
    return this.commands.some(
      (command) =>
        around !== undefined &&
        within(command.at, around.at) &&
        /^(?:echo|printf|cat|jq)$/.test(baseOf(command)) &&
        names.some((name) => variable(name).test(this.slice(command.at))),
    )
  }

  /** A function of this script that judges what it is given, or one that is called as if it did. */
  isJudge({name}: ShellCommand): boolean {
    const own = this.#shell.functions.find((each) => each.name === name.text)
    if (!own) return /^(?:check|assert|verify|ensure|expect|require|validate)/i.test(name.text)
    return [...this.tests, ...this.commands.filter(fails).map(({at}) => at)].some(
      (test) => within(test, own.at) && ARGUMENTS.test(this.#aroundTest(own, test)),
    )
  }

  /** A function that only shows what it is given. */
  isTeller({name}: ShellCommand): boolean {
    const own = this.#shell.functions.find((each) => each.name === name.text)
    const inside = own && this.commands.filter(({at}) => within(at, own.at))
    return inside?.every((command) => NEUTRAL.has(baseOf(command)) || baseOf(command) === 'exit') ?? false
  }

  /** All that may happen to an answer from a place on, in order. */
  after(start: number): ShellEvent[] {
    return [
      ...this.tests.map((at): ShellEvent => ({is: 'test', at})),
      ...this.assignments.map(({at, name}): ShellEvent => ({is: 'assignment', at, name})),
      ...this.commands.map((command): ShellEvent => ({is: 'command', at: this.#withInput(command.at), command})),
    ]
      .filter(({at}) => at.from >= start)
      .toSorted((a, b) => a.at.from - b.at.from || b.at.to - a.at.to)
  }

  /** A command with its here-string and its files. */
  #withInput(at: FileStretch): FileStretch {
    return {from: at.from, to: at.to + this.restOf(at.to).length}
  }

  /** A function's arguments are tested by themselves, or by the names that it gives them. */
  #aroundTest(own: ShellFunction, test: FileStretch): string {
    const names = this.assignments
      .filter(({at}) => within(at, own.at) && ARGUMENTS.test(this.slice(at)))
      .map(({name}) => name)
    const text = this.slice(this.#withInput(test))
    return names.some((name) => variable(name).test(text)) ? '$1' : text
  }
}

const ARGUMENTS = /\$\{?[1-9@*#]/

/** Tests: `[ … ]`, `[[ … ]]`, `test …`, `case … in`, `(( … ))`, `${NAME:?none}`. */
const TEST =
  /(?<=^|[\s;&|(!])(?:\[\[\s[\s\S]{1,400}?\s\]\]|\[\s[\s\S]{1,400}?\s\](?=$|[\s;&|)])|test\s[^\n;&|]+|case\s[\s\S]{1,400}?\sin\b|\(\([^\n]+?\)\))|\$\{\w+:?\?[^}]*\}/g
