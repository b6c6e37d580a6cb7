import {describe, expect, onTestFinished, test} from 'vitest'
import {Http, TransportError, type HttpOptions} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {selfSigned} from '../../support/certificate.ts'
import {json, serve, type Loopback} from '../../support/loopback.ts'
import {startProxy} from '../../support/proxy.ts'

const TOKEN = new Secret(`${'e'.repeat(32)}00000001`)
const CREDENTIALS = 'bot:not-a-real-password'

function client(baseUrl: string, proxy: HttpOptions['proxy'], ca?: string): Http {
  const http = new Http({baseUrl, userAgent: 'patrol-test', proxy, ...(ca !== undefined && {ca})})
  onTestFinished(() => http.close())
  return http
}

const target = (tls?: {key: string; cert: string}): Promise<Loopback> =>
  serve((_request, response) => json(response, 200, {fine: true}), tls)
const get = {
  method: 'GET',
  path: '/x',
  auth: {kind: 'token', value: TOKEN},
  retry: {attempts: 1, maxWaitMs: 0},
} as const
const post = {...get, method: 'POST', json: {a: 1}}

async function failure(http: Http, ask: Parameters<Http['request']>[0] = get): Promise<TransportError> {
  const error: unknown = await http.request(ask).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TransportError) return error
  throw new Error('the request did not fail in transport', {cause: error})
}

describe('through a proxy', () => {
  test('plain http is forwarded, a write with its body', async () => {
    await using server = await target()
    await using proxy = await startProxy()
    const http = client(server.url, {url: proxy.url})
    expect((await http.request(get)).json()).toEqual({fine: true})
    expect((await http.request(post)).status).toBe(200)
    expect(proxy.passed.map(({line}) => line)).toEqual([`GET ${server.url}/x`, `POST ${server.url}/x`])
    expect(server.got.map(({method, body}) => [method, body])).toEqual([
      ['GET', ''],
      ['POST', '{"a":1}'],
    ])
  })

  test('https goes through a tunnel that sees no credential of ours', async () => {
    const certificate = await selfSigned('IP:127.0.0.1')
    await using server = await target(certificate)
    await using proxy = await startProxy()
    const http = client(server.url, {url: proxy.url}, certificate.cert)
    expect((await http.request(get)).json()).toEqual({fine: true})
    expect(proxy.passed).toEqual([{line: `CONNECT ${new URL(server.url).host}`, authorization: undefined}])
    expect(server.got[0]?.headers.authorization).toBe(`token ${'e'.repeat(32)}00000001`)
  })

  test('a certificate that nobody vouches for is not trusted because of a proxy', async () => {
    await using server = await target(await selfSigned('IP:127.0.0.1'))
    await using proxy = await startProxy()
    expect(await failure(client(server.url, {url: proxy.url}))).toMatchObject({kind: 'tls'})
    expect(server.got).toEqual([])
  })

  test('a proxy that itself speaks TLS is spoken to by TLS', async () => {
    const certificate = await selfSigned('IP:127.0.0.1')
    await using server = await target(certificate)
    await using proxy = await startProxy({tls: certificate})
    const http = client(server.url, {url: proxy.url}, certificate.cert)
    expect((await http.request(get)).json()).toEqual({fine: true})
    expect(await failure(client(server.url, {url: proxy.url}))).toMatchObject({kind: 'tls', sent: false})
  })

  test.each([['http'], ['https']])('its credentials go to it alone (%s)', async (scheme) => {
    const certificate = scheme === 'https' ? await selfSigned('IP:127.0.0.1') : undefined
    await using server = await target(certificate)
    await using proxy = await startProxy({credentials: CREDENTIALS})
    const auth = new Secret(Buffer.from(CREDENTIALS).toString('base64'))
    const http = client(server.url, {url: proxy.url, auth}, certificate?.cert)
    expect((await http.request(get)).status).toBe(200)
    expect(proxy.passed[0]?.authorization).toBe(`Basic ${Buffer.from(CREDENTIALS).toString('base64')}`)
    expect(server.got[0]?.headers).not.toHaveProperty('proxy-authorization')
  })

  test.each([
    ['http', {credentials: CREDENTIALS}, /the proxy refuses \(407\): it wants other credentials/],
    ['https', {credentials: CREDENTIALS}, /the proxy refuses \(407\): it wants other credentials/],
    ['https', {refuses: 403}, /the proxy refuses \(403\): it does not connect to that server/],
    ['https', {refuses: 502}, /the proxy refuses \(502\)/],
  ] as const)('a refusal to %s (%j) says who refused, and nothing was sent', async (scheme, how, why) => {
    const certificate = scheme === 'https' ? await selfSigned('IP:127.0.0.1') : undefined
    await using server = await target(certificate)
    await using proxy = await startProxy(how)
    const error = await failure(client(server.url, {url: proxy.url}, certificate?.cert), post)
    expect(error).toMatchObject({kind: 'unreachable', sent: false})
    expect(error.message).toMatch(why)
    expect(error.message).toContain(`through the proxy ${proxy.url}`)
    expect(server.got).toEqual([])
  })

  test('one that is not there is named', async () => {
    await using server = await target()
    const error = await failure(client(server.url, {url: 'http://127.0.0.1:1'}), post)
    expect(error).toMatchObject({kind: 'unreachable', sent: false})
    expect(error.message).toMatch(/through the proxy http:\/\/127\.0\.0\.1:1: nothing answers there/)
  })

  test('an interrupt ends a request in it', async () => {
    await using server = await serve(() => {})
    await using proxy = await startProxy()
    const stop = new AbortController()
    const http = client(server.url, {url: proxy.url})
    const ended = failure(http, {...get, signal: stop.signal, onRequest: () => stop.abort()})
    expect(await ended).toMatchObject({kind: 'cancelled'})
  })
})
