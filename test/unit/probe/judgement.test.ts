import {describe, expect, test} from 'vitest'
import {judge} from '../../../src/probe/judgement.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {evidence, reportOf} from '../../support/probe-report.ts'

const ENGINEER = {name: 'engineer', scopes: ['read:issue', 'write:repository', 'read:user'] as Scope[]}
describe('a probe held against a profile', () => {
  test.each([
    ['all that is needed', ['read:issue', 'write:repository', 'read:user'], 0, []],
    ['more than is needed', ['write:issue', 'write:repository', 'read:user'], 0, ['scope-excess']],
    ['the incident', ['write:repository', 'read:user'], 3, ['scope-missing']],
    ['nothing', [], 3, ['scope-missing', 'scope-missing', 'scope-missing', 'scope-missing']],
    ['a power that mints', ['read:issue', 'write:repository', 'write:user'], 0, ['scope-dangerous']],
  ] as [string, Scope[], number, string[]][])('%s', (_, granted, exit, rules) => {
    const {findings, exit: found, missing} = judge(reportOf(granted), ENGINEER, 'a')
    expect(findings.map(({rule}) => rule).filter((rule) => rule !== 'scope-missing')).toEqual(
      rules.filter((rule) => rule !== 'scope-missing'),
    )
    expect(missing.length > 0).toBe(rules.includes('scope-missing'))
    expect(found).toBe(exit)
  })

  test('an unknown scope is neither missing nor granted: exit 5', () => {
    const judgement = judge(reportOf(['write:repository', 'read:user'], {}, ['read:issue']), ENGINEER, 'a')
    expect(judgement).toMatchObject({missing: [], unjudged: ['read:issue'], exit: 5, asymmetry: undefined})
  })

  test('says the asymmetry by what the lists answered, not by the scopes alone', () => {
    const access = (outcome: 'ok' | 'scope' | 'role') => ({outcome, evidence})
    const pullsFail = {repo: 'o/r', issues: access('scope'), pulls: access('role')}
    expect(judge(reportOf(['write:repository', 'read:user']), ENGINEER, 'a').asymmetry).toMatch(/lacks `read:issue`/)
    expect(judge(reportOf(['write:repository'], {repo: pullsFail}), ENGINEER, 'a').asymmetry).toBeUndefined()
  })

  test('tells a user without the right from a token without the scope', () => {
    const repo = {
      repo: 'o/r',
      issues: {outcome: 'role' as const, evidence},
      pulls: {outcome: 'ok' as const, evidence},
    }
    const {findings, next, exit} = judge(reportOf(ENGINEER.scopes, {repo}), ENGINEER, 'a')
    expect(findings).toEqual([expect.objectContaining({rule: 'role-missing', severity: 'error'})])
    expect(next.join()).not.toContain('rotate')
    expect(exit).toBe(3)
  })

  test.each([
    ['dead', 3, 'token-dead'],
    ['blocked', 3, 'token-blocked'],
  ] as const)('a token that is %s is that, and not short of scopes', (state, exit, rule) => {
    const judgement = judge(reportOf([], {liveness: {state, evidence}}), ENGINEER, 'a')
    expect(judgement.findings.map((finding) => finding.rule)).toEqual([rule])
    expect(judgement).toMatchObject({missing: [], exit})
  })
})
