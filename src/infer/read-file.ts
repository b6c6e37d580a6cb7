import type {Readable} from 'node:stream'
import {recognise} from './format.ts'
import type {CodeLanguage, Format} from './formats.ts'
import {readHar} from './har.ts'
import {open, troubleOf, whole} from './inputs.ts'
import {readLog} from './log/read.ts'
import {readMcp} from './mcp.ts'
import {readOpenApi} from './openapi.ts'
import type {Sink, Text} from './reading.ts'
import {shown, shownName} from './safe.ts'

/** What is read whole has to be smaller than this, in bytes. */
const LARGEST = {code: 4 * 1024 * 1024, document: 32 * 1024 * 1024}

/** How one file was read. */
export interface FileRead {
  bytes: number
  /** Why it was not read, or not to its end. */
  trouble: string | undefined
  /** Whether it is simply of another kind than what is read here. */
  foreign: boolean
}

/** What reading a file may need. */
export interface ReadOptions {
  as: Format | undefined
  stdin: Readable
  signal: AbortSignal
}

/** Reads one file, whatever it is, and puts what it finds into the sink. What the disk refuses is told, not thrown. */
export async function readFile(file: string, sink: Sink, {as, stdin, signal}: ReadOptions): Promise<FileRead> {
  let bytes = 0
  try {
    const {head, chunks} = await open(file, stdin, signal)
    const counted = counting(chunks, (length) => (bytes += length))
    const name = shownName(file)
    const known = as ? {format: as} : recognise(file, head)
    if (known.format === undefined) {
      await counted.return(undefined)
      return {bytes, trouble: WORDS[known.reason], foreign: true}
    }
    return {...(await readAs(known.format, {file: name, chunks: counted, signal}, sink)), bytes}
  } catch (error) {
    signal.throwIfAborted()
    return {bytes, trouble: troubleOf(error), foreign: false}
  }
}

const WORDS = {
  empty: 'it is empty',
  'utf-16': 'it is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)',
  binary: 'it is binary: no log, document or code',
  unknown: 'it is no log, document or code that can be told by its name or beginning (--as names one)',
}

type HowRead = Omit<FileRead, 'bytes'>
const FINE: HowRead = {trouble: undefined, foreign: false}

async function readAs(format: Format | 'document', text: Text, sink: Sink): Promise<HowRead> {
  switch (format) {
    case 'log': {
      const {lines, understood} = await readLog(text, sink)
      if (lines === 0) return {trouble: WORDS.empty, foreign: true}
      return understood > 0 ? FINE : {trouble: 'none of its lines is a line of a log', foreign: true}
    }
    case 'har': {
      const {trouble} = await readHar(text, sink)
      return trouble === undefined ? FINE : {trouble: `${trouble}, so it is no HAR file that is whole`, foreign: false}
    }
    case 'openapi':
    case 'mcp':
    case 'document':
      return readDocument(format, text, sink)
    default:
      return readCode(format, text, sink)
  }
}

async function readDocument(
  format: 'openapi' | 'mcp' | 'document',
  {file, chunks}: Text,
  sink: Sink,
): Promise<HowRead> {
  const text = await whole(chunks, LARGEST.document)
  if (text === undefined) return {trouble: 'it is larger than 32 MB, too large for a document', foreign: false}
  const document = await parsed(text)
  if (document === undefined) return {trouble: 'it is neither JSON nor YAML that can be parsed', foreign: true}
  const read =
    (format !== 'mcp' && readOpenApi(document.value, text, file, sink)) ||
    (format !== 'openapi' && readMcp(document.value, file, sink))
  return read ? FINE : {trouble: NO_DOCUMENT[format], foreign: true}
}

const NO_DOCUMENT = {
  openapi: 'it is no OpenAPI document',
  mcp: 'it is no list of MCP tools',
  document: 'it is JSON or YAML, but no HAR file, API document or tool list',
}

async function readCode(language: CodeLanguage, {file, chunks}: Text, sink: Sink): Promise<HowRead> {
  const text = await whole(chunks, LARGEST.code)
  if (text === undefined) return {trouble: 'it is larger than 4 MB, too large for source code', foreign: false}
  const {callsInCode} = await import('./code.ts')
  const {calls, notUnderstood} = await callsInCode(language, text, file)
  for (const call of calls) sink.call(call)
  for (const found of notUnderstood) sink.notUnderstood({...found, text: shown(found.text)})
  return FINE
}

/** JSON, or else YAML; undefined for what is neither. */
async function parsed(text: string): Promise<{value: unknown} | undefined> {
  try {
    return {value: JSON.parse(text)}
  } catch {
    const {parseDocument} = await import('yaml')
    const document = parseDocument(text, {logLevel: 'silent', uniqueKeys: false})
    if (document.errors.length > 0) return undefined
    try {
      const value: unknown = document.toJS({maxAliasCount: 100})
      return {value}
    } catch {
      return undefined
    }
  }
}

async function* counting(chunks: AsyncIterable<Buffer>, count: (length: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    count(chunk.length)
    yield chunk
  }
}
