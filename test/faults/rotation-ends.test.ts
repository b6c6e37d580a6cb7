import * as fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {abortRotation, replay, resumeRotation, rotate} from '../../src/rotation/index.ts'
import {openRotation, quietly} from '../support/endings.ts'
import {Crash, request, storeInMemory, World, type FaultKind} from '../support/world.ts'

const KINDS: FaultKind[] = ['lost-before', 'lost-after', 'crash-before', 'crash-after']

describe('abort after a fault at each call', () => {
  it.each(KINDS)('%s: deletes what was minted, or refuses once the workspace may hold it', async (kind) => {
    const measure = new World()
    await rotate(request(), measure.deps(await storeInMemory()))
    const endings = new Set<string>()
    const wrong: string[] = []
    for (let at = 1; at <= measure.calls.length; at++) {
      const world = new World()
      const store = await storeInMemory()
      world.fault = [{at, kind}]
      await quietly(rotate(request(), world.deps(store)))
      world.revive()
      const id = await openRotation(store)
      if (!id) continue
      const before = replay(await store.journal.read(id))
      const ending = await quietly(abortRotation(id, world.deps(store)))
      const code = ending instanceof OpsError ? ending.code : ending instanceof Crash ? 'crash' : ending.phase
      endings.add(code)
      const sent = before !== undefined && before.sent.length > 0
      const expected = sent ? 'ABORT_REFUSED' : 'rolled_back'
      const only = world.tokens.map(({name}) => name).join() === 'agent token'
      if (code !== expected || world.violations.length > 0 || (!sent && !only)) {
        wrong.push(
          `${kind} at ${at} (${world.calls[at - 1]}): ${code}, expected ${expected}; ${world.violations.join()}`,
        )
      }
      store.close()
    }
    expect(wrong).toEqual([])
    expect([...endings]).toContain('ABORT_REFUSED')
  })
})

describe('a rollback', () => {
  const ask = (world: World) => request({oldValue: world.old.value, onProofFailure: 'rollback'})

  /** Plays the rotation that must be rolled back with one fault at each call; gives what is wrong with the endings. */
  async function flawsOf(
    kind: FaultKind,
    giveOldValue: boolean,
    flawsIn: (world: World, open: boolean) => string[],
    asking = ask,
  ) {
    const measure = new World()
    measure.newTokensFail = true
    await quietly(rotate(asking(measure), measure.deps(await storeInMemory())))
    const wrong: string[] = []
    for (let at = 1; at <= measure.calls.length; at++) {
      const world = new World()
      world.newTokensFail = true
      world.fault = [{at, kind}]
      const store = await storeInMemory()
      await quietly(rotate(asking(world), world.deps(store)))
      // A fault before the journal begins leaves nothing to resume; the operator types the command again.
      world.revive()
      if ((await store.journal.list()).every(({closed}) => closed))
        await quietly(rotate(asking(world), world.deps(store)))
      for (let turn = 0; turn < 6; turn++) {
        const id = await openRotation(store)
        if (!id) break
        world.revive()
        const options = giveOldValue ? {oldValue: world.old.value} : {}
        await quietly(resumeRotation(id, world.deps(store), options))
      }
      const flaws = [...world.violations, ...flawsIn(world, (await openRotation(store)) !== undefined)]
      wrong.push(...flaws.map((flaw) => `${kind} at ${at} (${measure.calls[at - 1]}): ${flaw}`))
      store.close()
    }
    return wrong
  }

  it.each(KINDS)(
    'by the value read back, broken by %s at each call, leaves a running agent and both or one',
    async (kind) => {
      const wrong = await flawsOf(
        kind,
        false,
        (world, open) => [
          ...(world.tokens[0]?.name === 'agent token' ? [] : ['the old token is gone']),
          ...(world.alive(world.process.lastEight) ? [] : ['the running token is gone']),
          ...(open || world.process.lastEight === world.old.lastEight ? [] : ['ended on another token']),
          ...world.leftAccess.filter((id) => !world.warned.includes(id)).map((id) => `left and not told of: ${id}`),
        ],
        () => request({onProofFailure: 'rollback'}),
      )
      expect(wrong).toEqual([])
    },
  )

  it.each(KINDS)('broken by %s at each call and resumed with the old value ends rolled back', async (kind) => {
    const wrong = await flawsOf(kind, true, (world, open) => {
      const names = world.tokens.map(({name}) => name).join()
      const onOld = world.process.lastEight === world.old.lastEight
      return [
        ...(open ? ['still open'] : []),
        ...(names === 'agent token' ? [] : [`alive: ${names}`]),
        ...(onOld ? [] : ['the agent runs on another token']),
      ]
    })
    expect(wrong).toEqual([])
  })

  it('broken by a crash at each call and resumed without the old value keeps the old and the running token', async () => {
    const wrong = await flawsOf('crash-after', false, (world) => [
      ...(world.tokens[0]?.name === 'agent token' ? [] : ['the old token is gone']),
      ...(world.alive(world.process.lastEight) ? [] : ['the running token is gone']),
    ])
    expect(wrong).toEqual([])
  })
})

describe('several faults in a row', () => {
  const fault = fc.record({at: fc.integer({min: 1, max: 90}), kind: fc.constantFrom(...KINDS)})
  const scene = fc.record({
    faults: fc.array(fault, {minLength: 2, maxLength: 5}),
    autoRestartMs: fc.constantFrom(undefined, 500, 9_000, 14_000),
    approval: fc.constantFrom(undefined, 'approved' as const),
    lateMintMs: fc.constantFrom(undefined, 1_000, 3_000),
    eventsReadable: fc.boolean(),
    overlapMs: fc.constantFrom(0, 3_600_000),
    onProofFailure: fc.constantFrom('keep' as const, 'rollback' as const),
    bootRevokes: fc.boolean(),
  })

  // The journal can't tell its own push in doubt from another's, who may have pushed what the lost mint made.
  const doubtThenLateMint: typeof scene extends fc.Arbitrary<infer Scene> ? Scene : never = {
    faults: [
      {at: 68, kind: 'lost-before'},
      {at: 26, kind: 'lost-before'},
      {at: 75, kind: 'lost-before'},
      {at: 19, kind: 'lost-before'},
      {at: 1, kind: 'crash-after'},
    ],
    autoRestartMs: undefined,
    approval: 'approved',
    lateMintMs: 1000,
    eventsReadable: false,
    overlapMs: 3_600_000,
    onProofFailure: 'keep',
    bootRevokes: false,
  }

  it('end, resumed often enough, on one live token that the workspace runs on, and none besides but those told of', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({faults, overlapMs, onProofFailure, ...behaviour}) => {
        const world = new World()
        Object.assign(world.behaviour, behaviour)
        world.fault = faults
        const store = await storeInMemory()
        let phase = ''
        const told: string[] = []
        for (let turn = 0; turn < 14 && phase !== 'completed'; turn++) {
          const id = await openRotation(store)
          const deps = world.deps(store)
          const result = await quietly(
            id ? resumeRotation(id, deps) : rotate(request({overlapMs, onProofFailure}), deps),
          )
          if (result instanceof Error) told.push(result.message)
          else phase = result.phase
          world.revive()
          world.advance(overlapMs / 2 + 5_000)
        }
        expect(world.violations).toEqual([])
        expect(phase).toBe('completed')
        const left = leftAsTold([...told, world.warned].join('\n'))
        const serving = world.tokens.filter(({id}) => !left.includes(id))
        expect(serving).toHaveLength(1)
        expect(world.leftAccess.filter((id) => !world.warned.includes(id))).toEqual([])
        expect(world.process.lastEight).toBe(serving[0]?.lastEight)
        store.close()
      }),
      {numRuns: 150, examples: [[doubtThenLateMint]]},
    )
  })
})

/** The tokens that a run says it left, for somebody may run on them. */
function leftAsTold(told: string): number[] {
  return [...told.matchAll(/\bToken (\d+) of .*? It was not deleted\./g)].map(([, id]) => Number(id))
}
