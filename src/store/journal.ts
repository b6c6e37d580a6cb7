import type {DatabaseSync} from 'node:sqlite'
import type {Journal, RotationSummary} from '../rotation/ports.ts'
import {append, columnsOf, indexed, list, read, type Kind} from './record.ts'

const ROTATIONS: Kind<RotationSummary> = {
  name: 'rotation',
  index: 'rotations',
  events: 'events',
  key: 'rotation',
  columns: (summary) => ({...columnsOf(summary), due_at: summary.dueAt ?? null}),
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
  return {...indexed(row), dueAt: row['due_at'] === null ? undefined : Number(row['due_at'])}
}
