import {describe, expect, test} from 'vitest'
import {contradicts, summarise} from '../../../src/smoke/summary.ts'
import type {PathResult, SmokeReason, SmokeReport} from '../../../src/smoke/types.ts'

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
    expect(summarise(report('passed', 'passed', 'not-proven')).sentence).toBe(
      'a: swarm-pull not proven (about swarm-pull)',
    )
  })

  test('advises nothing where no path has advice', () => {
    const paths = report().paths.map(({path, outcome, message}) => ({path, outcome, message}))
    expect(summarise({...report(), paths}).suggestions).toEqual([])
  })

  test('says in one sentence that all is well', () => {
    expect(summarise(report()).sentence).toBe('a: issues, pulls and swarm-pull passed in o/r')
  })
})

describe('what speaks against the token', () => {
  const proof = (...paths: Partial<PathResult>[]): SmokeReport => ({
    agent: 'a',
    repo: 'o/r',
    paths: paths.map((path) => ({path: 'swarm-pull', outcome: 'passed', message: '', ...path})),
    passed: false,
    reportedLastEight: undefined,
  })

  test.each<[SmokeReason, boolean]>([
    ['scope-gap', true],
    ['confinement', true],
    ['token-dead', true],
    ['not-restarted', true],
    ['stale-process', true],
    ['old-token', true],
    ['wrong-token', true],
    ['token-leaked', false],
    ['miscounted', false],
    ['wrong-issues', false],
    ['no-token', false],
    ['role', false],
    ['label-unknown', false],
    ['wrong-status', false],
    ['no-answer', false],
    ['wrong-nonce', false],
    ['rpc-error', false],
    ['agent-error', false],
    ['unreachable', false],
    ['refused', false],
    ['no-reading', false],
  ])('%s: %s', (reason, against) => {
    expect(contradicts(proof({}, {outcome: 'failed', reason}))).toBe(against)
    expect(contradicts(proof({outcome: 'unknown', reason}, {}))).toBe(false)
  })

  test('is nothing where all passed, or nobody was asked', () => {
    expect(contradicts(proof({}, {}, {}))).toBe(false)
    expect(contradicts(proof({outcome: 'not-proven'}))).toBe(false)
    expect(contradicts(proof({outcome: 'failed'}))).toBe(false)
  })
})
