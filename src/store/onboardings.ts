import type {DatabaseSync} from 'node:sqlite'
import type {OnboardingJournal, OnboardingSummary} from '../onboarding/ports.ts'
import {append, list, read, type Kind} from './record.ts'

const ONBOARDINGS: Kind<OnboardingSummary> = {
  name: 'onboarding',
  index: 'onboardings',
  events: 'onboarding_events',
  key: 'onboarding',
  columns: ({id, agent, user, workspace, phase, closed, startedAt, updatedAt, events}) => ({
    id,
    agent,
    user,
    workspace,
    phase,
    closed: closed ? 1 : 0,
    started_at: startedAt,
    updated_at: updatedAt,
    events,
  }),
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
      return list(db, file, ONBOARDINGS.index, filter).map(summaryOf)
    },
  }
}

function summaryOf(row: Record<string, unknown>): OnboardingSummary {
  return {
    id: String(row['id']),
    agent: String(row['agent']),
    user: String(row['user']),
    workspace: String(row['workspace']),
    phase: String(row['phase']),
    closed: row['closed'] === 1,
    startedAt: Number(row['started_at']),
    updatedAt: Number(row['updated_at']),
    events: Number(row['events']),
  }
}
