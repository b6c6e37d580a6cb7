import {describe, expect, onTestFinished, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {Http} from '../../../src/http.ts'
import {PlatformClient} from '../../../src/platform/client.ts'
import {Secret} from '../../../src/secret.ts'
import {bench, html, ID, ORG, reset, row, TOKEN, type Reply} from './server.ts'

const limited = {status: 429, json: {error: 'rate limit exceeded', retry_after: 7}, headers: {'retry-after': '7'}}
const outage = {status: 503, json: {error: 'platform datastore unavailable', code: 'platform_unavailable'}}
const rejected = {status: 401, json: {error: 'invalid workspace auth token'}}

describe('every request', () => {
  test('carries bearer, organisation and the origin of the base URL', async () => {
    await using at = await bench([{json: []}], {orgId: ORG.toUpperCase()})
    await at.client.list()
    expect(at.got[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      'x-molecule-org-id': ORG,
      origin: at.url,
    })
  })

  test('names no organisation where none is configured, and never a caller', async () => {
    await using at = await bench([{json: {status: 'saved', key: 'K'}}])
    await at.client.putSecret(ID, 'K', new Secret('made-up'))
    expect(Object.keys(at.got[0]?.headers ?? {})).not.toContain('x-molecule-org-id')
    expect(Object.keys(at.got[0]?.headers ?? {})).not.toContain('x-workspace-id')
  })
})

describe('an answer that is not the API’s', () => {
  test.each<[string, Reply, string, string]>([
    ['HTML with 200', html, 'PLATFORM_NOT_JSON', 'a web page'],
    ['an empty 404', {status: 404}, 'TENANT_HEADER_MISSING', 'X-Molecule-Org-Id'],
    [
      'a text 404',
      {status: 404, text: '404 page not found', headers: {'content-type': 'text/plain'}},
      'PLATFORM_NOT_JSON',
      'not JSON',
    ],
    ['an empty 403', {status: 403}, 'PLATFORM_NOT_JSON', 'origin'],
    ['a redirect', {status: 301, headers: {location: '/elsewhere'}}, 'PLATFORM_NOT_JSON', 'redirect'],
    [
      'JSON text without its type',
      {text: '[]', headers: {'content-type': 'text/plain'}},
      'PLATFORM_NOT_JSON',
      'not JSON',
    ],
    [
      'the tenant error',
      {status: 400, json: {error: 'missing tenant routing header', code: 'TENANT_ORG_HEADER_REQUIRED'}},
      'TENANT_HEADER_MISSING',
      'X-Molecule-Org-Id',
    ],
    ['an empty 500', {status: 500}, 'PLATFORM_UNAVAILABLE', '500'],
    ['JSON that is no list', {json: {workspaces: []}}, 'PLATFORM_UNEXPECTED', 'no list'],
    ['a row without an id', {json: [row({id: 7})]}, 'PLATFORM_UNEXPECTED', 'not a workspace'],
  ])('is told apart: %s', async (_what, reply, code, said) => {
    await using at = await bench([reply])
    const error = await at.client.list().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpsError)
    expect(error).toMatchObject({code, message: expect.stringContaining(said)})
    if (!(error instanceof OpsError)) return
    expect(error.ref).toBe('docs/runbooks/platform-unreachable.md')
    expect(error.suggestions.length).toBeGreaterThan(0)
    expect(error.exit).toBe(5)
  })

  test('an empty 404 although the organisation was named puts that name in question', async () => {
    await using at = await bench([{status: 404}], {orgId: ORG})
    await expect(at.client.list()).rejects.toMatchObject({
      code: 'PLATFORM_NOT_JSON',
      message: expect.stringContaining('wrong organisation'),
    })
  })

  test('a redirect is not followed with our credential, not even on the same server', async () => {
    await using at = await bench({
      '/workspaces': {status: 301, headers: {location: '/elsewhere'}},
      '/elsewhere': {json: []},
    })
    await expect(at.client.list()).rejects.toMatchObject({code: 'PLATFORM_NOT_JSON'})
    expect(at.got.map((got) => got.path)).toEqual(['/workspaces'])
  })
})

describe('patience', () => {
  test('a rate limit is waited out as long as it asks, at least a second', async () => {
    await using at = await bench([limited, {...limited, headers: {'retry-after': '0'}}, {json: []}])
    expect(await at.client.list()).toEqual([])
    expect(at.pauses).toEqual([7000, 1000])
  })

  test('a limit that asks for more than the window is reported instead', async () => {
    await using at = await bench([{...limited, headers: {'retry-after': '3600'}}])
    await expect(at.client.list()).rejects.toMatchObject({code: 'PLATFORM_RATE_LIMITED', exit: 5})
    expect(at.pauses).toEqual([])
  })

  test('a write turned away by the limiter goes out again, for it had no effect', async () => {
    await using at = await bench([limited, {json: {status: 'saved', key: 'K'}}])
    expect(await at.client.putSecret(ID, 'K', new Secret('made-up'))).toEqual({kind: 'saved'})
  })

  test('a 401 is believed the second time', async () => {
    await using at = await bench([rejected])
    await expect(at.client.secretRow(ID, 'K')).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED', exit: 4})
    expect(at.got).toHaveLength(2)
    expect(at.pauses[0]).toBeGreaterThanOrEqual(1000)
  })

  test('one 401 from a hiccup is forgiven, to a write as well', async () => {
    await using at = await bench([rejected, {json: {status: 'saved', key: 'K'}}])
    expect(await at.client.putSecret(ID, 'K', new Secret('made-up'))).toEqual({kind: 'saved'})
  })

  test('a database outage is waited out with growing pauses, then reported', async () => {
    await using at = await bench([outage, outage, {json: []}])
    expect(await at.client.list()).toEqual([])
    expect(at.pauses).toEqual([1000, 2000])
    await using gone = await bench([outage])
    await expect(gone.client.list()).rejects.toMatchObject({code: 'PLATFORM_UNAVAILABLE', exit: 5})
  })

  test('a read whose connection breaks is tried again', async () => {
    await using at = await bench([reset, reset, {json: [row()]}])
    expect(await at.client.list()).toHaveLength(1)
    expect(at.got).toHaveLength(3)
  })
})

const page = (status: number): Reply => ({status, headers: {'content-type': 'text/html'}, text: '<html>no</html>'})

/** Every write that the client has. */
const WRITES: ((client: PlatformClient) => Promise<unknown>)[] = [
  (client) => client.putSecret(ID, 'K', new Secret('made-up')),
  (client) => client.restart(ID),
  (client) => client.create('agent-new', {}, {key: 'K', value: new Secret('made-up')}),
  (client) => client.mintWorkspaceToken(ID),
  (client) => client.revokeWorkspaceToken(ID, 'row-1'),
  (client) => client.createSchedule(ID, {name: 'n', cron: '* * * * *', prompt: 'p'}),
  (client) => client.deleteSchedule(ID, 's'),
]

describe('no usable answer', () => {
  test('from nowhere is unreachable, also for a write: nothing was sent', async () => {
    const http = new Http({baseUrl: 'http://127.0.0.1:9', userAgent: 'patrol-test'})
    const client = new PlatformClient({http, token: new Secret(TOKEN), clock: {now: Date.now, sleep: async () => {}}})
    await expect(client.list()).rejects.toMatchObject({code: 'PLATFORM_UNREACHABLE', exit: 5})
    await expect(client.restart(ID)).rejects.toMatchObject({code: 'PLATFORM_UNREACHABLE', exit: 5})
    await http.close()
  })

  test.each<[string, Reply]>([
    ['the connection broke', reset],
    ['a web page says that all is well', html],
    ['a page forbids it', page(403)],
    ['a page knows no such route', page(404)],
    ['a redirect', {status: 302, headers: {location: '/login'}}],
    ['an empty success', {status: 204}],
    ['an empty 404', {status: 404}],
    ['a success in text', {status: 200, text: 'OK', headers: {'content-type': 'text/plain'}}],
    ['a success of another kind', {json: {ok: true}}],
    ['a 401 of a gateway', {status: 401, json: {message: 'No API key found in request'}}],
    ['a 401 that borrows the form', {status: 401, json: {error: 'Unauthorized'}}],
    ['a 404 of a gateway', {status: 404, json: {message: 'no Route matched with those values'}}],
    ['a 403 of a gateway', {status: 403, json: {error: 'Forbidden'}}],
    ['a 429 of nobody knows whom', {status: 429, json: {message: 'API rate limit exceeded'}}],
    ['a 429 of a gateway', {status: 429, json: {error: 'API rate limit exceeded', retry_after: 1}}],
    ['a 429 without a body', {status: 429, headers: {'retry-after': '1'}}],
    ['a proxy timed out', {status: 504, headers: {'content-type': 'text/html'}, text: '<html>gateway</html>'}],
    ['the server panicked', {status: 500}],
    [
      'the body broke off',
      (response) => {
        response.writeHead(200, {'content-type': 'application/json', 'content-length': '100'})
        response.write('{"status"')
        setTimeout(() => response.socket?.destroy(), 20)
      },
    ],
  ])('to a write leaves it in doubt, and it is sent once: %s', async (_why, reply) => {
    for (const write of WRITES) {
      await using at = await bench([reply])
      await expect(write(at.client)).rejects.toMatchObject({code: 'WRITE_IN_DOUBT', exit: 7})
      expect(at.got).toHaveLength(1)
    }
  })

  test('because of Ctrl-C is an interrupt to a read and a doubt to a write', async () => {
    for (const [act, code] of [
      ['list', 'INTERRUPTED'],
      ['restart', 'WRITE_IN_DOUBT'],
    ] as const) {
      const stop = new AbortController()
      await using at = await bench([() => stop.abort()], {signal: stop.signal})
      await expect(act === 'list' ? at.client.list() : at.client.restart(ID)).rejects.toMatchObject({code})
    }
  })

  test('while waiting out a rate limit is an interrupt', async () => {
    const stop = new AbortController()
    const busy = {status: 429, headers: {'retry-after': '30'}, json: {error: 'rate limit exceeded', retry_after: 30}}
    await using at = await bench([busy])
    const http = new Http({baseUrl: at.url, userAgent: 'patrol-test'})
    onTestFinished(() => http.close())
    const sleep = async (_ms: number, signal?: AbortSignal) => {
      stop.abort()
      signal?.throwIfAborted()
    }
    const clock = {now: Date.now, sleep}
    const client = new PlatformClient({http, token: new Secret(TOKEN), signal: stop.signal, clock})
    await expect(client.restart(ID)).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(at.got).toHaveLength(1)
  })
})

describe('no error', () => {
  test('shows a token or a value', async () => {
    const value = 'f'.repeat(32) + '00000009'
    const replies: Reply[] = [rejected, html, reset, {status: 400, json: {error: 'invalid request body'}}]
    for (const reply of replies) {
      await using at = await bench([reply])
      const error = await at.client.putSecret(ID, 'K', new Secret(value)).catch((thrown: unknown) => thrown)
      const shown = `${String(error)} ${JSON.stringify(error, Object.getOwnPropertyNames(error))}`
      expect(error).toBeInstanceOf(OpsError)
      expect(shown).not.toContain(value)
      expect(shown).not.toContain(TOKEN)
    }
  })
})
