import {describe, expect, test} from 'vitest'
import {Tally} from '../../../src/infer/tally.ts'
import {inferText} from '../../../src/report/infer.ts'
import {PLAIN} from '../../../src/report/formats/rows.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'
import {HOLE} from '../../../src/syntax/types.ts'
import {inferenceOf} from './inference.ts'

async function touched(calls: readonly (readonly [call: string, status?: number])[]) {
  const tally = new Tally({catalogue: await catalogue('1.22'), by: 'none', user: undefined})
  for (const [text, status] of calls) {
    const [method = '', path = ''] = text.split(' ')
    tally.call({method, path, count: 1, source: {file: 'x', line: 1}, ...(status !== undefined && {status})})
  }
  const {repositories, unnamed} = tally.result(undefined).groups[0]!
  return {repositories, unnamed}
}

describe('the repositories that calls are about', () => {
  test('are named once, whatever their capitals, most calls first', async () => {
    const calls = ['GET /repos/o/s/pulls', 'GET /repos/O/r/issues', 'POST /repos/o/R/issues', 'GET /repos/o/r']
    expect(await touched(calls.map((call) => [call]))).toEqual({repositories: ['O/r', 'o/s'], unnamed: 0})
  })

  test('are those of routes of one repository only', async () => {
    const calls = ['GET /repos/search', 'GET /repos/issues/search', 'GET /user', 'GET /orgs/o/repos']
    expect(await touched(calls.map((call) => [call]))).toEqual({repositories: [], unnamed: 0})
  })

  test('are counted where nobody can name them before the script runs', async () => {
    const path = `GET /repos/${HOLE}/${HOLE}/issues`
    expect(await touched([[path], [`GET /repos/o/${HOLE}/issues`], ['GET /repos/o/r/issues']])).toEqual({
      repositories: ['o/r'],
      unnamed: 2,
    })
  })

  test('are none where nothing was found or nobody was let in', async () => {
    expect(
      await touched([
        ['GET /repos/o/r/issues', 404],
        ['GET /repos/o/s/issues', 401],
      ]),
    ).toEqual({
      repositories: [],
      unnamed: 0,
    })
    expect((await touched([['GET /repos/o/r/issues', 403]])).repositories).toEqual(['o/r'])
  })

  test('end at a thousand', async () => {
    const calls = Array.from({length: 1003}, (_, at) => [`GET /repos/o/r${at}/issues`] as const)
    const {repositories, unnamed} = await touched([...calls, ['GET /repos/o/r0/pulls']])
    expect([repositories.length, repositories[0], unnamed]).toEqual([1000, 'o/r0', 3])
  })

  test('are shown under the scopes', async () => {
    const text = 'curl -H "Authorization: token $T" https://g.example/api/v1/repos/acme/core/issues\n'
    const {inference} = await inferenceOf(['-'], {text, as: 'shell'})
    expect(inferText(inference, undefined, PLAIN)).toMatch(/^Least scopes: read:issue\nRepositories: acme\/core$/m)
  })
})
