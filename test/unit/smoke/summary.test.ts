import {describe, expect, test} from 'vitest'
import {summarise} from '../../../src/smoke/summary.ts'
import type {PathResult, SmokeReport} from '../../../src/smoke/types.ts'

function report(...outcomes: PathResult['outcome'][]): SmokeReport {
  const names = ['issues', 'pulls', 'swarm-pull'] as const
  const paths = names.map((path, index) => ({
    path,
    outcome: outcomes[index] ?? 'passed',
    message: `about ${path}`,
    suggestions: [`mend ${path}`, 'patrol doctor'],
  }))
  return {agent: 'a', repo: 'o/r', paths, passed: false, reportedLastEight: undefined}
}

describe('a summary', () => {
  test.each([
    [['passed', 'passed', 'passed'], 'passed'],
    [['passed', 'passed', 'not-proven'], 'not-proven'],
    [['unknown', 'passed', 'not-proven'], 'unknown'],
    [['unknown', 'not-proven', 'failed'], 'failed'],
  ] as const)('of %j is %s', (outcomes, verdict) => {
    expect(summarise(report(...outcomes)).verdict).toBe(verdict)
  })

  test('of nothing proves nothing', () => {
    expect(summarise({...report(), paths: []}).verdict).toBe('not-proven')
  })

  test('names every path that did not pass, the gravest first, and advises without doubles', () => {
    const {sentence, suggestions} = summarise(report('unknown', 'passed', 'failed'))
    expect(sentence).toBe('a: swarm-pull failed (about swarm-pull); issues unknown (about issues)')
    expect(suggestions).toEqual(['mend swarm-pull', 'patrol doctor', 'mend issues', 'mend pulls'])
  })

  test('says in one sentence that all is well', () => {
    expect(summarise(report()).sentence).toBe('a: issues, pulls and swarm-pull passed in o/r')
  })
})
