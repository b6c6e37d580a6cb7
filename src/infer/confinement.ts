import {covers, unconfinable} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {PossibleConfinement, ReachDifference, RouteUse} from './result.ts'

/** A repository that was called. */
export interface Touched {
  /** `owner/name`. */
  name: string
  count: number
  /** Something was asked of it that changes it. */
  writes: boolean
}

/** What was called, as far as it was understood. */
export interface Calls {
  /** Most calls first. */
  touched: readonly Touched[]
  /** Calls of a repository that is not known. */
  unnamed: number
  /** All that a token for them may have to have. */
  scopes: readonly Scope[]
  routes: readonly RouteUse[]
  /** Whether there were no others. */
  complete: boolean
}

/** The repositories that a token for these calls can be confined to, where any was called. */
export function confinementFor({touched, unnamed, scopes, routes, complete}: Calls): PossibleConfinement | undefined {
  if (touched.length === 0) return undefined
  const [other] = unconfinable(scopes)
  if (other !== undefined) return {not: `they may need ${other}, which no confined token can have`}
  const closed = routes.find((route) => route.closed)
  if (closed) return {not: `${closed.method} ${closed.path} is refused to every confined token`}
  if (unnamed > 0) return {not: 'some of them do not tell their repository'}
  if (!complete) return {not: 'not all of them are understood'}
  return {to: touched.map(({name}) => name)}
}

/** Holds the repositories that a profile names against those that were called. */
export function compareRepositories(named: readonly string[], {touched, unnamed, complete}: Calls): ReachDifference {
  const outside = touched.filter(({name}) => !covers(named, name))
  const called = touched.map(({name}) => name)
  return {
    missing: outside.filter(({writes}) => writes).map(({name}) => name),
    unlessPublic: outside.filter(({writes}) => !writes).map(({name}) => name),
    // Calls that do not tell their repository may be of any.
    excess: unnamed > 0 || !complete ? [] : named.filter((name) => !covers(called, name)),
  }
}
