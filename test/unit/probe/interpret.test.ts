import {describe, expect, test} from 'vitest'
import {interpret} from '../../../src/probe/interpret.ts'
import type {Reply} from '../../../src/probe/ports.ts'
import {normalise} from '../../../src/scopes/sets.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

const URL = 'https://git.example.org/api/swagger'

function reply(status: number, body: unknown, contentType = 'application/json'): Reply {
  return {status, contentType, body: contentType === 'application/json' ? body : undefined, requests: 1}
}
const error = (status: number, message: string) => reply(status, {message, url: URL})
const bare = (status: number, message: string) => reply(status, {message})
const LACKS = 'token does not have at least one of required scope(s)'

describe('denials', () => {
  test.each<[string, string, Scope, Scope[], Scope[] | undefined]>([
    ['1.20 to 1.22', `${LACKS}: [read:issue]`, 'read:issue', ['read:issue'], undefined],
    [
      '1.22, two scopes',
      `${LACKS}: [write:organization write:repository]`,
      'write:organization',
      ['write:repository', 'write:organization'],
      undefined,
    ],
    [
      '1.23 and newer',
      `${LACKS}, required=[read:issue], token scope=read:repository,read:user`,
      'read:issue',
      ['read:issue'],
      ['read:repository', 'read:user'],
    ],
    ['1.23, a token without scopes', `${LACKS}, required=[read:user], token scope=`, 'read:user', ['read:user'], []],
    [
      '1.23, all but public',
      `${LACKS}, required=[read:user], token scope=public-only,read:issue`,
      'read:user',
      ['read:user'],
      ['public-only', 'read:issue'],
    ],
    ['required= without the list', `${LACKS}, required=[write:issue]`, 'write:issue', ['write:issue'], undefined],
  ])('%s', (_, message, probed, required, granted) => {
    const reading = interpret(error(403, message), probed)
    expect(reading).toEqual({
      kind: 'denied',
      required: normalise(required),
      granted,
      reason: expect.stringContaining(required[0]!),
    })
  })

  test('one that names another scope is unclear, unless it lists what the token has', () => {
    expect(interpret(error(403, `${LACKS}: [read:user]`), 'read:issue').kind).toBe('unclear')
    expect(interpret(error(403, `${LACKS}, required=[read:user], token scope=all`), 'read:issue').kind).toBe('denied')
  })
})

test.each<[string, Reply, string]>([
  ['404 in Gitea’s form', error(404, 'user redirect does not exist [name: ~scope-probe~]'), 'passed'],
  ['404 with errors', reply(404, {errors: null, message: 'not found', url: URL}), 'passed'],
  ['200 JSON', reply(200, []), 'passed'],
  ['a user who is no site admin', error(403, 'user should be the site admin'), 'passed'],
  ['422', error(422, '[]: Empty Content-Type'), 'passed'],
  ['423', error(423, 'repo is archived'), 'passed'],
  ['400', error(400, 'x'), 'passed'],
  ['no credential seen', error(401, 'token is required'), 'anonymous'],
  ['not Basic', error(401, 'auth required'), 'anonymous'],
  ['sign-in required', bare(403, 'Only signed in user is allowed to call APIs.'), 'anonymous'],
  ['bad token up to 1.21', error(401, 'user does not exist [uid: 0, name: , keyid: 0]'), 'rejected'],
  ['bad token up to 1.25.1', error(401, 'user does not exist [uid: 0, name: ]'), 'rejected'],
  ['bad token since', error(401, 'invalid username, password or token'), 'rejected'],
  ['inactive', bare(403, 'This account is not activated.'), 'blocked'],
  [
    'prohibited',
    bare(403, 'This account is prohibited from signing in, please contact your site administrator.'),
    'blocked',
  ],
  [
    'must change password',
    bare(403, 'You must change your password. Change it at: https://g//user/change_password'),
    'blocked',
  ],
  ['corrupt stored scope', error(403, 'checking scope failed: invalid access token scope: x'), 'corrupt'],
  ['no such route', reply(404, undefined, 'text/plain'), 'absent'],
  ['not implemented', reply(501, undefined, 'text/plain'), 'absent'],
  ['HTML 404', reply(404, undefined, 'text/html'), 'unclear'],
  ['HTML 200', reply(200, undefined, 'text/html'), 'unclear'],
  ['HTML 403 of a proxy', reply(403, undefined, 'text/html'), 'unclear'],
  ['JSON 403 of a proxy', reply(403, {error: 'forbidden'}), 'unclear'],
  ['JSON 404 of a proxy', bare(404, 'no route'), 'unclear'],
  ['HTML 401 of a proxy', reply(401, undefined, 'text/html'), 'unclear'],
  ['JSON 401 of a gateway', bare(401, 'Unauthorized'), 'unclear'],
  ['JSON 401 of another gateway', bare(401, 'No API key found in request'), 'unclear'],
  ['JSON 401 that borrows the words', bare(401, 'invalid username, password or token'), 'unclear'],
  ['JSON 401 with another address', reply(401, {message: 'no', url: 'https://sso.example.org/login'}), 'unclear'],
  ['sudo by a non-admin', bare(403, 'Only administrators allowed to sudo.'), 'unclear'],
  ['405', reply(405, undefined, ''), 'unclear'],
  ['redirect', reply(307, undefined, 'text/html'), 'unclear'],
  ['429', error(429, 'slow down'), 'unclear'],
  ['500', error(500, ''), 'unclear'],
  ['503 text', reply(503, undefined, 'text/plain'), 'unclear'],
  [
    'no answer',
    {status: 0, contentType: '', body: undefined, failure: 'nothing answers there', requests: 1},
    'unclear',
  ],
])('%s', (_, answer, kind) => {
  expect(interpret(answer, 'read:issue').kind).toBe(kind)
})

test.each([
  'token scope is limited to public repos',
  'token scope is limited to public issues',
  'this endpoint is not available for public-only tokens',
  'project endpoints are not available for public-only tokens',
])('"%s" means public-only, past the gate', (message) => {
  expect(interpret(error(403, message), 'read:repository')).toMatchObject({kind: 'passed', publicOnly: true})
})

test('every unclear reading says why, without links', () => {
  const forced = interpret(bare(403, 'You must change your password. Change it at: https://g//user/change_password'))
  expect(forced.reason).toBe('You must change your password.')
  expect(interpret({status: 0, contentType: '', body: undefined, failure: 'nothing answers', requests: 1}).reason).toBe(
    'nothing answers',
  )
  expect(interpret(reply(200, undefined, 'text/html')).reason).toContain('HTML')
})
