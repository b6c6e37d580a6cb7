import {beforeEach, describe, expect, it} from 'vitest'
import {planRestart, restartWorkspace, type RestartRequest} from '../../../src/rotation/index.ts'
import {baselineOf} from '../../../src/rotation/process.ts'
import type {Store} from '../../../src/store/index.ts'
import {storeInMemory, WORKSPACE, World, type FaultKind} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const restart = (ask: Partial<RestartRequest> = {}, deps = {}) =>
  restartWorkspace({workspace: 'dev-a', agent: 'dev-a', ...ask}, {...world.deps(store), ...deps})
const now = () => baselineOf({workspace: {...world.workspace, serverTime: world.now}, events: world.events})
const workspace = {id: WORKSPACE, name: 'dev-a'}

describe('a restart by hand', () => {
  it('is asked for once, and ends with the new process', async () => {
    expect(await restart()).toEqual({workspace, cause: 'requested', evidence: 'events'})
    expect(world.restarts).toBe(1)
  })

  it('is not asked for where the platform restarts by itself since the write', async () => {
    const since = now()
    world.later(2_000, () => world.provision())
    expect(await restart({since})).toEqual({workspace, cause: 'automatic', evidence: 'events'})
    expect(world.restarts).toBe(0)
  })

  it('is not asked for where that one is over already', async () => {
    const since = now()
    world.provision()
    world.advance(60_000)
    expect(await restart({since})).toEqual({workspace, cause: 'automatic', evidence: 'events'})
    expect(world.restarts).toBe(0)
  })

  it('is asked for where it does not, which is waited for and said', async () => {
    expect(await restart({since: now()})).toMatchObject({cause: 'requested'})
    expect(world.restarts).toBe(1)
    expect(world.progress[0]).toMatchObject({kind: 'waiting', detail: 'looking for a restart of dev-a'})
  })

  it('that was accepted and does not show is no lost one', async () => {
    const {platform} = world.deps(store)
    const accepted = async () => ({kind: 'accepted' as const, serverTime: world.now})
    await expect(restart({}, {platform: {...platform, restart: accepted}})).rejects.toMatchObject({
      code: 'RESTART_STALE',
    })
  })

  it('follows the one that begins as it would be asked for', async () => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      resolve: async (ref: string) => {
        const found = await deps.platform.resolve(ref)
        world.provision()
        return found
      },
    }
    expect(await restart({}, {platform})).toMatchObject({cause: 'automatic'})
    expect(world.restarts).toBe(0)
  })

  it.each<[FaultKind, object]>([
    ['lost-after', {cause: 'requested'}],
    ['lost-before', {code: 'RESTART_IN_DOUBT', exit: 7, suggestions: ['patrol restart dev-a']}],
  ])('whose answer was lost (%s) is looked for', async (kind, ending) => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      restart: async (id: string) => {
        world.fault = [{at: world.calls.length + 1, kind}]
        return deps.platform.restart(id)
      },
    }
    const began = world.now
    expect(await restart({}, {platform}).catch((error: unknown) => error)).toMatchObject(ending)
    expect(world.now - began).toBeLessThan(160_000)
  })

  it('that was to be done whatever was before, is to be typed as it was', async () => {
    const deps = world.deps(store)
    const lost = async (id: string) => {
      world.fault = [{at: world.calls.length + 1, kind: 'lost-before'}]
      return deps.platform.restart(id)
    }
    const suggestions = ['patrol restart dev-a --again']
    const platform = {...deps.platform, restart: lost}
    await expect(restart({again: true}, {platform})).rejects.toMatchObject({code: 'RESTART_IN_DOUBT', suggestions})
    world.fault = []
    const accepted = async () => ({kind: 'accepted' as const, serverTime: world.now})
    const idle = {...deps.platform, restart: accepted}
    await expect(restart({again: true}, {platform: idle})).rejects.toMatchObject({code: 'RESTART_STALE', suggestions})
    world.behaviour.restartFails = 'image not found'
    await expect(restart({again: true})).rejects.toMatchObject({code: 'RESTART_FAILED', suggestions})
  })

  it('that the platform does not do is said in its words', async () => {
    world.behaviour.restartNoop = true
    await expect(restart()).rejects.toMatchObject({
      code: 'RESTART_NOOP',
      message: 'The platform restarts nothing for dev-a (runtime mock): nothing to restart.',
    })
  })

  it('is told before: which call, and what it costs', async () => {
    const {calls} = await planRestart({workspace: 'dev-a', agent: 'dev-a'}, world.deps(store))
    const changes = 'dev-a gets a new process; what it works on now is lost'
    expect(calls).toEqual([{act: 'restart', method: 'POST', path: `/workspaces/${WORKSPACE}/restart`, changes}])
    expect(world.restarts).toBe(0)
  })

  it('of an agent that runs elsewhere is its operator’s', async () => {
    world.workspace.runtime = 'external'
    await expect(restart()).rejects.toMatchObject({
      code: 'GUARD_EXTERNAL',
      message: 'dev-a is external: its operator restarts it. Nothing was changed.',
    })
    expect(world.calls).not.toContain('restart')
  })

  it('is refused as a rotation would be, unless that is waived', async () => {
    world.workspace.activeTasks = 1
    await expect(restart()).rejects.toMatchObject({code: 'GUARD_ACTIVE_TASKS'})
    await expect(restart({waive: {activeTasks: true}}, {ownWorkspace: WORKSPACE})).rejects.toMatchObject({
      code: 'GUARD_OWN_WORKSPACE',
    })
    expect(await restart({waive: {activeTasks: true}})).toMatchObject({cause: 'requested'})
  })
})

describe('a restart that ends in failed', () => {
  it('is given a minute, and then told with its reason and the way on', async () => {
    world.behaviour.restartFails = 'image not found'
    const began = world.now
    await expect(restart()).rejects.toMatchObject({
      code: 'RESTART_FAILED',
      message: 'dev-a went to failed: image not found.',
      suggestions: ['patrol restart dev-a'],
    })
    expect(world.now - began).toBeLessThan(2 * 60_000)
  })

  it('is told at once where no waiting mends it, without asking for another', async () => {
    world.behaviour.restartFails = 'provision aborted: could not decrypt'
    const began = world.now
    await expect(restart()).rejects.toMatchObject({code: 'RESTART_FAILED', suggestions: []})
    expect(world.now - began).toBeLessThan(60_000)
  })
})

it.each(['paused', 'hibernated', 'hibernating', 'removed'])(
  'a workspace that becomes %s as it would be restarted is left alone',
  async (status) => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      resolve: async (ref: string) => {
        const found = await deps.platform.resolve(ref)
        world.workspace.status = status
        return found
      },
    }
    await expect(restart({}, {platform})).rejects.toMatchObject({
      code: 'RESTART_REFUSED',
      message: expect.stringContaining(`dev-a is ${status} by now`),
    })
    expect(world.calls).not.toContain('restart')
  },
)
