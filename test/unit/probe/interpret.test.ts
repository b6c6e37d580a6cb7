import {describe, expect, test} from 'vitest'
import {asError, interpret} from '../../../src/probe/interpret.ts'
import type {ProbeReply} from '../../../src/probe/ports.ts'
import {normalise} from '../../../src/scopes/sets.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

const URL = 'https://git.example.org/api/swagger'

function reply(status: number, body: unknown, contentType = 'application/json'): ProbeReply {
  return {status, contentType, body: contentType === 'application/json' ? body : undefined, requests: 1}
}
const error = (status: number, message: string) => reply(status, {message, url: URL})
const bare = (status: number, message: string) => reply(status, {message})
const LACKS = 'token does not have at least one of required scope(s)'
const SIGN_IN = 'Only signed in user is allowed to call APIs.'
const PROHIBITED = 'This account is prohibited from signing in, please contact your site administrator.'
const MUST_CHANGE = 'You must change your password.'
const SECOND_FACTOR =
  'This Forgejo instance requires users to enable two-factor authentication before they can access their accounts.'
const WHERE = 'Change it at: https://g//user/change_password'
const CORRUPT = 'checking scope failed: invalid access token scope: x'
const SUDO = 'Only administrators allowed to sudo.'
const REJECTED = 'the credential is not accepted'
const NO_CREDENTIAL = (said: string) => `the server saw no credential ("${said}"): a proxy may have removed it`
const GATEWAY = (said: string) => `a 401 that is not the server's own: a gateway before it ("${said}")`
const NOT_ABOUT = (said: string) => `a 403 that is not about scopes: "${said}"`

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

  test('one that names another scope is unclear, unless it lists what the token has or none was asked for', () => {
    expect(interpret(error(403, `${LACKS}: [read:user]`)).kind).toBe('denied')
    expect(interpret(error(403, `${LACKS}: [read:user]`), 'read:issue').kind).toBe('unclear')
    expect(interpret(error(403, `${LACKS}, required=[read:user], token scope=all`), 'read:issue').kind).toBe('denied')
  })
})

const GATE = 'past the scope gate'
const HTML = 'not the API: a proxy, or a wrong base URL'

test.each<[what: string, ProbeReply, kind: string, reason: string]>([
  ['404 in Gitea’s form', error(404, 'user redirect does not exist [name: ~scope-probe~]'), 'passed', `${GATE} (404)`],
  ['404 with errors', reply(404, {errors: null, message: 'not found', url: URL}), 'passed', `${GATE} (404)`],
  ['200 JSON', reply(200, []), 'passed', 'allowed'],
  ['201 JSON', reply(201, {}), 'passed', 'allowed'],
  ['no site admin', error(403, 'user should be the site admin'), 'passed', `${GATE}: its user is no site admin`],
  ['422', error(422, '[]: Empty Content-Type'), 'passed', `${GATE} (422)`],
  ['423', error(423, 'repo is archived'), 'passed', `${GATE} (423)`],
  ['400', error(400, 'x'), 'passed', `${GATE} (400)`],
  ['no credential seen', error(401, 'token is required'), 'anonymous', NO_CREDENTIAL('token is required')],
  ['not Basic', error(401, 'auth required'), 'anonymous', NO_CREDENTIAL('auth required')],
  ['sign-in required', bare(403, SIGN_IN), 'anonymous', NO_CREDENTIAL(SIGN_IN)],
  ['bad token up to 1.21', error(401, 'user does not exist [uid: 0, name: , keyid: 0]'), 'rejected', REJECTED],
  ['bad token up to 1.25.1', error(401, 'user does not exist [uid: 0, name: ]'), 'rejected', REJECTED],
  ['bad token since', error(401, 'invalid username, password or token'), 'rejected', REJECTED],
  ['inactive', bare(403, 'This account is not activated.'), 'blocked', 'This account is not activated.'],
  ['prohibited', bare(403, PROHIBITED), 'blocked', PROHIBITED],
  ['must change password', bare(403, `${MUST_CHANGE} ${WHERE}`), 'blocked', MUST_CHANGE],
  [
    'must enable a second factor (Forgejo)',
    bare(403, `${SECOND_FACTOR} Enable it at: https://g/user/settings/security`),
    'blocked',
    SECOND_FACTOR,
  ],
  ['corrupt stored scope', error(403, CORRUPT), 'corrupt', 'the server cannot read the scope it stored for this token'],
  ['no such route', reply(404, undefined, 'text/plain'), 'absent', 'no such route in this server'],
  ['not implemented', reply(501, undefined, 'text/plain'), 'absent', 'not implemented by this server'],
  ['HTML 404', reply(404, undefined, 'text/html'), 'unclear', `an HTML page (404), ${HTML}`],
  ['HTML 200', reply(200, undefined, 'text/html'), 'unclear', `an HTML page (200), ${HTML}`],
  ['HTML 403 of a proxy', reply(403, undefined, 'text/html'), 'unclear', `an HTML page (403), ${HTML}`],
  ['HTML 401 of a proxy', reply(401, undefined, 'text/html'), 'unclear', `an HTML page (401), ${HTML}`],
  ['text 200', reply(200, undefined, 'text/plain'), 'unclear', '200 with text/plain instead of JSON'],
  ['text 403', reply(403, undefined, 'text/plain'), 'unclear', '403 with text/plain instead of JSON'],
  ['broken JSON', reply(200, undefined), 'unclear', '200 with application/json instead of JSON'],
  [
    'JSON of another kind',
    {...reply(200, {}), contentType: 'application/problem+json'},
    'unclear',
    '200 with application/problem+json instead of JSON',
  ],
  ['405 without a type', reply(405, undefined, ''), 'unclear', '405 with no content type instead of JSON'],
  ['JSON 403 of a proxy', reply(403, {error: 'forbidden'}), 'unclear', "a 403 that is not in the API's form"],
  ['JSON null', reply(404, null), 'unclear', "a 404 that is not in the API's form"],
  ['JSON that is a text', reply(401, 'message'), 'unclear', "a 401 that is not in the API's form"],
  ['a message that is no text', reply(403, {message: 42, url: URL}), 'unclear', "a 403 that is not in the API's form"],
  ['JSON 404 of a proxy', bare(404, 'no route'), 'unclear', 'an unexpected 404'],
  ['an address that is no text', reply(404, {message: 'x', url: 7}), 'unclear', 'an unexpected 404'],
  ['JSON 401 of a gateway', bare(401, 'Unauthorized'), 'unclear', GATEWAY('Unauthorized')],
  ['of another', bare(401, 'No API key found in request'), 'unclear', GATEWAY('No API key found in request')],
  [
    'JSON 401 that borrows the words',
    bare(401, 'invalid username, password or token'),
    'unclear',
    GATEWAY('invalid username, password or token'),
  ],
  [
    'JSON 401 with another address',
    reply(401, {message: 'no', url: 'https://sso.example.org/login'}),
    'unclear',
    GATEWAY('no'),
  ],
  ['sudo by a non-admin', bare(403, SUDO), 'unclear', NOT_ABOUT(SUDO)],
  ['another right of the user', error(403, 'user should be an owner'), 'unclear', NOT_ABOUT('user should be an owner')],
  [
    'no site admin, says a proxy',
    bare(403, 'user should be the site admin'),
    'unclear',
    NOT_ABOUT('user should be the site admin'),
  ],
  ['an account’s state in Gitea’s own form', error(403, PROHIBITED), 'unclear', NOT_ABOUT(PROHIBITED)],
  ['a status that no gate answers', error(409, 'exists'), 'unclear', 'an unexpected 409'],
  ['300 JSON', error(300, 'x'), 'unclear', 'a redirect (300) instead of an answer'],
  ['redirect', reply(307, undefined, 'text/html'), 'unclear', 'a redirect (307) instead of an answer'],
  ['399 JSON', error(399, 'x'), 'unclear', 'a redirect (399) instead of an answer'],
  ['429', error(429, 'slow down'), 'unclear', 'too many requests (429)'],
  ['500', error(500, ''), 'unclear', 'the server answered 500'],
  ['503 text', reply(503, undefined, 'text/plain'), 'unclear', 'the server answered 503'],
  ['no answer', {...reply(0, undefined, ''), failure: 'nothing answers there'}, 'unclear', 'nothing answers there'],
  ['no answer, and nobody knows why', reply(0, undefined, ''), 'unclear', 'no answer came'],
])('%s', (_, answer, kind, reason) => {
  const passed = kind === 'passed' ? {publicOnly: false} : {}
  expect(interpret(answer, 'read:issue')).toEqual({kind, reason, ...passed})
})

test.each([
  'token scope is limited to public repos',
  'token scope is limited to public issues',
  'this endpoint is not available for public-only tokens',
  'project endpoints are not available for public-only tokens',
])('"%s" means public-only, past the gate', (message) => {
  expect(interpret(error(403, message), 'read:repository')).toMatchObject({kind: 'passed', publicOnly: true})
})

test.each([
  [error, `${LACKS}: [read:issue]`],
  [error, 'token scope is limited to public repos'],
  [error, 'this endpoint is not available for public-only tokens'],
  [error, 'project endpoints are not available for public-only tokens'],
  [error, CORRUPT],
  [bare, 'This account is not activated.'],
  [bare, PROHIBITED],
  [bare, MUST_CHANGE],
  [bare, SECOND_FACTOR],
])('%o: a sentence that only quotes Gitea (%s) is not Gitea’s', (form, message) => {
  expect(interpret(form(403, message), 'read:issue').kind).not.toBe('unclear')
  expect(interpret(form(403, `upstream said: ${message}`), 'read:issue').kind).toBe('unclear')
})

test.each([
  `${LACKS}: [read:issue]`,
  'this endpoint is not available for public-only tokens',
  'project endpoints are not available for public-only tokens',
])('nor is one that goes on after it: %s', (message) => {
  expect(interpret(error(403, `${message}, says the proxy`), 'read:issue').kind).toBe('unclear')
})

test('what Gitea itself wrote is an error with a message and the address of its API description', () => {
  expect(asError({message: 'x', url: URL})).toEqual({message: 'x', own: true})
  expect(asError({message: 'x'})).toEqual({message: 'x', own: false})
  expect(asError({url: URL})).toEqual({message: undefined, own: false})
  expect(asError(null)).toEqual({message: undefined, own: false})
  expect(asError('x')).toEqual({message: undefined, own: false})
})
