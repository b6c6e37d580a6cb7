import {createReadStream} from 'node:fs'
import {realpath, stat} from 'node:fs/promises'
import {createGunzip} from 'node:zlib'
import {matchesGlob, relative} from 'node:path'
import {addAbortSignal, pipeline} from 'node:stream'
import type {Readable} from 'node:stream'
import {asideOf} from './aside.ts'
import {LONGEST_LINE} from './lines.ts'
import {filesBelow} from './walk.ts'

const CHUNK = 256 * 1024

/** A file to read, or why something was not. */
export type InputFile =
  | {kind: 'file'; file: string; named: boolean}
  | {kind: 'skipped'; file: string; reason: string}
  | {kind: 'unreadable'; file: string; reason: string}

/** What of a directory counts. */
export interface FileChoice {
  /** Tests, fixtures, mocks and what is vendored count, too. */
  includeTests?: boolean
  /** Paths that match one of these, from where patrol was started, are left out. */
  exclude?: readonly string[]
}

/**
 * The files behind one input: itself, or what lies in it, in the order of names. Links are followed where named, else only
 * within what is named.
 */
export async function* filesIn(input: string, signal: AbortSignal, choice: FileChoice = {}): AsyncGenerator<InputFile> {
  if (input === '-') {
    yield {kind: 'file', file: input, named: true}
    return
  }
  try {
    const found = await stat(input)
    if (found.isDirectory()) yield* inDirectory(input, signal, choice)
    else yield {kind: 'file', file: input, named: true}
  } catch (error) {
    yield {kind: 'unreadable', file: input, reason: troubleOf(error)}
  }
}

async function* inDirectory(
  directory: string,
  signal: AbortSignal,
  {includeTests = false, exclude = []}: FileChoice,
): AsyncGenerator<InputFile> {
  const excluded = (path: string) => exclude.some((glob) => matchesGlob(relative('', path), glob))
  for await (const met of filesBelow(directory, excluded)) {
    signal.throwIfAborted()
    const {file} = met
    const aside = includeTests ? undefined : asideOf(relative(directory, file))
    if (met.kind === 'file' && aside === undefined) yield {kind: 'file', file, named: false}
    else if (met.kind === 'file') yield {kind: 'skipped', file, reason: aside ?? ''}
    else if (met.kind === 'skipped') yield met
    else if (met.kind === 'broken') yield {kind: 'skipped', file, reason: `a link, and ${troubleOf(met.error)}`}
    else yield {kind: 'unreadable', file, reason: troubleOf(met.error)}
  }
}

/** Whether two names mean one file, so that nothing is counted twice. */
export async function placeOf(file: string): Promise<string> {
  return file === '-' ? file : realpath(file).catch(() => file)
}

/** A file that was begun: its first bytes, and all of it. */
export interface OpenedFile {
  head: Buffer
  chunks: AsyncIterable<Buffer>
}

/** Opens a file, or takes the stream instead, unpacks gzip, and looks at the beginning. Throws what the disk says. */
export async function open(file: string, stdin: Readable, signal: AbortSignal): Promise<OpenedFile> {
  const source = file === '-' ? addAbortSignal(signal, stdin) : createReadStream(file, {highWaterMark: CHUNK, signal})
  const packed = await peeked(source, 2)
  const isGzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b
  if (!isGzip) return peeked(packed.chunks, LONGEST_LINE)
  const gunzip = createGunzip({chunkSize: CHUNK})
  pipeline(packed.chunks, gunzip, () => {})
  return peeked(gunzip, LONGEST_LINE)
}

/** Reads until there are so many bytes to look at, and gives a stream that begins with them nevertheless. */
async function peeked(source: AsyncIterable<Buffer | string>, least: number): Promise<OpenedFile> {
  const iterator = source[Symbol.asyncIterator]()
  const begun: Buffer[] = []
  let length = 0
  let done = false
  while (length < least && !done) {
    const next = await iterator.next()
    done = next.done === true
    if (!next.done) {
      begun.push(Buffer.from(next.value))
      length += next.value.length
    }
  }
  const rest = async function* (): AsyncGenerator<Buffer> {
    try {
      while (begun.length > 0) yield begun.shift()!
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        yield typeof next.value === 'string' ? Buffer.from(next.value) : next.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  return {head: Buffer.concat(begun).subarray(0, least), chunks: rest()}
}

/** All of it, where it is no larger than `most` bytes. */
export async function whole(chunks: AsyncIterable<Buffer>, most: number): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > most) return undefined
    parts.push(chunk)
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
}

const SAID: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'its links go round in a circle',
  ENOTDIR: 'a part of its path is a file',
  ENAMETOOLONG: 'its name is too long',
  EISDIR: 'it is a directory',
  Z_BUF_ERROR: 'the gzip data breaks off',
  Z_DATA_ERROR: 'the gzip data is damaged',
}

/** What stood in the way, in words; whatever is no trouble with a file or its compression is thrown on. */
export function troubleOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error
  if (!('syscall' in error) && !error.code.startsWith('Z_')) throw error
  return SAID[error.code] ?? error.code
}
