import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ADMIN, ask, bodyOf, ID, start, VARIANTS, type Asked, type Sim, type Told} from './target.ts'

/**
 * Cases that are safe on a real server: reads, and requests that it refuses before any effect. They run against all
 * simulators, and against `PATROL_CONTRACT_PLATFORM_URL` where that is set, with an admin or org token from
 * `PATROL_CONTRACT_PLATFORM_TOKEN_FILE` and `PATROL_CONTRACT_PLATFORM_ORG_ID` where the server wants one.
 */
const TEXT: unknown = expect.any(String)

interface Target {
  name: string
  open: () => Promise<{url: string; token: string; org: string | undefined; close(): Promise<void>}>
}

const simulators: Target[] = VARIANTS.map((variant) => ({
  name: `simulator ${variant.name}`,
  async open() {
    const at: Sim = await start(variant)
    return {url: at.sim.url, token: ADMIN, org: undefined, close: () => at.sim.close()}
  },
}))

const realUrl = process.env['PATROL_CONTRACT_PLATFORM_URL']?.replace(/\/+$/, '')
const real: Target[] =
  realUrl === undefined
    ? []
    : [
        {
          name: 'real server',
          async open() {
            const file = process.env['PATROL_CONTRACT_PLATFORM_TOKEN_FILE']
            if (file === undefined) throw new Error('set PATROL_CONTRACT_PLATFORM_TOKEN_FILE as well')
            const token = readFileSync(file, 'utf8').trim()
            return {url: realUrl, token, org: process.env['PATROL_CONTRACT_PLATFORM_ORG_ID'], close: async () => {}}
          },
        },
      ]

describe.each([...simulators, ...real])('safe anywhere, on the $name', ({open}) => {
  let target: Awaited<ReturnType<Target['open']>>
  beforeAll(async () => {
    target = await open()
  })
  afterAll(() => target.close())

  function call(method: 'GET' | 'POST', path: string, asked: Asked & {anonymous?: boolean} = {}): Promise<Told> {
    const {anonymous = false, ...rest} = asked
    return ask(target.url, method, path, {
      as: anonymous ? 'nobody' : {authorization: `Bearer ${target.token}`},
      ...rest,
      headers: {
        origin: new URL(target.url).origin,
        ...(target.org === undefined ? {} : {'x-molecule-org-id': target.org}),
        ...rest.headers,
      },
    })
  }

  test('health is JSON, to anybody', async () => {
    expect(await call('GET', '/health', {anonymous: true})).toMatchObject({status: 200, json: {status: 'ok'}})
  })

  test('the list of workspaces is a bare array of rows with id, name, status and uptime', async () => {
    const told = await call('GET', '/workspaces')
    expect(told.status).toBe(200)
    expect(told.json).toBeInstanceOf(Array)
    for (const row of bodyOf<Record<string, unknown>[]>(told)) {
      expect(row).toMatchObject({id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: expect.any(String)})
      expect(row['uptime_seconds']).toEqual(expect.any(Number))
    }
  })

  test('the list is refused to strangers, with a body that says why', async () => {
    expect(await call('GET', '/workspaces', {as: 'stranger'})).toMatchObject({
      status: 401,
      json: {error: 'invalid admin auth token'},
    })
  })

  test('a workspace’s routes are refused to strangers', async () => {
    expect(await call('GET', `/workspaces/${ID.unknown}/secrets`, {as: 'stranger'})).toMatchObject({
      status: 401,
      json: {error: 'invalid workspace auth token'},
    })
  })

  test('an unknown workspace is 404 (401 through the hosted edge)', async () => {
    const told = await call('GET', `/workspaces/${ID.unknown}`)
    expect([404, 401]).toContain(told.status)
    expect(told.json).toMatchObject({error: told.status === 404 ? 'workspace not found' : TEXT})
  })

  test('the secrets of an unknown workspace are the global ones', async () => {
    const told = await call('GET', `/workspaces/${ID.unknown}/secrets`)
    expect(told.status).toBe(200)
    for (const row of bodyOf<Record<string, unknown>[]>(told)) expect(row).toMatchObject({scope: 'global'})
  })

  test('the global secrets are a bare array of rows with a key', async () => {
    const told = await call('GET', '/settings/secrets')
    expect(told.status).toBe(200)
    expect(told.json).toBeInstanceOf(Array)
    for (const row of bodyOf<Record<string, unknown>[]>(told)) expect(row).toMatchObject({key: expect.any(String)})
  })

  test('the global secrets are refused to strangers', async () => {
    expect(await call('GET', '/settings/secrets', {as: 'stranger'})).toMatchObject({status: 401})
  })

  test('an upper-case id is refused by the secrets routes', async () => {
    const told = await call('GET', `/workspaces/${ID.unknown.toUpperCase()}/secrets`)
    expect(told).toMatchObject({status: 400, json: {error: 'invalid workspace ID'}})
  })

  test('the wrong body of the old runbook is refused for an unknown workspace', async () => {
    const told = await call('POST', `/workspaces/${ID.unknown}/secrets`, {json: {GITEA_TOKEN: 'not-a-token'}})
    expect(told).toMatchObject({status: 400, json: {error: 'invalid request body'}})
  })

  test('an unknown workspace has no approvals, schedules or activity, and is not restarted', async () => {
    for (const sub of ['approvals', 'schedules', 'activity']) {
      expect(await call('GET', `/workspaces/${ID.unknown}/${sub}`)).toMatchObject({status: 200, json: []})
    }
    expect(await call('POST', `/workspaces/${ID.unknown}/restart`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('every answer tells the rate limit and the time', async () => {
    const {headers} = await call('GET', '/health', {anonymous: true})
    expect(headers).toHaveProperty('x-ratelimit-limit')
    expect(Number.isNaN(Date.parse(String(headers['date'])))).toBe(false)
  })
})
