import {ago, DAY, NOW, recorded, row} from '../world.ts'
import {both, listing, ours, probing, rotation, withoutTimes} from './case.ts'
import type {Case} from './case.ts'

/** The user's other tokens, ages, and the workspace. */
export const SURROUNDINGS: Record<string, Case[]> = {
  'superseded-alive': [
    {
      name: 'past its overlap',
      change: (m) =>
        void (m.rows.push(ours),
        m.recorded.push(recorded(m.user, ours, {supersededAt: NOW - 2 * DAY, deadline: NOW - DAY}))),
      world: listing,
      finds: ['superseded-alive'],
    },
    {
      name: 'within its overlap',
      change: (m) =>
        void (m.rows.push(ours),
        m.recorded.push(recorded(m.user, ours, {supersededAt: NOW - DAY, deadline: NOW + DAY}))),
      world: listing,
    },
    {
      name: 'within its overlap, which nobody keeps any more',
      change: (m) =>
        void (m.rows.push(ours),
        m.recorded.push(recorded(m.user, ours, {supersededAt: NOW - DAY, deadline: NOW + DAY}))),
      world: {...listing, abandoned: [ours]},
      finds: ['token-orphan'],
    },
  ],
  'token-orphan': [
    {
      name: "ours, and in nobody's hands",
      change: (m) => void m.rows.push(ours),
      world: listing,
      finds: ['token-orphan'],
    },
    {
      name: "another agent's name is not ours",
      change: (m) => void m.rows.push({...ours, name: 'patrol.dev-b.20261101.abcdefghij'}),
      world: listing,
      finds: ['several-live-tokens'],
    },
    {name: 'the deployed token', change: (m) => void (m.rows = [{...m.rows[0]!, name: ours.name}]), world: listing},
    {
      name: 'the candidate of an unfinished rotation',
      change: (m) => void m.rows.push(ours),
      world: {...listing, rotations: [rotation('abcdefghij', false)]},
    },
    {
      name: 'the candidate of a finished rotation',
      change: (m) => void m.rows.push(ours),
      world: {...listing, rotations: [rotation('abcdefghij', true)]},
      finds: ['token-orphan'],
    },
    {
      name: 'not while the deployed token is unknown',
      change: (m) => void (m.rows.push(ours), (m.held = undefined)),
      world: listing,
      finds: ['several-live-tokens', 'deployed-unknown'],
      open: [
        'token-orphan',
        'token-dead',
        'scope-dangerous',
        'empty-scope',
        'scope-missing',
        'scope-excess',
        'public-only',
      ].toSorted(),
    },
  ],
  'several-live-tokens': [
    {
      name: 'one of ours and a foreign one',
      change: (m) => void m.rows.push(row('laptop', '0000cafe')),
      world: listing,
      finds: ['several-live-tokens'],
    },
    {name: 'only one', change: () => {}, world: listing},
    {name: 'not to be seen by probing', change: (m) => void m.rows.push(row('laptop', '0000cafe')), world: probing},
  ],
  'deployed-unknown': [
    {
      name: 'not where nothing tells, but there is only one',
      change: (m) => void (m.held = undefined),
      world: listing,
    },
    {
      name: 'not where the only one is named as patrol names them, on a machine without a ledger',
      change: (m) => void ((m.held = undefined), (m.rows = [{...m.rows[0]!, name: ours.name}])),
      world: {...listing, ledger: false},
    },
    {
      name: 'the only one is judged all the same',
      change: (m) => void ((m.held = undefined), (m.rows[0]!.scopes = [])),
      world: listing,
      finds: ['empty-scope'],
    },
    {
      name: 'two, and nothing tells which',
      change: (m) => void ((m.held = undefined), m.rows.push(row('laptop', '0000cafe'))),
      world: listing,
      finds: ['deployed-unknown', 'several-live-tokens'],
      open: ['token-dead', 'scope-dangerous', 'empty-scope', 'scope-missing', 'scope-excess', 'public-only'].toSorted(),
    },
    {
      name: 'no listing and no reference',
      change: (m) => void (m.held = undefined),
      world: probing,
      finds: ['deployed-unknown'],
      open: [
        'token-dead',
        'token-blocked',
        'scope-dangerous',
        'empty-scope',
        'scope-missing',
        'scope-excess',
        'public-only',
        'user-is-admin',
      ].toSorted(),
    },
    {
      name: "it is someone else's",
      change: (m) => void ((m.probe.identity = {login: 'alice', id: 9}), (m.rows = [])),
      world: both,
      finds: ['deployed-unknown'],
    },
    {
      name: "it says itself that it is someone else's",
      change: (m) => void (m.probe.identity = {login: 'alice', id: 9}),
      world: probing,
      finds: ['deployed-unknown'],
      open: ['user-is-admin'],
    },
    {
      name: 'the ledger tells',
      change: (m) =>
        void ((m.held = undefined),
        m.rows.push(row('laptop', '0000cafe')),
        (m.deployment = {
          agent: m.name,
          user: m.user,
          token: m.rows[0]!.id,
          lastEight: m.rows[0]!.lastEight,
          secretUpdatedAt: undefined,
          at: NOW,
        })),
      world: listing,
      finds: ['several-live-tokens'],
    },
    {
      name: 'the agent tells',
      change: (m) => void ((m.held = undefined), (m.hasReference = false)),
      world: {...listing, ask: true},
    },
    {
      name: 'the agent that was asked says nothing',
      change: (m) => void (m.reported = undefined),
      world: {...listing, ask: true},
      open: ['deployed-unknown'],
    },
    {
      name: 'an agent that sleeps is not asked',
      change: (m) => void ((m.reported = undefined), (m.workspaceRow!.status = 'paused')),
      world: {...listing, ask: true},
    },
  ],
  'secret-older-than-token': [
    {
      name: 'written before',
      change: (m) => void (m.secretAt = ago(5)),
      world: listing,
      finds: ['secret-older-than-token'],
    },
    {
      name: 'within the slack of two clocks',
      change: (m) => void (m.secretAt = new Date(NOW - 3 * DAY - 30_000).toISOString()),
      world: listing,
    },
    {name: 'no such secret', change: (m) => void (m.secretAt = undefined), world: listing},
    {
      name: 'by the ledger below 1.24',
      change: (m) =>
        void (withoutTimes(m),
        (m.secretAt = ago(5)),
        m.recorded.push(recorded(m.user, m.rows[0]!, {mintedAt: NOW - DAY}))),
      world: listing,
      finds: ['secret-older-than-token'],
    },
    {name: 'not applied without times', change: (m) => void (withoutTimes(m), (m.secretAt = ago(5))), world: listing},
  ],
  'token-too-old': [
    {
      name: 'older than allowed',
      change: (m) => void ((m.maxAgeMs = 90 * DAY), (m.rows[0]!.createdAt = ago(91)), (m.secretAt = ago(1))),
      world: listing,
      finds: ['token-too-old'],
    },
    {
      name: 'not yet',
      change: (m) => void ((m.maxAgeMs = 90 * DAY), (m.rows[0]!.createdAt = ago(89)), (m.secretAt = ago(1))),
      world: listing,
    },
    {
      name: 'by the ledger below 1.24',
      change: (m) =>
        void (withoutTimes(m),
        (m.maxAgeMs = 90 * DAY),
        m.recorded.push(recorded(m.user, m.rows[0]!, {mintedAt: NOW - 100 * DAY}))),
      world: listing,
      finds: ['token-too-old'],
    },
    {
      name: 'unknown where nothing tells its age',
      change: (m) => void (withoutTimes(m), (m.maxAgeMs = 90 * DAY)),
      world: listing,
      open: ['token-too-old'],
    },
    {name: 'no limit, and nothing tells its age', change: withoutTimes, world: listing},
    {
      name: 'no limit',
      change: (m) => void ((m.rows[0]!.createdAt = ago(991)), (m.maxAgeMs = undefined)),
      world: listing,
    },
  ],
  'token-unused': [
    {
      name: 'for 31 days',
      change: (m) => void (m.rows[0]!.lastUsedAt = ago(31)),
      world: listing,
      finds: ['token-unused'],
    },
    {name: 'for 29 days', change: (m) => void (m.rows[0]!.lastUsedAt = ago(29)), world: listing},
    {name: 'not applied below 1.24', change: withoutTimes, world: listing},
  ],
  'workspace-missing': [
    {
      name: 'not listed',
      change: (m) => void (m.workspaceRow = undefined),
      world: listing,
      finds: ['workspace-missing'],
    },
    {name: 'found by its id', change: (m) => void (m.workspace = 'id-dev-a'), world: listing},
    {
      name: 'two of one name',
      change: () => {},
      world: {
        ...listing,
        workspaces: [{id: 'id-2', name: 'w-dev-a', status: 'online', kind: undefined, lastSampleError: undefined}],
      },
      open: ['secret-older-than-token', 'workspace-missing', 'workspace-failed', 'workspace-offline'].toSorted(),
    },
    {name: 'no platform', change: (m) => void (m.workspaceRow = undefined), world: {...listing, platform: false}},
  ],
  'workspace-failed': [
    {
      name: 'failed',
      change: (m) => void (m.workspaceRow!.status = 'failed'),
      world: listing,
      finds: ['workspace-failed'],
    },
  ],
  'workspace-offline': [
    {
      name: 'offline',
      change: (m) => void (m.workspaceRow!.status = 'offline'),
      world: listing,
      finds: ['workspace-offline'],
    },
    {name: 'hibernated by choice', change: (m) => void (m.workspaceRow!.status = 'hibernated'), world: listing},
    {
      name: 'a status that nobody knows',
      change: (m) => void (m.workspaceRow!.status = 'dreaming'),
      world: listing,
      open: ['workspace-offline'],
    },
  ],
  'workspace-without-user': [
    {
      name: 'no such user',
      change: (m) => void ((m.account = undefined), (m.rows = []), (m.held = undefined)),
      world: listing,
      finds: ['token-dead', 'workspace-without-user'],
    },
  ],
}
