import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {beforeEach, describe, expect, it, onTestFinished} from 'vitest'
import type {TokenRef} from '../../../src/story/tokens.ts'
import {openState, type Marks, type Site, type StateStore, type Store, type Witness} from '../../../src/store/index.ts'
import {oldStore} from '../../support/old-store.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'patrol-sites-')), 'state', 'patrol.db')
})

async function opened(): Promise<StateStore> {
  const state = await openState(file)
  onTestFinished(() => state.close())
  return state
}

const ROOT: Witness = {login: 'root', id: 1, created: 1_000}
const PRODUCTION: Site = {gitea: 'https://git.example.org', platform: 'https://agents.example.org', witness: ROOT}
const token = {id: 7, name: 'patrol.dev-a.20261201.rot1', lastEight: '00000007'}

/** What a server says of former administrators and of its users' tokens. */
function marks(isSame: Marks['isSame'] = async () => false, lists: Marks['lists'] = async () => []): Marks {
  return {isSame, lists}
}

/** Leaves one rotation of dev-a unfinished, with its token in the ledger and a deployment. */
async function work(store: Store, id = 'rot1'): Promise<void> {
  const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
  await store.journal.append({
    id,
    seq: 0,
    event: {type: 'minted', token, at: 10},
    summary: {
      id,
      agent: 'dev-a',
      user: 'dev-a',
      workspace: 'w',
      phase: 'proven',
      closed: false,
      startedAt: 10,
      updatedAt: 10,
      dueAt: 20,
      events: 1,
    },
    ledger: [
      {kind: 'minted', user: 'dev-a', token, scopes: ['read:issue'], rotation: id, at: 10},
      {kind: 'superseded', user: 'dev-a', token: {...token, id: 6}, deadline: 20, at: 10},
      {
        kind: 'deployed',
        deployment: {agent: 'dev-a', user: 'dev-a', token: 7, lastEight: '00000007', secretUpdatedAt: 't', at: 10},
      },
      {
        kind: 'announced',
        announcement: {agent: 'dev-a', user: 'dev-a', name: 'by-hand', at: 10, handingOver: false},
      },
    ],
    lease,
  })
  await store.leases.release(lease)
}

interface Told {
  rotations: string[]
  tokens: number[]
  announced: string[]
  deployed: number | undefined
}

/** What a store tells of dev-a. */
async function told(store: Store): Promise<Told> {
  return {
    rotations: (await store.journal.list({agent: 'dev-a'})).map(({id}) => id),
    tokens: (await store.ledger.tokens('dev-a')).map(({id}) => id),
    announced: (await store.ledger.announced('dev-a')).map(({name}) => name),
    deployed: (await store.ledger.deployed('dev-a'))?.token,
  }
}
const NOTHING = {rotations: [], tokens: [], announced: [], deployed: undefined}
const ALL = {rotations: ['rot1'], tokens: [6, 7], announced: ['by-hand'], deployed: 7}
/** Mints by hand were not announced before there were sites. */
const BEFORE = {...ALL, announced: []}

describe('state belongs to a server', () => {
  it.each<[string, Site]>([
    ['another Gitea', {...PRODUCTION, gitea: 'https://staging.example.org', witness: {...ROOT, created: 2_000}}],
    ['another platform', {...PRODUCTION, platform: 'https://staging.example.org'}],
    ['no platform', {...PRODUCTION, platform: undefined}],
    ['another server behind the same address', {...PRODUCTION, witness: {...ROOT, created: 2_000}}],
    ['another database with the same times', {...PRODUCTION, witness: {...ROOT, id: 2}}],
    ['a copy at another address', {...PRODUCTION, gitea: 'https://copy.example.org'}],
  ])('%s has none of it', async (_, other) => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const elsewhere = await state.at(other)
    expect(await told(elsewhere)).toEqual(NOTHING)
    expect(await elsewhere.journal.read('rot1')).toEqual([])
    await elsewhere.ledger.apply([{kind: 'revoked', user: 'dev-a', token: 7, at: 30}])
    expect(await told(await state.at(PRODUCTION))).toEqual(ALL)
    expect(await (await state.at(PRODUCTION)).ledger.tokens('dev-a')).toMatchObject([{}, {revokedAt: undefined}])
  })

  it('and an organisation of the platform', async () => {
    const state = await opened()
    await work(await state.at({...PRODUCTION, org: 'a'}))
    expect(await told(await state.at({...PRODUCTION, org: 'b'}))).toEqual(NOTHING)
    expect(await told(await state.at({...PRODUCTION, org: 'a'}))).toEqual(ALL)
  })

  it('what was not told before is no difference: a platform that learns to name its organisation', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    expect(await told(await state.at({...PRODUCTION, org: 'a'}))).toEqual(ALL)
    expect(await told(await state.at({...PRODUCTION, org: 'b'}))).toEqual(NOTHING)
  })

  it('the same two servers find it again, whoever runs and in whatever order', async () => {
    const state = await opened()
    const other = {...PRODUCTION, gitea: 'https://staging.example.org', witness: {...ROOT, created: 2_000}}
    await work(await state.at(PRODUCTION))
    await work(await state.at(other), 'rot2')
    expect(await told(await state.at(PRODUCTION))).toEqual(ALL)
    expect(await told(await state.at(other))).toEqual({...ALL, rotations: ['rot2']})
  })

  it('an append to a rotation of another site is refused, and changes nothing', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const other = await state.at({...PRODUCTION, gitea: 'https://staging.example.org'})
    await expect(work(other)).rejects.toMatchObject({code: 'JOURNAL_CONFLICT'})
    expect(await told(other)).toEqual(NOTHING)
  })

  it('a run without an administrator takes the site that was used last', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    expect(await told(await state.at({...PRODUCTION, witness: undefined}))).toEqual(ALL)
  })

  it('the first administrator takes over what a run without one began', async () => {
    const state = await opened()
    await work(await state.at({...PRODUCTION, witness: undefined}))
    expect(await told(await state.at(PRODUCTION))).toEqual(ALL)
    expect(await told(await state.at({...PRODUCTION, witness: {...ROOT, created: 5}}))).toEqual(NOTHING)
  })

  it('another administrator is believed where the server still shows the account of the former one', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const asked: string[] = []
    const vouch = (answer: boolean) =>
      marks(async (witness) => {
        asked.push(witness.login)
        return answer
      })
    const ada = {...PRODUCTION, witness: {login: 'ada', id: 12, created: 7_000}}
    expect(await told(await state.at(ada, vouch(false)))).toEqual(NOTHING)
    const eve = {...PRODUCTION, witness: {login: 'eve', id: 13, created: 8_000}}
    expect(await told(await state.at(eve, vouch(true)))).toEqual(NOTHING)
    expect(asked).toEqual(['root', 'ada'])
  })

  it('and is known from then on', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const ada = {...PRODUCTION, witness: {login: 'ada', id: 12, created: 7_000}}
    expect(
      await told(
        await state.at(
          ada,
          marks(async ({login}) => login === 'root'),
        ),
      ),
    ).toEqual(ALL)
    expect(await told(await state.at(ada, marks()))).toEqual(ALL)
    expect(await told(await state.at(PRODUCTION, marks()))).toEqual(ALL)
  })

  it.each<[string, TokenRef[], Told]>([
    ['by a token on record', [{...token, id: 5}, token], ALL],
    ['not by one that has another value by now', [{...token, lastEight: '90000007'}], NOTHING],
    ['not by one of another name', [{...token, name: 'laptop'}], NOTHING],
    ['not by one of another id', [{...token, id: 8}], NOTHING],
    ['not by nothing', [], NOTHING],
  ])('a server whose former administrator is deleted is known %s', async (_, listed, knows) => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const asked: string[] = []
    const lists = async (user: string) => {
      asked.push(user)
      return listed
    }
    const ada = {...PRODUCTION, witness: {login: 'ada', id: 12, created: 7_000}}
    expect(
      await told(
        await state.at(
          ada,
          marks(async () => false, lists),
        ),
      ),
    ).toEqual(knows)
    expect(await told(await state.at(ada))).toEqual(knows)
    expect(asked).toEqual(['dev-a'])
  })

  it('nor by a token that was revoked there', async () => {
    const state = await opened()
    const store = await state.at(PRODUCTION)
    await work(store)
    await store.ledger.apply([{kind: 'revoked', user: 'dev-a', token: 7, at: 30}])
    const ada = {...PRODUCTION, witness: {login: 'ada', id: 12, created: 7_000}}
    expect(
      await told(
        await state.at(
          ada,
          marks(
            async () => false,
            async () => [token],
          ),
        ),
      ),
    ).toEqual(NOTHING)
  })

  it('leases count at the addresses: nobody has to be asked first', async () => {
    const [one, two] = [await opened(), await opened()]
    const lease = await (await one.at(PRODUCTION)).leases.acquire('agent:dev-a', 60_000, 0)
    const unasked = await two.at({...PRODUCTION, witness: undefined})
    await expect(unasked.leases.acquire('agent:dev-a', 60_000, 1)).rejects.toMatchObject({code: 'LEASE_HELD'})
    const other = await two.at({...PRODUCTION, gitea: 'https://staging.example.org'})
    await expect(other.leases.acquire('agent:dev-a', 60_000, 1)).resolves.toMatchObject({fence: 1})
    await (await one.at(PRODUCTION)).leases.release(lease)
    await expect(unasked.leases.acquire('agent:dev-a', 60_000, 1)).resolves.toMatchObject({fence: 2})
  })
})

describe('a server that moved', () => {
  const MOVED = {...PRODUCTION, gitea: 'https://new.example.org'}
  const named = {...MOVED, formerly: {gitea: [PRODUCTION.gitea], platform: []}}

  it('gets its state where its former address is named and it shows the same account', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    expect(await told(await state.at(MOVED))).toEqual(NOTHING)
    expect((await state.at(MOVED)).elsewhere()).toMatchObject([
      {why: 'same-account', gitea: PRODUCTION.gitea, unfinished: 1, rotations: ['rot1']},
    ])
    const moved = await state.at(named)
    expect(await told(moved)).toEqual(ALL)
    expect(await moved.journal.read('rot1')).toHaveLength(1)
    expect(moved.elsewhere()).toEqual([])
    expect(await told(await state.at(PRODUCTION))).toEqual(NOTHING)
  })

  it('gets nothing of a server that shows another account', async () => {
    const state = await opened()
    await work(await state.at({...PRODUCTION, witness: {...ROOT, created: 9}}))
    expect(await told(await state.at(named))).toEqual(NOTHING)
  })

  it('with its platform at once', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const both = {...MOVED, platform: 'https://new-agents.example.org'}
    const formerly = {gitea: [PRODUCTION.gitea], platform: [PRODUCTION.platform!]}
    expect(await told(await state.at(both))).toEqual(NOTHING)
    expect(await told(await state.at({...both, formerly}))).toEqual(ALL)
  })

  it('takes along where a token may be in use', async () => {
    const state = await opened()
    const sent = {agent: 'dev-a', user: 'dev-a', secretKey: 'GITEA_TOKEN', token, how: 'pushed' as const, at: 1}
    for (const [place, id] of [
      [PRODUCTION, 'w1'],
      [MOVED, 'w1'],
      [PRODUCTION, 'w2'],
    ] as const) {
      const placement = {...sent, workspace: {id, name: 'room'}, rotation: 'rot1'}
      await (await state.at(place)).ledger.apply([{kind: 'placed', placement}])
    }
    const places = await (await state.at(named)).ledger.placesOf([token])
    expect(places.map(({workspace: {id}, gitea}) => `${id} ${gitea}`).toSorted()).toEqual([
      'w1 undefined',
      'w2 undefined',
    ])
  })

  it('keeps what it learned at the new address: a deadline never moves to later', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    const superseded = {kind: 'superseded' as const, user: 'dev-a', token: {...token, id: 6}}
    const deployment = {agent: 'dev-a', user: 'dev-a', token: 9, lastEight: '00000009', secretUpdatedAt: 'u', at: 90}
    await (
      await state.at(MOVED)
    ).ledger.apply([
      {...superseded, deadline: 500, at: 400},
      {kind: 'deployed', deployment},
    ])
    const {ledger} = await state.at(named)
    expect(await ledger.tokens('dev-a')).toMatchObject([{id: 6, deadline: 20}, {id: 7}])
    expect(await ledger.deployed('dev-a')).toEqual(deployment)
  })
})

describe('who was proven on a token', () => {
  const deployed = {agent: 'dev-a', user: 'dev-a', token: 7, lastEight: '00000007', secretUpdatedAt: undefined, at: 1}
  const provenIn = async ({ledger}: Store, workspace: string) =>
    ledger.apply([{kind: 'deployed', deployment: {...deployed, workspace}}])
  const found = async ({ledger}: Store) =>
    (await ledger.provenOn([{id: 7, lastEight: '00000007'}])).map(({workspace, elsewhere}) => [workspace, elsewhere])

  it('is known whatever the platform, and of which', async () => {
    const state = await opened()
    const here = await state.at({...PRODUCTION, org: 'acme'})
    await provenIn(here, 'w')
    await provenIn(await state.at({...PRODUCTION, platform: 'https://new-agents.example.org'}), 'w1')
    await provenIn(await state.at({...PRODUCTION, org: 'other'}), 'w2')
    expect(await found(here)).toEqual([
      ['w', undefined],
      ['w1', 'https://new-agents.example.org'],
      ['w2', PRODUCTION.platform],
    ])
  })

  it('is known whatever address Gitea is called by, and can be asked where the platform is the same', async () => {
    const state = await opened()
    const here = await state.at(PRODUCTION)
    await provenIn(await state.at({...PRODUCTION, org: 'acme', gitea: 'http://git.internal:3000'}), 'w')
    expect(await found(here)).toEqual([['w', undefined]])
  })

  it('says where Gitea was called by another address, for that may be a copy', async () => {
    const state = await opened()
    const here = await state.at(PRODUCTION)
    await provenIn(here, 'w')
    await provenIn(await state.at({gitea: 'https://git.staging.example.org', platform: 'https://p.example.org'}), 'w1')
    expect(await here.ledger.provenOn([{id: 7, lastEight: '00000007'}])).toMatchObject([
      {workspace: 'w', elsewhere: undefined, gitea: undefined},
      {workspace: 'w1', elsewhere: 'https://p.example.org', gitea: 'https://git.staging.example.org'},
    ])
  })
})

describe('where a token may be in use', () => {
  const placement = {
    agent: 'dev-a',
    user: 'dev-a',
    secretKey: 'GITEA_TOKEN',
    token: {id: 7, lastEight: '00000007'},
    how: 'pushed' as const,
    rotation: 'rot1',
    at: 1,
  }
  const sentIn = async ({ledger}: Store, id: string) =>
    ledger.apply([{kind: 'placed', placement: {...placement, workspace: {id, name: 'room'}}}])
  const found = async ({ledger}: Store) =>
    (await ledger.placesOf([{id: 7, lastEight: '00000007'}])).map(({workspace: {id}, elsewhere, gitea}) => [
      id,
      elsewhere,
      gitea,
    ])

  it('is known whatever the platform and the address of Gitea, and of which', async () => {
    const state = await opened()
    const here = await state.at({...PRODUCTION, org: 'acme'})
    const gitea = 'https://git.staging.example.org'
    await sentIn(await state.at({...PRODUCTION, gitea}), 'w3')
    await sentIn(await state.at({...PRODUCTION, platform: 'https://new-agents.example.org'}), 'w2')
    await sentIn(here, 'w1')
    expect(await found(here)).toEqual([
      ['w1', undefined, undefined],
      ['w2', 'https://new-agents.example.org', undefined],
      ['w3', undefined, gitea],
    ])
  })
})

describe('what was recorded before servers were kept apart', () => {
  const listed = [{id: 7, name: token.name, lastEight: token.lastEight}]
  const past = (id: string, user = 'dev-a', ref: object = token) => ({
    id,
    agent: user,
    user,
    phase: 'proven',
    dueAt: 20,
    events: [{type: 'minted', token: ref, at: 10}],
  })

  it('is nobody’s until this server lists the very token', async () => {
    oldStore(file, 2, {
      rotations: [past('rot1')],
      tokens: [{user: 'dev-a', ...token, rotation: 'rot1'}],
      deployed: [{agent: 'dev-a', user: 'dev-a', token: 7, lastEight: '00000007'}],
    })
    const state = await opened()
    const store = await state.at(PRODUCTION)
    expect(await told(store)).toEqual(NOTHING)
    expect(store.unclaimed()).toEqual([{user: 'dev-a', open: true}])
    expect(store.elsewhere()).toMatchObject([{why: 'before-sites', unfinished: 1, rotations: ['rot1']}])
    store.adopt('dev-a', listed)
    expect(await told(store)).toEqual({...BEFORE, tokens: [7]})
    expect([store.unclaimed(), store.elsewhere()]).toEqual([[], []])
  })

  it.each([
    ['another last eight', {...token, lastEight: 'ffffffff'}],
    ['another name', {...token, name: 'patrol.dev-a.20261201.rot9'}],
    ['another id', {...token, id: 8}],
  ])('is not taken for %s', async (_, other) => {
    oldStore(file, 2, {
      rotations: [past('rot1')],
      tokens: [{user: 'dev-a', ...token}],
      deployed: [{agent: 'dev-a', user: 'dev-a', token: 7, lastEight: '11111111'}],
    })
    const store = await (await opened()).at(PRODUCTION)
    store.adopt('dev-a', [other])
    expect(await told(store)).toEqual(NOTHING)
    expect(store.unclaimed()).toEqual([{user: 'dev-a', open: true}])
  })

  it('of two servers in one file goes to each its own', async () => {
    const staging = {...token, id: 3, name: 'patrol.dev-a.20261130.rot2', lastEight: '00000003'}
    oldStore(file, 2, {
      rotations: [past('rot1'), past('rot2', 'dev-a', staging)],
      tokens: [
        {user: 'dev-a', ...token},
        {user: 'dev-a', ...staging},
      ],
    })
    const state = await opened()
    const production = await state.at(PRODUCTION)
    production.adopt('dev-a', listed)
    const other = await state.at({...PRODUCTION, gitea: 'https://staging.example.org'})
    other.adopt('dev-a', [staging])
    expect(await told(production)).toEqual({...NOTHING, rotations: ['rot1'], tokens: [7]})
    expect(await told(other)).toEqual({...NOTHING, rotations: ['rot2'], tokens: [3]})
  })

  it('is looked through once; after that only what is unfinished', async () => {
    oldStore(file, 2, {
      rotations: [past('rot1')],
      tokens: [
        {user: 'dev-a', ...token},
        {user: 'dev-b', ...token},
      ],
    })
    const state = await opened()
    const store = await state.at(PRODUCTION)
    expect(store.unclaimed()).toEqual([
      {user: 'dev-a', open: true},
      {user: 'dev-b', open: false},
    ])
    store.surveyed()
    expect(store.unclaimed()).toEqual([{user: 'dev-a', open: true}])
    const other = await state.at({...PRODUCTION, gitea: 'https://staging.example.org'})
    expect(other.unclaimed()).toHaveLength(2)
  })
})

describe('what is listed without asking anybody', () => {
  it('is that of the addresses, whichever server answered there, and what else there is', async () => {
    const state = await opened()
    await work(await state.at(PRODUCTION))
    await work(await state.at({...PRODUCTION, witness: {...ROOT, created: 5}}), 'rot2')
    await work(await state.at({...PRODUCTION, gitea: 'https://other.example.org', witness: {...ROOT, id: 3}}), 'rot3')
    const {journal, elsewhere} = state.recorded(PRODUCTION)
    expect((await journal.list()).map(({id}) => id)).toEqual(['rot1', 'rot2'])
    expect(await journal.read('rot3')).toEqual([])
    expect(elsewhere).toEqual([
      {
        gitea: 'https://other.example.org',
        platform: PRODUCTION.platform,
        why: 'other',
        records: 1,
        unfinished: 1,
        rotations: ['rot3'],
      },
    ])
    expect(await state.recorded('everywhere').journal.list()).toHaveLength(3)
    expect(await state.recorded('everywhere').journal.read('rot3')).toHaveLength(1)
  })
})

describe('steps of one-time codes', () => {
  it('are reserved by one process each, per Gitea and user', async () => {
    const [one, two] = [await opened(), await opened()]
    expect(one.reserveStep('https://a', 'root', 100)).toBe(100)
    expect(two.reserveStep('https://a', 'ROOT', 100)).toBe(101)
    expect(one.reserveStep('https://a', 'root', 101)).toBe(102)
    expect(two.reserveStep('https://b', 'root', 100)).toBe(100)
    expect(two.reserveStep('https://a', 'ada', 100)).toBe(100)
    expect(one.reserveStep('https://a', 'root', 200)).toBe(200)
  })

  it('are not waited for where the clock was set back', async () => {
    const state = await opened()
    state.reserveStep('https://a', 'root', 1_000)
    expect(state.reserveStep('https://a', 'root', 100)).toBe(100)
  })
})
