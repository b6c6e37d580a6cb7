import {describe, expect, test} from 'vitest'
import {audit, choose, collect, RULES, type AuditPorts} from '../../../src/fleet/index.ts'
import {ABILITIES} from './cases/abilities.ts'
import {SURROUNDINGS} from './cases/surroundings.ts'
import {
  ago,
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
  report,
  row,
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
  const covered = new Set([...Object.keys(CASES), 'token-shared', 'user-without-workspace'])
  expect(RULES.map(({id}) => id).filter((id) => !covered.has(id))).toEqual([])
})

describe('the fix', () => {
  const missing = (change: (each: Member) => void) =>
    member('dev-a', 1, (each) => {
      each.rows[0]!.scopes = ['read:issue', 'write:repository']
      change(each)
    })
  test.each([
    ['of one that is up', 'online', {}, 'patrol rotate dev-a'],
    ['of a paused one', 'paused', {}, 'patrol rotate dev-a  # resume its workspace in the canvas first: it is paused'],
    ['of a hibernated one', 'hibernated', {}, 'patrol rotate dev-a  # wake its workspace first: it is hibernated'],
    [
      'of an external one',
      'online',
      {runtime: 'external'},
      'patrol rotate dev-a  # then its operator restarts it: it is external',
    ],
    [
      'of the concierge',
      'online',
      {kind: 'platform'},
      'patrol mint dev-a --output-file FILE  # then store it in the canvas: patrol does not write to the concierge',
    ],
  ])('%s is what its guards let pass', async (_, status, more, fix) => {
    const made = missing((each) => Object.assign(each.workspaceRow!, {status, ...more}))
    const {agents} = await audited({members: [made], sources: 'listing'})
    expect(agents[0]?.findings.find(({rule}) => rule === 'scope-missing')?.fix).toBe(fix)
  })

  test.each([
    ['workspace', 'scope-missing', 'patrol onboard dev-a'],
    ['workspace', 'workspace-missing', 'patrol onboard dev-a  # or give it the right workspace in patrol.yaml'],
    ['user', 'token-dead', 'patrol onboard dev-a'],
    [
      'user',
      'workspace-without-user',
      'patrol onboard dev-a  # or put the right login in the place of dev-a in patrol.yaml',
    ],
  ])('where there is no %s, %s is mended by onboarding it', async (absent, rule, fix) => {
    const made = missing((each) => {
      if (absent === 'workspace') each.workspaceRow = undefined
      else Object.assign(each, {user: 'dev-a', account: undefined, rows: [], held: undefined, deployment: undefined})
    })
    const {agents} = await audited({members: [made], sources: 'listing'})
    expect(agents[0]?.findings.find((finding) => finding.rule === rule)?.fix).toBe(fix)
  })

  test('of an external one that failed is no restart of ours', async () => {
    const made = missing((each) => Object.assign(each.workspaceRow!, {status: 'failed', runtime: 'external'}))
    const {agents} = await audited({members: [made], sources: 'listing'})
    expect(agents[0]?.findings.find(({rule}) => rule === 'workspace-failed')?.fix).toBe(
      'patrol smoke dev-a  # after its operator restarted it: it is external',
    )
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

test('fixes survive hostile names, and names stay on one line', () => {
  for (const {fix} of RULES) {
    const line = fix({agent: "x'; rm -rf ~\n", user: '$(id)\u2028', workspace: '`id`', repo: 'a b', unclaimed: true})
    expect(line).not.toMatch(/\n|\u2028/)
    expect(line.replaceAll(/'[^']*'/g, '')).not.toMatch(/[$`;]/)
  }
})
