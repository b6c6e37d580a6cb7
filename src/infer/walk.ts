import {readdir, realpath, stat} from 'node:fs/promises'
import {join, sep} from 'node:path'

/** Folders of other people's files, of git's own, and of what is built; gone into only where they are named. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', '.terraform', '.venv', '__pycache__'])

/** What lies in a directory: a file to read, what is passed over, or what the disk refuses. */
export type Met =
  | {kind: 'file'; file: string}
  | {kind: 'skipped'; file: string; reason: string}
  /** A link that leads to nothing that can be reached. */
  | {kind: 'broken'; file: string; error: unknown}
  | {kind: 'unreadable'; file: string; error: unknown}

/**
 * All that lies in a directory and below, in the order of names. The directory itself may be a link; one that is found is
 * followed only to a file that lies in the directory, too, so that nothing is read that nobody named, and no circle of
 * links has to be ended. `leave` keeps a path out, with all below it.
 */
export async function* filesBelow(
  directory: string,
  leave: (path: string) => boolean = () => false,
): AsyncGenerator<Met> {
  let root
  try {
    root = await realpath(directory)
  } catch (error) {
    yield {kind: 'unreadable', file: directory, error}
    return
  }
  yield* walk(directory, root, leave)
}

async function* walk(directory: string, root: string, leave: (path: string) => boolean): AsyncGenerator<Met> {
  let entries
  try {
    entries = await readdir(directory, {withFileTypes: true})
  } catch (error) {
    yield {kind: 'unreadable', file: directory, error}
    return
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = join(directory, entry.name)
    if (leave(file)) continue
    if (entry.isDirectory()) {
      if (LEFT_OUT.has(entry.name)) yield {kind: 'skipped', file, reason: 'never looked into'}
      else yield* walk(file, root, leave)
    } else if (entry.isFile()) yield {kind: 'file', file}
    else if (entry.isSymbolicLink()) yield linked(file, root)
    else yield {kind: 'skipped', file, reason: 'no file'}
  }
}

async function linked(file: string, root: string): Promise<Met> {
  try {
    const target = await realpath(file)
    const found = await stat(target)
    if (found.isDirectory()) return {kind: 'skipped', file, reason: 'a link to a directory'}
    if (!found.isFile()) return {kind: 'skipped', file, reason: 'no file'}
    if (!target.startsWith(join(root, sep))) return {kind: 'skipped', file, reason: 'a link to another place'}
    return {kind: 'file', file}
  } catch (error) {
    return {kind: 'broken', file, error}
  }
}
