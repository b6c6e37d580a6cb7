import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {audit, choose, collect, RULES, type AuditPorts} from '../../../src/fleet/index.ts'
import type {FixContext} from '../../../src/fleet/index.ts'
import type {PlacementAnywhere, Proof} from '../../../src/story/ports.ts'
import {ABILITIES} from './cases/abilities.ts'
import {ours, rotation, shut} from './cases/case.ts'
import {SURROUNDINGS} from './cases/surroundings.ts'
import {
  ago,
  DAY,
  auditOf,
  audited,
  down,
  ENGINEER,
  found,
  inventory,
  member,
  NOW,
  open,
  portsOf,
  recorded,
  report,
  row,
  value,
} from './world.ts'
import type {Member, World} from './world.ts'

const CASES = {...ABILITIES, ...SURROUNDINGS}

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases)('$name', async ({change, world, finds = [], open: unjudged = []}) => {
    const judged = await auditOf(change, world)
    expect(found(judged).toSorted()).toEqual(finds.toSorted())
    expect(open(judged).toSorted()).toEqual(unjudged)
    expect(judged.state).toBe(unjudged.length > 0 ? 'unknown' : finds.length > 0 ? 'findings' : 'ok')
  })
})

test('of a user who has another name by now nothing is said to be dead or missing', async () => {
  const members = [member('a', 0), member('b', 1)]
  const ports = portsOf({members})
  const renamed = (login: string): void => {
    if (login === members[0]!.user) throw new OpsError('GITEA_USER_RENAMED', {from: login, to: 'another'})
  }
  const {listing} = ports
  const listed: AuditPorts = {
    ...ports,
    probe: undefined,
    listing: {
      ...listing!,
      users: async () => (await listing!.users()).filter(({login}) => login !== members[0]!.user),
      user: async (login) => (renamed(login), listing!.user(login)),
      tokens: async (login) => (renamed(login), listing!.tokens(login)),
    },
  }
  const {agents, summary} = await collect(audit(choose(inventory(members)), listed))
  expect([agents[0]!.state, found(agents[0]!), summary.exit]).toEqual(['unknown', [], 5])
  expect(agents[0]!.unjudged.map(({reason}) => reason)).toContain(`The user ${members[0]!.user} is called another now.`)
  expect(agents[1]!.state).toBe('ok')
})

test('an agent with everything in order has no finding, by any source', async () => {
  for (const sources of ['listing', 'probe', 'both'] as const) {
    const clean = await auditOf(() => {}, {sources})
    expect({findings: found(clean), open: open(clean), state: clean.state}).toEqual({
      findings: [],
      open: [],
      state: 'ok',
    })
    expect(clean.liveness).toBe('alive')
  }
})

describe('token-shared', () => {
  const twins = (change: (b: Member) => void): Member[] => {
    const a = member('dev-a', 1)
    return [
      a,
      member('dev-b', 2, (b) => {
        b.held = a.held
        b.probe = a.probe
        change(b)
      }),
    ]
  }

  test('both agents on one token get it, and the one whose user does not own it is told so', async () => {
    const {agents} = await audited({members: twins(() => {})})
    expect(agents.map(found)).toEqual([['token-shared'], ['token-shared', 'deployed-unknown']])
    expect(agents[0]?.findings[0]?.message).toContain('dev-b')
  })

  test('the same last eight of two values is no sharing', async () => {
    const members = twins((b) => {
      b.held = `${'b'.repeat(32)}00001001`
      b.rows = [row('other', '00001001', {id: 99, createdAt: ago(3), lastUsedAt: ago(1)})]
      b.probe = report(b.user, '00001001', ENGINEER)
    })
    expect((await audited({members})).agents.flatMap(found)).toEqual([])
  })

  test('is told from the ledger as well', async () => {
    const deployed = (m: Member) => {
      m.held = undefined
      m.deployment = {
        agent: m.name,
        user: 'u-dev-a',
        token: 0x1001,
        lastEight: '00001001',
        secretUpdatedAt: undefined,
        at: NOW,
      }
    }
    const {agents} = await audited({
      members: [member('dev-a', 1, deployed), member('dev-b', 2, deployed)],
      sources: 'listing',
    })
    expect(agents.map((each) => found(each).includes('token-shared'))).toEqual([true, true])
  })
})

describe('what no agent claims', () => {
  const stranger = {login: 'old-agent', isAdmin: false, active: true, prohibitLogin: false}
  const adrift = {id: 'id-x', name: 'adrift', status: 'online', kind: 'workspace', lastSampleError: undefined}
  const world: World = {members: [member('dev-a', 1)], sources: 'listing'}

  test('a user with tokens of ours', async () => {
    const others = {'old-agent': [row('patrol.old-agent.20260101.aaaaaaaaaa', '0000aaaa'), row('laptop', '0000bbbb')]}
    const {unclaimed} = await audited({...world, users: [stranger], others})
    expect(unclaimed.map(({rule, agent}) => [rule, agent])).toEqual([['user-without-workspace', 'old-agent']])
    expect(unclaimed[0]?.message).not.toContain('laptop')
  })

  test('but not a user whom an agent has under his name of before', async () => {
    const others = {
      'dev-a-now': [row('patrol.dev-a.20260101.aaaaaaaaaa', '0000aaaa')],
      'old-agent': [row('patrol.old.20260101.aaaaaaaaaa', '0000bbbb')],
    }
    const renamed = member('dev-a', 1, (each) => (each.account = undefined))
    const ports = portsOf({
      members: [renamed, member('dev-b', 2)],
      sources: 'listing',
      users: [{...stranger, login: 'dev-a-now'}, stranger],
      others,
    })
    const user = async () => Promise.reject(new OpsError('GITEA_USER_RENAMED', {from: 'u-dev-a', to: 'Dev-A-Now'}))
    const listing = {...ports.listing!, user}
    const told = await collect(audit(choose(inventory([renamed, member('dev-b', 2)])), {...ports, listing}))
    expect(told.unclaimed.map(({rule, agent}) => [rule, agent])).toEqual([['user-without-workspace', 'old-agent']])
  })

  test.each<[string, Partial<World>, string]>([
    [
      'was last proven on one',
      {
        proofs: [
          {
            agent: 'old',
            elsewhere: undefined,
            user: 'old-agent',
            workspace: 'id-o',
            token: 0xaaaa,
            lastEight: '0000aaaa',
            secretUpdatedAt: undefined,
            at: NOW,
          },
        ],
      },
      'old of workspace id-o was last proven on …0000aaaa',
    ],
    [
      'was sent one',
      {
        places: [
          {
            agent: 'old',
            elsewhere: undefined,
            user: 'old-agent',
            secretKey: 'GITEA_TOKEN',
            rotation: undefined,
            how: 'by-hand',
            at: NOW,
            token: {id: 0xaaaa, lastEight: '0000aaaa'},
            workspace: {id: 'id-o', name: 'old'},
          },
        ],
      },
      '…0000aaaa was sent to or seen in workspace old',
    ],
  ])(
    'nor does anybody delete the tokens of a user of whom somebody %s before that is looked after',
    async (_, known, why) => {
      const others = {'old-agent': [row('patrol.old.20260101.aaaaaaaaaa', '0000aaaa')]}
      const {unclaimed} = await audited({...world, ...known, users: [stranger], others})
      expect(unclaimed[0]?.message).toContain(`; ${why}`)
      expect(unclaimed[0]?.note ?? unclaimed[0]?.fix).toMatch(/once nobody runs on them/)
    },
  )

  test('a user with only foreign tokens is left alone', async () => {
    const others = {'old-agent': [row('laptop', '0000bbbb')]}
    expect((await audited({...world, users: [stranger], others})).unclaimed).toEqual([])
  })

  test('a workspace, but not the concierge', async () => {
    const concierge = {...adrift, id: 'id-c', name: 'concierge', kind: 'platform'}
    const {unclaimed} = await audited({...world, workspaces: [adrift, concierge]})
    expect(unclaimed.map(({rule, subject}) => [rule, subject.workspace])).toEqual([['workspace-without-user', 'id-x']])
  })

  test('is not looked for when only some agents are audited', async () => {
    const members = [member('dev-a', 1), member('dev-b', 2)]
    const ports = portsOf({members, users: [stranger], workspaces: [adrift]})
    const some = choose(inventory(members), {names: ['dev-a']})
    expect((await collect(audit(some, ports))).unclaimed).toEqual([])
    expect(ports.calls).not.toContain('users')
  })

  test('is unjudged where nobody may read the directory, and the agents are judged all the same', async () => {
    const ports = portsOf({...world, users: [stranger]})
    const closed: AuditPorts = {...ports, listing: {...ports.listing!, users: () => Promise.reject(down())}}
    const told = await collect(audit(choose(inventory(world.members)), closed))
    expect(told.unjudged).toEqual([{agent: '', rule: 'user-without-workspace', reason: 'nothing answers there'}])
    expect(told.agents.map(({state}) => state)).toEqual(['ok'])
    expect(told.summary.exit).toBe(5)
  })
})

test('every rule of the table has a case that violates it', () => {
  const covered = new Set([...Object.keys(CASES), 'token-shared', 'user-is-organisation', 'user-without-workspace'])
  expect(RULES.map(({id}) => id).filter((id) => !covered.has(id))).toEqual([])
})

describe('the fix', () => {
  const missing = (change: (each: Member) => void) =>
    member('dev-a', 1, (each) => {
      each.rows[0]!.scopes = ['read:issue', 'write:repository']
      change(each)
    })
  test.each([
    ['of one that is up', 'online', {}, 'patrol rotate dev-a', undefined],
    ['of a paused one', 'paused', {}, 'patrol rotate dev-a', /resume its workspace in the canvas first/],
    ['of a hibernated one', 'hibernated', {}, 'patrol rotate dev-a', /wake its workspace first/],
    ['of an external one', 'online', {runtime: 'external'}, 'patrol rotate dev-a', /then its operator restarts it/],
    [
      'of the concierge',
      'online',
      {kind: 'platform'},
      'patrol mint dev-a --output-file dev-a.token',
      /then store it in the canvas/,
    ],
  ])('%s is what its guards let pass', async (_, status, more, fix, note) => {
    const made = missing((each) => Object.assign(each.workspaceRow!, {status, ...more}))
    const {agents} = await audited({members: [made], sources: 'listing'})
    const charge = agents[0]?.findings.find(({rule}) => rule === 'scope-missing')
    expect(charge?.fix).toBe(fix)
    expect(charge?.note ?? '').toMatch(note ?? /^$/)
  })

  test.each([
    ['workspace', 'scope-missing', undefined],
    ['workspace', 'workspace-missing', /or give it the right workspace/],
    ['user', 'token-dead', undefined],
    ['user', 'workspace-without-user', /or put the right login in the place of dev-a/],
  ])('where there is no %s, %s is mended by onboarding it', async (absent, rule, note) => {
    const made = missing((each) => {
      if (absent === 'workspace') each.workspaceRow = undefined
      else Object.assign(each, {user: 'dev-a', account: undefined, rows: [], held: undefined, deployment: undefined})
    })
    const {agents} = await audited({members: [made], sources: 'listing'})
    const charge = agents[0]?.findings.find((finding) => finding.rule === rule)
    expect(charge?.fix).toBe('patrol onboard dev-a')
    expect(charge?.note ?? '').toMatch(note ?? /^$/)
  })

  test('of an external one that failed is no restart of ours', async () => {
    const made = missing((each) => Object.assign(each.workspaceRow!, {status: 'failed', runtime: 'external'}))
    const {agents} = await audited({members: [made], sources: 'listing'})
    expect(agents[0]?.findings.find(({rule}) => rule === 'workspace-failed')).toMatchObject({
      fix: 'patrol smoke dev-a',
      note: expect.stringMatching(/after its operator restarted it/),
    })
  })

  test('while a rotation of it has stopped is to go on with that', async () => {
    const rotations = [rotation('abcdefghij', false)]
    const {agents} = await audited({members: [missing(() => {})], sources: 'listing', rotations})
    expect(agents[0]?.findings[0]).toMatchObject({rule: 'scope-missing', fix: 'patrol rotation resume dev-a'})
  })
})

test.each(['role', 'shut'] as const)(
  'a repository that is not there (%s) is no matter of the role',
  async (outcome) => {
    const world = {sources: 'both', noRepositories: true} as const
    const gone = await auditOf(shut('issues', outcome), world)
    expect(gone.findings).toMatchObject([
      {
        rule: 'role-gap',
        message: 'the server has no repository org/app, in which dev-a is to find its work',
        note: expect.stringContaining('right name of the repository into patrol.yaml'),
      },
    ])
    expect(gone.unjudged).toEqual([])
    const there = await auditOf(shut('issues', 'role'), {...world, noRepositories: false})
    expect(there.findings).toMatchObject([{rule: 'role-gap', note: expect.stringMatching(/^let \S+ read issues/)}])
  },
)

describe('a token is never offered for revocation', () => {
  const laptop = row('laptop', '0000cafe')
  const elsewhere = row('patrol.dev-a.20261121.elsewhere1', '0000e15e')
  const fixOf = async (rule: string, change: (m: Member) => void, world: Partial<World> = {}) => {
    const {agents} = await audited({members: [member('dev-a', 1, change)], sources: 'listing', ask: true, ...world})
    const charge = agents[0]?.findings.find((finding) => finding.rule === rule)
    return {fix: charge?.fix, note: charge?.note}
  }
  const unasked = {ask: false}
  const unknown = (m: Member) => void ((m.held = undefined), (m.reported = undefined), m.rows.push(elsewhere))
  const ask = {fix: 'patrol audit dev-a --ask-agents', note: undefined}

  test.each(['several-live-tokens', 'deployed-unknown'])(
    'while nobody knows which one is deployed: %s is about finding out',
    async (rule) => {
      expect(await fixOf(rule, unknown)).toEqual(ask)
      expect(await fixOf(rule, unknown, {ledger: false})).toEqual(ask)
    },
  )

  test('nor is asking offered where there is no platform to ask through', async () => {
    expect(await fixOf('deployed-unknown', unknown, {platform: false})).toEqual({
      fix: undefined,
      note: expect.stringMatching(/name its token in patrol.yaml/),
    })
  })

  test('when its name betrays a rotation that another machine may have open', async () => {
    const way = {fix: 'patrol rotation list --unfinished', note: expect.stringMatching(/on the machine that minted it/)}
    expect(await fixOf('token-orphan', (m) => void m.rows.push(elsewhere))).toEqual(way)
    // A stray token beside it may go.
    expect(await fixOf('several-live-tokens', (m) => void m.rows.push(elsewhere, laptop))).toEqual({
      fix: `patrol revoke dev-a --id ${laptop.id}`,
      note: undefined,
    })
  })

  const proven = (m: Member, at = m.secretAt) => {
    const {id, lastEight} = m.rows[0]!
    m.deployment = {agent: m.name, user: m.user.toUpperCase(), token: id, lastEight, secretUpdatedAt: at, at: NOW}
  }
  const external = (m: Member) => void Object.assign(m.workspaceRow!, {runtime: 'external'})
  const earlier = {...ours, id: 1}
  const beside = (m: Member) => {
    m.rows = [{...m.rows[0]!, name: 'patrol.dev-a.20261120.newrotate1'}, earlier]
    m.recorded.push(recorded('u-dev-a', earlier, {}))
  }
  const revoke = {fix: 'patrol revoke dev-a --id 1', note: undefined}
  const anew = {fix: 'patrol rotate dev-a', note: undefined}

  test.each<[string, (m: Member) => void, Partial<World>, object]>([
    ['by a reference alone', () => {}, unasked, ask],
    ['by a proof before its secret was written again', (m) => proven(m, ago(5)), unasked, ask],
    [
      'by a proof when its secret could not be read',
      (m) => (proven(m), (m.deployment!.secretUpdatedAt = undefined), void (m.secretAt = undefined)),
      unasked,
      ask,
    ],
    ['by a proof of another user', (m) => (proven(m), void (m.deployment!.user = 'u')), unasked, ask],
    ['by a proof on another token', (m) => (proven(m), void (m.deployment!.lastEight = '0000cafe')), unasked, ask],
    ['by a proof since which its secret stands', (m) => proven(m), unasked, revoke],
    ['by the agent itself', () => {}, {}, revoke],
    ['by itself, where its next start may bring another', (m) => void (m.startedSince = false), {}, anew],
    [
      'by itself, where nobody knows when it began',
      (m) => void (m.startedSince = new OpsError('PLATFORM_UNAVAILABLE', 'not now.')),
      {},
      anew,
    ],
    ['by a proof on what it then says', (m) => (proven(m), void (m.startedSince = false)), {}, revoke],
    ['by a proof, for it runs elsewhere', (m) => (external(m), proven(m)), unasked, ask],
    [
      'by itself, for it runs elsewhere',
      external,
      {},
      {fix: 'patrol rotate dev-a', note: 'then its operator restarts it: it is external'},
    ],
    ['by both, though it runs elsewhere', (m) => (external(m), proven(m)), {}, revoke],
  ])('but where it is sure what runs: %s', async (_, change, world, way) => {
    const both = (m: Member) => (beside(m), change(m))
    expect(await fixOf('token-orphan', both, world)).toEqual(way)
    const {agents} = await audited({members: [member('dev-a', 1, both)], sources: 'listing', ask: true, ...world})
    const said = way === revoke ? "and in nobody's hands" : 'but whether its agent runs on it is not sure'
    expect(agents[0]?.findings.find(({rule}) => rule === 'token-orphan')?.message).toMatch(new RegExp(`, ${said}$`))
  })

  test('and is asked when its process began only where its word alone counts, and another token could go', async () => {
    const asked = async (change: (m: Member) => void, world: Partial<World> = {}) => {
      const ports = portsOf({members: [member('dev-a', 1, change)], sources: 'listing', ask: true, ...world})
      await collect(audit(choose(inventory([member('dev-a', 1, change)])), ports))
      return ports.calls.filter((call) => call.startsWith('started'))
    }
    expect(await asked(beside)).toEqual(['started id-dev-a'])
    expect(await asked(() => {})).toEqual([])
    expect(await asked(beside, {ask: false})).toEqual([])
    expect(await asked((m) => (beside(m), external(m)))).toEqual([])
  })

  test('by a proof also where nothing tells when its token was made', async () => {
    const undated = (m: Member) => (beside(m), proven(m), void delete m.rows[0]!.createdAt)
    expect(await fixOf('token-orphan', undated, unasked)).toEqual(revoke)
  })

  test('when by its name it was minted for another agent, be it in a patrol.yaml or in none', async () => {
    const theirs = {...row('patrol.team-b.20261121.elsewhere1', '0000e15f'), id: 4}
    expect(await fixOf('several-live-tokens', (m) => void m.rows.push(theirs))).toEqual({
      fix: 'patrol revoke dev-a --id 4 --dry-run',
      note: 'by its name it was minted for team-b: so look first',
    })
  })

  test('but is when that is what patrol.yaml called its own agent', async () => {
    const before = {...row('patrol.team-b.20261121.elsewhere1', '0000e15f'), id: 4}
    const known = recorded('u-dev-a', before, {mintedAt: NOW - DAY})
    const there = {agent: 'team-b', user: 'u-dev-a', token: 4, lastEight: '0000e15f', secretUpdatedAt: undefined, at: 0}
    const proofs = [{...there, workspace: 'id-dev-a', elsewhere: undefined}]
    const change = (m: Member) => void (m.rows.push(before), m.recorded.push(known))
    const revoked = {fix: 'patrol revoke dev-a --id 4', note: undefined}
    expect(await fixOf('several-live-tokens', change, {proofs})).toEqual(revoked)
    const others = [member('team-b', 2)]
    const {agents} = await audited({
      ...{members: [member('dev-a', 1, change), ...others], sources: 'listing' as const, ask: true},
      proofs,
    })
    const charge = agents[0]?.findings.find(({rule}) => rule === 'several-live-tokens')
    expect(charge?.note).toBe('by its name it was minted for team-b: so look first')
  })

  test('when a rotation in our journal has stopped', async () => {
    const rotations = [rotation('zyxwvutsrq', false)]
    const resume = {fix: 'patrol rotation resume dev-a', note: undefined}
    expect(await fixOf('token-orphan', beside, {rotations})).toEqual(resume)
  })

  test('when a rotation in our journal is open and revokes it, which it does with no other', async () => {
    const rotations = [{...rotation('abcdefghij', false), phase: 'proven'}]
    const overdue = recorded('u-dev-a', ours, {supersededAt: NOW - 2 * DAY, deadline: NOW - DAY})
    const change = (m: Member) => void (m.rows.push(ours, laptop), m.recorded.push(overdue))
    const resume = {fix: 'patrol rotation resume dev-a', note: undefined}
    expect(await fixOf('superseded-alive', change, {rotations})).toEqual(resume)
    expect(
      await fixOf('superseded-alive', (m) => (change(m), void (m.rows[0]!.lastEight = 'gone0000')), {rotations}),
    ).toEqual(resume)
    const stray = {fix: `patrol revoke dev-a --id ${laptop.id}`, note: undefined}
    expect(await fixOf('several-live-tokens', change, {rotations})).toEqual(stray)
    const revoking = rotations.map((each) => ({...each, phase: 'revoking'}))
    expect(await fixOf('several-live-tokens', change, {rotations: revoking})).toEqual(stray)
    expect(await fixOf('several-live-tokens', change, {rotations, ...unasked})).toEqual(ask)
  })

  test('while another agent runs on it: that one gets a token of its own', async () => {
    const orphan = {...ours, id: 1}
    const overdue = recorded('u-dev-a', orphan, {supersededAt: NOW - 2 * DAY, deadline: NOW - DAY})
    const older = (m: Member) => void (m.rows[0]!.name = 'patrol.dev-a.20261120.newrotate1')
    const left: Record<string, (m: Member) => void> = {
      'token-orphan': (m) => (older(m), void m.rows.push(orphan)),
      'superseded-alive': (m) => void (m.rows.push(orphan), m.recorded.push(overdue)),
      'several-live-tokens': (m) => void m.rows.push({...orphan, name: 'by hand'}),
    }
    for (const [rule, change] of Object.entries(left)) {
      const others = ['dev-b', 'dev-c'].map((name, at) =>
        member(name, at + 2, (m) => void (m.held = value(orphan.lastEight))),
      )
      const {agents} = await audited({members: [member('dev-a', 1, change), ...others], sources: 'listing'})
      const charge = agents[0]?.findings.find((finding) => finding.rule === rule)
      expect(charge).toMatchObject({
        fix: 'patrol rotate dev-b dev-c',
        note: 'dev-b, dev-c run on it; first take "token:" of dev-b, dev-c out of patrol.yaml',
      })
    }
  })

  test('but is when it is on record and not deployed; one of which there is no record somebody may run on, however old', async () => {
    expect((await fixOf('token-orphan', beside)).fix).toBe('patrol revoke dev-a --id 1')
    const unrecorded = (m: Member) => (beside(m), void (m.recorded.length = 0))
    expect((await fixOf('token-orphan', unrecorded)).note).toMatch(
      /or an agent of this name that lives there runs on it/,
    )
    const {agents} = await audited({members: [member('dev-a', 1, unrecorded)], sources: 'listing', ask: true})
    expect(agents[0]?.findings.find(({rule}) => rule === 'token-orphan')?.message).toMatch(
      /, and there is no record of it here: who runs on it is not known$/,
    )
  })
})

describe('a token on which somebody was proven elsewhere', () => {
  const left = {...ours, id: 1}
  const running = member('dev-a', 1).rows[0]!
  const beside = (m: Member) => void (m.rows.push(left), m.recorded.push(recorded('u-dev-a', left, {})))
  const proof = {
    agent: 'dev-a',
    user: 'u-dev-a',
    token: 1,
    lastEight: left.lastEight,
    secretUpdatedAt: undefined,
    at: 0,
  }
  const orphan = async (change: Partial<Proof>) => {
    const proofs = [{elsewhere: undefined, ...proof, ...change}]
    const {agents} = await audited({members: [member('dev-a', 1, beside)], sources: 'listing', ask: true, proofs})
    return agents[0]?.findings.find(({rule}) => rule === 'token-orphan')
  }

  test.each<[string, Partial<Proof>, string]>([
    ['the agent, in another workspace', {workspace: 'w9'}, 'dev-a of workspace w9'],
    [
      'the agent, on another platform, in what has the same id',
      {workspace: 'id-dev-a', elsewhere: 'https://staging.example.org'},
      'dev-a of https://staging.example.org',
    ],
    ['another agent', {agent: 'team-b'}, 'team-b'],
    ['another agent in its workspace', {agent: 'team-b', workspace: 'w9'}, 'team-b of workspace w9'],
  ])('is not in nobody’s hands, and is looked at before it goes: %s', async (_, change, who) => {
    expect(await orphan(change)).toMatchObject({
      message: expect.stringMatching(/, and somebody elsewhere was last proven on it$/),
      fix: 'patrol revoke dev-a --id 1 --dry-run',
      note: `${who} was last proven on it: so look first`,
    })
  })

  test.each<[string, Partial<Proof>]>([
    ['the agent in its own workspace', {workspace: 'id-dev-a'}],
    ['an agent that was called otherwise, in that workspace', {agent: 'team-b', workspace: 'id-dev-a'}],
    ['the agent, before workspaces were kept', {}],
    ['somebody on another value of it', {agent: 'team-b', lastEight: '99999999'}],
    [
      'somebody on the token that the agent runs on',
      {agent: 'team-b', token: running.id, lastEight: running.lastEight},
    ],
  ])('is one like any other where that was %s', async (_, change) => {
    expect(await orphan(change)).toMatchObject({
      message: expect.stringMatching(/, and in nobody's hands$/),
      fix: 'patrol revoke dev-a --id 1',
    })
  })

  const sent: PlacementAnywhere = {
    agent: 'dev-a',
    user: 'u-dev-a',
    workspace: {id: 'w9', name: 'old room'},
    secretKey: 'GITEA_TOKEN',
    token: {id: left.id, lastEight: left.lastEight},
    how: 'pushed',
    rotation: 'r1',
    at: 0,
    elsewhere: undefined,
  }
  const placedOrphan = async (change: Partial<PlacementAnywhere>) => {
    const places = [{...sent, ...change}]
    const {agents} = await audited({members: [member('dev-a', 1, beside)], sources: 'listing', ask: true, places})
    return agents[0]?.findings.find(({rule}) => rule === 'token-orphan')
  }

  test.each<[string, Partial<PlacementAnywhere>, string]>([
    ['sent to another workspace', {}, 'it was sent to workspace old room'],
    [
      'sent by hand, which tells its end alone',
      {how: 'by-hand', token: {id: undefined, lastEight: left.lastEight}},
      'it was sent to workspace old room',
    ],
    ['named by its agent there', {how: 'heard'}, 'dev-a reported it in workspace old room'],
    ['found there', {how: 'found'}, 'it may have been in use in workspace old room'],
    [
      'sent to one of another platform that has the same id',
      {workspace: {id: 'id-dev-a', name: 'w-dev-a'}, elsewhere: 'https://staging.example.org'},
      'it was sent to workspace w-dev-a of https://staging.example.org',
    ],
    [
      'sent with a create that nobody saw end',
      {how: 'created', workspace: {id: undefined, name: 'twin'}},
      'it was sent to workspace twin',
    ],
  ])('is looked at before it goes where it was %s', async (_, change, clause) => {
    expect(await placedOrphan(change)).toMatchObject({
      message: expect.stringContaining(`, and ${clause}`),
      fix: 'patrol revoke dev-a --id 1 --dry-run',
      note: `${clause}: so look first`,
    })
  })

  test.each<[string, Partial<PlacementAnywhere>]>([
    ['sent to its own workspace', {workspace: {id: 'id-dev-a', name: 'as it was called'}}],
    ['sent with the create of that', {how: 'created', workspace: {id: undefined, name: 'w-dev-a'}}],
    ['another value of its row', {token: {id: left.id, lastEight: '99999999'}}],
    ['what the agent runs on', {token: {id: running.id, lastEight: running.lastEight}}],
    ['the same, by hand', {token: {id: undefined, lastEight: running.lastEight}}],
    ['not it, but one that ends alike', {token: {id: 77, lastEight: left.lastEight}}],
  ])('is one like any other where what went to a workspace was %s', async (_, change) => {
    expect(await placedOrphan(change)).toMatchObject({
      message: expect.stringMatching(/, and in nobody's hands$/),
      fix: 'patrol revoke dev-a --id 1',
    })
  })

  test('is told from one that ends alike by its id', async () => {
    const twins = (m: Member) => {
      beside(m)
      const twin = {...left, id: 2, name: 'twin'}
      m.rows.push(twin)
    }
    const fixOfOrphan = async (id: number) => {
      const places = [{...sent, token: {id, lastEight: left.lastEight}}]
      const {agents} = await audited({members: [member('dev-a', 1, twins)], sources: 'listing', ask: true, places})
      return agents[0]?.findings.find(({rule}) => rule === 'token-orphan')?.fix
    }
    expect([await fixOfOrphan(1), await fixOfOrphan(2)]).toEqual([
      'patrol revoke dev-a --id 1 --dry-run',
      'patrol revoke dev-a --id 1',
    ])
  })

  test('is found out about first where there is no platform', async () => {
    const alone = member('dev-a', 1, beside)
    for (const workspace of [sent.workspace, {id: undefined, name: 'w-dev-a'}]) {
      const places = [{...sent, workspace}]
      const {agents} = await audited({members: [alone], sources: 'listing', platform: false, places})
      expect(agents[0]?.findings.find(({rule}) => rule === 'token-orphan')?.fix).toBeUndefined()
    }
  })

  test('is not what the agent runs on in the workspace that it was moved to', async () => {
    const moved = (m: Member) => {
      beside(m)
      Object.assign(m, {held: undefined, reported: undefined, deployment: {...proof, workspace: 'w9'}})
    }
    const {agents} = await audited({members: [member('dev-a', 1, moved)], sources: 'listing'})
    expect(agents[0]?.findings.map(({rule}) => rule)).toContain('deployed-unknown')
  })
})

describe('an organisation as the user of an agent', () => {
  const made = () => member('dev-a', 1, (m) => void (m.account = {...m.account!, organisation: true}))

  test('is told, and its live token is not called dead', async () => {
    const ports = portsOf({members: [made()], sources: 'listing'})
    // The directory lists people only.
    const people: AuditPorts = {...ports, listing: {...ports.listing!, users: async () => []}}
    const {agents} = await collect(audit(choose(inventory([made()])), people))
    expect(agents.map(found)).toEqual([['user-is-organisation']])
    expect(agents[0]?.liveness).toBe('alive')
  })

  test('is told by name alone as well', async () => {
    const members = [made(), member('dev-b', 2)]
    const some = choose(inventory(members), {names: ['dev-a']})
    const {agents} = await collect(audit(some, portsOf({members, sources: 'listing'})))
    expect(agents.map(found)).toEqual([['user-is-organisation']])
  })
})

test('a token that shows no scope where misc cannot be seen is not said to have none', async () => {
  const made = member('dev-a', 1, (each) => {
    each.probe = report(each.user, each.rows[0]!.lastEight, [])
    for (const said of each.probe.scopes) if (said.scope.endsWith(':misc')) said.verdict = 'not_applicable'
  })
  const {agents} = await audited({members: [made], sources: 'probe'})
  expect(agents[0]?.findings.find(({rule}) => rule === 'empty-scope')?.message).toBe(
    'its token has no scope that anything on this server asks for (read:misc, write:misc cannot be probed)',
  )
})

describe.each(RULES)('the fix of $id', ({fix}) => {
  const ways = [undefined, 'revoke', 'resume', 'elsewhere', 'held', 'find-out', 'rotate'] as const
  const contexts = (names: FixContext): FixContext[] =>
    ways.flatMap((way) =>
      [{}, {status: 'paused'}, {status: 'hibernated'}, {keeper: 'external' as const}, {keeper: 'concierge' as const}]
        .flatMap((home) => [home, {...home, halfMade: true}, {...home, stopped: true}, {...home, unclaimed: true}])
        .map((home) => ({...names, ...home, way})),
    )

  test('is a command to be typed as it is, or none: no comment, no filler, no sentence', () => {
    for (const context of contexts({agent: 'a', user: 'u', workspace: 'w', repo: 'o/r', token: {id: 7, name: 't'}})) {
      const {command, note} = fix(context)
      expect(command ?? 'patrol').toMatch(/^patrol(?: [a-z0-9./-]+)*$/)
      expect(command ?? note).toBeTruthy()
      expect(note ?? '').not.toContain('patrol ')
    }
  })

  test('survives hostile names, which stay on one line', () => {
    const names = {agent: "x'; rm -rf ~\n", user: '$(id)\u2028', workspace: '`id`', repo: 'a b'}
    for (const context of contexts(names)) {
      const {command = '', note = ''} = fix(context)
      expect(command + note).not.toMatch(/\n|\u2028/)
      expect(command.replaceAll(/'[^']*'|\\'/g, '')).not.toMatch(/[$`;]/)
    }
  })
})
