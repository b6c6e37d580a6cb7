import nock from 'nock'
import {describe, expect, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {redact, Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const BASE = 'https://gitea.example.org'
const SWAGGER = `${BASE}/api/swagger`
const ORDER = {login: 'agent-new', email: 'agent-new@noreply.invalid', visibility: undefined, restricted: undefined}
const OTP = {seed: new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')}
const gitea = (otp?: typeof OTP) => {
  const http = new Http({baseUrl: BASE, userAgent: 'patrol-test', timeoutMs: 400, retry: {attempts: 1, maxWaitMs: 0}})
  const admin = {kind: 'password', user: 'root', password: new Secret('not-a-real-password')} as const
  return new Gitea({http, admin: otp ? {...admin, otp} : admin})
}
const user = (login: string, more: object = {}) => ({id: 7, login, is_admin: false, active: true, ...more})
const notFound = {message: 'user redirect does not exist [name: x]', url: SWAGGER}

strictNock()

describe('looking for an account', () => {
  test('one that is there, in any case, with what its administrator may know', async () => {
    nock(BASE)
      .get('/api/v1/users/agent-new')
      .reply(200, user('Agent-New', {prohibit_login: true}))
    nock(BASE).get('/api/v1/orgs/agent-new').reply(404, notFound)
    expect(await gitea().account('agent-new')).toEqual({
      id: 7,
      login: 'Agent-New',
      isAdmin: false,
      active: true,
      prohibitLogin: true,
      organisation: false,
    })
  })

  test('none', async () => {
    nock(BASE).get('/api/v1/users/agent-new').reply(404, notFound)
    expect(await gitea().account('agent-new')).toBeUndefined()
  })

  test('a former name leads to somebody else, who is not taken for it', async () => {
    nock(BASE).get('/api/v1/users/agent-old').reply(307, '', {location: '/api/v1/users/agent-new'})
    nock(BASE).get('/api/v1/users/agent-new').reply(200, user('agent-new'))
    await expect(gitea().account('agent-old')).rejects.toMatchObject({
      code: 'GITEA_USER_RENAMED',
      message: 'The user agent-old is called agent-new now.',
    })
  })

  test('an organisation shares the names of users and is told apart', async () => {
    nock(BASE).get('/api/v1/users/acme').reply(200, user('acme'))
    nock(BASE).get('/api/v1/orgs/acme').reply(200, {id: 7, username: 'acme'})
    expect(await gitea().account('acme')).toMatchObject({organisation: true})
  })

  test.each([
    ['a person who is shown to all is known as one without a code', 200, [user('bob')], undefined, false],
    ['one who is hidden from strangers is asked for', 200, [], 404, false],
    ['strangers may be told nothing at all', 403, undefined, 404, false],
    ['an organisation is none of the persons found', 200, [], 200, true],
  ])('by an administrator with one-time codes: %s', async (_, status, data, org, organisation) => {
    nock(BASE).get('/api/v1/version').optionally().times(2).reply(200, {version: '1.22.6'})
    nock(BASE)
      .get('/api/v1/users/bob')
      .matchHeader('x-gitea-otp', /^\d{6}$/)
      .reply(200, user('bob'))
    nock(BASE, {badheaders: ['authorization', 'x-gitea-otp']})
      .get('/api/v1/users/search')
      .query({uid: 7})
      .reply(status, {data, ok: true})
    if (org !== undefined) {
      nock(BASE)
        .get('/api/v1/orgs/bob')
        .matchHeader('x-gitea-otp', /^\d{6}$/)
        .reply(org, org === 200 ? {id: 7, username: 'bob'} : notFound)
    }
    expect(await gitea(OTP).account('bob')).toMatchObject({organisation})
  })

  test.each([
    ['a site administrator sees that', 200, [], {active: false}],
    [
      'whoever is shown no flags of others is refused as well',
      403,
      {message: 'doer should be the site admin or be same as the contextUser', url: SWAGGER},
      {code: 'ADMIN_NOT_ADMIN'},
    ],
    ['nor is it taken for shut where that is not known', 502, {}, {category: 'unavailable'}],
  ])('one that is not activated: %s', async (_, status, body, told) => {
    nock(BASE)
      .get('/api/v1/users/bob')
      .reply(200, user('bob', {active: false}))
    nock(BASE).get('/api/v1/orgs/bob').reply(404, notFound)
    nock(BASE).get('/api/v1/users/bob/tokens').query(true).reply(status, body)
    expect(
      await gitea()
        .account('bob')
        .catch((error: unknown) => error),
    ).toMatchObject(told)
  })

  describe('by a token that may read no organisations', () => {
    const denied = {
      message: 'token does not have at least one of required scope(s): [read:organization]',
      url: SWAGGER,
    }
    const search = (data: unknown, status = 200) => {
      nock(BASE).get('/api/v1/users/acme').reply(200, user('acme'))
      nock(BASE).get('/api/v1/orgs/acme').reply(403, denied)
      nock(BASE).get('/api/v1/users/search').query({uid: 7}).reply(status, {data, ok: true})
    }

    test.each([
      [[user('acme')], false],
      [[], true],
    ])('the search, which finds persons only, tells: %j', async (found, organisation) => {
      search(found)
      expect(await gitea().account('acme')).toMatchObject({organisation})
    })

    test('what is no search result tells nothing, and nobody is minted for', async () => {
      search('none')
      await expect(gitea().account('acme')).rejects.toMatchObject({code: 'ADMIN_SCOPE', exit: 4})
    })
  })
})

describe('creating an account', () => {
  test('its password is long, need not be changed, and is known to nobody', async () => {
    let sent: Record<string, unknown> = {}
    nock(BASE)
      .post('/api/v1/admin/users', (body: Record<string, unknown>) => {
        sent = body
        return true
      })
      .reply(201, user('agent-new'))
    const made = await gitea().createAccount({...ORDER, visibility: 'limited', restricted: true})
    expect(made).toMatchObject({id: 7, login: 'agent-new'})
    const {password, ...rest} = sent
    expect(rest).toEqual({
      username: 'agent-new',
      email: 'agent-new@noreply.invalid',
      must_change_password: false,
      send_notify: false,
      visibility: 'limited',
      restricted: true,
    })
    expect(String(password)).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*\W).{40,}$/)
    expect(redact(`it was ${String(password)}`)).toBe('it was [secret]')
    expect(JSON.stringify(made)).not.toContain(String(password))
  })

  test('what is not said is left to the server', async () => {
    nock(BASE)
      .post('/api/v1/admin/users', (body: object) => !('visibility' in body) && !('restricted' in body))
      .reply(201, user('agent-new'))
    await expect(gitea().createAccount(ORDER)).resolves.toMatchObject({id: 7})
  })

  test.each([
    [422, 'user already exists [name: agent-new]', ['set another "user" for the agent in patrol.yaml']],
    [
      422,
      'e-mail already in use [email: agent-new@noreply.invalid]',
      ['the address would be agent-new@noreply.invalid: set onboarding.email-domain in patrol.yaml'],
    ],
    [422, 'name is reserved [name: admin]', ['set another "user" for the agent in patrol.yaml']],
    [400, 'PasswordComplexity', []],
  ])('%i "%s" creates nobody', async (status, message, advice) => {
    nock(BASE).post('/api/v1/admin/users').reply(status, {message, url: SWAGGER})
    const refusal = await gitea()
      .createAccount(ORDER)
      .catch((error: unknown) => error)
    expect(refusal).toMatchObject({code: 'USER_REFUSED', category: 'refused'})
    expect(refusal).toMatchObject({message: expect.stringContaining(message)})
    expect(refusal).toMatchObject({suggestions: advice})
  })

  test.each([
    [403, 'user should be the site admin', 'ADMIN_NOT_ADMIN'],
    [403, 'token does not have at least one of required scope(s): [write:admin]', 'ADMIN_SCOPE'],
    [401, 'invalid username, password or token', 'ADMIN_REJECTED'],
  ])('%i "%s" is about the administrator: %s', async (status, message, code) => {
    nock(BASE).post('/api/v1/admin/users').reply(status, {message, url: SWAGGER})
    await expect(gitea().createAccount(ORDER)).rejects.toMatchObject({code, category: 'auth'})
  })

  test('a token too narrow for it is told what to have', async () => {
    const message = 'token does not have at least one of required scope(s): [write:admin]'
    nock(BASE).post('/api/v1/admin/users').reply(403, {message, url: SWAGGER})
    await expect(gitea().createAccount(ORDER)).rejects.toMatchObject({
      suggestions: expect.arrayContaining(['give it write:admin']),
    })
  })

  test.each([
    ['a server error', () => nock(BASE).post('/api/v1/admin/users').reply(500, {message: '', url: SWAGGER})],
    ['a page', () => nock(BASE).post('/api/v1/admin/users').reply(502, '<html>', {'content-type': 'text/html'})],
    ['no answer', () => nock(BASE).post('/api/v1/admin/users').replyWithError({code: 'ECONNRESET'})],
  ])('%s leaves it in doubt', async (_, answer) => {
    answer()
    await expect(gitea().createAccount(ORDER)).rejects.toMatchObject({code: 'WRITE_IN_DOUBT', category: 'incomplete'})
  })
})
