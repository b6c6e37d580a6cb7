import type {DatabaseSync} from 'node:sqlite'
import {OpsError} from '../errors.ts'
import type {RotationEvent} from '../rotation/events.ts'
import type {Entry, Journal, RotationSummary} from '../rotation/ports.ts'
import {damaged, explained} from './faults.ts'
import {assertHeld} from './leases.ts'
import {applyChanges} from './ledger.ts'
import {transact} from './schema.ts'

/** The record of rotations: an event, its line in the index and what the ledger learns of it are one transaction. */
export function journalOn(db: DatabaseSync, file: string): Journal {
  return {
    async append(entry) {
      explained(file, () => transact(db, () => append(db, entry)))
    },
    async read(rotation) {
      return explained(file, () =>
        db
          .prepare('select json from events where rotation = ? order by seq')
          .all(rotation)
          .map((row) => eventOf(String(row['json']), file)),
      )
    },
    async list({agent, open, limit} = {}) {
      return explained(file, () =>
        db
          .prepare(
            `select * from rotations where (?1 is null or agent = ?1) and (?2 is null or closed = 0)
             order by started_at desc, id limit ?3`,
          )
          .all(agent ?? null, open ? 1 : null, limit ?? -1)
          .map(summaryOf),
      )
    },
  }
}

function append(db: DatabaseSync, {rotation, seq, event, summary, ledger, lease}: Entry): void {
  assertHeld(db, lease)
  const known = db.prepare('select events from rotations where id = ?').get(rotation)
  if (Number(known?.['events'] ?? 0) !== seq) throw conflict(rotation)
  db.prepare(
    `insert into rotations (id, agent, user, workspace, phase, closed, started_at, updated_at, due_at, events)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set phase = excluded.phase, closed = excluded.closed,
       updated_at = excluded.updated_at, due_at = excluded.due_at, events = excluded.events`,
  ).run(
    summary.id,
    summary.agent,
    summary.user,
    summary.workspace,
    summary.phase,
    summary.closed ? 1 : 0,
    summary.startedAt,
    summary.updatedAt,
    summary.dueAt ?? null,
    summary.events,
  )
  db.prepare('insert into events (rotation, seq, at, type, json) values (?, ?, ?, ?, ?)').run(
    rotation,
    seq,
    event.at,
    event.type,
    JSON.stringify(event),
  )
  applyChanges(db, ledger)
}

function conflict(rotation: string): OpsError {
  return new OpsError(
    'JOURNAL_CONFLICT',
    `Another run wrote to rotation ${rotation} meanwhile; this one stopped before it acted.`,
    {
      suggestions: [`patrol rotation show ${rotation}`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    },
  )
}

function eventOf(json: string, file: string): RotationEvent {
  try {
    const event: RotationEvent = JSON.parse(json)
    return event
  } catch {
    throw damaged(file)
  }
}

function summaryOf(row: Record<string, unknown>): RotationSummary {
  return {
    id: String(row['id']),
    agent: String(row['agent']),
    user: String(row['user']),
    workspace: String(row['workspace']),
    phase: String(row['phase']),
    closed: row['closed'] === 1,
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    dueAt: row['due_at'] === null ? undefined : Number(row['due_at']),
    events: Number(row['events']),
  }
}
