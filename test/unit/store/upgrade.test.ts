import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {beforeEach, describe, expect, it} from 'vitest'
import {openState, openStore} from '../../../src/store/index.ts'
import {oldStore} from '../../support/old-store.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'patrol-store-')), 'state', 'patrol.db')
})

function meddle(sql: string): void {
  const raw = new DatabaseSync(file)
  raw.exec(sql)
  raw.close()
}

const begun = {
  id: 'rot1',
  agent: 'dev-a',
  user: 'u',
  phase: 'minting',
  events: [{type: 'mint_intended', name: 'n', at: 10}],
}

function schema(): unknown[] {
  const raw = new DatabaseSync(file)
  const rows = raw.prepare('select type, name, tbl_name, sql from sqlite_schema order by type, name').all()
  const version = raw.prepare('pragma user_version').get()
  raw.close()
  return [version, ...rows]
}

describe('a file of an earlier version', () => {
  it.each([1, 2] as const)('(%i) has after its upgrade just what a new one has', async (version) => {
    ;(await openStore(file)).close()
    const fresh = schema()
    await rm(dirname(file), {recursive: true})
    oldStore(file, version)
    ;(await openStore(file)).close()
    expect(schema()).toEqual(fresh)
  })
})

describe('the workspace of a proof', () => {
  const token = (id: number) => ({user: 'u', id, name: `n${id}`, lastEight: `0000000${id}`})
  const planned = (id: string, workspace: unknown) => ({
    ...begun,
    id,
    events: [{type: 'planned', at: 1, terms: {workspace}}, ...begun.events],
  })

  it('of an earlier patrol is that of the rotation which minted its token, where that is told', async () => {
    const minted = [token(1), token(2), token(3)].map((each) => ({...each, rotation: `rot${each.id}`}))
    const other = {...token(4), lastEight: '90000004', rotation: 'rot1'}
    const agents = [1, 2, 3, 4, 5].map((id) => ({...token(id), agent: `dev-${id}`, token: id}))
    oldStore(file, 2, {
      rotations: [planned('rot1', {id: 'w1'}), planned('rot2', undefined), {...begun, id: 'rot3'}],
      tokens: [...minted, other],
      deployed: agents,
    })
    const store = await openState(file).then((state) => state.at({gitea: 'https://git.example.org'}))
    store.adopt('u', [...minted, other, token(4), token(5)])
    const rooms = agents.map(async ({agent}) => [
      (await store.ledger.deployed(agent))?.token,
      (await store.ledger.deployed(agent))?.workspace,
    ])
    expect(await Promise.all(rooms)).toEqual([
      [1, 'w1'],
      [2, undefined],
      [3, undefined],
      [4, undefined],
      [5, undefined],
    ])
    store.close()
  })

  it('is kept by an upgrade, and each is adopted by itself', async () => {
    oldStore(file, 2, {deployed: [{agent: 'dev-a', user: 'u', token: 1, lastEight: '00000001'}]})
    const state = await openState(file)
    meddle(
      `insert into deployments (site, agent, workspace, user, token, last_eight, at) values (0, 'dev-a', 'w9', 'u', 2, '00000002', 1)`,
    )
    const store = await state.at({gitea: 'https://git.example.org'})
    store.adopt('u', [token(2)])
    expect(await store.ledger.deployed('dev-a')).toMatchObject({token: 2, workspace: 'w9'})
    expect(await store.ledger.provenOn([token(1)])).toEqual([])
    store.close()
  })
})

describe('where a token may be in use', () => {
  const token = (id: number) => ({id, name: `n${id}`, lastEight: `0000000${id}`})
  const told = async (events: readonly {type: string; [more: string]: unknown}[]) => {
    oldStore(file, 2, {rotations: [{...begun, id: 'rot1', events: events.map((event, at) => ({...event, at}))}]})
    const store = await openState(file).then((state) => state.at({gitea: 'https://git.example.org'}))
    const tokens = [1, 2, 3, 4].map(token)
    store.adopt('u', tokens)
    const places = await store.ledger.placesOf(tokens)
    store.close()
    return places.map(({token: {id}, how, workspace, secretKey, rotation}) => [
      id,
      how,
      workspace.id,
      secretKey,
      rotation,
    ])
  }
  const terms = {workspace: {id: 'w1', name: 'room'}, secretKey: 'GITEA_TOKEN'}

  it('is what the journal of an earlier patrol says: what it found, and what it sent', async () => {
    const places = await told([
      {type: 'planned', terms, superseded: [token(1)], deployed: token(2)},
      {type: 'minted', token: token(3)},
      {type: 'push_intended', token: 3},
      {type: 'minted', token: token(4)},
      {type: 'mint_settled', name: 'n', token: null},
    ])
    expect(places.toSorted((a, b) => Number(a[0]) - Number(b[0]))).toEqual([
      [1, 'found', 'w1', 'GITEA_TOKEN', 'rot1'],
      [2, 'found', 'w1', 'GITEA_TOKEN', 'rot1'],
      [3, 'pushed', 'w1', 'GITEA_TOKEN', 'rot1'],
    ])
  })

  it('is told of tokens that gave way, too', async () => {
    const events = [
      {type: 'planned', terms, superseded: [], deployed: null},
      {type: 'outbid', tokens: [token(4)]},
    ]
    expect(await told(events)).toEqual([[4, 'found', 'w1', 'GITEA_TOKEN', 'rot1']])
  })

  it.each<[string, {type: string; [more: string]: unknown}]>([
    ['a text for a token', {type: 'planned', terms, superseded: ['x'], deployed: 'x'}],
    ['a text for a list', {type: 'planned', terms, superseded: 'abc', deployed: null}],
    [
      'an id that is none',
      {
        type: 'planned',
        terms,
        superseded: [
          {...token(1), id: 'abc'},
          {...token(1), id: 1.5},
        ],
      },
    ],
    ['an id that is a mapping', {type: 'planned', terms, superseded: [{...token(1), id: {}}], deployed: {}}],
    ['an end that is a number', {type: 'planned', terms, superseded: [{...token(1), lastEight: 7}]}],
    ['numbers for names', {type: 'planned', terms: {workspace: {id: 7, name: 8}, secretKey: 9}, superseded: []}],
  ])('does not keep a store from being opened that holds %s', async (_, odd) => {
    expect(await told([odd, {type: 'minted', token: 'abc'}, {type: 'push_intended', token: 'abc'}])).toEqual([])
  })

  it.each([true, false])('knows whether a rotation saw its process run outside the platform (%s)', async (external) => {
    const room = {...terms.workspace, external}
    const facts = [{type: 'planned', at: 1, terms: {...terms, workspace: room}, superseded: [token(1)], deployed: null}]
    oldStore(file, 2, {rotations: [{...begun, id: 'rot1', events: facts}]})
    const store = await openState(file).then((state) => state.at({gitea: 'https://git.example.org'}))
    for (const {user} of store.unclaimed()) store.adopt(user, [token(1)])
    expect(await store.ledger.placesOf([token(1)])).toMatchObject([{workspace: {id: 'w1', external}}])
    store.close()
  })

  it('is adopted with a user who is written with capitals', async () => {
    const facts = [{type: 'planned', at: 1, terms, superseded: [token(1)], deployed: null}]
    oldStore(file, 2, {rotations: [{...begun, user: 'Dev-A', id: 'rot1', events: facts}]})
    const store = await openState(file).then((state) => state.at({gitea: 'https://git.example.org'}))
    expect(store.unclaimed().map(({user}) => user)).toEqual(['Dev-A', 'dev-a'])
    for (const {user} of store.unclaimed()) store.adopt(user, [token(1)])
    expect(await store.ledger.placesOf([token(1)])).toMatchObject([{how: 'found', workspace: {id: 'w1'}}])
    store.close()
  })

  it.each([
    ['terms without a workspace', {secretKey: 'GITEA_TOKEN'}],
    ['terms without a secret', {workspace: terms.workspace}],
    ['no terms', undefined],
  ])('is nothing where that does not tell: %s', async (_, bad) => {
    expect(await told([{type: 'planned', terms: bad, superseded: [token(1)], deployed: null}])).toEqual([])
  })

  it.each([
    ['seen', [{type: 'created', workspace: {id: 'w2', name: 'fresh'}}], 'w2'],
    [
      'seen after a look that did not',
      [
        {type: 'create_settled', workspace: null},
        {type: 'created', workspace: {id: 'w2'}},
      ],
      'w2',
    ],
    ['seen later', [{type: 'create_settled', workspace: {id: 'w2', name: 'fresh'}, stored: true}], 'w2'],
    ['never seen', [{type: 'create_settled', workspace: null, stored: false}], undefined],
  ])('is the workspace that an onboarding made, %s', async (_, end, id) => {
    oldStore(file, 2)
    const facts = [
      {type: 'planned', terms: {workspace: 'fresh', secretKey: 'GITEA_TOKEN'}},
      {type: 'minted', token: token(1)},
      {type: 'create_intended', name: 'fresh'},
      ...end,
    ]
    meddle(`insert into onboardings values ('onb1', 'dev-a', 'u', 'fresh', 'closed', 1, 1, 1, ${facts.length})`)
    for (const [seq, fact] of facts.entries()) {
      meddle(`insert into onboarding_events values ('onb1', ${seq}, 1, '${fact.type}', '${JSON.stringify(fact)}')`)
    }
    const store = await openState(file).then((state) => state.at({gitea: 'https://git.example.org'}))
    store.adopt('u', [token(1)])
    const places = await store.ledger.placesOf([token(1)])
    store.close()
    expect(places).toMatchObject([
      {how: 'created', workspace: {id, name: 'fresh'}, agent: 'dev-a', rotation: undefined},
    ])
  })
})

describe('a user', () => {
  it('is the same whatever its capitals, as for Gitea', async () => {
    const store = await openStore(file)
    const {ledger} = store
    const token = {id: 4, name: 'n', lastEight: '00000004'}
    const announcement = {agent: 'dev-a', user: 'Dev-A', name: 'by-hand', at: 1, handingOver: false}
    await ledger.apply([
      {kind: 'minted', user: 'Dev-A', token, scopes: [], at: 1},
      {kind: 'revoked', user: 'dev-A', token: 4, at: 2},
      {kind: 'announced', announcement},
    ])
    expect(await ledger.tokens('DEV-A')).toMatchObject([{id: 4, mintedAt: 1, revokedAt: 2}])
    expect(await ledger.announced('deV-a')).toMatchObject([{name: 'by-hand'}])
    await ledger.apply([{kind: 'settled', user: 'DEV-A', name: 'by-hand'}])
    expect(await ledger.announced('dev-a')).toEqual([])
    store.close()
  })

  it('that an earlier patrol wrote with capitals is found all the same', async () => {
    ;(await openStore(file)).close()
    meddle(`
      insert into tokens (site, user, id, name, last_eight, scopes) values ((select id from sites), 'Dev-A', 4, 'n', '00000004', '[]');
      insert into deployments (site, agent, user, token, last_eight, at) values ((select id from sites), 'dev-a', 'Dev-A', 4, '00000004', 1);
      insert into announcements (site, user, name, agent, at, handing_over) values ((select id from sites), 'Dev-A', 'by-hand', 'dev-a', 1, 0);
      drop table placements;
      pragma user_version = 4;
    `)
    const store = await openStore(file)
    const {ledger} = store
    expect(await ledger.tokens('dev-a')).toMatchObject([{id: 4}])
    expect(await ledger.deployed('dev-a')).toMatchObject({user: 'dev-a'})
    expect(await ledger.announced('dev-a')).toMatchObject([{name: 'by-hand'}])
    store.close()
  })
})

describe('a file that an upgrade left half made', () => {
  it.each([
    ['tables of the next version, the number of the last', 2, 'pragma user_version = 1'],
    ['tables, and no number at all', 1, 'pragma user_version = 0'],
    ['the number of the next version, and half of its tables', 1, 'pragma user_version = 2'],
    ['a table that is missing', 2, 'drop table onboarding_events'],
    ['the guard of the journal missing', 2, 'drop trigger events_remain'],
  ] as const)('is finished: %s', async (_, version, sql) => {
    oldStore(file, version, {rotations: [begun]})
    meddle(sql)
    const state = await openState(file)
    expect(await state.recorded('everywhere').journal.read('rot1')).toEqual(begun.events)
    const store = await state.at({gitea: 'https://git.example.org'})
    expect(await store.onboardings.list()).toEqual([])
    state.close()
    expect(() => meddle('delete from events')).toThrow(/append-only/)
  })

  it.each([
    ['a column that is missing', `alter table tokens drop column deadline`, 'column tokens.deadline'],
    ['another table of the same name', `drop table codes; create table codes (x)`, 'column codes.step'],
  ])('is named where that would lose something: %s', async (_, sql, what) => {
    ;(await openStore(file)).close()
    meddle(sql)
    const before = await readFile(file)
    await expect(openStore(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(what),
      suggestions: [expect.stringMatching(/^mv /), expect.any(String)],
    })
    expect((await readFile(file)).equals(before)).toBe(true)
  })

  it.each([
    ['rows that contradict each other', 2, 'drop table tokens; create table tokens (user, id, name)'],
    ['an upgrade that was begun', 2, 'alter table rotations add column site integer not null default 0'],
  ] as const)('is named where SQLite refuses: %s', async (_, version, sql) => {
    oldStore(file, version, {rotations: [begun]})
    meddle(sql)
    await expect(openStore(file)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('schema 2'),
    })
    const raw = new DatabaseSync(file)
    expect(raw.prepare('pragma user_version').get()).toEqual({user_version: 2})
    raw.close()
  })
})
