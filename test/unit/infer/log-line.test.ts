import {describe, expect, test} from 'vitest'
import {readLogLine} from '../../../src/infer/log/line.ts'
import {request as place} from '../../../src/infer/log/read.ts'

const TOKEN = `${'a'.repeat(32)}00000001`
const basic = (text: string): string => Buffer.from(text).toString('base64')

describe('an access log', () => {
  test('in the common format, without referer and agent', () => {
    expect(readLogLine('::1 - alice [22/Nov/2026:05:33:22 +0000] "GET /x HTTP/1.0" 304 -')).toEqual({
      kind: 'request',
      method: 'GET',
      uri: '/x',
      status: 304,
      actor: {user: 'alice'},
    })
  })

  test('with a quote in the query, as Gitea writes it', () => {
    const line = readLogLine('::1 - - [22/Nov/2026:05:33:22 +0000] "GET /api/v1/user?q="x" HTTP/1.1" 200 1 "" ""')
    expect(line).toMatchObject({uri: '/api/v1/user?q="x"', status: 200, actor: {}})
  })

  test('with a token in the place of the user shows its last eight only', () => {
    const line = readLogLine(`::1 - ${TOKEN} [22/Nov/2026:05:33:22 +0000] "GET /x HTTP/1.1" 200 1`)
    expect(line).toMatchObject({actor: {token: '00000001'}})
  })

  test('a user who is no name is shown without what a terminal would obey', () => {
    const line = readLogLine('::1 - \u0007x\u009B31m [22/Nov/2026:05:33:22 +0000] "GET /x HTTP/1.1" 200 1')
    expect(JSON.stringify(line)).toMatch(/"user":"[ -~]*"/)
  })

  test('a request forged in the agent is not believed', () => {
    const line = readLogLine(
      '::1 - eve [22/Nov/2026:05:33:22 +0000] "GET /a HTTP/1.1" 404 1 "" "x "GET /b HTTP/1.1" 200"',
    )
    expect(line).toMatchObject({uri: '/a', status: 404})
  })

  test('what is no request of HTTP is a log line nevertheless', () => {
    expect(readLogLine('::1 - - [22/Nov/2026:05:33:22 +0000] "" 400 0 "-" "-"')).toEqual({kind: 'other'})
  })

  test('a long line of blanks or of anything else takes no longer than it is long', () => {
    const began = process.cpuUsage()
    for (const piece of ['"GET a', 'a', ' ', '[', '"GET ', '] ', 'router: ', '\u001B['])
      readLogLine(piece.repeat(64_000 / piece.length))
    expect(process.cpuUsage(began).user).toBeLessThan(2_000_000)
  })
})

describe('a router log', () => {
  test.each([
    ['completed', {kind: 'request', method: 'GET', uri: '/api/v1/user', status: 200, actor: {}}],
    ['polling', {kind: 'other'}],
    ['slow', {kind: 'other'}],
    ['started', {kind: 'other'}],
  ])('%s', (event, expected) => {
    const rest = event === 'completed' ? ', 200 OK in 1ms @ user/user.go:131(user.Get)' : ', elapsed 3s @ user/user.go'
    const end = event === 'started' ? '' : rest
    const line = `2026/11/22 05:33:22 HTTPRequest [I] router: ${event.padEnd(9)} GET /api/v1/user for 127.0.0.1:1${end}`
    expect(readLogLine(line)).toEqual(expected)
  })

  test('the registry’s own check refuses with 401, and is told from a login', async () => {
    const at = (uri: string, check: string) =>
      readLogLine(
        `router: completed POST ${uri} for 10.0.0.7:0, 401 Unauthorized in 1.1ms @ packages/api.go:42(packages.${check})`,
      )
    expect(at('/v2/acme/app/blobs/uploads/', 'reqPackageAccess')).toMatchObject({status: 401, unfit: true})
    expect(at('/v2/acme/reqPackageAccess)/blobs/uploads/', 'verifyAuth')).not.toHaveProperty('unfit')
    const seen: string[] = []
    const sink = {
      call: () => {},
      passed: () => void seen.push('passed'),
      other: (kind: string) => void seen.push(kind),
      notUnderstood: () => {},
    }
    for (const check of ['reqPackageAccess', 'verifyAuth']) {
      const line = at('/v2/acme/app/blobs/uploads/', check)
      if (line?.kind === 'request') place(line, {file: 'x.log', line: 1}, sink)
    }
    expect(seen).toEqual(['package-write', 'passed'])
  })

  test('behind an IPv6 address', () => {
    const line = readLogLine('router: completed PUT /api/v1/x for [::1]:43972, 422 Unprocessable Entity in 0.5ms @ x')
    expect(line).toMatchObject({method: 'PUT', status: 422})
  })
})

describe('JSON', () => {
  test.each([
    ['a token', `token ${TOKEN}`, {token: '00000001'}],
    ['a bearer', `Bearer ${TOKEN}`, {token: '00000001'}],
    ['a password', `Basic ${basic('alice:not-a-real-password')}`, {user: 'alice'}],
    ['a token as password', `Basic ${basic(`alice:${TOKEN}`)}`, {user: 'alice', token: '00000001'}],
    ['a token as user', `basic ${basic(`${TOKEN}:x-oauth-basic`)}`, {token: '00000001'}],
    ['nothing usable', 'REDACTED', {}],
  ])('the caller is told by %s', (_, authorization, actor) => {
    const request = {method: 'GET', uri: '/api/v1/user', headers: {Authorization: [authorization]}}
    expect(readLogLine(JSON.stringify({request, status: 200}))).toMatchObject({actor})
    expect(JSON.stringify(readLogLine(JSON.stringify({request})))).not.toMatch(/a{9}|password/)
  })

  test('numbers as text, and methods in lower case', () => {
    const line = readLogLine('{"request_method": "get", "request_uri": "/x", "status": "404", "remote_user": "-"}')
    expect(line).toEqual({kind: 'request', method: 'GET', uri: '/x', status: 404, actor: {}})
  })

  test.each(['{"a": 1}', '{', '[1]', 'null', '{"log": 5}', ''])('%s is no log line', (text) => {
    expect(readLogLine(text)).toBeUndefined()
  })
})
