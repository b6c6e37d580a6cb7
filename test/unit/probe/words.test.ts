import {describe, expect, test} from 'vitest'
import type {Evidence, ProbeReport, RepoAccess} from '../../../src/probe/types.ts'
import {asymmetry} from '../../../src/probe/words.ts'
import {expand, normalise} from '../../../src/scopes/sets.ts'
import {SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'

const evidence: Evidence = {method: 'GET', path: '/api/v1/token', status: 200, dialect: 'self', reason: 'told'}

function report(granted: Scope[], more: Partial<ProbeReport> = {}, unknown: Scope[] = []): ProbeReport {
  const held = expand(granted)
  return {
    giteaUrl: 'https://git.example.org',
    version: undefined,
    dialect: 'self',
    liveness: {state: 'alive', evidence},
    identity: undefined,
    scopes: SCOPES.filter((scope) => scope !== 'all').map((scope) => ({
      scope,
      verdict: unknown.includes(scope) ? 'unknown' : held.has(scope) ? 'granted' : 'missing',
      evidence,
    })),
    granted: normalise(granted),
    confinement: {reach: 'all', reason: 'made up'},
    repo: undefined,
    lastEight: '00000001',
    requests: 1,
    ...more,
  }
}

function repo(issues: RepoAccess['issues']['outcome'], pulls: RepoAccess['pulls']['outcome']): {repo: RepoAccess} {
  return {repo: {repo: 'acme/tool', issues: {outcome: issues, evidence}, pulls: {outcome: pulls, evidence}}}
}

describe('asymmetry', () => {
  test.each<[string, ProbeReport, string | undefined]>([
    [
      'the incident',
      report(['write:repository', 'read:user']),
      'pull requests work, issue lists do not: the token lacks `read:issue`',
    ],
    [
      'the other way round',
      report(['write:issue']),
      'issue lists work, pull requests do not: the token lacks `read:repository`',
    ],
    ['both work', report(['read:issue', 'read:repository']), undefined],
    ['neither works', report(['read:user']), undefined],
    ['one is unknown', report(['read:repository'], {}, ['read:issue']), undefined],
    ['the other one is unknown', report(['read:issue'], {}, ['read:repository']), undefined],
    ['one is unknown and the other shut', report(['read:user'], {}, ['read:repository']), undefined],
    ['dead', report(['read:repository'], {liveness: {state: 'dead', evidence}}), undefined],
    [
      'a role, not a scope',
      report(['read:issue', 'read:repository'], repo('role', 'ok')),
      'pull requests work, issue lists do not: the token has `read:issue`, but its user cannot read issues in acme/tool',
    ],
    [
      'a role, the other way round',
      report(['read:issue', 'read:repository'], repo('ok', 'role')),
      'issue lists work, pull requests do not: the token has `read:repository`, but its user cannot read pull requests in acme/tool',
    ],
    [
      'a list that refuses the token although it has the scope',
      report(['read:issue', 'read:repository'], repo('ok', 'scope')),
      'issue lists work, pull requests do not: told',
    ],
    ['a role on both', report(['read:issue', 'read:repository'], repo('role', 'role')), undefined],
  ])('%s', (_, given, sentence) => {
    expect(asymmetry(given)).toBe(sentence)
  })
})
