import {describe, expect, onTestFinished, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {Gitea, type GiteaOptions} from '../../../src/gitea/client.ts'
import type {CredentialPass} from '../../../src/gitea/credential.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {json, serve, type Loopback} from '../../support/loopback.ts'

const SEED = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
const VALUE = 'a'.repeat(40)
const PASS_NAME = 'patrol-run.laptop.20261202T023000Z.a1b2c3d4e5'
const row = (id: number, name: string) => ({id, name, sha1: '', token_last_eight: `0000000${id}`, scopes: ['all']})

type Reply = (by: 'pass' | 'code', method: string, path: string) => [number, unknown]

const REJECTED: [number, object] = [401, {message: 'invalid username, password or token', url: 'http://x/api/swagger'}]
const NARROW: [number, object] = [
  403,
  {
    message: 'token does not have at least one of required scope(s), required=[read:admin], token scope=write:user',
    url: 'http://x/api/swagger',
  },
]
const BROADER: [number, object] = [
  403,
  {
    message: 'cannot create an access token with a broader scope than the authenticating token',
    url: 'http://x/api/swagger',
  },
]

/** A Gitea 1.27 that takes each code once, and a client that has a pass. */
async function desk(reply: Reply, {version = '1.27.0'} = {}) {
  let now = 1_795_312_800_000
  const clock = {now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms))}
  const asked: string[] = []
  const server: Loopback = await serve((request, response) => {
    const {method = '', url = '', headers} = request
    if (url === '/api/v1/version') return json(response, 200, {version})
    if (url === '/api/forgejo/v1/version') return json(response, 404, {})
    const by = headers['x-gitea-otp'] === undefined ? 'pass' : 'code'
    const path = url.replace('/api/v1', '').replace(/\?.*/, '')
    asked.push(`${by} ${method} ${path}`)
    const [status, body] = reply(by, method, path)
    json(response, status, body, {'x-total-count': '2'})
  })
  const http = new Http({baseUrl: server.url, userAgent: 'patrol-test'})
  onTestFinished(async () => {
    await http.close()
    await server[Symbol.asyncDispose]()
  })
  let has = true
  let drops = 0
  let taken = 0
  const pass: CredentialPass = {
    value: async () => (taken++, has ? new Secret(VALUE) : undefined),
    drop: () => void (drops++, (has = false)),
  }
  const admin = {
    kind: 'password',
    user: 'root',
    password: new Secret('not-a-real-password'),
    otp: {seed: SEED},
    pass,
  } as const
  const open = (more: Partial<GiteaOptions> = {}): Gitea => new Gitea({http, admin, clock, ...more})
  return {gitea: open(), open, asked, drops: () => drops, taken: () => taken}
}

const ROWS: [number, unknown] = [200, [row(1, 'first'), row(2, PASS_NAME)]]

describe('an administrator with a pass', () => {
  test('asks by it, and no code is sent', async () => {
    const {gitea, asked} = await desk(() => ROWS)
    await gitea.list('bob')
    await gitea.list('eve')
    expect(asked).toEqual(['pass GET /users/bob/tokens', 'pass GET /users/eve/tokens'])
  })

  test.each([
    ['asks for more scopes than it has', NARROW],
    ['hands out more than it has', BROADER],
  ])('takes a code for what %s, and the pass for the rest', async (_, refusal) => {
    const {gitea, asked, drops} = await desk((by, _method, path) =>
      by === 'pass' && path.includes('bob') ? refusal : ROWS,
    )
    expect(await gitea.list('bob')).toHaveLength(2)
    await gitea.list('eve')
    expect(asked).toEqual(['pass GET /users/bob/tokens', 'code GET /users/bob/tokens', 'pass GET /users/eve/tokens'])
    expect(drops()).toBe(0)
  })

  test('goes on with codes once the server refuses it', async () => {
    const {gitea, asked, drops} = await desk((by) => (by === 'pass' ? REJECTED : ROWS))
    await gitea.list('bob')
    await gitea.list('eve')
    expect(asked).toEqual(['pass GET /users/bob/tokens', 'code GET /users/bob/tokens', 'code GET /users/eve/tokens'])
    expect(drops()).toBe(1)
  })

  test.each([
    ["a gateway's 401", [401, {message: 'Unauthorized'}]],
    ['a 403 about something else', [403, {message: 'user should be the site admin', url: 'http://x/api/swagger'}]],
    ['a 502', [502, {message: 'Bad Gateway'}]],
  ] as [string, [number, object]][])('sends nothing a second time after %s', async (_, answer) => {
    const {gitea, asked, drops} = await desk(() => answer)
    await expect(gitea.mint('bob', 'patrol.bob.20261202.a1b2c3d4e5', ['read:issue'])).rejects.toBeInstanceOf(OpsError)
    expect(asked).toEqual(['pass POST /users/bob/tokens'])
    expect(drops()).toBe(0)
  })

  test('has no use for it where codes serve again', async () => {
    const {gitea, asked, taken} = await desk(() => ROWS, {version: '1.22.6'})
    await gitea.list('bob')
    expect([asked, taken()]).toEqual([['code GET /users/bob/tokens'], 0])
  })

  test('uses it from the moment at which a server that tells nothing shows that it takes each once', async () => {
    const codes = new Set<string>()
    let repeated = 0
    const {gitea, asked, taken} = await desk(
      (by) => {
        if (by === 'pass' || codes.size === 0 || repeated++ > 0) return (codes.add(by), ROWS)
        return REJECTED
      },
      {version: '9.1-acme'},
    )
    await gitea.list('root')
    await gitea.list('root')
    expect(taken()).toBe(0)
    await gitea.list('root')
    expect(asked.map((each) => each.split(' ')[0])).toEqual(['code', 'code', 'code', 'pass'])
  })
})

describe('passes in lists', () => {
  test.each(['root', 'ROOT'])('those of the administrator are no token of %s for anybody', async (user) => {
    const {gitea} = await desk(() => ROWS)
    expect((await gitea.list(user)).map(({name}) => name)).toEqual(['first'])
    expect((await gitea.passes()).map(({name}) => name)).toEqual([PASS_NAME])
  })

  test("a token of another user that bears such a name is listed: its name is the user's to choose", async () => {
    const {gitea} = await desk(() => ROWS)
    expect((await gitea.list('bob')).map(({name}) => name)).toEqual(['first', PASS_NAME])
  })
})

test.each([
  ['1.26.4', false],
  ['1.27.0', true],
  ['15.0.3+gitea-1.22.0', false],
  ['9.1-acme', undefined],
])('whether %s lets a token hand out no more than it has', async (version, bounds) => {
  const {gitea} = await desk(() => ROWS, {version})
  expect(await gitea.boundsMints()).toBe(bounds)
})

test('a pass is minted without a list, and Ctrl-C does not lose its answer', async () => {
  const stop = new AbortController()
  const {open, asked} = await desk((_by, method) => {
    if (method === 'POST') stop.abort()
    return [201, {id: 7, name: PASS_NAME, sha1: VALUE, token_last_eight: 'aaaaaaaa', scopes: ['write:user']}]
  })
  const admin = {
    kind: 'password',
    user: 'root',
    password: new Secret('not-a-real-password'),
    otp: {seed: SEED},
  } as const
  const {id, value} = await open({admin, signal: stop.signal}).mintOwn(PASS_NAME, ['write:user'])
  expect([id, value.equals(new Secret(VALUE)), asked]).toEqual([7, true, ['code POST /users/root/tokens']])
})
