import type {Secret} from '../secret.ts'
import {repoAccess} from './access.ts'
import {confiningNone} from './confinement.ts'
import {TokenKnowledge} from './knowledge.ts'
import {ProbeLine} from './line.ts'
import type {ProbePort} from './ports.ts'
import {confirmLife} from './probe.ts'
import type {Liveness, RepoAccess} from './types.ts'

/** `gap`: the token lives, but issues or pull requests are closed to it; `unknown`: not everything could be judged. */
export type HealthState = 'ok' | 'gap' | 'dead' | 'blocked' | 'unknown'

/** Whether an agent can find its work with the token it holds. */
export interface WorkHealth {
  state: HealthState
  liveness: Liveness
  /** What the two lists answered. */
  access: RepoAccess
  giteaUrl: string
  /** What the server calls itself, where that was asked. */
  version: string | undefined
  lastEight: string
  requests: number
}

/**
 * Lists issues and pull requests of `repo` (`owner/name`) once each. Only where a 401 or a 404 comes back is
 * `GET /version` asked as well: nothing else proves a token dead, or tells whether it may be confined. Throws `OpsError` `REPO_INVALID`, or what the port throws when
 * interrupted; a server that gives no usable answer makes it `unknown`.
 */
export async function health(port: ProbePort, value: Secret, repo: string): Promise<WorkHealth> {
  const [line, known] = [new ProbeLine(port, value), new TokenKnowledge()]
  // What it is confined to nobody tells a token, so a repository that it does not find may be shut for that.
  const confinementOf = async (lost: boolean) =>
    ({reach: lost && !(await confiningNone(line, known)) ? 'unknown' : 'all'}) as const
  const access = await repoAccess(line, known, repo, confinementOf)
  const {issues, pulls} = access
  const refused = [issues, pulls].some(({evidence}) => evidence.status === 401)
  if (!known.liveness && refused) known.liveness = await confirmLife(line, known)
  const liveness: Liveness = known.liveness ?? {state: 'unknown', evidence: issues.evidence}
  const [state, {version}] = [stateOf(liveness, access), known]
  return {state, liveness, access, giteaUrl: port.url, version, lastEight: value.lastEight, requests: line.requests}
}

function stateOf({state}: Liveness, {issues, pulls}: RepoAccess): HealthState {
  if (state !== 'alive') return state
  const outcomes = [issues.outcome, pulls.outcome]
  if (outcomes.includes('unknown')) return 'unknown'
  return outcomes.every((outcome) => outcome === 'ok') ? 'ok' : 'gap'
}
