import {afterEach, describe, expect, test} from 'vitest'
import {parseTokenId} from '../../../src/simulator/gitea/handlers/tokens.ts'
import {CATEGORIES, normalise} from '../../../src/simulator/gitea/scopes.ts'
import type {GiteaVersion} from '../../../src/simulator/types.ts'
import {ADMIN, PASSWORD, VERSIONS, ask, byBasic, byToken, seedWith, start, stopAll, value} from './ask.ts'
import type {Got} from './ask.ts'

afterEach(stopAll)

const MIRA = byBasic('mira', PASSWORD)
const nine = (level: string): string => CATEGORIES.map((category) => `${level}:${category}`).join(',')

test.each([
  ['read:issue,write:issue', 'write:issue'],
  ['write:user,read:issue,write:repository', 'read:issue,write:repository,write:user'],
  ['all,read:issue', 'all'],
  [nine('write'), 'all'],
  ['all,public-only', 'public-only,all'],
  [`${nine('write')},public-only`, 'public-only,all'],
  [',,read:issue,', 'read:issue'],
  ['read:user,read:user', 'read:user'],
  [nine('read'), nine('read')],
  ['public-only', 'public-only'],
  ['', ''],
])('%j is stored as %j', (given, stored) => {
  expect(normalise(given)).toBe(stored)
})

test.each(['read:pull-request', 'Read:issue', ' read:user', 'write:all', 'sudo', 'read:project'])(
  '%j is no scope',
  (given) => {
    expect(() => normalise(`read:user,${given}`)).toThrow(`invalid access token scope: ${given}`)
  },
)

test('a row that is given a new value keeps its id, name and scopes; the old value is dead', async () => {
  const gitea = await start(seedWith(['read:user']), '1.27.0')
  const [before] = gitea.tokens('mira')
  const fresh = gitea.regenerate('mira', before!.id)
  expect(gitea.tokens('mira')).toEqual([{...before!, lastEight: fresh.slice(-8)}])
  expect([gitea.isLive(value(1)), gitea.isLive(fresh)]).toEqual([false, true])
  const {status} = await ask(gitea, 'GET', '/user', {headers: byToken(value(1))})
  expect(status).toBe(401)
  expect(() => gitea.regenerate('mira', 999)).toThrow('no token 999')
})

test.each<[string, bigint]>([
  ['123', 123n],
  ['007', 7n],
  ['0x1F', 31n],
  ['0b101', 5n],
  ['0o17', 15n],
  ['1_000', 1000n],
  ['+7', 7n],
  ['-5', -5n],
  ['0x_1F', 31n],
  ['99999999999999999999', 2n ** 63n - 1n],
  ['-99999999999999999999', -(2n ** 63n)],
  ['0', 0n],
  ['-0', 0n],
  ['08', 0n],
  ['12ab', 0n],
  ['1e3', 0n],
  ['0xZZ', 0n],
  [' 7', 0n],
  ['1__0', 0n],
  ['1_', 0n],
  ['0x', 0n],
  ['abc', 0n],
  ['', 0n],
])('as a token id, %j is %s', (segment, id) => {
  expect(parseTokenId(segment)).toBe(id)
})

describe('mint', () => {
  const mint = async (body: unknown, version: GiteaVersion = '1.22.6', headers = MIRA): Promise<Got> =>
    ask(await start(seedWith(['read:user']), version), 'POST', '/users/mira/tokens', {body, headers})

  test('hands out 40 hex characters once, with the stored scopes', async () => {
    const gitea = await start(seedWith([]))
    const got = await ask(gitea, 'POST', '/users/mira/tokens', {
      headers: MIRA,
      body: {name: 'new', scopes: ['write:issue', 'read:issue'], unknown: 1},
    })
    const sha1 = String(got.fields['sha1'])
    expect(sha1).toMatch(/^[0-9a-f]{40}$/)
    expect([got.status, got.json]).toEqual([
      201,
      {id: 2, name: 'new', sha1, token_last_eight: sha1.slice(-8), scopes: ['write:issue']},
    ])
    const list = await ask(gitea, 'GET', '/users/mira/tokens', {headers: MIRA})
    expect(list.rows.map((row) => row['sha1'])).toEqual(['', ''])
    expect((await ask(gitea, 'GET', '/version', {headers: byToken(sha1)})).status).toBe(200)
    expect(JSON.stringify(gitea.requests)).not.toContain(sha1)
  })

  test('refuses in the order body, name, scope, emptiness', async () => {
    expect((await mint({})).message).toBe('[Name]: Required')
    expect((await mint({name: ''})).message).toBe('[Name]: Required')
    expect((await mint({name: 7})).message).toBe(
      '[]: json: cannot unmarshal number into Go struct field CreateAccessTokenOption.Name of type string',
    )
    expect((await mint([])).message).toBe("[]: invalid character '[' looking for beginning of value")
    expect((await mint({name: 'agent', scopes: ['nonsense']})).message).toBe('access token name has been used already')
    expect((await mint({name: 'x', scopes: ['read:issue', 'write:comment', 'sudo']})).message).toBe(
      'invalid access token scope provided: invalid access token scope: write:comment',
    )
    expect((await mint({name: 'x', scopes: []})).message).toBe('access token must have a scope')
    expect((await mint({name: 'x', scopes: ['']})).status).toBe(400)
  })

  test('an element may hold commas, and public-only alone is a scope', async () => {
    expect((await mint({name: 'x', scopes: ['read:user,read:issue']})).json).toMatchObject({
      scopes: ['read:issue', 'read:user'],
    })
    expect((await mint({name: 'x', scopes: ['public-only']})).status).toBe(201)
  })

  test('without or with a foreign content type it is 422', async () => {
    const gitea = await start(seedWith([]))
    const send = async (headers: Record<string, string>, raw: string | undefined): Promise<string | undefined> =>
      (await ask(gitea, 'POST', '/users/mira/tokens', {headers: {...MIRA, ...headers}, ...(raw && {raw})})).message
    expect(await send({}, undefined)).toBe('[]: Empty Content-Type')
    expect(await send({'content-type': 'text/plain'}, '{}')).toBe('[]: Unsupported Content-Type')
    expect(await send({'content-type': 'application/json'}, '{"name":')).toMatch(/^\[\]: /)
    expect(gitea.tokens('mira')).toHaveLength(1)
  })

  test('an urlencoded body works, but its `token` is a credential', async () => {
    const gitea = await start(seedWith([]))
    const headers = {...MIRA, 'content-type': 'application/x-www-form-urlencoded'}
    const plain = await ask(gitea, 'POST', '/users/mira/tokens', {headers, raw: 'name=form&scopes=read%3Auser'})
    expect(plain.json).toMatchObject({name: 'form', scopes: ['read:user']})
    const asToken = await ask(gitea, 'POST', '/users/mira/tokens', {headers, raw: `name=b&token=${value(1)}`})
    expect([asToken.status, asToken.message]).toEqual([
      403,
      'token does not have at least one of required scope(s): [write:user]',
    ])
  })

  test('no scopes: 201 up to 1.21, 400 from 1.22.3 on', async () => {
    for (const version of ['1.20.6', '1.21.11'] as const) {
      const got = await mint({name: 'x'}, version, byBasic('mira', PASSWORD))
      expect([got.status, got.json]).toEqual([201, expect.objectContaining({scopes: null})])
    }
    for (const version of VERSIONS.slice(2)) expect((await mint({name: 'x'}, version)).status).toBe(400)
  })

  test('from 1.24 on the answer has times, at zero', async () => {
    const zero = '0001-01-01T00:00:00Z'
    expect((await mint({name: 'x', scopes: ['all']}, '1.24.7')).json).toMatchObject({
      created_at: zero,
      last_used_at: zero,
    })
    expect((await mint({name: 'x', scopes: ['all']}, '1.23.8')).json).not.toHaveProperty('created_at')
  })

  test('1.20 acts on whoever asks, later releases on the user of the path', async () => {
    for (const [version, owner] of [
      ['1.20.6', 'root'],
      ['1.21.11', 'mira'],
      ['1.27.0', 'mira'],
    ] as const) {
      const gitea = await start(seedWith([]), version)
      const got = await ask(gitea, 'POST', '/users/mira/tokens', {headers: ADMIN, body: {name: 'x', scopes: ['all']}})
      expect(got.status).toBe(201)
      expect(gitea.tokens(owner).map((token) => token.name)).toContain('x')
    }
    const gitea = await start(seedWith([]), '1.20.6')
    const headers = {...ADMIN, sudo: 'Mira'}
    await ask(gitea, 'POST', '/users/mira/tokens', {headers, body: {name: 'x', scopes: ['all']}})
    expect(gitea.tokens('mira').map((token) => token.name)).toEqual(['agent', 'x'])
  })

  test('a PAT as Basic may hand out more than it holds, until 1.27', async () => {
    const seed = seedWith(['write:user'])
    const body = {name: 'x', scopes: ['all']}
    const headers = byBasic('whoever', value(1))
    expect((await ask(await start(seed, '1.25.4'), 'POST', '/users/mira/tokens', {headers, body})).status).toBe(201)
    const newest = await start(seed, '1.27.0')
    const refused = await ask(newest, 'POST', '/users/mira/tokens', {headers, body})
    expect([refused.status, refused.message]).toEqual([
      403,
      'cannot create an access token with a broader scope than the authenticating token',
    ])
    const subset = {name: 'x', scopes: ['read:user', 'public-only']}
    expect((await ask(newest, 'POST', '/users/mira/tokens', {headers, body: subset})).status).toBe(201)
  })

  test('on 1.27 the child of a public-only token is public-only', async () => {
    const gitea = await start(seedWith(['public-only', 'write:user']), '1.27.0')
    const body = {name: 'x', scopes: ['read:user']}
    const got = await ask(gitea, 'POST', '/users/mira/tokens', {headers: byBasic('x', value(1)), body})
    expect(got.json).toMatchObject({scopes: ['public-only', 'read:user']})
  })
})

describe('list', () => {
  const many = {
    users: [
      {
        login: 'many',
        password: PASSWORD,
        tokens: Array.from({length: 60}, (_, i) => ({name: `t${i}`, value: value(100 + i), scopes: ['read:user']})),
      },
    ],
  }
  const rows = async (version: GiteaVersion, query: string): Promise<[number, string | null, string | null]> => {
    const gitea = await start(seedWith([], many), version)
    const got = await ask(gitea, 'GET', `/users/many/tokens${query}`, {headers: byBasic('many', PASSWORD)})
    return [got.rows.length, got.headers.get('x-total-count'), got.headers.get('link')]
  }

  test('gives everything without page up to 1.25, one page on 1.27', async () => {
    expect(await rows('1.22.6', '')).toEqual([60, '60', null])
    expect(await rows('1.25.4', '?limit=5')).toEqual([60, '60', null])
    expect(await rows('1.27.0', '')).toEqual([30, '60', null])
  })

  test('pages by limit, clamped to the maximum', async () => {
    expect(await rows('1.22.6', '?page=2&limit=50')).toEqual([10, '60', null])
    expect(await rows('1.22.6', '?page=1&limit=500')).toEqual([50, '60', null])
    expect(await rows('1.22.6', '?page=1&limit=x')).toEqual([30, '60', null])
    expect(await rows('1.22.6', '?page=9')).toEqual([0, '60', null])
  })

  test('an empty stored scope is [""], from 1.24 on null', async () => {
    for (const [version, scopes] of [
      ['1.23.8', ['']],
      ['1.24.7', null],
    ] as const) {
      const got = await ask(await start(seedWith([]), version), 'GET', '/users/mira/tokens', {headers: MIRA})
      expect(got.json).toMatchObject([{name: 'agent', scopes}])
    }
  })

  test('tokens of the same second come in the order of their ids', async () => {
    const got = await ask(await start(seedWith([], many)), 'GET', '/users/many/tokens?page=1&limit=3', {headers: ADMIN})
    expect(got.rows.map((row) => row['name'])).toEqual(['t0', 't1', 't2'])
  })

  test('newest first; created and last used from 1.24 on', async () => {
    const users = [
      {
        login: 'old',
        password: PASSWORD,
        tokens: [
          {name: 'first', value: value(11), scopes: [], createdAt: '2026-01-01T00:00:00Z'},
          {
            name: 'second',
            value: value(12),
            scopes: [],
            createdAt: '2026-02-01T00:00:00Z',
            lastUsedAt: '2026-03-01T00:00:00Z',
          },
        ],
      },
    ]
    const gitea = await start(seedWith([], {users}), '1.24.7')
    const got = await ask(gitea, 'GET', '/users/old/tokens', {headers: ADMIN})
    expect(got.json).toMatchObject([
      {name: 'second', created_at: '2026-02-01T00:00:00Z', last_used_at: '2026-03-01T00:00:00Z'},
      {name: 'first', created_at: '2026-01-01T00:00:00Z', last_used_at: '2026-01-01T00:00:00Z'},
    ])
  })
})

describe('delete', () => {
  const tokens = ['plain', '12ab', '08', '2', 'twice', 'twice'].map((name, i) => ({
    name,
    value: value(50 + i),
    scopes: ['read:user'],
  }))
  // Mira's own token has id 1, so these have ids 2 to 7.
  const seed = seedWith([], {users: [{login: 'sam', password: PASSWORD, tokens}]})
  const left = async (segment: string): Promise<[number, string | undefined, string[]]> => {
    const gitea = await start(seed)
    const got = await ask(gitea, 'DELETE', `/users/sam/tokens/${segment}`, {headers: byBasic('sam', PASSWORD)})
    return [got.status, got.message, gitea.tokens('sam').map((token) => token.name)]
  }

  test('goes by id, by name only for what is no number', async () => {
    expect(await left('2')).toEqual([204, undefined, ['12ab', '08', '2', 'twice', 'twice']])
    expect(await left('plain')).toEqual([204, undefined, ['12ab', '08', '2', 'twice', 'twice']])
    expect(await left('12ab')).toEqual([204, undefined, ['plain', '08', '2', 'twice', 'twice']])
    expect(await left('08')).toEqual([204, undefined, ['plain', '12ab', '2', 'twice', 'twice']])
    expect(await left('0b11')).toEqual([204, undefined, ['plain', '08', '2', 'twice', 'twice']])
  })

  test('404 for ids of others and unknown names, 422 for an ambiguous name', async () => {
    const all = ['plain', '12ab', '08', '2', 'twice', 'twice']
    expect(await left('1')).toEqual([404, "The target couldn't be found.", all])
    expect(await left('PLAIN')).toEqual([404, "The target couldn't be found.", all])
    expect(await left('twice')).toEqual([422, "multiple matches for token name 'twice'", all])
  })

  test('a PAT may delete itself, and is dead at once', async () => {
    const gitea = await start(seedWith(['write:user']))
    const headers = byBasic('x', value(1))
    expect((await ask(gitea, 'DELETE', '/users/mira/tokens/agent', {headers})).status).toBe(204)
    expect((await ask(gitea, 'GET', '/version', {headers: byToken(value(1))})).status).toBe(401)
  })
})

describe('/token on 1.27', () => {
  test('tells a header token what it is, scopes or not', async () => {
    const gitea = await start(seedWith(['read:issue']), '1.27.0')
    const got = await ask(gitea, 'GET', '/token', {headers: byToken(value(1))})
    expect(got.json).toMatchObject({id: 1, name: 'agent', scopes: ['read:issue'], user: {id: 2, login: 'Mira'}})
    expect((await ask(gitea, 'GET', '/token')).message).toBe('token is required')
    expect((await ask(gitea, 'GET', '/token', {headers: byBasic('x', value(1))})).status).toBe(404)
    expect((await ask(gitea, 'GET', `/token?token=${value(1)}`)).status).toBe(404)
    expect((await ask(gitea, 'DELETE', '/token', {headers: byToken(value(1))})).status).toBe(204)
    expect(gitea.isLive(value(1))).toBe(false)
  })
})
