import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  pushSecret,
  resumeRotation,
  rotate,
  type RotationDeps,
  type RotationRequest,
} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {pushOf, request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  world.behaviour.approval = 'approved'
  store = await storeInMemory()
})

const go = (ask: Partial<RotationRequest> = {}, deps: Partial<RotationDeps> = {}) =>
  rotate(request(ask), world.deps(store, deps))
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: OpsError) => error.code,
  )
const lastId = async (): Promise<string> => (await store.journal.list())[0]!.id
const given = (approval: string): string =>
  `Approval ${approval} of the secret write to dev-a was given, this run did not use it, and nothing takes it back: unless it is used up by now, it lets the next write of GITEA_TOKEN through, whoever's that is.`

describe('an approval that was given and not used is told', () => {
  it('where the secret was written while it was waited for, and only by the run that ends so', async () => {
    world.later(10_000, () => world.overwrite(world.old.value))
    expect(await codeOf(go())).toBe('SECRET_OVERWRITTEN')
    expect([world.approvalState, world.warned]).toEqual(['approved', given('approval-1')])
    expect(await codeOf(resumeRotation(await lastId(), world.deps(store)))).toBe('ROLLED_BACK')
    expect(world.warned).toBe(given('approval-1'))
  })

  it('where no other token is minted after it', async () => {
    expect(await codeOf(go({approval: 'park'}))).toBe('APPROVAL_PENDING')
    world.advance(60_000)
    const deps = world.deps(store)
    const mint = async () => {
      throw new OpsError('GITEA_USER_RENAMED', 'No. Nothing was changed.')
    }
    const resumed = resumeRotation(await lastId(), {...deps, tokens: {...deps.tokens, mint}})
    expect(await codeOf(resumed)).toBe('GITEA_USER_RENAMED')
    expect(world.warned).toBe(given('approval-1'))
  })

  it('where the rotation is aborted then', async () => {
    world.later(10_000, () => (world.workspace.status = 'provisioning'))
    expect(await codeOf(go())).toBe('RESTART_TIMEOUT')
    expect(world.warned).toBe('')
    await abortRotation(await lastId(), world.deps(store))
    expect(world.warned).toBe(given('approval-1'))
  })

  it('where it was for the way back and nobody has the old value any more, at the proof and not once more', async () => {
    world.newTokensFail = true
    const on: RotationDeps['on'] = (item) => {
      const isBack = item.kind === 'phase' && item.phase === 'rolling_back'
      if (isBack) world.later(10_000, () => (world.workspace.status = 'provisioning'))
      world.progress.push(item)
    }
    const back = {onProofFailure: 'rollback', oldValue: world.old.value, overlapMs: 3_600_000} as const
    expect(await codeOf(go(back, {on}))).toBe('RESTART_TIMEOUT')
    expect(world.warned).toBe('')
    world.newTokensFail = false
    world.workspace.status = 'online'
    const resume = () => resumeRotation(id, world.deps(store))
    const id = await lastId()
    expect(await resume()).toMatchObject({phase: 'proven'})
    expect(world.warned).toBe(given('approval-2'))
    world.advance(7_200_000)
    expect(await resume()).toMatchObject({phase: 'completed'})
    expect(world.warned).toBe(given('approval-2'))
  })

  it('but taken back where it was asked for the way back and nobody has the old value any more', async () => {
    world.newTokensFail = true
    const on: RotationDeps['on'] = (item) => {
      if (item.kind === 'phase' && item.phase === 'rolling_back') world.behaviour.approval = 'never'
    }
    expect(await codeOf(go({onProofFailure: 'rollback', oldValue: world.old.value}, {on}))).toBe('APPROVAL_PENDING')
    world.newTokensFail = false
    expect(await resumeRotation(await lastId(), world.deps(store))).toMatchObject({phase: 'completed'})
    expect([world.approvalCount, world.approvalState, world.warned]).toEqual([2, 'withdrawn', ''])
  })

  it('of a push by hand whose token died meanwhile', async () => {
    world.later(10_000, () => void world.tokens.pop())
    expect(await codeOf(pushSecret(pushOf(world), world.deps(store)))).toBe('PUSH_UNFIT')
    expect(world.warned).toBe(given('approval-1'))
  })

  it('of a push by hand, to nobody where nobody listens', async () => {
    world.later(10_000, () => void world.tokens.pop())
    const {on: _, ...deaf} = world.deps(store)
    expect(await codeOf(pushSecret(pushOf(world), deaf))).toBe('PUSH_UNFIT')
  })
})

describe('of an approval nothing is said', () => {
  it.each(['rotate', 'push'])('that a %s used', async (act) => {
    await (act === 'rotate' ? go() : pushSecret(pushOf(world), world.deps(store)))
    expect([world.puts, world.approvalCount, world.warned]).toEqual([1, 1, ''])
  })

  it.each(['denied', 'never'] as const)('that was never given by a push by hand: %s', async (approval) => {
    world.behaviour.approval = approval
    await codeOf(pushSecret(pushOf(world), world.deps(store)))
    expect(world.warned).toBe('')
  })

  it('by a push by hand that comes to nothing before any is asked for', async () => {
    const asked = pushOf(world)
    world.tokens.pop()
    expect(await codeOf(pushSecret(asked, world.deps(store)))).toBe('PUSH_UNFIT')
    expect(world.warned).toBe('')
  })

  it('that somebody else used up, where another was asked for and denied', async () => {
    const on: RotationDeps['on'] = (item) => {
      world.progress.push(item)
      const decided = item.kind === 'act' && item.act === 'approval' && item.state === 'done'
      if (decided) Object.assign(world, {approvalState: 'none'}).behaviour.approval = 'denied'
    }
    expect(await codeOf(go({}, {on}))).toBe('APPROVAL_DENIED')
    expect([world.approvalCount, world.warned]).toEqual([2, ''])
  })
})
