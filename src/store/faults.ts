import {OpsError} from '../errors.ts'

/** SQLite's primary result codes that an operator can do something about. */
const BUSY = 5
const LOCKED = 6
const FULL = 13
const CORRUPT = 11
const NOT_A_DATABASE = 26
const UNWRITABLE = [3, 8, 10, 14]
/** SQLITE_IOERR_SHMSIZE, an extended code: no room for the index of the write-ahead log. */
const NO_ROOM_FOR_INDEX = 4874

/** The primary SQLite code of a thrown error, as far as it tells the cause; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode === NO_ROOM_FOR_INDEX ? FULL : error.errcode & 0xff
}

/** Puts a file's or SQLite's own fault into words; anything else is thrown on as it is. */
export function explain(error: unknown, file: string): unknown {
  const code = sqliteCode(error) ?? fileCode(error)
  if (code === undefined) return error
  if (code === BUSY || code === LOCKED) return new OpsError('STORE_BUSY', {file})
  if (code === FULL) return new OpsError('STORE_FULL', {file})
  if (code === CORRUPT || code === NOT_A_DATABASE) return new OpsError('STORE_CORRUPT', {case: 'damaged', file})
  if (UNWRITABLE.includes(code)) return new OpsError('STORE_UNWRITABLE', {file})
  return error
}

/** Runs one piece of work on the store with its faults explained. */
export function explained<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(error, file)
  }
}

/** A file whose tables are not those of any version; `missing`: what they lack. */
export function halfMade(file: string, version: number, missing: readonly {kind: string; name: string}[]): OpsError {
  const lacks = missing.slice(0, 5).map(({kind, name}) => `${kind} ${name}`)
  return new OpsError('STORE_CORRUPT', {case: 'half-made', file, version, lacks})
}

/** The same faults as Node's file functions tell them, in SQLite's numbers. */
function fileCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return FULL
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENOENT':
    case 'EEXIST':
      return UNWRITABLE[3]
    default:
      return undefined
  }
}
