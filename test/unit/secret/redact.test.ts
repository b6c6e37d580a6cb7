import {randomBytes} from 'node:crypto'
import {expect, test} from 'vitest'
import {redact, remember} from '../../../src/secret.ts'

const made = (): string => randomBytes(20).toString('hex')

test('takes a value out wherever it stands, in every form in which it travels', () => {
  const value = `not/a real+password ${made()}`
  remember(value)
  const forms = [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    JSON.stringify(value).slice(1, -1),
  ]
  for (const form of forms) expect(redact(`${form} at both ends ${form}`)).toBe('[secret] at both ends [secret]')
})

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

test('takes short values out too', () => {
  remember('qzx7')
  expect(redact('code qzx7.')).toBe('code [secret].')
})

test('reads a long text once, however many values there are', () => {
  const values = Array.from({length: 20_000}, made)
  for (const value of values) remember(value)
  const text = `${'a report of many agents, '.repeat(40_000)}${values[17_000]}`
  const began = performance.now()
  const clean = redact(text)
  expect(performance.now() - began).toBeLessThan(2000)
  expect(clean.endsWith(', [secret]')).toBe(true)
})
