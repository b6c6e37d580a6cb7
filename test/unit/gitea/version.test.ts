import nock from 'nock'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea, type GiteaOptions} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const HOST = 'https://git.example.org'
const ADMIN = {kind: 'password', user: 'root', password: new Secret('not-a-real-password')} as const
const BASIC = {authorization: `Basic ${Buffer.from('root:not-a-real-password').toString('base64')}`}
const SHUT = {message: 'Only signed in user is allowed to call APIs.'}
const VERSION = '/api/v1/version'
const OWN = '/api/forgejo/v1/version'
const USER = '/api/v1/user'

strictNock()

function client(options: Partial<GiteaOptions> = {}): Gitea {
  const http = new Http({baseUrl: HOST, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  onTestFinished(() => http.close())
  return new Gitea({http, ...options})
}

describe('which forge it is', () => {
  test.each([
    ['1.22.6', 'Gitea 1.22.6'],
    ['1.27.0+rc1', 'Gitea 1.27.0+rc1'],
    ['11.0.15+gitea-1.22.0', 'Forgejo 11.0.15'],
  ])('is told by the version alone where that is one: %s', async (version, named) => {
    nock(HOST).get(VERSION).reply(200, {version})
    expect((await client().forge()).named).toBe(named)
  })

  test.each([
    // forgejo 7.0.16, 11.0.15: the body is JSON and is called plain text; 15.0.3 says so.
    ['a fork that names itself', '9.1-acme', 'text/plain; charset=utf-8'],
    ['one that says nothing', '', 'application/json; charset=utf-8'],
  ])("is told by Forgejo's own API of %s", async (_, version, type) => {
    nock(HOST).get(VERSION).reply(200, {version})
    nock(HOST)
      .get(OWN)
      .reply(200, JSON.stringify({version: '15.0.3+gitea-1.22.0'}), {'content-type': type})
    const gitea = client()
    expect([await gitea.version(), (await gitea.forge()).named]).toEqual(['15.0.3+gitea-1.22.0', 'Forgejo 15.0.3'])
  })

  test.each<[string, number, string, string]>([
    ['404 text', 404, '404 page not found', 'text/plain'],
    ['a page', 200, '<!DOCTYPE html>', 'text/html'],
    ['text', 200, 'hello', 'text/plain'],
    ['JSON without a version', 200, '{"server":"acme"}', 'application/json'],
    ['another word of the same kind', 200, '{"version":"acme"}', 'application/json'],
  ])('is not guessed at where there is %s', async (_, status, body, type) => {
    nock(HOST).get(VERSION).reply(200, {version: '2.0.0'})
    nock(HOST).get(OWN).reply(status, body, {'content-type': type})
    const gitea = client()
    expect([await gitea.version(), (await gitea.forge()).named]).toEqual([
      '2.0.0',
      'a server that calls itself "2.0.0"',
    ])
  })
})

describe('a version that is kept from strangers', () => {
  const shut = () => nock(HOST).get(VERSION).reply(403, SHUT)

  test('is asked for as the administrator', async () => {
    shut()
    nock(HOST, {reqheaders: BASIC}).get(VERSION).reply(200, {version: '11.0.15+gitea-1.22.0'})
    expect((await client({admin: ADMIN}).forge()).named).toBe('Forgejo 11.0.15')
  })

  test('is not worth a one-time code', async () => {
    shut()
    nock(HOST).get(OWN).reply(403, SHUT)
    const admin = {...ADMIN, otp: {ask: async () => new Secret('000000')}}
    expect(await client({admin}).version()).toBeUndefined()
  })

  test('stays unknown without a credential, or with one that is turned down', async () => {
    shut()
    nock(HOST).get(OWN).reply(403, SHUT)
    expect((await client().forge()).named).toBe('a server that does not tell its version')
    shut()
    nock(HOST, {reqheaders: BASIC})
      .get(VERSION)
      .reply(401, {message: 'no', url: `${HOST}/api/swagger`})
    nock(HOST).get(OWN).reply(403, SHUT)
    expect(await client({admin: ADMIN}).version()).toBeUndefined()
  })
})

test('a version that is no text is none', async () => {
  nock(HOST).get(VERSION).reply(200, {version: null})
  nock(HOST).get(OWN).reply(404)
  expect(await client().version()).toBeUndefined()
})

const HIDING: [string, number, string, Record<string, string>][] = [
  ['a 404', 404, '404 page not found', {'content-type': 'text/plain'}],
  ["a gateway's 401", 401, '{"error":"sign in"}', {'content-type': 'application/json'}],
  ['a redirect', 302, '', {location: 'https://login.example.org/'}],
  ['a page', 200, '<!DOCTYPE html>', {'content-type': 'text/html'}],
  ['JSON without a version', 200, '{"server":"acme"}', {'content-type': 'application/json'}],
]

describe.each(HIDING)('a version that hides behind %s', (_, status, body, headers) => {
  const hide = () => nock(HOST).get(VERSION).reply(status, body, headers)

  test("is told by Forgejo's own API", async () => {
    hide()
    nock(HOST).get(OWN).reply(200, {version: '15.0.3+gitea-1.22.0'})
    const gitea = client()
    expect([(await gitea.introduced()).named, await gitea.confines()]).toEqual(['Forgejo 15.0.3', true])
  })

  test('is unknown where nothing else tells it, and each answer shows the rest', async () => {
    hide()
    nock(HOST).get(OWN).reply(status, body, headers)
    const gitea = client()
    expect((await gitea.forge()).named).toBe('a server that does not tell its version')
    expect(await gitea.confines()).toBeUndefined()
  })

  test('may be that of no forge at all, which whoever checks the address is told', async () => {
    hide()
    nock(HOST).get(OWN).reply(status, body, headers)
    nock(HOST).get(USER).reply(status, body, headers)
    await expect(client().introduced()).rejects.toMatchObject({code: 'GITEA_UNUSABLE'})
  })

  test('is no sign of a wrong address where the API itself turns strangers away', async () => {
    hide()
    nock(HOST).get(OWN).reply(status, body, headers)
    nock(HOST)
      .get(USER)
      .reply(401, {message: 'token is required', url: `${HOST}/api/swagger`})
    expect((await client().introduced()).named).toBe('a server that does not tell its version')
  })
})

test.each([500, 429])('a version behind a %i is not hidden: the server is in trouble', async (status) => {
  nock(HOST).get(VERSION).reply(status, {message: ''})
  await expect(client().forge()).rejects.toMatchObject({code: 'GITEA_UNUSABLE'})
})
