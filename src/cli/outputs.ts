import {randomBytes} from 'node:crypto'
import {constants} from 'node:fs'
import {access, open, realpath, rename, stat, unlink} from 'node:fs/promises'
import type {FileHandle} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {nearest} from '../config/nearest.ts'
import {OpsError} from '../errors.ts'
import {FORMAT_NAMES, formats} from '../report/formats/index.ts'
import type {FormatContext, FormatName, ReportWriter} from '../report/formats/index.ts'
import {redacted} from '../secret.ts'
import type {AuditEvent} from '../fleet/types.ts'

/** One `--report`: which format, and the file it goes to; stdout without one. */
export interface ReportTarget<Name extends string = FormatName> {
  format: Name
  path: string | undefined
}

/** What `--json` prints: it takes standard output for itself. */
export const JSON_TARGET = {format: 'json', path: undefined} as const

/** Where all reports of one run go. Nothing stands under a report's name until `commit`. */
export interface Outputs<Name extends string = FormatName> {
  readonly targets: readonly ReportTarget<Name>[]
  /**
   * Writes a piece of a document as it is: secrets are taken out of what documents are made of (`redacted`), for nothing
   * can be taken out of a document without breaking it. `FILE_UNUSABLE` when the disk says no.
   */
  write(target: ReportTarget<Name>, text: string): Promise<void>
  /** Puts every file in its place and returns their paths. */
  commit(): Promise<string[]>
  /** Leaves everything as it was before. Does nothing after `commit`. */
  abort(): Promise<void>
}

/** What `prepareOutputs` needs besides the list. */
export interface OutputEdges {
  stdout: NodeJS.WritableStream
  /** Files the run reads, such as the inventory: no report may take their place. */
  inputs?: readonly string[]
}

/**
 * Reads `sarif=out.sarif`, `table` or `json=-` where these are the formats. Throws `REPORT_INVALID`, naming the formats
 * nearest to a typo.
 */
export function reportFlagReader<Name extends string>(names: readonly Name[]): (text: string) => ReportTarget<Name> {
  return (text) => {
    const [name = '', ...rest] = text.split('=')
    const path = rest.length === 0 ? undefined : rest.join('=')
    const format = names.find((each) => each === name)
    if (format === undefined) {
      const near = nearest(name, names).map((each) => [each, ...rest].join('='))
      throw new OpsError('REPORT_INVALID', {case: 'format', typed: text, name, names, near})
    }
    if (path === '') throw new OpsError('REPORT_INVALID', {case: 'path', typed: text, name})
    return {format, path: path === '-' ? undefined : path}
  }
}

/** `--report` of an audit. */
export const parseReportFlag = reportFlagReader(FORMAT_NAMES)

/**
 * Opens a temporary file beside every report's path, so that whatever would make writing impossible is known before a
 * server is asked. Throws `REPORT_CONFLICT` for two reports to one path, for stdout asked for twice and for an input's
 * path, and `REPORT_UNWRITABLE` for a path that cannot be written.
 */
export async function prepareOutputs<Name extends string>(
  targets: readonly ReportTarget<Name>[],
  edges: OutputEdges,
): Promise<Outputs<Name>> {
  const printed = targets.filter(({path}) => path === undefined)
  if (printed.length > 1) {
    throw new OpsError('REPORT_CONFLICT', {case: 'stdout', names: printed.map(({format}) => format)})
  }
  const places = new Map<ReportTarget<Name>, string>()
  const inputs = new Set(await Promise.all((edges.inputs ?? []).map(placeOf)))
  for (const target of targets) {
    if (target.path === undefined) continue
    const place = await placeOf(target.path)
    const twin = [...places].find(([, taken]) => taken === place)?.[0]
    const {format, path} = target
    if (twin) throw new OpsError('REPORT_CONFLICT', {case: 'path', one: twin.format, other: format, path})
    if (inputs.has(place)) throw new OpsError('REPORT_CONFLICT', {case: 'input', format, path})
    places.set(target, place)
  }
  const drafts = new Map<ReportTarget<Name>, OutputDraft>()
  const abort = async (): Promise<void> => {
    for (const draft of drafts.values()) await discard(draft)
    drafts.clear()
  }
  try {
    for (const [target, place] of places) drafts.set(target, await draftFor(target.path!, place))
  } catch (error) {
    await abort()
    throw error
  }
  return {
    targets,
    async write(target, text) {
      if (text === '') return
      const draft = drafts.get(target)
      if (!draft) return print(edges.stdout, text)
      await draft.file.appendFile(text).catch(unusable(draft))
    },
    async commit() {
      const written: string[] = []
      for (const [target, draft] of drafts) {
        await settle(draft).catch(unusable(draft))
        drafts.delete(target)
        written.push(draft.path)
      }
      return written
    },
    abort,
  }
}

/**
 * Writes every report while the audit runs and hands each event on, for progress and the exit code. The files appear
 * when the audit has come to its end; when it throws, or whoever reads stops early, none does.
 */
export async function* reported(
  events: AsyncIterable<AuditEvent>,
  outputs: Outputs,
  contextOf: (target: ReportTarget) => FormatContext,
): AsyncGenerator<AuditEvent> {
  const opened: {target: ReportTarget; writer: ReportWriter}[] = []
  try {
    for await (const heard of events) {
      const event = redacted(heard)
      if (event.kind === 'head') {
        for (const target of outputs.targets) {
          const format = await formats[target.format]()
          opened.push({target, writer: format.audit(event.head, contextOf(target))})
        }
      }
      for (const {target, writer} of opened) await outputs.write(target, textOf(event, writer))
      if (event.kind === 'tail') await outputs.commit()
      yield event
    }
  } finally {
    await outputs.abort()
  }
}

/** The reports that were asked for, and the table where nothing else goes to standard output. */
export function withTable<Name extends string>(
  targets: readonly ReportTarget<Name>[],
  json: boolean,
): readonly ReportTarget<Name | 'table'>[] {
  const taken = json || targets.some(({path}) => path === undefined)
  return taken ? targets : [{format: 'table', path: undefined}, ...targets]
}

/** Adds a report to the file that collects a CI job's summary, after what other steps put there. */
export async function appendReport(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o644)
  await file.appendFile(text).finally(() => file.close())
}

function textOf(event: AuditEvent, writer: ReportWriter): string {
  if (event.kind === 'head') return writer.start
  return event.kind === 'agent' ? writer.agent(event.audit) : writer.end(event.tail)
}

interface OutputDraft {
  path: string
  file: FileHandle
  /** The temporary file and the name it gets; undefined where a pipe or device is written to directly. */
  move: {from: string; to: string} | undefined
}

async function draftFor(path: string, place: string): Promise<OutputDraft> {
  try {
    const found = await stat(place).catch(absent)
    if (found?.isDirectory()) throw new OpsError('REPORT_UNWRITABLE', {case: 'directory', path})
    // Nothing can take the place of a pipe or of /dev/null.
    if (found && !found.isFile()) return {path, file: await open(place, 'w'), move: undefined}
    await access(dirname(place), constants.W_OK)
    const from = join(dirname(place), `.${basename(place)}.${randomBytes(6).toString('hex')}`)
    return {path, file: await open(from, 'wx', 0o644), move: {from, to: place}}
  } catch (error) {
    if (error instanceof OpsError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const where = dirname(path)
    if (code === 'ENOENT') throw new OpsError('REPORT_UNWRITABLE', {case: 'missing', path, where})
    if (code === 'ENOTDIR') throw new OpsError('REPORT_UNWRITABLE', {case: 'no-directory', path, where})
    throw new OpsError('REPORT_UNWRITABLE', {case: 'refused', path, where, code})
  }
}

async function settle({file, move}: OutputDraft): Promise<void> {
  await file.close()
  if (move) await rename(move.from, move.to)
}

async function discard({file, move}: OutputDraft): Promise<void> {
  await file.close().catch(() => {})
  if (move) await unlink(move.from).catch(() => {})
}

/** The file behind a path, by whatever links it is reached; for one that is not there yet, where it would be. */
async function placeOf(path: string): Promise<string> {
  const whole = resolve(path)
  const there = await realpath(whole).catch(absent)
  if (there !== undefined) return there
  const directory = await realpath(dirname(whole)).catch(absent)
  return directory === undefined ? whole : join(directory, basename(whole))
}

function print(stdout: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((done) => {
    // A reader that went away is dealt with by the stream's own listener.
    stdout.write(text, 'utf8', () => done())
  })
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

function unusable({path}: OutputDraft): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new OpsError('FILE_UNUSABLE', {case: 'report', path, why: error.code ?? error.message})
  }
}
