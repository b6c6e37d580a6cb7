import {run} from '../errors.ts'
import type {StoryJournal} from '../story/ports.ts'
import type {Desk} from './leases.ts'
import {append, columnsOf, list, read, type Kind} from './record.ts'
import type {View} from './rows.ts'

const ONBOARDINGS: Kind = {
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

/** The record of onboardings, with the same promises as that of rotations. */
export function onboardingsOn<Fact extends {type: string}>(desk: Desk, view: View): StoryJournal<Fact> {
  return {
    ...onboardingsIn(view),
    async append(entry) {
      append(desk, ONBOARDINGS, entry)
    },
  }
}

/** The same to read only. */
export function onboardingsIn<Fact>(view: View): Omit<StoryJournal<Fact>, 'append'> {
  return {
    async read(id) {
      return read(view, ONBOARDINGS, id)
    },
    async list(filter = {}) {
      return list(view, ONBOARDINGS, filter)
    },
  }
}
