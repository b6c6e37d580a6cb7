import {run} from '../errors.ts'
import type {StoryJournal} from '../story/ports.ts'
import type {Desk} from './leases.ts'
import {append, columnsOf, list, read, type Kind} from './record.ts'
import type {View} from './rows.ts'

const ROTATIONS: Kind = {
  name: 'rotation',
  index: 'rotations',
  events: 'events',
  key: 'rotation',
  columns: (summary) => ({...columnsOf(summary), due_at: summary.dueAt ?? null}),
  fixed: ['id', 'agent', 'user', 'workspace', 'started_at'],
  look: (id) => run`patrol rotation show ${id}`,
  ref: 'docs/runbooks/rotation-incomplete.md',
}

/** The record of rotations: an event, its line in the index and what the ledger learns of it are one transaction. */
export function journalOn<Fact extends {type: string}>(desk: Desk, view: View): StoryJournal<Fact> {
  return {
    ...journalIn(view),
    async append(entry) {
      append(desk, ROTATIONS, entry)
    },
  }
}

/** The same to read only. */
export function journalIn<Fact>(view: View): Omit<StoryJournal<Fact>, 'append'> {
  return {
    async read(id) {
      return read(view, ROTATIONS, id)
    },
    async list(filter = {}) {
      return list(view, ROTATIONS, filter)
    },
  }
}
