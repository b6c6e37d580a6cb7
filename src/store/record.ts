import type {SQLInputValue} from 'node:sqlite'
import {OpsError, type Advice} from '../errors.ts'
import type {StoryEntry, StorySummary} from '../story/ports.ts'
import {explained} from './faults.ts'
import {assertHeld, type Desk} from './leases.ts'
import {applyChanges} from './ledger.ts'
import {rowsOf, sitesOf, timeOf, within, type Row, type View} from './rows.ts'
import {transact} from './schema.ts'

/** One kind of record: an index of what there is, and the events of each, which are only ever added to. */
export interface RecordKind {
  /** In words, for messages: `rotation`. */
  name: string
  index: string
  events: string
  /** The column of `events` that names the record. */
  key: string
  /** Columns of the index, `id` first, and what goes into them. */
  columns(summary: StorySummary): Record<string, SQLInputValue>
  /** Of the columns, those that the first event fixes. */
  fixed: readonly string[]
  /** What to type to see where it stands. */
  look(id: string): Advice
  ref: string
}

/** The columns that every index has. */
export function columnsOf(summary: StorySummary): Record<string, SQLInputValue> {
  const {id, agent, user, workspace, phase, closed, startedAt, updatedAt, events} = summary
  const times = {started_at: startedAt, updated_at: updatedAt}
  return {id, agent, user, workspace, phase, closed: closed ? 1 : 0, ...times, events}
}

/** The same, read back. */
function indexed(row: Row): StorySummary {
  return {
    id: String(row['id']),
    agent: String(row['agent']),
    user: String(row['user']),
    workspace: String(row['workspace']),
    phase: String(row['phase']),
    closed: row['closed'] === 1,
    startedAt: timeOf(row['started_at']) ?? 0,
    updatedAt: timeOf(row['updated_at']) ?? 0,
    dueAt: timeOf(row['due_at']),
    events: Number(row['events']),
  }
}

/**
 * Appends all or nothing: the event, its line in the index and what the ledger learns of it. Throws `LEASE_LOST` where
 * another run took over, `JOURNAL_CONFLICT` where it wrote already, `STORE_*`.
 */
export function append<Fact extends {type: string}>(
  {db, file, site, place}: Desk,
  kind: RecordKind,
  {id, seq, event, summary, ledger, lease}: StoryEntry<Fact>,
): void {
  const row = {...kind.columns(summary), site}
  const names = Object.keys(row)
  const updates = names
    .filter((name) => name !== 'site' && !kind.fixed.includes(name))
    .map((name) => `${name} = excluded.${name}`)
  explained(file, () =>
    transact(db, () => {
      assertHeld(db, place, lease)
      const known = db.prepare(`select events, site from ${kind.index} where id = ?`).get(id)
      const elsewhere = known !== undefined && known['site'] !== site
      if (elsewhere || Number(known?.['events'] ?? 0) !== seq)
        throw new OpsError('JOURNAL_CONFLICT', recordOf(kind, id))
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
      applyChanges(db, site, ledger)
    }),
  )
}

/** The events of one record, oldest first; empty where there is none. Throws `JOURNAL_UNREADABLE`, `STORE_*`. */
export function read<Event>(view: View, kind: RecordKind, id: string): Event[] {
  const {db, file} = view
  return explained(file, () =>
    db
      .prepare(
        `select json from ${kind.events}
         where ${kind.key} = ?1 and exists (select 1 from ${kind.index} where id = ?1 and ${within(2)}) order by seq`,
      )
      .all(id, sitesOf(view))
      .map((row, seq): Event => parsed(String(row['json'])) ?? unreadable(kind, id, seq, file)),
  )
}

/** The index, newest first. */
export function list(
  view: View,
  kind: RecordKind,
  {agent, open, limit}: {agent?: string; open?: boolean; limit?: number},
): StorySummary[] {
  const {db, file} = view
  return explained(file, () =>
    rowsOf(
      db,
      `select * from ${kind.index}
       where (?1 is null or agent = ?1) and (?2 is null or closed = 0) and ${within(4)}
       order by started_at desc, id limit ?3`,
      agent ?? null,
      open ? 1 : null,
      limit ?? -1,
      sitesOf(view),
    ).map(indexed),
  )
}

function isTime(value: unknown): boolean {
  return !Number.isNaN(new Date(Number(value)).getTime())
}

/** An event: a mapping with its type and its time; undefined for what is none. */
function parsed(json: string) {
  try {
    const event: unknown = JSON.parse(json)
    const fits = typeof event === 'object' && event !== null && 'type' in event && 'at' in event && isTime(event.at)
    return fits ? JSON.parse(json) : undefined
  } catch {
    return undefined
  }
}

function unreadable(kind: RecordKind, id: string, seq: number, file: string): never {
  throw new OpsError('JOURNAL_UNREADABLE', {...recordOf(kind, id), seq, file})
}

/** A record, as errors name it. */
function recordOf(kind: RecordKind, id: string) {
  const {name, ref} = kind
  return {name, id, ref, look: kind.look(id)}
}
