import {stat} from 'node:fs/promises'
import {basename} from 'node:path'
import type {Readable} from 'node:stream'
import {EXIT, OpsError, worstExit} from '../errors.ts'
import type {Catalogue} from '../scopes/catalogue.ts'
import type {CodeFile} from './code.ts'
import type {InputFormat} from './formats.ts'
import {filesIn, placeOf, troubleOf, type FileChoice} from './inputs.ts'
import {readFile} from './read-file.ts'
import type {By, Group, Inference} from './result.ts'
import {shownName} from './safe.ts'
import {CallTally} from './tally.ts'
import type {NotUnderstood} from './types.ts'

/** How many skipped files are named. */
const NAMED = 20

/** What an operator asked for. */
export interface InferOptions extends FileChoice {
  catalogue: Catalogue
  /** It is another release's, the nearest: a route that it lacks may be there. */
  nearest?: boolean
  by: By
  /** Only this user's calls. */
  user: string | undefined
  profile: Inference['profile']
  /** Read every input as this, whatever it looks like. */
  as: InputFormat | undefined
  /** What `-` stands for. */
  stdin: Readable
  signal: AbortSignal
}

/**
 * Reads logs, HAR files, API documents, tool lists and code (files, directories, `-`), and adds up the least scopes that
 * their calls need. What can't be read is told in the result, and the rest is done; an empty file is only passed over, for
 * a log that was just rotated is one. Throws `INPUT_UNREADABLE` where nothing at all could be read or all is empty,
 * `INPUT_WITHOUT_USER`, and `INTERRUPTED` once `signal` is aborted.
 */
export async function infer(inputs: readonly string[], options: InferOptions): Promise<Inference> {
  try {
    return await sum(inputs, options)
  } catch (error) {
    if (!options.signal.aborted || error instanceof OpsError) throw error
    throw new OpsError('INTERRUPTED', {case: 'infer'})
  }
}

async function sum(inputs: readonly string[], options: InferOptions): Promise<Inference> {
  const tally = new CallTally(options)
  const read = {files: 0, bytes: 0}
  const unread: Inference['unread'] = []
  const skipped: Inference['skipped'] = {count: 0, examples: []}
  const skip = (file: string, reason: string): void => {
    skipped.count++
    if (skipped.examples.length < NAMED) skipped.examples.push({file: shownName(file), reason})
  }
  const empty: Inference['unread'] = []
  const places = new Set<string>()
  const code: CodeFile[] = []

  for (const input of inputs) {
    let met = false
    for await (const found of filesIn(input, options.signal, options)) {
      const {file} = found
      if (found.kind === 'skipped') skip(file, found.reason)
      else if (found.kind === 'unreadable') {
        met = true
        unread.push({file: shownName(file), reason: found.reason})
      } else if (places.has(await placeOf(file))) {
        met = true
        skip(file, 'read already')
      } else {
        places.add(await placeOf(file))
        const {bytes, trouble} = await readFile(file, tally, {...options, code, named: found.named})
        read.bytes += bytes
        // What a directory holds besides is no trouble; what somebody named is.
        const passed = trouble?.kind === 'foreign' && !found.named
        met ||= !passed
        if (trouble === undefined) read.files++
        else if (passed) {
          skip(file, trouble.reason)
          if (trouble.speaks) tally.notUnderstood(speaking(file))
        } else if (trouble.kind === 'empty') {
          skip(file, trouble.reason)
          empty.push({file: shownName(file), reason: trouble.reason})
        } else unread.push({file: shownName(file), reason: trouble.reason})
      }
    }
    if (!met)
      unread.push({file: shownName(input), reason: 'nothing in it is a log, an API document, a tool list or code'})
  }

  await addCode(code, tally)
  if (read.files === 0 && tally.calls === 0) throw nothing([...unread, ...empty])
  const {profile, by, user} = options
  if (user !== undefined && tally.isEmpty) throw new OpsError('INPUT_WITHOUT_USER', {user, others: tally.leftOut})
  const {groups, notUnderstood, complete} = tally.result(profile, unread.length === 0)
  const differs = groups.some(isOff)
  return {
    version: options.catalogue.version,
    by,
    profile,
    groups,
    notUnderstood,
    read: {...read, calls: tally.calls, passedLines: tally.passedLines},
    leftOut: tally.leftOut,
    skipped,
    unread,
    complete,
    exit: worstExit([complete ? 0 : EXIT.unavailable, differs ? EXIT.findings : 0]),
  }
}

/** Adds what programs call, once all of their files are there. */
async function addCode(code: readonly CodeFile[], tally: CallTally): Promise<void> {
  if (code.length === 0) return
  const {callsInCode} = await import('./code.ts')
  const {calls, notUnderstood} = await callsInCode(code)
  for (const call of calls) tally.call(call)
  for (const found of notUnderstood) tally.notUnderstood(found)
}

/** Throws `INPUT_UNREADABLE` where none of these is there to be read, before anybody is asked for anything. */
export async function refuseMissing(inputs: readonly string[]): Promise<void> {
  const unread: Inference['unread'] = []
  for (const input of inputs) {
    const trouble = input === '-' ? undefined : await stat(input).then(() => undefined, troubleOf)
    if (trouble === undefined) return
    unread.push({file: shownName(input), reason: trouble})
  }
  throw nothing(unread)
}

/** A file of a kind that is not read here, and that speaks of the API. */
function speaking(file: string): NotUnderstood {
  const reason = 'a file of a kind that is not read mentions the API'
  return {reason, text: shownName(basename(file)), source: {file: shownName(file), line: undefined}, count: 1}
}

/** Whether the group differs from its profile. */
function isOff({difference}: Group): boolean {
  if (!difference) return false
  const {repositories, ...scopes} = difference
  return [...Object.values(scopes), ...Object.values(repositories ?? {})].some((each) => each.length > 0)
}

function nothing(unread: Inference['unread']): OpsError {
  const said = unread.slice(0, 3).map(({file, reason}) => `${file}: ${reason}`)
  const more = unread.length > 3 ? `; and ${unread.length - 3} more` : ''
  return new OpsError('INPUT_UNREADABLE', {why: said.join('; ') + more})
}
