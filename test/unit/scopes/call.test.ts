import {describe, expect, test} from 'vitest'
import {callOf, holdsCredential} from '../../../src/scopes/call.ts'

const ISSUES = '/repos/acme/core/issues'
const value = `${'a'.repeat(32)}00000001`

describe('METHOD and PATH', () => {
  test.each([
    ['GET', '/api/v1/repos/acme/core/issues?state=open', 'GET', ISSUES],
    ['GET', '/repos/acme/core/issues', 'GET', ISSUES],
    ['get', 'repos/acme/core/issues/', 'GET', ISSUES],
    ['/repos/acme/core/issues', 'post', 'POST', ISSUES],
    ['PATCH', 'https://git.example.org/gitea/api/v1/repos/acme/core/issues#x', 'PATCH', ISSUES],
  ])('%s %s', (method, target, expected, path) => {
    expect(callOf(method, target)).toMatchObject({method: expected, path, methodSaid: true})
  })

  test.each([
    ['FETCH', '/repos/acme/core/issues'],
    ['GET', 'https://git.example.org/acme/core/issues'],
    ['GET', 'mailto:somebody@example.org'],
  ])('%s %s is no call', (method, target) => {
    expect(callOf(method, target)).toBeUndefined()
  })
})

test('a credential is told from its name', () => {
  expect(holdsCredential(`curl -H "Authorization: token ${value}" x`)).toBe(true)
  expect(holdsCredential(`curl -H 'authorization: Bearer ${value}' x`)).toBe(true)
  expect(holdsCredential(`http://x/api/v1/user?access_token=${value}`)).toBe(true)
  expect(holdsCredential('curl -H "Authorization: token $GITEA_TOKEN" x')).toBe(false)
  expect(holdsCredential('curl http://x/api/v1/user?token=$TOKEN')).toBe(false)
})
