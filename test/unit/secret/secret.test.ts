import {randomBytes} from 'node:crypto'
import {inspect} from 'node:util'
import {describe, expect, test} from 'vitest'
import {redact, remember, Secret, SHORTEST} from '../../../src/secret.ts'

const made = (digits = 40): string => randomBytes(32).toString('hex').slice(0, digits)

describe('a secret', () => {
  test('hides itself wherever a value is turned into text', () => {
    const value = made()
    const secret = new Secret(value)
    const shown = [String(secret), JSON.stringify({secret}), inspect({secret}), inspect(secret)]
    expect(shown).toEqual(['[secret]', '{"secret":"[secret]"}', '{ secret: [secret] }', '[secret]'])
    expect(secret.reveal()).toBe(value)
  })

  test('tells how long it is, and no more', () => {
    expect([new Secret(made(8)).length, new Secret(made(40)).length]).toEqual([8, 40])
  })

  test('is taken out of every text from the moment it is made', () => {
    const value = made()
    expect(redact(value)).toBe(value)
    expect(new Secret(value)).toBeDefined()
    expect(redact(`so ${value} it is`)).toBe('so [secret] it is')
  })

  test.each([
    ['of the shortest length', SHORTEST, '[secret]'],
    ['a character shorter, as many a word is', SHORTEST - 1, undefined],
  ])('%s is looked for or not, made or remembered', (_, digits, hidden) => {
    const [one, other] = [made(digits), made(digits)]
    expect(new Secret(one).reveal()).toBe(one)
    remember(other)
    const texts = [one, other].flatMap((value) => [value, Buffer.from(value).toString('base64')])
    expect(texts.map(redact)).toEqual(texts.map((text) => hidden ?? text))
  })

  test('shows its last eight where it is long enough for 24 others to stay unseen', () => {
    const value = made(32)
    expect(new Secret(value).lastEight).toBe(value.slice(24))
    expect(new Secret(value.slice(1)).lastEight).toBe('')
  })

  test('equals another of the same value, and no other', () => {
    const value = made()
    expect(new Secret(value).equals(new Secret(value))).toBe(true)
    expect(new Secret(value).equals(new Secret(made()))).toBe(false)
    expect(new Secret('').equals(new Secret('x'))).toBe(false)
  })
})
