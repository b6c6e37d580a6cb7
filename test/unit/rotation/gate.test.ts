import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  finishDue,
  mintToken,
  pushSecret,
  replay,
  resumeRotation,
  rotate,
} from '../../../src/rotation/index.ts'
import {removeToken, TokenChanged, unused, wasUsed} from '../../../src/rotation/gate.ts'
import type {StoryProgress} from '../../../src/rotation/index.ts'
import type {MintedToken, Platform, Prober, TokenAdmin} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {pushOf, mintOf, request, storeInMemory, USER, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** Runs something once, when a rotation has come this far. */
function when(reached: (progress: StoryProgress) => boolean, then: () => void): (progress: StoryProgress) => void {
  let done = false
  return (progress) => {
    world.progress.push(progress)
    if (done || !reached(progress)) return
    done = true
    then()
  }
}

const enters = (phase: string) => (progress: StoryProgress) => progress.kind === 'phase' && progress.phase === phase

async function failure(work: Promise<unknown>): Promise<OpsError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  if (error instanceof OpsError) return error
  throw new Error('no OpsError', {cause: error})
}

async function latest() {
  const [summary] = await store.journal.list()
  if (!summary) throw new Error('nothing was journalled')
  return {id: summary.id, rotation: replay(await store.journal.read(summary.id))!}
}

const names = () => world.tokens.map(({name}) => name)

describe('a mint that can not be confirmed', () => {
  function minting() {
    const deps = world.deps(store)
    const trouble = new OpsError('MINT_MISMATCH', 'It was stored without scopes.')
    const mint = async (whose: string, name: string): Promise<MintedToken> => {
      const {id, lastEight} = world.addToken(name, [], whose)
      return {unconfirmed: {id, name, lastEight}, trouble}
    }
    return mintToken(mintOf(), {...deps, tokens: {...deps.tokens, mint}}, async () => {})
  }

  it('is deleted again, and says so', async () => {
    await expect(minting()).rejects.toMatchObject({
      code: 'MINT_MISMATCH',
      message: expect.stringContaining('was deleted again'),
    })
    expect(names()).toEqual(['agent token'])
  })

  it('is in doubt, with its id and both reasons, where it can not be deleted either', async () => {
    world.fault = [2, 3, 4].map((at) => ({at, kind: 'lost-before'}))
    const error = await failure(minting())
    expect(error).toMatchObject({code: 'WRITE_IN_DOUBT', category: 'incomplete'})
    expect(error.message).toMatch(/without scopes.*id 2.*No answer to list/)
    expect(world.tokens.filter((token) => token.user === USER)).toHaveLength(2)
  })
})

describe('a value that can not be delivered', () => {
  it('is deleted again; where that fails too, both reasons are told', async () => {
    const undelivered = () =>
      mintToken(mintOf(), world.deps(store), async () => {
        world.fault = [world.calls.length + 1].map((at) => ({at, kind: 'lost-before'}))
        throw new OpsError('FILE_UNUSABLE', 'The disk is full. Nothing was changed.')
      })
    const error = await failure(undelivered())
    expect(error).toMatchObject({code: 'WRITE_IN_DOUBT', exit: 7})
    expect(error.message).toMatch(/disk is full\. It was minted as .*id 2.*No answer to list/)
  })

  it('is told as minted and deleted, and not that nothing was changed', async () => {
    const taken = new OpsError('FILE_EXISTS', 'x.token exists already. Nothing was changed.')
    const undelivered = mintToken(mintOf(), world.deps(store), () => Promise.reject(taken))
    expect(await failure(undelivered)).toMatchObject({
      code: 'FILE_EXISTS',
      message: expect.stringMatching(
        /^x\.token exists already\. The token that had just been minted \(\S+\) was deleted/,
      ),
    })
    expect(names()).toEqual(['agent token'])
  })
})

describe('a deletion in doubt', () => {
  it('stays in doubt where the list that would settle it can not be read', async () => {
    const row = world.addToken('spare', ['read:issue'])
    const deps = world.deps(store)
    let lists = 0
    const list = async (user: string) => {
      if (++lists > 1) throw new OpsError('GITEA_UNUSABLE', 'A page of the proxy answered.')
      return deps.tokens.list(user)
    }
    world.fault = [{at: 2, kind: 'lost-after'}]
    const removal = removeToken({tokens: {...deps.tokens, list}}, {agent: 'dev-a', user: USER}, row)
    await expect(removal).rejects.toMatchObject({exit: 7, message: expect.stringContaining('answer to remove')})
    expect(names()).toEqual(['agent token'])
  })
})

it('a new token that is taken back may have been used, for its value was ours', async () => {
  world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
  const deps = world.deps(store)
  const times = {createdAt: '2026-11-22T03:00:00Z', lastUsedAt: '2026-11-22T03:00:09Z'}
  const list = async (user: string) => (await deps.tokens.list(user)).map((row) => ({...row, ...times}))
  expect(await failure(rotate(request(), {...deps, tokens: {...deps.tokens, list}}))).toMatchObject({
    code: 'PUSH_REFUSED',
  })
  expect(names()).toEqual(['agent token'])
})

describe('a token whose value patrol never got, and that was used', () => {
  /** Somebody regenerates the token of a lost mint before patrol sees it, and has the agent run on it. */
  function takenOver(): void {
    const token = world.regenerate(world.tokens.find(({name}) => name.startsWith('patrol.'))!.id)
    const times = {createdAt: new Date(world.now - 60_000).toISOString(), lastUsedAt: new Date(world.now).toISOString()}
    Object.assign(token, times)
    world.overwrite(token.value)
    world.provision()
    world.advance(60_000)
  }

  async function strikeMint(kind: 'crash-after' | 'lost-after'): Promise<void> {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind}]
  }

  it('is left to them by the resume, which says so although what they stored ends it', async () => {
    await strikeMint('crash-after')
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    takenOver()
    const {id} = await latest()
    const resumed = resumeRotation(id, world.deps(store))
    expect(await failure(resumed)).toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expect(world.warned).toMatch(
      /Token 2 of agent-dev-a \(patrol\..* …90000002\) was used since, though nobody is known to have its value\. It was not/,
    )
    expect([world.process.lastEight, world.violations]).toEqual(['90000002', []])
  })

  it('is left to them by a resume that is refused, which ends as something left to look at', async () => {
    const planned = world.secret
    await strikeMint('crash-after')
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    takenOver()
    world.secret = planned
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    const {id} = await latest()
    const error = await failure(resumeRotation(id, world.deps(store)))
    expect(error).toMatchObject({code: 'PUSH_REFUSED', exit: 7})
    expect(world.warned).toMatch(/Token 2 of agent-dev-a .* was used since/)
  })

  it('is left to them where that shows only when it is to go, late as it came', async () => {
    world.behaviour.lateMintMs = 8_000
    await strikeMint('crash-after')
    world.fault = world.fault.map(({at}) => ({at, kind: 'lost-before'}))
    const deps = world.deps(store)
    const append: typeof deps.journal.append = async (entry) => {
      await deps.journal.append(entry)
      if (entry.event.type === 'orphan_found') {
        const {token} = entry.event
        const times = {createdAt: '2026-11-22T03:00:00Z', lastUsedAt: '2026-11-22T03:00:09Z'}
        Object.assign(
          world.tokens.find(({id}) => id === token.id)!,
          times,
        )
      }
    }
    const error = await failure(rotate(request(), {...deps, journal: {...deps.journal, append}}))
    expect(error).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
    expect((await latest()).rotation.phase).toBe('completed')
    expect(world.tokens).toHaveLength(2)
  })

  it('is left to them where it came of a mint by hand', async () => {
    const deps = world.deps(store)
    const mint: TokenAdmin['mint'] = async (...of) => {
      await deps.tokens.mint(...of)
      takenOver()
      throw new OpsError('WRITE_IN_DOUBT', 'No answer.')
    }
    const error = await failure(mintToken(mintOf(), {...deps, tokens: {...deps.tokens, mint}}, async () => {}))
    expect(error).toMatchObject({code: 'WRITE_IN_DOUBT', exit: 7})
    expect([world.process.lastEight, world.violations]).toEqual(['90000002', []])
  })

  it('is left to them where it came of a mint that could not be confirmed', async () => {
    const deps = world.deps(store)
    const mint: TokenAdmin['mint'] = async (...of) => {
      await deps.tokens.mint(...of)
      takenOver()
      return {unconfirmed: world.tokens[1]!, trouble: new OpsError('MINT_MISMATCH', 'Two of a name.')}
    }
    const error = await failure(mintToken(mintOf(), {...deps, tokens: {...deps.tokens, mint}}, async () => {}))
    expect(error.message).toContain('was used since')
    expect([world.process.lastEight, world.violations]).toEqual(['90000002', []])
  })
})

describe('a token that has another value by the time it is to go', () => {
  it('is left alone by the rotation that replaces it, which ends with 7 and is at its end', async () => {
    const error = await failure(
      rotate(request(), world.deps(store, {on: when(enters('proven'), () => world.regenerate(1))})),
    )
    expect(error).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
    expect(error.message).toContain('agent token …00000001')
    expect(error.message).toContain('agent token …90000001')
    expect(error.suggestions).toContain('patrol revoke dev-a --id 1 --dry-run')
    expect(error.suggestions.join()).not.toContain('resume')
    expect(world.calls).not.toContain('remove')
    const {id, rotation} = await latest()
    expect(rotation.phase).toBe('completed')
    expect(rotation.left).toEqual([
      {
        token: {id: 1, name: 'agent token', lastEight: '00000001'},
        seen: {id: 1, name: 'agent token', lastEight: '90000001'},
      },
    ])
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(names()).toHaveLength(2)
  })

  it('is left alone when its deletion was under way', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('remove'), kind: 'crash-before'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    const {id, rotation} = await latest()
    expect(rotation.phase).toBe('revoking')
    world.regenerate(1)
    expect(await failure(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
    expect(world.warned).toBe('')
    expect((await latest()).rotation.phase).toBe('completed')
    expect(world.calls.filter((call) => call === 'remove')).toHaveLength(1)
    expect(names()).toContain('agent token')
  })

  it('is left alone when its overlap ends, and other old ones go all the same', async () => {
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    const asked = request({
      overlapMs: 3_600_000,
      deployedLastEight: world.old.lastEight,
      waive: {foreignRotation: true},
    })
    await rotate(asked, world.deps(store))
    world.regenerate(1)
    world.advance(3_700_000)
    const {held} = await finishDue(world.deps(store))
    expect(held).toMatchObject([{code: 'TOKEN_CHANGED', message: expect.stringContaining('…90000001')}])
    expect(names()).toEqual(['agent token', expect.stringContaining('patrol.dev-a.20261122')])
    expect(await store.journal.list({open: true})).toEqual([])
  })

  it('is left alone where it is a candidate that has to go, and the resume replaces the old one all the same', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('probe'), kind: 'crash-after'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.regenerate(2)
    const {id} = await latest()
    expect(await failure(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
    expect((await latest()).rotation.phase).toBe('completed')
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual(['90000002', world.process.lastEight])
  })

  it('is left alone where the next push is refused, and the run has to be looked at although nothing else is left', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'lost-after'}]
    world.behaviour.putRefused = {code: 'CONCIERGE_SELF_WRITE_BLOCKED', reason: 'no'}
    const on = when(
      (progress) => progress.kind === 'act' && progress.act === 'discard',
      () => void world.regenerate(2),
    )
    expect(await failure(rotate(request(), world.deps(store, {on})))).toMatchObject({
      code: 'PUSH_REFUSED',
      category: 'incomplete',
      ref: 'docs/runbooks/concierge-refused.md',
    })
    expect(world.warned).toContain('…90000002')
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual(['00000001', '90000002'])
  })

  it('is left alone to the end where it came of a mint whose answer was lost', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'lost-after'}]
    const deps = world.deps(store)
    const stop = new AbortController()
    const append: typeof deps.journal.append = async (entry) => {
      await deps.journal.append(entry)
      if (entry.event.type === 'mint_settled') stop.abort()
    }
    const stopped = rotate(request(), {...deps, journal: {...deps.journal, append}, signal: stop.signal})
    expect(await failure(stopped)).toMatchObject({code: 'INTERRUPTED'})
    const {lastEight} = world.regenerate(2)
    const {id} = await latest()
    expect(await failure(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
    expect((await latest()).rotation.phase).toBe('completed')
    expect(world.alive(lastEight)).toBe(true)
  })

  it('is left alone by an abort', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('probe'), kind: 'crash-after'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.regenerate(2)
    const {id} = await latest()
    expect(await failure(abortRotation(id, world.deps(store)))).toMatchObject({code: 'TOKEN_CHANGED'})
    expect((await latest()).rotation.phase).toBe('rolled_back')
    expect(names()).toHaveLength(2)
  })

  it('is not taken for the one whose overlap an earlier rotation fixed', async () => {
    await rotate(request({overlapMs: 1_000}), world.deps(store))
    world.regenerate(1)
    const all = request({overlapMs: 3_600_000, supersede: 'all'})
    await rotate(all, world.deps(store)).catch(() => {})
    expect((await latest()).rotation.superseded).toContainEqual(
      expect.objectContaining({lastEight: '90000001', deadline: expect.any(Number)}),
    )
    expect(names()).toContain('agent token')
  })
})

describe('before the proof', () => {
  it('a candidate that was given another value is not asked about: a resume mints another', async () => {
    const on = when(enters('restarted'), () => world.regenerate(2))
    expect(await failure(rotate(request(), world.deps(store, {on})))).toMatchObject({
      code: 'TOKEN_CHANGED',
      exit: 7,
      message: expect.stringContaining('…90000002'),
    })
    expect(world.calls).not.toContain('smoke')
    const {id} = await latest()
    expect(await failure(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'TOKEN_CHANGED'})
    expect((await latest()).rotation.phase).toBe('completed')
    expect(world.alive(world.process.lastEight)).toBe(true)
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual(['90000002', world.process.lastEight])
  })

  it('a candidate that somebody deleted does not keep the rotation from its end', async () => {
    const on = when(enters('restarted'), () => world.tokens.splice(1, 1))
    expect(await failure(rotate(request(), world.deps(store, {on})))).toMatchObject({code: 'CANDIDATE_GONE', exit: 7})
    const {id} = await latest()
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
  })

  it('an old token that was given another value is told', async () => {
    const on = when(enters('restarted'), () => world.regenerate(1))
    await failure(rotate(request(), world.deps(store, {on})))
    expect(world.warned).toContain('…90000001')
  })
})

describe('a list that lacks the token which the agent was just proven on', () => {
  const blind = (tokens: TokenAdmin, from: () => boolean): TokenAdmin => ({
    ...tokens,
    list: async (user) => (from() ? [] : tokens.list(user)),
  })

  const begins = (progress: StoryProgress) =>
    progress.kind === 'act' && progress.act === 'revoke' && progress.state === 'started'

  it.each([
    ['at the first look', enters('proven'), 'REVOCATION_HELD'],
    ['right before the deletion', begins, 'TOKENS_DOUBTED'],
  ])('is not believed %s: nothing is concluded, nothing ends, and a later run completes', async (_, reached, code) => {
    let blinded = false
    const on = when(reached, () => (blinded = true))
    const deps = world.deps(store, {on})
    const error = await failure(rotate(request(), {...deps, tokens: blind(deps.tokens, () => blinded)}))
    expect(error).toMatchObject({code, exit: 7})
    expect((await latest()).rotation.superseded.some(({revoked}) => revoked)).toBe(false)
    expect(names()).toHaveLength(2)
    const {id} = await latest()
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(names()).toHaveLength(1)
  })

  it.each([1, 2])(
    'an old token that shows only when the revocation of the old ones, %i, gets there, stays',
    async (olds) => {
      if (olds === 2) world.addToken('patrol.dev-a.20261101.earlier', [])
      let hidden = false
      let begun = 0
      const on = (progress: StoryProgress): void => {
        if (enters('proven')(progress) && begun === 0) {
          // Somebody deletes the earlier one meanwhile.
          world.tokens.splice(1, olds - 1)
          hidden = true
        }
        if (begins(progress) && ++begun === olds) hidden = false
      }
      const deps = world.deps(store, {on})
      const list: TokenAdmin['list'] = async (user) =>
        (await deps.tokens.list(user)).filter(({id}) => !hidden || id !== world.old.id)
      const asked = request({deployedLastEight: world.old.lastEight, waive: {foreignRotation: true}})
      const error = await failure(rotate(asked, {...deps, tokens: {...deps.tokens, list}}))
      const {id} = await latest()
      expect(error).toMatchObject({
        code: 'REVOCATION_HELD',
        exit: 7,
        message: expect.stringContaining('but no old token was a moment ago, so nobody was asked about it'),
        suggestions: [`patrol rotation resume ${id}`],
      })
      expect(world.tokens).toHaveLength(2)
      expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
      expect(world.tokens).toHaveLength(1)
    },
  )

  it('is not believed as a proof of death either', async () => {
    const on = when(
      (progress) => progress.kind === 'act' && progress.act === 'revoke' && progress.state === 'done',
      () => (gone = true),
    )
    let gone = false
    const deps = world.deps(store, {on})
    const error = await failure(rotate(request(), {...deps, tokens: blind(deps.tokens, () => gone)}))
    expect(error).toMatchObject({code: 'TOKENS_DOUBTED', exit: 7})
  })

  it('ends by another rotation where somebody deleted that token', async () => {
    await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    world.tokens.pop()
    world.advance(3_700_000)
    expect((await finishDue(world.deps(store))).held).toMatchObject([{code: 'REVOCATION_HELD'}])
    expect(names()).toEqual(['agent token'])
    await rotate(request(), world.deps(store))
    await finishDue(world.deps(store))
    expect(await store.journal.list({open: true})).toEqual([])
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
  })
})

describe('a list that lacks a token which is to be discarded', () => {
  /** A rotation whose push is refused, with a list that hides the new token from then on. */
  const hiding = async (state: 'alive' | 'unknown') => {
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    let hidden = false
    const on = when(
      (progress) => progress.kind === 'act' && progress.act === 'discard',
      () => (hidden = true),
    )
    const deps = world.deps(store, {on})
    const tokens: TokenAdmin = {
      ...deps.tokens,
      list: async (user) => (await deps.tokens.list(user)).filter(({id}) => !hidden || id === world.old.id),
    }
    const liveness: Prober['liveness'] = async (value) => ({...(await deps.prober.liveness(value)), state})
    return failure(rotate(request(), {...deps, tokens, prober: {...deps.prober, liveness}}))
  }

  it('is not believed while Gitea takes its value, and a later run deletes it', async () => {
    const {code, message, exit} = await hiding('alive')
    expect([code, exit]).toEqual(['PUSH_REFUSED', 7])
    expect(message).toContain('lacks patrol.dev-a.')
    expect(message).toContain('which works all the same: the list is not whole')
    expect(names()).toHaveLength(2)
    world.behaviour.putRefused = undefined
    await resumeRotation((await latest()).id, world.deps(store)).catch(() => {})
    expect(names()).toEqual(['agent token'])
  })

  it('is believed where Gitea says nothing of its value', async () => {
    expect((await hiding('unknown')).message).toContain('The new token is deleted')
  })
})

describe('a list that lacks an old token', () => {
  it('is not believed while its value works: nothing is revoked, and a later run completes', async () => {
    let hidden = false
    const on = when(enters('proven'), () => (hidden = true))
    const deps = world.deps(store, {on})
    const list: TokenAdmin['list'] = async (user) =>
      (await deps.tokens.list(user)).filter(({id}) => !hidden || id !== world.old.id)
    const asked = request({oldValue: world.old.value})
    expect(await failure(rotate(asked, {...deps, tokens: {...deps.tokens, list}}))).toMatchObject({
      code: 'TOKENS_DOUBTED',
      exit: 7,
    })
    const {id, rotation} = await latest()
    expect([names().length, rotation.superseded.some(({revoked}) => revoked)]).toEqual([2, false])
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    expect(names()).toHaveLength(1)
  })
})

describe('the proof of death', () => {
  const oldValue = () => world.old.value
  /** Gitea, after a deletion of the old token that it answered with success. */
  const afterDeletion = (is: {listed?: boolean; state?: 'alive' | 'unknown'}) => {
    const deps = world.deps(store)
    const [ghost, {lastEight}] = [{...world.old}, world.old]
    const gone = () => !world.alive(lastEight)
    const tokens: TokenAdmin = {
      ...deps.tokens,
      list: async (user) => (is.listed && gone() ? [ghost, ...(await deps.tokens.list(user))] : deps.tokens.list(user)),
    }
    const prober: Prober = {
      ...deps.prober,
      liveness: async (value) => {
        const answer = await deps.prober.liveness(value)
        return is.state && gone() && value.lastEight === lastEight ? {...answer, state: is.state} : answer
      },
    }
    return {...deps, tokens, prober}
  }

  it.each(['alive', 'unknown'] as const)(
    'is not had while the old value is %s: the rotation stays open',
    async (state) => {
      const error = await failure(rotate(request({oldValue: oldValue()}), afterDeletion({state})))
      expect(error).toMatchObject({code: 'OLD_TOKEN_ALIVE', exit: 7})
      expect(error.message).toContain('…00000001')
      const {id, rotation} = await latest()
      expect(rotation.phase).toBe('proven')
      expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
    },
  )

  it('is not had while Gitea lists the token', async () => {
    const error = await failure(rotate(request(), afterDeletion({listed: true})))
    expect(error).toMatchObject({code: 'OLD_TOKEN_ALIVE', exit: 7, message: expect.stringContaining('still listed')})
    expect((await latest()).rotation.phase).toBe('proven')
  })

  it('is journalled: dead where the value was at hand', async () => {
    await rotate(request({oldValue: oldValue()}), world.deps(store))
    const {id} = await latest()
    expect((await store.journal.read(id)).at(-1)).toMatchObject({type: 'completed', oldValue: 'dead'})
  })
})

describe('a global secret of the same key is not the workspace’s own', () => {
  /** A platform that lists the secret as a global one from some moment on. */
  const globally = (from: () => boolean): Platform => {
    const {platform} = world
    return {
      ...platform,
      secretRow: async (id, key) => {
        const row = await platform.secretRow(id, key)
        return row && from() ? {...row, scope: 'global'} : row
      },
    }
  }

  it('so a push that only changes that is not confirmed', async () => {
    const deps = {...world.deps(store), platform: globally(() => true)}
    expect(await failure(pushSecret(pushOf(world), deps))).toMatchObject({code: 'PUSH_UNCONFIRMED', exit: 7})
  })

  it('so the new token is not proven by it', async () => {
    let restarted = false
    const on = when(enters('restarted'), () => (restarted = true))
    const deps = {...world.deps(store, {on}), platform: globally(() => restarted)}
    expect(await failure(rotate(request(), deps))).toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expect(names()).toHaveLength(2)
  })

  it('so nothing is revoked for it', async () => {
    let proven = false
    const on = when(enters('proven'), () => (proven = true))
    const deps = {...world.deps(store, {on}), platform: globally(() => proven)}
    expect(await failure(rotate(request(), deps))).toMatchObject({code: 'REVOCATION_HELD', exit: 7})
    expect(names()).toHaveLength(2)
  })
})

describe('a token that changed', () => {
  const token = {id: 3, name: 'made-up', lastEight: '00000003'}
  it('is looked at by its agent’s name where it has one', () => {
    const seen = {...token, lastEight: '00000004'}
    expect(new TokenChanged({user: 'root', agent: 'dev-a'}, token, seen).suggestions).toEqual([
      'patrol revoke dev-a --id 3 --dry-run',
    ])
    expect(new TokenChanged({user: 'root', agent: undefined}, token, seen).suggestions).toEqual([])
  })

  it('is one that was used although nobody ever had its value', () => {
    const row = {...token, scopes: [], createdAt: '2026-12-02T03:00:00Z', lastUsedAt: '2026-12-02T03:00:00Z'}
    const used = {...row, lastUsedAt: '2026-12-02T03:00:01Z'}
    expect([wasUsed(row), wasUsed(used), wasUsed({...token, scopes: []})]).toEqual([false, true, false])
    const look = unused({user: 'root', agent: 'dev-a'}, token)
    expect(() => look([row])).not.toThrow()
    expect(() => look([used])).toThrow('was used since')
  })
})
