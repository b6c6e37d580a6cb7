import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {
  abortRotation,
  replay,
  resumeRotation,
  rotate,
  type ActName,
  type StoryProgress,
  type RotationRequest,
} from '../../src/rotation/index.ts'
import type {Store} from '../../src/store/index.ts'
import {openRotation, quietly} from '../support/endings.ts'
import {Crash, request, storeInMemory, USER, World, type FaultKind} from '../support/world.ts'

describe('an abort', () => {
  it('deletes a candidate that was only probed', async () => {
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
function failing(world: World, act: ActName, kind: FaultKind): (item: StoryProgress) => void {
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
        message: expect.stringMatching(
          /^Rotation \S+ of dev-a ended .*: the platform refused the push\. The new token is/,
        ),
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

  it('because another machine was first says so to whoever finishes it', async () => {
    const world = new World()
    const store = await storeInMemory()
    const on = (item: StoryProgress): void => {
      if (item.kind !== 'phase' || world.tokens.length > 1) return
      world.addToken('patrol.dev-a.20261122.elsewhere1', ['read:issue'])
    }
    const deps = world.deps(store, {on})
    const tokens = {...deps.tokens, remove: () => Promise.reject(new Crash('killed'))}
    await quietly(rotate(request(), {...deps, tokens}))
    const id = (await openRotation(store))!
    expect(await quietly(resumeRotation(id, world.deps(store)))).toMatchObject({
      code: 'YIELDED',
      exit: 7,
      message: expect.stringContaining('it minted patrol.dev-a.20261122.elsewhere1 (id 2)'),
    })
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token', 'patrol.dev-a.20261122.elsewhere1'])
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
    expect(error).toMatchObject({
      code: 'ROLLED_BACK',
      category: 'incomplete',
      message: expect.stringContaining(
        'did not prove itself with the new token (swarm-pull: old-token) and was put back',
      ),
    })
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
    expect(await quietly(rotate(ask(world), deps))).toMatchObject({
      code: 'PROOF_MISSING',
      category: 'incomplete',
      suggestions: expect.arrayContaining(['patrol smoke dev-a']),
    })
    expect(world.tokens).toHaveLength(2)
    world.agentDeaf = false
    const id = (await openRotation(store))!
    expect(await quietly(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'ROLLED_BACK'})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })

  /** A rotation whose proof fails, in which something happens once it has come this far on its way back. */
  async function disturbed(
    step: 'rolling_back' | 'restarted back',
    disturb: (world: World) => void,
    more: Partial<RotationRequest> = {},
  ) {
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
    return {world, store, ending: await quietly(rotate({...ask(world), ...more}, deps))}
  }
  const killOld = (world: World) => void world.tokens.splice(0, 1)

  it('keeps the new token where the old one died meanwhile, says so, and a resume gives the agent a live one', async () => {
    const {world, store, ending} = await disturbed('restarted back', killOld)
    expect(ending).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.tokens.map(({name}) => name)).toEqual([expect.stringContaining('patrol.dev-a')])
    world.newTokensFail = false
    const id = (await openRotation(store))!
    expect((await store.journal.read(id)).map(({type}) => type)).not.toContain('rollback_proven')
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
  })

  it('asks the list where the old value is not at hand any more, and believes none that lacks both tokens', async () => {
    const {world, store} = await disturbed('restarted back', (w) => (w.agentDeaf = true))
    world.agentDeaf = false
    const id = (await openRotation(store))!
    const deps = world.deps(store)
    for (const rows of [[], [{...world.old, id: 99, lastEight: '00000099'}]]) {
      // The look before each act is not what this is about.
      const looks = [await deps.tokens.list(USER)]
      const blind = {...deps.tokens, list: async () => looks.shift() ?? rows}
      expect(await quietly(resumeRotation(id, {...deps, tokens: blind}))).toMatchObject({
        code: 'TOKENS_DOUBTED',
        exit: 7,
        suggestions: expect.arrayContaining(['patrol doctor']),
      })
    }
    killOld(world)
    expect(await quietly(resumeRotation(id, deps))).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.tokens).toHaveLength(1)
  })

  it('knows by the list alone that the old one died while the agent was asked', async () => {
    const {world, store} = await disturbed('restarted back', (w) => (w.agentDeaf = true))
    world.agentDeaf = false
    const on = (item: StoryProgress): void => {
      if (item.kind === 'act' && item.act === 'smoke' && item.state === 'started') killOld(world)
    }
    const id = (await openRotation(store))!
    expect(await quietly(resumeRotation(id, world.deps(store, {on})))).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect((await store.journal.read(id)).map(({type}) => type)).not.toContain('rollback_proven')
    expect(world.tokens).toHaveLength(1)
  })

  it('is not over where Gitea does not say whether the old one works, and names where to look', async () => {
    const {world, store} = await disturbed('restarted back', (w) => (w.agentDeaf = true))
    world.agentDeaf = false
    const deps = world.deps(store)
    const liveness: typeof deps.prober.liveness = async (value) => ({
      ...(await deps.prober.liveness(value)),
      state: 'unknown',
    })
    const id = (await openRotation(store))!
    const vague = {...deps, prober: {...deps.prober, liveness}}
    const ending = await quietly(resumeRotation(id, vague, {oldValue: world.old.value}))
    expect(ending).toMatchObject({
      code: 'GITEA_UNUSABLE',
      exit: 7,
      suggestions: expect.arrayContaining(['patrol doctor']),
    })
    expect(world.tokens).toHaveLength(2)
  })

  it('that waits for an approval goes on with the old value only: without it the new token is asked at once', async () => {
    for (const given of [true, false]) {
      const {world, store} = await disturbed('rolling_back', (w) => (w.behaviour.approval = 'never'), {
        approval: 'park',
      })
      const id = (await openRotation(store))!
      expect(replay(await store.journal.read(id))).toMatchObject({step: {at: 'awaiting_approval'}})
      world.newTokensFail = given
      world.approvalState = given ? 'approved' : 'pending'
      const ending = await quietly(resumeRotation(id, world.deps(store), given ? {oldValue: world.old.value} : {}))
      expect(ending).toMatchObject(given ? {code: 'ROLLED_BACK'} : {phase: 'completed'})
      expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
    }
  })

  it('does not push a value that is dead by then: the agent stays on the new one', async () => {
    const {world, ending} = await disturbed('rolling_back', killOld)
    expect(ending).toMatchObject({code: 'OLD_TOKEN_DEAD', exit: 7})
    expect(world.puts).toBe(1)
    expect(world.violations).toEqual([])
  })

  it('does not overwrite what somebody else stored since our push', async () => {
    const {world, store, ending} = await disturbed('rolling_back', (w) => {
      w.addToken('by hand', ['read:issue', 'read:repository'])
      w.advance(1_000)
      w.overwrite(w.tokens.at(-1)!.value)
    })
    expect(ending).toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expect(world.puts).toBe(1)
    expect(world.secret?.lastEight).toBe(world.tokens.at(-1)!.lastEight)
    expect(world.tokens).toHaveLength(3)
    world.newTokensFail = false
    const result = await resumeRotation((await openRotation(store))!, world.deps(store))
    expect([result.phase, result.candidate?.lastEight]).toEqual(['completed', world.secret?.lastEight])
  })

  it('that the platform refuses is told as that, and not tried again by itself', async () => {
    const {world, ending} = await disturbed('rolling_back', (w) => {
      w.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    })
    expect(ending).toMatchObject({code: 'PUSH_REFUSED', exit: 7, message: expect.stringContaining('not today')})
    expect(world.calls.filter((call) => call === 'putSecret')).toHaveLength(2)
    expect(world.tokens).toHaveLength(2)
  })

  it('for a mistake of ours ends as that', async () => {
    const mistake = new TypeError('of ours')
    const world = new World()
    world.newTokensFail = true
    const deps = world.deps(await storeInMemory())
    const putSecret: typeof deps.platform.putSecret = async (...asked) => {
      if (world.puts > 0) throw mistake
      return deps.platform.putSecret(...asked)
    }
    await expect(rotate(ask(world), {...deps, platform: {...deps.platform, putSecret}})).rejects.toBe(mistake)
  })

  it('pushes no value that Gitea takes no more, though its token is listed still', async () => {
    const world = new World()
    world.newTokensFail = true
    const store = await storeInMemory()
    let back = false
    const deps = world.deps(store, {
      on: (item) => {
        if (item.kind === 'phase' && item.phase === 'rolling_back') back = true
      },
    })
    const liveness: typeof deps.prober.liveness = async (value) => {
      const seen = await deps.prober.liveness(value)
      return back ? {...seen, state: 'blocked'} : seen
    }
    expect(await quietly(rotate(ask(world), {...deps, prober: {...deps.prober, liveness}}))).toMatchObject({
      code: 'PROOF_FAILED',
      exit: 7,
    })
    expect([world.puts, world.tokens.length]).toEqual([1, 2])
  })

  it('that is gone on with by a process without the old value asks for the new token again', async () => {
    const {world, store} = await disturbed('rolling_back', (w) => {
      w.fault = [{at: w.calls.length + 1, kind: 'crash-before'}]
    })
    world.revive()
    world.newTokensFail = false
    const id = (await openRotation(store))!
    expect(replay(await store.journal.read(id))).toMatchObject({phase: 'rolling_back', step: {at: 'push'}})
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(world.puts).toBe(1)
  })
})

describe('a clean-up that fails as well', () => {
  it('by Ctrl-C ends as one, with the reason told all the same', async () => {
    const world = new World()
    world.behaviour.putRefused = {code: 'CONCIERGE_SELF_WRITE_BLOCKED', reason: 'not today'}
    const store = await storeInMemory()
    const deps = world.deps(store)
    const stopped = new OpsError('INTERRUPTED', 'Stopped on request.')
    const tokens = {...deps.tokens, remove: () => Promise.reject(stopped)}
    expect(await quietly(rotate(request(), {...deps, tokens}))).toMatchObject({
      code: 'PUSH_REFUSED',
      exit: 130,
      message: expect.stringMatching(/not today.*Undoing what was begun failed as well: Stopped on request\./s),
      ref: 'docs/runbooks/concierge-refused.md',
    })
    expect(await openRotation(store)).toBeDefined()
  })

  it('for the same reason tells that reason once', async () => {
    const world = new World()
    const deps = world.deps(await storeInMemory())
    const rejected = new OpsError('ADMIN_REJECTED', 'Gitea rejects the password.')
    let mints = 0
    const tokens: typeof deps.tokens = {
      ...deps.tokens,
      async mint() {
        throw mints++ === 0 ? new OpsError('WRITE_IN_DOUBT', 'The answer was lost.') : rejected
      },
      async list(user) {
        if (mints > 1) throw rejected
        return deps.tokens.list(user)
      },
    }
    const error = await quietly(rotate(request(), {...deps, tokens}))
    expect(error).toMatchObject({code: 'ADMIN_REJECTED', exit: 7})
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(
        /^Gitea rejects the password\. A new token may still come of a mint whose answer was lost; nothing was revoked/,
      ),
    )
  })

  it('for a mistake of ours is reported as that', async () => {
    const world = new World()
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    const mistake = new TypeError('of ours')
    const deps = world.deps(await storeInMemory())
    const tokens = {...deps.tokens, remove: () => Promise.reject(mistake)}
    await expect(rotate(request(), {...deps, tokens})).rejects.toBe(mistake)
  })

  it('leaves a candidate alone that is another token by now, and tells that beside the reason', async () => {
    const world = new World()
    world.forgetful = ['read:issue']
    const on = (item: StoryProgress): void => {
      world.progress.push(item)
      if (item.kind === 'act' && item.act === 'discard' && item.state === 'started') world.regenerate(2)
    }
    const store = await storeInMemory()
    expect(await quietly(rotate(request(), world.deps(store, {on})))).toMatchObject({code: 'CANDIDATE_REJECTED'})
    expect(world.warned).toMatch(/^Token 2 .* is not the one on record any more.* It was not deleted\.$/)
    expect(world.tokens).toHaveLength(2)
  })

  it('tells both: why the rotation ends, and why the candidate is still there', async () => {
    const world = new World()
    world.behaviour.putRefused = {code: 'VENDOR_KEY_BLOCKED', reason: 'not this key'}
    const store = await storeInMemory()
    const deps = world.deps(store)
    const away = new OpsError('GITEA_UNREACHABLE', 'Gitea is away.', {suggestions: ['patrol doctor']})
    const tokens = {...deps.tokens, remove: () => Promise.reject(away)}
    const error = await quietly(rotate(request(), {...deps, tokens}))
    const resume = `patrol rotation resume ${await openRotation(store)}`
    expect(error).toMatchObject({code: 'PUSH_REFUSED', exit: 7})
    expect(error).toHaveProperty('suggestions', expect.arrayContaining(['patrol doctor', resume]))
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/VENDOR_KEY_BLOCKED.*Undoing what was begun failed as well: Gitea is away/s),
    )
    await quietly(resumeRotation((await openRotation(store))!, world.deps(store)))
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })
})
