import {dirname} from 'node:path'
import {OpsError, type Besides, word} from '../errors.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

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
  if (code === BUSY || code === LOCKED) return busy(file)
  if (code === FULL) {
    return new OpsError('STORE_FULL', `The disk that holds ${file} is full; nothing was recorded by this step.`, {
      suggestions: ['free some space first', 'patrol rotation list'],
      ref: REF,
    })
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) return damaged(file)
  if (UNWRITABLE.includes(code)) {
    return new OpsError('STORE_UNWRITABLE', `${file} can't be opened for writing; nothing was recorded by this step.`, {
      suggestions: [`ls -ld ${word(file)}`, 'patrol doctor'],
      ref: REF,
    })
  }
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

export function busy(file: string): OpsError {
  return new OpsError(
    'STORE_BUSY',
    `Another process kept ${file} locked for too long; nothing was recorded by this step.`,
    {
      suggestions: ['patrol rotation list'],
    },
  )
}

export function damaged(file: string): OpsError {
  return new OpsError(
    'STORE_CORRUPT',
    `${file} is damaged, or is no store of patrol. It was left as it is.`,
    damagedAdvice(file),
  )
}

/** The whole directory, for what lies beside the file (its write-ahead log) is no use, and harm, to another one. */
function damagedAdvice(file: string): Besides {
  const directory = dirname(file)
  return {
    suggestions: [
      `mv ${word(directory)} ${word(`${directory}.damaged`)}`,
      'restore it from a backup, or start anew and look at the token names on the server',
    ],
    ref: REF,
  }
}

/** A file whose tables are not those of any version; `missing`: what they lack. */
export function halfMade(file: string, version: number, missing: readonly {kind: string; name: string}[]): OpsError {
  const lacks = missing.slice(0, 5).map(({kind, name}) => `${kind} ${name}`)
  const what = lacks.length > 0 ? `it lacks ${lacks.join(', ')}` : 'its tables are not those of that version'
  return new OpsError(
    'STORE_CORRUPT',
    `${file} says that it has schema ${version}, but ${what}: an upgrade was broken off, or something else wrote to it. It was left as it is.`,
    damagedAdvice(file),
  )
}

export function tooNew(file: string, version: number, ours: number): OpsError {
  return new OpsError(
    'STORE_TOO_NEW',
    `${file} was written by a newer patrol (schema ${version}, this one knows ${ours}). It was left as it is.`,
    {suggestions: ['use the newer patrol'], ref: REF},
  )
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
