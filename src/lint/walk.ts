import {lstat, open, realpath, stat} from 'node:fs/promises'
import {matchesGlob, relative, resolve} from 'node:path'
import {nothing, OpsError, run} from '../errors.ts'
import {filesBelow} from '../infer/walk.ts'
import {languageByPath, languageOf} from './language.ts'
import type {LintInput} from './types.ts'

/** A provisioning script or runbook of this size is none; and JSON that people write is far smaller. */
const LARGEST = 5 * 1024 * 1024
const LARGEST_JSON = 512 * 1024

const FOREIGN = 'in no language that is linted'

/**
 * The files below some paths that are worth linting, each once, in a stable order. What cannot be read comes as
 * `unread`, and what is left aside as `passed`, each with why; a path that is not there throws `USAGE` before anything is
 * read. A file that is named is read whatever it is called, a directory that is named is gone into, also through a link;
 * what lies in it comes as from `filesBelow`.
 */
export async function* filesToLint(
  paths: readonly string[],
  {cwd, exclude}: {cwd: string; exclude: readonly string[]},
): AsyncGenerator<LintInput> {
  for (const path of paths) await refuseMissing(path, cwd)
  const excluded = (path: string) => exclude.some((glob) => matchesGlob(shown(path, cwd), glob))
  const seen = new Set<string>()
  for (const path of paths.map((each) => resolve(cwd, each)).filter((each) => !excluded(each))) {
    for await (const {path: found, named, unread, passed} of candidates(path, cwd, excluded)) {
      const real = await realpath(found).catch(() => found)
      if (seen.has(real)) continue
      const file = shown(found, cwd)
      if (unread !== undefined) yield {file, unread}
      else if (passed !== undefined) yield {file, passed}
      else {
        const input = await readInput(found, file, named)
        if (!('passed' in input)) seen.add(real)
        yield input
      }
    }
  }
}

interface WalkedFile {
  path: string
  /** The path was typed, not found. */
  named: boolean
  /** Why it cannot be read, where that shows already. */
  unread?: string
  /** Why it is left aside, where that shows already. */
  passed?: string
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
    const found = {path: met.file, named: false}
    if (met.kind === 'file') yield language === undefined ? {...found, passed: FOREIGN} : found
    else if (met.kind === 'skipped') yield {...found, passed: met.reason}
    // Whether a link that leads nowhere should have led to a script, only its name tells.
    else if (met.kind === 'unreadable' || (language !== undefined && language !== 'look'))
      yield {...found, unread: reasonOf(met.error)}
    else yield {...found, passed: reasonOf(met.error)}
  }
}

async function readInput(path: string, file: string, named: boolean): Promise<LintInput> {
  const language = languageByPath(file)
  // What only might have been a script is no loss.
  const lost = named || language !== 'look' ? (unread: string) => ({file, unread}) : () => ({file, passed: FOREIGN})
  try {
    await using handle = await open(path)
    const {size} = await handle.stat()
    if (size > LARGEST) return lost('this is larger than 5 MB and was not read')
    if (!named && language === 'json' && size > LARGEST_JSON) return {file, passed: 'JSON of more than 512 KB'}
    const bytes = await handle.readFile()
    if (/^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2)))
      return lost('this is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)')
    if (bytes.includes(0)) return lost('this is no text file')
    const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
    return named || languageOf(file, text) !== undefined ? {file, text} : {file, passed: FOREIGN}
  } catch (error) {
    return error instanceof TypeError ? lost('this is not UTF-8 text') : {file, unread: reasonOf(error)}
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
