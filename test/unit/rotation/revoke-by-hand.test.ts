import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {clearRevocation, revokeToken, rotate} from '../../../src/rotation/index.ts'
import type {RevokeDeps, RevokeRequest} from '../../../src/rotation/index.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {addSpare, asking, refused, revokingIn, worker} from '../../support/revocation.ts'
import {madeUpValue, request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

let world: World
let store: Store
/** The same world, for a run that nothing interrupts. */
let whole: World
let old: TokenRow
let spare: TokenRow
beforeEach(async () => {
  ;[world, whole] = [new World(), new World()]
  store = await storeInMemory()
  old = world.old
  spare = addSpare(world)
  addSpare(whole)
})

const deps = (changes: Partial<RevokeDeps> = {}) => revokingIn(world, store, changes)
const refusal = (asked: RevokeRequest, using = deps()) => refused(asked, using)

/** Agents that say what they hold, by their workspace. */
const saying = (held: {[workspace: string]: string}): Pick<RevokeDeps, 'reach'> => ({
  reach: {platform: world.platform, fleet: {ask: async (workspace) => held[workspace]}},
})

describe('a token that an agent runs on', () => {
  it.each([false, true])('is refused, as the agent itself says it (--agent-may-stop: %j)', async (agentMayStop) => {
    const configured = old.lastEight
    const error = await refusal(asking(old, {agentMayStop, workers: [worker({configured})]}))
    expect(error.message).toContain('dev-a says that it works with it')
    expect(error.message).toContain('patrol.yaml names it as the token of dev-a')
    expect(error.suggestions).toEqual(['patrol rotate dev-a'])
    expect(world.calls).toContain('ask')
    expect(world.calls).not.toContain('remove')
  })

  it.each([false, true])(
    'is refused without asking where its last proof still holds (--agent-may-stop: %j)',
    async (agentMayStop) => {
      const {candidate} = await rotate(request({supersede: [spare.id]}), world.deps(store))
      world.addToken('third', ['read:issue', 'read:repository'])
      const before = world.calls.filter((call) => call === 'ask').length
      const error = await refusal(asking({...candidate!, scopes: []}, {agentMayStop}))
      expect(error.message).toMatch(/was proven on it, and its secret was not written since; it is the newest/)
      expect(world.calls.filter((call) => call === 'ask')).toHaveLength(before)
    },
  )

  it('is refused for the sake of another agent of the same user', async () => {
    world.parents = [{...world.workspace, id: 'w2', name: 'dev-b'}]
    const workers = [worker(), worker({agent: 'dev-b', workspace: 'w2'})]
    const said = saying({[WORKSPACE]: old.lastEight, w2: spare.lastEight})
    const error = await refusal(asking(spare, {workers}), deps(said))
    expect(error.message).toContain('may serve dev-a, dev-b: dev-b says')
  })

  it.each([false, true])(
    'is refused where it is the only live one, whatever is said (--agent-may-stop: %j)',
    async (agentMayStop) => {
      world.tokens.pop()
      world.agentDeaf = true
      const workers = [worker({configured: old.lastEight})]
      const error = await refusal(asking(old, {agentMayStop, workers}))
      expect(error.message).toContain(`the only live token of ${USER}`)
      // And all else that speaks against it.
      expect(error.message).toContain('patrol.yaml names it as the token of dev-a')
      expect(error.suggestions).toEqual(['patrol rotate dev-a'])
    },
  )
})

describe('a token that was sent a moment ago', () => {
  const sent = (how: 'found' | 'pushed' | 'by-hand') => {
    const of = {agent: 'dev-a', user: USER, secretKey: 'GITEA_TOKEN', rotation: 'r1', at: world.clock.now()}
    const token = {id: how === 'by-hand' ? undefined : spare.id, lastEight: spare.lastEight}
    const placement = {...of, how, token, workspace: {id: WORKSPACE, name: 'dev-a'}}
    return store.ledger.apply([{kind: 'placed', placement}])
  }

  it.each(['pushed', 'by-hand'] as const)('may arrive yet, whatever its agent runs on: %s', async (how) => {
    await sent(how)
    world.advance(55_000)
    const error = await refusal(asking(spare))
    expect(error.message).toContain('it was sent to dev-a less than a minute ago, and may arrive there yet')
    expect(error.suggestions).toContain(`patrol revoke dev-a --id ${spare.id} --agent-may-stop`)
    world.advance(10_000)
    await expect(clearRevocation(asking(spare), deps())).resolves.toMatchObject({unchecked: []})
  })

  it('has arrived, or never does, after a minute to the millisecond', async () => {
    await sent('pushed')
    const then = world.clock.now()
    const [{at} = {at: 0}] = await store.ledger.placesOf([spare])
    const clockAt = (now: number) => deps({clock: {...world.clock, now: () => now}})
    expect(at).toBeLessThanOrEqual(then)
    await expect(clearRevocation(asking(spare), clockAt(at + 59_999))).rejects.toThrow('may arrive there yet')
    await expect(clearRevocation(asking(spare), clockAt(at + 60_000))).resolves.toMatchObject({unchecked: []})
  })

  it('is not one that was only found somewhere', async () => {
    await sent('found')
    await expect(clearRevocation(asking(spare), deps())).resolves.toMatchObject({unchecked: []})
  })
})

describe('a refusal offers what its agent can have', () => {
  const onlyLine = async () => (world.tokens.pop(), (await refusal(asking(old))).suggestions)

  it.each<[string, () => void, string[]]>([
    [
      'the concierge a mint',
      () => (world.workspace.kind = 'platform'),
      ['patrol mint dev-a --output-file dev-a.token'],
    ],
    [
      'one that sleeps a rotation once it is awake',
      () => (world.workspace.status = 'paused'),
      ['resume it in the canvas first', 'patrol rotate dev-a'],
    ],
    [
      'one that works a rotation once it is idle',
      () => (world.workspace.activeTasks = 2),
      ['wait until it is idle', 'patrol rotate dev-a'],
    ],
    ['one of no known kind a rotation', () => (world.workspace.kind = undefined), ['patrol rotate dev-a']],
    [
      'one that has no workspace an onboarding',
      () => (world.workspaceGone = true),
      ['patrol onboard dev-a', 'or set the right "workspace" for dev-a in patrol.yaml'],
    ],
  ])('%s', async (_, set, wanted) => {
    set()
    const insist = `patrol revoke dev-a --id ${spare.id} --agent-may-stop`
    world.agentDeaf = true
    expect((await refusal(asking(spare))).suggestions).toEqual([...wanted, insist])
    expect(await onlyLine()).toEqual(wanted)
  })

  it('also where it runs on the token', async () => {
    world.workspace.kind = 'platform'
    expect((await refusal(asking(old))).suggestions).toEqual(['patrol mint dev-a --output-file dev-a.token'])
  })

  it('a rotation where the platform does not say, and of no other agent of its user', async () => {
    world.tokens.pop()
    const away = new OpsError('PLATFORM_UNREACHABLE', 'No connection.', {suggestions: ['patrol doctor']})
    const platform = {...world.platform, resolve: async () => Promise.reject(away)}
    const unseen = deps({reach: {platform, fleet: world.fleet}})
    expect((await refusal(asking(old), unseen)).suggestions).toEqual(['patrol rotate dev-a'])
    world.parents = [{...world.workspace, id: 'w2', name: 'dev-b', kind: 'platform'}]
    const workers = [worker({agent: 'dev-b', workspace: 'w2'}), worker()]
    expect((await refusal(asking(old, {workers}))).suggestions).toEqual(['patrol rotate dev-a'])
  })

  it('unless the look at it is stopped, or a fault of ours ends it', async () => {
    world.tokens.pop()
    for (const why of [new OpsError('INTERRUPTED', 'Stopped.'), new TypeError('a bug')]) {
      const platform = {...world.platform, resolve: async () => Promise.reject(why)}
      await expect(clearRevocation(asking(old), deps({reach: {platform, fleet: world.fleet}}))).rejects.toBe(why)
    }
  })
})

describe('a token that no agent runs on', () => {
  it('goes, where the agent says that it runs on another', async () => {
    const cleared = await clearRevocation(asking(spare, {value: madeUpValue(2)}), deps())
    expect(cleared.unchecked).toEqual([])
    expect(world.calls).not.toContain('remove')
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed', value: 'dead', unchecked: []})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
    expect(world.violations).toEqual([])
  })

  it('goes without a question where an earlier proof still holds', async () => {
    await rotate(request({overlapMs: 3_600_000, supersede: [old.id]}), world.deps(store))
    world.agentDeaf = true
    const cleared = await clearRevocation(asking(old), deps())
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed'})
    expect((await store.ledger.tokens(USER)).find(({id}) => id === old.id)?.revokedAt).toBeGreaterThan(0)
  })

  it('goes, where it is absent already', async () => {
    world.tokens.pop()
    const cleared = await clearRevocation(asking(spare), deps())
    expect(cleared).toMatchObject({standings: [], unchecked: []})
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'absent'})
  })

  it('does not go, where it was absent when it was asked for and is listed again since', async () => {
    const using = deps()
    const list = async () => world.tokens.filter(({id}) => id !== spare.id)
    const cleared = await clearRevocation(asking(spare), {...using, tokens: {...using.tokens, list}})
    await expect(revokeToken(cleared, using)).rejects.toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('it was not listed a moment ago, so nobody was asked'),
      suggestions: [`patrol revoke dev-a --id ${spare.id} --dry-run`],
    })
    expect(world.calls).not.toContain('remove')
  })

  it('goes, where it is the only one of a user whom no agent works as', async () => {
    world.tokens.pop()
    const cleared = await clearRevocation(asking(old, {workers: []}), deps())
    world.removeWorkspace()
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed', unchecked: []})
  })

  it('goes, where a rotation has proven another and was stopped amid the deletion', async () => {
    await rotate(request({supersede: [old.id]}), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('remove'), kind: 'crash-before'}]
    await rotate(request({supersede: [old.id]}), world.deps(store)).catch(() => {})
    world.revive()
    expect((await store.journal.list({open: true}))[0]?.phase).toBe('revoking')
    const cleared = await clearRevocation(asking(old), deps())
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed', unchecked: []})
  })

  it('is gone where only the answer to its deletion was lost, whatever was written meanwhile', async () => {
    const cleared = await clearRevocation(asking(spare), deps())
    const using = deps()
    const remove: RevokeDeps['tokens']['remove'] = async (warrant) => {
      await using.tokens.remove(warrant)
      world.overwrite(madeUpValue(1))
      throw new OpsError('WRITE_IN_DOUBT', 'No answer.')
    }
    expect(await revokeToken(cleared, {...using, tokens: {...using.tokens, remove}})).toMatchObject({
      outcome: 'removed',
    })
  })

  it('is told with the same command as the way on, where no deletion of it got an answer', async () => {
    const cleared = await clearRevocation(asking(spare), deps())
    const using = deps()
    const lost = new OpsError('WRITE_IN_DOUBT', 'No answer.', {suggestions: ['patrol rotation list']})
    const tokens = {...using.tokens, remove: async () => Promise.reject(lost)}
    await expect(revokeToken(cleared, {...using, tokens})).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      exit: 7,
      suggestions: [`patrol revoke dev-a --id ${spare.id}`],
    })
  })

  it('is not said to be gone while Gitea lists it after its deletion', async () => {
    const cleared = await clearRevocation(asking(spare), deps())
    const using = deps()
    const deaf = {...using, tokens: {...using.tokens, remove: async () => 'removed' as const}}
    await expect(revokeToken(cleared, deaf)).rejects.toMatchObject({
      code: 'OLD_TOKEN_ALIVE',
      message: 'spare (id 2) of agent-dev-a is still listed after its deletion.',
    })
  })
})

describe('where it is not known what an agent runs on', () => {
  const CASES: [string, () => Partial<RevokeDeps>, RegExp][] = [
    ['does not answer', () => ((world.agentDeaf = true), {}), /asked and did not say/],
    ['says that it has none', () => saying({[WORKSPACE]: 'none'}), /says that it has no token in GITEA_TOKEN/],
    ['is paused', () => ((world.workspace.status = 'paused'), {}), /its workspace dev-a is paused/],
    ['has a workspace that is gone', () => ((world.workspace.id = 'another'), {}), /no workspace 1111/],
    [
      'is not reachable, for there is no platform',
      () => ({reach: 'No platform is configured.'}),
      /No platform is configured/,
    ],
    ['runs on a token that is dead', () => saying({[WORKSPACE]: '99999999'}), /it names the end of no live token/],
    [
      'runs on one that does not suffice',
      () => ((world.old.scopes.length = 1), {}),
      /…00000001, which lacks read:issue/,
    ],
    [
      'has a secret newer than its process',
      () => (world.overwrite(world.tokens[1]!.value), {}),
      /may be newer than its process/,
    ],
    [
      'runs elsewhere, where nothing tells its age',
      () => ((world.workspace.runtime = 'external'), world.overwrite(world.tokens[1]!.value), {}),
      /may be newer than its process/,
    ],
  ]
  it.each(CASES)('because it %s, the token is refused, and the reason is told', async (_, set, why) => {
    const error = await refusal(asking(spare), deps(set()))
    expect(error.message).toMatch(/what dev-a runs on is not known/)
    expect(error.message).toMatch(why)
    const asleep = world.workspace.status === 'paused' ? ['resume it in the canvas first'] : []
    expect(error.suggestions).toEqual([
      ...asleep,
      ...(/no workspace/.test(error.message)
        ? ['patrol onboard dev-a', 'or set the right "workspace" for dev-a in patrol.yaml']
        : ['patrol rotate dev-a']),
      `patrol revoke dev-a --id ${spare.id} --agent-may-stop`,
    ])
  })

  it.each(CASES)('because it %s, the operator may answer for it, and is told for what', async (_, set, why) => {
    const using = deps(set())
    const cleared = await clearRevocation(asking(spare, {agentMayStop: true}), using)
    expect(cleared.unchecked).toEqual([expect.stringMatching(why)])
    expect(await revokeToken(cleared, using)).toMatchObject({outcome: 'removed', unchecked: cleared.unchecked})
  })

  it('says of no other token that the agent was last proven on it', async () => {
    await rotate(request({supersede: [spare.id], overlapMs: 3_600_000}), world.deps(store))
    world.overwrite(world.old.value)
    world.agentDeaf = true
    expect((await refusal(asking(old))).message).not.toContain('last proven on it')
  })

  it('says what else makes it likely: the newest of its names, the last proof', async () => {
    const {candidate} = await rotate(request({supersede: [spare.id]}), world.deps(store))
    world.overwrite(world.old.value)
    world.agentDeaf = true
    const {message} = await refusal(asking({...candidate!, scopes: []}))
    expect(message).toMatch(
      /did not say .*; it is the newest that patrol minted for dev-a; dev-a was last proven on it/,
    )
  })
})

describe('names that betray a rotation', () => {
  const candidate = () => world.addToken('patrol.dev-a.20261122.elsewhere0', ['read:issue', 'read:repository'])

  it('on another machine: its candidate is refused although the agent runs on another', async () => {
    const {message} = await refusal(asking(candidate()))
    expect(message).toMatch(/another machine minted it for dev-a, and may be about to use it, .*; it is the newest/)
  })

  it('elsewhere: an agent of that name may run on what is older too, until the operator answers for that', async () => {
    const earlier = world.addToken('patrol.dev-a.20261120.elsewhere9', ['read:issue'])
    const runsOn = candidate()
    const using = deps(saying({[WORKSPACE]: runsOn.lastEight}))
    const why = /, or for an agent of that name elsewhere, which may run on it/
    expect((await refusal(asking(earlier), using)).message).toMatch(new RegExp(`${why.source}. Nothing`))
    Object.assign(earlier, {createdAt: '2026-11-20T08:00:00Z', lastUsedAt: '2026-11-22T08:00:00Z'})
    const {message, suggestions} = await refusal(asking(earlier), using)
    expect(message).toMatch(new RegExp(`${why.source}; it was last used at 2026-11-22T08:00:00Z. Nothing`))
    // A rotation of this one gives that one no other token.
    expect(suggestions).toEqual([`patrol revoke dev-a --id ${earlier.id} --agent-may-stop`])
    const cleared = await clearRevocation(asking(earlier, {agentMayStop: true}), using)
    expect(cleared.unchecked).toEqual([expect.stringMatching(why)])
  })

  it('goes where it is on record, whatever else was minted since', async () => {
    const earlier = world.addToken('patrol.dev-a.20261120.elsewhere9', ['read:issue'])
    await store.ledger.apply([{kind: 'minted', user: USER, token: earlier, scopes: [], at: 0}])
    const said = saying({[WORKSPACE]: candidate().lastEight})
    expect((await clearRevocation(asking(earlier), deps(said))).unchecked).toEqual([])
  })

  it('on another machine: they say nothing of other tokens', async () => {
    candidate()
    expect((await clearRevocation(asking(spare), deps())).unchecked).toEqual([])
  })

  it('the newest of them only is called the newest', async () => {
    const earlier = world.addToken('patrol.dev-a.20261120.elsewhere9', ['read:issue'])
    const newest = candidate()
    expect((await refusal(asking(newest))).message).toContain('it is the newest that patrol minted for dev-a')
    expect((await refusal(asking(earlier))).message).not.toContain('newest')
  })

  it('of our own: what the agent runs on is needed, although it is not to be replaced', async () => {
    world.agentDeaf = true
    const asked = request({supersede: [spare.id], deployedLastEight: old.lastEight})
    await rotate(asked, world.deps(store)).catch(() => {})
    world.addToken('third', ['read:issue'])
    expect((await refusal(asking(old, {agentMayStop: true}))).message).toMatch(/rotation \S+ is unfinished/)
  })

  it.each([false, true])('of our own: what it needs is refused (--agent-may-stop: %j)', async (agentMayStop) => {
    world.agentDeaf = true
    await rotate(request({supersede: [old.id]}), world.deps(store)).catch(() => {})
    const [open] = await store.journal.list({open: true})
    const error = await refusal(asking(old, {agentMayStop}))
    expect(error.message).toContain(`rotation ${open!.id} is unfinished`)
    expect(error.message).toMatch(/; nothing was revoked\. The token was left as it is\.$/)
    expect(error.suggestions).toEqual([`patrol rotation resume ${open!.id}`])
    const renamed = asking(old, {agentMayStop, user: USER.toUpperCase()})
    const tokens = {...world.deps(store).tokens, list: async () => world.tokens}
    expect((await refusal(renamed, deps({tokens}))).message).toContain(`rotation ${open!.id} is unfinished`)
  })

  it('of our own: what it does not need may go, also where it never knew what the agent ran on', async () => {
    const third = world.addToken('third', ['read:issue'])
    world.agentDeaf = true
    await rotate(request({supersede: [old.id, spare.id]}), world.deps(store)).catch(() => {})
    world.agentDeaf = false
    expect(await store.journal.list({open: true})).toHaveLength(1)
    expect((await clearRevocation(asking(third), deps())).unchecked).toEqual([])
  })

  it('of our own that is over, or of another user: no journal is read, so a damaged one stands in nobody’s way', async () => {
    await rotate(request({supersede: [old.id], overlapMs: 0}), world.deps(store))
    whole.addToken('theirs', ['read:issue', 'read:repository'], 'agent-dev-b')
    whole.neighbours = [{agent: 'dev-a', user: USER, workspace: 'w1', reference: undefined, lastEight: undefined}]
    whole.agentDeaf = true
    const ids = {rotation: () => 'theirs0001'}
    await rotate(request({agent: 'dev-b', user: 'agent-dev-b'}), whole.deps(store, {ids})).catch(() => {})
    expect(await store.journal.list({open: true})).toMatchObject([{user: 'agent-dev-b'}])
    const read = async () => Promise.reject(new OpsError('JOURNAL_UNREADABLE', 'It is damaged.'))
    expect(await clearRevocation(asking(spare), deps({journal: {...store.journal, read}}))).toMatchObject({
      unchecked: [],
    })
  })

  it('of our own in its overlap: the new token is refused, the old one may go', async () => {
    const {id, candidate: fresh} = await rotate(request({supersede: [old.id], overlapMs: 3_600_000}), world.deps(store))
    expect((await refusal(asking({...fresh!, scopes: []}))).suggestions).toEqual([`patrol rotation resume ${id}`])
    expect((await clearRevocation(asking(old), deps())).unchecked).toEqual([])
  })
})

describe('between the question and the deletion', () => {
  const ending = async (change: () => void, using = deps()): Promise<OpsError> => {
    const cleared = await clearRevocation(asking(spare), using)
    change()
    const error: unknown = await revokeToken(cleared, using).catch((thrown: unknown) => thrown)
    if (!(error instanceof OpsError)) throw new Error('it was revoked', {cause: error})
    expect(world.calls).not.toContain('remove')
    return error
  }

  it('the row got another value: nothing is deleted', async () => {
    expect(await ending(() => world.regenerate(spare.id))).toMatchObject({code: 'TOKEN_CHANGED', exit: 7})
  })

  it('the row had another value before the question already', async () => {
    const asked = asking(spare)
    world.regenerate(spare.id)
    await expect(clearRevocation(asked, deps())).rejects.toMatchObject({code: 'TOKEN_CHANGED'})
  })

  it('the secret was written: nothing is deleted', async () => {
    const error = await ending(() => world.overwrite(madeUpValue(2)))
    expect(error).toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('was written meanwhile'),
      suggestions: [`patrol revoke dev-a --id ${spare.id} --dry-run`],
    })
  })

  it('the secret was deleted: nothing is deleted', async () => {
    expect(await ending(() => (world.secret = undefined))).toMatchObject({code: 'GUARD_SERVING_TOKEN'})
  })

  it('the user was deleted, or is called otherwise by now: so is the token that the agent ran on', async () => {
    expect(await ending(() => world.removeUser())).toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('…00000001, on which dev-a runs, is not listed any more'),
    })
  })

  it('neither it nor the token that the agent runs on is listed: the list is not believed', async () => {
    const cleared = await clearRevocation(asking(spare), deps())
    const error = await revokeToken(cleared, deps({tokens: {...world.deps(store).tokens, list: async () => []}})).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('…00000001, on which dev-a runs, is not listed any more'),
    })
    expect((await store.ledger.tokens(USER)).filter(({revokedAt}) => revokedAt)).toEqual([])
  })

  it('the token is not listed, and works: the list is not believed', async () => {
    const cleared = await clearRevocation(asking(spare, {value: madeUpValue(spare.id)}), deps())
    const {tokens} = world.deps(store)
    const partly = {
      ...tokens,
      list: async (user: string) => (await tokens.list(user)).filter(({id}) => id !== spare.id),
    }
    await expect(revokeToken(cleared, deps({tokens: partly}))).rejects.toMatchObject({
      code: 'TOKENS_DOUBTED',
      message: expect.stringContaining('which works all the same'),
      suggestions: ['patrol doctor'],
    })
    expect(world.tokens.map(({id}) => id)).toContain(spare.id)
  })

  it('the token that the agent runs on died: nothing is deleted', async () => {
    world.addToken('third', ['read:issue'])
    const error = await ending(() => world.tokens.shift())
    expect(error).toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('is not listed any more'),
      suggestions: [`patrol revoke dev-a --id ${spare.id} --dry-run`],
    })
  })

  it('a rotation that may need it was begun: nothing is deleted, whatever the operator answers for', async () => {
    world.agentDeaf = true
    const cleared = await clearRevocation(asking(old, {agentMayStop: true}), deps())
    world.agentDeaf = false
    world.behaviour.restartFails = 'no capacity'
    await rotate(request({supersede: [old.id]}), world.deps(store)).catch(() => {})
    const [open] = await store.journal.list({open: true})
    await expect(revokeToken(cleared, deps())).rejects.toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining(`rotation ${open!.id} is unfinished`),
      suggestions: [`patrol rotation resume ${open!.id}`],
    })
    expect(world.violations).toEqual([])
  })

  it('the other one died: the only one is not deleted', async () => {
    const using = deps({reach: 'No platform is configured.'})
    const cleared = await clearRevocation(asking(spare, {agentMayStop: true}), using)
    world.tokens.shift()
    await expect(revokeToken(cleared, using)).rejects.toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringContaining('the only live token'),
    })
  })
})

describe('a deletion by hand that can not be written down', () => {
  const full = new OpsError('STORE_FULL', 'The disk that holds /state is full.')
  const ending = async (
    changes: (using: RevokeDeps) => Partial<RevokeDeps>,
    meanwhile = () => {},
  ): Promise<unknown> => {
    const using = deps()
    const cleared = await clearRevocation(asking(spare), using)
    meanwhile()
    return revokeToken(cleared, {...using, ...changes(using)}).catch((thrown: unknown) => thrown)
  }
  const unwritten = ({ledger}: RevokeDeps) => ({ledger: {...ledger, apply: async () => Promise.reject(full)}})

  it('is said to be done all the same, never as if nothing had happened', async () => {
    expect(await ending(unwritten)).toMatchObject({
      code: 'STORE_FULL',
      exit: 7,
      message: `spare (id ${spare.id}) is deleted, but that could not be written down: The disk that holds /state is full.`,
    })
    expect(world.alive(spare.lastEight)).toBe(false)
  })

  it('is nothing where somebody else had deleted it before', async () => {
    expect(await ending(unwritten, () => world.tokens.pop())).toBe(full)
  })

  it('is over whether the lease could be given back or not: that runs out by itself', async () => {
    const release = async () => Promise.reject(full)
    expect(await ending(({leases}) => ({leases: {...leases, release}}))).toMatchObject({outcome: 'removed'})
    const bug = async () => Promise.reject(new TypeError('a bug'))
    spare = addSpare(world)
    expect(await ending(({leases}) => ({leases: {...leases, release: bug}}))).toMatchObject({message: 'a bug'})
  })
})

describe('a deletion by hand whose end can not be seen', () => {
  const page = new OpsError('GITEA_UNREACHABLE', 'A redirect came instead of a list. Nothing was changed.')
  /** What comes of it where the list after the deletion can't be had, for this reason; `meanwhile` comes before it. */
  const ending = async (why: Error, meanwhile = () => {}): Promise<unknown> => {
    const using = deps(saying({[WORKSPACE]: old.lastEight}))
    const cleared = await clearRevocation(asking(spare), using)
    meanwhile()
    let lists = 0
    const list = async (user: string): Promise<TokenRow[]> => {
      if (lists++ > 0) throw why
      return using.tokens.list(user)
    }
    const error = await revokeToken(cleared, {...using, tokens: {...using.tokens, list}}).catch((thrown) => thrown)
    expect(world.tokens.some(({id}) => id === spare.id)).toBe(false)
    return error
  }

  it('is incomplete where a page comes instead of the list that would show it, never as if nothing had happened', async () => {
    expect(await ending(page)).toMatchObject({
      code: 'GITEA_UNREACHABLE',
      exit: 7,
      message: `spare (id ${spare.id}) is deleted, but whether it is dead could not be seen: A redirect came instead of a list.`,
    })
  })

  it('is not said to be one where somebody else had deleted it before', async () => {
    expect(await ending(page, () => world.tokens.pop())).toBe(page)
  })

  it('is said to be one where somebody stopped it there', async () => {
    expect(await ending(new OpsError('INTERRUPTED', 'Interrupted.'))).toMatchObject({
      code: 'INTERRUPTED',
      exit: 130,
      message: `spare (id ${spare.id}) is deleted, but whether it is dead could not be seen: Stopped on request.`,
    })
  })

  it('stays a fault of ours', async () => {
    const why = new TypeError('a bug')
    expect(await ending(why)).toBe(why)
  })
})
