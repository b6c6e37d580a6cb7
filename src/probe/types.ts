import type {Scope} from '../scopes/vocabulary.ts'

/** Which form of scope denial the server speaks, or `self` where it tells the scopes itself (Gitea 1.27 and newer). */
export type Dialect = 'self' | 'lists-granted' | 'plain' | 'none'

/** Why we believe a verdict: the request that showed it and what the server answered. */
export interface Evidence {
  method: string
  path: string
  /** HTTP status; 0 when no answer came. */
  status: number
  dialect: Dialect
  reason: string
}

/** Whether the token has one scope. */
export interface Verdict {
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

/** What a user may do with one repository, apart from what its token may: the role layer. */
export interface RepoAccess {
  repo: string
  /** `ok`: listed; `scope`: the token lacks the scope; `role`: the user can't read it; `unknown`: no usable answer. */
  issues: {outcome: 'ok' | 'scope' | 'role' | 'unknown'; evidence: Evidence}
  pulls: {outcome: 'ok' | 'scope' | 'role' | 'unknown'; evidence: Evidence}
}

/** All that a probe found out. */
export interface ProbeReport {
  giteaUrl: string
  /** What `GET /version` said, if anything. */
  version: string | undefined
  dialect: Dialect
  liveness: Liveness
  identity: Identity | undefined
  /** One verdict for every scope of the vocabulary but `all`. */
  scopes: Verdict[]
  /** The granted scopes, normalised as Gitea would store them. */
  granted: Scope[]
  repo: RepoAccess | undefined
  lastEight: string
  /** How many requests were made. */
  requests: number
}
