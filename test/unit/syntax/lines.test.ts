import {describe, expect, test} from 'vitest'
import {linesOf} from '../../../src/syntax/lines.ts'

describe('a place in a text', () => {
  const text = 'one\r\n\nthree'
  test.each([
    [0, {line: 1, column: 1}],
    [5, {line: 2, column: 1}],
    [8, {line: 3, column: 3}],
    [11, {line: 3, column: 6}],
  ])('stands %i characters behind its beginning, and is found there', (offset, place) => {
    const lines = linesOf(text)
    expect(lines.offset(place)).toBe(offset)
    expect(lines.place(offset)).toEqual(place)
  })

  test('of which the text is a part is counted from where that begins', () => {
    const lines = linesOf(text, {line: 4, column: 10}, 100)
    expect([lines.offset({line: 4, column: 12}), lines.offset({line: 6, column: 1})]).toEqual([102, 106])
  })

  test('that the text does not have is its end', () => {
    const lines = linesOf(text)
    expect([lines.offset({line: 3, column: 40}), lines.offset({line: 9, column: 1})]).toEqual([11, 11])
  })
})
