import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {z} from 'zod'
import {inParallel, messageOf, type Asking} from './ask.ts'
import {NOBODY, PASSWORD} from './fixture.ts'
import {targets, type Server} from './target.ts'

const DEAD = 'd'.repeat(40)
/** A made-up token as an OpenID Connect issuer gives them, valid for decades; nobody has signed it. */
const jwt = (iss: string) => {
  const parts = [
    {alg: 'RS256', kid: 'made-up'},
    {iss, sub: 'made-up', aud: 'made-up', exp: 4_102_444_800},
  ]
  return [...parts.map((part) => JSON.stringify(part)), 'not signed'].map(base64url).join('.')
}
const base64url = (text: string) => Buffer.from(text).toString('base64url')

describe.each(targets)('credentials on $label', (target) => {
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})

  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  describe('a token that nobody owns', () => {
    test.each([
      ['of the right form', DEAD],
      ['too short', 'd'.repeat(39)],
      ['too long', 'd'.repeat(41)],
      ['in upper case', 'D'.repeat(40)],
      ['of other letters', 'z'.repeat(40)],
      ['of two letters', 'no'],
      // After 15.0.3 Forgejo lets in the tokens of issuers that a user has named; here there is nobody to name one.
      ['of an issuer that signs its own', jwt('https://issuer.invalid')],
      ['with a dot in it', 'd.d'],
    ])('%s is rejected with the same words', async (_, token) => {
      const reply = await server.api('GET', '/version', {token})
      expect([reply.status, reply.json]).toEqual([401, refusal(server.dialect.deadToken(token))])
    })

    test.each([
      '/version',
      '/settings/api',
      '/orgs',
      '/user',
      `/repos/${NOBODY}/x`,
      '/topics/search?q=x',
      '/no/such/route',
    ])('is rejected on GET %s', async (path) => {
      const reply = await server.api('GET', path, {token: DEAD})
      expect([reply.status, reply.json]).toEqual(
        path === '/no/such/route' && server.dialect.routesFirst
          ? [404, undefined]
          : [401, refusal(server.dialect.deadToken(DEAD))],
      )
    })

    test.each<[string, Asking]>([
      ['as Bearer', {bearer: DEAD}],
      ['as bearer', {authorization: `bearer ${DEAD}`}],
      ['as BEARER', {authorization: `BEARER ${DEAD}`}],
    ])('is rejected %s', async (_, asking) => {
      const reply = await server.api('GET', '/version', asking)
      expect([reply.status, reply.json]).toEqual([401, refusal(server.dialect.deadToken(DEAD))])
    })

    test.each(['token', 'access_token'])('is rejected as the parameter %s', async (name) => {
      const reply = await server.api('GET', `/version?${name}=${DEAD}`)
      expect([reply.status, reply.json]).toEqual([401, refusal(server.dialect.deadToken(DEAD))])
    })

    // Every way to sign in is tried, and one that fails ends nothing (services/auth/group.go).
    test('is passed over where a password beside it is right', async () => {
      const {bob} = server.who
      const right = await server.api('GET', `/user?token=${DEAD}`, {basic: [bob, PASSWORD]})
      expect([right.status, right.json]).toEqual([200, expect.objectContaining({login: bob})])
      const wrong = await server.api('GET', `/user?token=${DEAD}`, {basic: [bob, 'not-the-password']})
      expect(wrong.status).toBe(401)
    })

    test('is an unknown user as the password of Basic', async () => {
      const reply = await server.api('GET', '/version', {basic: [NOBODY, DEAD]})
      expect([reply.status, reply.json]).toEqual([401, refusal(server.dialect.unknownUser(NOBODY))])
    })
  })

  describe('headers that are no credential', () => {
    test.each([
      ['a scheme alone', 'token'],
      ['two words after the scheme', `token ${DEAD} more`],
      ['a scheme that nobody knows', `Digest ${DEAD}`],
      ['a token without scheme', DEAD],
    ])('%s is nobody', async (_, authorization) => {
      expect((await server.api('GET', '/version', {authorization})).status).toBe(200)
      const reply = await server.api('GET', '/user', {authorization})
      expect([reply.status, reply.json]).toEqual([401, refusal('token is required')])
    })

    test.each(['Token', 'TOKEN'])('the scheme %s is nobody before 1.25 and Forgejo 15', async (scheme) => {
      const authorization = `${scheme} ${await server.token(server.who.bob, 'read:user')}`
      expect((await server.api('GET', '/user', {authorization})).status).toBe(server.dialect.anyCaseToken ? 200 : 401)
    })

    test.each(['token', 'bearer', 'Bearer', 'BEARER'])('the scheme %s is heard', async (scheme) => {
      const authorization = `${scheme} ${await server.token(server.who.bob, 'read:user')}`
      expect((await server.api('GET', '/user', {authorization})).status).toBe(200)
    })

    test('nobody gets public things without any scope', async () => {
      const {alice} = server.who
      const replies = await Promise.all(
        [`/repos/${alice}/open`, `/repos/${alice}/open/issues`, '/orgs', `/users/${alice}`].map((path) =>
          server.api('GET', path),
        ),
      )
      expect(replies.map(({status}) => status)).toEqual([200, 200, 200, 200])
    })

    test.each(['/user', '/user/emails', '/user/repos', '/admin/users'])('GET %s wants somebody', async (path) => {
      const reply = await server.api('GET', path)
      expect([reply.status, reply.json]).toEqual([401, refusal('token is required')])
    })

    test.each(['/notifications', '/notifications/new'])(
      'GET %s wants somebody, and in 1.20 breaks without',
      async (path) => {
        const {status, headers, json} = await server.api('GET', path)
        expect([status, headers['content-type'], json]).toEqual(
          server.dialect.since(21)
            ? [401, 'application/json;charset=utf-8', refusal('token is required')]
            : [500, 'text/html; charset=utf-8', undefined],
        )
      },
    )
  })

  describe('passwords', () => {
    test('a wrong one is rejected', async () => {
      const {bob} = server.who
      const reply = await server.api('GET', '/version', {basic: [bob, 'not-the-password']})
      expect(reply.status).toBe(401)
      expect(messageOf(reply)).toMatch(
        server.dialect.since(25, 2)
          ? /^invalid username, password or token$/
          : new RegExp(`^user's password is invalid \\[uid: \\d+, name: ${bob}(, keyid: 0)?\\]$`),
      )
    })

    test('an unknown user is rejected', async () => {
      const reply = await server.api('GET', '/version', {basic: [`${server.who.bob}-x`, PASSWORD]})
      expect([reply.status, reply.json]).toEqual([401, refusal(server.dialect.unknownUser(`${server.who.bob}-x`))])
    })

    test('the name may be written in any case', async () => {
      const reply = await server.api('GET', '/user', {basic: [server.who.bob.toUpperCase(), PASSWORD]})
      expect(reply.status).toBe(200)
    })

    test.each([
      ['as it is', (email: string) => email],
      ['in any case', (email: string) => email.toUpperCase()],
    ])('the address serves as the name, %s', async (_, spelt) => {
      const {bob} = server.who
      const {email} = z
        .object({email: z.string()})
        .parse((await server.api('GET', '/user', {basic: [bob, PASSWORD]})).json)
      const reply = await server.api('GET', '/user', {basic: [spelt(email), PASSWORD]})
      expect([reply.status, reply.json]).toMatchObject([200, {login: bob}])
      expect((await server.api('GET', '/user', {basic: [`x${email}`, PASSWORD]})).status).toBe(401)
    })
  })

  describe('a token as a parameter', () => {
    test.each(['token', 'access_token'])('is heard as %s', async (name) => {
      const value = await server.token(server.who.bob, 'read:user')
      const reply = await server.api('GET', `/user?${name}=${value}`)
      expect(reply.status).toBe(200)
      expect(reply.json).toMatchObject({login: server.who.bob})
      const [header = 'x-gitea-warning', text] = server.dialect.queryWarning ?? []
      expect(reply.headers[header]).toBe(text)
    })

    test('is gated like any other', async () => {
      const value = await server.token(server.who.bob, 'read:issue')
      const reply = await server.api('GET', `/user?token=${value}`)
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:user'], ['read:issue']))])
    })

    test('wins over the header', async () => {
      const {alice, bob} = server.who
      const [ofAlice, ofBob] = [await server.token(alice, 'read:user'), await server.token(bob, 'read:user')]
      const reply = await server.api('GET', `/user?token=${ofBob}`, {token: ofAlice})
      expect(reply.json).toMatchObject({login: bob})
    })
  })

  describe('accounts that may not do anything', () => {
    const barred = 'This account is prohibited from signing in, please contact your site administrator.'
    test.each([
      ['inactive', (): string => barred],
      ['prohibited', (): string => barred],
      ['mustChange', (): string => `You must change your password. Change it at: ${server.root}//user/change_password`],
    ] as const)('%s: a token that is alive is told so on every route', async (state, message) => {
      const login = server.who[state]
      const token = server.seeded(login, 'everything')
      const paths = ['/version', '/user', `/repos/${NOBODY}/x`, '/orgs', '/settings/api']
      const replies = await inParallel(paths, (path) => server.api('GET', path, {token}))
      const told = {status: 403, json: {message: message()}}
      expect(replies.map(({status, json}) => ({status, json}))).toEqual(paths.map(() => told))
    })

    test.each(['inactive', 'mustChange'] as const)('%s: so is the password', async (state) => {
      const reply = await server.api('GET', '/version', {basic: [server.who[state], PASSWORD]})
      expect(reply.status).toBe(403)
    })

    test('prohibited: the password is rejected', async () => {
      const {prohibited: login} = server.who
      const reply = await server.api('GET', '/version', {basic: [login, PASSWORD]})
      expect(reply.status).toBe(401)
      expect(messageOf(reply)).toMatch(
        server.dialect.since(25, 2)
          ? /^invalid username, password or token$/
          : new RegExp(`^user is not allowed login \\[uid: \\d+, name: ${login}(, keyid: 0)?\\]$`),
      )
    })
  })

  describe('the current token', () => {
    test.runIf(target.dialect.since(27))('tells its exact scopes to itself, whatever they are', async () => {
      const {bob} = server.who
      const token = await server.token(bob, 'read:misc')
      const reply = await server.api('GET', '/token', {token})
      expect(reply.status).toBe(200)
      expect(reply.json).toMatchObject({scopes: ['read:misc'], user: {login: bob}})
    })

    test.runIf(target.dialect.since(27))('deletes itself', async () => {
      const token = await server.token(server.who.bob, 'read:misc', 'read:activitypub')
      expect((await server.api('DELETE', '/token', {token})).status).toBe(204)
      expect((await server.api('GET', '/version', {token})).status).toBe(401)
    })

    test.runIf(target.dialect.since(27))('wants a token', async () => {
      const reply = await server.api('GET', '/token')
      expect([reply.status, reply.json]).toEqual([401, refusal('token is required')])
    })

    test.runIf(target.dialect.since(27))('is nothing that a password has', async () => {
      const reply = await server.api('GET', '/token', {basic: [server.who.bob, PASSWORD]})
      expect(reply.status).toBe(404)
    })

    test.runIf(!target.dialect.since(27)).each(['GET', 'DELETE'])('has no route for %s', async (method) => {
      const reply = await server.api(method, '/token', {token: await server.token(server.who.bob, 'all')})
      expect([reply.status, reply.text]).toEqual([404, '404 page not found\n'])
    })
  })

  describe.runIf(target.dialect.isForgejo)("Forgejo's own version", () => {
    test('is told as to Gitea, to everybody but a token that is none', async () => {
      const own = await server.web('GET', '/api/forgejo/v1/version')
      expect(own.json).toEqual((await server.api('GET', '/version')).json)
      expect(own.json).toEqual({version: expect.stringMatching(/^\d+\.0\.\d+\+gitea-1\.22\.0$/)})
      const rejected = await server.web('GET', '/api/forgejo/v1/version', {token: DEAD})
      expect([rejected.status, messageOf(rejected)]).toEqual([401, server.dialect.deadToken(DEAD)])
    })
  })

  describe('what is no route', () => {
    test('is a 404 of plain text', async () => {
      const reply = await server.api('GET', '/no/such/route')
      expect([reply.status, reply.text]).toEqual([404, '404 page not found\n'])
      expect(reply.headers['content-type']).toMatch(/^text\/plain/)
    })

    // Only Forgejo after 15.0.3 has it: elsewhere nobody, not even an administrator, is shown another's tokens there.
    test.each(['GET', 'POST'])('%s /admin/users/{username}/tokens is one', async (method) => {
      const {alice, chief} = server.who
      const reply = await server.api(method, `/admin/users/${alice}/tokens`, {basic: [chief, PASSWORD]})
      expect([reply.status, reply.text]).toEqual([404, '404 page not found\n'])
    })

    test.each([
      ['PUT', '/version'],
      ['POST', '/user'],
      ['DELETE', '/notifications/new'],
    ])('%s %s is a 405 without body', async (method, path) => {
      const reply = await server.api(method, path, {token: await server.token(server.who.bob, 'all')})
      expect([reply.status, reply.text]).toEqual([405, ''])
      expect('allow' in reply.headers).toBe(server.dialect.since(21))
    })

    test('HEAD is no GET before 1.27', async () => {
      const reply = await server.api('HEAD', '/version')
      expect(reply.status).toBe(server.dialect.since(27) ? 200 : 405)
    })

    test.each(['/api/v1//version', '/api/v1/version/', '//api//v1/version'])('%s is mended', async (path) => {
      expect((await server.web('GET', path)).status).toBe(200)
    })

    test('outside the API it is a page, for those who take pages', async () => {
      const reply = await server.web('GET', '/api/other', {headers: {accept: 'text/html'}})
      expect(reply.status).toBe(404)
      expect(reply.headers['content-type']).toMatch(/^text\/html/)
    })

    test.each(['application/json', '*/*'])('outside the API it is plain text for those who take %s', async (accept) => {
      const reply = await server.web('GET', '/api/other', {headers: {accept}})
      expect([reply.status, reply.text]).toEqual([404, 'Not found.\n'])
      expect(reply.headers['content-type']).toMatch(/^text\/plain/)
    })

    test('every answer forbids caching and sniffing', async () => {
      const reply = await server.api('GET', '/version')
      expect(reply.headers['cache-control']).toBe(server.dialect.cacheControl)
      expect(reply.headers['x-content-type-options']).toBe('nosniff')
      expect(reply.headers['x-frame-options']).toBe(server.dialect.forbidsFrames ? 'SAMEORIGIN' : undefined)
      expect(reply.headers['content-type']).toBe('application/json;charset=utf-8')
    })
  })
})
