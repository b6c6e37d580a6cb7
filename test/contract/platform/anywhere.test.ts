import {readFileSync} from 'node:fs'
import {afterAll, beforeEach, describe, expect, test} from 'vitest'
import {namedBy} from '../environment.ts'
import {given} from './given.ts'
import {ask, bodyOf, start, STRANGER, UNKNOWN, VARIANTS, type Asked, type Told} from './target.ts'

/**
 * Cases that are safe on a server in use: reads, and requests that it refuses before any effect. They run wherever the
 * others run, and where `PATROL_CONTRACT_PLATFORM_URL` is set without a hook against that server too, with an admin or
 * org token from `PATROL_CONTRACT_PLATFORM_ADMIN_TOKEN_FILE` and `PATROL_CONTRACT_PLATFORM_ORG_ID` where the server wants
 * one.
 */
const TEXT: unknown = expect.any(String)

interface Place {
  name: string
  open: () => Promise<{url: string; token: string; headers: Record<string, string>; close(): Promise<void>}>
}

const places: Place[] = VARIANTS.map((variant) => ({
  name: variant.name,
  async open() {
    const at = await start(variant)
    return {url: at.url, token: at.bearers.admin, headers: at.headers, close: async () => at[Symbol.asyncDispose]()}
  },
}))

const {PLATFORM_URL, PLATFORM_ADMIN_TOKEN_FILE: file, PLATFORM_ORG_ID: org} = namedBy(process.env)
const url = PLATFORM_URL?.replace(/\/+$/, '')
if (url !== undefined && file !== undefined && !given) {
  places.push({
    name: 'server in use',
    async open() {
      const headers = {origin: new URL(url).origin, ...(org !== undefined && {'x-molecule-org-id': org})}
      return {url, token: readFileSync(file, 'utf8').trim(), headers, close: async () => {}}
    },
  })
}

describe.each(places)('safe anywhere, on the $name', ({open}) => {
  let place: Awaited<ReturnType<Place['open']>> | undefined
  // In a test's own time, so that what a given server can't be is skipped with the hook's reason.
  beforeEach(async () => {
    place ??= await open()
  })
  afterAll(() => place?.close())

  function call(method: 'GET' | 'POST', path: string, asked: Asked = {}): Promise<Told> {
    const {url: base, token, headers} = place!
    const bearers = {admin: token, org: token, own: token, other: token, concierge: token, stranger: STRANGER}
    return ask({url: base, bearers}, method, path, {...asked, headers: {...headers, ...asked.headers}})
  }

  test('health is JSON, to anybody', async () => {
    expect(await call('GET', '/health', {as: 'nobody'})).toMatchObject({status: 200, json: {status: 'ok'}})
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
    expect(await call('GET', `/workspaces/${UNKNOWN}/secrets`, {as: 'stranger'})).toMatchObject({
      status: 401,
      json: {error: 'invalid workspace auth token'},
    })
  })

  test('an unknown workspace is 404 (401 through the hosted edge)', async () => {
    const told = await call('GET', `/workspaces/${UNKNOWN}`)
    expect([404, 401]).toContain(told.status)
    expect(told.json).toMatchObject({error: told.status === 404 ? 'workspace not found' : TEXT})
  })

  test('the secrets of an unknown workspace are the global ones', async () => {
    const told = await call('GET', `/workspaces/${UNKNOWN}/secrets`)
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
    const told = await call('GET', `/workspaces/${UNKNOWN.toUpperCase()}/secrets`)
    expect(told).toMatchObject({status: 400, json: {error: 'invalid workspace ID'}})
  })

  test('the wrong body of the old runbook is refused for an unknown workspace', async () => {
    const told = await call('POST', `/workspaces/${UNKNOWN}/secrets`, {json: {GITEA_TOKEN: 'not-a-token'}})
    expect(told).toMatchObject({status: 400, json: {error: 'invalid request body'}})
  })

  test('an unknown workspace has no approvals, schedules or activity, and is not restarted', async () => {
    for (const sub of ['approvals', 'activity']) {
      expect(await call('GET', `/workspaces/${UNKNOWN}/${sub}`)).toMatchObject({status: 200, json: []})
    }
    // Where schedules live in the runtime, a workspace has to be there for that.
    const schedules = await call('GET', `/workspaces/${UNKNOWN}/schedules`)
    expect(schedules.json).toEqual(schedules.status === 404 ? {error: 'workspace not found'} : [])
    expect(await call('POST', `/workspaces/${UNKNOWN}/restart`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('every answer tells the rate limit and the time', async () => {
    const {headers} = await call('GET', '/health', {as: 'nobody'})
    expect(headers).toHaveProperty('x-ratelimit-limit')
    expect(Number.isNaN(Date.parse(String(headers['date'])))).toBe(false)
  })
})
