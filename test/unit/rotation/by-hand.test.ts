import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {finishDue, mintToken, planMint, planRotation, rotate, type MintDeps} from '../../../src/rotation/index.ts'
import {rehearsalName} from '../../../src/rotation/names.ts'
import type {Secret} from '../../../src/secret.ts'
import type {Store} from '../../../src/store/index.ts'
import type {LedgerChange} from '../../../src/story/ports.ts'
import {Crash, mintOf, request, START, storeInMemory, USER, World} from '../../support/world.ts'

const AGAIN = mintOf().command
let world: World
let store: Store
/** What was handed over. */
let held: string[]

const names = () => world.tokens.map(({name}) => name)
const announced = () => store.ledger.announced(USER)
const deliver = async (value: Secret): Promise<void> => void held.push(value.lastEight)
const mint = (deps: MintDeps = world.deps(store)) => mintToken(mintOf(), deps, deliver)

beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  held = []
})

describe('a mint by hand that is refused', () => {
  const refusing = (mints: boolean, list?: () => Promise<never>, says = 'No.'): MintDeps => {
    const deps = world.deps(store)
    const refused = async (user: string, name: string) => {
      if (mints) world.addToken(name, ['read:issue'], user)
      throw new OpsError('ADMIN_REJECTED', says)
    }
    return {...deps, tokens: {...deps.tokens, mint: refused, ...(list && {list})}}
  }

  it('the second time that a proxy sent it is undone', async () => {
    await expect(mint(refusing(true, undefined, 'No. Nothing was changed.'))).rejects.toMatchObject({
      code: 'ADMIN_REJECTED',
      exit: 7,
      message: expect.stringMatching(/^No\. \S+ \(id 2\) came of it and was deleted again/),
    })
    expect([names(), await announced()]).toEqual([['agent token'], []])
  })

  it('minted nothing where the list shows nothing', async () => {
    await expect(mint(refusing(false))).rejects.toMatchObject({exit: 4, message: 'No.'})
    expect(await announced()).toEqual([])
  })

  it('stays announced where nobody can look', async () => {
    const blind = async () => Promise.reject(new OpsError('GITEA_UNREACHABLE', 'Away.'))
    await expect(mint(refusing(true, blind))).rejects.toMatchObject({exit: 4, message: 'No.'})
    expect(await announced()).toHaveLength(1)
  })
})

describe('a mint by hand whose answer was lost', () => {
  it('is undone, since nobody has the value, and advises the same command', async () => {
    world.fault = [{at: 2, kind: 'lost-after'}]
    await expect(mint()).rejects.toMatchObject({
      exit: 7,
      message: expect.stringMatching(/patrol\.dev-a\.\S+ \(id 2\) came of it and was deleted again/),
      suggestions: [AGAIN],
    })
    expect(names()).toEqual(['agent token'])
    expect(await announced()).toEqual([])
  })

  it('is said to be open where Gitea lists nothing yet', async () => {
    world.fault = [{at: 2, kind: 'lost-before'}]
    await expect(mint()).rejects.toMatchObject({
      message: expect.stringMatching(/No token patrol\.dev-a\.\S+ of agent-dev-a is listed so far/),
      suggestions: [AGAIN],
    })
  })

  it('says of one that is stored under another name, and so is left, by which id it goes, and not that none is listed', async () => {
    const deps = world.deps(store)
    const stored: typeof deps.tokens.mint = async (_, name, scopes) => {
      const {id, lastEight} = world.addToken('another name', [...scopes])
      return {unconfirmed: {id, name, lastEight}, trouble: new OpsError('MINT_MISMATCH', 'It has another name.')}
    }
    const error = await mint({...deps, tokens: {...deps.tokens, mint: stored}}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'WRITE_IN_DOUBT',
      message: expect.stringMatching(
        /\(id 2\) and could not be deleted again: Token 2 .*this is another name …00000002/,
      ),
      suggestions: ['patrol revoke dev-a --id 2 --confirm dev-a'],
    })
    expect(error).not.toMatchObject({message: expect.stringContaining('listed so far')})
  })

  it('leaves a token that could not be deleted to the next mint', async () => {
    world.fault = [{at: 2, kind: 'lost-after'}, ...[4, 5, 6].map((at) => ({at, kind: 'lost-before' as const}))]
    await expect(mint()).rejects.toMatchObject({
      message: expect.stringMatching(/it is left, and nobody has its value; the next mint deletes it/),
      suggestions: [AGAIN],
    })
    expect(names()).toHaveLength(2)
    world.fault = []
    expect((await mint()).deleted).toMatchObject([{id: 2}])
    expect(names()).toHaveLength(2)
  })

  it('is looked for by the next mint, for it may have come to pass late', async () => {
    world.behaviour.lateMintMs = 5_000
    world.fault = [{at: 2, kind: 'lost-before'}]
    await expect(mint()).rejects.toMatchObject({exit: 7})
    world.advance(5_000)
    const {token, deleted} = await mint()
    expect(deleted).toHaveLength(1)
    expect(names()).toEqual(['agent token', token.name])
  })
})

describe('a mint by hand', () => {
  it('is a token of which the ledger knows all', async () => {
    const {token, scopes, deleted, left} = await mint()
    expect([scopes, deleted, left]).toEqual([mintOf().scopes, [], []])
    expect(await store.ledger.tokens(USER)).toMatchObject([{id: token.id, lastEight: token.lastEight, scopes}])
    expect(await announced()).toEqual([])
  })

  it('needs, in a dry run, one look at the account', async () => {
    const {calls} = await planMint(mintOf(), world.deps(store))
    expect(calls).toMatchObject([{act: 'mint', method: 'POST', path: `/api/v1/users/${USER}/tokens`}])
    expect(world.calls).toEqual(['account'])
  })

  it.each([
    ['of the user whose credential patrol works with', {user: 'boss'}, 'GUARD_OWN_CREDENTIAL'],
    ['of scopes that make one its own administrator', {scopes: ['write:admin' as const]}, 'GUARD_DANGEROUS_SCOPES'],
  ])('%s is refused, by a dry run as well, before anything is asked', async (_, changes, code) => {
    const wanted = {...mintOf(), ...changes}
    await expect(mintToken(wanted, world.deps(store), deliver)).rejects.toMatchObject({code, exit: 6})
    await expect(planMint(wanted, world.deps(store))).rejects.toMatchObject({code, exit: 6})
    expect(world.calls).toEqual([])
  })

  it('for a user whom Gitea does not have ends in a dry run as it would', async () => {
    const deps = world.deps(store)
    const tokens = {...deps.tokens, account: async () => undefined}
    const ending = {code: 'GITEA_USER_UNKNOWN', exit: 2, message: expect.stringContaining(USER)}
    await expect(planMint(mintOf(), {...deps, tokens})).rejects.toMatchObject(ending)
    world.userGone = true
    await expect(mint()).rejects.toMatchObject(ending)
  })
})

describe('a mint by hand whose value could not be handed over', () => {
  const full = new OpsError('FILE_UNUSABLE', 'The disk is full.', {suggestions: ['df']})
  const undelivered = (reason: unknown, deps: MintDeps = world.deps(store)) =>
    mintToken(mintOf(), deps, async () => Promise.reject(reason))

  it('is undone, and is no more than the reason', async () => {
    await expect(undelivered(full)).rejects.toMatchObject({
      code: full.code,
      message: expect.stringMatching(/^The disk is full\. The token .* was deleted again\.$/),
      suggestions: ['df'],
    })
    expect(names()).toEqual(['agent token'])
    expect(await announced()).toEqual([])
  })

  it('is undone for a mistake of our own too, which is then reported as it is', async () => {
    const mistake = new TypeError('of ours')
    await expect(undelivered(mistake)).rejects.toBe(mistake)
    expect(names()).toEqual(['agent token'])
    expect(await announced()).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['told by patrol', full, 'The disk is full.'],
    ['told by the system', new Error('ENOSPC: no space left'), 'The value was not handed over: ENOSPC: no space left.'],
    ['that is no error at all', 'odd', 'The value was not handed over: odd.'],
  ])('is left to the next mint where it can’t be undone either, with both reasons (%s)', async (_, reason, said) => {
    const {tokens, ...deps} = world.deps(store)
    const remove = () => Promise.reject(new OpsError('GITEA_UNREACHABLE', 'Gitea is away.'))
    await expect(undelivered(reason, {...deps, tokens: {...tokens, remove}})).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      exit: 7,
      message: expect.stringMatching(
        `^${said.replaceAll('.', '\\.')} It was minted as patrol\\.dev-a\\.\\S+ \\(id 2\\) and could not be deleted again: Gitea is away\\.`,
      ),
      suggestions: [AGAIN],
      ref: 'docs/runbooks/rotation-incomplete.md',
    })
    expect(await announced()).toMatchObject([{handingOver: false}])
    expect((await mint()).deleted).toMatchObject([{id: 2}])
  })
})

/** Stops the process at the nth change of the ledger, before it is written. */
function killedAtNote(n: number): MintDeps {
  const {ledger} = store
  let note = 0
  const apply = async (changes: readonly LedgerChange[]): Promise<void> => {
    if (world.dead) throw new Crash('dead')
    if (++note < n) return ledger.apply(changes)
    world.dead = true
    throw new Crash('killed')
  }
  return {...world.deps(store), ledger: {...ledger, apply}}
}

describe('a mint by hand that can not be written down once its value was handed over', () => {
  const noting = (why: Error): MintDeps => {
    const deps = world.deps(store)
    const apply: MintDeps['ledger']['apply'] = async (changes, lease) => {
      if (held.length > 0) throw why
      await deps.ledger.apply(changes, lease)
    }
    return {...deps, ledger: {...deps.ledger, apply}}
  }

  it('is told with its token, and as what changed something', async () => {
    await expect(
      mint(noting(new OpsError('STORE_FULL', 'The disk is full. Nothing was changed.'))),
    ).rejects.toMatchObject({
      code: 'STORE_FULL',
      exit: 7,
      message: expect.stringMatching(
        /^patrol\.dev-a\.\S+ \(id 2\) of agent-dev-a is minted, and its value was handed over, but that could not be written down: The disk is full\.$/,
      ),
    })
    expect(world.alive(held[0]!)).toBe(true)
  })

  it('for a fault of ours is that', async () => {
    const why = new TypeError('a bug')
    await expect(mint(noting(why))).rejects.toBe(why)
  })
})

describe('a mint by hand that was killed', () => {
  it.each(['crash-before', 'crash-after'] as const)('%s any request costs the same command nothing', async (kind) => {
    for (const at of [1, 2]) {
      world = new World()
      store = await storeInMemory()
      world.fault = [{at, kind}]
      await expect(mint()).rejects.toBeInstanceOf(Crash)
      world.revive()
      world.fault = []
      held = []
      const {token, left} = await mint()
      expect(names()).toEqual(['agent token', token.name])
      expect(held).toEqual([token.lastEight])
      expect(left).toEqual([])
      world.advance(11 * 60_000)
      await mint()
      expect(await announced()).toEqual([])
    }
  })

  it.each([1, 2])('before its note %i is cleared away by the next, which says so', async (n) => {
    await expect(mint(killedAtNote(n))).rejects.toBeInstanceOf(Crash)
    world.revive()
    const {token, deleted} = await mint()
    expect(names()).toEqual(['agent token', token.name])
    expect(deleted).toHaveLength(n - 1)
  })

  it('between the hand-over and its note leaves the token, for somebody may hold it', async () => {
    await expect(mint(killedAtNote(3))).rejects.toBeInstanceOf(Crash)
    const [kept] = held
    world.revive()
    const {deleted, left} = await mint()
    expect(deleted).toEqual([])
    expect(left).toEqual([expect.stringMatching(/stopped while it handed over patrol\.dev-a\.\S+ \(id 2, …00000002\)/)])
    expect(left[0]).toContain('a hidden file beside that (`.NAME.` and twelve hexadecimal digits) may hold it')
    expect(world.alive(kept!)).toBe(true)
    expect((await mint()).left).toEqual([])
    expect((await store.ledger.tokens(USER)).map(({id}) => id)).toEqual([2, 3, 4])
  })

  it('while it looks for its token, or notes that there is none, ends as that', async () => {
    world.fault = [
      {at: 2, kind: 'lost-before'},
      {at: 3, kind: 'crash-before'},
    ]
    await expect(mint()).rejects.toBeInstanceOf(Crash)
    world = new World()
    world.userGone = true
    await expect(mint(killedAtNote(2))).rejects.toBeInstanceOf(Crash)
  })

  it('is told as cleared away by the next that is refused, which so has changed something', async () => {
    await expect(mint(killedAtNote(2))).rejects.toBeInstanceOf(Crash)
    world.revive()
    const deps = world.deps(store)
    const refused = () => Promise.reject(new OpsError('ADMIN_SUBSET', 'It lacks it. Nothing was changed.'))
    await expect(mint({...deps, tokens: {...deps.tokens, mint: refused}})).rejects.toMatchObject({
      code: 'ADMIN_SUBSET',
      exit: 7,
      message: expect.stringMatching(
        /^It lacks it\. A mint for dev-a whose answer was lost had come to pass: patrol\.dev-a\.\S+ \(id 2, …00000002\) was deleted, for nobody had its value\.$/,
      ),
    })
    expect(names()).toEqual(['agent token'])
  })

  it('is told as cleared away where the next one can not be cleared away, and keeps an interrupt one', async () => {
    const [first, second] = ['one', 'two'].map((id) =>
      world.addToken(`patrol.dev-a.20261122.hand-${id}`, ['read:issue']),
    )
    for (const {name} of [first!, second!]) {
      const announcement = {agent: 'dev-a', user: USER, name, at: START, handingOver: false}
      await store.ledger.apply([{kind: 'announced', announcement}])
    }
    const {tokens, ...deps} = world.deps(store)
    const stopped: MintDeps['tokens']['remove'] = async (warrant) => {
      if (world.tokens.length < 3) throw new OpsError('INTERRUPTED', 'Stopped on request.')
      return tokens.remove(warrant)
    }
    await expect(mint({...deps, tokens: {...tokens, remove: stopped}})).rejects.toMatchObject({
      exit: 130,
      message: expect.stringMatching(
        /^Stopped on request\. A mint for dev-a .*hand-one \(id 2, …00000002\) was deleted/,
      ),
    })
    expect(world.tokens.map(({id}) => id)).toEqual([1, 3])
  })

  it('between the hand-over and its note is told as left by the next that is refused, which changed nothing', async () => {
    await expect(mint(killedAtNote(3))).rejects.toBeInstanceOf(Crash)
    world.revive()
    const deps = world.deps(store)
    const said = {suggestions: ['mend it'], ref: 'docs/gitea.md'}
    const refused = () => Promise.reject(new OpsError('ADMIN_REJECTED', 'It lacks it. Nothing was changed.', said))
    await expect(mint({...deps, tokens: {...deps.tokens, mint: refused}})).rejects.toMatchObject({
      exit: 4,
      ref: 'docs/gitea.md',
      message: expect.stringMatching(
        /^It lacks it\. Nothing was changed\. An earlier mint was stopped .* \(id 2, …00000002\): .* it was left\. .* may hold it\.$/,
      ),
      suggestions: ['mend it'],
    })
  })

  it('does not hide a bug of the next', async () => {
    await expect(mint(killedAtNote(3))).rejects.toBeInstanceOf(Crash)
    world.revive()
    const deps = world.deps(store)
    const bug = () => Promise.reject(new RangeError('a bug'))
    await expect(mint({...deps, tokens: {...deps.tokens, mint: bug}})).rejects.toBeInstanceOf(RangeError)
  })

  it('is shown by a dry run, which changes nothing', async () => {
    await expect(mint(killedAtNote(2))).rejects.toBeInstanceOf(Crash)
    world.revive()
    const {calls} = await planMint(mintOf(), world.deps(store))
    expect(calls).toMatchObject([
      {act: 'discard', method: 'DELETE', path: expect.stringMatching(/tokens\/2$/)},
      {act: 'mint'},
    ])
    expect(names()).toHaveLength(2)
  })

  it('is no rotation of another machine, and is gone before a rotation begins', async () => {
    await store.ledger.apply([{kind: 'deployed', deployment: deployedOn(world.old)}])
    await expect(mint(killedAtNote(2))).rejects.toBeInstanceOf(Crash)
    world.revive()
    expect((await planRotation(request(), world.deps(store))).superseded.map(({id}) => id)).toEqual([1])
    const {candidate} = await rotate(request(), world.deps(store))
    expect(names()).toEqual([candidate?.name])
    expect(world.warned).toMatch(
      /had come to pass: patrol\.dev-a\.\S+ \(id 2, …\w{8}\) was deleted, for nobody had its value/,
    )
    expect(world.violations).toEqual([])
  })
})

const deployedOn = ({id, lastEight}: {id: number; lastEight: string}) =>
  ({agent: 'dev-a', user: USER, token: id, lastEight, secretUpdatedAt: undefined, at: START}) as const

describe('what is none of this machine’s own lost mints stays', () => {
  it.each([
    ['another machine’s', () => world.addToken('patrol.dev-a.20261122.theirs0001', ['read:issue'])],
    [
      'one of another agent',
      async () => {
        const {name} = world.addToken('patrol.dev-b.20261122.ours000001', ['read:issue'])
        await note({agent: 'dev-b', name})
      },
    ],
    [
      'one that somebody used',
      async () => {
        const row = world.addToken('patrol.dev-a.20261122.ours000001', ['read:issue'])
        Object.assign(row, {createdAt: '2026-11-22T03:00:00Z', lastUsedAt: '2026-11-22T03:00:09Z'})
        await note({agent: 'dev-a', name: row.name})
      },
    ],
  ])('%s', async (_, prepare) => {
    await prepare()
    expect((await planMint(mintOf(), world.deps(store))).calls).toMatchObject([{act: 'mint'}])
    const {deleted} = await mint()
    expect(deleted).toEqual([])
    expect(names()).toHaveLength(3)
  })

  const note = (whose: {agent: string; name: string}) =>
    store.ledger.apply([{kind: 'announced', announcement: {user: USER, at: START, handingOver: false, ...whose}}])

  it.each([
    ['says the same twice', {createdAt: '2026-11-22T03:00:00Z', lastUsedAt: '2026-11-22T03:00:00Z'}],
    ['says nothing of its use', {createdAt: '2026-11-22T03:00:00Z'}],
    ['says nothing of its birth', {lastUsedAt: '2026-11-22T03:00:09Z'}],
    ['says neither', {}],
  ])('but one of which Gitea %s was never used', async (_, times) => {
    const row = world.addToken('patrol.dev-a.20261122.ours000001', ['read:issue'])
    Object.assign(row, times)
    await note({agent: 'dev-a', name: row.name})
    expect((await mint()).deleted).toMatchObject([{id: row.id}])
  })

  it('but of a rehearsal, which uses its token itself, it goes all the same, and is told as that', async () => {
    const {id, name} = Object.assign(world.addToken(rehearsalName('dev-a', 'x', START), ['read:issue']), {
      createdAt: '2026-11-22T03:00:00Z',
      lastUsedAt: '2026-11-22T03:00:09Z',
    })
    await note({agent: 'dev-a', name})
    const left = `A rehearsal for dev-a that was stopped had left its token: ${name} (id ${id}, …0000000${id}) was deleted`
    expect((await finishDue(world.deps(store))).late).toEqual([expect.stringContaining(left)])
    expect([names(), await announced()]).toEqual([['agent token'], []])
  })

  it('is looked for as long as it may still come to pass, and no longer', async () => {
    await note({agent: 'dev-a', name: 'patrol.dev-a.20261122.ours000001'})
    const waiting = async (ms: number) => {
      world.now = START + ms
      await mint()
      return (await announced()).length
    }
    expect([await waiting(60_000), await waiting(9 * 60_000), await waiting(11 * 60_000)]).toEqual([1, 1, 0])
  })

  it('nor does a run go on whose lease another one took meanwhile', async () => {
    const {leases} = store
    const deps = world.deps(store)
    const tokens = {
      ...deps.tokens,
      mint: async (...args: Parameters<typeof deps.tokens.mint>) => {
        const minted = await deps.tokens.mint(...args)
        await leases.acquire('agent:dev-a', 1_000, world.now + 3_600_000)
        return minted
      },
    }
    await expect(mint({...deps, tokens})).rejects.toMatchObject({code: 'LEASE_LOST'})
    expect(held).toEqual([])
    expect(names()).toEqual(['agent token'])
  })
})
