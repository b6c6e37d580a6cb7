import {dirname} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {apart, commandsOf, EXIT, OpsError, pageName, sentencesOf, word} from '../errors.ts'
import {excerpt, redact} from '../secret.ts'
import {printed} from './envelope.ts'
import type {Failure} from './envelope.ts'
import {palette, widthOf} from './palette.ts'
import type {Palette} from './palette.ts'
import type {Server} from '../forge.ts'
import {serverLine} from '../report/forge.ts'
import {wrapped} from '../report/wrap.ts'
import {put, say} from './streams.ts'

/** Exit code of each signal that we listen to. */
export const SIGNAL_EXIT = {SIGINT: 130, SIGTERM: 143, SIGHUP: 129} as const

/** A signal that we listen to. */
export type StopSignal = keyof typeof SIGNAL_EXIT

/**
 * Turns anything thrown into what people and scripts get to see. `stopped` is the signal that arrived meanwhile: the
 * run then ends with that signal's code, whatever it was doing. `line` is the command whose help explains its flags;
 * `beside`: what else was changed is told in a warning.
 */
export async function explain(
  thrown: unknown,
  context: {stopped?: StopSignal; line?: string; beside?: boolean} = {},
): Promise<Failure> {
  const told = await classify(thrown, context)
  const failure = context.beside ? {...told, message: apart(told.message)} : told
  if (!context.stopped) return failure
  const status = SIGNAL_EXIT[context.stopped]
  if (thrown instanceof OpsError || isPromptClosed(thrown)) return {...failure, status}
  return {
    status,
    code: 'INTERRUPTED',
    message: `Stopped by ${context.stopped === 'SIGINT' ? 'Ctrl-C' : context.stopped}. The journal is sound.`,
    suggestions: ['patrol rotation list'],
    ref: undefined,
  }
}

/** Shows a failure where it belongs: its document, where there is one, to programs; else its text to people. */
export async function showFailure(failure: Failure, document: object | false, server?: Server): Promise<void> {
  if (document) put(printed(document))
  else say(process.stderr, failureText(failure, await palette(process.stderr), widthOf(process.stderr), {server}))
}

/** The same, for people: five slots, the command to type last so that it stands at the cursor. */
export function failureText(
  failure: Failure,
  colours: Palette,
  width?: number,
  {server, agent}: {server?: Server | undefined; agent?: string} = {},
): string {
  const label = failure.status === EXIT.pending ? colours.warn('Waits:') : colours.bad('Error:')
  const whose = agent === undefined ? '' : `${agent}: `
  const said = wrapped(`${whose}${label} ${failure.message}`, width)
  const lines = [said, colours.dim(`Code: ${failure.code}`)]
  if (server) lines.push(colours.dim(serverLine(server)))
  if (failure.ref) lines.push(colours.dim(`Read: patrol help ${pageName(failure.ref)}`))
  if (failure.suggestions.length > 0) lines.push('Try this:')
  for (const suggestion of failure.suggestions) lines.push(`  ${colours.command(suggestion)}`)
  return lines.join('\n')
}

async function classify(thrown: unknown, {line = 'patrol'}: {line?: string}): Promise<Failure> {
  if (thrown instanceof OpsError) {
    const {exit: status, code, ref, lines, advice} = thrown
    const glue = lines.length > 0 ? '\n' : ' '
    const message = [thrown.message, sentencesOf(advice)].filter(Boolean).join(glue)
    const suggestions = commandsOf(advice).filter((each) => shortened(each) === each)
    return {status, code, message: shortened(message), suggestions, ref}
  }
  if (isUsageError(thrown)) return usage(thrown, line)
  if (isPromptClosed(thrown)) {
    const message = 'Stopped at the question. Nothing was changed.'
    return {status: EXIT.interrupted, code: 'INTERRUPTED', message, suggestions: [], ref: undefined}
  }
  return fileTrouble(thrown) ?? bug(thrown)
}

/** Without secrets, and with no word in it that only its length makes unreadable. */
function shortened(text: string): string {
  return redact(text).replaceAll(/\S{300,}/g, (long) => excerpt(long, 80))
}

interface UsageError extends Error {
  oclif: {exit?: number}
  /** Those it does not know, as typed. */
  flags?: string[]
  /** Those it did not expect, as typed; or, described, those it misses. */
  args?: (string | object)[]
  parse?: {input?: {flags?: object}}
}

/** What oclif throws for flags and arguments; told by its mark, for loading its classes would cost start-up time. */
function isUsageError(thrown: unknown): thrown is UsageError {
  return thrown instanceof Error && 'oclif' in thrown && typeof thrown.oclif === 'object' && thrown.oclif !== null
}

async function usage(thrown: UsageError, line: string): Promise<Failure> {
  const message = withoutValues(thrown).replace(/\n*See more help with --help\s*$/, '')
  const near: string[] = []
  const known = Object.keys(thrown.parse?.input?.flags ?? {})
  if (Array.isArray(thrown.flags) && known.length > 0) {
    const {nearest} = await import('../config/nearest.ts')
    for (const flag of thrown.flags) {
      for (const name of nearest(flag.replace(/^-+/, '').replace(/=.*/s, ''), known)) near.push(`--${name}`)
    }
  }
  const said = near.length > 0 ? `${message}\nDid you mean ${near.join(' or ')}?` : message
  return {status: EXIT.usage, code: 'USAGE', message: shortened(said), suggestions: [`${line} --help`], ref: undefined}
}

/** oclif repeats what was typed; a password that was typed in the wrong place must not come out. */
function withoutValues({message, flags = [], args}: UsageError): string {
  const said = stripVTControlCharacters(message)
  if (args?.some((each) => typeof each === 'string'))
    return `${args.length === 1 ? 'One argument' : `${args.length} arguments`} too many; not repeated here.`
  return flags
    .reduce((text, flag) => text.replaceAll(flag, flag.replace(/=.*/s, '')), said)
    .replace(/^Expected (--[\w-]+)=.* to be one of/s, 'Expected $1 to be one of')
}

/** inquirer's way to say that Ctrl-C or the end of input closed a question. */
export function isPromptClosed(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === 'ExitPromptError' || thrown.name === 'AbortPromptError')
}

/** What is wrong with the file itself, or with its directory. */
const TO_LOOK_AT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EEXIST', 'ELOOP'])

/** A file system that refused: the operator's to mend, whichever module touched it. */
function fileTrouble(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined
  const named = 'path' in thrown && typeof thrown.path === 'string'
  const path = named ? String(thrown.path) : 'a file'
  const said: Record<string, string> = {
    ENAMETOOLONG: `The name ${path} is longer than the system takes.`,
    ELOOP: `${path} is a link that leads to itself.`,
    EIO: `The disk that holds ${path} does not answer as it should.`,
    ENOSPC: `The disk is full: ${path} could not be written.`,
    EDQUOT: `The disk quota is used up: ${path} could not be written.`,
    EROFS: `${path} is on a read-only file system.`,
    EACCES: `No permission for ${path}.`,
    EPERM: `No permission for ${path}.`,
    ENOENT: `${path} does not exist.`,
    ENOTDIR: `A part of ${path} is a file, not a directory.`,
    EISDIR: `${path} is a directory, not a file.`,
    EEXIST: `${path} exists already and was left as it is.`,
    EMFILE: 'Too many open files.',
  }
  const message = said[String(thrown.code)] ?? (named ? `${path} cannot be used (${String(thrown.code)}).` : undefined)
  if (message === undefined) return undefined
  const status = thrown.code === 'ENAMETOOLONG' ? EXIT.usage : EXIT.unavailable
  const look = named && TO_LOOK_AT.has(String(thrown.code))
  const where = redact(thrown.code === 'ENOENT' ? dirname(path) : path)
  const suggestions = [...(look ? [`ls -ld ${word(where)}`] : []), 'patrol doctor', 'patrol rotation list']
  return {status, code: 'FILE_UNUSABLE', message: shortened(message), suggestions, ref: undefined}
}

function bug(thrown: unknown): Failure {
  const said = shortened(thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown))
  return {
    status: EXIT.bug,
    code: 'BUG',
    message: `patrol met something it did not foresee (${said}). This is our fault: please open an issue with this line, the command typed and the output of \`patrol --version\`.`,
    suggestions: ['patrol rotation list'],
    ref: undefined,
  }
}
