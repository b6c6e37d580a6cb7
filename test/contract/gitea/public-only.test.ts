import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {targets, type Server} from './target.ts'

describe.each(targets)('public-only on $label', (target) => {
  const {hidesFromPublicOnly, publicOnlyEverywhere, since} = target.dialect
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const asked = async (method: string, path: string, ...scopes: string[]) =>
    server.api(method, path, {token: await server.token(server.who.alice, 'public-only', ...scopes)})

  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  test('grants nothing by itself', async () => {
    const reply = await asked('GET', '/user')
    expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:user'], ['public-only']))])
  })

  test.each([
    ['/version', []],
    ['/user', ['read:user']],
    ['/repos/{alice}/open', ['read:repository']],
    ['/repos/{alice}/open/issues', ['read:issue']],
    ['/repos/{alice}/open/pulls', ['read:repository']],
    ['/orgs/{club}', ['read:organization']],
    ['/users/{bob}', ['read:user']],
  ] as const)('still reads what is public: %s', async (path, scopes) => {
    expect((await asked('GET', named(path, server), ...scopes)).status).toBe(200)
  })

  test.runIf(publicOnlyEverywhere && !hidesFromPublicOnly).each([
    ['/repos/{alice}/secret', 'read:repository', 'repos'],
    ['/repos/{alice}/secret/branches', 'read:repository', 'repos'],
    ['/repos/{alice}/secret/pulls', 'read:repository', 'repos'],
    ['/repos/{alice}/secret/issues', 'read:issue', 'issues'],
    ['/repos/{alice}/secret/labels', 'read:issue', 'issues'],
  ])('does not read what is private: %s', async (path, scope, what) => {
    const reply = await asked('GET', named(path, server), scope)
    expect([reply.status, reply.json]).toEqual([403, refusal(`token scope is limited to public ${what}`)])
  })

  test.runIf(!publicOnlyEverywhere).each([
    ['/repos/{alice}/secret', 'read:repository'],
    ['/repos/{alice}/secret/issues', 'read:issue'],
  ])('is not enforced where no token is required, before 1.22.3: %s', async (path, scope) => {
    expect((await asked('GET', named(path, server), scope)).status).toBe(200)
  })

  test.runIf(!publicOnlyEverywhere)('is enforced where a token is required', async () => {
    const reply = await asked('GET', named('/repos/{alice}/secret/hooks', server), 'read:repository')
    expect([reply.status, reply.json]).toEqual([403, refusal('token scope is limited to public repos')])
  })

  test.runIf(publicOnlyEverywhere && !since(26))('hides a private user', async () => {
    const reply = await server.api('GET', `/users/${server.who.carol}`, {
      token: await server.token(server.who.chief, 'public-only', 'read:user'),
    })
    expect([reply.status, reply.json]).toEqual([403, refusal('token scope is limited to public users')])
  })

  test('is not applied to the list of organisations', async () => {
    expect((await asked('GET', '/orgs')).status).toBe(200)
  })

  test.runIf(hidesFromPublicOnly)(
    'answers as if private repositories were not there, from 1.26 and Forgejo 15 on',
    async () => {
      const reply = await asked('GET', named('/repos/{alice}/secret', server), 'read:repository')
      expect(reply.status).toBe(404)
    },
  )

  test.runIf(target.dialect.confinesTokens)('makes no administrator of an administrator, on Forgejo 15', async () => {
    const token = await server.token(server.who.chief, 'public-only', 'read:admin')
    const reply = await server.api('GET', '/admin/cron', {token})
    expect([reply.status, reply.json]).toEqual([403, refusal('user should be the site admin')])
  })

  test.runIf(since(26))('is refused at once where everything is private, from 1.26 on', async () => {
    const reply = await asked('GET', '/notifications/new', 'read:notification')
    expect([reply.status, reply.json]).toEqual([403, refusal('this endpoint is not available for public-only tokens')])
  })

  test('a token without it reads what is private', async () => {
    const token = await server.token(server.who.alice, 'read:repository')
    expect((await server.api('GET', named('/repos/{alice}/secret', server), {token})).status).toBe(200)
  })
})

function named(path: string, {who}: Server): string {
  return path.replace('{alice}', who.alice).replace('{bob}', who.bob).replace('{club}', who.club)
}
