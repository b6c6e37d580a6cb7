import type {DatabaseSync, SQLInputValue} from 'node:sqlite'
import {OpsError} from '../errors.ts'
import type {Lease, LedgerChange} from '../rotation/ports.ts'
import {damaged, explained} from './faults.ts'
import {assertHeld} from './leases.ts'
import {applyChanges} from './ledger.ts'
import {transact} from './schema.ts'

/** One kind of record: an index of what there is, and the events of each, which are only ever added to. */
export interface Kind<Summary> {
  /** In words, for messages: `rotation`. */
  name: string
  index: string
  events: string
  /** The column of `events` that names the record. */
  key: string
  /** Columns of the index, `id` first, and what goes into them. */
  columns(summary: Summary): Record<string, SQLInputValue>
  /** Of the columns, those that the first event fixes. */
  fixed: readonly string[]
  /** What to type when two runs collide. */
  suggestion(id: string): string
  ref: string
}

/** What the index tells of every kind of record. */
export interface Indexed {
  id: string
  agent: string
  user: string
  workspace: string
  phase: string
  closed: boolean
  startedAt: number
  updatedAt: number
  events: number
}

/** The columns that every index has. */
export function columnsOf(summary: Indexed): Record<string, SQLInputValue> {
  const {id, agent, user, workspace, phase, closed, startedAt, updatedAt, events} = summary
  const times = {started_at: startedAt, updated_at: updatedAt}
  return {id, agent, user, workspace, phase, closed: closed ? 1 : 0, ...times, events}
}

/** The same, read back. */
export function indexed(row: Record<string, unknown>): Indexed {
  return {
    id: String(row['id']),
    agent: String(row['agent']),
    user: String(row['user']),
    workspace: String(row['workspace']),
    phase: String(row['phase']),
    closed: row['closed'] === 1,
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    events: Number(row['events']),
  }
}

/** One event to append, with what it changes in the index and the ledger. */
export interface Line<Event, Summary> {
  id: string
  seq: number
  event: Event & {at: number; type: string}
  summary: Summary & {events: number}
  ledger: readonly LedgerChange[]
  lease: Lease
}

/**
 * Appends all or nothing: the event, its line in the index and what the ledger learns of it. Throws `LEASE_LOST` where
 * another run took over, `JOURNAL_CONFLICT` where it wrote already, `STORE_*`.
 */
export function append<Event, Summary>(
  db: DatabaseSync,
  file: string,
  kind: Kind<Summary>,
  {id, seq, event, summary, ledger, lease}: Line<Event, Summary>,
): void {
  const row = kind.columns(summary)
  const names = Object.keys(row)
  const updates = names.filter((name) => !kind.fixed.includes(name)).map((name) => `${name} = excluded.${name}`)
  explained(file, () =>
    transact(db, () => {
      assertHeld(db, lease)
      const known = db.prepare(`select events from ${kind.index} where id = ?`).get(id)
      if (Number(known?.['events'] ?? 0) !== seq) throw conflict(kind, id)
      db.prepare(
        `insert into ${kind.index} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})
         on conflict (id) do update set ${updates.join(', ')}`,
      ).run(...Object.values(row))
      db.prepare(`insert into ${kind.events} (${kind.key}, seq, at, type, json) values (?, ?, ?, ?, ?)`).run(
        id,
        seq,
        event.at,
        event.type,
        JSON.stringify(event),
      )
      applyChanges(db, ledger)
    }),
  )
}

/** The events of one record, oldest first; empty where there is none. Throws `STORE_CORRUPT`. */
export function read<Event>(
  db: DatabaseSync,
  file: string,
  kind: Pick<Kind<never>, 'events' | 'key'>,
  id: string,
): Event[] {
  return explained(file, () =>
    db
      .prepare(`select json from ${kind.events} where ${kind.key} = ? order by seq`)
      .all(id)
      .map((row): Event => parsed(String(row['json']), file)),
  )
}

/** Rows of the index, newest first. */
export function list(
  db: DatabaseSync,
  file: string,
  index: string,
  {agent, open, limit}: {agent?: string; open?: boolean; limit?: number},
): Record<string, unknown>[] {
  return explained(file, () =>
    db
      .prepare(
        `select * from ${index} where (?1 is null or agent = ?1) and (?2 is null or closed = 0)
         order by started_at desc, id limit ?3`,
      )
      .all(agent ?? null, open ? 1 : null, limit ?? -1),
  )
}

function conflict<Summary>(kind: Kind<Summary>, id: string): OpsError {
  const {name, ref} = kind
  return new OpsError(
    'JOURNAL_CONFLICT',
    `Another run wrote to ${name} ${id} meanwhile; this one stopped before it acted.`,
    {suggestions: [kind.suggestion(id)], ref},
  )
}

function parsed(json: string, file: string) {
  try {
    return JSON.parse(json)
  } catch {
    throw damaged(file)
  }
}
