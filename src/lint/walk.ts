import {lstat, open, realpath, stat} from 'node:fs/promises'
import {matchesGlob, relative, resolve} from 'node:path'
import {nothing, OpsError, run} from '../errors.ts'
import {filesBelow} from '../infer/walk.ts'
import type {LintInput} from './types.ts'
import {languageByPath} from './language.ts'

/** A provisioning script or runbook of this size is none. */
const LARGEST = 5 * 1024 * 1024

/**
 * The files below some paths that are worth linting, each once, in a stable order. What cannot be read comes as
 * `unread`; a path that is not there throws `USAGE` before anything is read. A file that is named is read whatever it is
 * called, a directory that is named is gone into, also through a link; what lies in it comes as from `filesBelow`.
 */
export async function* filesToLint(
  paths: readonly string[],
  {cwd, exclude}: {cwd: string; exclude: readonly string[]},
): AsyncGenerator<LintInput> {
  for (const path of paths) await refuseMissing(path, cwd)
  const excluded = (path: string) => exclude.some((glob) => matchesGlob(shown(path, cwd), glob))
  const seen = new Set<string>()
  for (const path of paths.map((each) => resolve(cwd, each)).filter((each) => !excluded(each))) {
    for await (const {path: found, named, unread} of candidates(path, cwd, excluded)) {
      const real = await realpath(found).catch(() => found)
      if (seen.has(real)) continue
      const file = shown(found, cwd)
      const input = unread === undefined ? await readInput(found, file, named) : {file, unread}
      if (input === undefined) continue
      seen.add(real)
      yield input
    }
  }
}

interface WalkedFile {
  path: string
  /** The path was typed, not found. */
  named: boolean
  /** Why it cannot be read, where that shows already. */
  unread?: string
}

async function* candidates(path: string, cwd: string, excluded: (path: string) => boolean): AsyncGenerator<WalkedFile> {
  try {
    const kind = await stat(path)
    if (!kind.isDirectory()) {
      yield {path, named: true, ...(!kind.isFile() && {unread: 'this is neither a file nor a folder'})}
      return
    }
  } catch (error) {
    yield {path, named: true, unread: reasonOf(error)}
    return
  }
  for await (const met of filesBelow(path, excluded)) {
    const language = languageByPath(shown(met.file, cwd))
    if (met.kind === 'file') {
      if (language !== undefined) yield {path: met.file, named: false}
    } else if (met.kind !== 'skipped') {
      // Whether a link that leads nowhere should have led to a script, only its name tells.
      const isMissed = met.kind === 'unreadable' || (language !== undefined && language !== 'look')
      if (isMissed) yield {path: met.file, named: false, unread: reasonOf(met.error)}
    }
  }
}

async function readInput(path: string, file: string, named: boolean): Promise<LintInput | undefined> {
  const sure = named || languageByPath(file) !== 'look'
  try {
    await using handle = await open(path)
    const {size} = await handle.stat()
    if (size > LARGEST) return sure ? {file, unread: 'this is larger than 5 MB and was not read'} : undefined
    const bytes = await handle.readFile()
    // Of files without an ending only those with `#!` are scripts.
    if (!sure && bytes.subarray(0, 2).toString('latin1') !== '#!' && !file.includes('/scripts/')) return undefined
    if (/^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2))) {
      return sure ? {file, unread: 'this is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)'} : undefined
    }
    if (bytes.includes(0)) return sure ? {file, unread: 'this is no text file'} : undefined
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
    return {file, text}
  } catch (error) {
    return {file, unread: error instanceof TypeError ? 'this is not UTF-8 text' : reasonOf(error)}
  }
}

async function refuseMissing(path: string, cwd: string): Promise<void> {
  try {
    await lstat(resolve(cwd, path))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error) || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) return
    throw new OpsError('USAGE', {
      what: `${path} does not exist.`,
      state: nothing('linted'),
      advice: [run`patrol lint .`],
    })
  }
}

/** Relative to where patrol was started, with `/` everywhere. */
function shown(path: string, cwd: string): string {
  return (relative(cwd, path) || '.').replaceAll('\\', '/')
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read by this user'
  if (code === 'ELOOP') return 'its links go round in a circle'
  if (code === 'ENOENT') return 'its link leads nowhere'
  return `it could not be read (${code || 'unknown error'})`
}
