import {TOTP} from 'otpauth'
import {afterEach, describe, expect, test} from 'vitest'
import type {SeedUser, GiteaVersion} from '../../../src/simulator/types.ts'
import {ADMIN, PASSWORD, VERSIONS, ask, byBasic, byToken, seedWith, start, stopAll, value} from './ask.ts'

afterEach(stopAll)

const GAP = 'token does not have at least one of required scope(s)'

test('a dead token is 401 on every API path, unknown ones included up to 1.25', async () => {
  const messages = new Map<string, string | undefined>()
  for (const version of VERSIONS) {
    const gitea = await start(seedWith([]), version)
    for (const path of ['/version', '/no/such/path']) {
      const got = await ask(gitea, 'GET', path, {headers: byToken(value(9))})
      messages.set(`${version} ${path}`, got.message ?? got.text)
    }
  }
  const old = 'user does not exist [uid: 0, name: , keyid: 0]'
  const newer = 'user does not exist [uid: 0, name: ]'
  const masked = 'invalid username, password or token'
  const both = (version: string, text: string, other = text): [string, string][] => [
    [`${version} /version`, text],
    [`${version} /no/such/path`, other],
  ]
  expect([...messages]).toEqual([
    ...both('1.20.6', old),
    ...both('1.21.11', old),
    ...both('1.22.6', newer),
    ...both('1.23.8', newer),
    ...both('1.24.7', newer),
    ...both('1.25.4', masked),
    ...both('1.26.4', masked, '404 page not found\n'),
    ...both('1.27.0', masked, '404 page not found\n'),
  ])
})

test.each<[string, GiteaVersion, Record<string, string>, 'alive' | 'anonymous' | 'rejected']>([
  ['token', '1.22.6', {authorization: `token ${value(1)}`}, 'alive'],
  ['several spaces', '1.22.6', {authorization: `token   ${value(1)}`}, 'alive'],
  ['Token on 1.24', '1.24.7', {authorization: `Token ${value(1)}`}, 'anonymous'],
  ['Token on 1.25', '1.25.4', {authorization: `Token ${value(1)}`}, 'alive'],
  ['BEARER', '1.20.6', {authorization: `BEARER ${value(1)}`}, 'alive'],
  ['two words', '1.22.6', {authorization: `token ${value(1)} x`}, 'anonymous'],
  ['unknown scheme', '1.22.6', {authorization: `Digest ${value(1)}`}, 'anonymous'],
  ['upper-case hex', '1.22.6', byToken(value(1).toUpperCase()), 'rejected'],
  ['PAT as password', '1.22.6', byBasic('nobody', value(1)), 'alive'],
  ['PAT as user name', '1.22.6', byBasic(value(1), ''), 'alive'],
  ['PAT as user name for git', '1.22.6', byBasic(value(1), 'x-oauth-basic'), 'alive'],
  ['password', '1.22.6', byBasic('MIRA', PASSWORD), 'alive'],
  ['e-mail and password', '1.22.6', byBasic('mira@sandbox.invalid', PASSWORD), 'alive'],
  [
    'Basic with two spaces on 1.24',
    '1.24.7',
    {authorization: ADMIN['authorization']?.replace(' ', '  ') ?? ''},
    'rejected',
  ],
  ['wrong password', '1.22.6', byBasic('mira', 'wrong'), 'rejected'],
  ['bad base64 on 1.24', '1.24.7', {authorization: 'Basic %%%'}, 'rejected'],
  ['bad base64 on 1.25', '1.25.4', {authorization: 'Basic %%%'}, 'anonymous'],
])('%s (%s)', async (_, version, headers, outcome) => {
  const gitea = await start(seedWith(['read:user']), version)
  const got = await ask(gitea, 'GET', '/user', {headers})
  const is = got.status === 200 ? 'alive' : got.message === 'token is required' ? 'anonymous' : 'rejected'
  expect(is).toBe(outcome)
  expect(gitea.requests[0]?.user).toBe(outcome === 'alive' ? 'Mira' : undefined)
})

test('a token in the query wins over the header and is warned about from 1.21 on', async () => {
  for (const [version, warned] of [
    ['1.20.6', false],
    ['1.21.11', true],
  ] as const) {
    const gitea = await start(seedWith(['read:user']), version)
    const got = await ask(gitea, 'GET', `/user?access_token=${value(1)}`, {headers: byToken(value(9))})
    expect(got.status).toBe(200)
    expect(got.headers.has('x-gitea-warning')).toBe(warned)
    expect(JSON.stringify(gitea.requests)).not.toContain(value(1))
  }
  const gitea = await start(seedWith(['read:user']))
  expect((await ask(gitea, 'GET', `/user?token=${value(9)}`, {headers: byToken(value(1))})).status).toBe(401)
  expect((await ask(gitea, 'GET', `/user?token=${value(9)}`, {headers: ADMIN})).json).toMatchObject({login: 'root'})
})

describe('Basic with a password', () => {
  const users: SeedUser[] = [
    {login: 'nopass'},
    {login: 'barred', password: PASSWORD, prohibitLogin: true},
    {login: 'key', password: PASSWORD, webauthn: true, tokens: [{name: 'k', value: value(5), scopes: ['read:user']}]},
  ]
  const said = async (version: GiteaVersion, name: string, password = PASSWORD): Promise<string | undefined> => {
    const gitea = await start(seedWith([], {users}), version)
    return (await ask(gitea, 'GET', '/user', {headers: byBasic(name, password)})).message
  }

  test('is refused in words up to 1.25.1, with one text afterwards', async () => {
    expect(await said('1.22.6', 'bob')).toBe('user does not exist [uid: 0, name: bob]')
    expect(await said('1.21.11', 'bob')).toBe('user does not exist [uid: 0, name: bob, keyid: 0]')
    expect(await said('1.22.6', 'mira', 'wrong')).toBe("user's password is invalid [uid: 2, name: Mira]")
    expect(await said('1.22.6', 'nopass')).toBe("user's password isn't set [uid: 3, name: nopass]")
    expect(await said('1.22.6', 'barred')).toBe('user is not allowed login [uid: 4, name: barred]')
    for (const name of ['bob', 'nopass', 'barred']) {
      expect(await said('1.25.4', name)).toBe('invalid username, password or token')
    }
  })

  test('is closed to WebAuthn users from 1.22.4 on, their tokens are not', async () => {
    expect(await said('1.21.11', 'key')).toBeUndefined()
    expect(await said('1.22.6', 'key')).toBe('Basic authorization is not allowed while webAuthn enrolled')
    expect(await said('1.24.7', 'key')).toBe('basic authorization is not allowed while WebAuthn enrolled')
    expect(await said('1.25.4', 'key')).toBe('basic authorization is not allowed while WebAuthn enrolled')
    expect(await said('1.22.6', 'key', value(5))).toBeUndefined()
  })

  test('needs the one-time code of an enrolled user; 1.26.3 and newer take each code once', async () => {
    const secret = 'JBSWY3DPEHPK3PXP'
    const totp = seedWith([], {users: [{login: 'otto', password: PASSWORD, totp: secret}]})
    const code = new TOTP({secret}).generate()
    const wrong = code === '000000' ? '000001' : '000000'
    for (const [version, second] of [
      ['1.25.4', 200],
      ['1.26.4', 401],
      ['1.27.0', 401],
    ] as const) {
      const gitea = await start(totp, version)
      const status = async (otp?: string): Promise<number> => {
        const headers = {...byBasic('otto', PASSWORD), ...(otp && {'x-gitea-otp': otp})}
        return (await ask(gitea, 'GET', '/user', {headers})).status
      }
      expect([await status(), await status(wrong), await status(code), await status(code)]).toEqual([
        401,
        401,
        200,
        second,
      ])
      expect(JSON.stringify(gitea.requests)).not.toContain(code)
    }
    const old = await start(totp)
    expect((await ask(old, 'GET', '/user', {headers: byBasic('otto', PASSWORD)})).message).toBe('invalid provided OTP')
  })

  test('may be switched off: anonymous then, but PATs still work in Basic', async () => {
    const gitea = await start(seedWith(['read:user'], {settings: {basicAuthentication: false}}))
    expect((await ask(gitea, 'GET', '/user', {headers: ADMIN})).message).toBe('token is required')
    expect((await ask(gitea, 'GET', '/user', {headers: byBasic('x', value(1))})).status).toBe(200)
  })
})

describe('account state', () => {
  const state = async (user: Partial<SeedUser>, emailConfirm = false): Promise<unknown> => {
    const tokens = [{name: 't', value: value(7), scopes: ['all']}]
    const gitea = await start(seedWith([], {users: [{login: 'u', tokens, ...user}], settings: {emailConfirm}}))
    const got = await ask(gitea, 'GET', '/version', {headers: byToken(value(7))})
    return [got.status, JSON.stringify(got.json).replaceAll(gitea.url, 'ROOT')]
  }

  test('stops a live token with 403s that have no url', async () => {
    const barred = 'This account is prohibited from signing in, please contact your site administrator.'
    expect(await state({})).toEqual([200, '{"version":"1.22.6"}'])
    expect(await state({active: false})).toEqual([403, JSON.stringify({message: barred})])
    expect(await state({active: false}, true)).toEqual([403, '{"message":"This account is not activated."}'])
    expect(await state({prohibitLogin: true})).toEqual([403, JSON.stringify({message: barred})])
    expect(await state({mustChangePassword: true})).toEqual([
      403,
      '{"message":"You must change your password. Change it at: ROOT//user/change_password"}',
    ])
  })

  test('anonymous requests are 403 where everybody must sign in, on unknown paths as well', async () => {
    const gitea = await start(seedWith([], {settings: {requireSignin: true}}))
    for (const path of ['/version', '/no/such/path']) {
      const got = await ask(gitea, 'GET', path)
      expect([got.status, got.json]).toEqual([403, {message: 'Only signed in user is allowed to call APIs.'}])
    }
  })
})

describe('sudo', () => {
  test('needs an administrator but no scope, and comes before the scope gate', async () => {
    const users: SeedUser[] = [
      {login: 'boss', isAdmin: true, tokens: [{name: 'b', value: value(3), scopes: ['read:user']}]},
    ]
    const gitea = await start(seedWith([], {users}))
    const get = async (token: string, sudo: string, path = '/user'): Promise<[number, unknown]> => {
      const got = await ask(gitea, 'GET', path, {headers: {...byToken(token), sudo}})
      return [got.status, got.fields['login'] ?? got.message]
    }
    expect(await get(value(1), 'root')).toEqual([403, 'Only administrators allowed to sudo.'])
    expect(await get(value(3), 'mira')).toEqual([200, 'Mira'])
    expect(await get(value(3), 'nobody')).toEqual([404, "The target couldn't be found."])
    expect(await get(value(3), 'mira', '/admin/cron')).toEqual([403, `${GAP}: [read:admin]`])
    expect((await ask(gitea, 'GET', '/user?sudo=mira', {headers: byToken(value(3))})).json).toMatchObject({id: 2})
  })
})

describe('scope gates', () => {
  test('name what is required, from 1.23 on also what is granted', async () => {
    const seed = seedWith(['read:issue', 'public-only'])
    const said = async (version: GiteaVersion): Promise<string | undefined> =>
      (await ask(await start(seed, version), 'DELETE', '/user/following/x', {headers: byToken(value(1))})).message
    expect(await said('1.22.6')).toBe(`${GAP}: [write:user]`)
    expect(await said('1.23.8')).toBe(`${GAP}, required=[write:user], token scope=public-only,read:issue`)
  })

  test('with several categories, one gate wants all and two gates name the first missing', async () => {
    const said = async (scopes: string[], method: string, path: string): Promise<string | undefined> => {
      const gitea = await start(seedWith(scopes))
      return (await ask(gitea, method, path, {headers: byToken(value(1))})).message
    }
    expect(await said(['read:user'], 'GET', '/user/orgs')).toBe(`${GAP}: [read:user read:organization]`)
    expect(await said(['write:organization'], 'POST', '/org/o/repos')).toBe(
      `${GAP}: [write:organization write:repository]`,
    )
    expect(await said(['read:repository'], 'GET', '/user/repos')).toBe(`${GAP}: [read:user]`)
    expect(await said(['read:user'], 'GET', '/user/repos')).toBe(`${GAP}: [read:repository]`)
  })

  test('bind tokens only: passwords and anonymous requests have no scope to lack', async () => {
    const gitea = await start(seedWith([], {repos: [{owner: 'mira', name: 'open'}]}))
    const path = '/repos/mira/open'
    expect((await ask(gitea, 'GET', path, {headers: byToken(value(1))})).status).toBe(403)
    expect((await ask(gitea, 'GET', path)).status).toBe(200)
    expect((await ask(gitea, 'GET', path, {headers: byBasic('mira', PASSWORD)})).status).toBe(200)
    expect((await ask(gitea, 'GET', '/orgs', {headers: byToken(value(1))})).status).toBe(200)
  })

  test('come before every look-up', async () => {
    const gitea = await start(seedWith([]))
    const got = await ask(gitea, 'GET', '/repos/~scope-probe~/~scope-probe~/issues', {headers: byToken(value(1))})
    expect(got.message).toBe(`${GAP}: [read:issue]`)
  })
})

test('every authenticated request marks the token as used, refused ones as well', async () => {
  const gitea = await start(seedWith([]))
  const before = gitea.tokens('mira')[0]?.lastUsedAt ?? 0
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect((await ask(gitea, 'GET', '/user', {headers: byToken(value(1))})).status).toBe(403)
  expect(gitea.tokens('mira')[0]?.lastUsedAt).toBeGreaterThan(before)
})

describe('token endpoints', () => {
  const said = async (version: GiteaVersion, headers: Record<string, string>, user = 'mira'): Promise<unknown> => {
    const users: SeedUser[] = [{login: 'hidden', visibility: 'private'}]
    const gitea = await start(seedWith(['write:user'], {users}), version)
    const got = await ask(gitea, 'GET', `/users/${user}/tokens`, {headers})
    return [got.status, got.message]
  }

  test('refuse header tokens, even with the scope', async () => {
    expect(await said('1.22.6', byToken(value(1)))).toEqual([401, 'auth required'])
    expect(await said('1.22.6', byBasic('x', value(1)))).toEqual([200, undefined])
  })

  test('are for oneself and administrators, checked before Basic; 1.20 does not look', async () => {
    const refusal = 'doer should be the site admin or be same as the contextUser'
    expect(await said('1.22.6', {})).toEqual([403, refusal])
    expect(await said('1.22.6', byBasic('mira', PASSWORD), 'root')).toEqual([403, refusal])
    expect(await said('1.22.6', ADMIN)).toEqual([200, undefined])
    expect(await said('1.20.6', byBasic('mira', PASSWORD), 'root')).toEqual([200, undefined])
    expect(await said('1.20.6', {})).toEqual([401, 'auth required'])
  })

  test('hide private users from others', async () => {
    expect(await said('1.22.6', byBasic('mira', PASSWORD), 'hidden')).toEqual([404, 'Visit Project'])
    expect(await said('1.22.6', ADMIN, 'hidden')).toEqual([200, undefined])
  })
})
