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

test('the value that a client could not send is not shown', () => {
  const value = 'f'.repeat(40)
  const found = answerIn(`net/http: invalid header field value "token ${value}\\n" for key Authorization`)
  expect(JSON.stringify(found)).not.toContain(value)
})
