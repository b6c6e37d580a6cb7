import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {startGitea} from '../../../src/simulator/gitea/index.ts'
import type {GiteaSeed, GiteaVersion} from '../../../src/simulator/types.ts'
import {json, serve} from '../../support/loopback.ts'

const PASSWORD = 'not-a-real-password'
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const CREATED = '2025-01-01T00:00:00Z'

function client(baseUrl: string, user = 'root', seed?: string): Gitea {
  const http = new Http({baseUrl, userAgent: 'patrol-test'})
  onTestFinished(() => http.close())
  const otp = seed === undefined ? {} : {otp: {seed: new Secret(seed)}}
  return new Gitea({http, admin: {kind: 'password', user, password: new Secret(PASSWORD), ...otp}})
}

async function simulated(root: Partial<GiteaSeed['users'][number]> = {}, version: GiteaVersion = '1.27.0') {
  const gitea = await startGitea(
    {
      users: [
        {login: 'root', password: PASSWORD, isAdmin: true, createdAt: CREATED, ...root},
        {login: 'ada', visibility: 'private', createdAt: '2025-02-02T00:00:00Z'},
      ],
      repos: [
        {owner: 'root', name: 'open', labels: ['approved']},
        {owner: 'root', name: 'closed', private: true, labels: ['approved']},
      ],
    },
    {version},
  )
  onTestFinished(() => gitea.close())
  const asked = () => gitea.requests.map(({method, path, auth}) => `${method} ${path} ${auth}`)
  return {gitea, asked}
}

describe('who the server is', () => {
  test.each(['1.20.6', '1.22.6', '1.25.4', '1.27.0'] as const)(
    '%s tells strangers, in one request',
    async (version) => {
      const {gitea, asked} = await simulated({}, version)
      expect(await client(gitea.url).witness()).toEqual({login: 'root', id: 1, created: Date.parse(CREATED)})
      expect(asked()).toEqual(['GET /api/v1/users/root none'])
    },
  )

  test('the administrator is told where strangers are not', async () => {
    const {gitea, asked} = await simulated({visibility: 'private'})
    expect(await client(gitea.url).witness()).toMatchObject({login: 'root', id: 1})
    expect(asked()).toEqual(['GET /api/v1/users/root none', 'GET /api/v1/user basic'])
  })

  test('an administrator by e-mail address is found', async () => {
    const {gitea} = await simulated()
    expect(await client(gitea.url, 'root@sandbox.invalid').witness()).toMatchObject({login: 'root', id: 1})
  })

  test('of another account, or of none', async () => {
    const {gitea} = await simulated()
    expect(await client(gitea.url).witness('ada')).toMatchObject({login: 'ada', id: 2})
    expect(await client(gitea.url).witness('nobody')).toBeUndefined()
  })

  test('is the same in whatever time zone the server writes', async () => {
    await using server = await serve((_, response) =>
      json(response, 200, {id: 1, login: 'root', created: '2025-01-01T02:00:00+02:00'}),
    )
    expect(await client(server.url).witness()).toMatchObject({created: Date.parse(CREATED)})
  })
})

describe('with one-time codes', () => {
  test('what a public repository shows costs none', async () => {
    const {gitea, asked} = await simulated({totp: SEED})
    expect(await client(gitea.url, 'root', SEED).hasLabel('root/open', 'approved')).toBe(true)
    expect(asked()).toEqual(['GET /api/v1/repos/root/open/labels?page=1&limit=50 none'])
  })

  test('a private one is read as the administrator', async () => {
    const {gitea, asked} = await simulated({totp: SEED})
    expect(await client(gitea.url, 'root', SEED).hasLabel('root/closed', 'approved')).toBe(true)
    expect(asked().at(-1)).toBe('GET /api/v1/repos/root/closed/labels?page=1&limit=50 basic')
  })

  test('without them the administrator is asked at once', async () => {
    const {gitea, asked} = await simulated()
    await client(gitea.url).hasLabel('root/open', 'approved')
    expect(asked()).toEqual(['GET /api/v1/repos/root/open/labels?page=1&limit=50 basic'])
  })
})
