import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {isLoopback} from '../../../src/http/address.ts'
import {parseBaseUrl} from '../../../src/http.ts'
import {redact} from '../../../src/secret.ts'

function refusal(typed: string, insecure = false): OpsError {
  try {
    parseBaseUrl(typed, insecure)
  } catch (error) {
    if (error instanceof OpsError) return error
  }
  throw new Error(`${typed} was accepted`)
}

describe('base URLs', () => {
  test.each([
    ['https://git.example.org', 'https://git.example.org', ''],
    ['https://git.example.org/', 'https://git.example.org', ''],
    ['https://git.example.org:8443/gitea//', 'https://git.example.org:8443', '/gitea'],
    [' https://git.example.org/a/b ', 'https://git.example.org', '/a/b'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000', ''],
    ['http://localhost:3000/gitea', 'http://localhost:3000', '/gitea'],
    ['http://[::1]:3000', 'http://[::1]:3000', ''],
  ])('accepts %s', (typed, origin, prefix) => {
    expect(parseBaseUrl(typed)).toEqual({origin, prefix})
  })

  test.each([
    ['git.example.org', 'did you mean https://git.example.org'],
    ['git.example.org:3000/gitea', 'did you mean https://git.example.org:3000/gitea'],
    ['localhost:3000', 'did you mean http://localhost:3000'],
    ['//git.example.org', 'did you mean https://git.example.org'],
    ['git.example.org/at/http://elsewhere', 'did you mean https://git.example.org/at/http://elsewhere'],
  ])('asks for the scheme of %s', (typed, suggestion) => {
    const {code, suggestions} = refusal(typed)
    expect([code, suggestions[0]]).toEqual(['URL_INVALID', suggestion])
  })

  test.each([
    'https://',
    'ftp://git.example.org',
    'https://git.example.org/?x=1',
    'https://git.example.org/#top',
    'https://g/?',
    '',
  ])('refuses %j', (typed) => {
    expect(refusal(typed)).toMatchObject({code: 'URL_INVALID', category: 'usage'})
  })

  test('refuses credentials in the URL without repeating them', () => {
    const {code, message, suggestions} = refusal('https://bob:not-a-real-password@git.example.org/gitea')
    expect(code).toBe('URL_INVALID')
    expect(message + suggestions.join('')).not.toMatch(/not-a-real-password|bob/)
    expect(suggestions).toEqual(['use https://git.example.org/gitea'])
    expect(redact('so not-a-real-password it is')).not.toContain('not-a-real-password')
    const bare = refusal('bob:not-a-real-password@git.example.org')
    expect([bare.message, bare.suggestions]).toEqual(['The address has no scheme (https://). Nothing was called.', []])
    expect(refusal('https://bob@git.example.org').message).not.toContain('bob')
  })

  test('refuses http: outside loopback unless it is allowed', () => {
    expect(refusal('http://git.example.org')).toMatchObject({code: 'URL_INSECURE', category: 'usage'})
    expect(refusal('http://git.example.org').suggestions).toContain('use https://git.example.org')
    expect(() => parseBaseUrl('http://git.example.org')).toThrow('in the clear')
    expect(refusal('http://127.0.0.1.example.org').code).toBe('URL_INSECURE')
    expect(refusal('http://localhost.example.org').code).toBe('URL_INSECURE')
    expect(parseBaseUrl('http://git.example.org', true).origin).toBe('http://git.example.org')
  })
})

test.each([
  ['not an address at all', []],
  ['see https://git.example.org', []],
  ['ftp://git.example.org/gitea', ['did you mean https://git.example.org/gitea']],
  ['https://git.example.org/gitea?x=1', ['use https://git.example.org/gitea']],
  ['https://git.example.org/gitea?', ['use https://git.example.org/gitea']],
  ['http://git.example.org', ['use https://git.example.org', 'or accept it with --insecure-http']],
])('%s: says what was probably meant', (typed, suggestions) => {
  expect(refusal(typed).suggestions).toEqual(suggestions)
})

test.each([
  ['localhost', true],
  ['gitea.localhost', true],
  ['127.0.0.1', true],
  ['127.10.200.255', true],
  ['[::1]', true],
  ['.localhost.example.org', false],
  ['127.0.0.1.example.org', false],
  ['git.127.0.0.1', false],
  ['127.0.0', false],
])('%s is this machine: %s', (host, here) => expect(isLoopback(host)).toBe(here))
