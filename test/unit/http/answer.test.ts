import {describe, expect, test} from 'vitest'
import {HttpAnswer, classify, flat, retryAfter, TransportError} from '../../../src/http/answer.ts'
import {judge, type AnswerForm} from '../../../src/http.ts'

const answer = (status: number, headers: Record<string, string> = {}, body = ''): HttpAnswer =>
  new HttpAnswer({method: 'POST', path: '/x', status, headers, text: body, ms: 1})
const coded = (code: unknown, message = 'x') => Object.assign(new Error(message), {code})

describe('what a socket’s error means', () => {
  test.each([
    ['ENOTFOUND', 'dns', false],
    ['EAI_AGAIN', 'dns', false],
    ['CERT_HAS_EXPIRED', 'tls', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', true],
    ['ECONNREFUSED', 'unreachable', true],
    ['EHOSTUNREACH', 'unreachable', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'timeout', true],
    ['ETIMEDOUT', 'timeout', true],
    ['UND_ERR_HEADERS_OVERFLOW', 'too-large', true],
    ['ECONNRESET', 'reset', true],
    ['NOT_EAI_', 'reset', true],
    ['NOT_CERT_', 'reset', true],
  ])('%s is %s, and was sent if it had begun', (code, kind, may) => {
    const [begun, not] = [true, false].map((started) => classify(coded(code), 'GET http://git/x', started, false))
    expect([begun, not]).toMatchObject([
      {kind, sent: may},
      {kind, sent: false},
    ])
  })

  test('what breaks off after its headers came was sent, whatever we know of its beginning', () => {
    expect(classify(coded('ECONNRESET'), 'GET http://git/x', false, true)).toMatchObject({
      kind: 'truncated',
      sent: true,
    })
  })

  test('a proxy refuses where undici says no more than that', () => {
    const told = (message: string) => classify(coded('ECONNRESET', message), 'GET http://git/x', true, false)
    expect(told('Proxy response (502) !== 200 when HTTP Tunneling')).toMatchObject({kind: 'unreachable', sent: false})
    expect(told('not a Proxy response (502)')).toMatchObject({kind: 'reset', sent: true})
  })

  test('our own mistake is handed on as it is', () => {
    const mistake = coded('UND_ERR_INVALID_ARG')
    expect(classify(mistake, 'GET http://git/x', false, false)).toBe(mistake)
    expect(mistake).not.toBeInstanceOf(TransportError)
  })

  test.each([
    ['its cause', new Error('x', {cause: new Error('y', {cause: coded('ECONNREFUSED')})}), '(ECONNREFUSED)'],
    ['its name, where it has no code', new TypeError('x'), '(TypeError)'],
    ['its name, where its code is no text', coded(7), '(Error)'],
    ['nothing, where its cause is no error', new Error('x', {cause: 'y'}), '(UNKNOWN)'],
  ])('is told by %s', (_, error, told) => {
    expect(classify(error, 'GET http://git/x', true, false).message).toContain(told)
  })
})

describe('how long a server asks to wait', () => {
  const after = (value: string) => retryAfter(answer(503, {'retry-after': value}))
  test('is told in seconds or as a time, or not at all', () => {
    expect(after('7')).toBe(7000)
    expect(after(new Date(Date.now() - 5000).toUTCString())).toBe(0)
    const later = after(new Date(Date.now() + 3_600_000).toUTCString()) ?? 0
    expect(Math.abs(later - 3_600_000)).toBeLessThan(60_000)
    expect([after('x7'), after('7x'), retryAfter(answer(503))]).toEqual([undefined, undefined, undefined])
  })
})

describe('an answer', () => {
  test('knows its media type without parameters, however it is written', () => {
    expect(answer(200, {'content-type': ' Application/JSON ; charset=utf-8'}).contentType).toBe('application/json')
    expect(answer(200).contentType).toBe('')
  })

  test('has one text for each header that came', () => {
    expect(flat({'X-One': 'a', 'set-cookie': ['b', 'c'], gone: undefined})).toEqual({
      'x-one': 'a',
      'set-cookie': 'b, c',
    })
  })

  test('is JSON on demand where the server calls it something else, harmless as any', () => {
    const told = (text: string) => answer(200, {'content-type': 'text/plain'}, text)
    expect(told('{"version":"11\\u001b[2J"}').asJson()).toEqual({version: String.raw`11\u001b[2J`})
    expect(told('{"version":"11"}').json()).toBeUndefined()
    expect(told('eleven').asJson()).toBeUndefined()
  })

  test('tells the server’s clock where it does', () => {
    expect(answer(200, {date: 'Sun, 22 Nov 2026 03:00:00 GMT'}).date).toBe(Date.UTC(2026, 10, 22, 3))
    expect([answer(200, {date: 'noon'}).date, answer(200).date]).toEqual([undefined, undefined])
  })
})

describe('the answer to a write', () => {
  const form = (status: number, body: string): AnswerForm => ({status, fits: ({text}) => text === body})
  const contract = {accepted: [form(201, 'made'), form(202, 'waits')], refused: [form(409, 'exists'), form(403, 'no')]}
  test.each([
    [201, 'made', 'accepted'],
    [202, 'waits', 'accepted'],
    [409, 'exists', 'refused'],
    [403, 'no', 'refused'],
    [201, '<html>', 'doubt'],
    [200, 'made', 'doubt'],
    [403, 'exists', 'doubt'],
    [404, 'no', 'doubt'],
  ])('%i %s is %s: only what the server documents is believed', (status, body, verdict) => {
    expect(judge(answer(status, {}, body), contract)).toBe(verdict)
  })
})
