import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf, type Asking} from './ask.ts'
import {PASSWORD} from './fixture.ts'
import {tokenOf, tokensOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

const READS = 'activitypub admin misc notification organization package issue repository user'
  .split(' ')
  .map((category) => `read:${category}`)
const WRITES = READS.map((scope) => scope.replace('read', 'write'))

const STORED: {scopes: string[]; stored: string[]}[] = [
  {scopes: ['read:issue'], stored: ['read:issue']},
  {scopes: ['read:issue', 'write:issue'], stored: ['write:issue']},
  {scopes: ['write:issue', 'read:issue'], stored: ['write:issue']},
  {scopes: ['write:user', 'read:issue', 'write:repository'], stored: ['read:issue', 'write:repository', 'write:user']},
  {scopes: ['all'], stored: ['all']},
  {scopes: ['all', 'read:issue'], stored: ['all']},
  {scopes: WRITES, stored: ['all']},
  {scopes: WRITES.toReversed(), stored: ['all']},
  {scopes: ['all', 'public-only'], stored: ['public-only', 'all']},
  {scopes: [...WRITES, 'public-only'], stored: ['public-only', 'all']},
  {scopes: ['', '', 'read:issue', ''], stored: ['read:issue']},
  {scopes: ['read:user', 'read:user'], stored: ['read:user']},
  {scopes: ['read:user,read:issue'], stored: ['read:issue', 'read:user']},
  {scopes: [',,read:issue,'], stored: ['read:issue']},
  {scopes: READS, stored: READS},
  {scopes: READS.toReversed(), stored: READS},
  {scopes: WRITES.slice(1), stored: WRITES.slice(1)},
  {scopes: ['public-only'], stored: ['public-only']},
  {scopes: ['read:issue', 'public-only'], stored: ['public-only', 'read:issue']},
  {scopes: ['read:misc', 'write:activitypub'], stored: ['write:activitypub', 'read:misc']},
]

const NO_SCOPES: {case: string; body: object}[] = [
  {case: 'no list', body: {}},
  {case: 'null', body: {scopes: null}},
  {case: 'an empty list', body: {scopes: []}},
  {case: 'a list of nothing', body: {scopes: ['']}},
  {case: 'commas alone', body: {scopes: [',']}},
]

const INVENTED = [
  'read:pull-request',
  'write:pull-request',
  'read:comment',
  'write:comment',
  'read:pull',
  'read:repo',
  'read:issues',
  'read:org',
  'sudo',
  'repo',
  'write:all',
  'read:all',
  'admin:org',
  'READ:ISSUE',
  'All',
  ' read:issue',
  'read:issue ',
  ' ',
  'read',
  'issue',
]

describe.each(targets)('minting on $label', (target) => {
  const {refusesEmptyScopes} = target.dialect
  let server: Server
  let counter = 0
  const fresh = () => `minted-${++counter}`
  const tokensAt = (user: string) => `/users/${user}/tokens`
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const post = (user: string, json: unknown, asking: Asking = {basic: [user, PASSWORD]}) =>
    server.api('POST', tokensAt(user), {...asking, json})
  const list = async (user: string) =>
    tokensOf(await server.api('GET', `${tokensAt(user)}?page=1&limit=50`, {basic: [user, PASSWORD]}))
  const named = async (user: string, name: string) => (await list(user)).find((token) => token.name === name)

  beforeAll(async () => {
    server = await target.open()
  })
  afterAll(() => server?.close())

  describe('what is stored', () => {
    test.each(STORED)('$scopes is stored as $stored', async ({scopes, stored}) => {
      const {carol} = server.who
      const name = fresh()
      const reply = await post(carol, {name, scopes})
      expect(reply.status).toBe(201)
      expect(tokenOf(reply).scopes).toEqual(server.dialect.echoesScopes ? stored : null)
      expect((await named(carol, name))?.scopes).toEqual(stored)
    })

    test.runIf(refusesEmptyScopes).each(NO_SCOPES)('$case of scopes is refused', async ({body}) => {
      const {carol} = server.who
      const name = fresh()
      const reply = await post(carol, {name, ...body})
      expect([reply.status, reply.json]).toEqual([400, refusal('access token must have a scope')])
      expect(await named(carol, name)).toBeUndefined()
    })

    test.runIf(!refusesEmptyScopes).each(NO_SCOPES)(
      '$case of scopes makes a token that passes no gate',
      async ({body}) => {
        const {carol} = server.who
        const name = fresh()
        const token = tokenOf(await post(carol, {name, ...body})).sha1
        expect((await named(carol, name))?.scopes).toEqual([''])
        expect((await server.api('GET', '/version', {token})).status).toBe(200)
        const gated = await server.api('GET', '/user', {token})
        expect([gated.status, gated.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:user'], []))])
      },
    )

    test.runIf(target.dialect.passedOver.length > 0).each(target.dialect.passedOver)(
      '%j is passed over, and is no scope either',
      async (scope) => {
        const {carol} = server.who
        const name = fresh()
        expect((await post(carol, {name, scopes: ['read:issue', scope]})).status).toBe(201)
        expect((await named(carol, name))?.scopes).toEqual(['read:issue'])
        expect((await post(carol, {name: fresh(), scopes: [scope]})).status).toBe(400)
      },
    )

    test.each(INVENTED.filter((scope) => !target.dialect.passedOver.includes(scope)))(
      '%j is refused and nothing is made',
      async (scope) => {
        const {carol} = server.who
        const name = fresh()
        const reply = await post(carol, {name, scopes: ['read:issue', scope, 'read:also-not']})
        expect([reply.status, reply.json]).toEqual([
          400,
          refusal(`invalid access token scope provided: invalid access token scope: ${scope}`),
        ])
        expect(await named(carol, name)).toBeUndefined()
      },
    )
  })

  describe('the answer', () => {
    test('is the only place that shows the value', async () => {
      const {bob} = server.who
      const name = fresh()
      const minted = tokenOf(await post(bob, {name, scopes: ['read:issue']}))
      expect(minted.sha1).toMatch(/^[0-9a-f]{40}$/)
      expect(minted.token_last_eight).toBe(minted.sha1.slice(-8))
      const listed = await named(bob, name)
      expect(listed).toMatchObject({id: minted.id, name, sha1: '', token_last_eight: minted.token_last_eight})
      expect(listed?.scopes).toEqual(['read:issue'])
    })

    test('has no keys but these, and no times yet', async () => {
      const minted = tokenOf(await post(server.who.bob, {name: fresh(), scopes: ['read:issue']}))
      const never = '0001-01-01T00:00:00Z'
      const times = server.dialect.tellsTimes ? {created_at: never, last_used_at: never} : {}
      expect(minted).toEqual({...minted, ...times})
      const repositories = server.dialect.confinesTokens ? {repositories: null} : {}
      expect(minted).toEqual({...minted, ...repositories})
      expect(Object.keys(minted)).toHaveLength(5 + Object.keys({...times, ...repositories}).length)
    })

    test('is a token that works at once', async () => {
      const minted = tokenOf(await post(server.who.bob, {name: fresh(), scopes: ['read:user']}))
      const reply = await server.api('GET', '/user', {token: minted.sha1})
      expect(reply.status).toBe(200)
      expect(reply.json).toMatchObject({login: server.who.bob, username: server.who.bob})
    })

    test('has a higher id each time, whoever asks', async () => {
      const {alice, bob} = server.who
      const first = tokenOf(await post(bob, {name: fresh(), scopes: ['all']}))
      const second = tokenOf(await post(alice, {name: fresh(), scopes: ['all']}))
      expect(second.id).toBeGreaterThan(first.id)
    })
  })

  describe('names', () => {
    test.each([
      ['with a space', 'a name'],
      ['of digits', '4711'],
      ['of one letter', 'x'],
      ['with slashes', 'a/b'],
      ['in another script', 'ключ'],
      ['with dots', 'patrol.agent.20260801.k3'],
      ['of 255 characters', 'n'.repeat(255)],
    ])('a name %s is taken as it is', async (_, name) => {
      const {dave} = server.who
      expect((await post(dave, {name, scopes: ['read:issue']})).status).toBe(201)
      expect(await named(dave, name)).toBeDefined()
    })

    test('a name is used once per user', async () => {
      const {alice, bob} = server.who
      const name = fresh()
      expect((await post(bob, {name, scopes: ['read:issue']})).status).toBe(201)
      const again = await post(bob, {name, scopes: ['read:user']})
      expect([again.status, again.json]).toEqual([400, refusal('access token name has been used already')])
      expect((await named(bob, name))?.scopes).toEqual(['read:issue'])
      expect((await post(alice, {name, scopes: ['read:issue']})).status).toBe(201)
    })

    test('names differ by case', async () => {
      const {bob} = server.who
      const name = fresh()
      expect((await post(bob, {name, scopes: ['read:issue']})).status).toBe(201)
      expect((await post(bob, {name: name.toUpperCase(), scopes: ['read:issue']})).status).toBe(201)
    })

    test.each([
      ['missing', {scopes: ['read:issue']}],
      ['empty', {name: '', scopes: ['read:issue']}],
      ['missing, and so are the scopes', {}],
    ])('a name that is %s is required', async (_, body) => {
      const reply = await post(server.who.bob, body)
      expect([reply.status, reply.json]).toEqual([422, refusal('[Name]: Required')])
    })
  })

  describe('the order of complaints', () => {
    test('the name comes before the scopes', async () => {
      const reply = await post(server.who.bob, {scopes: ['read:comment']})
      expect([reply.status, reply.json]).toEqual([422, refusal('[Name]: Required')])
    })

    test('a used name comes before a bad scope', async () => {
      const {bob} = server.who
      const name = fresh()
      await post(bob, {name, scopes: ['read:issue']})
      const reply = await post(bob, {name, scopes: ['read:comment']})
      expect([reply.status, reply.json]).toEqual([400, refusal('access token name has been used already')])
    })

    test.each([
      ['no content type', undefined, '[]: Empty Content-Type'],
      ['text', 'text/plain', '[]: Unsupported Content-Type'],
    ])('%s cannot be read', async (_, type, message) => {
      const {bob} = server.who
      const raw = JSON.stringify({name: fresh(), scopes: ['read:issue']})
      const reply = await server.api('POST', tokensAt(bob), {
        basic: [bob, PASSWORD],
        raw,
        ...(type === undefined ? {} : {headers: {'content-type': type}}),
      })
      expect([reply.status, reply.json]).toEqual([422, refusal(message)])
    })

    test.each([
      ['broken JSON', '{"name":'],
      ['scopes that are no list', '{"name":"scopes-as-text","scopes":"read:issue"}'],
      ['a name that is no text', '{"name":5,"scopes":["read:issue"]}'],
    ])('%s is told as it was not understood', async (_, raw) => {
      const {bob} = server.who
      const headers = {'content-type': 'application/json'}
      const reply = await server.api('POST', tokensAt(bob), {basic: [bob, PASSWORD], headers, raw})
      expect(reply.status).toBe(422)
      expect(messageOf(reply)).toMatch(/^\[\]: ./)
    })

    test('fields that nobody knows are ignored', async () => {
      const reply = await post(server.who.bob, {name: fresh(), scopes: ['read:issue'], expires_at: '2030-01-01', x: 1})
      expect(reply.status).toBe(201)
    })

    test('a name and scopes may come as a form', async () => {
      const {bob} = server.who
      const name = fresh()
      const reply = await server.api('POST', tokensAt(bob), {
        basic: [bob, PASSWORD],
        headers: {'content-type': 'application/x-www-form-urlencoded'},
        raw: `name=${name}&scopes=read:issue`,
      })
      expect(reply.status).toBe(201)
      expect((await named(bob, name))?.scopes).toEqual(['read:issue'])
    })
  })
})
