import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {readPasted} from '../../../src/infer/pasted.ts'
import {HOLE} from '../../../src/syntax/types.ts'

const ISSUES = '/repos/acme/core/issues'
const value = `${'a'.repeat(32)}00000001`

describe('what people paste', () => {
  test.each([
    ['https://git.example.org/api/v1/repos/acme/core/issues?limit=1', 'GET', false],
    ['/api/v1/repos/acme/core/issues', 'GET', false],
    ['POST /repos/acme/core/issues', 'POST', true],
    ['curl https://git.example.org/api/v1/repos/acme/core/issues', 'GET', true],
    ['$ curl -sf -d \'{"title":"x"}\' "$URL/api/v1/repos/acme/core/issues" | jq .', 'POST', true],
    [
      "curl -X PUT \\\n  -H 'Accept: application/json' \\\n  http://git.example.org/api/v1/repos/acme/core/issues",
      'PUT',
      true,
    ],
    ['for x in 1 2; do curl -I "http://git.example.org/api/v1/repos/acme/core/issues"; done', 'HEAD', true],
    ['wget -qO- https://git.example.org/api/v1/repos/acme/core/issues', 'GET', true],
    [
      '1.2.3.4 - bot [22/Nov/2026:05:00:00 +0000] "GET /api/v1/repos/acme/core/issues?x HTTP/1.1" 403 120 "-" "curl/8"',
      'GET',
      true,
    ],
    [
      '2026/11/22 05:00:00 [I] router: completed DELETE /gitea/api/v1/repos/acme/core/issues for 1.2.3.4:0, 403 Forbidden in 2.1ms @ v1/api.go:1',
      'DELETE',
      true,
    ],
    [
      'router: slow      GET /api/v1/repos/acme/core/issues for 1.2.3.4:0, elapsed 3000ms @ repo/issue.go:1',
      'GET',
      true,
    ],
  ])('%s', async (text, method, methodSaid) => {
    expect(await readPasted(text)).toMatchObject({kind: 'call', method, path: ISSUES, methodSaid})
  })

  test('a log line tells the status as well', async () => {
    expect(await readPasted('"GET /api/v1/user HTTP/2.0" 403 0')).toMatchObject({path: '/user', status: 403})
    expect(await readPasted('router: completed GET /api/v1/user for [::1]:0, 200 OK in 1ms @ x')).toMatchObject({
      status: 200,
    })
    expect(await readPasted('GET /user')).toMatchObject({status: undefined})
  })

  test('of several lines the first refused one is taken, and the others are counted', async () => {
    const lines = ['"GET /api/v1/user HTTP/1.1" 200 1', '"GET / HTTP/1.1" 200 1', '"PUT /api/v1/orgs/a HTTP/1.1" 403 1']
    expect(await readPasted(lines.join('\n'))).toMatchObject({method: 'PUT', path: '/orgs/a', status: 403, more: 1})
  })

  test.each([
    ['{"level":"info","request":{"method":"GET","uri":"/api/v1/repos/acme/core/issues?x=1"},"status":403}', 'GET', 403],
    ['{"RequestMethod":"POST","RequestPath":"/api/v1/repos/acme/core/issues","DownstreamStatus":403}', 'POST', 403],
    [
      '\u001b[36mcompleted\u001b[0m \u001b[1mGET\u001b[0m /api/v1/repos/acme/core/issues for 1.2.3.4:0, \u001b[31m403 Forbidden\u001b[0m in 1ms',
      'GET',
      403,
    ],
    ['GET /api/v1/repos/acme/core/issues HTTP/1.1', 'GET', undefined],
  ])('%s is a log line too', async (text, method, status) => {
    expect(await readPasted(text)).toMatchObject({kind: 'call', method, path: ISSUES, status, more: 0})
  })

  test.each([
    [
      'wrapped by a container',
      '{"log":"1.2.3.4 - bot [22/Nov/2026:05:00:00 +0000] \\"GET /api/v1/user HTTP/1.1\\" 403 0\\n"}',
      0,
    ],
    ['as nginx writes it', '{"request":"GET /api/v1/user HTTP/1.1","status":"403"}', 0],
    [
      'laid out for reading',
      JSON.stringify({request: {method: 'GET', uri: '/api/v1/user'}, status: 403}, undefined, 2),
      0,
    ],
    [
      'one of several lines',
      '{"method":"GET","uri":"/api/v1/version","status":200}\n{"method":"GET","uri":"/api/v1/user","status":403}',
      1,
    ],
  ])('JSON of a log, %s', async (_, text, more) => {
    expect(await readPasted(text)).toMatchObject({method: 'GET', path: '/user', status: 403, more})
  })

  test('variables in a curl line stay holes', async () => {
    expect(await readPasted('curl "$GITEA/api/v1/repos/$REPO/issues/$N"')).toMatchObject({
      path: `/repos/${HOLE}/issues/${HOLE}`,
    })
  })

  test.each([
    [
      '{"message":"token does not have at least one of required scope(s): [read:issue]","url":"x"}',
      ['read:issue'],
      undefined,
    ],
    [
      '{"message":"token does not have at least one of required scope(s), required=[write:organization write:repository], token scope=read:user,write:issue","url":"x"}',
      ['write:organization', 'write:repository'],
      ['write:issue', 'read:user'],
    ],
    [
      'token does not have at least one of required scope(s), required=[read:admin], token scope=all',
      ['read:admin'],
      ['all'],
    ],
    ['token does not have at least one of required scope(s), required=[read:user], token scope=', ['read:user'], []],
    [
      'HTTP 403: {\\"message\\":\\"token does not have at least one of required scope(s): [write:package]\\"}',
      ['write:package'],
      undefined,
    ],
  ])('the refusal %s', async (text, required, held) => {
    expect(await readPasted(text)).toEqual({kind: 'denial', required, held})
  })

  test.each([
    ['{"message":"user should be the site admin","url":"x"}', 'no site administrator'],
    ['token scope is limited to public repos', 'public-only'],
    ['this endpoint is not available for public-only tokens', 'public-only'],
    ['user should have a permission to write to a repo', 'another token does not help'],
    ['Must be an organization owner', 'organisation'],
    ['You must change your password. Change it at: http://x//user/change_password', 'change the password'],
    ['token is required', 'no credential'],
    ['{"message":"auth method not allowed","url":"x"}', 'wants a password'],
    ['reqPackageAccess\n', 'the token is alive and lacks read:package'],
    ['user should have specific permission or be a site admin', 'the registry of packages answers 401'],
    ['{"message":"user should be the owner of the repo"}', 'the user access'],
    [
      'This Forgejo instance requires users to enable two-factor authentication before they can access their accounts.',
      'enable two-factor',
    ],
    ['Access tokens with specified repositories must have at least one repository.', 'names at least one'],
  ])('the refusal "%s", which no scope helps with', async (text, meaning) => {
    const pasted = await readPasted(text)
    expect(pasted).toMatchObject({kind: 'refusal', answer: {means: expect.stringContaining(meaning)}})
  })

  test.each([
    '',
    '  \n',
    'hello',
    'GET',
    'https://git.example.org/acme/core',
    'curl https://example.org/',
    '\u0000\u0001',
    'a b c d',
  ])('%o is none of it', async (text) => {
    expect(await readPasted(text)).toBeUndefined()
  })

  test('nothing of a credential is kept', async () => {
    const pasted = await readPasted(
      `curl -H "Authorization: token ${value}" -u bot:not-a-real-password "http://git.example.org/api/v1/user?token=${value}"`,
    )
    expect(JSON.stringify(pasted)).not.toMatch(/not-a-real-password|00000001/)
    expect(pasted).toMatchObject({method: 'GET', path: '/user'})
  })
})

test('where /api/v1 stands, a call is found, whatever stands around it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string(),
      fc.constantFrom('/api/v1/user', 'https://git.example.org/api/v1/user?x=1', '"http://g:3000/gitea/api/v1/user":'),
      fc.string(),
      async (before, url, behind) => {
        expect(await readPasted(`${before} ${url} ${behind}`)).toBeDefined()
      },
    ),
    {numRuns: 200},
  )
})

test('whatever is pasted has an answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({unit: 'binary'}),
        fc.string().map((text) => `curl ${text} /api/v1/user`),
      ),
      async (text) => {
        const pasted = await readPasted(text)
        expect(pasted === undefined || ['call', 'denial', 'refusal'].includes(pasted.kind)).toBe(true)
      },
    ),
    {numRuns: 25},
  )
})
