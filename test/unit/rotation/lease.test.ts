import {beforeEach, describe, expect, it} from 'vitest'
import {
  clearRevocation,
  mintToken,
  planMint,
  planPush,
  planRestart,
  planRotation,
  pushSecret,
  restartWorkspace,
  revokeToken,
  rotate,
  type RotationDeps,
  type TokenRef,
} from '../../../src/rotation/index.ts'
import {openStore, type Store} from '../../../src/store/index.ts'
import {thisProcess} from '../../../src/store/owner.ts'
import {TIMING} from '../../../src/story/timing.ts'
import {pushOf, mintOf, request, World} from '../../support/world.ts'

const agent = 'dev-a'
const {user} = request()
let world: World
let store: Store
let spare: TokenRef

/** Each act by hand; `meanwhile` is called while it is under way. */
const ACTS: Record<string, (deps: RotationDeps, meanwhile?: () => unknown) => Promise<unknown>> = {
  mint: (deps, meanwhile) => mintToken(mintOf(), deps, async () => void (await meanwhile?.())),
  push: (deps, meanwhile) => pushSecret(pushOf(world), {...deps, on: () => meanwhile?.()}),
  restart: (deps, meanwhile) => restartWorkspace({agent, workspace: 'dev-a'}, {...deps, on: () => meanwhile?.()}),
  revoke: (deps, meanwhile) => {
    const cleared = {
      request: {agent, user, token: spare, workers: []},
      standings: [],
      others: {sighted: [], unseen: [], left: []},
      unchecked: [],
    }
    return revokeToken(cleared, {...deps, reach: 'nobody is asked', on: () => meanwhile?.()})
  },
}

const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  )

beforeEach(async () => {
  world = new World()
  spare = world.addToken('spare', ['read:issue'])
  store = await openStore(':memory:', {owner: thisProcess(() => true)})
})

describe.each(Object.entries(ACTS))('%s by hand', (_, act) => {
  it('is refused while a rotation of the agent runs, and calls nothing', async () => {
    const during: Promise<unknown>[] = []
    const calls = {before: 0, after: 0}
    const on: RotationDeps['on'] = (item) => {
      if (item.kind !== 'phase' || item.phase !== 'pushed') return
      calls.before = world.calls.length
      during.push(outcome(act(world.deps(store))))
      calls.after = world.calls.length
    }
    await rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store, {on}))
    expect(await Promise.all(during)).toEqual([expect.objectContaining({code: 'LEASE_HELD', exit: 6})])
    expect(calls.after).toBe(calls.before)
  })

  it('holds a rotation of the agent off, and frees it in the end', async () => {
    const asked = request({deployedLastEight: world.old.lastEight, waive: {foreignRotation: true}})
    const during: Promise<unknown>[] = []
    await act(world.deps(store), () => {
      if (during.length === 0) during.push(outcome(rotate(asked, world.deps(store))))
      return during[0]
    })
    expect(await Promise.all(during)).toEqual([expect.objectContaining({code: 'LEASE_HELD', exit: 6})])
    await expect(rotate(asked, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
  })
})

it('a long wait for an approval keeps the lease', async () => {
  Object.assign(world.behaviour, {approval: 'approved', approvalMs: 14 * 60_000})
  let late: Promise<unknown> | undefined
  world.later(12 * 60_000, () => {
    late = outcome(rotate(request(), world.deps(store)))
  })
  const asked = request({deployedLastEight: world.old.lastEight})
  expect(await rotate(asked, world.deps(store))).toMatchObject({phase: 'completed'})
  expect(await late).toMatchObject({code: 'LEASE_HELD'})
})

describe('what each would do', () => {
  const PLANS: Record<string, (deps: RotationDeps) => Promise<unknown>> = {
    rotate: (deps) => planRotation(request(), deps),
    mint: (deps) => planMint(mintOf(), deps),
    push: (deps) => planPush(pushOf(world), deps),
    restart: (deps) => planRestart({agent, workspace: 'dev-a'}, deps),
    revoke: (deps) => clearRevocation({agent, user, token: spare, workers: []}, {...deps, reach: 'nobody is asked'}),
  }

  it.each(Object.entries(PLANS))('%s is not foretold while another run is at the agent', async (_, plan) => {
    const lease = await store.leases.acquire(`agent:${agent}`, 60_000, world.now)
    expect(await outcome(plan(world.deps(store)))).toMatchObject({code: 'LEASE_HELD', exit: 6})
    expect(world.calls).toEqual([])
    await store.leases.release(lease)
    // Looking takes nothing: whoever comes next is the second to hold it.
    await outcome(plan(world.deps(store)))
    expect(await store.leases.acquire(`agent:${agent}`, 60_000, world.now)).toMatchObject({fence: 2})
  })
})

it('a long wait keeps the lease', async () => {
  world.behaviour.bootMs = 14 * 60_000
  let late: Promise<unknown> | undefined
  world.later(12 * 60_000, () => {
    late = outcome(rotate(request(), world.deps(store)))
  })
  await restartWorkspace({agent, workspace: 'dev-a'}, world.deps(store))
  expect(await late).toMatchObject({code: 'LEASE_HELD'})
})

describe('a push', () => {
  const PUSHES: Record<string, () => Promise<unknown>> = {
    'by hand': () => pushSecret(pushOf(world), world.deps(store)),
    'of a rotation': () => rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store)),
  }

  it.each(Object.entries(PUSHES))('%s that waits for the workspace keeps the lease', async (_, push) => {
    world.workspace.status = 'provisioning'
    world.later(13 * 60_000, () => (world.workspace.status = 'online'))
    let late: Promise<unknown> | undefined
    world.later(12 * 60_000, () => {
      late = outcome(world.deps(store).leases.acquire(`agent:${agent}`, 60_000, world.now))
    })
    await push()
    expect(await late).toMatchObject({code: 'LEASE_HELD'})
  })
})

/** What may take long right before a write by hand. */
const SLOW: Record<string, [act: string, slow: (deps: RotationDeps, takes: () => void) => Partial<RotationDeps>]> = {
  'a look at the secret': [
    'push',
    ({platform}, takes) => ({
      platform: {...platform, secretRow: async (...asked) => (takes(), platform.secretRow(...asked))},
    }),
  ],
  'a look at the process': [
    'restart',
    ({platform}, takes) => ({
      platform: {...platform, events: async (...asked) => (takes(), platform.events(...asked))},
    }),
  ],
  'a list of tokens': [
    'revoke',
    ({tokens}, takes) => ({tokens: {...tokens, list: async (...asked) => (takes(), tokens.list(...asked))}}),
  ],
}

it.each(Object.entries(SLOW))(
  '%s that takes so long that another run began lets nothing be written',
  async (_, [act, slow]) => {
    const deps = world.deps(store)
    let taken: Promise<unknown> | undefined
    const takes = (): void => {
      if (taken) return
      world.advance(TIMING.leaseTtlMs + 1)
      taken = store.leases.acquire(`agent:${agent}`, 60_000, world.now)
    }
    const ended = await outcome(ACTS[act]!({...deps, ...slow(deps, takes)}))
    expect(ended).toMatchObject({code: 'LEASE_LOST'})
    await taken
    expect(world.calls.filter((call) => ['putSecret', 'restart', 'remove'].includes(call))).toEqual([])
  },
)

describe('the lease of a rotation', () => {
  /** When it was renewed, in ms since the rotation began, and how many intents were journalled. */
  async function renewals(bootMs?: number): Promise<{at: number[]; intents: number}> {
    if (bootMs !== undefined) world.behaviour.bootMs = bootMs
    const at: number[] = []
    const began = world.now
    const deps = world.deps(store)
    const leases: RotationDeps['leases'] = {
      ...deps.leases,
      renew(...asked) {
        at.push(world.now - began)
        return deps.leases.renew(...asked)
      },
    }
    const {id} = await rotate(request({deployedLastEight: world.old.lastEight}), {...deps, leases})
    const intents = (await store.journal.read(id)).filter(({type}) => type.endsWith('_intended')).length
    return {at, intents}
  }

  it('is renewed before each write, and while nothing takes long not oftener', async () => {
    const {at, intents} = await renewals()
    expect(intents).toBeGreaterThan(2)
    expect(at).toHaveLength(intents)
  })

  it('is renewed in a long wait, at the first look after half of it is over', async () => {
    const {at, intents} = await renewals(14 * 60_000)
    const half = TIMING.leaseTtlMs / 2
    const waits = at.map((ms, index) => ms - (at[index - 1] ?? 0)).filter((ms) => ms >= half)
    expect(waits).toHaveLength(2)
    expect(Math.max(...waits)).toBeLessThan(half + 2 * TIMING.pollSlowMs)
    expect(at).toHaveLength(intents + waits.length)
  })
})

it('each phase of a rotation is told once, from the first on', async () => {
  const phases: string[] = []
  const on: RotationDeps['on'] = (item) => void (item.kind === 'phase' && phases.push(item.phase))
  await rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store, {on}))
  expect(phases[0]).toBe('planned')
  expect(phases.at(-1)).toBe('completed')
  expect(phases.filter((phase, index) => phase === phases[index + 1])).toEqual([])
})
