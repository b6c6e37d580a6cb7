import {randomBytes} from 'node:crypto'
import {expect, test} from 'vitest'
import {HttpAnswer} from '../../../src/http.ts'
import {excerpt, redact, redacted, remember} from '../../../src/secret.ts'

const made = (): string => randomBytes(20).toString('hex')

test('takes a value out wherever it stands, in every form in which it travels', () => {
  // Its base64 holds both characters that differ between the alphabets, and is padded.
  const value = `>>>???not/a "real"+passphrase ${made()}`
  remember(value)
  const forms = [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    JSON.stringify(value).slice(1, -1),
  ]
  expect(forms[2]).toMatch(/\+.*\/.*==$/)
  for (const form of forms) expect(redact(`${form} at both ends ${form}`)).toBe('[secret] at both ends [secret]')
})

test.each(['hunter2\u00adsecret', 'hunter2\u200bsecret', '\u202ehunter2"secret'])(
  'takes out what an answer repeats of a value with a character that cannot be seen: %j',
  (value) => {
    remember(value)
    const answer = (message: string) =>
      new HttpAnswer({
        method: 'GET',
        path: '/',
        status: 403,
        headers: {'content-type': 'application/json'},
        text: JSON.stringify({message}),
        ms: 1,
      }).json()
    expect(redacted(answer(`no ${value}!`))).toEqual({message: 'no [secret]!'})
    expect(redacted(answer(`no ${JSON.stringify(value)}!`))).toEqual({message: 'no "[secret]"!'})
  },
)

test('of two values that begin alike the longer goes first', () => {
  const value = made()
  remember(value)
  remember(`${value}-and-more`)
  expect(redact(`<${value}-and-more> <${value}>`)).toBe('<[secret]> <[secret]>')
})

test('leaves what is nearly a value', () => {
  const value = made()
  remember(value)
  const near = `${value.slice(0, -1)}x`
  expect(redact(near)).toBe(near)
})

test('takes out no word or number that only happens to be a short value', () => {
  remember('root')
  remember('123456')
  expect(redact('root is the root of 51234567')).toBe('root is the root of 51234567')
})

test('an excerpt of what others say is cut only after the secret in it is gone', () => {
  const value = made()
  remember(value)
  for (let most = 1; most < 60; most++) {
    const said = excerpt(`you sent ${value} to me`, most)
    expect(said.length).toBeLessThanOrEqual(most + 1)
    expect('you sent [secret] to me'.startsWith(said.replace('…', ''))).toBe(true)
  }
})

test('an excerpt is on one line, and nothing in it is obeyed', () => {
  const said = excerpt('one\u001b[31m\u0007\n::error::owned\u202e🦊', 90)
  expect(said).toBe(String.raw`one\u001b[31m\u0007\n::error::owned\u202e🦊`)
  expect(excerpt('🦊🦊', 3)).toBe('🦊…')
  expect(excerpt('🦊🦊', 4)).toBe('🦊🦊')
})

test('takes values out of data and leaves its keys', () => {
  remember('evidence')
  const data = {evidence: ['the evidence', {evidence: 1, none: null, gone: undefined}], at: 7, on: true}
  expect(redacted(data)).toEqual({
    evidence: ['the [secret]', {evidence: 1, none: null, gone: undefined}],
    at: 7,
    on: true,
  })
})
