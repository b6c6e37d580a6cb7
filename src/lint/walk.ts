import {lstat, open, readdir, realpath, stat} from 'node:fs/promises'
import {join, matchesGlob, relative, resolve} from 'node:path'
import {OpsError} from '../errors.ts'
import type {LintInput} from './index.ts'
import {languageByPath} from './language.ts'

/** Folders of other people's files, and of git's own. */
const SKIPPED = new Set(['.git', 'node_modules', '.terraform', '.venv', '__pycache__'])

/** A provisioning script or runbook of this size is none. */
const LARGEST = 5 * 1024 * 1024

/**
 * The files below some paths that are worth linting, each once, in a stable order. What cannot be read comes as
 * `unread`; a path that is not there throws `USAGE` before anything is read. A file named by itself is read
 * whatever it is called. Links are followed, a loop of them ends.
 */
export async function* filesToLint(
  paths: readonly string[],
  {cwd, exclude}: {cwd: string; exclude: readonly string[]},
): AsyncGenerator<LintInput> {
  for (const path of paths) await refuseMissing(path, cwd)
  const seen = new Set<string>()
  for (const path of paths) yield* below(path, {cwd, exclude, seen, named: true})
}

interface Walk {
  cwd: string
  exclude: readonly string[]
  /** Real paths of what was visited. */
  seen: Set<string>
  /** The path was typed, not found. */
  named: boolean
}

async function* below(path: string, walk: Walk): AsyncGenerator<LintInput> {
  const {cwd, exclude, seen, named} = walk
  const absolute = resolve(cwd, path)
  const file = shown(absolute, cwd)
  if (exclude.some((glob) => matchesGlob(file, glob))) return
  let kind
  try {
    const real = await realpath(absolute)
    if (seen.has(real)) return
    seen.add(real)
    kind = await stat(real)
  } catch (error) {
    if (named || languageByPath(file) !== 'look') yield {file, unread: reasonOf(error)}
    return
  }
  if (kind.isDirectory()) {
    let names
    try {
      names = await readdir(absolute)
    } catch (error) {
      yield {file, unread: reasonOf(error)}
      return
    }
    for (const name of names.toSorted()) {
      if (!SKIPPED.has(name)) yield* below(join(path, name), {...walk, named: false})
    }
  } else if (kind.isFile() && (named || languageByPath(file) !== undefined)) {
    const input = await readInput(absolute, file, kind.size, named)
    if (input) yield input
  } else if (named) yield {file, unread: 'this is neither a file nor a folder'}
}

async function readInput(path: string, file: string, size: number, named: boolean): Promise<LintInput | undefined> {
  const sure = named || languageByPath(file) !== 'look'
  if (size > LARGEST) return sure ? {file, unread: 'this is larger than 5 MB and was not read'} : undefined
  try {
    await using handle = await open(path)
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
    throw new OpsError('USAGE', `${path} does not exist. Nothing was linted.`, {suggestions: ['patrol lint .']})
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
