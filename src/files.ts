import {randomBytes} from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises'
import type {FileHandle} from 'node:fs/promises'
import {basename, dirname, join, resolve} from 'node:path'
import {OpsError} from './errors.ts'

/**
 * Writes a file that only its owner may read. It appears under its name whole or not at all; an existing one is never
 * replaced (`FILE_EXISTS`).
 */
export async function createPrivately(path: string, text: string): Promise<void> {
  await beside(path, text, async (draft) => {
    // A link fails where the name is taken; a rename would replace what is there.
    await link(draft, path)
    await unlink(draft)
  })
}

/** The same, but taking the place of what is there. */
export async function replacePrivately(path: string, text: string): Promise<void> {
  await beside(path, text, (draft) => rename(draft, path))
}

/**
 * Puts a new text into a file that is there, whole or not at all; its mode, and the link that leads to it, stay. Throws
 * `FILE_CHANGED` where it no longer holds `before`.
 */
export async function rewrite(path: string, before: string, text: string): Promise<void> {
  const place = await realpath(path)
  await access(place, constants.W_OK)
  const {mode, uid, gid} = await stat(place)
  await beside(place, text, async (draft) => {
    await chmod(draft, mode & 0o7777)
    // Only root may give files away, and only then is there anything to give.
    await chown(draft, uid, gid).catch(() => {})
    if ((await readFile(place, 'utf8')) !== before) throw new OpsError('FILE_CHANGED', {path})
    await rename(draft, place)
  })
}

/** Throws `FILE_EXISTS` for a name that is taken; a dangling link takes it too. */
export async function refuseTaken(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (found) throw new OpsError('FILE_EXISTS', {path})
}

/**
 * Makes sure, before there is a value that could get lost, that `createPrivately` can make a new file of this name. Throws
 * `FILE_EXISTS`, `FILE_UNUSABLE`, and Node's own error.
 */
export async function refuseUnwritable(path: string): Promise<void> {
  await refuseTaken(path)
  const {draft, file} = await openDraft(path).catch((error: unknown) => {
    throw misplaced(error, dirname(path))
  })
  await file.close()
  try {
    await refuseLinkless(draft, dirname(path))
  } finally {
    await unlink(draft)
  }
}

/** A directory that was mistyped: nothing of the system is wrong. */
function misplaced(error: unknown, directory: string): unknown {
  if (hasCode(error, 'ENOENT')) return new OpsError('FILE_UNUSABLE', {case: 'missing', directory})
  return hasCode(error, 'ENOTDIR') ? new OpsError('FILE_UNUSABLE', {case: 'no-directory', directory}) : error
}

/** Some file systems know no links: vfat, and some that come over a network. */
async function refuseLinkless(draft: string, directory: string): Promise<void> {
  const name = `${draft.slice(0, -1)}_`
  try {
    await link(draft, name)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new OpsError('FILE_UNUSABLE', {case: 'linkless', directory, why})
  }
  await unlink(name)
}

/**
 * Makes a directory that only its owner may enter, and those above it, whatever the umask; one that is there is left as
 * it is. Throws Node's own error. Node's `recursive` is no use: where a parent refuses with ENOENT, as /proc does, it
 * never ends.
 */
export async function makePrivateDirectory(path: string): Promise<void> {
  const place = resolve(path)
  try {
    await makeOne(place)
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || dirname(place) === place) throw error
    await makePrivateDirectory(dirname(place))
    await makeOne(place)
  }
}

async function makeOne(place: string): Promise<void> {
  try {
    await mkdir(place, {mode: 0o700})
    await chmod(place, 0o700)
  } catch (error) {
    if (!hasCode(error, 'EEXIST') || !(await stat(place)).isDirectory()) throw error
  }
}

async function beside(path: string, text: string, settle: (draft: string) => Promise<void>): Promise<void> {
  const {draft, file} = await openDraft(path)
  try {
    // Whatever the umask took: the owner can read it.
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await settle(draft)
  } catch (error) {
    await file.close().catch(() => {})
    await unlink(draft).catch(() => {})
    if (hasCode(error, 'EEXIST')) throw new OpsError('FILE_EXISTS', {path})
    // Nobody knows the draft.
    throw error instanceof Error && 'path' in error ? Object.assign(error, {path}) : error
  }
}

/** Where the directory is to blame. */
const NO_PLACE = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'])

/** A new file beside another. What is wrong is said of the other one or of its directory, for nobody knows the draft. */
async function openDraft(path: string): Promise<{draft: string; file: FileHandle}> {
  const draft = join(dirname(resolve(path)), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  try {
    return {draft, file: await open(draft, 'wx', 0o600)}
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'path' in error)) throw error
    throw Object.assign(error, {path: NO_PLACE.has(String(error.code)) ? dirname(path) : path})
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
