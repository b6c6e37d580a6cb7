import nock from 'nock'
import {describe, expect, onTestFinished, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {Gitea, type GiteaOptions} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {removeToken, type GateDeps} from '../../../src/rotation/gate.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const HOST = 'https://git.example.org'
const API = `${HOST}/api/v1`
const URL = `${HOST}/api/swagger`
const SHA1 = `${'a'.repeat(32)}00000001`
const ADMIN = {kind: 'password', user: 'root', password: new Secret('not-a-real-password')} as const
const LIST = '/users/bob/tokens?page=1&limit=50'

strictNock()

function client(options: Partial<GiteaOptions> = {}): Gitea {
  const http = new Http({baseUrl: HOST, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  onTestFinished(() => http.close())
  return new Gitea({http, admin: ADMIN, ...options})
}

const version = (text = '1.22.6') => nock(API).get('/version').reply(200, {version: text})
/** Who asks without an administrator, or as one with one-time codes, is told nothing anywhere. */
const hidden = () => {
  const shut = {message: 'Only signed in user is allowed to call APIs.'}
  nock(API).get('/version').times(2).reply(403, shut)
  nock(HOST).get('/api/forgejo/v1/version').reply(403, shut)
}
const error = (message: string) => ({message, url: URL})
const row = (more: object = {}) => ({
  id: 7,
  name: 'patrol.x',
  sha1: '',
  token_last_eight: '00000001',
  scopes: ['read:issue'],
  ...more,
})
/** How Gitea says that there are no rows. */
const NONE = {'x-total-count': '0'}
const minted = {id: 7, name: 'patrol.x', sha1: SHA1, token_last_eight: '00000001', scopes: null}
const refusal = async (run: Promise<unknown>): Promise<OpsError> => {
  const reason: unknown = await run.then(
    () => undefined,
    (why: unknown) => why,
  )
  if (reason instanceof OpsError) return reason
  throw new Error('no OpsError', {cause: reason})
}

describe('minting', () => {
  const mint = (gitea: Gitea, scopes: Scope[] = ['read:issue'], name = 'patrol.x') => gitea.mint('bob', name, scopes)

  test('sends normalised scopes as Basic, believes only the list, and hands the value over', async () => {
    version()
    nock(API, {
      reqheaders: {
        authorization: `Basic ${Buffer.from('root:not-a-real-password').toString('base64')}`,
        'accept-language': 'en-US',
      },
    })
      .post('/users/bob/tokens', {name: 'patrol.x', scopes: ['write:issue', 'read:user']})
      .reply(201, {...minted, scopes: ['all']})
      .get(LIST)
      .reply(
        200,
        [
          row({id: 6, scopes: ['all']}),
          row({scopes: ['read:user', 'write:issue'], last_used_at: '2026-11-22T03:00:00Z'}),
        ],
        {'x-total-count': '2'},
      )
    const fresh = await mint(client(), ['read:user', 'read:issue', 'write:issue'])
    if (!('row' in fresh)) throw fresh.trouble
    expect(fresh.value.reveal()).toBe(SHA1)
    expect(fresh.row).toEqual({
      id: 7,
      name: 'patrol.x',
      scopes: ['write:issue', 'read:user'],
      lastEight: '00000001',
      lastUsedAt: '2026-11-22T03:00:00Z',
    })
  })

  test.each<[string, object[]]>([
    ['has other scopes than asked for', [row({scopes: ['read:user']})]],
    ['has a scope too many', [row({scopes: ['read:issue', 'read:user']})]],
    ['has a scope that is not in the vocabulary', [row({scopes: ['read:issue', 'read:project']})]],
    ['was stored without scopes', [row({scopes: null})]],
    ['was stored without scopes (1.20 to 1.23)', [row({scopes: ['']})]],
    ['has another name', [row({name: 'other'})]],
    ['has another last eight', [row({token_last_eight: '99999999'})]],
    ['is not in the list', [row({id: 8})]],
  ])('what %s is told, for the mint act to delete it again', async (_, listed) => {
    version()
    nock(API).post('/users/bob/tokens').reply(201, minted).get(LIST).reply(200, listed, {'x-total-count': '1'})
    expect(await mint(client())).toMatchObject({
      unconfirmed: {id: 7, name: 'patrol.x', lastEight: '00000001'},
      trouble: {code: 'MINT_MISMATCH', category: 'refused'},
    })
  })

  test('a list that does not come is told with the token that was minted', async () => {
    version()
    nock(API).post('/users/bob/tokens').reply(201, minted).get(LIST).reply(502)
    expect(await mint(client())).toMatchObject({unconfirmed: {id: 7}, trouble: {code: 'GITEA_UNUSABLE'}})
  })

  test.each<[string, number, string | object, Record<string, string>]>([
    ['502', 502, '', {}],
    ['429 of a gateway, for Gitea has none', 429, '', {}],
    ['204', 204, '', {}],
    ['200 JSON', 200, {id: 7}, {}],
    ['a redirect to a login', 302, '', {location: '/user/login'}],
    ['a redirect to elsewhere with the same tail', 307, '', {location: 'https://other.example/api/v1/users/x/tokens'}],
    ['a redirect to another call', 307, '', {location: '/api/v1/users/robert'}],
    ['a redirect to the same path', 307, '', {location: '/api/v1/users/bob/tokens'}],
    ['one that spells it otherwise', 307, '', {location: '/api/v1/users/B%6Fb/tokens'}],
    ['one to it below a prefix', 301, '', {location: '/gitea/api/v1/users/bob/tokens'}],
    ['one to a login that comes back to another', 307, '', {location: '/login?next=/api/v1/users/robert/tokens'}],
    ['one to another with a query', 307, '', {location: '/api/v1/users/robert/tokens?again=1'}],
    ['one to a host by its bare name', 307, '', {location: '//other.example/api/v1/users/robert/tokens'}],
    ['one to a repository', 307, '', {location: '/api/v1/repos/robert/x/tokens'}],
    ['one without a place', 307, '', {}],
    ['one to a name that nobody can read', 307, '', {location: '/api/v1/users/%/tokens/x'}],
    ["a gateway's 401", 401, {message: 'Unauthorized'}, {}],
    ["another gateway's 401", 401, {message: 'No API key found in request'}, {}],
    ["a gateway's 403", 403, {message: 'Forbidden'}, {}],
    ["a gateway's 404", 404, {message: 'no Route matched with those values'}, {}],
    ["a gateway's 400", 400, {message: 'access token name has been used already'}, {}],
    ['500 JSON', 500, error(''), {}],
    ['HTML 200', 200, '<html>', {'content-type': 'text/html'}],
    ['201 without a value', 201, {id: 7, name: 'patrol.x', sha1: ''}, {}],
    ['201 with what is no token', 201, {id: 7, name: 'patrol.x', sha1: '*'.repeat(40)}, {}],
    ['201 cut short', 201, '{"id":7,"sha1":"', {'content-type': 'application/json'}],
    ['403 HTML', 403, '<html>', {'content-type': 'text/html'}],
  ])('%s after the write was sent is in doubt', async (_, status, body, headers) => {
    version()
    nock(API).post('/users/bob/tokens').reply(status, body, headers)
    expect(await refusal(mint(client()))).toMatchObject({code: 'WRITE_IN_DOUBT', exit: 7})
  })

  test('a connection that breaks is in doubt; one that never opened is not', async () => {
    version()
    nock(API)
      .post('/users/bob/tokens')
      .replyWithError(Object.assign(new Error('reset'), {code: 'ECONNRESET'}))
    expect((await refusal(mint(client()))).code).toBe('WRITE_IN_DOUBT')
    const closed = new Http({baseUrl: 'http://127.0.0.1:9', userAgent: 'patrol-test'})
    nock.enableNetConnect('127.0.0.1')
    expect(await refusal(mint(new Gitea({http: closed, admin: ADMIN})))).toMatchObject({
      code: 'GITEA_UNREACHABLE',
      exit: 5,
    })
    await closed.close()
  })

  test('trouble before the write means unavailable, and nothing is sent', async () => {
    nock(API).get('/version').reply(503, '<html>', {'content-type': 'text/html'})
    expect(await refusal(mint(client()))).toMatchObject({code: 'GITEA_UNUSABLE', category: 'unavailable'})
  })

  test.each(['', '123', '0x1F', '-x', '.x', 'x y', 'x/y', 'é', 'x'.repeat(101)])(
    'refuses the name %j before anything is sent',
    async (name) => {
      expect(await refusal(mint(client(), ['read:issue'], name))).toMatchObject({
        code: 'TOKEN_NAME_INVALID',
        category: 'usage',
      })
    },
  )

  test('refuses unknown scopes and none at all before anything is sent', async () => {
    const gitea = client()
    const invented: Scope[] = JSON.parse('["read:pull-request"]')
    expect((await refusal(mint(gitea, invented))).code).toBe('SCOPE_UNKNOWN')
    expect((await refusal(mint(gitea, []))).code).toBe('SCOPES_EMPTY')
  })

  test.each<[number, string, string]>([
    [400, 'access token name has been used already', 'WRITE_IN_DOUBT'],
    [400, 'invalid access token scope provided: invalid access token scope: x', 'SCOPE_UNKNOWN'],
    [400, 'access token must have a scope', 'SCOPE_UNKNOWN'],
    [404, 'user redirect does not exist [name: bob]', 'GITEA_USER_UNKNOWN'],
    [403, 'cannot create an access token with a broader scope than the authenticating token', 'ADMIN_SUBSET'],
    [422, '[]: Empty Content-Type', 'GITEA_UNUSABLE'],
  ])('%i "%s" is %s', async (status, message, code) => {
    version()
    nock(API).post('/users/bob/tokens').reply(status, error(message))
    expect((await refusal(mint(client()))).code).toBe(code)
  })

  test.each(['', '/gitea'])(
    'a renamed user is named, and nothing follows the redirect (below "%s")',
    async (prefix) => {
      version()
      nock(API)
        .post('/users/bob/tokens')
        .reply(307, '', {location: `${prefix}/api/v1/users/robert/tokens`})
      const {code, message} = await refusal(mint(client()))
      expect(code).toBe('GITEA_USER_RENAMED')
      expect(message).toContain('robert')
    },
  )

  test('no message ever holds the value', async () => {
    version()
    nock(API).post('/users/bob/tokens').reply(201, minted).get(LIST).reply(200, [])
    const fresh = await mint(client())
    if (!('trouble' in fresh)) throw new Error('it was confirmed')
    const {trouble} = fresh
    expect(JSON.stringify(fresh) + trouble.message + trouble.stack).not.toContain('a'.repeat(32))
  })
})

describe('whose tokens', () => {
  test.each(['1.20.6', '1.21.11', '1.21.0'])('acts as the user on %s, where the path may not count', async (text) => {
    version(text)
    nock(API, {reqheaders: {sudo: 'bob'}})
      .get(LIST)
      .twice()
      .reply(200, [], NONE)
    expect(await client().list('bob')).toEqual([])
  })

  test.each(['1.22.6', '1.25.4', '1.27.0', '7.0.8+gitea-1.21.11'])(
    'names the user in the path only on %s',
    async (text) => {
      version(text)
      nock(API, {badheaders: ['sudo']})
        .get(LIST)
        .twice()
        .reply(200, [], NONE)
      expect(await client().list('bob')).toEqual([])
    },
  )

  test('acts as the user where the version is kept from strangers', async () => {
    hidden()
    nock(API, {reqheaders: {sudo: 'bob'}})
      .get(LIST)
      .twice()
      .reply(200, [], NONE)
    expect(await client().list('bob')).toEqual([])
  })

  test('never acts as the administrator itself', async () => {
    nock(API, {badheaders: ['sudo']})
      .get('/users/ROOT/tokens?page=1&limit=50')
      .twice()
      .reply(200, [], NONE)
    expect(await client().list('ROOT')).toEqual([])
  })
})

describe('listing', () => {
  test('reads page by page until the total is reached, whatever the server caps a page at', async () => {
    version()
    const page = (first: number, count: number) => Array.from({length: count}, (_, index) => row({id: first + index}))
    nock(API)
      .get('/users/bob/tokens?page=1&limit=50')
      .reply(200, page(1, 20), {'x-total-count': '45'})
      .get('/users/bob/tokens?page=2&limit=50')
      .reply(200, page(21, 20), {'x-total-count': '45'})
      .get('/users/bob/tokens?page=3&limit=50')
      .reply(200, page(41, 5), {'x-total-count': '45'})
    expect((await client().list('bob')).map(({id}) => id)).toEqual(Array.from({length: 45}, (_, index) => index + 1))
  })

  test.each([
    ['an empty', ''],
    ['a lower', '1'],
    ['a senseless', '-1'],
    ['no', undefined],
  ])('%s total ends no list early', async (_, total) => {
    version()
    const headers: Record<string, string> = total === undefined ? {} : {'x-total-count': total}
    const page = (first: number) => Array.from({length: 2}, (__, index) => row({id: first + index}))
    nock(API)
      .get('/users/bob/tokens?page=1&limit=50')
      .reply(200, page(1), headers)
      .get('/users/bob/tokens?page=2&limit=50')
      .reply(200, page(3), headers)
      .get('/users/bob/tokens?page=3&limit=50')
      .reply(200, [], headers)
    expect((await client().list('bob')).map(({id}) => id)).toEqual([1, 2, 3, 4])
  })

  test('an empty list is believed the second time', async () => {
    version()
    nock(API).get(LIST).reply(200, []).get(LIST).reply(200, [row()], {'x-total-count': '1'})
    expect((await client().list('bob')).map(({id}) => id)).toEqual([7])
  })

  test('nor the second time where nobody counted it, as Gitea always does', async () => {
    version()
    nock(API).get(LIST).reply(200, [], NONE).get(LIST).reply(200, [])
    const {code, message} = await refusal(client().list('bob'))
    expect([code, message]).toEqual([
      'GITEA_UNUSABLE',
      `GET /api/v1${LIST}: 0 rows came, and the server does not say that this is all.`,
    ])
  })

  test('an empty page of a list that has rows, as its total says, is no list', async () => {
    version()
    nock(API).get(LIST).reply(200, [], {'x-total-count': '3'})
    expect(await refusal(client().list('bob'))).toMatchObject({code: 'GITEA_UNUSABLE', exit: 5})
  })

  test.each([
    ['stays', '3'],
    ['falls meanwhile', '2'],
    ['is not told any more', ''],
  ])('nor is one that ends short of its total, whether that %s', async (_, later) => {
    version()
    nock(API)
      .get(LIST)
      .reply(200, [row({id: 1}), row({id: 2})], {'x-total-count': '3'})
      .get('/users/bob/tokens?page=2&limit=50')
      .reply(200, [], {'x-total-count': later})
    const {code, message} = await refusal(client().list('bob'))
    expect([code, message]).toEqual([
      'GITEA_UNUSABLE',
      'GET /api/v1/users/bob/tokens?page=2&limit=50: 2 rows came, and the server says that there are 3.',
    ])
  })

  test.each([
    ['full pages', 50, 201],
    ['one row a page', 1, 500],
  ])('one without end, in %s, is given up', async (_, size, pages) => {
    version()
    let asked = 0
    nock(API)
      .persist()
      .get(/^\/api\/v1\/users\/bob\/tokens/)
      .reply(200, () => {
        asked++
        return Array.from({length: size}, (__, index) => row({id: asked * size + index}))
      })
    onTestFinished(() => nock.cleanAll())
    expect(await refusal(client().list('bob'))).toMatchObject({code: 'LIST_ENDLESS', exit: 5})
    expect(asked).toBe(pages)
  })

  test('ends when a server without a total repeats itself', async () => {
    version()
    nock(API)
      .get('/users/bob/tokens?page=1&limit=50')
      .reply(200, [row()])
      .get('/users/bob/tokens?page=2&limit=50')
      .reply(200, [row()])
    expect(await client().list('bob')).toHaveLength(1)
  })

  test('takes what versions differ in: null and empty scopes, no times, the zero time', async () => {
    version()
    const rows = [
      row({id: 1, scopes: null}),
      row({id: 2, scopes: ['']}),
      row({id: 3, scopes: ['public-only', 'all'], created_at: '0001-01-01T00:00:00Z'}),
      row({id: 4, scopes: ['read:issue', 'read:project']}),
    ]
    nock(API).get(LIST).reply(200, rows, {'x-total-count': '4'})
    expect(await client().list('bob')).toEqual([
      {id: 1, name: 'patrol.x', lastEight: '00000001', scopes: []},
      {id: 2, name: 'patrol.x', lastEight: '00000001', scopes: []},
      {id: 3, name: 'patrol.x', lastEight: '00000001', scopes: ['public-only', 'all']},
      {id: 4, name: 'patrol.x', lastEight: '00000001', scopes: ['read:issue'], strange: ['read:project']},
    ])
  })

  test.each<[string, number, string | object]>([
    ['an object', 200, {}],
    ['rows of another shape', 200, [{id: 'x'}]],
    ['429', 429, ''],
    ['503', 503, 'Service Unavailable'],
  ])('%s is no list', async (_, status, body) => {
    version()
    nock(API).get(LIST).reply(status, body)
    expect(await refusal(client().list('bob'))).toMatchObject({code: 'GITEA_UNUSABLE', exit: 5})
  })

  test('an unknown user is named, where the server shows none of that name either', async () => {
    version()
    const unknown = error('user redirect does not exist [name: bob]')
    nock(API).get(LIST).reply(404, unknown).get('/users/bob').reply(404, unknown)
    expect(await refusal(client().list('bob'))).toMatchObject({
      code: 'GITEA_USER_UNKNOWN',
      message: expect.stringContaining('bob'),
    })
  })

  test.each<[string, number, object, string]>([
    ['who is shown all the same', 200, {id: 2, login: 'Bob'}, 'GITEA_UNUSABLE'],
    ['who is called otherwise by now', 200, {id: 2, login: 'robert'}, 'GITEA_USER_RENAMED'],
    ['who can not be looked at', 502, {}, 'GITEA_UNUSABLE'],
  ])('an unknown user %s is none: tokens are taken for dead by that', async (_, status, body, code) => {
    version()
    const unknown = error('user redirect does not exist [name: bob]')
    nock(API).get(LIST).reply(404, unknown).get('/users/bob').reply(status, body)
    nock(API).get('/orgs/bob').optionally().reply(404, unknown)
    const {code: told, message} = await refusal(client().list('bob'))
    expect(told).toBe(code)
    expect(message).toContain('bob')
  })
})

describe('deleting', () => {
  /** What the client does with leave of the gate, the only one who gives it. */
  const remove = (gitea: Gitea, id = 7) => {
    const token = {id: 7, name: 'x', lastEight: '00000007', scopes: []}
    const said: string[] = []
    const tokens: GateDeps['tokens'] = {
      list: async () => (said.length === 0 ? [token] : []),
      async remove(warrant) {
        said.push(await gitea.remove({...warrant, id}))
        return 'removed'
      },
    }
    return removeToken({tokens}, {user: 'bob', agent: 'bob'}, token).then(() => said)
  }

  test.each<[string, number, object | undefined, string]>([
    ['204', 204, undefined, 'removed'],
    ['404', 404, {errors: null, message: "The target couldn't be found.", url: URL}, 'absent'],
  ])('%s', async (_, status, body, outcome) => {
    version()
    nock(API).delete('/users/bob/tokens/7').reply(status, body)
    expect(await remove(client())).toEqual([outcome])
  })

  test.each<[string, number, string]>([
    ['200 HTML', 200, '<html>'],
    ['404 HTML', 404, '<html>'],
    ['404 JSON of a proxy', 404, '{"message":"no route"}'],
    ['502', 502, ''],
  ])('%s is in doubt', async (_, status, body) => {
    version()
    nock(API)
      .delete('/users/bob/tokens/7')
      .reply(status, body, {'content-type': body.startsWith('{') ? 'application/json' : 'text/html'})
    expect((await refusal(remove(client()))).code).toBe('WRITE_IN_DOUBT')
  })

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('never sends %d as an id', async (id) => {
    version()
    await expect(remove(client(), id)).rejects.toThrow(RangeError)
  })
})

describe('the administrator', () => {
  const pat = {kind: 'pat', user: 'root', value: new Secret(`${'c'.repeat(32)}00000003`)} as const

  test('a token goes as the Basic password', async () => {
    version()
    nock(API, {
      reqheaders: {authorization: `Basic ${Buffer.from(`root:${'c'.repeat(32)}00000003`).toString('base64')}`},
    })
      .get(LIST)
      .twice()
      .reply(200, [], NONE)
    expect(await client({admin: pat}).list('bob')).toEqual([])
  })

  test.each<[string, RegExp]>([
    ["user's password is invalid [uid: 1, name: root]", /password is wrong/],
    ['user does not exist [uid: 0, name: root]', /no such user/],
    ['invalid provided OTP', /one-time code/],
    ['Basic authorization is not allowed while webAuthn enrolled', /WebAuthn/],
    ['basic authorization is not allowed while WebAuthn enrolled', /WebAuthn/],
    ['invalid username, password or token', /wrong, or a one-time code is missing/],
    ['auth required', /proxy/],
  ])('401 "%s"', async (message, says) => {
    version()
    nock(API).post('/users/bob/tokens').reply(401, error(message))
    const rejection = await refusal(client().mint('bob', 'patrol.x', ['read:issue']))
    expect(rejection).toMatchObject({
      code: 'ADMIN_REJECTED',
      category: 'auth',
      ref: 'docs/runbooks/admin-credential-rejected.md',
    })
    expect(rejection.message).toMatch(says)
  })

  test.each([
    "user's password is invalid [uid: 1, name: root]",
    'user does not exist [uid: 0, name: root]',
    'invalid provided OTP',
    'invalid username, password or token',
  ])('401 "%s" to a token means that the token is dead, not a password', async (message) => {
    version()
    nock(API).get(LIST).reply(401, error(message))
    const {code, message: said} = await refusal(client({admin: pat}).list('bob'))
    expect([code, said]).toEqual(['ADMIN_REJECTED', expect.stringContaining('the token is dead')])
  })

  test('a wrong password is tried once, however much is asked at once, for servers count such tries', async () => {
    nock(API).get('/users/ann').reply(401, error("user's password is invalid [uid: 1, name: root]"))
    const gitea = client()
    const ends = await Promise.all(['ann', 'bob', 'cy'].map((name) => refusal(gitea.user(name))))
    expect(ends.map(({code}) => code)).toEqual(['ADMIN_REJECTED', 'ADMIN_REJECTED', 'ADMIN_REJECTED'])
    // What is asked later is another try, for it may be right by then.
    nock(API).get('/users/bob').reply(404, error('no'))
    expect(await gitea.user('bob')).toBeUndefined()
  })

  test('an answer that never came is that of its own request only', async () => {
    nock(API)
      .get('/users/ann')
      .replyWithError(Object.assign(new Error('gone'), {code: 'ECONNRESET'}))
    nock(API).get('/users/bob').reply(404, error('no'))
    const gitea = client()
    const [ann, bob] = await Promise.all([refusal(gitea.user('ann')), gitea.user('bob')])
    expect([ann.code, bob]).toEqual(['GITEA_UNREACHABLE', undefined])
  })

  test.each([401, 403])('%i of a gateway says nothing about the credential', async (status) => {
    version()
    nock(API).get(LIST).reply(status, {message: 'No API key found in request'})
    expect(await refusal(client().list('bob'))).toMatchObject({code: 'GITEA_UNUSABLE', exit: 5})
  })

  test.each<[object, string]>([
    [error('doer should be the site admin or be same as the contextUser'), 'ADMIN_NOT_ADMIN'],
    [{message: 'Only administrators allowed to sudo.'}, 'ADMIN_NOT_ADMIN'],
    [error('token does not have at least one of required scope(s): [write:user]'), 'ADMIN_SCOPE'],
    [{message: 'You must change your password. Change it at: https://git//x'}, 'ADMIN_REJECTED'],
  ])('403 %j is %s', async (body, code) => {
    version()
    nock(API).get(LIST).reply(403, body)
    expect(await refusal(client({admin: pat}).list('bob'))).toMatchObject({code, exit: 4})
  })

  test('without one, it says so before anything is sent', async () => {
    const http = new Http({baseUrl: HOST, userAgent: 'patrol-test'})
    const gitea = new Gitea({http})
    expect((await refusal(gitea.list('bob'))).code).toBe('ADMIN_MISSING')
    expect(() => gitea.adminUser).toThrow(OpsError)
  })

  test('a user is read with its flags; none is undefined', async () => {
    nock(API).get('/users/bob').reply(200, {id: 2, login: 'bob', is_admin: false, active: true, prohibit_login: true})
    nock(API).get('/users/nobody').reply(404, error('user redirect does not exist [name: nobody]'))
    const gitea = client()
    expect(await gitea.user('bob')).toEqual({id: 2, login: 'bob', isAdmin: false, active: true, prohibitLogin: true})
    expect(await gitea.user('nobody')).toBeUndefined()
  })

  test('version and clock come without a credential', async () => {
    nock(API, {badheaders: ['authorization']})
      .get('/version')
      .twice()
      .reply(200, {version: '1.25.4'}, {date: 'Sun, 22 Nov 2026 03:00:00 GMT'})
    const gitea = client()
    expect([await gitea.version(), await gitea.version()]).toEqual(['1.25.4', '1.25.4'])
    expect(await gitea.serverDate()).toBe(Date.UTC(2026, 10, 22, 3))
  })
})

describe('what the administrator can hand out', () => {
  const pat = {kind: 'pat', user: 'root', value: new Secret(SHA1)} as const
  const own = (scopes: unknown) => ({id: 1, name: 'patrol', scopes, user: {id: 1, login: 'root'}})

  test('is told by its token’s own description (1.27), asked once', async () => {
    nock(API, {reqheaders: {authorization: `token ${SHA1}`}})
      .get('/token')
      .reply(200, own(['write:user', 'read:issue']))
    const gitea = client({admin: pat})
    expect([await gitea.grantable(), await gitea.grantable()]).toEqual([
      ['read:issue', 'write:user'],
      ['read:issue', 'write:user'],
    ])
  })

  test.each<[string, number, string | object]>([
    ['the 404 of 1.26 and older', 404, '404 page not found'],
    ['a dead token', 401, error('invalid username, password or token')],
    ['a web page', 200, '<!DOCTYPE html>'],
    ['a description without scopes', 200, own(null)],
    ['a proxy that is down', 503, 'busy'],
  ])('is not told by %s', async (_, status, body) => {
    version()
    nock(API).get('/token').reply(status, body)
    expect(await client({admin: pat}).grantable()).toBeUndefined()
  })

  test('is not told by a server that does not answer', async () => {
    version()
    nock(API).get('/token').replyWithError('reset')
    expect(await client({admin: pat}).grantable()).toBeUndefined()
  })

  test.each(['11.0.4+gitea-1.22.0', '12.0.2+gitea-1.22.0', '15.0.3+gitea-1.22.0'])(
    'is nothing on Forgejo %s, which wants a password: said before anything is sent',
    async (text) => {
      version(text)
      nock(API).get('/token').reply(404, '404 page not found', {'content-type': 'text/plain'})
      const {code, exit, message, suggestions} = await refusal(client({admin: pat}).grantable())
      expect([code, exit, suggestions[0]]).toEqual([
        'ADMIN_REJECTED',
        4,
        'put the password of root under "gitea.admin" in patrol.yaml, in place of "token"',
      ])
      expect(message).toBe(
        `Forgejo ${text.split('+')[0]} mints and deletes tokens with a password only (Forgejo since 11.0.4), so the token of root does not do. Nothing was sent.`,
      )
    },
  )

  test.each(['11.0.3+gitea-1.22.0', '12.0.1+gitea-1.22.0', '7.0.16+gitea-1.21.11'])(
    'is not told by Forgejo %s, which takes a token',
    async (text) => {
      version(text)
      nock(API).get('/token').reply(404, '404 page not found', {'content-type': 'text/plain'})
      expect(await client({admin: pat}).grantable()).toBeUndefined()
    },
  )

  test('has no bounds with a password, so nothing is asked', async () => {
    expect(await client().grantable()).toBeUndefined()
  })
})
