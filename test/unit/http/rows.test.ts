import * as fc from 'fast-check'
import {expect, test} from 'vitest'
import {Rows} from '../../../src/http/rows.ts'

const same = (row: unknown): unknown => row

/** Cuts the text into pieces of these sizes, again and again, as a network might. */
function read(text: string, sizes: readonly number[], keep = same): unknown[] | undefined {
  const rows = new Rows(keep)
  const bytes = Buffer.from(text)
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    rows.take(bytes.subarray(at, at + size))
    at += size
  }
  return rows.whole
}

const sizes = fc.array(fc.integer({min: 1, max: 9}), {minLength: 1, maxLength: 5})

test('whatever is in a list, and however it arrives, its rows are those of JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), sizes, (list, indent, cuts) => {
      const text = JSON.stringify(list, undefined, indent)
      expect(read(text, cuts)).toEqual(JSON.parse(text))
    }),
    {numRuns: 1000},
  )
})

test('a row stays as what is made of it, and nothing more', () => {
  const text = JSON.stringify([{id: 1, much: 'x'.repeat(50)}, {id: 2}])
  expect(read(text, [7], (row) => Reflect.get(Object(row), 'id'))).toEqual([1, 2])
})

test.each([
  ['an object', '{"a":[1,2]}'],
  ['a text with a bracket', '"[1,2]"'],
  ['a list that breaks off', '[{"a":1},{"b"'],
  ['a list with a torn row', '[{"a":1},{"b":}]'],
  ['two lists', '[1][2]'],
  ['a comma too many', '[1,]'],
  ['a list that closes wrongly', '[{"a":1]'],
  ['nothing', ''],
  ['a list with more behind it', '[1] oops'],
  ['a list with a text behind it', '[1]"x"'],
  ['an empty object', '{}'],
  ['a list in braces', '{1}'],
  ['a comma too early', '[,1]'],
])('%s is no list', (_, text) => {
  expect(read(text, [3])).toBeUndefined()
})

test('a list of blanks is empty', () => expect(read('[ \n ]', [2])).toEqual([]))

test('what goes wrong in keeping a row is no fault of the list', () => {
  const keep = () => {
    throw new Error('no room')
  }
  expect(() => read('[1]', [3], keep)).toThrow('no room')
})
