import {randomBytes} from 'node:crypto'
import {link, lstat, mkdir, open, rename, unlink} from 'node:fs/promises'
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

/** Throws `FILE_EXISTS` for a name that is taken; a dangling link takes it too. */
export async function refuseTaken(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found) throw taken(path)
}

/** Makes sure, before there is a value that could get lost, that a new file of this name can be written. */
export async function refuseUnwritable(path: string): Promise<void> {
  await refuseTaken(path)
  const draft = draftOf(path)
  await (await open(draft, 'wx', 0o600)).close()
  await unlink(draft)
}

/** A directory that only its owner may enter. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, {recursive: true, mode: 0o700})
}

async function beside(path: string, text: string, settle: (draft: string) => Promise<void>): Promise<void> {
  const draft = draftOf(path)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await settle(draft)
  } catch (error) {
    await file.close().catch(() => {})
    await unlink(draft).catch(() => {})
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw taken(path)
    throw error
  }
}

function draftOf(path: string): string {
  return join(dirname(resolve(path)), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
}

function taken(path: string): OpsError {
  return new OpsError('FILE_EXISTS', `${path} exists already and was left as it is. Nothing was changed.`, {
    suggestions: [`ls -l ${path}`, 'Repeat the command with another file name'],
  })
}
