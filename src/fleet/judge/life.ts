import type {Liveness} from '../../probe/types.ts'
import type {Docket} from '../docket.ts'
import type {AgentFacts} from '../facts.ts'
import {isAbsent, valueOf} from '../reading.ts'
import {listedEvidence, unlisted} from './words.ts'

/**
 * Whether the agent's token works: rules `token-dead` and `token-blocked`. Never calls a token dead that nobody was
 * shown to reject: a 401 to it, its id gone from its user's list, or a user without any token are the only grounds.
 */
export function judgeLife(facts: AgentFacts, docket: Docket): Liveness['state'] {
  const probe = valueOf(facts.probe)
  if (!probe || probe.liveness.state === 'unknown') return byListing(facts, docket)
  const {state, evidence} = probe.liveness
  if (state === 'dead') {
    docket.find('token-dead', {message: `the server answers 401 to its token …${probe.lastEight}`, evidence})
  }
  if (state === 'blocked') {
    const message = `the account ${facts.agent.user} may not use its token: ${evidence.reason}`
    docket.find('token-blocked', {message, evidence})
  }
  return state
}

function byListing(facts: AgentFacts, docket: Docket): Liveness['state'] {
  const {place, agent} = facts
  const evidence = listedEvidence(agent.user)
  const account = valueOf(facts.account)
  const gone = place?.kind === 'unlisted' && place.told.id !== undefined ? place.told : undefined
  if (place?.kind === 'none' || gone) {
    const why = gone
      ? `the token …${gone.lastEight} that ${agent.name} was last known to run on is no longer listed`
      : isAbsent(facts.account)
        ? `the server has no user ${agent.user}, so the agent has no token`
        : `${agent.user} has no token at all`
    docket.find('token-dead', {message: why, evidence})
    return 'dead'
  }
  if (account && (!account.active || account.prohibitLogin)) {
    const why = account.active ? 'prohibited from signing in' : 'not active'
    docket.find('token-blocked', {message: `the account ${agent.user} is ${why}`, evidence})
    return 'blocked'
  }
  const why = unprobed(facts)
  if (why !== undefined) docket.open('token-blocked', why)
  else if (facts.account.kind === 'failed') docket.open('token-blocked', facts.account.reason)
  else if (facts.account.kind === 'off') docket.open('token-blocked', unknownWhy(facts))
  if (place?.kind === 'listed') return 'alive'
  docket.open('token-dead', silence(facts))
  return 'unknown'
}

/** Why a probe that was to be made told nothing. */
function unprobed({probe}: AgentFacts): string | undefined {
  if (probe.kind === 'failed') return probe.reason
  return probe.kind === 'read' ? probe.value.liveness.evidence.reason : undefined
}

/** Why nothing tells what the token can do, in words. */
export function silence(facts: AgentFacts): string {
  return unprobed(facts) ?? unknownWhy(facts)
}

/** Why nothing tells, in words, where no probe was to be made. */
export function unknownWhy({rows, place, agent}: AgentFacts): string {
  if (rows.kind === 'failed') return rows.reason
  if (place?.kind === 'unclear') return `nothing tells which of the tokens of ${agent.user} the agent runs on`
  if (place?.kind === 'unlisted') {
    return `${unlisted(place.told, agent)}, and it was not probed`
  }
  return "neither a reference to its token nor an administrator's listing is at hand"
}
