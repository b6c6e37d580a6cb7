import {request as httpRequest, Agent} from 'node:http'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {json, listen} from '../../../src/simulator/wire.ts'
import type {WireCall} from '../../../src/simulator/wire.ts'
import type {FaultRule, Running} from '../../../src/simulator/types.ts'

import {mayPass} from '../../support/strikes.ts'
let effects: WireCall[]
let resets: number
let wire: Running

beforeEach(async () => {
  effects = []
  resets = 0
  wire = await listen({
    answer(call) {
      effects.push(call)
      if (call.path === '/throws') throw new Error('no such luck')
      call.identify('mira')
      return json(200, {echo: call.body.toString(), padding: 'p'.repeat(100)})
    },
    reset() {
      resets += 1
    },
    keepHeaders: ['content-type', 'authorization', 'x-gitea-otp'],
  })
})

afterEach(() => wire.close())

interface Got {
  status: number
  headers: Record<string, unknown>
  body: string
  error: Error | undefined
}

/** Keeps whatever arrived, also when the connection breaks in the middle. */
function ask(
  path: string,
  options: {method?: string; headers?: Record<string, string>; body?: string; agent?: Agent; stopAfter?: number} = {},
): Promise<Got> {
  const got: Got = {status: 0, headers: {}, body: '', error: undefined}
  const {promise, resolve} = Promise.withResolvers<Got>()
  const sent = httpRequest(
    `${wire.url}${path}`,
    {method: options.method ?? 'GET', headers: options.headers ?? {}, agent: options.agent ?? new Agent()},
    (response) => {
      got.status = response.statusCode ?? 0
      got.headers = response.headers
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        got.body += chunk
        if (options.stopAfter && got.body.length > options.stopAfter) sent.destroy()
      })
      response.on('error', (error) => (got.error = error))
      response.on('close', () => resolve(got))
    },
  )
  sent.on('error', (error) => {
    got.error = error
    resolve(got)
  })
  sent.end(options.body)
  return promise
}

test('answers on loopback and logs method, path, status and user', async () => {
  expect(wire.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const got = await ask('/a%20b?x=1', {method: 'POST', body: 'hello'})
  expect(JSON.parse(got.body)).toMatchObject({echo: 'hello'})
  expect(wire.requests).toMatchObject([{method: 'POST', path: '/a%20b?x=1', auth: 'none', user: 'mira', status: 200}])
})

test('keeps no credential in the log, wherever it was sent', async () => {
  const value = 'f'.repeat(39) + '1'
  const basic = Buffer.from(`mira:${value}`).toString('base64')
  await ask('/a', {headers: {authorization: `token ${value}`, 'x-gitea-otp': '123456'}})
  await ask('/b', {headers: {authorization: `Basic ${basic}`}})
  await ask(`/c?token=${value}&page=2`)
  await ask(`/d?page=2&access_token=${value}`)
  await ask('/e', {headers: {authorization: `token ${value} more`}})
  await ask('/f', {headers: {authorization: `Bearer ${value}`}})
  expect(wire.requests.map((entry) => entry.auth)).toEqual(['token', 'basic', 'query', 'query', 'malformed', 'bearer'])
  expect(wire.requests[2]?.path).toBe('/c?token=[secret]&page=2')
  const log = JSON.stringify(wire.requests)
  for (const secret of [value, basic, '123456']) expect(log).not.toContain(secret)
})

test('keeps only the headers asked for', async () => {
  await ask('/a', {headers: {'content-type': 'application/json', 'x-other': '1'}})
  expect(wire.requests[0]?.headers).toEqual({'content-type': 'application/json'})
})

test('a body over 1 MiB is answered 413 and never acted on', async () => {
  const got = await ask('/a', {method: 'POST', body: 'x'.repeat(1024 * 1024 + 1)})
  expect(got.status === 413 || got.error !== undefined).toBe(true)
  expect(effects).toHaveLength(0)
  expect((await ask('/a', {method: 'POST', body: 'x'.repeat(1024 * 1024)})).status).toBe(200)
})

test('a throw in the simulator is a 500 that names the simulator', async () => {
  const got = await ask('/throws')
  expect(got.status).toBe(500)
  expect(got.body).toContain('simulator fault: no such luck')
})

test('reset-before leaves no effect, reset-after does', async () => {
  wire.fail({kind: 'reset-before', path: /before/})
  wire.fail({kind: 'reset-after', path: /after/})
  expect((await ask('/before')).error).toMatchObject({code: 'ECONNRESET'})
  expect(effects).toHaveLength(0)
  expect((await ask('/after')).error).toMatchObject({code: 'ECONNRESET'})
  expect(effects).toHaveLength(1)
  expect(wire.requests.map((entry) => entry.status)).toEqual([0, 200])
})

test('answer-after acts, and answers something else; answer does not act', async () => {
  const page = {status: 404, headers: {'content-type': 'text/html'}, body: '<html>gone</html>'}
  wire.fail({kind: 'answer-after', path: /after/, ...page})
  wire.fail({kind: 'answer', path: /instead/, ...page})
  const [after, instead] = [await ask('/after', {method: 'POST'}), await ask('/instead', {method: 'POST'})]
  for (const got of [after, instead]) {
    expect(got).toMatchObject({status: 404, body: page.body, headers: {'content-type': 'text/html'}})
  }
  expect(effects.map(({path}) => path)).toEqual(['/after'])
  expect(wire.requests.map(({status, acted}) => [status, acted])).toEqual([
    [404, 200],
    [404, undefined],
  ])
})

test('truncate promises the whole body and sends half', async () => {
  const whole = await ask('/a')
  wire.fail({kind: 'truncate'})
  const half = await ask('/a')
  expect(half.headers['content-length']).toBe(String(whole.body.length))
  expect(half.body).toBe(whole.body.slice(0, Math.floor(whole.body.length / 2)))
  expect(half.error).toBeDefined()
  expect(effects).toHaveLength(2)
})

test('hold acts at once, and answers once its rule is removed', async () => {
  const release = wire.fail({kind: 'hold', path: /a/, nth: 1})
  let answered = false
  const held = ask('/a').finally(() => (answered = true))
  while (effects.length < 1) await new Promise(setImmediate)
  expect((await ask('/a')).status).toBe(200)
  expect([answered, wire.requests[0]?.acted]).toEqual([false, 200])
  release()
  expect((await held).status).toBe(200)
})

test.each<[FaultRule, number, string]>([
  [{kind: 'status', status: 503, headers: {'retry-after': '7'}}, 503, 'application/json;charset=utf-8'],
  [{kind: 'html'}, 200, 'text/html; charset=utf-8'],
])('%o answers instead of acting', async (rule, status, type) => {
  wire.fail(rule)
  const got = await ask('/a')
  expect([got.status, got.headers['content-type']]).toEqual([status, type])
  expect(got.headers).toMatchObject(rule.headers ?? {})
  expect(effects).toHaveLength(0)
})

test('content-type keeps the right body under the wrong name', async () => {
  wire.fail({kind: 'content-type'})
  const got = await ask('/a')
  expect(got.headers['content-type']).toBe('text/plain; charset=utf-8')
  expect(JSON.parse(got.body)).toMatchObject({echo: ''})
})

test('huge goes on until the client gives up', async () => {
  wire.fail({kind: 'huge'})
  const got = await ask('/a', {stopAfter: 3_000_000})
  expect(got.body.length).toBeGreaterThan(3_000_000)
})

test('hang gives no answer, and close ends it at once', async () => {
  wire.fail({kind: 'hang'})
  const waiting = ask('/a')
  while (wire.requests.length === 0) await new Promise(setImmediate)
  await wire.close()
  expect((await waiting).error).toBeDefined()
  expect(effects).toHaveLength(0)
})

test('close does not wait for idle keep-alive sockets or held answers', async () => {
  const agent = new Agent({keepAlive: true})
  await ask('/a', {agent})
  wire.fail({kind: 'hold'})
  const waiting = ask('/b', {agent: new Agent({keepAlive: true})})
  while (effects.length < 2) await new Promise(setImmediate)
  await wire.close()
  expect((await waiting).error).toBeDefined()
  agent.destroy()
})

test('nth counts only matching requests, and the remover ends a rule', async () => {
  const remove = wire.fail({kind: 'status', status: 500, method: 'post', path: /^\/x\?a=/, nth: 2})
  await ask('/x?a=1')
  const statuses: number[] = []
  for (let i = 0; i < 3; i++) statuses.push((await ask('/x?a=1', {method: 'POST'})).status)
  expect(statuses).toEqual([200, 500, 200])
  remove()
  const everything = mayPass('it is taken away again before a request comes', () =>
    wire.fail({kind: 'status', status: 500}),
  )
  everything()
  expect((await ask('/x?a=1', {method: 'POST'})).status).toBe(200)
})

test('reset clears log, faults and the simulator', async () => {
  wire.fail({kind: 'html'})
  await ask('/a')
  wire.reset()
  expect(wire.requests).toEqual([])
  expect(resets).toBe(1)
  expect((await ask('/a')).headers['content-type']).toBe('application/json;charset=utf-8')
})

test('a taken port is refused', async () => {
  const port = Number(new URL(wire.url).port)
  await expect(listen({answer: () => json(200, {}), reset() {}, port})).rejects.toMatchObject({code: 'EADDRINUSE'})
})
