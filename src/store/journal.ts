import {run} from '../errors.ts'
import type {StoryJournal} from '../story/ports.ts'
import type {Desk} from './leases.ts'
import {append, columnsOf, list, read, type RecordKind} from './record.ts'
import type {View} from './rows.ts'

export const ROTATIONS: RecordKind = {
  name: 'rotation',
  index: 'rotations',
  events: 'events',
  key: 'rotation',
  columns: (summary) => ({...columnsOf(summary), due_at: summary.dueAt ?? null}),
  fixed: ['id', 'agent', 'user', 'workspace', 'started_at'],
  look: (id) => run`patrol rotation show ${id}`,
  ref: 'docs/runbooks/rotation-incomplete.md',
}

export const ONBOARDINGS: RecordKind = {
  name: 'onboarding',
  index: 'onboardings',
  events: 'onboarding_events',
  key: 'onboarding',
  columns: columnsOf,
  // User and workspace may be renewed while nothing depends on them.
  fixed: ['id', 'agent', 'started_at'],
  look: () => run`patrol onboard --list`,
  ref: 'docs/runbooks/onboarding-incomplete.md',
}

/** The record of one kind of story: an event, its line in the index and what the ledger learns of it are one transaction. */
export function journalOn<Fact extends {type: string}>(desk: Desk, view: View, kind: RecordKind): StoryJournal<Fact> {
  return {
    ...journalIn(view, kind),
    async append(entry) {
      append(desk, kind, entry)
    },
  }
}

/** The same to read only. */
export function journalIn<Fact>(view: View, kind: RecordKind): Omit<StoryJournal<Fact>, 'append'> {
  return {
    async read(id) {
      return read(view, kind, id)
    },
    async list(filter = {}) {
      return list(view, kind, filter)
    },
  }
}
