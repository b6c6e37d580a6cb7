import {TOTP} from 'otpauth'
import {afterEach, describe, expect, test} from 'vitest'
import {startGitea} from '../../../src/simulator/gitea/index.ts'
import type {GiteaSeed, RunningGitea} from '../../../src/simulator/types.ts'
import {ask, messageOf, type Asking} from './ask.ts'
import {NOBODY, PASSWORD} from './fixture.ts'
import {tokensOf} from './shapes.ts'
import {targets} from './target.ts'

const ALL = 'a'.repeat(40)
const NARROW = `${'a'.repeat(39)}b`
const SEED = 'JBSWY3DPEHPK3PXP'

const bob = {
  login: 'bob',
  password: PASSWORD,
  tokens: [
    {name: 'all', value: ALL, scopes: ['all']},
    {name: 'narrow', value: NARROW, scopes: ['read:issue']},
  ],
}

/**
 * What a server's own configuration or database decides. No API call brings a running server into these states, so
 * only the simulator is asked; the values were compared by hand with servers that were configured so (1.22.6, 1.25.4;
 * one-time codes with 1.26.4 and 1.27.0, a strange stored scope with 1.25.4, 1.27.0 and Forgejo's 11.0.15 and 15.0.3).
 */
describe.runIf(targets[0]?.kind === 'simulator').each(targets)('the settings of $label', ({version, dialect}) => {
  let running: RunningGitea
  const start = async (seed: Partial<GiteaSeed>) => {
    expect.assert(version !== 'forgejo-7' && version !== 'forgejo-13', 'there is a simulator of it')
    running = await startGitea({users: [bob], ...seed}, {version})
  }
  const api = (method: string, path: string, asking?: Asking) => ask(running.url, method, `/api/v1${path}`, asking)
  const refusal = (message: string) => ({message, url: `${running.url}/api/swagger`})
  afterEach(() => running.close())

  test.each(['/version', '/settings/api', '/repos/bob/x'])(
    'sign-in required: nobody is refused on %s',
    async (path) => {
      await start({settings: {requireSignin: true}})
      const reply = await api('GET', path)
      expect([reply.status, reply.json]).toEqual([403, {message: 'Only signed in user is allowed to call APIs.'}])
    },
  )

  test('sign-in required: a token is enough, whatever its scopes', async () => {
    await start({settings: {requireSignin: true}})
    expect((await api('GET', '/version', {token: NARROW})).status).toBe(200)
  })

  test('a sub-path is part of every URL that is told', async () => {
    const dave = {login: 'dave', password: PASSWORD, formerly: ['before']}
    await start({settings: {subPath: '/gitea'}, users: [bob, dave]})
    expect(running.url).toMatch(/\/gitea$/)
    const missing = await api('GET', `/users/${NOBODY}`, {token: ALL})
    expect(missing.json).toEqual(refusal(`user redirect does not exist [name: ${NOBODY}]`))
    const moved = await api('GET', '/users/before?x=1', {token: ALL})
    expect(moved.headers['location']).toBe('/gitea/api/v1/users/dave?x=1')
  })

  test.each([
    {query: '?page=1', rows: 3},
    {query: '?page=1&limit=50', rows: 5},
    {query: '?page=2&limit=50', rows: 2},
  ])('a page is as large as the server allows: $query has $rows rows', async ({query, rows}) => {
    const tokens = Array.from({length: 7}, (_, at) => ({
      name: `t${at}`,
      value: `${'c'.repeat(39)}${at}`,
      scopes: ['all'],
    }))
    await start({settings: {maxResponseItems: 5, defaultPagingNum: 3}, users: [{...bob, tokens}]})
    const reply = await api('GET', `/users/bob/tokens${query}`, {basic: ['bob', PASSWORD]})
    expect(reply.json).toHaveLength(rows)
    expect((await api('GET', '/settings/api')).json).toMatchObject({max_response_items: 5, default_paging_num: 3})
  })

  test('without Basic a password, right or wrong, is nobody', async () => {
    await start({settings: {basicAuthentication: false}})
    expect((await api('GET', '/version', {basic: ['bob', 'not-the-password']})).status).toBe(200)
    const reply = await api('GET', '/user', {basic: ['bob', PASSWORD]})
    expect([reply.status, reply.json]).toEqual([401, refusal('token is required')])
  })

  test('without Basic a token as its password still works', async () => {
    await start({settings: {basicAuthentication: false}})
    expect((await api('GET', '/user', {basic: ['bob', ALL]})).status).toBe(200)
  })

  test('with addresses to confirm, an inactive account is told so', async () => {
    await start({settings: {emailConfirm: true}, users: [{...bob, active: false}]})
    const reply = await api('GET', '/version', {token: ALL})
    expect([reply.status, reply.json]).toEqual([403, {message: 'This account is not activated.'}])
  })

  test('without federation there are no actors', async () => {
    await start({})
    const reply = await api('GET', '/activitypub/user-id/9223372036854775807', {token: NARROW})
    expect([reply.status, reply.text]).toEqual([404, '404 page not found\n'])
  })

  test('a token without scopes, made by the command line, passes no gate', async () => {
    await start({users: [{...bob, tokens: [{name: 'empty', value: ALL, scopes: []}]}]})
    expect((await api('GET', '/version', {token: ALL})).status).toBe(200)
    const gated = await api('GET', '/user', {token: ALL})
    expect([gated.status, gated.json]).toEqual([403, refusal(dialect.scopeGap(['read:user'], []))])
    const listed = tokensOf(await api('GET', '/users/bob/tokens?page=1&limit=50', {basic: ['bob', PASSWORD]}))
    expect(listed.map(({scopes}) => scopes)).toEqual([dialect.since(24) ? null : ['']])
  })

  test('two tokens of one name cannot go by it', async () => {
    const tokens = [ALL, NARROW].map((value) => ({name: 'twin', value, scopes: ['all']}))
    await start({users: [{...bob, tokens}]})
    const reply = await api('DELETE', '/users/bob/tokens/twin', {basic: ['bob', PASSWORD]})
    expect([reply.status, reply.json]).toEqual([422, refusal("multiple matches for token name 'twin'")])
    expect(running.tokens('bob')).toHaveLength(2)
  })

  test.runIf(dialect.confinesTokens)('a stored scope of an unknown name is a 500 on every path', async () => {
    const [all] = bob.tokens
    await start({users: [{...bob, tokens: [{...all!, scopes: ['write:user'], strangeScopes: ['read:moon']}]}]})
    for (const path of ['/user', '/users/bob/tokens', '/repos/bob/x', '/version']) {
      const reply = await api('GET', path, {token: ALL})
      expect([reply.status, reply.json]).toEqual([500, refusal('')])
    }
  })

  test.runIf(!dialect.confinesTokens)(
    'a stored scope with a name that the server does not know opens no gate, whatever stands beside it',
    async () => {
      const [all] = bob.tokens
      await start({users: [{...bob, tokens: [{...all!, scopes: ['write:user'], strangeScopes: ['read:moon']}]}]})
      const message = 'checking scope failed: invalid access token scope: read:moon'
      for (const path of ['/user', '/users/bob/tokens', '/repos/bob/x', '/admin/cron']) {
        const reply = await api('GET', path, {token: ALL})
        expect([reply.status, reply.json]).toEqual([403, refusal(message)])
      }
      expect((await api('GET', '/version', {token: ALL})).status).toBe(200)
      const own = await api('GET', '/token', {token: ALL})
      const told = expect.objectContaining({scopes: ['write:user', 'read:moon']})
      expect([own.status, own.json]).toEqual(dialect.since(27) ? [200, told] : [404, undefined])
    },
  )

  describe('with a second factor', () => {
    const code = () => new TOTP({secret: SEED}).generate()
    const withTotp = {users: [{...bob, totp: SEED}]}
    const rejected = dialect.since(25, 2) ? 'invalid username, password or token' : 'invalid provided OTP'

    test('a password alone is rejected', async () => {
      await start(withTotp)
      const reply = await api('GET', '/user', {basic: ['bob', PASSWORD]})
      expect([reply.status, reply.json]).toEqual([401, refusal(rejected)])
    })

    test('so is a wrong code', async () => {
      await start(withTotp)
      const headers = {'x-gitea-otp': String((Number(code()) + 1) % 1_000_000).padStart(6, '0')}
      const reply = await api('GET', '/user', {basic: ['bob', PASSWORD], headers})
      expect([reply.status, reply.json]).toEqual([401, refusal(rejected)])
    })

    test('the right code lets a password mint', async () => {
      await start(withTotp)
      const json = {name: 'minted', scopes: ['read:issue']}
      const headers = {'x-gitea-otp': code()}
      const reply = await api('POST', '/users/bob/tokens', {basic: ['bob', PASSWORD], headers, json})
      expect(reply.status).toBe(201)
    })

    test('a code serves once from 1.26.3 on', async () => {
      await start(withTotp)
      const headers = {'x-gitea-otp': code()}
      const status = async () => (await api('GET', '/user', {basic: ['bob', PASSWORD], headers})).status
      expect([await status(), await status()]).toEqual([200, dialect.since(26, 3) ? 401 : 200])
    })

    test('a token needs no code, not even as the password of Basic', async () => {
      await start(withTotp)
      expect((await api('GET', '/user', {token: ALL})).status).toBe(200)
      expect((await api('GET', '/user', {basic: ['bob', ALL]})).status).toBe(200)
    })

    test('that is a key, a password is refused from 1.22.4 on', async () => {
      await start({users: [{...bob, webauthn: true}]})
      const reply = await api('GET', '/user', {basic: ['bob', PASSWORD]})
      const {keysEnrolled} = dialect
      expect([reply.status, messageOf(reply)]).toEqual(keysEnrolled === undefined ? [200, ''] : [401, keysEnrolled])
    })
  })

  describe('of repositories', () => {
    const repo = {owner: 'alice', name: 'r', issues: [{title: 'locked', locked: true}]}
    const withRepo = (extra: object) => ({
      users: [bob, {login: 'alice', password: PASSWORD}],
      repos: [{...repo, ...extra}],
    })

    test('a mirror has issues and no pull requests', async () => {
      await start(withRepo({mirror: true}))
      expect((await api('GET', '/repos/alice/r/issues', {token: ALL})).status).toBe(200)
      expect((await api('GET', '/repos/alice/r/pulls', {token: ALL})).status).toBe(404)
    })

    test('without code, issues are listed and pull requests are forbidden, or not found', async () => {
      await start(withRepo({hasCode: false}))
      expect((await api('GET', '/repos/alice/r/issues', {token: ALL})).status).toBe(200)
      const reply = await api('GET', '/repos/alice/r/pulls', {token: ALL})
      const message = 'user should have specific read permission or be a repo admin or a site admin'
      expect([reply.status, reply.json]).toEqual(
        dialect.unitsFirst ? [404, dialect.missing(running.url)] : [403, refusal(message)],
      )
    })

    test('a locked issue takes no comments from outside', async () => {
      await start(withRepo({}))
      const reply = await api('POST', '/repos/alice/r/issues/1/comments', {token: ALL, json: {body: 'late'}})
      expect([reply.status, messageOf(reply)]).toEqual([403, 'You cannot comment on a locked issue.'])
    })
  })
})
