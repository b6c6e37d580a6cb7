import {forgeOf, reaches} from '../../forge.ts'
import type {Evidence} from '../../probe/types.ts'
import {
  covers,
  outsideOf,
  reachText,
  unconfinable,
  UNREADABLE_REACH,
  writesIn,
  type RepositoryReach,
  type ToldReach,
} from '../../scopes/repositories.ts'
import type {Docket} from '../docket.ts'
import type {AgentFacts} from '../facts.ts'
import {valueOf} from '../reading.ts'
import type {TokenView} from '../types.ts'
import {silence} from './life.ts'
import {listedEvidence} from './words.ts'

/** Which repositories the deployed token reaches, as far as anyone tells. */
export interface HeldReach {
  reach: ToldReach
  /** The server confines tokens where it is asked to; absent where nothing told the reach. */
  canConfine?: boolean
  evidence: Evidence | undefined
  /** Why it is not known. */
  why: string
}

/** By the listing, whose rows tell it from Forgejo 15 on; else what a probe of a live token showed. */
export function heldReach(facts: AgentFacts): HeldReach {
  const {place, probe, agent} = facts
  if (place?.kind === 'listed') {
    const {repositories} = place.row
    const evidence = listedEvidence(agent.user, place.row)
    return {reach: repositories ?? 'all', canConfine: repositories !== undefined, evidence, why: UNREADABLE_REACH}
  }
  const report = valueOf(probe)
  if (report?.liveness.state === 'alive') {
    const {reach, reason} = report.confinement
    const canConfine = reaches(forgeOf(report.version), 'forgejo', '15.0')
    return {reach, canConfine, evidence: {...report.liveness.evidence, reason}, why: reason}
  }
  return {reach: 'unknown', evidence: undefined, why: silence(facts)}
}

/**
 * Compares what the token reaches with the repositories of the profile: `repository-missing`, `repository-excess` and
 * `could-be-confined`. Without such a list only a repository that a probe found shut is judged.
 */
export function judgeReach(facts: AgentFacts, held: HeldReach, token: TokenView | undefined, docket: Docket): void {
  const {agent} = facts
  const {reach, canConfine, evidence, why} = held
  const named = Array.isArray(agent.repositories) ? agent.repositories : []
  const charge = (message: string) => ({message, token, evidence})
  const chargeOf = (repo: string, message: string) => ({...charge(message), repository: repo, names: [repo]})
  if (reach === 'unknown') {
    const rules = ['repository-missing', 'repository-excess', 'could-be-confined'] as const
    const [missing] = rules
    if (named.length > 0) for (const rule of rules) docket.open(rule, why)
    else if (agent.repositories === 'all' || (canConfine && agent.repo !== undefined && writesIn(agent.scopes)))
      docket.open(missing, why)
    return
  }
  if (reach === 'all') {
    if (!canConfine || named.length === 0) return
    // Such a row is also that of a token whose repositories are all deleted, which reaches only what is public (forgejo 15.0.3).
    const listed = facts.place?.kind === 'listed' && unconfinable(token?.scopes ?? []).length === 0
    const unless = listed ? ', unless all that it was confined to are deleted' : ''
    const message = `its token reaches every repository of ${agent.user}${unless}; the profile ${agent.profile} names ${named.join(', ')}`
    return docket.find('could-be-confined', charge(message))
  }
  if (agent.repositories === 'all') {
    const message = `its token is ${reachText(reach)}, and the profile ${agent.profile} wants every repository of its user`
    return docket.find('repository-missing', charge(message))
  }
  for (const repo of named.filter((each) => !covers(reach, each))) {
    const message = `its token is ${reachText(reach)}, and the profile ${agent.profile} needs ${repo}`
    docket.find('repository-missing', chargeOf(repo, message))
  }
  judgeShut(facts, {reach, evidence}, named, docket, token)
  if (named.length === 0) return
  for (const repo of reach.filter((each) => !covers(named, each))) {
    const message = `its token reaches ${repo}, which the profile ${agent.profile} does not need`
    docket.find('repository-excess', chargeOf(repo, message))
  }
}

/**
 * The repository in which the agent finds its work, where the token did not find it for its confinement, or may only read it
 * and is meant to write.
 */
function judgeShut(
  {agent, probe}: AgentFacts,
  {reach, evidence}: {reach: RepositoryReach; evidence: Evidence | undefined},
  named: readonly string[],
  docket: Docket,
  token: TokenView | undefined,
): void {
  const {repo} = valueOf(probe) ?? {}
  const shut = repo && [repo.issues, repo.pulls].find(({outcome}) => outcome === 'confinement')
  const mute = agent.repo !== undefined && writesIn(agent.scopes) ? outsideOf(reach, agent.repo) : undefined
  const [where, seen] = shut ? [repo.repo, shut.evidence] : [agent.repo, evidence]
  const why = shut ? shut.evidence.reason : mute && `${mute}: it can write nothing there`
  if (where === undefined || why === undefined || covers(named, where)) return
  const message = `${why}, and it is where ${agent.name} finds its work: the profile ${agent.profile} has to name it`
  docket.find('repository-missing', {message, token, evidence: seen, repository: where, names: [where]})
}
