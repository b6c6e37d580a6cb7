import {chmod, open} from 'node:fs/promises'
import {dirname} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import type {DatabaseSync} from 'node:sqlite'
import {makePrivateDirectory} from '../files.ts'
import {explain, sqliteCode} from './faults.ts'
import {migrate} from './schema.ts'

const BUSY_TIMEOUT_MS = 5_000
const BUSY = 5

/** Opens (and at first makes) the file: directory 0700, file 0600, write-ahead log, every commit on the disk. */
export async function connect(file: string): Promise<DatabaseSync> {
  const {DatabaseSync: Database} = await withoutWarning(() => import('node:sqlite'))
  let db: DatabaseSync | undefined
  try {
    if (file !== ':memory:') await prepareFile(file)
    db = new Database(file)
    db.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma foreign_keys = on`)
    await useWriteAheadLog(db)
    db.exec('pragma synchronous = full')
    migrate(db, file, () => new Database(':memory:'))
    return db
  } catch (error) {
    db?.close()
    throw explain(error, file)
  }
}

/** The file exists with its rights before SQLite sees it, so at no moment can others read it; its log inherits them. */
async function prepareFile(file: string): Promise<void> {
  await makePrivateDirectory(dirname(file))
  const handle = await open(file, 'a', 0o600)
  await handle.close()
  await chmod(file, 0o600)
}

/** SQLite does not wait by itself while another process makes the same change of mode. */
async function useWriteAheadLog(db: DatabaseSync): Promise<void> {
  const until = Date.now() + BUSY_TIMEOUT_MS
  for (;;) {
    try {
      db.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (sqliteCode(error) !== BUSY || Date.now() > until) throw error
      await delay(20)
    }
  }
}

/** Node 22 warns that its SQLite is experimental; that one warning is kept from the operator's screen, no other. */
export async function withoutWarning<T>(load: () => Promise<T>): Promise<T> {
  const emit: typeof process.emitWarning = Reflect.get(process, 'emitWarning')
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (isAboutSqlite(warning, rest[0])) return
    Reflect.apply(emit, process, [warning, ...rest])
  }
  try {
    return await load()
  } finally {
    process.emitWarning = emit
  }
}

function isAboutSqlite(warning: string | Error, options: unknown): boolean {
  const typed = typeof options === 'object' && options !== null && 'type' in options ? options.type : options
  const name = warning instanceof Error ? warning.name : typed
  const text = warning instanceof Error ? warning.message : warning
  return name === 'ExperimentalWarning' && /sqlite/i.test(text)
}
