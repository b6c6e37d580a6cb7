import {randomBytes} from 'node:crypto'
import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {KnownSecrets} from '../../../src/secret/known.ts'

const base64 = (value: string): string => Buffer.from(value).toString('base64')
const forms = (value: string): string[] => [value, base64(value)]

function knowing(values: readonly string[]): KnownSecrets {
  const known = new KnownSecrets()
  for (const value of values) known.watch(forms(value))
  return known
}

/** The same, as plainly as it can be said: at each place the longest form goes. */
function plainly(text: string, values: readonly string[]): string {
  const all = values.flatMap(forms).toSorted((a, b) => b.length - a.length)
  let clean = ''
  for (let at = 0; at < text.length;) {
    const found = all.find((form) => text.startsWith(form, at))
    clean += found === undefined ? text[at] : '#'
    at += found?.length ?? 1
  }
  return clean
}

test('takes out what a plain search for every form takes out, whatever the values and the text', () => {
  // A small alphabet, so that values begin alike, overlap, and nearly appear.
  const word = fc.string({unit: fc.constantFrom('a', 'b', 'é', '☃'), minLength: 8, maxLength: 18})
  const piece = fc.oneof(word, word.map(base64), fc.string({maxLength: 6}), fc.nat({max: 7}))
  fc.assert(
    fc.property(fc.uniqueArray(word, {maxLength: 8}), fc.array(piece, {maxLength: 12}), (values, pieces) => {
      const text = pieces.map((each) => (typeof each === 'number' ? (values[each] ?? '') : each)).join('')
      expect(knowing(values).without(text, '#')).toBe(plainly(text, values))
    }),
    {numRuns: 2000},
  )
})

test('finds each of many', () => {
  const values = Array.from({length: 2000}, made)
  expect(knowing(values).without(values.join(' '), '#')).toBe(values.map(() => '#').join(' '))
})

test('tells texts apart that begin alike, and leaves what only begins like one', () => {
  const known = new KnownSecrets()
  known.watch(['begins-alike-1', 'begins-alike-2', 'begins-a'])
  expect(known.without('begins-alike-2 begins-alike-3 begins+alike-1', '#')).toBe('# #like-3 begins+alike-1')
})

function made(): string {
  return randomBytes(20).toString('hex')
}
