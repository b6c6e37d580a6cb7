import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {answerIn, ANSWERS} from '../../../src/scopes/answers.ts'

interface Told {
  body: string
  status: number
  by: string
  helps: string
}

const LIST = resolve(import.meta.dirname, '../../corpus/explain/answers.yaml')
const {told, quiet}: {told: Told[]; quiet: string[]} = parse(readFileSync(LIST, 'utf8'))

describe('every answer that is known of servers', () => {
  test.each(told)('$body', ({body, status, by, helps}) => {
    const found = answerIn(body)
    expect(found).toMatchObject({by, cure: expect.stringContaining(helps)})
    expect(status === 0 ? found?.status : found?.status.includes(status)).toEqual(status === 0 ? [] : true)
    expect(body).toContain(found?.message)
  })

  test.each(quiet)('"%s" is none', (text) => {
    expect(answerIn(text)).toBeUndefined()
  })

  test('no row of the table is there for nothing', () => {
    const met = new Set(told.map(({body}) => ANSWERS.find(({says}) => says.test(body))))
    expect(ANSWERS.filter((row) => !met.has(row)).map(({says}) => says.source)).toEqual([])
  })

  test.each(ANSWERS.map((row) => [row.says.source, row] as const))('%s says who sends it, and what helps', (_, row) => {
    expect([row.source, row.on, row.means, row.cure].filter((text) => text.length < 8)).toEqual([])
    expect([row.means, row.cure].filter((text) => /\.$/.test(text))).toEqual([])
  })
})

test.each([
  'net/http: invalid header field value "token VALUE\\n" for key Authorization',
  '{"message":"user does not exist [uid: 0, name: VALUE]"}',
  '{"message":"user redirect does not exist [name: VALUE]"}',
  "fatal: could not read Password for 'https://VALUE@forge.example'",
])('a value that stands in it is not shown: %s', (text) => {
  const value = '0123456789abcdef'.repeat(3).slice(0, 40)
  const found = answerIn(text.replace('VALUE', value))
  expect(found).toBeDefined()
  expect(JSON.stringify(found)).not.toContain(value)
})
