import {beforeEach, describe, expect, it} from 'vitest'
import {abortRotation, planRotation, resumeRotation, rotate, type StoryProgress} from '../../../src/rotation/index.ts'
import {replay} from '../../../src/rotation/machine.ts'
import {describe as describeRotation} from '../../../src/rotation/run.ts'
import type {Store} from '../../../src/store/index.ts'
import {brokenOff, callsOf} from '../../support/broken-off.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const {killedAt, unproven, dyingIn, killed, open, abort, resume, alive, expectAlive} = brokenOff(() => ({world, store}))

describe('an abort that keeps both', () => {
  /** What a rotation is killed at, from its first write on, and that it is aborted, replaced and cleared away then. */
  const replaced = async (): Promise<void> => {
    const result = await rotate(request(), world.deps(store))
    expect(result).toMatchObject({phase: 'completed'})
    expect(alive()).toEqual([result.candidate?.id])
    expect(world.process.lastEight).toBe(world.tokens[0]?.lastEight)
    expectAlive()
  }

  it.each(['crash-before', 'crash-after', 'lost-before', 'lost-after'] as const)(
    'is the end of a rotation wherever it breaks off (%s), and the next one replaces all that it left',
    async (kind) => {
      const calls = (await callsOf()).length
      const ends = new Set<string>()
      for (let at = 1; at <= calls; at++) {
        world = new World()
        store = await storeInMemory()
        world.fault = [{at, kind}]
        await rotate(request(), world.deps(store)).catch(() => {})
        world.revive()
        world.fault = []
        for (const {id} of await store.journal.list({open: true})) {
          const before = alive()
          const {phase} = await abortRotation(id, world.deps(store), {keep: 'both'})
          ends.add(phase)
          expect(before.filter((token) => !alive().includes(token)).length, `call ${at}`).toBeLessThanOrEqual(1)
          expectAlive()
        }
        world.advance(300_000)
        await replaced()
      }
      expect([...ends]).toEqual(['rolled_back'])
    },
  )

  it('deletes what was never sent, withdraws its approval, and leaves all the rest', async () => {
    await killedAt('putSecret')
    world.behaviour.approval = 'never'
    await resume().catch(() => {})
    expect(alive()).toEqual([1, 2, 3])
    const {id, phase, superseded} = await abort('both')
    expect([phase, superseded.map((token) => token.id)]).toEqual(['rolled_back', [1, 2]])
    expect(alive()).toEqual([1, 2])
    expect(world.approvalState).toBe('withdrawn')
    const facts = await store.journal.read(id)
    expect(facts).toContainEqual(expect.objectContaining({type: 'decided', keep: 'both'}))
    expect(await abortRotation(id, world.deps(store), {keep: 'old'})).toMatchObject({phase: 'rolled_back'})
    expect(await store.journal.read(id)).toEqual(facts)
    expect(alive()).toEqual([1, 2])
    expectAlive()
  })

  it.each(['a resume', 'another abort, for whichever side,'])(
    'and is killed amid that comes to the same end by %s',
    async (how) => {
      await killedAt('putSecret')
      world.behaviour.approval = 'never'
      await resume().catch(() => {})
      await killed(abort('both', world.deps(store, {on: dyingIn('discard')})))
      const id = await open()
      const run = how === 'a resume' ? resumeRotation(id, world.deps(store)) : abort('old')
      expect(await run).toMatchObject({phase: 'rolled_back'})
      expect(alive()).toEqual([1, 2])
      world.behaviour.approval = undefined
      await replaced()
    },
  )

  it('says so of the rotation, now and whenever it is shown', async () => {
    await unproven()
    const id = await open()
    expect(await abort('both')).toMatchObject({
      phase: 'rolled_back',
      reason: 'both-kept',
      superseded: [{id: 1}, {id: 2}],
    })
    expect(describeRotation(replay(await store.journal.read(id))!)).toMatch(/its next rotation replaces them/)
    expect(await rotate(request(), world.deps(store))).toMatchObject({phase: 'completed', reason: null})
  })

  it('is refused where nobody can run on the new token any more, which it would leave', async () => {
    await unproven()
    world.workspace.status = 'removed'
    await expect(abort('both')).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('Nobody runs on the new token.'),
    })
  })

  it('is no failure of the run that ends it', async () => {
    await unproven()
    expect(await abort('both')).toMatchObject({phase: 'rolled_back', warnings: []})
    expect(world.warned).toBe('')
  })

  it('is followed by a rotation that proves its new token before any of them goes', async () => {
    await killedAt('putSecret')
    world.agentDeaf = true
    await resume().catch(() => {})
    await abort('both')
    world.agentDeaf = false
    const {superseded, deployed} = await planRotation(request(), world.deps(store))
    expect([superseded.map(({id}) => id), deployed]).toEqual([[1, 2, 3], null])
    const atProof: number[][] = []
    const on = (item: StoryProgress) => void (item.kind === 'phase' && item.phase === 'proven' && atProof.push(alive()))
    const {id} = await rotate(request(), world.deps(store, {on}))
    expect(atProof[0]).toEqual([1, 2, 3, 4])
    const revoked = (await store.journal.read(id)).flatMap((fact) => (fact.type === 'revoked' ? fact.token : []))
    expect([revoked, alive()]).toEqual([[1, 2, 3], [4]])
    expectAlive()
  })

  it('may be done again and again while the agent is silent, and all goes once it answers', async () => {
    for (const tokens of [2, 3, 4]) {
      await unproven()
      await abort('both')
      expect(alive()).toHaveLength(tokens)
      expectAlive()
    }
    await replaced()
  })

  it('leaves the next one nothing to ask, also where a person had said which one is replaced', async () => {
    world.addToken('laptop', ['read:issue'])
    await unproven({supersede: [1]})
    await abort('both')
    const {superseded} = await planRotation(request(), world.deps(store))
    expect(superseded.map(({id}) => id)).toEqual([1, 3])
    expect(await rotate(request(), world.deps(store))).toMatchObject({phase: 'completed'})
    expect(alive()).toEqual([2, 4])
    expectAlive()
  })

  it('tells nothing of a token that has another value by now', async () => {
    world.addToken('laptop', ['read:issue'])
    await unproven({supersede: [1]})
    await abort('both')
    world.regenerate(1)
    world.tokens.splice(2, 1)
    await expect(planRotation(request(), world.deps(store))).rejects.toMatchObject({code: 'SUPERSEDED_AMBIGUOUS'})
  })

  it('of one that was proven leaves the deadline of its overlap to the next', async () => {
    const {id, dueAt} = await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    await abortRotation(id, world.deps(store), {keep: 'both'})
    expect(alive()).toEqual([1, 2])
    const next = await rotate(request({overlapMs: 2 * 3_600_000}), world.deps(store))
    expect(next.superseded.map((token) => [token.id, token.deadline])).toEqual([
      [1, dueAt],
      [2, expect.any(Number)],
    ])
  })

  it('on one machine is met by another as tokens that are not its own, and replaced there by a word', async () => {
    await killedAt('putSecret')
    world.agentDeaf = true
    await resume().catch(() => {})
    await abort('both')
    world.agentDeaf = false
    const there = world.deps(await storeInMemory())
    const asked = request({deployedLastEight: world.old.lastEight})
    await expect(rotate(asked, there)).rejects.toMatchObject({
      code: 'GUARD_FOREIGN_ROTATION',
      suggestions: expect.arrayContaining(['add --allow-foreign-rotation to replace it too']),
    })
    const result = await rotate({...asked, waive: {foreignRotation: true}}, there)
    expect(result).toMatchObject({phase: 'completed', superseded: [{id: 2}, {id: 3}, {id: 1}]})
    expect(alive()).toEqual([4])
    expectAlive()
  })
})
