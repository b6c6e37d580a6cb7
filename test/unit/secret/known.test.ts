import {randomBytes} from 'node:crypto'
import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {Known} from '../../../src/secret/known.ts'

const base64 = (value: string): string => Buffer.from(value).toString('base64')
const forms = (value: string): string[] => [value, base64(value)]

function knowing(values: readonly string[]): Known {
  const known = new Known(forms)
  for (const value of values) known.watch(known.keep(value))
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

test('gives every value back as it was, beyond the first page and in any script', () => {
  const values = ['', 'x', 'ÿ', 'пароль', '🔑🔑', 'a'.repeat(70_000), ...Array.from({length: 5000}, () => made())]
  const known = new Known(forms)
  const places = values.map((value) => known.keep(value))
  expect(places.map((place) => known.valueAt(place))).toEqual(values)
})

test('keeps a value once', () => {
  const known = new Known(forms)
  const value = made()
  const place = known.keep(value)
  known.watch(place)
  expect(known.keep(value)).toBe(place)
})

test('finds each of many, also those that it knew when it had room for few', () => {
  const values = Array.from({length: 2000}, made)
  expect(knowing(values).without(values.join(' '), '#')).toBe(values.map(() => '#').join(' '))
})

test('keeps some hundred bytes of a token, whatever it is looked for as', () => {
  const collect = collector()
  const values = 20_000
  // The tokens themselves are not to be among what is measured.
  const tokens = function* () {
    for (let count = 0; count < values; count++) yield made()
  }
  const before = collect()
  const known = new Known(forms)
  for (const token of tokens()) known.watch(known.keep(token))
  const grown = collect() - before
  expect(known.without('nothing', '#')).toBe('nothing')
  expect(grown / values).toBeLessThan(150)
})

test('looks at a value only where a text begins as one of its forms does, however many values there are', () => {
  let looked = 0
  const known = new Known((value) => (looked++, forms(value)))
  const values = Array.from({length: 20_000}, made)
  for (const value of values) known.watch(known.keep(value))
  looked = 0
  const text = 'a report of many agents, '.repeat(8000)
  expect(known.without(`${text}${values[17_000]}`, '#')).toBe(`${text}#`)
  expect(looked).toBeLessThan(10)
})

/** Collects garbage and tells what is in use, in and beside the heap. */
function collector(): () => number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  return () => {
    collect()
    const {heapUsed, arrayBuffers} = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
}

function made(): string {
  return randomBytes(20).toString('hex')
}
