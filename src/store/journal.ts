import type {DatabaseSync} from 'node:sqlite'
import type {Journal, RotationSummary} from '../rotation/ports.ts'
import {append, list, read, type Kind} from './record.ts'

const ROTATIONS: Kind<RotationSummary> = {
  name: 'rotation',
  index: 'rotations',
  events: 'events',
  key: 'rotation',
  columns: ({id, agent, user, workspace, phase, closed, startedAt, updatedAt, dueAt, events}) => ({
    id,
    agent,
    user,
    workspace,
    phase,
    closed: closed ? 1 : 0,
    started_at: startedAt,
    updated_at: updatedAt,
    due_at: dueAt ?? null,
    events,
  }),
  fixed: ['id', 'agent', 'user', 'workspace', 'started_at'],
  suggestion: (id) => `patrol rotation show ${id}`,
  ref: 'docs/runbooks/rotation-incomplete.md',
}

/** The record of rotations: an event, its line in the index and what the ledger learns of it are one transaction. */
export function journalOn(db: DatabaseSync, file: string): Journal {
  return {
    async append({rotation, ...line}) {
      append(db, file, ROTATIONS, {id: rotation, ...line})
    },
    async read(rotation) {
      return read(db, file, ROTATIONS, rotation)
    },
    async list(filter = {}) {
      return list(db, file, ROTATIONS.index, filter).map(summaryOf)
    },
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
