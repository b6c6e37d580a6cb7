import {dialect} from '../gitea/dialect.ts'
import type {ForgeVersion} from '../types.ts'
import {running} from './member.ts'
import type {Member, Workshop} from './member.ts'

/**
 * What an audit has to go by: the administrator's listings, probes of the deployed values, both, or both and the agents'
 * own reports.
 */
export type AuditSight = 'listing' | 'probing' | 'both' | 'asking'

/** What can be known with a source on a release. The ledger and the platform are at hand in each. */
export interface Sees {
  listing: boolean
  probes: boolean
  /** Listings tell when a token was made and used (`gitea 1.24.0`). A probe's answers are not read for times. */
  times: boolean
  /** A token without `read:user` is probed category by category, which shows no `public-only` (`gitea 1.20 to 1.22`). */
  ladder: boolean
  /** Agents whose workspace is up are asked which token they hold. */
  asks: boolean
  /** The server confines tokens to repositories, and a listing tells to which; a token can't tell it itself (`forgejo 15.0.3`). */
  confines: boolean
}

/** One finding that has to be reported: `scope`, `repository` and `token` (last eight) where a rule can hit an agent more than once. */
export interface ExpectedFinding {
  rule: string
  scope?: string
  repository?: string
  token?: string
}

/** Something wrong with an agent, or something that only looks so and must not be reported. */
export interface Flaw {
  name: string
  /** The sides of a member that it changes; one member has only flaws of different sides. */
  sides: readonly Side[]
  plant(member: Member, workshop: Workshop): void
  finds(member: Member, sees: Sees): ExpectedFinding[]
}

export type Side = (typeof SIDES)[number]
export const SIDES = ['scopes', 'profile', 'account', 'repo', 'age', 'workspace', 'others', 'deployment'] as const

/** What an audit can know by this source from this release. */
export function seeing(source: AuditSight, version: ForgeVersion): Sees {
  // Forgejo tells of tokens what Gitea 1.22 does.
  const minor = Number(version.split('.')[1] ?? 22)
  const listing = source !== 'probing'
  return {
    listing,
    probes: source !== 'listing',
    times: listing && minor >= 24,
    ladder: !listing && minor <= 22,
    asks: source === 'asking',
    confines: listing && dialect(version).confinesTokens,
  }
}

/** Sees whatever may be the matter on a release, by whatever would show it, the agents' own word aside. */
export function seeingAll(version: ForgeVersion): Sees {
  return {...seeing('both', version), times: true}
}

export const none = (): ExpectedFinding[] => []
export const lastEight = (value: string): string => value.slice(-8)
export const about = (rule: string, member: Member): ExpectedFinding[] => [
  {rule, token: lastEight(running(member).value)},
]

export const missing = (...scopes: string[]): ExpectedFinding[] =>
  scopes.map((scope) => ({rule: 'scope-missing', scope}))
export const excess = (...scopes: string[]): ExpectedFinding[] => scopes.map((scope) => ({rule: 'scope-excess', scope}))
export const dangerous = (scope: string): ExpectedFinding[] => [{rule: 'scope-dangerous', scope}]
