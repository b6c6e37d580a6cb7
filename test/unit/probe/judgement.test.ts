import {describe, expect, test} from 'vitest'
import {judge} from '../../../src/probe/judgement.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import type {RepositoryReach} from '../../../src/scopes/repositories.ts'
import {SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'
import {evidence, reportOf} from '../../support/probe-report.ts'

const ENGINEER = {name: 'engineer', scopes: ['read:issue', 'write:repository', 'read:user'] as Scope[]}
const ALL = SCOPES.filter((scope) => scope !== 'all')

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

  describe('of which nothing tells what it reaches', () => {
    const access = {outcome: 'ok' as const, evidence}
    const shut = {outcome: 'shut' as const, evidence}
    const untold: Partial<ProbeReport> = {
      version: '15.0.3+gitea-1.22.0',
      confinement: {reach: 'unknown', reason: 'made up'},
      repo: {repo: 'o/r', issues: access, pulls: access},
    }
    test.each<[string, Partial<ProbeReport>, Partial<typeof ENGINEER> & {repositories?: RepositoryReach}, boolean]>([
      ['where every repository is wanted', {repo: undefined, version: undefined}, {repositories: 'all'}, true],
      ['where some are', {repo: undefined}, {repositories: ['o/r']}, true],
      ['where it is to write in one', {}, {}, true],
      ['where it only reads, and finds it', {}, {scopes: ['read:issue']}, false],
      ['where its issues are shut', {repo: {repo: 'o/r', issues: shut, pulls: access}}, {}, false],
      ['where its pull requests are', {repo: {repo: 'o/r', issues: access, pulls: shut}}, {}, false],
      ['where nobody says in which', {repo: undefined}, {}, false],
      ['where the server confines none', {version: '1.27.0'}, {}, false],
      ['where it is dead', {liveness: {state: 'dead', evidence}}, {repositories: ['o/r']}, false],
      ['where that is told', {confinement: {reach: 'all', reason: 'made up'}}, {repositories: 'all'}, false],
    ])('%s', (_, changes, profile, unreached) => {
      const judgement = judge(reportOf(ENGINEER.scopes, {...untold, ...changes}), {...ENGINEER, ...profile}, 'a')
      expect(judgement.unreached).toBe(unreached)
      expect(judgement.exit === 5).toBe(unreached)
    })
  })

  test('says the asymmetry by what the lists answered, not by the scopes alone', () => {
    const access = (outcome: 'ok' | 'scope' | 'role') => ({outcome, evidence})
    const pullsFail = {repo: 'o/r', issues: access('scope'), pulls: access('role')}
    expect(judge(reportOf(['write:repository', 'read:user']), ENGINEER, 'a').asymmetry).toBe(
      'Pull requests work, issue lists do not: the token lacks `read:issue`.',
    )
    expect(judge(reportOf(['write:repository'], {repo: pullsFail}), ENGINEER, 'a').asymmetry).toBeUndefined()
  })

  test('tells a user without the right from a token without the scope', () => {
    const repo = {
      repo: 'o/r',
      issues: {outcome: 'role' as const, evidence},
      pulls: {outcome: 'ok' as const, evidence},
    }
    const {findings, next, exit} = judge(reportOf(ENGINEER.scopes, {repo}), ENGINEER, 'a')
    expect(findings).toEqual([
      {
        rule: 'role-missing',
        severity: 'error',
        agent: 'a',
        message:
          "the token's user may not read the issues of o/r; another token would not help: give the user access on the server",
        evidence,
        fix: 'patrol probe a',
      },
    ])
    expect(next.join()).not.toContain('rotate')
    expect(exit).toBe(3)
  })

  test.each([
    ['dead', 3, 'token-dead'],
    ['blocked', 3, 'token-blocked'],
  ] as const)('a token that is %s is that, and not short of scopes', (state, exit, rule) => {
    const judgement = judge(reportOf([], {liveness: {state, evidence}}, ALL), ENGINEER, 'a')
    expect(judgement.findings.map((finding) => finding.rule)).toEqual([rule])
    expect(judgement).toMatchObject({missing: [], excess: [], unjudged: [], exit})
  })

  test('one whose life nobody could tell has no finding, and is not passed either', () => {
    const judgement = judge(reportOf([], {liveness: {state: 'unknown', evidence}}, ALL), ENGINEER, 'a')
    expect(judgement).toMatchObject({missing: [], unjudged: [], findings: [], exit: 5})
  })

  test('of a profile that wants all, only what is known to be missing is', () => {
    const ALMOST = SCOPES.filter((scope) => scope.startsWith('write:') && scope !== 'write:admin')
    const everything = {name: 'root', scopes: ['all'] as Scope[]}
    expect(judge(reportOf([], {}, ALL), everything, 'a')).toMatchObject({missing: [], unjudged: ['all'], exit: 5})
    expect(judge(reportOf([]), everything, 'a')).toMatchObject({missing: ['all'], unjudged: [], exit: 3})
    expect(judge(reportOf(ALMOST), everything, 'a')).toMatchObject({missing: ['write:admin'], unjudged: [], exit: 3})
  })

  test('tells in normal form what nobody could tell', () => {
    const report = reportOf(['read:issue', 'read:user'], {}, ['read:repository', 'write:repository'])
    expect(judge(report, ENGINEER, 'a')).toMatchObject({missing: [], unjudged: ['write:repository']})
  })

  test('what nothing on this server asks for is neither missing nor open', () => {
    const report = reportOf(['read:issue'])
    for (const said of report.scopes) if (said.scope === 'read:misc') said.verdict = 'not_applicable'
    const judgement = judge(report, {name: 'p', scopes: ['read:issue', 'read:misc']}, 'a')
    expect(judgement).toMatchObject({missing: [], unjudged: [], findings: [], exit: 0})
  })

  test('tells of each scope whether it is missing, too much or dangerous, and what shows it', () => {
    const {findings, profile, wanted} = judge(
      reportOf(['write:repository', 'write:user', 'read:package']),
      ENGINEER,
      'a',
    )
    const shared = {agent: 'a', evidence, fix: 'patrol rotate a'}
    expect(findings).toEqual([
      {...shared, rule: 'scope-missing', severity: 'error', scope: 'read:issue', message: 'the token lacks read:issue'},
      {
        ...shared,
        rule: 'scope-excess',
        severity: 'warning',
        scope: 'read:package',
        message: 'the token has read:package, which engineer does not need',
      },
      {
        ...shared,
        rule: 'scope-dangerous',
        severity: 'warning',
        scope: 'write:user',
        message:
          'the token has write:user: before Gitea 1.27 and Forgejo 11.0.4 it can mint itself a token with every scope',
      },
    ])
    expect([profile, wanted]).toEqual(['engineer', ENGINEER.scopes])
  })

  test('names all as one danger, which no single request shows', () => {
    const {findings} = judge(reportOf(['all']), {name: 'none', scopes: []}, 'a')
    expect(findings).toEqual([expect.objectContaining({rule: 'scope-dangerous', scope: 'all', severity: 'warning'})])
    expect(findings[0]).not.toHaveProperty('evidence')
  })

  test('says what is dead or blocked, and why', () => {
    const said = {...evidence, reason: 'You must change your password.'}
    const dead = judge(reportOf([], {liveness: {state: 'dead', evidence: said}}), ENGINEER, undefined)
    expect(dead.findings).toEqual([
      {
        rule: 'token-dead',
        severity: 'error',
        agent: null,
        evidence: said,
        message: 'the token is dead: the server does not accept it',
        fix: null,
      },
    ])
    const blocked = judge(reportOf([], {liveness: {state: 'blocked', evidence: said}}), ENGINEER, undefined)
    expect(blocked.findings).toEqual([
      {
        rule: 'token-blocked',
        severity: 'error',
        agent: null,
        evidence: said,
        message: "the token's user is blocked: You must change your password.; unlock it on the server",
        fix: 'patrol probe',
      },
    ])
  })
})

describe('what is advised next', () => {
  const live = reportOf(ENGINEER.scopes)
  const short = reportOf(['read:user'])
  const living = (state: 'dead' | 'blocked' | 'unknown') => reportOf([], {liveness: {state, evidence}})
  const roles = (issues: 'ok' | 'role', pulls: 'ok' | 'role') => ({
    repo: {repo: 'o/r', issues: {outcome: issues, evidence}, pulls: {outcome: pulls, evidence}},
  })
  test.each<[string, ProbeReport, named: string[], unnamed: string[]]>([
    ['a token in order: the proof by use', live, ['patrol smoke a'], []],
    ['too much: another token', reportOf([...ENGINEER.scopes, 'read:package']), ['patrol rotate a'], []],
    ['several scopes missing: one rotation', short, ['patrol rotate a'], []],
    ['dead: another token', living('dead'), ['patrol rotate a'], []],
    ['blocked: to look again once its user is unlocked', living('blocked'), ['patrol probe a'], ['patrol probe']],
    [
      'both lists shut by the role: to look again',
      reportOf(ENGINEER.scopes, roles('role', 'role')),
      ['patrol probe a'],
      ['patrol probe'],
    ],
    [
      'a scope missing and a list shut by the role: both, in that order',
      reportOf(['write:repository', 'read:user'], roles('ok', 'role')),
      ['patrol rotate a', 'patrol probe a'],
      ['patrol probe'],
    ],
    ['no usable answer: the set-up', living('unknown'), ['patrol doctor'], ['patrol doctor']],
    [
      'one scope open: the set-up',
      reportOf(['write:repository', 'read:user'], {}, ['read:issue']),
      ['patrol doctor'],
      ['patrol doctor'],
    ],
    [
      'too much, and one scope open: the set-up',
      reportOf(['write:repository', 'write:user'], {}, ['read:issue']),
      ['patrol doctor'],
      ['patrol doctor'],
    ],
    [
      'one missing, one open: first what is known',
      reportOf(['read:user'], {}, ['read:issue']),
      ['patrol rotate a'],
      [],
    ],
  ])('%s', (_, report, named, unnamed) => {
    expect(judge(report, ENGINEER, 'a').next).toEqual(named)
    expect(judge(report, ENGINEER, undefined).next).toEqual(unnamed)
  })
})
