import type {DatabaseSync} from 'node:sqlite'
import type {OnboardingJournal, OnboardingSummary} from '../onboarding/ports.ts'
import {append, columnsOf, indexed, list, read, type Kind} from './record.ts'

const ONBOARDINGS: Kind<OnboardingSummary> = {
  name: 'onboarding',
  index: 'onboardings',
  events: 'onboarding_events',
  key: 'onboarding',
  columns: columnsOf,
  // User and workspace may be renewed while nothing depends on them.
  fixed: ['id', 'agent', 'started_at'],
  suggestion: () => 'patrol onboard --list',
  ref: 'docs/runbooks/onboarding-incomplete.md',
}

/** The record of onboardings, with the same promises as that of rotations. */
export function onboardingsOn(db: DatabaseSync, file: string): OnboardingJournal {
  return {
    async append({onboarding, ...line}) {
      append(db, file, ONBOARDINGS, {id: onboarding, ...line})
    },
    async read(onboarding) {
      return read(db, file, ONBOARDINGS, onboarding)
    },
    async list(filter = {}) {
      return list(db, file, ONBOARDINGS.index, filter).map(indexed)
    },
  }
}
