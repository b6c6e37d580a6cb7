import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingFact, OnboardingTerms} from '../../../src/onboarding/events.ts'
import {advance, replay} from '../../../src/onboarding/machine.ts'
import {
  bindsAgent,
  describe as said,
  isClosed,
  nextAct,
  writesInDoubt,
  type OnboardingStep,
  type Onboarding,
  type OnboardingPhase,
} from '../../../src/onboarding/state.ts'
import type {TokenRef} from '../../../src/rotation/index.ts'

const terms: OnboardingTerms = {
  onboarding: 'onb0000001',
  agent: 'agent-new',
  user: 'agent-new',
  account: {email: 'agent-new@noreply.invalid', visibility: undefined, restricted: undefined},
  memberships: [
    {kind: 'collaborator', repo: 'acme/core', permission: 'write'},
    {kind: 'team', organisation: 'acme', team: 'agents'},
  ],
  workspace: 'agent-new',
  spec: {},
  secretKey: 'GITEA_TOKEN',
  profile: 'engineer',
  scopes: ['read:issue'],
  repo: 'acme/core',
  label: 'approved',
  via: 'a2a',
  approval: 'wait',
  waive: {},
}
const otherLabel = {...terms, label: 'ready'}
const otherUser = {...terms, user: 'agent-newer'}
const otherProfile = {...terms, profile: 'reviewer'}
const fewer = {...terms, memberships: []}
const room = {id: 'w1', name: 'agent-new'}
const token = (id: number): TokenRef => ({id, name: `patrol.agent-new.20261122.onb-${id}`, lastEight: `000000${id}`})
const [ours, second, late] = [token(11), token(12), token(80)]
const older: TokenRef = {id: 90, name: 'somebody made this', lastEight: '00000090'}
const access = {known: ['a'], prefix: undefined}

/** Every fact there is, with what could be wrong about it. */
const FACTS: Readonly<Record<string, OnboardingFact>> = {
  'another label': {type: 'replanned', terms: otherLabel},
  'another user': {type: 'replanned', terms: otherUser},
  'another profile': {type: 'replanned', terms: otherProfile},
  'another agent': {type: 'replanned', terms: {...terms, agent: 'agent-newer'}},
  'without memberships': {type: 'replanned', terms: fewer},
  'another onboarding': {type: 'replanned', terms: {...terms, onboarding: 'onb0000002'}},
  'user found': {type: 'user_found', id: 5, login: 'agent-new'},
  'user intended': {type: 'user_intended', login: 'agent-new'},
  'user created': {type: 'user_created', id: 5, login: 'agent-new'},
  'user refused': {type: 'user_refused', code: 'USER_REFUSED'},
  'user is there': {type: 'user_settled', id: 5},
  'user is not there': {type: 'user_settled', id: null},
  'member 0 found': {type: 'member_found', index: 0, had: 'write'},
  'member 1 found': {type: 'member_found', index: 1, had: 'member'},
  'member 2 found': {type: 'member_found', index: 2, had: 'write'},
  'join 0 intended': {type: 'join_intended', index: 0},
  'join 1 intended': {type: 'join_intended', index: 1},
  'join 2 intended': {type: 'join_intended', index: 2},
  '0 joined': {type: 'joined', index: 0},
  '1 joined': {type: 'joined', index: 1},
  'join 0 refused': {type: 'join_refused', index: 0, code: 'MEMBERSHIP_REFUSED'},
  'join 1 refused': {type: 'join_refused', index: 1, code: 'MEMBERSHIP_REFUSED'},
  'no workspace': {type: 'workspace_absent'},
  'workspace found': {type: 'workspace_found', workspace: room},
  'mint intended': {type: 'mint_intended', name: ours.name},
  minted: {type: 'minted', token: ours},
  'second minted': {type: 'minted', token: second},
  'mint refused': {type: 'mint_refused', code: 'GITEA_UNREADABLE'},
  'mint is there': {type: 'mint_settled', name: ours.name, token: ours},
  'mint is not there': {type: 'mint_settled', name: ours.name, token: null},
  'another mint settled': {type: 'mint_settled', name: second.name, token: null},
  probed: {type: 'probed', granted: []},
  rejected: {type: 'candidate_rejected', missing: ['read:issue'], unknown: []},
  'value lost': {type: 'value_lost', token: ours.id},
  'value of another lost': {type: 'value_lost', token: second.id},
  'create intended': {type: 'create_intended', name: 'agent-new'},
  created: {type: 'created', workspace: room},
  'create refused': {type: 'create_refused', code: 'WORKSPACE_REFUSED'},
  'create not seen': {type: 'create_settled', workspace: null, stored: false},
  'create seen': {type: 'create_settled', workspace: room, stored: true},
  'create seen without the secret': {type: 'create_settled', workspace: room, stored: false},
  online: {type: 'online', updatedAt: 't1'},
  'proof failed': {type: 'proof_failed', reasons: ['deaf']},
  overtaken: {type: 'overtaken'},
  'works on an older token': {type: 'works', token: older, updatedAt: 't2'},
  'works on ours': {type: 'works', token: ours, updatedAt: 't2'},
  'rotation intended': {type: 'rotation_intended', rotation: 'rot1'},
  'rotation proven': {type: 'rotation_ended', proven: true},
  'rotation not proven': {type: 'rotation_ended', proven: false},
  proven: {type: 'proven', lastEight: ours.lastEight},
  'second proven': {type: 'proven', lastEight: second.lastEight},
  yielded: {type: 'yielded', to: older},
  'given up': {type: 'abort_requested', keep: []},
  'given up, ours kept': {type: 'abort_requested', keep: [ours.id]},
  'discard intended': {type: 'discard_intended', token: ours.id},
  'discard of the second intended': {type: 'discard_intended', token: second.id},
  'discard of an older one intended': {type: 'discard_intended', token: older.id},
  'discard of the late one intended': {type: 'discard_intended', token: late.id},
  discarded: {type: 'discarded', token: ours.id},
  'second discarded': {type: 'discarded', token: second.id},
  'late one discarded': {type: 'discarded', token: late.id},
  'late one left': {type: 'token_left', token: late.id, seen: {...late, lastEight: '99999999'}},
  'token left': {type: 'token_left', token: ours.id, seen: {...ours, lastEight: '99999999'}},
  'second left': {type: 'token_left', token: second.id, seen: {...second, lastEight: '99999999'}},
  'late orphan': {type: 'orphan_found', token: late},
  'known orphan': {type: 'orphan_found', token: ours},
  'access intended': {type: 'access_intended', known: ['a']},
  'access minted': {type: 'access_minted', prefix: 'abcdefgh'},
  'access settled': {type: 'access_settled', left: []},
  completed: {type: 'completed'},
  closed: {type: 'closed'},
}
type Name = keyof typeof FACTS

const found: Name[] = ['user found']
const joined: Name[] = [...found, 'member 0 found', 'member 1 found']
const preparing: Name[] = [...joined, 'no workspace']
const minting: Name[] = [...preparing, 'mint intended']
const minted: Name[] = [...minting, 'minted']
const creating: Name[] = [...minted, 'probed', 'create intended']
const created: Name[] = [...creating, 'created']
const online: Name[] = [...created, 'online']
const proven: Name[] = [...online, 'proven']
/** The value of an unused token died with its process. */
const spare: Name[] = [...minted, 'value lost']
/** The create may still come, with the token that went out in it. */
const lost: Name[] = [...creating, 'create not seen']
const again: Name[] = [...lost, 'value lost', 'no workspace', 'mint intended', 'second minted']
const provenAgain: Name[] = [...again, 'probed', 'create intended', 'created', 'online', 'second proven']
const taking: Name[] = [...joined, 'workspace found']
const rotating: Name[] = [...taking, 'rotation intended']

const planned = {type: 'planned', terms} as const
const replayed = (names: readonly Name[]): Onboarding =>
  replay([planned, ...names.map((name) => FACTS[name]!)].map((fact, at) => ({...fact, at})))!

type Change = Partial<Record<string, unknown>>
const label: Change = {terms: otherLabel}
const closing = (discard: TokenRef[] = []): Change => ({phase: 'closing', to: undefined, joining: undefined, discard})
const dropped: Change = {phase: 'joining', discard: [ours]}
const takenOver: Change = {phase: 'taking_over', workspace: room, rotation: undefined}
const startedOver = (changed: OnboardingTerms, user: Onboarding['user']): Change => ({
  phase: user ? 'joining' : 'planned',
  terms: changed,
  user,
  joined: [],
})

/** Where an onboarding stands, and all that may follow: what the fact changes. Every other fact is refused. */
const TABLE: [string, Name[], Partial<Record<Name, Change>>][] = [
  [
    'planned',
    [],
    {
      'another label': label,
      'another user': startedOver(otherUser, undefined),
      'another profile': startedOver(otherProfile, undefined),
      'without memberships': startedOver(fewer, undefined),
      'user found': {phase: 'joining', user: {id: 5, created: false}},
      'user intended': {phase: 'creating_user'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while the user is being created',
    ['user intended'],
    {
      'another label': label,
      'user found': {phase: 'joining', user: {id: 5, created: false}},
      'user created': {phase: 'joining', user: {id: 5, created: true}, wrote: true},
      'user refused': {phase: 'refused'},
      'user is there': {phase: 'joining', user: {id: 5, created: true}, wrote: true},
      'user is not there': {phase: 'planned'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while a second user is being created after a first one was',
    ['user intended', 'user created', 'another user', 'user intended'],
    {
      'user found': {phase: 'joining', user: {id: 5, created: false}},
      'user created': {phase: 'joining', user: {id: 5, created: true}},
      'user refused': {phase: 'planned'},
      'user is there': {phase: 'joining', user: {id: 5, created: true}},
      'user is not there': {phase: 'planned'},
      'given up': closing(),
      'given up, ours kept': closing(),
      'another user': {},
    },
  ],
  ['refused by Gitea', ['user intended', 'user refused'], {}],
  [
    'with a user and no membership',
    found,
    {
      'another label': label,
      'another user': startedOver(otherUser, undefined),
      'another profile': startedOver(otherProfile, {id: 5, created: false}),
      'without memberships': startedOver(fewer, {id: 5, created: false}),
      'member 0 found': {joined: [0]},
      'member 1 found': {joined: [1]},
      'join 0 intended': {joining: 0},
      'join 1 intended': {joining: 1},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while a membership is being granted',
    [...found, 'join 0 intended'],
    {
      'another label': label,
      'member 0 found': {joining: undefined, joined: [0], wrote: true},
      'join 0 intended': {},
      '0 joined': {joining: undefined, joined: [0], wrote: true},
      'join 0 refused': {joining: undefined},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with one membership of two',
    [...found, 'join 0 intended', '0 joined'],
    {
      'another label': label,
      'another user': startedOver(otherUser, undefined),
      'another profile': startedOver(otherProfile, {id: 5, created: false}),
      'without memberships': startedOver(fewer, {id: 5, created: false}),
      'member 1 found': {joined: [0, 1]},
      'join 1 intended': {joining: 1},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with all memberships',
    joined,
    {
      'another label': label,
      'another user': startedOver(otherUser, undefined),
      'another profile': startedOver(otherProfile, {id: 5, created: false}),
      'without memberships': startedOver(fewer, {id: 5, created: false}),
      'no workspace': {phase: 'preparing'},
      'workspace found': takenOver,
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'before the mint',
    preparing,
    {
      'another label': label,
      'another user': startedOver(otherUser, undefined),
      'another profile': startedOver(otherProfile, {id: 5, created: false}),
      'without memberships': startedOver(fewer, {id: 5, created: false}),
      'mint intended': {phase: 'minting', name: ours.name, mints: 1},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while the token is being minted',
    minting,
    {
      'another label': label,
      minted: {phase: 'minted', candidate: ours, probed: false, minted: [ours], wrote: true},
      'second minted': {phase: 'minted', candidate: second, probed: false, minted: [second], wrote: true},
      'mint refused': {phase: 'joining'},
      'mint is there': {...dropped, minted: [ours], lost: [ours.id], wrote: true},
      'mint is not there': {phase: 'joining', wrote: true},
    },
  ],
  [
    'with a token that was not probed yet',
    minted,
    {
      'another label': label,
      probed: {probed: true},
      rejected: dropped,
      'value lost': dropped,
      'workspace found': {...dropped, ...takenOver},
      yielded: {phase: 'closing', to: older, discard: [ours]},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a probed token',
    [...minted, 'probed'],
    {
      'another label': label,
      probed: {},
      'value lost': dropped,
      'workspace found': {...dropped, ...takenOver},
      'create intended': {phase: 'creating', since: 99, sent: [ours.id], sentAt: [99]},
      yielded: {phase: 'closing', to: older, discard: [ours]},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a token of no use',
    spare,
    {
      'another label': label,
      'no workspace': {phase: 'preparing'},
      'workspace found': takenOver,
      'discard intended': {discarding: ours.id},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a token of no use, before another mint',
    [...spare, 'no workspace'],
    {
      'another label': label,
      'discard intended': {discarding: ours.id},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while a token is being deleted',
    [...spare, 'discard intended'],
    {
      'another label': label,
      'discard intended': {},
      discarded: {discarding: undefined, discard: [], minted: []},
      'token left': {
        discarding: undefined,
        discard: [],
        minted: [],
        left: [{token: ours, seen: {...ours, lastEight: '99999999'}}],
      },
    },
  ],
  [
    'while the workspace is being created',
    creating,
    {
      'another label': label,
      created: {phase: 'created', workspace: room},
      'create refused': {...dropped, sent: [], sentAt: []},
      'create not seen': {phase: 'minted', candidate: ours, probed: true},
      'create seen': {phase: 'created', workspace: room},
      'create seen without the secret': {...dropped, ...takenOver},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a create that may still come, and the value at hand',
    lost,
    {
      'another label': label,
      probed: {},
      'value lost': dropped,
      'workspace found': {...dropped, ...takenOver},
      'create intended': {phase: 'creating', since: 99, sent: [ours.id, ours.id], sentAt: [8, 99]},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while it is created once more, and the first create may still come',
    [...lost, 'create intended'],
    {
      'another label': label,
      created: {phase: 'created', workspace: room},
      // The refusal is the second one's: the first may still make a workspace that holds the token.
      'create refused': {...dropped, sent: [ours.id], sentAt: [8]},
      'create not seen': {phase: 'minted', candidate: ours, probed: true},
      'create seen': {phase: 'created', workspace: room},
      'create seen without the secret': {...dropped, ...takenOver},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a token that a late workspace may hold',
    [...lost, 'value lost'],
    {
      'another label': label,
      'no workspace': {phase: 'preparing'},
      'workspace found': takenOver,
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with such a token, before another mint',
    [...lost, 'value lost', 'no workspace'],
    {
      'another label': label,
      'mint intended': {phase: 'minting', name: ours.name, mints: 2},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'with a second token beside one that went out',
    again,
    {
      'another label': label,
      probed: {probed: true},
      rejected: {phase: 'joining', discard: [ours, second]},
      'value of another lost': {phase: 'joining', discard: [ours, second]},
      'workspace found': {...takenOver, discard: [ours, second]},
      'given up': closing([ours, second]),
      'given up, ours kept': closing([second]),
    },
  ],
  [
    'before the workspace is online',
    created,
    {
      'another label': label,
      online: {phase: 'online', storedAt: 't1'},
      overtaken: {...dropped, ...takenOver},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'online',
    online,
    {
      'another label': label,
      'proof failed': {},
      overtaken: {...dropped, ...takenOver},
      proven: {phase: 'proven', workspace: room, token: ours},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'proven',
    proven,
    {
      'another label': label,
      'late orphan': {minted: [ours, late], lost: [late.id], discard: [late]},
      'access intended': {access},
      completed: {phase: 'completed'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'proven, with a token that is of no use any more',
    provenAgain,
    {
      'another label': label,
      'discard intended': {discarding: ours.id},
      'late orphan': {minted: [ours, second, late], lost: [late.id], discard: [ours, late]},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'proven, while a token is being deleted',
    [...provenAgain, 'discard intended'],
    {
      'another label': label,
      'discard intended': {},
      discarded: {discarding: undefined, discard: [], minted: [second]},
      'token left': {
        discarding: undefined,
        discard: [],
        minted: [second],
        left: [{token: ours, seen: {...ours, lastEight: '99999999'}}],
      },
    },
  ],
  [
    'proven, while one of two tokens is being deleted',
    [...provenAgain, 'late orphan', 'discard of the late one intended'],
    {
      'another label': label,
      'discard of the late one intended': {},
      'late one discarded': {discarding: undefined, discard: [ours], minted: [ours, second]},
      'late one left': {
        discarding: undefined,
        discard: [ours],
        minted: [ours, second],
        left: [{token: late, seen: {...late, lastEight: '99999999'}}],
      },
    },
  ],
  [
    'proven, with a token of which somebody made another',
    [...provenAgain, 'discard intended', 'token left'],
    {
      'another label': label,
      // That one was left alone, and stays so: it is not taken for a late mint.
      'late orphan': {minted: [second, late], lost: [late.id], discard: [late]},
      'access intended': {access},
      completed: {phase: 'completed'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    "while the workspace's own token is being minted",
    [...proven, 'access intended'],
    {
      'another label': label,
      'access minted': {access: {known: ['a'], prefix: 'abcdefgh'}},
      'access settled': {access: undefined},
    },
  ],
  [
    "before the workspace's own token is kept",
    [...proven, 'access intended', 'access minted'],
    {
      'another label': label,
      'access minted': {},
      'access settled': {access: undefined},
    },
  ],
  ['completed', [...proven, 'completed'], {}],
  [
    'in a workspace that is there',
    taking,
    {
      'another label': label,
      'works on an older token': {phase: 'proven', workspace: room, token: older, storedAt: 't2'},
      'works on ours': {phase: 'proven', workspace: room, token: ours, storedAt: 't2'},
      'rotation intended': {rotation: 'rot1'},
      yielded: {phase: 'closing', to: older},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'in a workspace that came while ours was to be made',
    [...minted, 'workspace found'],
    {
      'another label': label,
      'works on an older token': {phase: 'proven', workspace: room, token: older, storedAt: 't2'},
      // A token that was thought useless, and is what the agent runs on.
      'works on ours': {phase: 'proven', workspace: room, token: ours, storedAt: 't2', discard: []},
      'rotation intended': {rotation: 'rot1'},
      'discard intended': {discarding: ours.id},
      yielded: {phase: 'closing', to: older},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'in such a workspace, while our token is being deleted',
    [...minted, 'workspace found', 'discard intended'],
    {
      'another label': label,
      'discard intended': {},
      discarded: {discarding: undefined, discard: [], minted: []},
      'token left': {
        discarding: undefined,
        discard: [],
        minted: [],
        left: [{token: ours, seen: {...ours, lastEight: '99999999'}}],
      },
    },
  ],
  [
    'in a workspace that was written to since, after our token went out',
    [...online, 'overtaken'],
    {
      'another label': label,
      'works on an older token': {phase: 'proven', workspace: room, token: older, storedAt: 't2'},
      'works on ours': {phase: 'proven', workspace: room, token: ours, storedAt: 't2', discard: []},
      'rotation intended': {rotation: 'rot1'},
      'given up': closing([ours]),
      'given up, ours kept': closing(),
    },
  ],
  [
    'while a rotation gives the agent its token',
    rotating,
    {
      'another label': label,
      'works on an older token': {phase: 'proven', workspace: room, token: older, storedAt: 't2'},
      'works on ours': {phase: 'proven', workspace: room, token: ours, storedAt: 't2'},
      'rotation proven': {phase: 'proven', workspace: room, token: undefined},
      'rotation not proven': {phase: 'joining'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'proven by a rotation',
    [...rotating, 'rotation proven'],
    {
      'another label': label,
      'late orphan': {minted: [late], lost: [late.id], discard: [late]},
      'known orphan': {minted: [ours], lost: [ours.id], discard: [ours]},
      'access intended': {access},
      completed: {phase: 'completed'},
      'given up': closing(),
      'given up, ours kept': closing(),
    },
  ],
  [
    'given up with a token that is to go',
    [...created, 'given up'],
    {
      'another label': label,
      'discard intended': {discarding: ours.id},
    },
  ],
  [
    'given up with a token that a workspace may hold',
    [...created, 'given up, ours kept'],
    {'another label': label, closed: {phase: 'closed'}},
  ],
  ['given up', ['given up'], {'another label': label, closed: {phase: 'closed'}}],
  ['closed', ['given up', 'closed'], {}],
]

/** The onboarding after the fact; undefined where the journal refuses it. */
function after(before: Onboarding, fact: OnboardingFact): Onboarding | undefined {
  try {
    return advance(before, {...fact, at: 99})
  } catch (error) {
    if (error instanceof OpsError && error.code === 'JOURNAL_UNREADABLE') return undefined
    throw error
  }
}

describe('an onboarding', () => {
  it.each(TABLE)('%s takes what may follow, and nothing else', (_, names, changes) => {
    const before = replayed(names)
    const taken = Object.keys(FACTS).filter((name) => after(before, FACTS[name]!))
    expect(taken.toSorted()).toEqual(Object.keys(changes).toSorted())
    const {phase, ...facts} = before
    for (const [name, change] of Object.entries(changes)) {
      expect({name, ...after(before, FACTS[name]!)}).toMatchObject({
        name,
        phase,
        ...facts,
        ...change,
        events: names.length + 2,
        updatedAt: 99,
      })
    }
  })
})

describe('what comes next', () => {
  it.each<[OnboardingStep, Name[]]>([
    [{act: 'account'}, []],
    [{act: 'settle_account'}, ['user intended']],
    [{act: 'none'}, ['user intended', 'user refused']],
    [{act: 'join', index: 0}, found],
    [{act: 'join', index: 1}, [...found, 'member 0 found']],
    // What is in doubt is looked at before anything else is begun.
    [{act: 'join', index: 1}, [...found, 'join 1 intended']],
    [{act: 'look'}, joined],
    [{act: 'mint'}, preparing],
    [{act: 'settle_mint', name: ours.name}, minting],
    [{act: 'probe', candidate: ours}, minted],
    [{act: 'create', candidate: ours}, [...minted, 'probed']],
    [{act: 'settle_create', since: 8}, creating],
    [{act: 'await_online', workspace: room}, created],
    [{act: 'prove', candidate: ours, workspace: room}, online],
    [{act: 'finish', workspace: room}, proven],
    [{act: 'finish', workspace: room}, [...proven, 'access intended']],
    [{act: 'none'}, [...proven, 'completed']],
    [{act: 'take_over', workspace: room, rotation: undefined}, taking],
    [{act: 'take_over', workspace: room, rotation: 'rot1'}, rotating],
    // A token that serves nobody goes before another is minted; one that a workspace may hold only after the proof.
    [{act: 'discard', token: ours}, spare],
    [{act: 'look'}, [...lost, 'value lost']],
    [{act: 'mint'}, [...lost, 'value lost', 'no workspace']],
    [{act: 'discard', token: ours}, provenAgain],
    [{act: 'discard', token: second}, [...again, 'value of another lost']],
    [{act: 'discard', token: ours}, [...created, 'given up']],
    [{act: 'discard', token: late}, [...provenAgain, 'late orphan', 'discard of the late one intended']],
    [{act: 'close'}, ['given up']],
    [{act: 'none'}, ['given up', 'closed']],
  ])('is %o', (act, names) => {
    expect(nextAct(replayed(names))).toEqual(act)
  })
})

describe('the end of an onboarding', () => {
  it.each<[OnboardingPhase, Name[]]>([
    ['completed', [...proven, 'completed']],
    ['refused', ['user intended', 'user refused']],
    ['closed', ['given up', 'closed']],
  ])('is that it is %s', (phase, names) => {
    expect(replayed(names).phase).toBe(phase)
    for (let some = 0; some <= names.length; some++) {
      expect(isClosed(replayed(names.slice(0, some)))).toBe(some === names.length)
    }
  })
})

describe('a journal that makes no sense', () => {
  it('is told with where to look', () => {
    expect(() => replayed([...proven, 'completed', 'completed'])).toThrow(
      expect.objectContaining({code: 'JOURNAL_UNREADABLE', suggestions: ['patrol doctor']}),
    )
  })
})

describe('the writes in doubt', () => {
  it.each<[string[], Name[]]>([
    [[], []],
    [['account'], ['user intended']],
    [[], joined],
    [['join'], [...found, 'join 0 intended']],
    [['mint'], minting],
    [[], minted],
    [['create'], creating],
    [[], online],
    [['discard'], [...spare, 'discard intended']],
    [[], proven],
    [['access'], [...proven, 'access intended']],
    [[], [...proven, 'access intended', 'access minted']],
  ])('are %o', (doubts, names) => {
    expect(writesInDoubt(replayed(names))).toEqual(doubts)
  })
})

describe('who is kept from rotating the agent', () => {
  it.each<[boolean, OnboardingPhase[]]>([
    [true, ['minting', 'minted', 'creating', 'created', 'online', 'taking_over']],
    [
      false,
      ['planned', 'creating_user', 'joining', 'preparing', 'proven', 'closing', 'closed', 'completed', 'refused'],
    ],
  ])('by an onboarding in its phase: %s', (binds, phases) => {
    expect(phases.map((phase) => bindsAgent(phase))).toEqual(phases.map(() => binds))
  })
})

describe('what people are told of an onboarding', () => {
  const user = 'The user agent-new is there'
  it.each<[string, Name[]]>([
    ['Nothing was changed.', []],
    ['Nothing was changed.', ['user intended', 'user refused']],
    ['Whether the user agent-new was created is not known; nothing else was changed.', ['user intended']],
    // A first user was made, and patrol.yaml names another by now: nobody has looked for that one.
    ['Nothing was made of the user agent-newer yet.', ['user intended', 'user created', 'another user']],
    [
      'The user agent-new was created and has 0 of 2 memberships of its profile; there is no token and no workspace of ours yet.',
      ['user intended', 'user created'],
    ],
    [
      `${user} and has 1 of 2 memberships of its profile; there is no token and no workspace of ours yet.`,
      [...found, 'member 0 found'],
    ],
    [`${user}; there is no token and no workspace of ours yet.`, ['without memberships', 'user found', 'no workspace']],
    [
      `${user} and has 2 of 2 memberships of its profile; there is no workspace of ours yet. Minted here and still to be deleted: …00000011.`,
      spare,
    ],
    [
      `${user} and has 2 of 2 memberships of its profile; whether its token was minted is not known, and no workspace was created.`,
      minting,
    ],
    [
      `${user} and has 2 of 2 memberships of its profile; a token …00000011 is minted, and no workspace was created.`,
      minted,
    ],
    [`${user} with the token …00000011; whether the workspace agent-new was created is not known.`, creating],
    [
      `${user} and has 2 of 2 memberships of its profile; a token …00000011 is minted, and whether the workspace agent-new was created is not known.`,
      lost,
    ],
    [
      `${user} and has 2 of 2 memberships of its profile; whether the workspace agent-new was created is not known. Minted here and still to be deleted: …00000011.`,
      [...lost, 'value lost'],
    ],
    [
      `${user} and has 2 of 2 memberships of its profile; whether its token was minted is not known, and whether the workspace agent-new was created is not known.`,
      [...lost, 'value lost', 'no workspace', 'mint intended'],
    ],
    ['User, token …00000011 and workspace agent-new (w1) are there; it was not seen online yet.', created],
    ['User, token …00000011 and workspace agent-new (w1) are there and online; agent-new is not proven yet.', online],
    [`${user} and has 2 of 2 memberships of its profile; workspace agent-new (w1) was there before.`, taking],
    [
      `${user} and has 2 of 2 memberships of its profile; workspace agent-new (w1) was there before; rotation rot1 was begun to give it its token.`,
      rotating,
    ],
    ['agent-new was proven; only clearing up is left. Minted here and still to be deleted: …00000011.', provenAgain],
    ['agent-new was proven; only clearing up is left.', proven],
    ['agent-new was proven.', [...proven, 'completed']],
    [
      `${user} and has 2 of 2 memberships of its profile; another machine was first, with the token somebody made this (id 90). Minted here and still to be deleted: …00000011.`,
      [...minted, 'yielded'],
    ],
    [`${user} and has 0 of 2 memberships of its profile; it was given up.`, [...found, 'given up', 'closed']],
    // Whether that user is there was never looked at.
    ['It was given up before it came to the user agent-new.', ['given up', 'closed']],
  ])('"%s"', (sentence, names) => {
    expect(said(replayed(names))).toBe(sentence)
  })
})
