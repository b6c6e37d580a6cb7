import {expect, test} from 'vitest'
import {HttpAnswer} from '../../../src/http/answer.ts'

const nested = (levels: number, inmost = '') => `${'['.repeat(levels)}${inmost}${']'.repeat(levels)}`
const answer = (text: string, type = 'application/json') =>
  new HttpAnswer({method: 'GET', path: '/x', status: 200, headers: {'content-type': type}, text, ms: 1})

test('what a server nests without end can be walked through, and all before it is there', () => {
  const text = `{"version":"1.27.0","more":${nested(20_000)},"names":{"deep":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}}`
  for (const body of [answer(text).raw(), answer(text).json(), answer(text, 'text/plain').asJson()]) {
    expect(body).toMatchObject({version: '1.27.0'})
    expect(JSON.stringify(body).length).toBeLessThan(1000)
  }
})

test('a hundred levels are read whole, and no more', () => {
  expect(JSON.stringify(answer(nested(100)).raw())).toBe(nested(100))
  expect(JSON.stringify(answer(nested(99, '"x"')).raw())).toBe(nested(99, '"x"'))
  expect(JSON.stringify(answer(nested(100, '"x"')).raw())).toBe(nested(100, 'null'))
  expect(JSON.stringify(answer(nested(101)).raw())).toBe(nested(100, 'null'))
})
