import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {lastEight, shown} from '../../../src/infer/safe.ts'

const hex = fc
  .string({unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: 40, maxLength: 40})
  .filter((text) => /\d/.test(text))

test('no token is shown, wherever it stands: its last eight at most', () => {
  const around = fc.constantFrom(
    '',
    ' ',
    '"',
    '/',
    '?token=',
    '&access_token=',
    'token ',
    '//',
    '@',
    ':',
    '=',
    '\n',
    ',',
  )
  fc.assert(
    fc.property(fc.string(), around, hex, around, fc.string(), (before, left, token, right, after) => {
      const text = shown(`${before}${left}${token}${right}${after}`)
      for (let at = 0; at <= 30; at++) expect(text).not.toContain(token.slice(at, at + 9))
    }),
  )
})

test.each([
  ['GET /x?token=short&a=1', 'GET /x?token=…&a=1'],
  ['-d client_secret=hunter2 -d x-api-key=short', '-d client_secret=… -d x-api-key=…'],
  ['password: hunter2 done', 'password: … done'],
  ['{"password":"hunter2"}', '{"password":"…"}'],
  ['Authorization: Basic YWxpY2U6eA==', 'Authorization: Basic …'],
  ['git clone https://alice:hunter2@git.example.com/a', 'git clone https://…@git.example.com/a'],
  ['\u001B[31mred\u001B[0m\ttab\r\nnext', 'red tab next'],
  ['GET /repos/a-rather-long-owner-name-of-words/x', 'GET /repos/a-rather-long-owner-name-of-words/x'],
])('%j is shown as %j', (text, expected) => {
  expect(shown(text)).toBe(expected)
})

test('what is long is cut', () => {
  expect(shown('word '.repeat(100_000), 20)).toBe('word word word word…')
})

test('only what is long enough to be a token has a last eight', () => {
  expect([lastEight(undefined), lastEight('short'), lastEight('a'.repeat(32))]).toEqual([
    undefined,
    undefined,
    'a'.repeat(8),
  ])
})
