import {orElse} from '../errors.ts'
import {together} from '../together.ts'
import {provesIssues, provesPulls} from './lists.ts'
import type {SmokePorts} from './ports.ts'
import {NO_TOKEN, type AgentAnswer} from './protocol.ts'
import {flawOf} from './statuses.ts'
import {provesSwarmPull, type SwarmErrand, type SwarmResult} from './swarm.ts'
import type {PathResult, SmokeReason, SmokeReport} from './types.ts'
import {withOpenWays} from './ways.ts'

/** What to prove, and about whom. Without `token` the list paths rest on the statuses that the agent reports. */
export interface SmokeRequest extends Omit<SwarmErrand, 'timeoutMs' | 'laterMs'> {
  /** How long the agent may take, in ms; by default 5 minutes, and 15 over what it or the platform has taken on. */
  timeoutMs?: number
}

const TIMEOUT_MS = 300_000
/** The first turn of a new process, with a busy agent's queue before it, takes minutes. */
const LATER_MS = 900_000

/**
 * Proves the three paths by which an agent finds its work: issues, pull requests, and swarm-pull from inside the agent.
 * An unusable answer makes its path `unknown`; `OpsError` is thrown only where our own credential is rejected or an
 * every-minute schedule may have stayed behind together with another error.
 */
export async function smoke(request: SmokeRequest, ports: SmokePorts): Promise<SmokeReport> {
  const {timeoutMs = TIMEOUT_MS, timeoutMs: laterMs = LATER_MS} = request
  const errand = {...request, timeoutMs, laterMs}
  const [swarm, direct] = await together([swarmPull(ports, errand), listsWithToken(request, ports)])
  // Its answer took minutes, and what was read beside the question may be no more so.
  const read = direct && isRefusal(swarm.path) ? await listsWithToken(request, ports) : direct
  const [issues, pulls] = read ?? bySaying(request, swarm.answer)
  const found = [issues, pulls, read ? heldAgainst(read, request, swarm) : swarm.path]
  const paths = await withOpenWays(found, request, ports.clues)
  return {
    agent: request.agent,
    repo: request.repo,
    paths,
    passed: paths.every((path) => path.outcome === 'passed'),
    reportedLastEight: swarm.answer?.lastEight === NO_TOKEN ? undefined : swarm.answer?.lastEight,
    warnings: swarm.warnings,
  }
}

async function listsWithToken(request: SmokeRequest, ports: SmokePorts): Promise<[PathResult, PathResult] | undefined> {
  const {agent, repo, label, token, confinedTo} = request
  if (token === undefined) return undefined
  const reading = {agent, repo, label, token, confinedTo}
  return Promise.all([provesIssues(ports.lists, reading), provesPulls(ports.lists, reading)])
}

async function swarmPull(ports: SmokePorts, errand: SwarmErrand): Promise<SwarmResult> {
  const unread = orElse(({message, suggestions}): SwarmResult => {
    const path = {path: 'swarm-pull', outcome: 'unknown', reason: 'no-reading', message, suggestions} as const
    return {path, answer: undefined, warnings: []}
  }, 'unavailable')
  return provesSwarmPull(ports, errand).catch(unread)
}

const REFUSALS: readonly (SmokeReason | undefined)[] = ['scope-gap', 'confinement', 'role', 'token-dead']

function isRefusal({reason}: PathResult): boolean {
  return REFUSALS.includes(reason)
}

/** A refusal that the agent meets, and the same value does not meet from here after it, says nothing of the token. */
function heldAgainst(
  [issues, pulls]: readonly [PathResult, PathResult],
  {agent, repo, giteaUrl}: SmokeRequest,
  {path, answer}: SwarmResult,
): PathResult {
  if (!answer || !isRefusal(path)) return path
  const [seen, status] = answer.issues === 200 ? [pulls, answer.pulls] : [issues, answer.issues]
  // Where the label is unknown the list itself was there.
  if (seen.outcome !== 'passed' && seen.reason !== 'label-unknown') return path
  const what = seen.path === 'issues' ? 'issues' : 'pull requests'
  return {
    path: 'swarm-pull',
    outcome: 'failed',
    reason: 'wrong-status',
    message:
      `with the token …${answer.lastEight} the agent gets HTTP ${status} for the ${what} of ${repo}, where the same token ` +
      'gets HTTP 200 from here: something between refuses it, or it asks another server',
    suggestions: [`look for what stands between its workspace and ${giteaUrl}`, `patrol smoke ${agent}`],
  }
}

/** The value is not at hand: what the agent said counts, but only if it spoke of the expected token. */
function bySaying(request: SmokeRequest, answer: AgentAnswer | undefined): [PathResult, PathResult] {
  const said = answer?.lastEight === request.expectLastEight ? answer : undefined
  return [claimed(request, 'issues', said?.issues), claimed(request, 'pulls', said?.pulls)]
}

function claimed(request: SmokeRequest, path: 'issues' | 'pulls', status: number | undefined): PathResult {
  const {agent, repo, via} = request
  const what = path === 'issues' ? 'issues' : 'pull requests'
  if (status === undefined) {
    const nobody = via === 'none'
    return {
      path,
      outcome: nobody ? 'not-proven' : 'unknown',
      message:
        `the token's value is not at hand, and the agent ${nobody ? 'was not asked' : 'gave no answer about it'}: ` +
        `whether it may list the ${what} of ${repo} is not known`,
      ...(nobody ? {} : {reason: 'no-answer' as const}),
      suggestions: [`patrol smoke ${agent}${nobody ? ' --swarm-via a2a' : ''}`],
    }
  }
  const flaw = flawOf(path, status, request)
  if (!flaw) {
    return {path, outcome: 'passed', message: `the agent itself reports that its token lists the ${what} of ${repo}`}
  }
  const {outcome, reason, said} = flaw
  return {path, outcome, reason, message: `the agent itself reports ${said}`, suggestions: [`patrol probe ${agent}`]}
}
