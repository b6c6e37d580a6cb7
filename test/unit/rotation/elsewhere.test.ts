import {beforeEach, describe, expect, it} from 'vitest'
import {
  abortRotation,
  clearRevocation,
  finishDue,
  resumeRotation,
  revokeToken,
  rotate,
} from '../../../src/rotation/index.ts'
import type {Neighbour, Workspace} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {addSpare, asking, refused, revokingIn} from '../../support/revocation.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

const OVERLAP = 3_600_000

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  world.workspace.runtime = 'external'
  world.behaviour.autoRestartMs = undefined
  addSpare(world)
  store = await storeInMemory()
})

/** What the agent's operator starts it with, which nobody but he decides. */
const startsWith = (lastEight: string): void => {
  world.process = {...world.process, lastEight, startedAt: world.now}
}
const openId = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
const asks = (): string[] => world.calls.filter((call) => call === 'ask')

/** Proven on a new token, which the platform's secret holds too, with its old one in the overlap. */
async function proveNew(overlapMs = OVERLAP): Promise<void> {
  await rotate(request({supersede: [1], overlapMs}), world.deps(store)).catch(() => {})
  startsWith(world.secret!.lastEight)
  await resumeRotation(await openId(), world.deps(store))
}

describe('an agent that runs elsewhere, proven on a new token', () => {
  it('is asked all the same, since its operator may have put the old one back: it is refused by hand', async () => {
    await proveNew()
    startsWith(world.old.lastEight)
    const error = await refused(asking(world.old, {agentMayStop: true}), revokingIn(world, store))
    expect(error.message).toContain('dev-a says that it works with it')
  })

  it('is believed by hand where it says so itself, for that is what the secret was proven to hold', async () => {
    await proveNew()
    const cleared = await clearRevocation(asking(world.old), revokingIn(world, store))
    expect(cleared.unchecked).toEqual([])
    expect(await revokeToken(cleared, revokingIn(world, store))).toMatchObject({outcome: 'removed'})
    expect(world.violations).toEqual([])
  })

  it('does not answer: the operator has to answer for it', async () => {
    await proveNew()
    world.agentDeaf = true
    const error = await refused(asking(world.old), revokingIn(world, store))
    expect(error.message).toContain('it was asked and did not say which token it holds')
  })

  it('holds the late revocation of what it was put back to, whatever is waived', async () => {
    await proveNew()
    const id = await openId()
    startsWith(world.old.lastEight)
    world.advance(2 * OVERLAP)
    expect(await finishDue(world.deps(store))).toMatchObject({
      revoked: [],
      held: [
        {code: 'REVOCATION_HELD', message: expect.stringMatching(/dev-a in workspace dev-a .*it runs on …00000001/)},
      ],
    })
    await expect(resumeRotation(id, world.deps(store), {waive: {unprovenHolders: true}})).rejects.toMatchObject({
      code: 'REVOCATION_HELD',
      suggestions: ['patrol smoke dev-a', `patrol rotation resume ${id}`],
    })
    expect(world.violations).toEqual([])
    expect(world.alive('00000001')).toBe(true)
  })

  it('holds it while it does not say, until a person answers for it', async () => {
    await proveNew()
    const id = await openId()
    world.agentDeaf = true
    world.advance(2 * OVERLAP)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [{code: 'REVOCATION_HELD'}]})
    const waive = {unprovenHolders: true}
    expect(await resumeRotation(id, world.deps(store), {waive})).toMatchObject({phase: 'completed'})
  })

  it('lets it go by saying that it runs on the new one', async () => {
    await proveNew()
    world.advance(2 * OVERLAP)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [], revoked: [{token: {id: 1}}]})
    expect(asks()).toHaveLength(1)
  })

  it('is not asked again in the run of its proof', async () => {
    await proveNew(0)
    expect(world.alive('00000001')).toBe(false)
    expect(asks()).toEqual([])
  })

  it('is kept on it by a person where it names it, and asked again when its old ones are due', async () => {
    const asked = request({supersede: [1], overlapMs: OVERLAP})
    await rotate(asked, world.deps(store)).catch(() => {})
    world.agentDeaf = true
    const keepNew = async () => abortRotation(await openId(), world.deps(store), {keep: 'new'})
    await expect(keepNew()).rejects.toMatchObject({code: 'ABORT_REFUSED'})
    world.agentDeaf = false
    startsWith(world.secret!.lastEight)
    expect(await keepNew()).toMatchObject({phase: 'proven'})
    world.advance(2 * OVERLAP)
    world.agentDeaf = true
    expect(await finishDue(world.deps(store))).toMatchObject({held: [{code: 'REVOCATION_HELD'}]})
    world.agentDeaf = false
    startsWith(world.old.lastEight)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [{code: 'REVOCATION_HELD'}]})
    startsWith(world.addToken('of its operator', ['read:issue']).lastEight)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [{code: 'REVOCATION_HELD'}]})
    expect(world.alive('00000001')).toBe(true)
    startsWith(world.secret!.lastEight)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [], revoked: [{token: {id: 1}}]})
  })

  it.each(['claude-code', 'external'])(
    'is not asked twice in the run in which it names the new one (%s)',
    async (runtime) => {
      world.workspace.runtime = runtime
      world.newTokensFail = true
      await rotate(request({supersede: [1]}), world.deps(store)).catch(() => {})
      startsWith(world.secret!.lastEight)
      expect(await abortRotation(await openId(), world.deps(store), {keep: 'new'})).toMatchObject({phase: 'completed'})
      expect(asks()).toEqual([])
      expect(world.alive('00000001')).toBe(false)
    },
  )

  it('is asked again where it names a dead one to a person who keeps the new one', async () => {
    await rotate(request({supersede: [1, 2], overlapMs: OVERLAP}), world.deps(store)).catch(() => {})
    startsWith(world.secret!.lastEight)
    await resumeRotation(await openId(), world.deps(store))
    world.advance(2 * OVERLAP)
    world.tokens.splice(1, 1)
    const deps = world.deps(store)
    const path = {path: 'swarm-pull', outcome: 'failed', reason: 'old-token', message: 'so it says'} as const
    const says = {agent: 'dev-a', repo: 'acme/core', passed: false, reportedLastEight: '00000002', paths: [path]}
    startsWith(world.old.lastEight)
    const kept = abortRotation(await openId(), {...deps, smoke: {prove: async () => says}}, {keep: 'new'})
    await expect(kept).rejects.toMatchObject({code: 'REVOCATION_HELD'})
    expect(world.alive('00000001')).toBe(true)
  })

  it('goes on where its workspace is gone, and a person may say that it does not', async () => {
    await proveNew()
    world.removeWorkspace()
    world.advance(2 * OVERLAP)
    const outside = /runs elsewhere, .*; its process ran outside the platform, and cannot be asked there/
    expect(await finishDue(world.deps(store))).toMatchObject({
      held: [{code: 'REVOCATION_HELD', message: expect.stringMatching(outside)}],
    })
    const id = await openId()
    // A smoke test would find no workspace, or ask in one that was made anew under its name.
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({
      suggestions: [`patrol rotation resume ${id} --allow-unproven-holders`, `patrol rotation resume ${id}`],
    })
    expect(world.alive('00000001')).toBe(true)
    const resumed = await resumeRotation(await openId(), world.deps(store), {waive: {unprovenHolders: true}})
    expect(resumed).toMatchObject({phase: 'completed'})
    expect(world.alive('00000001')).toBe(false)
  })
})

it('another holder that runs elsewhere is asked, whatever an earlier proof says of it', async () => {
  world = new World()
  const secretAt = '2026-10-01T00:00:00Z'
  const workspace: Workspace = {...world.workspace, id: 'w2', name: 'dev-b', runtime: 'external'}
  const entry: Neighbour = {agent: 'dev-b', user: 'b', workspace: 'w2', reference: undefined, lastEight: '00000001'}
  const there = {workspace, secretAt, reports: '00000001'}
  world.others.push(there)
  world.neighbours.push(entry)
  for (const lastEight of ['another1', 'another2']) Object.assign(world.addToken('of b', [], 'b'), {lastEight})
  const deployment = {agent: 'dev-b', user: 'b', token: 9, lastEight: 'another1', secretUpdatedAt: secretAt, at: 0}
  await store.ledger.apply([{kind: 'deployed', deployment}])
  await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'REVOCATION_HELD'})
  there.reports = 'another2'
  await expect(resumeRotation(await openId(), world.deps(store))).rejects.toMatchObject({
    message: expect.stringContaining('may be newer than its process'),
  })
  there.reports = 'another1'
  expect(await resumeRotation(await openId(), world.deps(store))).toMatchObject({phase: 'completed'})
})
