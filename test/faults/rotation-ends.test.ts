import * as fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {abortRotation, replay, resumeRotation, rotate, type ActName, type Progress} from '../../src/rotation/index.ts'
import type {Store} from '../../src/store/index.ts'
import {Crash, request, storeInMemory, World, type FaultKind} from '../support/world.ts'

const KINDS: FaultKind[] = ['lost-before', 'lost-after', 'crash-before', 'crash-after']

async function quietly<T>(work: Promise<T>): Promise<T | OpsError | Crash> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OpsError || error instanceof Crash) return error
    throw error
  }
}

async function openRotation(store: Store): Promise<string | undefined> {
  return (await store.journal.list({open: true}))[0]?.id
}

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

  it('a candidate that was only probed is deleted', async () => {
    const measure = new World()
    await rotate(request(), measure.deps(await storeInMemory()))
    const world = new World()
    const store = await storeInMemory()
    world.fault = [{at: 1 + measure.calls.indexOf('probe'), kind: 'crash-after'}]
    await quietly(rotate(request(), world.deps(store)))
    expect(world.tokens).toHaveLength(2)
    world.revive()
    await abortRotation((await openRotation(store))!, world.deps(store))
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })
})

/** The next request fails like this, once, when this act begins. */
function failing(world: World, act: ActName, kind: FaultKind): (item: Progress) => void {
  let done = false
  return (item) => {
    if (item.kind === 'warning') world.progress.push(item)
    if (done || item.kind !== 'act' || item.act !== act || item.state !== 'started') return
    done = true
    world.fault = [{at: world.calls.length + 1, kind}]
  }
}

/** A rotation that was killed while it undid what a refused push had begun. */
async function killedWhileUndoing(): Promise<{world: World; store: Store; id: string}> {
  const world = new World()
  world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
  const store = await storeInMemory()
  await quietly(rotate(request(), world.deps(store, {on: failing(world, 'discard', 'crash-before')})))
  world.revive()
  return {world, store, id: (await openRotation(store))!}
}

describe('a rotation that ends with the old token', () => {
  it('is never a success of a resume, whoever finishes it, and however often it is typed', async () => {
    const {world, store, id} = await killedWhileUndoing()
    for (let time = 0; time < 2; time++) {
      expect(await quietly(resumeRotation(id, world.deps(store)))).toMatchObject({
        code: 'ROLLED_BACK',
        exit: 7,
        message: expect.stringContaining('The new token is deleted; the old one serves.'),
        suggestions: [`patrol rotation show ${id}`, 'patrol rotate dev-a'],
      })
    }
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })

  it('is what an abort is for, also where it was ending already', async () => {
    const {world, store, id} = await killedWhileUndoing()
    for (let time = 0; time < 2; time++) {
      expect(await abortRotation(id, world.deps(store))).toMatchObject({phase: 'rolled_back'})
    }
    expect(await quietly(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'ROLLED_BACK'})
  })

  it('by an abort is one for a resume too, which finishes it', async () => {
    const world = new World()
    const store = await storeInMemory()
    await quietly(rotate(request(), world.deps(store, {on: failing(world, 'probe', 'crash-before')})))
    world.revive()
    const id = (await openRotation(store))!
    await quietly(abortRotation(id, world.deps(store, {on: failing(world, 'discard', 'crash-before')})))
    world.revive()
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'rolled_back'})
  })

  it('is incomplete, whatever the reason, where a resume deleted what an earlier run had minted', async () => {
    const world = new World()
    const store = await storeInMemory()
    await quietly(rotate(request(), world.deps(store, {on: failing(world, 'probe', 'crash-before')})))
    world.revive()
    const deps = world.deps(store)
    const account = async () => {
      throw new OpsError('GITEA_UNUSABLE', 'A page of the proxy answered.')
    }
    const ending = quietly(resumeRotation((await openRotation(store))!, {...deps, tokens: {...deps.tokens, account}}))
    expect(await ending).toMatchObject({code: 'GITEA_UNUSABLE', exit: 7})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
    expect(await openRotation(store)).toBeUndefined()
  })

  it('says of a list that could not be read at first, and was then, no more than that', async () => {
    const {world, store, id} = await killedWhileUndoing()
    const on = failing(world, 'discard', 'lost-before')
    expect(await abortRotation(id, world.deps(store, {on}))).toMatchObject({phase: 'rolled_back'})
    expect(world.warned).toContain('No answer to list')
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })
})

describe('a rollback', () => {
  const ask = (world: World) => request({oldValue: world.old.value, onProofFailure: 'rollback'})

  it('puts the old token back, proves it by what the agent reports, and deletes the candidate', async () => {
    const world = new World()
    world.newTokensFail = true
    const store = await storeInMemory()
    const error = await quietly(rotate(ask(world), world.deps(store)))
    expect(error).toMatchObject({code: 'ROLLED_BACK', category: 'incomplete'})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
    expect(world.process.lastEight).toBe(world.old.lastEight)
    expect(await openRotation(store)).toBeUndefined()
  })

  it('keeps the candidate alive as long as the agent does not report the old token itself', async () => {
    const world = new World()
    world.newTokensFail = true
    const store = await storeInMemory()
    const deps = world.deps(store, {
      on: (item) => {
        if (item.kind === 'phase' && item.phase === 'rolling_back') world.agentDeaf = true
      },
    })
    expect(await quietly(rotate(ask(world), deps))).toMatchObject({code: 'PROOF_MISSING', category: 'incomplete'})
    expect(world.tokens).toHaveLength(2)
    world.agentDeaf = false
    const id = (await openRotation(store))!
    expect(await quietly(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'ROLLED_BACK'})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })

  /** A rotation whose proof fails, in which something happens once it has come this far on its way back. */
  async function disturbed(step: 'rolling_back' | 'restarted back', disturb: (world: World) => void) {
    const world = new World()
    world.newTokensFail = true
    const store = await storeInMemory()
    let back = false
    let done = false
    const deps = world.deps(store, {
      on: (item) => {
        if (item.kind === 'phase' && item.phase === 'rolling_back') back = true
        const asked = back && item.kind === 'act' && item.act === 'smoke' && item.state === 'started'
        if (done || !back || (step === 'restarted back' && !asked)) return
        done = true
        disturb(world)
      },
    })
    return {world, store, ending: await quietly(rotate(ask(world), deps))}
  }
  const killOld = (world: World) => void world.tokens.splice(0, 1)

  it('keeps the new token where the old one died meanwhile, says so, and a resume gives the agent a live one', async () => {
    const {world, store, ending} = await disturbed('restarted back', killOld)
    expect(ending).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.tokens.map(({name}) => name)).toEqual([expect.stringContaining('patrol.dev-a')])
    world.newTokensFail = false
    const id = (await openRotation(store))!
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
  })

  it('asks the list where the old value is not at hand any more, and believes none that lacks both tokens', async () => {
    const {world, store} = await disturbed('restarted back', (w) => (w.agentDeaf = true))
    world.agentDeaf = false
    const id = (await openRotation(store))!
    const deps = world.deps(store)
    const blind = {...deps.tokens, list: async () => []}
    expect(await quietly(resumeRotation(id, {...deps, tokens: blind}))).toMatchObject({code: 'TOKENS_DOUBTED', exit: 7})
    killOld(world)
    expect(await quietly(resumeRotation(id, deps))).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.tokens).toHaveLength(1)
  })

  it('does not push a value that is dead by then: the agent stays on the new one', async () => {
    const {world, ending} = await disturbed('rolling_back', killOld)
    expect(ending).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.puts).toBe(1)
    expect(world.violations).toEqual([])
  })

  it('does not overwrite what somebody else stored since our push', async () => {
    const {world, ending} = await disturbed('rolling_back', (w) => {
      w.addToken('by hand', ['read:issue', 'read:repository'])
      w.advance(1_000)
      w.overwrite(w.tokens.at(-1)!.value)
    })
    expect(ending).toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expect(world.puts).toBe(1)
    expect(world.secret?.lastEight).toBe(world.tokens.at(-1)!.lastEight)
    expect(world.tokens).toHaveLength(3)
  })

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

describe('a clean-up that fails as well', () => {
  it('tells both: why the rotation ends, and why the candidate is still there', async () => {
    const world = new World()
    world.behaviour.putRefused = {code: 'VENDOR_KEY_BLOCKED', reason: 'not this key'}
    const store = await storeInMemory()
    const deps = world.deps(store)
    const away = new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
    const tokens = {...deps.tokens, remove: () => Promise.reject(away)}
    const error = await quietly(rotate(request(), {...deps, tokens}))
    expect(error).toMatchObject({code: 'PUSH_REFUSED', category: 'incomplete'})
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/VENDOR_KEY_BLOCKED.*Undoing what was begun failed as well: Gitea is away/s),
    )
    await quietly(resumeRotation((await openRotation(store))!, world.deps(store)))
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
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

  it('end, resumed often enough, on one live token that the workspace runs on', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({faults, overlapMs, onProofFailure, ...behaviour}) => {
        const world = new World()
        Object.assign(world.behaviour, behaviour)
        world.fault = faults
        const store = await storeInMemory()
        let phase = ''
        for (let turn = 0; turn < 14 && phase !== 'completed'; turn++) {
          const id = await openRotation(store)
          const deps = world.deps(store)
          const result = await quietly(
            id ? resumeRotation(id, deps) : rotate(request({overlapMs, onProofFailure}), deps),
          )
          if (!(result instanceof Error)) phase = result.phase
          world.revive()
          world.advance(overlapMs / 2 + 5_000)
        }
        expect(world.violations).toEqual([])
        expect(phase).toBe('completed')
        expect(world.tokens).toHaveLength(1)
        expect(world.leftAccess.filter((id) => !world.warned.includes(id))).toEqual([])
        expect(world.process.lastEight).toBe(world.tokens[0]?.lastEight)
        store.close()
      }),
      {numRuns: 150},
    )
  })
})
