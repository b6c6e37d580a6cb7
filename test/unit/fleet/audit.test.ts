import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {audit, choose, collect, type AuditEvent, type AuditPorts, type AuditProgress} from '../../../src/fleet/index.ts'
import {inOrder} from '../../../src/fleet/pool.ts'
import {audited, down, found, inventory, lifeless, member, open, portsOf, type World} from './world.ts'

const fleet = (count: number) =>
  Array.from({length: count}, (_, at) => member(`dev-${String(at).padStart(3, '0')}`, at))

type Ports = ReturnType<typeof portsOf>

function broken(world: World, change: (ports: Ports) => Partial<AuditPorts>): Ports {
  const ports = portsOf(world)
  return {...ports, ...change(ports)}
}

describe('the order of things', () => {
  test('agents come in the order of the inventory, however long each takes', async () => {
    const members = fleet(20)
    const ports = broken({members}, ({listing}) => ({
      listing: {...listing!, tokens: async (user) => (await sleep(Number(user.at(-1)) % 3), listing!.tokens(user))},
    }))
    const {agents} = await collect(audit(choose(inventory(members)), ports, {concurrency: 4}))
    expect(agents.map(({agent, index}) => [agent, index])).toEqual(members.map(({name}, at) => [name, at]))
  })

  test('the listing is read before the probe, which counts as a use', async () => {
    const members = fleet(1)
    const ports = portsOf({members})
    await collect(audit(choose(inventory(members)), ports))
    expect(ports.calls.filter((call) => /^(?:tokens|probe)/.test(call))).toEqual(['tokens u-dev-000', 'probe 00001000'])
  })

  test('no more agents are looked at at once than allowed', async () => {
    const members = fleet(12)
    let [now, most] = [0, 0]
    const ports = broken({members}, ({listing}) => ({
      listing: {
        ...listing!,
        async tokens(user) {
          most = Math.max(most, ++now)
          await sleep(1)
          now--
          return listing!.tokens(user)
        },
      },
    }))
    await collect(audit(choose(inventory(members)), ports, {concurrency: 3}))
    expect(most).toBe(3)
  })

  test('the first agent is told before the last is looked at', async () => {
    const members = fleet(60)
    const ports = portsOf({members})
    const events: AuditEvent['kind'][] = []
    for await (const {kind} of audit(choose(inventory(members)), ports, {concurrency: 2})) {
      events.push(kind)
      if (kind === 'agent') break
    }
    expect(events).toEqual(['head', 'agent'])
    expect(ports.calls.filter((call) => call.startsWith('tokens'))).not.toContain('tokens u-dev-059')
  })

  test('a slow agent holds back those behind it, so that results do not pile up', async () => {
    let begun = 0
    const slow = Promise.withResolvers<undefined>()
    const work = (at: number) => (begun++, at === 0 ? slow.promise : Promise.resolve())
    const results = inOrder(Array.from({length: 100}).keys(), 2, work)
    const first = results.next()
    await sleep(5)
    expect(begun).toBe(8)
    slow.resolve(undefined)
    await first
    await results.return(undefined)
  })

  test('who stops waits for what is under way, and begins nothing more', async () => {
    const [begun, ended]: [number[], number[]] = [[], []]
    const work = async (at: number) => {
      begun.push(at)
      await sleep(at === 0 ? 0 : 20)
      ended.push(at)
    }
    for await (const _ of inOrder(Array.from({length: 100}).keys(), 3, work)) break
    expect(new Set(ended)).toEqual(new Set(begun))
    expect(begun.length).toBeLessThan(6)
    const known = begun.length
    await sleep(30)
    expect(begun).toHaveLength(known)
  })

  test('progress goes over all agents, twice', async () => {
    const heard: AuditProgress[] = []
    await audited({members: fleet(3)}, {onProgress: (progress) => heard.push(progress)})
    expect(heard.map(({phase, done, total}) => `${phase} ${done}/${total}`)).toEqual(
      ['preparing', 'auditing'].flatMap((phase) => [1, 2, 3].map((done) => `${phase} ${done}/3`)),
    )
  })
})

describe('what fails', () => {
  test('a server that stays silent is left alone, and the other one is judged all the same', async () => {
    const members = fleet(40)
    members[39]!.workspaceRow!.status = 'failed'
    const silent = () => Promise.reject(down())
    const ports = broken({members, sources: 'listing'}, ({listing, calls}) => ({
      listing: {...listing!, users: silent, user: silent, tokens: (user) => (calls.push(`tokens ${user}`), silent())},
    }))
    const report = await collect(audit(choose(inventory(members)), ports, {concurrency: 2, giveUpAfter: 5}))
    expect(report.summary).toMatchObject({agents: 40, unknown: 40, exit: 5})
    expect(report.agents.flatMap(found)).toEqual(['workspace-failed'])
    expect(open(report.agents[20]!)).toContain('token-dead')
    expect(report.agents[20]!.unjudged[0]?.reason).toContain('for the whole fleet')
    expect(report.unjudged).toEqual([
      {agent: '', rule: '*', reason: 'nothing answers there'},
      {agent: '', rule: '*', reason: expect.stringContaining('left alone after')},
    ])
    expect(ports.calls.filter((call) => call.startsWith('tokens')).length).toBeLessThan(5)
  })

  test('a platform that stays silent leaves the tokens judged', async () => {
    const members = fleet(2)
    members[0]!.rows[0]!.scopes = []
    const ports = broken({members, sources: 'listing'}, ({platform}) => ({
      platform: {...platform!, workspaces: () => Promise.reject(new OpsError('PLATFORM_UNREACHABLE', 'no route'))},
    }))
    const {agents, unjudged, summary} = await collect(audit(choose(inventory(members)), ports))
    expect(agents.map(found)).toEqual([['empty-scope'], []])
    expect(agents.map(open)).toEqual(
      Array(2).fill(['secret-older-than-token', 'workspace-missing', 'workspace-failed', 'workspace-offline']),
    )
    // Said once, and not for every rule of every agent.
    expect(unjudged).toEqual([{agent: '', rule: '*', reason: 'no route'}])
    expect(agents.flatMap(({unjudged: each}) => each).filter(({reason}) => reason.includes('no route'))).toEqual([])
    expect(summary.exit).toBe(5)
  })

  test('two agents in one workspace, the one by its id and the other by its name, are no pass', async () => {
    const [a, b, c] = fleet(3)
    Object.assign(a!, {workspace: 'id-dev-001'})
    const {agents, summary} = await audited({members: [a!, b!, c!], sources: 'listing'})
    expect(agents.map(({state}) => state)).toEqual(['unknown', 'unknown', 'ok'])
    expect(agents[0]!.unjudged[0]?.reason).toContain('dev-001 has the same workspace')
    expect(summary.exit).toBe(5)
  })

  test('one failed read costs one agent', async () => {
    const members = fleet(3)
    const ports = broken({members, sources: 'listing'}, ({listing}) => ({
      listing: {...listing!, tokens: (user) => (user.endsWith('001') ? Promise.reject(down()) : listing!.tokens(user))},
    }))
    const {agents} = await collect(audit(choose(inventory(members)), ports))
    expect(agents.map(({state}) => state)).toEqual(['ok', 'unknown', 'ok'])
    expect(open(agents[1]!)).toContain('secret-older-than-token')
  })

  test('probes without an answer open the circuit as well', async () => {
    const members = fleet(30)
    for (const each of members) each.probe = lifeless(each.rows[0]!.lastEight, 'unknown', 'the server answered 502')
    const ports = portsOf({members, sources: 'probe'})
    await collect(audit(choose(inventory(members)), ports, {concurrency: 1, giveUpAfter: 4}))
    expect(ports.calls.filter((call) => call.startsWith('probe'))).toHaveLength(4)
  })

  test('a rejected credential of ours is not tried on, and is exit 4', async () => {
    const members = fleet(10)
    const no = () => Promise.reject(new OpsError('ADMIN_REJECTED', 'the password is wrong'))
    const ports = broken({members}, ({listing, calls}) => ({
      listing: {
        ...listing!,
        users: () => (calls.push('no'), no()),
        user: () => (calls.push('no'), no()),
        tokens: () => (calls.push('no'), no()),
      },
    }))
    const {summary, agents, unjudged} = await collect(audit(choose(inventory(members)), ports))
    expect(summary.exit).toBe(4)
    expect(agents.map(({liveness}) => liveness)).toEqual(Array(10).fill('alive'))
    expect(ports.calls.filter((call) => call === 'no')).toHaveLength(1)
    expect(unjudged).toEqual([{agent: '', rule: '*', reason: 'the password is wrong'}])
    expect(JSON.stringify(agents)).not.toContain('the password is wrong')
  })

  test('an administrator who may not read the directory is asked for each user', async () => {
    const members = fleet(2)
    members[1]!.account!.isAdmin = true
    const ports = broken({members, sources: 'listing'}, ({listing}) => ({
      listing: {...listing!, users: () => Promise.reject(new OpsError('ADMIN_SCOPE', 'needs read:admin'))},
    }))
    const {agents, summary} = await collect(audit(choose(inventory(members)), ports))
    expect(agents.map(found)).toEqual([[], ['user-is-admin']])
    expect(summary.exit).toBe(5)
  })

  test('a reference that cannot be read is unknown, never a pass', async () => {
    const members = fleet(1)
    const ports = broken({members, sources: 'probe'}, () => ({
      tokenOf: () => Promise.reject(new OpsError('SECRET_UNREADABLE', 'TOKEN_A is empty or not set')),
    }))
    const {agents, summary} = await collect(audit(choose(inventory(members)), ports))
    expect(open(agents[0]!)).toEqual(
      expect.arrayContaining(['token-dead', 'scope-missing', 'role-gap', 'deployed-unknown']),
    )
    expect(summary.exit).toBe(5)
  })

  test('an interrupt ends it', async () => {
    const stop = new AbortController()
    const run = audited({members: fleet(5)}, {signal: stop.signal, onProgress: () => stop.abort()})
    await expect(run).rejects.toMatchObject({code: 'INTERRUPTED'})
  })

  test('a probe that had an effect ends it', async () => {
    const members = fleet(2)
    const ports = broken({members}, () => ({
      probe: () => Promise.reject(new OpsError('PROBE_HAD_EFFECT', 'answered 204')),
    }))
    await expect(collect(audit(choose(inventory(members)), ports))).rejects.toMatchObject({code: 'PROBE_HAD_EFFECT'})
  })
})

describe('the exit', () => {
  const withFinding = () => member('dev-a', 1, (m) => void (m.rows[0]!.lastUsedAt = '2026-01-01T00:00:00Z'))

  test.each([
    {name: 'clean', members: [member('dev-a', 1)], failOn: 'low', exit: 0},
    {name: 'at the severity', members: [withFinding()], failOn: 'low', exit: 3},
    {name: 'below the severity', members: [withFinding()], failOn: 'medium', exit: 0},
    {
      name: 'unknown before findings',
      members: [withFinding(), member('dev-b', 2, (m) => void (m.workspaceRow!.status = 'dreaming'))],
      failOn: 'low',
      exit: 5,
    },
  ] as const)('$name: $exit', async ({members, failOn, exit}) => {
    expect((await audited({members: [...members], sources: 'listing'}, {failOn})).summary.exit).toBe(exit)
  })

  test('counts agents by state and findings by severity', async () => {
    const {summary} = await audited({members: [withFinding(), member('dev-b', 2)], sources: 'listing'})
    expect(summary).toMatchObject({
      agents: 2,
      ok: 1,
      withFindings: 1,
      unknown: 0,
      findings: {critical: 0, high: 0, medium: 0, low: 1},
    })
  })
})

test('nothing that is reported holds a value', async () => {
  const members = fleet(2)
  const text = JSON.stringify(await audited({members}))
  for (const {held} of members) expect(text).not.toContain(held)
})
