import type {OnboardingJournal, OnboardingSummary} from '../onboarding/ports.ts'
import type {Desk} from './leases.ts'
import {append, columnsOf, indexed, list, read, type Kind} from './record.ts'
import type {View} from './rows.ts'

const ONBOARDINGS: Kind<OnboardingSummary> = {
  name: 'onboarding',
  index: 'onboardings',
  events: 'onboarding_events',
  key: 'onboarding',
  columns: columnsOf,
  // User and workspace may be renewed while nothing depends on them.
  fixed: ['id', 'agent', 'started_at'],
  look: () => 'patrol onboard --list',
  ref: 'docs/runbooks/onboarding-incomplete.md',
}

/** The record of onboardings, with the same promises as that of rotations. */
export function onboardingsOn(desk: Desk, view: View): OnboardingJournal {
  return {
    ...onboardingsIn(view),
    async append({onboarding, ...line}) {
      append(desk, ONBOARDINGS, {id: onboarding, ...line})
    },
  }
}

/** The same to read only. */
export function onboardingsIn(view: View): Omit<OnboardingJournal, 'append'> {
  return {
    async read(onboarding) {
      return read(view, ONBOARDINGS, onboarding)
    },
    async list(filter = {}) {
      return list(view, ONBOARDINGS, filter).map(indexed)
    },
  }
}
