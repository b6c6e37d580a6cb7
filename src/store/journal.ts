import type {Journal, RotationSummary} from '../rotation/ports.ts'
import type {Desk} from './leases.ts'
import {append, columnsOf, indexed, list, read, type Kind} from './record.ts'
import {timeOf, type Row, type View} from './rows.ts'

const ROTATIONS: Kind<RotationSummary> = {
  name: 'rotation',
  index: 'rotations',
  events: 'events',
  key: 'rotation',
  columns: (summary) => ({...columnsOf(summary), due_at: summary.dueAt ?? null}),
  fixed: ['id', 'agent', 'user', 'workspace', 'started_at'],
  look: (id) => `patrol rotation show ${id}`,
  ref: 'docs/runbooks/rotation-incomplete.md',
}

/** The record of rotations: an event, its line in the index and what the ledger learns of it are one transaction. */
export function journalOn(desk: Desk, view: View): Journal {
  return {
    ...journalIn(view),
    async append({rotation, ...line}) {
      append(desk, ROTATIONS, {id: rotation, ...line})
    },
  }
}

/** The same to read only. */
export function journalIn(view: View): Omit<Journal, 'append'> {
  return {
    async read(rotation) {
      return read(view, ROTATIONS, rotation)
    },
    async list(filter = {}) {
      return list(view, ROTATIONS, filter).map(summaryOf)
    },
  }
}

function summaryOf(row: Row): RotationSummary {
  return {...indexed(row), dueAt: timeOf(row['due_at'])}
}
