import type {ProbeReport, ScopeVerdict} from '../../src/probe/types.ts'
import {expand, normalise} from '../../src/scopes/sets.ts'
import {SCOPES} from '../../src/scopes/vocabulary.ts'
import type {Scope} from '../../src/scopes/vocabulary.ts'

/** An answer that shows nothing in particular. */
export const evidence = {method: 'GET', path: '/x', status: 200, dialect: 'plain' as const, reason: 'because'}

/** What a probe of a live token with these scopes finds out. */
export function reportOf(granted: Scope[], changes: Partial<ProbeReport> = {}, unknown: Scope[] = []): ProbeReport {
  const held = expand(granted)
  const verdictOf = (scope: Scope): ScopeVerdict['verdict'] =>
    unknown.includes(scope) ? 'unknown' : held.has(scope) ? 'granted' : 'missing'
  return {
    giteaUrl: 'http://127.0.0.1:1',
    version: undefined,
    dialect: 'plain',
    liveness: {state: 'alive', evidence},
    identity: undefined,
    scopes: SCOPES.filter((scope) => scope !== 'all').map((scope) => ({scope, verdict: verdictOf(scope), evidence})),
    granted: normalise(granted),
    confinement: {reach: 'all', reason: 'made up'},
    repo: undefined,
    lastEight: '00000001',
    requests: 1,
    ...changes,
  }
}
