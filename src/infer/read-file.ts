import type {Readable} from 'node:stream'
import type {CodeFile} from './code.ts'
import {recognise} from './format.ts'
import type {CodeFormat, InputFormat} from './formats.ts'
import {readHar} from './har.ts'
import {open, troubleOf, whole} from './inputs.ts'
import {readLog} from './log/read.ts'
import {readMcp} from './mcp.ts'
import {isOwnDocument, readOpenApi} from './openapi.ts'
import type {Sink, InputText} from './reading.ts'
import {asScript} from './recipes.ts'
import {shownName} from './safe.ts'

/** What is read whole has to be smaller than this, in bytes. */
const LARGEST = {code: 4 * 1024 * 1024, document: 32 * 1024 * 1024}

/** How one file was read. */
export interface FileRead {
  bytes: number
  trouble: Trouble | undefined
}

/** Why a file was not read, or not to its end. */
export interface Trouble {
  /** `foreign`: it is simply of another kind than what is read here. */
  kind: 'empty' | 'foreign' | 'broken'
  reason: string
  /** It speaks of Gitea's API all the same. */
  speaks?: boolean
}

/** What reading a file may need. */
export interface ReadOptions {
  /** Where code goes, which is read when all of a program is there. */
  code: CodeFile[]
  /** Somebody named the file, and did not only name a directory that holds it. */
  named: boolean
  includeTests?: boolean
  as: InputFormat | undefined
  stdin: Readable
  signal: AbortSignal
}

/** Reads one file, whatever it is, and puts what it finds into the sink. What the disk refuses is told, not thrown. */
export async function readFile(file: string, sink: Sink, options: ReadOptions): Promise<FileRead> {
  const {as, code, stdin, signal} = options
  let bytes = 0
  try {
    const {head, chunks} = await open(file, stdin, signal)
    const counted = counting(chunks, (length) => (bytes += length))
    const name = shownName(file)
    const known = as && head.length > 0 ? {format: as} : recognise(file, head)
    if (known.format === undefined) {
      await counted.return(undefined)
      const speaks = known.reason === 'unknown' && !PROSE.test(file) && SPEAKS.test(head.toString('utf8'))
      return {bytes, trouble: known.reason === 'empty' ? EMPTY : {...foreign(WORDS[known.reason]), speaks}}
    }
    const trouble = await readAs(
      known.format,
      {file: name, chunks: counted, signal},
      {sink, code, whole: options.named || options.includeTests === true},
    )
    return {bytes, trouble}
  } catch (error) {
    signal.throwIfAborted()
    return {bytes, trouble: broken(troubleOf(error))}
  }
}

const SPEAKS = /\/api\/v1\b|\b(?:gitea|forgejo)[\w.]*(?:client|api|sdk)\b/i
/** What people read: that it speaks of the API makes no call. */
const PROSE = /\.(?:md|mdx|markdown|rst|adoc|org|txt|html?|svg|css|csv|po)$/i

const WORDS = {
  'utf-16': 'it is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)',
  binary: 'it is binary: no log, document or code',
  unknown: 'it is no log, document or code that can be told by its name or beginning (--as names one)',
}

const EMPTY: Trouble = {kind: 'empty', reason: 'it is empty'}
const foreign = (reason: string): Trouble => ({kind: 'foreign', reason})
const broken = (reason: string): Trouble => ({kind: 'broken', reason})

async function readAs(format: InputFormat | 'document', text: InputText, to: Targets): Promise<Trouble | undefined> {
  const {sink} = to
  switch (format) {
    case 'log': {
      const {lines, understood} = await readLog(text, sink)
      if (lines === 0) return EMPTY
      return understood > 0 ? undefined : foreign('none of its lines is a line of a log')
    }
    case 'har': {
      const {trouble} = await readHar(text, sink)
      return trouble === undefined ? undefined : broken(`${trouble}, so it is no HAR file that is whole`)
    }
    case 'openapi':
    case 'mcp':
    case 'document':
      return readDocument(format, text, to)
    default:
      return readCode(format, text, to.code)
  }
}

interface Targets {
  sink: Sink
  code: CodeFile[]
  /** Whether the server's own document counts: it has all that there is, whatever is called of it. */
  whole: boolean
}

async function readDocument(
  format: 'openapi' | 'mcp' | 'document',
  {file, chunks}: InputText,
  to: Targets,
): Promise<Trouble | undefined> {
  const text = await whole(chunks, LARGEST.document)
  if (text === undefined) return broken('it is larger than 32 MB, too large for a document')
  const {sink} = to
  const inner = async () => (await import('./inner.ts')).readInner(text, file, to)
  const document = await parsed(text)
  if (document === undefined)
    return (await inner()) ? undefined : foreign('it is neither JSON nor YAML that can be parsed')
  if (!to.whole && isOwnDocument(document.value)) return foreign(OWN_DOCUMENT)
  const read =
    (format !== 'mcp' && readOpenApi(document.value, text, file, sink)) ||
    (format !== 'openapi' && (await readMcp(document.value, file, sink))) ||
    (format === 'document' && (await inner()))
  return read ? undefined : foreign(NO_DOCUMENT[format])
}

const OWN_DOCUMENT =
  'the server’s own API document has all that there is, not what is called: --include-tests counts it'

const NO_DOCUMENT = {
  openapi: 'it is no OpenAPI document',
  mcp: 'it is no list of MCP tools',
  document: 'it is JSON or YAML, but no HAR file, API document or tool list, and runs nothing',
}

async function readCode(
  language: CodeFormat,
  {file, chunks}: InputText,
  code: CodeFile[],
): Promise<Trouble | undefined> {
  const text = await whole(chunks, LARGEST.code)
  if (text === undefined) return broken('it is larger than 4 MB, too large for source code')
  code.push({language, text: language === 'shell' ? asScript(file, text) : text, file})
  return undefined
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
