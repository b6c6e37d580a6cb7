import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'

/** Which form of scope denial the server speaks, or `self` where it tells the scopes itself (Gitea 1.27 and newer). */
export type DenialDialect = 'self' | 'lists-granted' | 'plain' | 'none'

/** Why we believe a verdict: the request that showed it and what the server answered. */
export interface Evidence {
  method: string
  path: string
  /** HTTP status; 0 when no answer came. */
  status: number
  dialect: DenialDialect
  reason: string
}

/** Whether the token has one scope. */
export interface ScopeVerdict {
  scope: Scope
  verdict: 'granted' | 'missing' | 'unknown' | 'not_applicable'
  evidence: Evidence
}

/** Whether the token works at all. `dead` only on the 401 of `GET /version`; account states are `blocked`. */
export interface Liveness {
  state: 'alive' | 'dead' | 'blocked' | 'unknown'
  evidence: Evidence
}

/** Who the token belongs to, where it may read that. */
export interface Identity {
  login: string
  id: number
  isAdmin?: boolean
}

/** Which repositories a token reaches with its scopes, and what tells so; `unknown` where it may be confined to some. */
export interface ProbedConfinement {
  reach: RepositoryReach | 'unknown'
  reason: string
  /** Why it may be less all the same, to follow "or". */
  doubt?: string
}

/**
 * How a list of one repository is answered. `ok`: listed; `scope`: the token lacks the scope; `confinement`: it is confined
 * to other repositories; `role`: its user can't read it; `shut`: one of the last two, and nothing tells which; `unknown`: no
 * usable answer.
 */
export type AccessOutcome = 'ok' | 'scope' | 'confinement' | 'role' | 'shut' | 'unknown'

/** What may be read of one repository: the token's scope, its confinement and its user's role are layers of their own. */
export interface RepoAccess {
  repo: string
  issues: {outcome: AccessOutcome; evidence: Evidence}
  pulls: {outcome: AccessOutcome; evidence: Evidence}
}

/** All that a probe found out. */
export interface ProbeReport {
  giteaUrl: string
  /** What the server calls itself, where that was asked or known. */
  version: string | undefined
  dialect: DenialDialect
  liveness: Liveness
  identity: Identity | undefined
  /** One verdict for every scope of the vocabulary but `all`. */
  scopes: ScopeVerdict[]
  /** The granted scopes, normalised as Gitea would store them. */
  granted: Scope[]
  confinement: ProbedConfinement
  repo: RepoAccess | undefined
  lastEight: string
  /** How many requests were made. */
  requests: number
}
