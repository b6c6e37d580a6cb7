import {describe, expect, test} from 'vitest'
import type {AgentFacts} from '../../../src/fleet/facts.ts'
import type {TokenRunner} from '../../../src/fleet/fixes.ts'
import {judge} from '../../../src/fleet/judge.ts'
import type {Bench} from '../../../src/fleet/judge/bench.ts'
import {lasting, listedEvidence} from '../../../src/fleet/judge/words.ts'
import type {SourceReading} from '../../../src/fleet/reading.ts'
import type {ListedUser, AgentAudit} from '../../../src/fleet/index.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import {rehearsalName} from '../../../src/rotation/names.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {ToldReach} from '../../../src/scopes/repositories.ts'
import {normalise} from '../../../src/scopes/sets.ts'
import {CATEGORIES, type Scope} from '../../../src/scopes/vocabulary.ts'
import {Secret} from '../../../src/secret.ts'
import {verdict} from './cases/case.ts'
import {ago, DAY, ENGINEER, lifeless, member, NOW, recorded, report, row, value} from './world.ts'

const LISTED = listedEvidence('u-dev-a')
const OFF = {kind: 'off'} as const
const read = <T>(it: T): SourceReading<T> => ({kind: 'read', value: it})
const failed = (reason: string): SourceReading<never> => ({kind: 'failed', reason, again: false})
const told = {lastEight: '00001001', from: 'reference', id: undefined} as const
const DEPLOYED = row('tool-1', '00001001', {createdAt: ago(3), lastUsedAt: ago(1)})
const OURS = row('patrol.dev-a.20261101.abcdefghij', '0000beef')
const WRITES = CATEGORIES.map((category): Scope => `write:${category}`)
const UNTOLD =
  'nothing tells when its token was made: Gitea lists that from 1.24 on and Forgejo up to 15 does not, the ledger knows it of tokens that patrol minted, so this ends it: patrol rotate dev-a'

/** All that is known of an agent in order, by listing alone; a test changes what it is about. */
function facts(changes: Partial<AgentFacts> = {}): AgentFacts {
  const agent = member('dev-a', 1)
  const {account, secretAt} = agent
  const rows = changes.rows ?? read([DEPLOYED])
  return {
    agent,
    holding: {
      told,
      value: new Secret(value('00001001')),
      unreadable: undefined,
      silent: undefined,
      recorded: [],
      announced: [],
    },
    account: read(account),
    rows,
    place: rows.kind === 'read' ? {kind: 'listed', row: DEPLOYED, from: 'reference'} : undefined,
    probe: OFF,
    workspace: read({id: 'id-dev-a', name: 'w-dev-a', status: 'online', lastSampleError: undefined, keeper: undefined}),
    createdAt: DEPLOYED.createdAt,
    secretUpdatedAt: read(secretAt),
    startedSince: read(true),
    openRotations: new Map(),
    isAbandoned: () => false,
    ...changes,
  }
}

/** The same, by probing alone. */
const probed = (probe: ProbeReport | SourceReading<ProbeReport>, changes: Partial<AgentFacts> = {}): AgentFacts =>
  facts({probe: 'kind' in probe ? probe : read(probe), account: OFF, rows: OFF, createdAt: undefined, ...changes})

const agentWith = (changes: Partial<AgentFacts['agent']>): Partial<AgentFacts> => ({
  agent: {...member('dev-a', 1), ...changes},
})
const holdingWith = (changes: Partial<AgentFacts['holding']>): Partial<AgentFacts> => ({
  holding: {...facts().holding, ...changes},
})
const homeWith = (changes: object): Partial<AgentFacts> => ({
  workspace: read({
    id: 'id-dev-a',
    name: 'w-dev-a',
    status: 'online',
    lastSampleError: undefined,
    keeper: undefined,
    ...changes,
  }),
})
const accountWith = (changes: Partial<ListedUser>): Partial<AgentFacts> => ({
  account: read({...member('dev-a', 1).account!, ...changes}),
})
const rowsOf = (...rows: TokenRow[]): Partial<AgentFacts> => ({rows: read(rows)})
const unlisted = (id?: number, end = '0000dead'): Partial<AgentFacts> => ({
  ...holdingWith({told: {lastEight: end, from: 'reference', id}}),
  place: {kind: 'unlisted', told: {lastEight: end, from: 'reference', id}},
})
const ORDER = report('u-dev-a', '00001001', ENGINEER)
const probeOf = (granted: readonly Scope[]): ProbeReport => report('u-dev-a', '00001001', granted)
/** A probe that left these scopes open. */
const unsure = (granted: readonly Scope[], ...scopes: Scope[]): ProbeReport =>
  member('dev-a', 1, (each) => {
    each.probe = probeOf(granted)
    verdict(each, 'unknown', scopes)
  }).probe

function judged(its: AgentFacts, bench: Partial<Bench> = {}): AgentAudit {
  return judge(0, its, {
    now: NOW,
    unusedMs: 30 * DAY,
    accepted: () => undefined,
    entries: ['dev-a'],
    runsOn: () => [],
    sharedWith: [],
    rejected: {admin: false, platform: false},
    adminUser: undefined,
    ownWorkspace: undefined,
    onboarding: () => false,
    ...bench,
  })
}
const valueOfProbe = ({probe}: AgentFacts): ProbeReport => {
  if (probe.kind !== 'read') throw new Error('there is no probe')
  return probe.value
}
const found = (audit: AgentAudit): string[] => audit.findings.map(({rule, message}) => `${rule}: ${message}`)
const open = (audit: AgentAudit): string[] => audit.unjudged.map(({rule, reason}) => `${rule}: ${reason}`)
const charge = (audit: AgentAudit, rule: string) => audit.findings.find((finding) => finding.rule === rule)

test('an agent in order has nothing said of it', () => {
  for (const known of [facts(), probed(ORDER)]) expect({...judged(known)}).toMatchObject({findings: [], unjudged: []})
})

describe('what is said of what was found', () => {
  test.each<[string, AgentFacts, string[]]>([
    [
      'a dead token',
      probed(lifeless('00001001', 'dead', '401'), accountWith({})),
      ['token-dead: the server answers 401 to its token …00001001'],
    ],
    [
      'a blocked one',
      probed(lifeless('00001001', 'blocked', 'not activated'), accountWith({})),
      ['token-blocked: the account u-dev-a may not use its token: not activated'],
    ],
    [
      'one that is gone',
      facts({...rowsOf(), ...unlisted(7)}),
      ['token-dead: the token …0000dead that dev-a was last known to run on is no longer listed'],
    ],
    [
      'a user without a token',
      facts({...rowsOf(), place: {kind: 'none'}}),
      ['token-dead: u-dev-a has no token at all'],
    ],
    [
      'a user that nobody could read, without a token',
      facts({...rowsOf(), place: {kind: 'none'}, account: OFF}),
      ['token-dead: u-dev-a has no token at all'],
    ],
    [
      'no user',
      facts({...rowsOf(), place: {kind: 'none'}, account: read(undefined)}),
      [
        'token-dead: the server has no user u-dev-a, so the agent has no token',
        'workspace-without-user: the server has no user u-dev-a for the workspace w-dev-a',
      ],
    ],
    ['an inactive user', facts(accountWith({active: false})), ['token-blocked: the account u-dev-a is not active']],
    [
      'one that may not sign in',
      facts(accountWith({prohibitLogin: true})),
      ['token-blocked: the account u-dev-a is prohibited from signing in'],
    ],
    [
      'a removed workspace',
      facts(homeWith({status: 'removed'})),
      ['workspace-missing: the platform has no workspace w-dev-a'],
    ],
    ['a failed one', facts(homeWith({status: 'failed'})), ['workspace-failed: the workspace w-dev-a failed']],
    [
      'a failed one that says why',
      facts(homeWith({status: 'failed', lastSampleError: 'no disk'})),
      ['workspace-failed: the workspace w-dev-a failed: no disk'],
    ],
    [
      'one that waits for its agent',
      facts(homeWith({status: 'awaiting_agent'})),
      ['workspace-offline: the workspace w-dev-a is awaiting_agent'],
    ],
    [
      'a token too old',
      facts({...agentWith({maxAgeMs: 2 * DAY})}),
      ['token-too-old: its token is 3 days old; the profile engineer allows 2 days'],
    ],
    ['one of just the age that is allowed', facts({...agentWith({maxAgeMs: 3 * DAY})}), []],
    [
      'an unused one',
      facts({place: {kind: 'listed', row: DEPLOYED, from: 'reference'}, ...rowsOf({...DEPLOYED, lastUsedAt: ago(31)})}),
      ['token-unused: its token was not used for 31 days'],
    ],
    ['one unused for just as long as may be', facts(rowsOf({...DEPLOYED, lastUsedAt: ago(30)})), []],
    [
      'a secret older than the token',
      facts({secretUpdatedAt: read(ago(5))}),
      ['secret-older-than-token: the secret of its workspace was written 2 days before its token was made'],
    ],
    [
      'one that is so by no more than two clocks may differ',
      facts({
        secretUpdatedAt: read(new Date(Date.parse(DEPLOYED.createdAt!) - 60_000).toISOString()),
      }),
      [],
    ],
    [
      'lists shut by the role',
      probed({
        ...ORDER,
        repo: {
          ...ORDER.repo!,
          issues: {...ORDER.repo!.issues, outcome: 'role'},
          pulls: {...ORDER.repo!.pulls, outcome: 'role'},
        },
      }),
      ['role-gap: the token has the scope, but u-dev-a cannot read issues and pull requests in org/app'],
    ],
    [
      'several live tokens',
      facts(rowsOf(DEPLOYED, row('laptop', '0000cafe'))),
      ['several-live-tokens: u-dev-a has 2 live tokens: "tool-1" (…00001001), "laptop" (…0000cafe)'],
    ],
    [
      'an orphan',
      facts(rowsOf(DEPLOYED, OURS)),
      [
        `token-orphan: the token "${OURS.name}" (…0000beef) is named as patrol names them, but whether its agent runs on it is not sure`,
      ],
    ],
    [
      'an orphan beside a deployed token that is elsewhere',
      facts({...rowsOf(OURS), ...unlisted()}),
      [
        `token-orphan: the token "${OURS.name}" (…0000beef) is named as patrol names them, but whether its agent runs on it is not sure`,
        'deployed-unknown: its token …0000dead is not among those of u-dev-a',
      ],
    ],
    [
      'two tokens alike',
      facts({...rowsOf(DEPLOYED), place: {kind: 'unclear', told}}),
      ['deployed-unknown: several tokens of u-dev-a end in 00001001'],
    ],
    [
      'nothing that tells which',
      facts({
        ...rowsOf(DEPLOYED, row('laptop', '0000cafe')),
        ...holdingWith({told: undefined}),
        place: {kind: 'unclear', told: undefined},
      }),
      [
        'several-live-tokens: u-dev-a has 2 live tokens: "tool-1" (…00001001), "laptop" (…0000cafe)',
        'deployed-unknown: nothing tells which of the 2 tokens of u-dev-a the agent runs on',
      ],
    ],
    [
      'nothing that tells anything',
      probed(OFF, holdingWith({told: undefined, value: undefined})),
      ['deployed-unknown: nothing tells which token the agent runs on, so none was judged'],
    ],
    [
      'a token of somebody else',
      probed({...ORDER, identity: {login: 'alice', id: 9, isAdmin: true}}),
      ['deployed-unknown: its token …00001001 belongs to alice, not to u-dev-a'],
    ],
    [
      'a token whose user is written otherwise',
      probed({...ORDER, identity: {login: 'U-Dev-A', id: 1, isAdmin: false}}),
      [],
    ],
    [
      'a token gone from the list that lives',
      facts({...rowsOf(), ...unlisted(7), probe: read(ORDER)}),
      ['deployed-unknown: its token …0000dead is not among those of u-dev-a'],
    ],
    [
      'a token gone from the list that is blocked',
      facts({...rowsOf(), ...unlisted(7), probe: read(lifeless('0000dead', 'blocked', 'not activated'))}),
      [
        'token-blocked: the account u-dev-a may not use its token: not activated',
        'deployed-unknown: its token …0000dead is not among those of u-dev-a',
      ],
    ],
    [
      'a token that a probe showed, though nothing tells its last eight',
      probed(ORDER, holdingWith({told: undefined})),
      [],
    ],
    [
      'one dangerous scope, where every other write is open',
      probed(
        unsure(
          [...ENGINEER, 'write:user'],
          ...WRITES.filter((scope) => !['write:repository', 'write:user'].includes(scope)),
        ),
      ),
      [
        'scope-dangerous: its token has write:user: before Gitea 1.27 and Forgejo 11.0.4 it can mint itself a token with every scope',
      ],
    ],
    ['no scope at all', probed(probeOf([])), ['empty-scope: its token has no scope at all']],
    [
      'public-only and nothing else',
      facts({place: {kind: 'listed', row: {...DEPLOYED, scopes: ['public-only']}, from: 'reference'}}),
      ['empty-scope: its token has no scope at all', 'public-only: its token is limited to public repositories'],
    ],
    [
      'two dangerous scopes, which are not yet all',
      probed(probeOf([...ENGINEER, 'write:admin', 'write:user'])),
      [
        'scope-dangerous: its token has write:admin: it administers the whole server, wherever its user may',
        'scope-dangerous: its token has write:user: before Gitea 1.27 and Forgejo 11.0.4 it can mint itself a token with every scope',
      ],
    ],
  ])('%s', (_, known, said) => {
    expect(found(judged(known)).toSorted()).toEqual(said.toSorted())
  })
})

describe('why something could not be judged', () => {
  const SCOPES = ['scope-dangerous', 'empty-scope', 'scope-missing', 'scope-excess', 'public-only']
  const all = (rules: string[], why: string) => rules.map((rule) => `${rule}: ${why}`)
  const TOKENS = ['superseded-alive', 'token-orphan', 'several-live-tokens', 'deployed-unknown']
  test.each<[string, AgentFacts, string[]]>([
    [
      'the listing failed',
      facts({rows: failed('502'), createdAt: undefined}),
      all(['token-dead', ...SCOPES, ...TOKENS, 'token-unused', 'secret-older-than-token'], '502'),
    ],
    [
      'it failed where the ledger tells the age',
      facts({rows: failed('502'), ...agentWith({maxAgeMs: 9 * DAY})}),
      all(['token-dead', ...SCOPES, ...TOKENS, 'token-unused'], '502'),
    ],
    [
      'it failed where an age is allowed and nothing tells it',
      facts({rows: failed('502'), createdAt: undefined, ...agentWith({maxAgeMs: DAY}), workspace: OFF}),
      all(['token-dead', ...SCOPES, ...TOKENS, 'token-unused', 'token-too-old'], '502'),
    ],
    [
      'nothing tells the age',
      facts({createdAt: undefined, ...agentWith({maxAgeMs: DAY})}),
      [`token-too-old: ${UNTOLD}`],
    ],
    [
      'nothing tells the age, and a guard stands before the cure',
      facts({createdAt: undefined, ...agentWith({maxAgeMs: DAY}), ...accountWith({isAdmin: true})}),
      [
        `token-too-old: ${UNTOLD} (first take the rights of an administrator from u-dev-a on the server, or add --allow-site-admin)`,
      ],
    ],
    [
      'the account failed',
      facts({account: failed('503')}),
      all(['token-blocked', 'user-is-admin', 'workspace-without-user'], '503'),
    ],
    ['the secret could not be read', facts({secretUpdatedAt: failed('504')}), ['secret-older-than-token: 504']],
    [
      'the probe failed',
      probed(failed('429')),
      all(['token-dead', 'token-blocked', ...SCOPES, 'deployed-unknown', 'role-gap', 'user-is-admin'], '429'),
    ],
    [
      'the probe told nothing',
      probed(lifeless('00001001', 'unknown', '504')),
      all(['token-dead', 'token-blocked', ...SCOPES, 'deployed-unknown', 'role-gap', 'user-is-admin'], '504'),
    ],
    [
      'the probe did not tell whose token it is',
      probed({...unsure(ENGINEER, 'read:user'), identity: undefined}),
      [
        'scope-missing: because',
        'deployed-unknown: whose its token is got no usable answer',
        'user-is-admin: whether its user is a site administrator got no usable answer',
      ],
    ],
    ['it did not, but an administrator lists it', facts({probe: read({...ORDER, identity: undefined})}), []],
    [
      'whose token it is may not be read',
      probed(
        {...probeOf(['read:issue', 'write:repository']), identity: undefined},
        agentWith({scopes: ['read:issue']}),
      ),
      ['user-is-admin: without read:user its token does not tell whether u-dev-a is a site administrator'],
    ],
    [
      'a name is stored that no Gitea has',
      facts({place: {kind: 'listed', row: {...DEPLOYED, strange: ['read:moon']}, from: 'reference'}}),
      all(
        SCOPES,
        'its stored scopes hold read:moon, and a server that does not know that refuses every call that asks for a scope',
      ),
    ],
    [
      'the probe told nothing, and no repository was asked for',
      probed(lifeless('00001001', 'unknown', '504'), agentWith({repo: undefined})),
      all(['token-dead', 'token-blocked', ...SCOPES, 'deployed-unknown', 'user-is-admin'], '504'),
    ],
    [
      'no value and no listing',
      probed(OFF),
      all(
        ['token-dead', 'token-blocked', ...SCOPES, 'user-is-admin'],
        "neither a reference to its token nor an administrator's listing is at hand",
      ),
    ],
    [
      'nothing tells which',
      facts({...rowsOf(DEPLOYED, OURS), place: {kind: 'unclear', told: undefined}, ...holdingWith({told: undefined})}),
      all(['token-dead', ...SCOPES, 'token-orphan'], 'nothing tells which of the tokens of u-dev-a the agent runs on'),
    ],
    [
      'not listed and not probed',
      facts({...rowsOf(), ...unlisted()}),
      all(['token-dead', ...SCOPES], 'its token …0000dead is not among those of u-dev-a, and it was not probed'),
    ],
    [
      'not listed, and the probe failed',
      facts({...rowsOf(), ...unlisted(), probe: failed('429')}),
      all(['token-dead', 'token-blocked', ...SCOPES, 'deployed-unknown', 'role-gap'], '429'),
    ],
    [
      'not listed, and the probe told nothing',
      facts({...rowsOf(), ...unlisted(), probe: read(lifeless('0000dead', 'unknown', '504'))}),
      all(['token-dead', 'token-blocked', ...SCOPES, 'deployed-unknown', 'role-gap'], '504'),
    ],
    [
      'its reference could not be read',
      probed(OFF, holdingWith({told: undefined, unreadable: 'no such file'})),
      [
        'deployed-unknown: no such file',
        ...all(
          ['token-dead', 'token-blocked', ...SCOPES, 'user-is-admin'],
          "neither a reference to its token nor an administrator's listing is at hand",
        ),
      ],
    ],
    [
      'its reference could not be read, but the agent told',
      probed(OFF, holdingWith({unreadable: 'no such file'})),
      all(
        ['token-dead', 'token-blocked', ...SCOPES, 'user-is-admin'],
        "neither a reference to its token nor an administrator's listing is at hand",
      ),
    ],
    ['the agent was asked', facts(holdingWith({silent: 'it did not say'})), ['deployed-unknown: it did not say']],
    [
      'one scope is open',
      probed(unsure(ENGINEER, 'write:user')),
      ['scope-dangerous: because', 'scope-excess: because'],
    ],
    ['the scope that is wanted is open', probed(unsure(ENGINEER, 'read:issue')), ['scope-missing: because']],
    ['a token without a scope, but for one that is open', probed(unsure([], 'public-only')), ['public-only: because']],
    [
      'a list that gave no usable answer',
      probed({...ORDER, repo: {...ORDER.repo!, pulls: {...ORDER.repo!.pulls, outcome: 'unknown'}}}),
      ['role-gap: can be listed'],
    ],
    [
      'whether its user is an administrator: the token is dead',
      probed(lifeless('00001001', 'dead', '401')),
      ['user-is-admin: its token is dead and tells nothing of u-dev-a'],
    ],
    [
      'the token is that of somebody else',
      probed({...ORDER, identity: {login: 'alice', id: 9, isAdmin: true}}),
      ['user-is-admin: its token is that of alice and tells nothing of u-dev-a'],
    ],
    [
      'the token may not read its user',
      probed({...probeOf(['read:issue', 'write:repository']), identity: undefined}),
      ['user-is-admin: without read:user its token does not tell whether u-dev-a is a site administrator'],
    ],
    [
      'the token did not say',
      probed({...ORDER, identity: {login: 'U-DEV-A', id: 1}}),
      ['user-is-admin: whether its user is a site administrator got no usable answer'],
    ],
    [
      'a status that is not known',
      facts(homeWith({status: 'dreaming'})),
      ['workspace-offline: the status "dreaming" is not known'],
    ],
    [
      'the platform failed',
      facts({workspace: failed('no route')}),
      all(['secret-older-than-token', 'workspace-missing', 'workspace-failed', 'workspace-offline'], 'no route'),
    ],
  ])('%s', (_, known, why) => {
    const shown: ProbeReport | undefined = known.probe.kind === 'read' ? known.probe.value : undefined
    for (const one of shown?.scopes ?? [])
      if (one.verdict === 'unknown' && shown?.liveness.state === 'alive')
        one.evidence = {...one.evidence, reason: 'because'}
    expect(open(judged(known)).toSorted()).toEqual(why.toSorted())
  })
})

describe('what shows it', () => {
  const each = (granted: readonly Scope[]): ProbeReport => {
    const probe = report('u-dev-a', '00001001', granted)
    return {...probe, scopes: probe.scopes.map((one) => ({...one, evidence: {...one.evidence, reason: one.scope}}))}
  }
  test('the listing', () => {
    const scopes = judged(
      facts({
        ...rowsOf(DEPLOYED, OURS),
        place: {kind: 'listed', row: {...DEPLOYED, scopes: ['read:user']}, from: 'reference'},
      }),
    )
    expect(scopes.findings.length).toBeGreaterThan(2)
    for (const {evidence} of scopes.findings) expect(evidence).toEqual(LISTED)
    expect(charge(judged(facts(agentWith({maxAgeMs: DAY}))), 'token-too-old')?.evidence).toEqual(LISTED)
    expect(LISTED).toMatchObject({
      path: '/api/v1/users/u-dev-a/tokens',
      reason: "as the administrator's list of u-dev-a shows",
    })
  })

  test('the answer about just this scope', () => {
    const audit = judged(probed(each(['read:issue', 'write:repository', 'write:package', 'write:user'])))
    expect(audit.findings.map(({rule, evidence}) => [rule, evidence?.reason])).toEqual([
      ['scope-dangerous', 'write:user'],
      ['scope-excess', 'write:package'],
    ])
    expect(charge(judged(probed(each(['all']))), 'scope-dangerous')?.evidence?.reason).toBe('write:admin')
    expect(charge(judged(probed(each(['public-only', ...ENGINEER]))), 'public-only')?.evidence?.reason).toBe(
      'public-only',
    )
  })

  test('the ledger shows no request', () => {
    const old = facts({rows: OFF, createdAt: ago(9), probe: read(ORDER), ...agentWith({maxAgeMs: DAY})})
    expect(charge(judged(old), 'token-too-old')).toMatchObject({evidence: undefined})
  })

  test('the list that is shut, and whoever told of an administrator', () => {
    const shut = {outcome: 'role' as const, evidence: {...ORDER.liveness.evidence, reason: 'the pulls'}}
    expect(charge(judged(probed({...ORDER, repo: {...ORDER.repo!, pulls: shut}})), 'role-gap')?.evidence?.reason).toBe(
      'the pulls',
    )
    const admin = {...ORDER, identity: {login: 'u-dev-a', id: 1, isAdmin: true}}
    expect(charge(judged(probed(admin)), 'user-is-admin')?.evidence).toEqual(ORDER.liveness.evidence)
    expect(charge(judged(facts(accountWith({isAdmin: true}))), 'user-is-admin')?.evidence).toBeUndefined()
  })
})

describe('findings of one rule are told apart', () => {
  test.each<[string, AgentFacts]>([
    ['scope-missing', probed(probeOf(['read:issue']))],
    ['scope-excess', probed(probeOf([...ENGINEER, 'read:package', 'write:issue']))],
    ['scope-dangerous', probed(probeOf([...ENGINEER, 'write:admin', 'write:user']))],
    ['token-orphan', facts(rowsOf(DEPLOYED, OURS, {...OURS, id: 8, name: `${OURS.name}-2`}))],
    [
      'superseded-alive',
      facts({
        ...rowsOf(DEPLOYED, row('a', '0000000a'), row('b', '0000000b')),
        ...holdingWith({
          recorded: ['a', 'b'].map((name) =>
            recorded('u-dev-a', row(name, `0000000${name}`), {supersededAt: NOW - DAY}),
          ),
        }),
      }),
    ],
  ])('%s', (rule, known) => {
    const prints = judged(known)
      .findings.filter((finding) => finding.rule === rule)
      .map(({fingerprint}) => fingerprint)
    expect([prints.length, new Set(prints).size]).toEqual([2, 2])
  })
})

test('a token of nobody’s is left to those who run on it, themselves left out', () => {
  const orphan = (holders: string[], other: Partial<TokenRunner> = {}) => {
    const runsOn = () => holders.map((name) => ({name, user: 'u-dev-a', refers: true, ...other}))
    return judged(facts(rowsOf(DEPLOYED, {...OURS, id: 8})), {runsOn}).findings[0]
  }
  expect(orphan(['dev-a', 'dev-b'])).toMatchObject({fix: 'patrol rotate dev-b', note: 'dev-b runs on it'})
  expect(orphan(['dev-a'])).toEqual(orphan([]))
  expect(orphan(['dev-b'], {user: 'u-dev-b', refers: false})).toMatchObject({note: 'dev-b runs on it'})
  expect(orphan(['dev-b'], {user: 'u-dev-b'})).toMatchObject({
    fix: 'patrol rotate dev-b',
    note: 'dev-b runs on it; first take "token:" of dev-b out of patrol.yaml',
  })
})

describe('who is judged by what', () => {
  const excess = {
    place: {kind: 'listed', row: {...DEPLOYED, scopes: []}, from: 'reference'},
  } satisfies Partial<AgentFacts>
  test('the scopes of a blocked account are judged by the listing alone', () => {
    expect(judged(facts({...excess, ...accountWith({active: false})})).findings.map(({rule}) => rule)).toEqual([
      'token-blocked',
      'empty-scope',
    ])
    const shown = judged(probed(lifeless('00001001', 'blocked', 'x')))
    expect([shown.findings.map(({rule}) => rule), open(shown)]).toEqual([
      ['token-blocked'],
      ['user-is-admin: its token is blocked and tells nothing of u-dev-a'],
    ])
  })

  test('the age of a dead token is of no interest', () => {
    const dead = facts({...agentWith({maxAgeMs: DAY}), probe: read(lifeless('00001001', 'dead', '401'))})
    expect(judged(dead).findings.map(({rule}) => rule)).toEqual(['token-dead'])
  })

  test('the use of a shared token is that of others too', () => {
    const unused = [{...DEPLOYED, lastUsedAt: ago(40)}, row('laptop', '0000cafe', {lastUsedAt: ago(40)})]
    const audit = judged(facts(rowsOf(...unused)), {sharedWith: ['dev-b', 'dev-c']})
    expect(found(audit)).toContain('token-shared: its token is also that of dev-b, dev-c')
    expect(audit.findings.map(({rule}) => rule)).not.toContain('token-unused')
    expect(audit.tokens.map(({lastUsedAt}) => lastUsedAt)).toEqual([undefined, ago(40)])
  })

  test('a rotation that has stopped goes first, one that only has to revoke does not', () => {
    const fix = (phase: string) =>
      charge(judged(facts({...excess, openRotations: new Map([['abcdefghij', phase]])})), 'empty-scope')?.fix
    expect(['minted', 'pushed', 'proven', 'revoking'].map(fix)).toEqual([
      'patrol rotation resume dev-a',
      'patrol rotation resume dev-a',
      'patrol rotate dev-a',
      'patrol rotate dev-a',
    ])
  })

  test('one whose workspace was removed is onboarded anew', () => {
    const audit = judged(facts({...excess, ...homeWith({status: 'removed'})}))
    expect(audit.findings.map(({fix}) => fix)).toEqual(['patrol onboard dev-a', 'patrol onboard dev-a'])
  })

  test('who keeps its workspace is told where that is not patrol', () => {
    expect(judged(facts(homeWith({keeper: 'external'})))).toMatchObject({keeper: 'external', workspaceStatus: 'online'})
    expect(judged(facts())).not.toHaveProperty('keeper')
  })

  test('who told which token is deployed', () => {
    const only = facts({...holdingWith({told: undefined}), place: {kind: 'listed', row: DEPLOYED, from: 'only'}})
    expect(
      [
        judged(only),
        judged(facts({...rowsOf(), ...unlisted()})),
        judged(probed(OFF, holdingWith({told: undefined}))),
      ].map(({deployedFrom}) => deployedFrom),
    ).toEqual(['only', 'reference', undefined])
  })

  test('an overlap is over after its end, not at it', () => {
    const replaced = (deadline: number) =>
      facts({
        ...rowsOf(DEPLOYED, OURS),
        ...holdingWith({recorded: [recorded('u-dev-a', OURS, {supersededAt: NOW - DAY, deadline})]}),
      })
    expect([NOW, NOW - 1].map((deadline) => judged(replaced(deadline)).findings.map(({rule}) => rule))).toEqual([
      [],
      ['superseded-alive'],
    ])
  })

  test('a token that this machine minted may go; one that only its name betrays is another machine’s', () => {
    const orphan = (known: Partial<AgentFacts['holding']>) =>
      charge(
        judged(facts({...rowsOf(DEPLOYED, OURS), ...holdingWith({told: {...told, from: 'agent'}, ...known})})),
        'token-orphan',
      )?.fix
    const stopped = {agent: 'dev-a', user: 'u-dev-a', name: OURS.name, at: NOW - DAY, handingOver: false}
    const revoke = `patrol revoke dev-a --id ${OURS.id}`
    expect(orphan({recorded: [recorded('u-dev-a', OURS)]})).toBe(revoke)
    expect(orphan({announced: [stopped]})).toBe(revoke)
    expect(orphan({})).toBe('patrol rotation list --unfinished')
  })

  test('the token of a rehearsal is nobody’s leftover while that may be under way', () => {
    const name = rehearsalName('dev-a', 'x', NOW)
    const rules = (listed: Partial<typeof OURS> & {createdAt?: string}, at?: number) =>
      judged(
        facts({
          ...rowsOf(DEPLOYED, {...OURS, name, ...listed}),
          ...holdingWith(
            at === undefined ? {} : {announced: [{agent: 'dev-a', user: 'u-dev-a', name, at, handingOver: false}]},
          ),
        }),
      ).findings.map(({rule}) => rule)
    const since = (ms: number) => ({createdAt: new Date(NOW - ms).toISOString()})
    expect([rules(since(60_000)), rules({}, NOW - 60_000)]).toEqual([[], []])
    const left = ['token-orphan']
    expect([rules(since(DAY)), rules(since(DAY), NOW - DAY), rules({}, NOW - DAY), rules({})]).toEqual(
      Array.from({length: 4}, () => left),
    )
  })

  test('an agent that names the end of no live token says nothing of those there are: it may run on any of them', () => {
    const word = {lastEight: '0000dead', from: 'agent', id: undefined} as const
    const proof = {provenAt: '2026-11-20T00:00:00Z', recorded: [recorded('u-dev-a', OURS)]}
    const asked = facts({
      ...rowsOf(OURS),
      ...holdingWith({told: word, value: undefined, ...proof}),
      place: {kind: 'unlisted', told: word},
      startedSince: read(true),
      probe: OFF,
    })
    const {findings, unjudged} = judged(asked)
    const names = 'the agent names …0000dead, which is the end of no live token of u-dev-a'
    expect(findings.filter(({rule}) => rule === 'token-orphan')).toEqual([])
    expect(unjudged.find(({rule}) => rule === 'token-orphan')?.reason).toBe(`${names}, and it was not probed`)
    expect(findings.find(({rule}) => rule === 'deployed-unknown')?.message).toBe(names)
  })

  test('a public-only token says nothing of what its user may read', () => {
    const shut = (outcome: 'role' | 'shut') => ({
      ...ORDER.repo!,
      issues: {...ORDER.repo!.issues, outcome},
      pulls: {...ORDER.repo!.pulls, outcome},
    })
    for (const outcome of ['role', 'shut'] as const) {
      const {findings, unjudged} = judged(
        probed({...ORDER, granted: [...ORDER.granted, 'public-only'], repo: shut(outcome)}),
      )
      expect([...findings, ...unjudged].filter(({rule}) => rule === 'role-gap')).toEqual([])
    }
  })

  test('which token is deployed is found out, unless the agent itself named one that is not its user’s', () => {
    const fix = (from: 'agent' | 'reference') => {
      const word = {lastEight: '0000dead', from, id: undefined}
      return charge(
        judged(
          facts({...rowsOf(), ...holdingWith({told: word}), place: {kind: 'unlisted', told: word}, probe: read(ORDER)}),
        ),
        'deployed-unknown',
      )?.fix
    }
    expect([fix('agent'), fix('reference')]).toEqual(['patrol rotate dev-a', 'patrol audit dev-a --ask-agents'])
  })
})

describe('the tokens that are shown', () => {
  const mine = recorded('u-dev-a', OURS, {mintedAt: NOW - 5 * DAY})
  const other = recorded('u-dev-a', row('laptop', '0000cafe'), {mintedAt: NOW - 8 * DAY})

  test('are those of the listing, each with the time that the listing or else the ledger knows', () => {
    const {tokens} = judged(
      facts({...rowsOf(DEPLOYED, OURS, row('x', '00000001')), ...holdingWith({recorded: [other, mine]})}),
    )
    expect(tokens.map(({name, createdAt, deployed, source}) => [name, createdAt, deployed, source])).toEqual([
      ['tool-1', ago(3), true, 'listing'],
      [OURS.name, ago(5), false, 'listing'],
      ['x', undefined, false, 'listing'],
    ])
  })

  test.each<[string, AgentFacts, object]>([
    [
      'by a probe that tells all',
      probed(ORDER),
      {
        id: undefined,
        name: undefined,
        scopes: normalise(ENGINEER),
        source: 'probe',
        createdAt: undefined,
      },
    ],
    [
      'by one that leaves a scope open',
      probed(unsure(ENGINEER, 'write:package')),
      {scopes: undefined, source: 'probe'},
    ],
    ['by one of a dead token', probed(lifeless('00001001', 'dead', '401')), {scopes: undefined, source: 'probe'}],
    [
      'by the ledger, which knows what patrol minted',
      probed(OFF, holdingWith({told: {...told, id: OURS.id}, recorded: [other, mine]})),
      {id: OURS.id, name: OURS.name, scopes: undefined, source: 'ledger', createdAt: ago(5)},
    ],
    [
      'by the ledger, which only heard of it',
      probed(OFF, holdingWith({told: {...told, id: other.id}, recorded: [mine, other]})),
      {id: other.id, name: undefined, source: 'ledger', createdAt: ago(8)},
    ],
  ])('are the deployed one alone, %s', (_, known, shown) => {
    expect(judged(known).tokens).toEqual([
      expect.objectContaining({...shown, deployed: true, lastEight: '00001001', lastUsedAt: undefined}),
    ])
  })

  test('are both where the deployed one is not listed, and the listed ones where nothing tells which it is', () => {
    const beside = judged(facts({...rowsOf(OURS), ...unlisted()}))
    expect(beside.tokens.map(({lastEight, deployed}) => [lastEight, deployed])).toEqual([
      ['0000beef', false],
      ['0000dead', true],
    ])
    const unclear = judged(facts({...rowsOf(DEPLOYED, {...DEPLOYED, id: 9}), place: {kind: 'unclear', told}}))
    expect(unclear.tokens.map(({id, deployed}) => [id, deployed])).toEqual([
      [DEPLOYED.id, false],
      [9, false],
    ])
  })
})

test('of every scope it is told how it stands', () => {
  const wanted = agentWith({scopes: ['read:issue', 'write:repository']})
  const {scopes} = judged(probed(unsure(['write:repository', 'read:package'], 'write:user'), wanted))
  expect(scopes).toMatchObject({
    'write:repository': 'needed',
    'read:repository': 'needed',
    'read:issue': 'missing',
    'read:package': 'excess',
    'write:user': 'unknown',
    'write:package': 'absent',
    'public-only': 'absent',
  })
  expect(Object.keys(scopes)).toHaveLength(19)
})

test.each([
  [60_000, '1 hour'],
  [3_600_000, '1 hour'],
  [2 * 3_600_000 - 1, '1 hour'],
  [2 * 3_600_000, '2 hours'],
  [DAY - 1, '23 hours'],
  [DAY, '1 day'],
  [2 * DAY - 1, '1 day'],
  [2 * DAY, '2 days'],
])('%i ms are %s', (ms, words) => expect(lasting(ms)).toBe(words))

describe('the repositories of a token', () => {
  const LEAN: readonly Scope[] = ['read:issue', 'write:repository']
  const wanting = (repositories: 'all' | string[] | undefined) => agentWith({scopes: LEAN, repositories})
  /** By the listing; `repositories` undefined where its server confines no token. */
  const listing = (repositories: ToldReach | undefined, wanted: Partial<AgentFacts>): AgentFacts => {
    const its = {...DEPLOYED, scopes: [...LEAN], ...(repositories && {repositories})}
    return facts({rows: read([its]), place: {kind: 'listed', row: its, from: 'reference'}, ...wanted})
  }
  const probing = (confinement: ProbeReport['confinement'], changes: Partial<ProbeReport> = {}): ProbeReport => ({
    ...probeOf(LEAN),
    confinement,
    ...changes,
  })
  const said = (its: AgentFacts): string[] => found(judged(its)).filter((each) => /^(?:repository|could)-/.test(each))

  test('are held against the profile one by one, each finding with a fingerprint of its own', () => {
    const audit = judged(listing(['org/app', 'org/x', 'org/y'], wanting(['org/app', 'org/a', 'org/b'])))
    expect(found(audit)).toEqual([
      'repository-missing: its token is confined to org/app, org/x, org/y, and the profile engineer needs org/a',
      'repository-missing: its token is confined to org/app, org/x, org/y, and the profile engineer needs org/b',
      'repository-excess: its token reaches org/x, which the profile engineer does not need',
      'repository-excess: its token reaches org/y, which the profile engineer does not need',
    ])
    expect(new Set(audit.findings.map(({fingerprint}) => fingerprint)).size).toBe(4)
    expect(audit.findings.map(({subject}) => subject.repository)).toEqual(['org/a', 'org/b', 'org/x', 'org/y'])
  })

  test('are too few where the profile wants every one and the token is confined', () => {
    expect(said(listing(['org/x'], wanting('all')))).toEqual([
      'repository-missing: its token is confined to org/x, and the profile engineer wants every repository of its user',
    ])
    expect([said(listing('all', wanting('all'))), said(listing(undefined, wanting('all')))]).toEqual([[], []])
    const left = judged(listing('unknown', wanting('all'))).unjudged.filter(({rule}) => /^(?:rep|could)/.test(rule))
    expect(left.map(({rule}) => rule)).toEqual(['repository-missing'])
  })

  test('are no question of an agent that finds its work nowhere', () => {
    const nowhere = agentWith({scopes: LEAN, repositories: undefined, repo: undefined})
    expect(said(listing(['org/x'], nowhere))).toEqual([])
    const its = {...DEPLOYED, scopes: [...LEAN], repositories: 'unknown' as const}
    const known = facts({rows: read([its]), place: {kind: 'listed', row: its, from: 'reference'}, ...nowhere})
    expect(open(judged(known)).filter((each) => each.startsWith('repository-'))).toEqual([])
  })

  test('that shut it out of one of its two lists are told by that one', () => {
    const repo = ORDER.repo!
    const pulls = {
      ...repo.pulls,
      outcome: 'confinement' as const,
      evidence: {...repo.pulls.evidence, reason: 'not seen'},
    }
    const probe = probing({reach: ['org/x'], reason: 'made up'}, {repo: {...repo, pulls}})
    const audit = judged(probed(probe, wanting(undefined)))
    expect(found(audit)).toEqual([
      'repository-missing: not seen, and it is where dev-a finds its work: the profile engineer has to name it',
    ])
    expect(charge(audit, 'repository-missing')?.subject.repository).toBe('org/app')
  })

  test('could be fewer only where the server confines tokens', () => {
    const could =
      'could-be-confined: its token reaches every repository of u-dev-a, unless all that it was confined to are deleted; the profile engineer names org/app, org/b'
    expect(said(listing('all', wanting(['org/app', 'org/b'])))).toEqual([could])
    expect(said(listing(undefined, wanting(['org/app', 'org/b'])))).toEqual([])
    const wider = {...DEPLOYED, scopes: [...LEAN, 'read:user' as const], repositories: 'all' as const}
    const place = {kind: 'listed', row: wider, from: 'reference'} as const
    expect(said(facts({rows: read([wider]), place, ...wanting(['org/app'])}))).toContain(
      'could-be-confined: its token reaches every repository of u-dev-a; the profile engineer names org/app',
    )
    const unconfined = probing({reach: 'all', reason: 'made up'}, {version: '15.0.3+gitea-1.22.0'})
    expect(said(probed(unconfined, wanting(['org/app'])))).toContain(
      'could-be-confined: its token reaches every repository of u-dev-a; the profile engineer names org/app',
    )
  })

  test('told in a form that nobody knows are left open, where the agent writes even without a list in its profile', () => {
    const gaps = (wanted?: string[]): unknown =>
      judged(listing('unknown', wanting(wanted)))
        .unjudged.filter(({rule}) => /^(?:repository|could)-/.test(rule))
        .map(({rule, reason}) => `${rule}: ${reason}`)
    const why = "the list of its user's tokens tells their repositories in a form that patrol does not know"
    const rules = ['repository-missing', 'repository-excess', 'could-be-confined']
    expect(gaps(['org/app'])).toEqual(rules.map((rule) => `${rule}: ${why}`))
    expect(gaps()).toEqual([`repository-missing: ${why}`])
    expect(judged(listing('unknown', wanting(undefined))).tokens).toMatchObject([{repositories: undefined}])
  })

  test('that shut the agent out of its work are told by the probe that found it so, and by no other failure', () => {
    const repo = ORDER.repo!
    const shut = (outcome: 'confinement' | 'role'): AgentFacts => {
      const issues = {...repo.issues, outcome, evidence: {...repo.issues.evidence, reason: 'org/app is out of reach'}}
      const reach = outcome === 'role' ? ['org/x', 'org/app'] : ['org/x']
      const probe = probing({reach, reason: 'made up'}, {repo: {...repo, issues}})
      return probed(probe, wanting(reach))
    }
    const audit = judged(shut('confinement'))
    expect(found(audit)).toEqual([
      'repository-missing: org/app is out of reach, and it is where dev-a finds its work: the profile engineer has to name it',
    ])
    const elsewhere = shut('confinement')
    const other = {...valueOfProbe(elsewhere), repo: {...valueOfProbe(elsewhere).repo!, repo: 'org/other'}}
    expect(charge(judged(probed(other, wanting(['org/x']))), 'repository-missing')?.fingerprint).not.toBe(
      audit.findings[0]?.fingerprint,
    )
    expect(said(shut('role'))).toEqual([])
  })

  test.each<[string, ProbeReport | SourceReading<ProbeReport>, string]>([
    ['the probe cannot tell', probing({reach: 'unknown', reason: 'only a list tells'}), 'only a list tells'],
    ['the probe failed', failed('Gitea does not answer'), 'Gitea does not answer'],
    ['its life is unknown', lifeless('00001001', 'unknown', 'the server answered 502'), 'the server answered 502'],
  ])('are left open with the reason where %s', (_, probe, why) => {
    const rules = ['repository-missing', 'repository-excess', 'could-be-confined']
    const gaps = judged(probed(probe, wanting(['org/app']))).unjudged.filter(({rule}) => rules.includes(rule))
    expect(gaps).toEqual(rules.map((rule) => ({agent: 'dev-a', rule, reason: why})))
    expect(said(probed(probe, wanting(undefined)))).toEqual([])
  })

  test.each<[string, ProbeReport, unknown]>([
    ['as the probe told', probing({reach: ['org/app'], reason: 'made up'}), ['org/app']],
    ['all of them too', probing({reach: 'all', reason: 'made up'}), 'all'],
    ['nothing where it could not tell', probing({reach: 'unknown', reason: 'made up'}), undefined],
  ])('stand in the report of it: %s', (_, probe, repositories) => {
    expect(judged(probed(probe)).tokens).toMatchObject([{deployed: true, repositories}])
  })
})
