import {describe, expect, test} from 'vitest'
import {bench, ID, ORG, OTHER, row, type Reply} from './server.ts'

const DATE = 'Sun, 22 Nov 2026 12:00:05 GMT'
const missing = {status: 404, json: {error: 'workspace not found'}}

describe('resolving a workspace', () => {
  test('takes a UUID in any case and asks in lower case', async () => {
    await using at = await bench({[`/workspaces/${ID.replaceAll('1', 'a')}`]: {json: row()}})
    expect((await at.client.resolve(ID.replaceAll('1', 'A'))).id).toBe(ID)
    expect(at.got.map((got) => got.path)).toEqual([`/workspaces/${ID.replaceAll('1', 'a')}`])
  })

  test('takes the one workspace of exactly this name', async () => {
    await using at = await bench([{json: [row({id: OTHER, name: 'Agent-Dev-A'}), row()]}])
    expect((await at.client.resolve('agent-dev-a')).id).toBe(ID)
  })

  test('names the nearest where there is none', async () => {
    await using at = await bench([{json: [row(), row({id: OTHER, name: 'reviewer'})]}])
    await expect(at.client.resolve('agent-dev-q')).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
      suggestions: [expect.stringContaining('agent-dev-a')],
      exit: 2,
    })
  })

  test('is looked for again where the list is empty, and then not any more', async () => {
    await using at = await bench([{json: []}, {json: [row()]}])
    expect(await at.client.resolve(String(row()['name']))).toMatchObject({id: ID})
    await using none = await bench([{json: []}])
    expect([await none.client.list(), none.got.length]).toEqual([[], 2])
  })

  test('lists the ids where there are several', async () => {
    await using at = await bench([{json: [row(), row({id: OTHER})]}])
    const error = await at.client.resolve('agent-dev-a').catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'WORKSPACE_AMBIGUOUS', exit: 2})
    expect(String(error)).toContain(ID)
    expect(String(error)).toContain(OTHER)
  })

  test('does not know a UUID that the platform does not know', async () => {
    await using at = await bench([missing])
    await expect(at.client.resolve(ID)).rejects.toMatchObject({code: 'WORKSPACE_NOT_FOUND'})
  })
})

describe('all workspaces in short', () => {
  test('say what a fleet has to know of each, and nothing else is kept', async () => {
    const failed = row({
      id: OTHER,
      status: 'failed',
      kind: 'platform',
      runtime: 'external',
      last_sample_error: 'no image',
    })
    await using at = await bench([{json: [row(), failed]}])
    expect(await at.client.listBriefly()).toEqual([
      {
        id: ID,
        name: 'agent-dev-a',
        status: 'online',
        kind: undefined,
        runtime: 'claude-code',
        lastSampleError: undefined,
      },
      {
        id: OTHER,
        name: 'agent-dev-a',
        status: 'failed',
        kind: 'platform',
        runtime: 'external',
        lastSampleError: 'no image',
      },
    ])
  })

  test.each([
    ['a row that is no workspace', [row(), {id: 7}]],
    ['no list', {workspaces: []}],
  ])('%s is no answer', async (_, json) => {
    await using at = await bench([{json}])
    await expect(at.client.listBriefly()).rejects.toMatchObject({category: 'unavailable'})
  })

  test('a server that answers nothing but errors says so as ever', async () => {
    await using at = await bench([
      {status: 401, json: {error: 'invalid admin auth token'}},
      {status: 401, json: {error: 'invalid admin auth token'}},
    ])
    await expect(at.client.listBriefly()).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
  })
})

describe('reading a workspace', () => {
  test('gives what the release has, and leaves the rest undefined', async () => {
    await using at = await bench([{json: row({runtime: 'langgraph'}), headers: {date: DATE}}])
    expect(await at.client.read(ID)).toEqual({
      id: ID,
      name: 'agent-dev-a',
      status: 'online',
      runtime: 'langgraph',
      kind: undefined,
      parentId: undefined,
      activeTasks: 0,
      uptimeSeconds: 90,
      url: 'http://agent.example.test',
      lastSampleError: undefined,
      serverTime: Date.parse(DATE),
    })
  })

  test('gives no uptime where none is told, which is neither young nor old', async () => {
    await using at = await bench([{json: row({uptime_seconds: null})}])
    expect(await at.client.read(ID)).toMatchObject({uptimeSeconds: Number.NaN})
  })

  test('gives the newer fields where they are, and ignores those nobody needs', async () => {
    const json = row({kind: 'platform', parent_id: ORG, compute: {x: 1}})
    await using at = await bench([{json}])
    const read = await at.client.read(ID)
    expect(read).toMatchObject({kind: 'platform', parentId: ORG})
    expect(read).not.toHaveProperty('compute')
  })

  test('adds the last error from the admin list when asked', async () => {
    await using at = await bench({
      [`/workspaces/${ID}`]: {json: row({status: 'failed'})},
      '/workspaces': {json: [row({last_sample_error: 'image not found'})]},
    })
    expect(await at.client.read(ID, {detail: true})).toMatchObject({
      status: 'failed',
      lastSampleError: 'image not found',
    })
  })

  test('does without the admin list where our token may not read it', async () => {
    await using at = await bench({
      [`/workspaces/${ID}`]: {json: row()},
      '/workspaces': {status: 401, json: {error: 'admin auth required'}},
    })
    expect(await at.client.read(ID, {detail: true})).toMatchObject({status: 'online', lastSampleError: undefined})
  })

  test('finds a removed workspace behind the newest releases’ 410', async () => {
    await using at = await bench([
      {status: 410, json: {error: 'workspace removed', id: ID}},
      {json: row({status: 'removed'})},
    ])
    expect((await at.client.read(ID)).status).toBe('removed')
    expect(at.got[1]?.path).toBe(`/workspaces/${ID}?include_removed=true`)
  })
})

describe('events', () => {
  test('come with their payload, newest first as given', async () => {
    const json = [
      {
        id: 'e2',
        event_type: 'WORKSPACE_ONLINE',
        workspace_id: ID,
        payload: {url: 'x'},
        created_at: '2026-11-22T12:00:01Z',
      },
      {
        id: 'e1',
        event_type: 'WORKSPACE_PROVISIONING',
        workspace_id: ID,
        payload: null,
        created_at: '2026-11-22T12:00:00Z',
      },
    ]
    await using at = await bench([{json}])
    expect(await at.client.events(ID)).toEqual([
      {id: 'e2', type: 'WORKSPACE_ONLINE', createdAt: '2026-11-22T12:00:01Z', payload: {url: 'x'}},
      {id: 'e1', type: 'WORKSPACE_PROVISIONING', createdAt: '2026-11-22T12:00:00Z', payload: {}},
    ])
    expect(at.got[0]?.path).toBe(`/events/${ID}`)
  })

  test('that our token may not read are asked for once', async () => {
    await using at = await bench([{status: 401, json: {error: 'invalid admin auth token'}}])
    expect(await at.client.events(ID)).toBeUndefined()
    expect(await at.client.events(ID)).toBeUndefined()
    expect(at.got).toHaveLength(1)
  })
})

describe('restarting', () => {
  test('is one POST without a body, and gives the server’s time', async () => {
    const reply = {
      json: {status: 'provisioning', config_dir: 'existing-volume', reset_session: false},
      headers: {date: DATE},
    }
    await using at = await bench([reply])
    expect(await at.client.restart(ID.toUpperCase())).toEqual({kind: 'accepted', serverTime: Date.parse(DATE)})
    expect(at.got).toMatchObject([{method: 'POST', path: `/workspaces/${ID}/restart`, body: ''}])
  })

  test('that the platform skips is told as such', async () => {
    await using at = await bench([{json: {status: 'noop', runtime: 'external', message: 'nothing to do'}}])
    expect(await at.client.restart(ID)).toEqual({kind: 'noop', runtime: 'external', message: 'nothing to do'})
  })

  test.each<[Reply, string, number]>([
    [missing, 'WORKSPACE_NOT_FOUND', 2],
    [{status: 409, json: {error: 'parent workspace "team" is paused — resume it first'}}, 'RESTART_BLOCKED', 6],
    [{status: 503, json: {error: 'provisioner not available'}}, 'RESTART_UNAVAILABLE', 5],
    [{status: 503, json: {error: 'upstream timed out'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 500, json: {error: 'lookup failed'}}, 'PLATFORM_UNAVAILABLE', 5],
    [{status: 400, json: {error: 'invalid JSON body'}}, 'PLATFORM_UNEXPECTED', 5],
    [{status: 200, json: {status: 'ok'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 202, json: {status: 'provisioning'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 502, json: {error: 'upstream'}}, 'WRITE_IN_DOUBT', 7],
  ])('answered %j is %s', async (reply, code, exit) => {
    await using at = await bench([reply])
    await expect(at.client.restart(ID)).rejects.toMatchObject({code, exit})
    expect(at.got).toHaveLength(1)
  })
})

describe('telling the release', () => {
  test('from what newer servers say of themselves', async () => {
    await using at = await bench({
      '/workspaces': {json: [row({kind: 'workspace'})]},
      '/buildinfo': {json: {git_sha: 'abc1234'}},
      '/org/identity': {json: {name: 'agents-team'}},
    })
    expect(await at.client.release(await at.client.list())).toEqual({
      gitSha: 'abc1234',
      organisation: 'agents-team',
      kinds: 'yes',
    })
  })

  test('from what older ones lack, the web app’s page included', async () => {
    const page: Reply = {headers: {'content-type': 'text/html'}, text: '<html></html>'}
    await using at = await bench({'/workspaces': {json: [row()]}, '/buildinfo': page})
    expect(await at.client.release(await at.client.list())).toEqual({
      gitSha: undefined,
      organisation: undefined,
      kinds: 'no',
    })
    expect((await at.client.release()).kinds).toBe('unknown')
  })

  const built: Reply = {json: {git_sha: 'abc1234'}}
  test.each<[string, Record<string, Reply>, boolean]>([
    ['april, a page', {'/buildinfo': {headers: {'content-type': 'text/html'}, text: '<html></html>'}}, false],
    ['april, no such route', {'/buildinfo': {status: 404, json: {error: 'not found'}}}, false],
    ['june02, either way', {'/buildinfo': built}, true],
    ['a later one in Docker', {'/buildinfo': built, '/org/identity': {json: {name: '', org_id: ''}}}, true],
    ['a later hosted one', {'/buildinfo': built, '/org/identity': {json: {name: 'a', org_id: 'O-1'}}}, false],
    ['a gateway', {'/buildinfo': {json: {status: 'ok'}}}, true],
    ['a server in trouble', {'/buildinfo': {status: 500, json: {error: 'boom'}}}, true],
  ])('that may keep secrets from processes: %s', async (_, replies, may) => {
    await using at = await bench({'/org/identity': {status: 404, json: {error: 'not found'}}, ...replies})
    expect(await at.client.mayWithhold()).toBe(may)
  })

  test('an error about a name is no name', async () => {
    await using at = await bench({'/org/identity': {status: 404, json: {name: 'NotFound'}}})
    expect((await at.client.release()).organisation).toBeUndefined()
  })

  test('health shows the clocks’ difference', async () => {
    await using at = await bench({'/health': {json: {status: 'ok'}, headers: {date: DATE}}})
    expect(await at.client.health()).toMatchObject({url: at.url, clockSkewMs: 5000})
  })

  test('a web page is not health', async () => {
    await using at = await bench({'/health': {headers: {'content-type': 'text/html'}, text: '<html></html>'}})
    await expect(at.client.health()).rejects.toMatchObject({code: 'PLATFORM_NOT_JSON'})
  })
})
