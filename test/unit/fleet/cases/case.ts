import type {AccessOutcome, ProbeReport} from '../../../../src/probe/types.ts'
import {expand, normalise} from '../../../../src/scopes/sets.ts'
import type {RepositoryReach} from '../../../../src/scopes/repositories.ts'
import type {Scope} from '../../../../src/scopes/vocabulary.ts'
import {DAY, lifeless, NOW, report, row} from '../world.ts'
import type {Member, World} from '../world.ts'

/** An agent, what a rule says of it, and what stays open. */
export interface Case {
  name: string
  change: (member: Member) => void
  world?: Partial<World>
  finds?: string[]
  open?: string[]
}

export const both: Partial<World> = {sources: 'both'}
export const listing: Partial<World> = {sources: 'listing'}
export const probing: Partial<World> = {sources: 'probe'}
export const scoped = (scopes: Member['scopes']) => (each: Member) => {
  each.rows[0]!.scopes = [...scopes]
  each.probe = report(each.user, each.rows[0]!.lastEight, scopes)
}
const NARROW: readonly Scope[] = ['read:issue', 'write:repository']
/** A profile that may be confined and wants this, and a token that reaches that; undefined: its row does not tell. */
export const confined = (wanted: RepositoryReach | undefined, has: RepositoryReach | undefined) => (each: Member) => {
  scoped(NARROW)(each)
  each.scopes = NARROW
  each.repositories = wanted
  if (has !== undefined) each.rows[0]!.repositories = has
  each.probe = {...each.probe, confinement: {reach: has ?? 'all', reason: 'made up'}}
}
/** The probe of a token that may be confined. */
export const unsure = (each: Member) =>
  void (each.probe = {...each.probe, confinement: {reach: 'unknown', reason: 'only a list tells'}})
export const unprobed = (each: Member) =>
  void (each.probe = lifeless(each.rows[0]!.lastEight, 'unknown', 'the server answered 502'))
export const shut = (unit: 'issues' | 'pulls', outcome: AccessOutcome) => (each: Member) => {
  const {repo} = each.probe
  each.probe = {...each.probe, repo: {...repo!, [unit]: {...repo![unit], outcome}}} satisfies ProbeReport
}
export const ours = row('patrol.dev-a.20261101.abcdefghij', '0000beef')

export function withoutTimes(each: Member): void {
  delete each.rows[0]!.createdAt
  delete each.rows[0]!.lastUsedAt
}

export function rotation(id: string, closed: boolean) {
  return {
    id,
    agent: 'dev-a',
    user: 'u-dev-a',
    workspace: 'w-dev-a',
    phase: closed ? 'completed' : 'minted',
    closed,
    startedAt: NOW - DAY,
    updatedAt: NOW,
    dueAt: undefined,
    events: 3,
  }
}

/** Makes the probe say something else of these scopes. */
export function verdict(each: Member, said: 'unknown' | 'not_applicable', scopes: readonly Scope[]): void {
  const {probe} = each
  const granted = expand(probe.granted).difference(new Set(scopes))
  const verdicts = probe.scopes.map((one) => (scopes.includes(one.scope) ? {...one, verdict: said} : one))
  each.probe = {...probe, scopes: verdicts, granted: normalise(granted)}
}
