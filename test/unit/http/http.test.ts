import {getEventListeners} from 'node:events'
import type {ServerResponse} from 'node:http'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Http, oneTimeCode, TransportError, type HttpRequest, type HttpOptions} from '../../../src/http.ts'
import {redact, Secret} from '../../../src/secret.ts'
import {selfSigned} from '../../support/certificate.ts'
import {json, serve} from '../../support/loopback.ts'

const TOKEN = new Secret(`${'a'.repeat(32)}00000001`)

function client(baseUrl: string, options: Partial<HttpOptions> = {}): Http {
  const http = new Http({baseUrl, userAgent: 'patrol-test', ...options})
  onTestFinished(() => http.close())
  return http
}

async function failure(http: Http, ask: Partial<HttpRequest> = {}): Promise<TransportError> {
  const error: unknown = await http.request({method: 'GET', path: '/x', ...ask}).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TransportError) return error
  throw new Error('the request did not fail in transport', {cause: error})
}

describe('what goes over the wire', () => {
  test('keeps the path prefix, encodes the query and leaves undefined parameters out', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}))
    const http = client(`${server.url}/gitea/`)
    const began = performance.now()
    const answer = await http.request({method: 'GET', path: '/api/v1/x', query: {q: 'a b', page: 2, no: undefined}})
    expect(answer.ms).toBeLessThanOrEqual(performance.now() - began)
    expect(server.got[0]?.path).toBe('/gitea/api/v1/x?q=a+b&page=2')
    expect(answer.path).toBe('/api/v1/x?q=a+b&page=2')
    expect(http.url).toBe(`${server.url}/gitea`)
  })

  test.each([
    {auth: {kind: 'token', value: TOKEN} as const, header: `token ${'a'.repeat(32)}00000001`},
    {auth: {kind: 'bearer', value: TOKEN} as const, header: `Bearer ${'a'.repeat(32)}00000001`},
    {
      auth: {kind: 'basic', user: 'bob', password: new Secret('not-a-real-password')} as const,
      header: 'Basic Ym9iOm5vdC1hLXJlYWwtcGFzc3dvcmQ=',
    },
  ])('sends a $auth.kind credential', async ({auth, header}) => {
    await using server = await serve((_request, response) => json(response, 200, {}))
    await client(server.url).request({method: 'GET', path: '/x', auth})
    expect(server.got[0]?.headers.authorization).toBe(header)
  })

  test('sends a one-time code beside Basic, and the redactor knows the header', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}))
    const auth = {
      kind: 'basic',
      user: 'eve',
      password: new Secret('not-a-real-password'),
      otp: new Secret('123456'),
    } as const
    await client(server.url).request({method: 'GET', path: '/x', auth})
    expect(server.got[0]?.headers['x-gitea-otp']).toBe('123456')
    expect(redact(`seen: ${server.got[0]?.headers.authorization}`)).toBe('seen: Basic [secret]')
  })

  test('sends JSON with its type, and states that a write without body has none', async () => {
    await using server = await serve((_request, response) => json(response, 201, {}))
    const http = client(server.url)
    await http.request({method: 'POST', path: '/x', json: {name: 'ü'}})
    await http.request({method: 'PUT', path: '/x'})
    expect(server.got[0]).toMatchObject({body: '{"name":"ü"}', headers: {'content-type': 'application/json'}})
    expect(server.got[1]?.headers['content-length']).toBe('0')
    expect(server.got[1]?.headers['content-type']).toBeUndefined()
  })

  test.each(['two words', 'line\nbreak', ''])(
    'refuses a credential that cannot stand in a header: %j',
    async (value) => {
      await using server = await serve((_request, response) => json(response, 200, {}))
      const asked = client(server.url).request({
        method: 'GET',
        path: '/x',
        auth: {kind: 'bearer', value: new Secret(value)},
      })
      await expect(asked).rejects.toMatchObject({
        code: 'CREDENTIAL_MALFORMED',
        category: 'usage',
        suggestions: ['check that its file or variable holds exactly one line'],
      })
      expect(server.got).toEqual([])
    },
  )

  test('sends nothing that no Gitea hands out as a token', async () => {
    await using server = await serve((_request, response) => json(response, 401, {message: 'invalid'}))
    const value = new Secret(`"${'0f'.repeat(20)}"`)
    const asked = client(server.url).request({method: 'GET', path: '/x', auth: {kind: 'token', value}})
    await expect(asked).rejects.toMatchObject({code: 'TOKEN_MALFORMED', exit: 2})
    expect(server.got).toEqual([])
  })

  test('reports each request on the wire, repetitions and redirects included', async () => {
    let calls = 0
    await using server = await serve((request, response) => {
      if (request.url === '/moved') return void response.writeHead(307, {location: '/here'}).end()
      return ++calls === 1 ? void response.writeHead(503).end() : json(response, 200, {})
    })
    const seen: string[] = []
    const http = client(server.url, {onRequest: ({method, path}) => seen.push(`${method} ${path}`)})
    await http.request({method: 'GET', path: '/moved'})
    expect(seen).toEqual(Array.from({length: 4}, () => 'GET /moved'))
    expect(server.got.map(({path}) => path)).toEqual(['/moved', '/here', '/moved', '/here'])
  })
})

describe('answers', () => {
  test('parses JSON only where the server says it is JSON', async () => {
    await using server = await serve((request, response) => {
      const type = request.url === '/json' ? 'application/json;charset=utf-8' : 'text/plain'
      response.writeHead(200, {'content-type': type, date: 'Sun, 22 Nov 2026 03:00:00 GMT'}).end('{"a":1}')
    })
    const http = client(server.url)
    const said = await http.request({method: 'GET', path: '/json'})
    const text = await http.request({method: 'GET', path: '/text'})
    expect([said.isJson, said.json(), said.contentType]).toEqual([true, {a: 1}, 'application/json'])
    expect([text.isJson, text.json(), text.text]).toEqual([false, undefined, '{"a":1}'])
    expect(said.date).toBe(Date.UTC(2026, 10, 22, 3))
  })

  test('does not take broken JSON for JSON', async () => {
    await using server = await serve(
      (_request, response) => void response.writeHead(200, {'content-type': 'application/json'}).end('{"a":'),
    )
    const answer = await client(server.url).request({method: 'GET', path: '/x'})
    expect([answer.isJson, answer.json()]).toEqual([false, undefined])
  })

  test('follows redirects of a GET on the same origin, three at most', async () => {
    await using server = await serve((request, response) => {
      const hop = Number(request.url?.slice(2))
      if (hop === 0) json(response, 200, {})
      else response.writeHead([301, 302, 307, 308][hop % 4]!, {location: `/r${hop - 1}`}).end()
    })
    const http = client(server.url)
    expect((await http.request({method: 'GET', path: '/r3'})).status).toBe(200)
    expect((await http.request({method: 'GET', path: '/r4'})).status).toBe(302)
    expect((await http.request({method: 'GET', path: '/r1', redirects: 0})).status).toBe(302)
  })

  test('hands a redirect of a write back and follows none', async () => {
    await using server = await serve((_request, response) => void response.writeHead(307, {location: '/there'}).end())
    const answer = await client(server.url).request({method: 'POST', path: '/x', json: {}})
    expect([answer.status, answer.headers['location'], server.got.length]).toEqual([307, '/there', 1])
  })

  test.each([[{}], [{location: 'http://[bad'}]])('hands back a redirect that leads nowhere: %o', async (headers) => {
    await using server = await serve((_request, response) => void response.writeHead(302, headers).end())
    expect((await client(server.url).request({method: 'GET', path: '/x'})).status).toBe(302)
    expect(server.got).toHaveLength(1)
  })

  test('reads as many bytes as are allowed, and not one more', async () => {
    await using server = await serve((_request, response) => json(response, 200, [1, 2, 3]))
    const bytes = '[1,2,3]\n'.length
    const ask = {method: 'GET', path: '/x'}
    expect((await client(server.url, {maxBytes: bytes}).request(ask)).json()).toEqual([1, 2, 3])
    expect((await client(server.url, {maxBytes: 1}).request({...ask, maxBytes: bytes})).json()).toEqual([1, 2, 3])
    expect(await failure(client(server.url, {maxBytes: bytes - 1}))).toMatchObject({kind: 'too-large', sent: true})
    expect(await failure(client(server.url), {maxBytes: bytes - 1})).toMatchObject({kind: 'too-large'})
  })

  test('never follows to another origin', async () => {
    await using other = await serve((_request, response) => json(response, 200, {}))
    await using server = await serve(
      (_request, response) => void response.writeHead(302, {location: `${other.url}/login`}).end(),
    )
    const answer = await client(server.url).request({method: 'GET', path: '/x', auth: {kind: 'token', value: TOKEN}})
    expect([answer.status, server.got.length, other.got.length]).toEqual([302, 1, 0])
  })
})

describe('repetition', () => {
  test.each([429, 502, 503, 504])('tries a GET again after %i', async (status) => {
    let calls = 0
    await using server = await serve((_request, response) =>
      ++calls < 3 ? void response.writeHead(status, {'retry-after': '0'}).end() : json(response, 200, {}),
    )
    expect((await client(server.url).request({method: 'GET', path: '/x'})).status).toBe(200)
    expect(calls).toBe(3)
  })

  test('tries a GET again after a reset', async () => {
    let calls = 0
    await using server = await serve((request, response) =>
      ++calls === 1 ? void request.socket.destroy() : json(response, 200, {}),
    )
    expect((await client(server.url).request({method: 'GET', path: '/x'})).status).toBe(200)
  })

  test('gives the answer back when Retry-After asks for more than the policy allows', async () => {
    await using server = await serve((_request, response) => void response.writeHead(429, {'retry-after': '60'}).end())
    const answer = await client(server.url).request({method: 'GET', path: '/x', retry: {attempts: 5, maxWaitMs: 1000}})
    expect([answer.status, server.got.length]).toEqual([429, 1])
  })

  test.each(['GET', 'HEAD', 'OPTIONS'])('tries a %s three times and then hands the answer back', async (method) => {
    await using server = await serve((_request, response) => void response.writeHead(503, {'retry-after': '0'}).end())
    expect((await client(server.url).request({method, path: '/x'})).status).toBe(503)
    expect(server.got).toHaveLength(3)
  })

  test('tries as often as the client, and before it the request itself, wants', async () => {
    await using server = await serve((_request, response) => void response.writeHead(503, {'retry-after': '0'}).end())
    const http = client(server.url, {retry: {attempts: 2, maxWaitMs: 0}})
    await http.request({method: 'GET', path: '/x'})
    await http.request({method: 'GET', path: '/y', retry: {attempts: 1, maxWaitMs: 0}})
    expect(server.got.map(({path}) => path)).toEqual(['/x', '/x', '/y'])
  })

  // Where the server asks for no wait, the pauses are 100, 200, 400 ms.
  test.each([
    [99, 1],
    [100, 2],
    [299, 2],
    [300, 3],
  ])(
    'of waiting no more than %i ms in all makes %i tries, after answers and resets alike',
    async (maxWaitMs, tries) => {
      await using busy = await serve((_request, response) => void response.writeHead(503).end())
      await using broken = await serve((request) => void request.socket.destroy())
      const retry = {attempts: 4, maxWaitMs}
      const [answer, error] = await Promise.all([
        client(busy.url).request({method: 'GET', path: '/x', retry}),
        failure(client(broken.url), {retry}),
      ])
      expect([answer.status, error.kind]).toEqual([503, 'reset'])
      expect([busy.got.length, broken.got.length]).toEqual([tries, tries])
    },
  )

  test('a reset is the end of the last try', async () => {
    await using server = await serve((request) => void request.socket.destroy())
    expect(await failure(client(server.url), {retry: {attempts: 2, maxWaitMs: 5000}})).toMatchObject({kind: 'reset'})
    expect(server.got).toHaveLength(2)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('never repeats a %s', async (method) => {
    await using busy = await serve((_request, response) => void response.writeHead(503, {'retry-after': '0'}).end())
    await using broken = await serve((request) => void request.socket.destroy())
    expect((await client(busy.url).request({method, path: '/x'})).status).toBe(503)
    expect(await failure(client(broken.url), {method})).toMatchObject({kind: 'reset', sent: true})
    expect([busy.got.length, broken.got.length]).toEqual([1, 1])
  })
})

describe('no usable answer', () => {
  test('nobody listens: unreachable, and nothing was sent', async () => {
    const server = await serve(() => undefined)
    await server[Symbol.asyncDispose]()
    const error = await failure(client(server.url), {method: 'POST'})
    expect(error).toMatchObject({kind: 'unreachable', sent: false})
    expect(error.message).toContain(`POST ${server.url}/x`)
  })

  test('a name that no resolver knows: dns, and nothing was sent', async () => {
    expect(await failure(client('https://patrol.invalid'), {method: 'POST'})).toMatchObject({kind: 'dns', sent: false})
  })

  test('a server that never answers: timeout within the time given, and it may have acted', async () => {
    await using server = await serve(() => undefined)
    const patient = new AbortController()
    let ended = false
    const other = failure(client(server.url), {timeoutMs: 14_000, signal: patient.signal}).then(() => (ended = true))
    expect(await failure(client(server.url), {method: 'POST', timeoutMs: 150})).toMatchObject({
      kind: 'timeout',
      sent: true,
      message: expect.stringContaining('within 0.15 s'),
    })
    expect(ended).toBe(false)
    patient.abort()
    await other
  })

  test('a body that drips for ever ends at the deadline too', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, {'content-type': 'application/json'})
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await failure(client(server.url), {timeoutMs: 200})).toMatchObject({kind: 'timeout', sent: true})
  })

  test('a request that waits for a free connection was not sent', async () => {
    await using server = await serve(() => undefined)
    const http = client(server.url, {connections: 1})
    const first = failure(http, {timeoutMs: 400})
    expect(await failure(http, {method: 'POST', timeoutMs: 100})).toMatchObject({kind: 'timeout', sent: false})
    expect(await first).toMatchObject({sent: true})
    expect(server.got).toHaveLength(1)
  })

  test('a request that was given up before a connection was free is never sent', async () => {
    const {promise: freed, resolve: free} = Promise.withResolvers<void>()
    await using server = await serve((request, response) => {
      void (request.method === 'GET' ? freed : undefined)?.then(() => response.end())
      if (request.method !== 'GET') response.end()
    })
    const http = client(server.url, {connections: 1})
    const first = http.request({method: 'GET', path: '/x'})
    const cancel = new AbortController()
    const cancelled = failure(http, {method: 'DELETE', signal: cancel.signal})
    expect(await failure(http, {method: 'POST', timeoutMs: 50})).toMatchObject({kind: 'timeout', sent: false})
    cancel.abort()
    expect(await cancelled).toMatchObject({kind: 'cancelled', sent: false})
    free()
    await first
    await http.request({method: 'PATCH', path: '/x'})
    expect(server.got.map(({method}) => method)).toEqual(['GET', 'PATCH'])
  })

  test('a reset before the headers is a reset, one after them a truncation', async () => {
    await using reset = await serve((request) => void request.socket.destroy())
    await using cut = await serve((_request, response) => {
      response.writeHead(201, {'content-length': '100', 'content-type': 'application/json'})
      response.write('{"sha1":"')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await failure(client(reset.url), {method: 'POST'})).toMatchObject({kind: 'reset', sent: true})
    expect(await failure(client(cut.url), {method: 'POST'})).toMatchObject({kind: 'truncated', sent: true})
  })

  test('an endless body is cut off', async () => {
    let written = 0
    await using server = await serve((_request, response) => {
      response.writeHead(200)
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536
        response.once('drain', pour)
      }
      pour()
    })
    expect(await failure(client(server.url), {maxBytes: 100_000})).toMatchObject({kind: 'too-large', sent: true})
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  test('Ctrl-C ends a request under way, and one that has not begun', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await serve((request) => void request.socket.on('close', () => closed.resolve()))
    const controller = new AbortController()
    const running = failure(client(server.url), {method: 'POST', signal: controller.signal})
    await expect.poll(() => server.got.length).toBe(1)
    controller.abort()
    expect(await running).toMatchObject({kind: 'cancelled', sent: true})
    await closed.promise
    expect(await failure(client(server.url), {method: 'POST', signal: controller.signal})).toMatchObject({
      kind: 'cancelled',
      sent: false,
    })
  })

  test('Ctrl-C ends the pause before a repetition', async () => {
    await using server = await serve((_request, response) => void response.writeHead(503, {'retry-after': '3'}).end())
    const controller = new AbortController()
    const running = failure(client(server.url), {signal: controller.signal})
    await expect.poll(() => server.got.length).toBe(1)
    setTimeout(() => controller.abort(), 50)
    expect(await running).toMatchObject({kind: 'cancelled', sent: true})
    expect(server.got).toHaveLength(1)
  })

  test('the limit of a client holds where a request has none of its own', async () => {
    await using server = await serve(() => undefined)
    expect((await failure(client(server.url, {timeoutMs: 50}))).message).toContain('within 0.05 s')
    // Only what broke is tried again.
    expect(server.got).toHaveLength(1)
  })

  test('leaves no connection open behind it, and nobody listening to the interrupt', async () => {
    const closed = Promise.withResolvers<void>()
    await using server = await serve((request, response) => {
      request.socket.on('close', () => closed.resolve())
      json(response, 200, {})
    })
    const http = client(server.url)
    const {signal} = new AbortController()
    await http.request({method: 'GET', path: '/x', signal})
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await http.close()
    await closed.promise
  })

  test('nothing leaves once it is closed, and closing twice is closing', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}))
    const http = client(server.url)
    await http.request({method: 'GET', path: '/x'})
    await Promise.all([http.close(), http.close()])
    expect(await failure(http)).toMatchObject({kind: 'cancelled', sent: false})
  })

  test('closing waits for what is under way', async () => {
    const held: ServerResponse[] = []
    await using server = await serve((_request, response) => void held.push(response))
    const http = client(server.url)
    const running = http.request({method: 'GET', path: '/x'})
    await expect.poll(() => held.length).toBe(1)
    const closing = http.close()
    json(held[0]!, 200, {})
    expect((await running).status).toBe(200)
    await closing
  })

  test('errors never carry the credential', async () => {
    await using server = await serve((request) => void request.socket.destroy())
    const error = await failure(client(server.url), {method: 'POST', auth: {kind: 'token', value: TOKEN}})
    expect(JSON.stringify(error) + error.stack + error.message).not.toContain('a'.repeat(32))
  })
})

describe('TLS', () => {
  test('an untrusted certificate is refused before anything is sent, and trusted when given as ca', async () => {
    const tls = await selfSigned('IP:127.0.0.1')
    await using server = await serve((_request, response) => json(response, 200, {}), tls)
    expect(await failure(client(server.url), {method: 'POST'})).toMatchObject({kind: 'tls', sent: false})
    expect((await client(server.url, {ca: tls.cert}).request({method: 'GET', path: '/x'})).status).toBe(200)
    expect(server.got).toHaveLength(1)
  })

  test('a certificate for another name is refused, even a trusted one', async () => {
    const tls = await selfSigned('DNS:elsewhere.example')
    await using server = await serve((_request, response) => json(response, 200, {}), tls)
    expect(await failure(client(server.url, {ca: tls.cert}))).toMatchObject({kind: 'tls', sent: false})
  })

  test('a server that speaks plain HTTP is no TLS server', async () => {
    await using server = await serve((_request, response) => json(response, 200, {}))
    const error = await failure(client(server.url.replace('http:', 'https:')), {method: 'POST'})
    expect(error).toMatchObject({kind: 'tls', sent: false})
  })
})

test('one-time codes are those of RFC 6238, and a seed that is not base32 is refused', async () => {
  // RFC 6238 appendix B, SHA-1: the seed is the ASCII text 12345678901234567890; last six digits of 94287082 and 07081804.
  const seed = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  expect((await oneTimeCode(seed, 59_000)).reveal()).toBe('287082')
  expect((await oneTimeCode(seed, 1_111_111_109_000)).reveal()).toBe('081804')
  await expect(oneTimeCode(new Secret('1890!'), 0)).rejects.toMatchObject({code: 'CREDENTIAL_MALFORMED'})
})
