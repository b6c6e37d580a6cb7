/** The three ways in which an agent finds its work. */
export type PathName = 'issues' | 'pulls' | 'swarm-pull'

/** How the agent is asked for the swarm-pull proof; `none` leaves that path not proven. */
export type SwarmVia = 'a2a' | 'schedule' | 'none'

/**
 * Why a path did not pass. Permanent: scripts and the rotation match on them.
 * - `scope-gap`: the token lacks a scope; `confinement`: it is confined to other repositories; `role`: its user may not read
 *   the repository; `token-dead`: answered 401;
 *   `wrong-status`: the agent got no answer of Gitea's that says anything of its token, or a refusal where the same token
 *   is let in from here
 * - `label-unknown`: the repository has no such label, so the server's filter does nothing
 * - `not-restarted`: the process is older than the stored secret; `stale-process`: older than the last provisioning,
 *   so the restart only looked like one, or from a restart that began before the secret was stored;
 *   `old-token`: a new process that still uses a superseded token
 * - `no-token`: the agent has none where it was told to look
 * - `wrong-token`: neither the candidate nor a superseded one; `token-leaked`: the reply holds a token's value
 * - `miscounted`: it has the token, and names other characters of it than the last eight
 * - `wrong-issues`: the agent listed other issues than the API
 * - `no-answer`: nothing came in time, or a reply without the line; `wrong-nonce`: an answer to another question
 * - `rpc-error`, `agent-error`: the agent answered with an error; `unreachable`: it could not be asked in time;
 *   `refused`: the platform would not deliver the question
 * - `no-reading`: our own look at the API gave no usable answer
 */
export type SmokeReason =
  | 'scope-gap'
  | 'confinement'
  | 'role'
  | 'token-dead'
  | 'label-unknown'
  | 'not-restarted'
  | 'stale-process'
  | 'old-token'
  | 'no-token'
  | 'wrong-token'
  | 'miscounted'
  | 'token-leaked'
  | 'wrong-issues'
  | 'wrong-status'
  | 'no-answer'
  | 'wrong-nonce'
  | 'rpc-error'
  | 'agent-error'
  | 'unreachable'
  | 'refused'
  | 'no-reading'

/**
 * What one path showed. `failed`: Gitea or the agent's own line says that it does not work; `unknown`: there is no such
 * answer, which says nothing against the token; `not-proven`: nobody asked (`--swarm-via none`).
 */
export interface PathResult {
  path: PathName
  outcome: 'passed' | 'failed' | 'not-proven' | 'unknown'
  /** One sentence for people. */
  message: string
  /** Stable id of what went wrong; absent when the path passed or nobody asked. */
  reason?: SmokeReason
  /** What to type next. */
  suggestions?: readonly string[]
}

/** The proof, or what is missing from it. */
export interface SmokeReport {
  agent: string
  repo: string
  paths: PathResult[]
  /** True only if all three paths passed. */
  passed: boolean
  /** The last eight characters of the token that the agent itself says it holds; undefined where that ends no known one. */
  reportedLastEight: string | undefined
  /** What stays behind and needs a hand, such as a schedule that could not be deleted. */
  warnings?: readonly string[]
}
