import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf, type Asking} from './ask.ts'
import {NOBODY, PASSWORD} from './fixture.ts'
import {tokenOf, tokensOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

const NOT_YOURS = 'doer should be the site admin or be same as the contextUser'

describe.each(targets)('who may mint on $label', (target) => {
  const {hiddenUser, tokensByToken, mintsOnlySubset, tokensOfPathUser, wantsBasic} = target.dialect
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

  describe('who may mint', () => {
    test.each(['token', 'bearer'] as const)('a PAT in the header (%s) never mints', async (scheme) => {
      const {bob} = server.who
      const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {[scheme]: await server.token(bob, 'all')})
      expect([reply.status, reply.json]).toEqual([401, refusal(wantsBasic)])
    })

    test.runIf(!tokensByToken)(
      "a PAT as Basic never mints where a password has to, an administrator's as well",
      async () => {
        const {bob, chief} = server.who
        const [own, admins] = [await server.token(bob, 'all'), await server.token(chief, 'all')]
        const name = fresh()
        const ways = [
          ['whoever', own],
          [own, ''],
          [own, 'x-oauth-basic'],
          [chief, admins],
        ] as const
        for (const basic of ways) {
          const reply = await post(bob, {name, scopes: ['read:issue']}, {basic})
          expect([reply.status, reply.json]).toEqual([401, refusal('auth method not allowed')])
        }
        expect(await named(bob, name)).toBeUndefined()
      },
    )

    test('a PAT in the header without write:user meets the gate first', async () => {
      const {bob} = server.who
      const token = await server.token(bob, 'read:user')
      const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {token})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['write:user'], ['read:user']))])
    })

    test('nobody in particular is refused', async () => {
      const reply = await post(server.who.bob, {name: fresh(), scopes: ['read:issue']}, {})
      expect([reply.status, reply.json]).toEqual(
        tokensOfPathUser ? [403, refusal(NOT_YOURS)] : [401, refusal('auth required')],
      )
    })

    test.runIf(tokensByToken)('a PAT as the password of Basic mints what it holds', async () => {
      const {bob} = server.who
      const pat = await server.token(bob, 'write:user', 'read:issue')
      const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {basic: ['whoever', pat]})
      expect(reply.status).toBe(201)
    })

    test.runIf(tokensByToken).each([
      ['an empty password', ''],
      ['x-oauth-basic as the password', 'x-oauth-basic'],
    ])('a PAT as the name of Basic mints with %s', async (_, password) => {
      const {bob} = server.who
      const pat = await server.token(bob, 'write:user', 'read:issue')
      const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {basic: [pat, password]})
      expect(reply.status).toBe(201)
    })

    test('a PAT as the password of Basic needs write:user', async () => {
      const {bob} = server.who
      const pat = await server.token(bob, 'read:user')
      const reply = await post(bob, {name: fresh(), scopes: ['read:user']}, {basic: [bob, pat]})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['write:user'], ['read:user']))])
    })

    test.runIf(mintsOnlySubset)('a PAT does not mint more than it holds', async () => {
      const {bob} = server.who
      const pat = await server.token(bob, 'write:user')
      const name = fresh()
      const reply = await post(bob, {name, scopes: ['all']}, {basic: [bob, pat]})
      const message = 'cannot create an access token with a broader scope than the authenticating token'
      expect([reply.status, reply.json]).toEqual([403, refusal(message)])
      expect(await named(bob, name)).toBeUndefined()
    })

    test.runIf(!mintsOnlySubset && tokensByToken)('a PAT mints more than it holds', async () => {
      const {bob} = server.who
      const pat = await server.token(bob, 'write:user')
      const name = fresh()
      expect((await post(bob, {name, scopes: ['all']}, {basic: [bob, pat]})).status).toBe(201)
      expect((await named(bob, name))?.scopes).toEqual(['all'])
    })

    test('an admin with a password mints for the user in the path, on 1.20 for themselves', async () => {
      const {bob, chief} = server.who
      const name = fresh()
      const reply = await post(bob, {name, scopes: ['read:issue']}, {basic: [chief, PASSWORD]})
      expect(reply.status).toBe(201)
      const owner = tokensOfPathUser ? bob : chief
      expect(await named(owner, name)).toBeDefined()
      expect(await named(owner === bob ? chief : bob, name)).toBeUndefined()
    })

    test.runIf(tokensByToken)(
      'an admin with a PAT that has write:user mints for others, write:admin is not wanted',
      async () => {
        const {bob, chief} = server.who
        const pat = await server.token(chief, 'write:user', 'read:issue')
        const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {basic: [chief, pat]})
        expect(reply.status).toBe(201)
      },
    )

    test('an admin with a PAT that has write:admin only meets the gate', async () => {
      const {bob, chief} = server.who
      const pat = await server.token(chief, 'write:admin')
      const reply = await post(bob, {name: fresh(), scopes: ['read:issue']}, {basic: [chief, pat]})
      expect([reply.status, reply.json]).toEqual([
        403,
        refusal(server.dialect.scopeGap(['write:user'], ['write:admin'])),
      ])
    })

    test('an ordinary user does not mint for another', async () => {
      const {alice, bob} = server.who
      const name = fresh()
      const reply = await post(alice, {name, scopes: ['read:issue']}, {basic: [bob, PASSWORD]})
      expect([reply.status, messageOf(reply)]).toEqual(tokensOfPathUser ? [403, NOT_YOURS] : [201, ''])
      expect(await named(alice, name)).toBeUndefined()
    })

    test('a private user is hidden from others', async () => {
      const {bob, carol} = server.who
      const name = fresh()
      const reply = await post(carol, {name, scopes: ['read:issue']}, {basic: [bob, PASSWORD]})
      expect([reply.status, messageOf(reply)]).toEqual(tokensOfPathUser ? [404, hiddenUser] : [201, ''])
      expect(await named(carol, name)).toBeUndefined()
    })

    test('a user who does not exist is not found', async () => {
      const reply = await post(NOBODY, {name: fresh(), scopes: ['read:issue']}, {basic: [server.who.chief, PASSWORD]})
      expect([reply.status, reply.json]).toEqual([404, refusal(`user redirect does not exist [name: ${NOBODY}]`)])
    })

    test('the name in the path may be written in any case', async () => {
      const {bob} = server.who
      const name = fresh()
      const reply = await server.api('POST', tokensAt(bob.toUpperCase()), {
        basic: [bob, PASSWORD],
        json: {name, scopes: ['read:issue']},
      })
      expect(reply.status).toBe(201)
      expect(await named(bob, name)).toBeDefined()
    })

    test('a renamed user is a redirect that mints nothing', async () => {
      const {chief, dave, formerDave} = server.who
      const name = fresh()
      const reply = await post(formerDave, {name, scopes: ['read:issue']}, {basic: [chief, PASSWORD]})
      expect(reply.status).toBe(307)
      expect(reply.headers['location']).toBe(`/api/v1/users/${dave}/tokens`)
      expect(await named(dave, name)).toBeUndefined()
    })

    test('an admin mints for an inactive user, though the token is of no use', async () => {
      const {chief, inactive} = server.who
      const sudo = tokensOfPathUser ? {} : {headers: {sudo: inactive}}
      const json = {name: fresh(), scopes: ['all']}
      const reply = await post(inactive, json, {basic: [chief, PASSWORD], ...sudo})
      expect(reply.status).toBe(201)
      expect((await server.api('GET', '/version', {token: tokenOf(reply).sha1})).status).toBe(403)
    })
  })

  describe('sudo', () => {
    test.each([
      ['a header', (name: string) => ({query: '', headers: {sudo: name}})],
      ['a parameter', (name: string) => ({query: `?sudo=${name}`, headers: {}})],
    ])('an admin mints as a user with %s, in every version', async (_, how) => {
      const {bob, chief} = server.who
      const name = fresh()
      const {query, headers} = how(bob)
      const json = {name, scopes: ['read:issue']}
      const reply = await server.api('POST', tokensAt(bob) + query, {basic: [chief, PASSWORD], headers, json})
      expect(reply.status).toBe(201)
      expect(await named(bob, name)).toBeDefined()
      expect(await named(chief, name)).toBeUndefined()
    })

    test('is for admins only', async () => {
      const {alice, bob} = server.who
      const json = {name: fresh(), scopes: ['read:issue']}
      const reply = await post(alice, json, {basic: [bob, PASSWORD], headers: {sudo: alice}})
      expect([reply.status, reply.json]).toEqual([403, {message: 'Only administrators allowed to sudo.'}])
    })

    test('needs no scope of its own, and the scope of the real token counts', async () => {
      const {bob, chief} = server.who
      const token = await server.token(chief, 'read:user')
      const seen = await server.api('GET', '/user', {token, headers: {sudo: bob}})
      expect(seen.status).toBe(200)
      expect(seen.json).toMatchObject({login: bob})
      const reply = await server.api('GET', `/repos/${bob}/x/issues`, {token, headers: {sudo: bob}})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:issue'], ['read:user']))])
    })

    test('as nobody is not found', async () => {
      const token = await server.token(server.who.chief, 'read:user')
      const reply = await server.api('GET', '/user', {token, headers: {sudo: NOBODY}})
      expect(reply.status).toBe(404)
    })
  })
})
