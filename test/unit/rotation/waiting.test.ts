import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {awaitDecision} from '../../../src/rotation/approval.ts'
import {newcomer, readsBack} from '../../../src/rotation/readback.ts'
import {Secret} from '../../../src/secret.ts'
import {START, World, WORKSPACE} from '../../support/world.ts'

let world: World
beforeEach(() => (world = new World()))

describe('a person’s decision', () => {
  const decided = (
    state: 'pending' | 'approved' | 'denied' | 'withdrawn' | 'unknown',
    mode: 'wait' | 'park' = 'park',
  ) => {
    const platform = {...world.platform, approval: async () => state}
    const deps = {clock: world.clock, platform, timing: {approvalWaitMs: 1_000}}
    return awaitDecision(deps, {id: WORKSPACE, name: 'dev-a'}, 'a1', mode)
  }

  it.each(['approved', 'denied', 'withdrawn'] as const)('is had: %s', async (state) => {
    expect(await decided(state)).toBe(state)
  })

  it.each(['pending', 'unknown'] as const)('is not had while it is %s, nor after a wait', async (state) => {
    await expect(decided(state)).rejects.toMatchObject({code: 'APPROVAL_PENDING'})
    expect(world.now).toBe(START)
    await expect(decided(state, 'wait')).rejects.toMatchObject({code: 'APPROVAL_PENDING'})
    expect(world.now).toBe(START + 1_000)
  })
})

describe('reading the old value back', () => {
  const room = new World().workspace
  const rollback = {onProofFailure: 'rollback' as const}

  it.each([
    ['for a rollback', rollback, room, true],
    ['where nothing is rolled back', {onProofFailure: 'keep' as const}, room, false],
    ['where the value was given', {...rollback, oldValue: new Secret('x'.repeat(40))}, room, false],
    ['of one that is not online', rollback, {...room, status: 'degraded'}, false],
    ['of the concierge', rollback, {...room, kind: 'platform'}, false],
    ['of one that runs elsewhere', rollback, {...room, runtime: 'external'}, false],
  ])('%s', (_, request, workspace, reads) => {
    expect(readsBack(request, workspace)).toBe(reads)
  })
})

describe('a workspace token whose mint got no answer', () => {
  const known = [{id: 'old', prefix: 'old-----', used: true}]
  const fresh = {id: 'new', prefix: 'new-----', used: false}
  /** Looks at these lists, one after the other. */
  const found = (lists: (typeof known | Error)[]) => {
    const workspaceTokens = async () => {
      const list = lists.shift() ?? expect.unreachable('nobody looks a third time')
      if (list instanceof Error) throw list
      return list
    }
    const {clock} = world
    return newcomer({clock, platform: {...world.platform, workspaceTokens}}, WORKSPACE, known)
  }

  it('is the only new one that nobody has used, at once or at the second look', async () => {
    expect(await found([[...known, fresh]])).toBe('new-----')
    expect(world.now).toBeLessThan(START + 100)
    expect(await found([known, [...known, fresh]])).toBe('new-----')
  })

  it.each<[string, (typeof known | Error)[]]>([
    ['none came', [known, known]],
    ['two came', [[...known, fresh, {...fresh, id: 'newer'}]]],
    ['it is in use', [[...known, {...fresh, used: true}]]],
    ['the platform can not be asked', [new OpsError('PLATFORM_UNAVAILABLE', 'Nobody there.')]],
  ])('is nobody’s where %s', async (_, lists) => {
    expect(await found(lists)).toBeUndefined()
  })

  it('is nobody’s of a workspace that boots, whose machine mints its own', async () => {
    world.workspace.status = 'provisioning'
    expect(await found([[...known, fresh]])).toBeUndefined()
  })

  it('is no reason to hide a fault of ours', async () => {
    await expect(found([new TypeError('a bug')])).rejects.toThrow('a bug')
  })

  it('is told from every one that was there', async () => {
    const more = [...known, {id: 'other', prefix: 'other---', used: false}]
    const workspaceTokens = async () => [...more, fresh]
    const deps = {clock: world.clock, platform: {...world.platform, workspaceTokens}}
    expect(await newcomer(deps, WORKSPACE, more)).toBe('new-----')
  })
})
