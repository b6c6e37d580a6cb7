import {OpsError} from '../errors.ts'
import {assertFree, leased} from '../story/lease.ts'
import {poll} from '../story/polling.ts'
import {timingOf} from '../story/timing.ts'
import type {ProcessBaseline, RotationFact, Waivers} from './events.ts'
import {guardWorkspace, isExternal} from './guards.ts'
import type {RestartOutcome, Workspace} from './ports.ts'
import {
  baselineOf,
  bootAfterProvisioning,
  eventsSince,
  judge,
  restartShows,
  type ProcessJudgement,
  type WorkspaceSighting,
  sight,
} from './process.ts'
import type {ActDeps, HandDeps, PlannedCall} from './request.ts'
import {endedBy, inDoubt, telling, type Record} from './run.ts'
import type {Rotation} from './state.ts'

const REF = 'docs/runbooks/restart-stuck.md'
/** Errors of a provisioning that no waiting mends. */
export const FINAL =
  /operator-scope|RFC#523|provision aborted|decrypt|path escapes root|refusing to substitute|missing required env/i

type RestartDeps = ActDeps & {rotation?: Rotation}
type RestartTarget = {id: string; name: string; agent?: string; again?: boolean}

/**
 * Has a restart begun of itself since the baseline? Looks for up to `autoRestartWaitMs`, since the platform restarts a
 * workspace some moments after a secret write, and two restarts at once can end in `failed`.
 */
export async function restartedByItself(
  deps: RestartDeps,
  target: RestartTarget,
  baseline: ProcessBaseline,
): Promise<boolean> {
  const {autoRestartWaitMs} = timingOf(deps)
  return (await showsWithin(deps, target, baseline, autoRestartWaitMs)) === true
}

async function showsWithin(deps: RestartDeps, {id, name}: RestartTarget, baseline: ProcessBaseline, forMs: number) {
  tellWait(deps, `looking for a restart of ${name}`)
  return poll(deps, forMs, async () => (restartShows(baseline, await sight(deps, id)) ? true : undefined))
}

/**
 * Asks for one restart. Never while the workspace is provisioning. `doubt`: the answer told nothing (`why`) and the
 * workspace has to be looked at. Throws `RESTART_NOOP`, `RESTART_REFUSED`, or the platform's own error; nothing restarted then.
 */
export async function requestRestart(
  deps: RestartDeps,
  target: RestartTarget,
  record: Record,
): Promise<{outcome: 'accepted' | 'doubt' | 'observed'; baseline: ProcessBaseline; why?: string}> {
  const sighting = await sight(deps, target.id)
  const baseline = baselineOf(sighting)
  const {status} = sighting.workspace
  if (status === 'provisioning') {
    await record({type: 'restart_observed'})
    return {outcome: 'observed', baseline}
  }
  if (['paused', 'hibernated', 'hibernating', 'removed'].includes(status)) {
    throw new OpsError(
      'RESTART_REFUSED',
      `${target.name} is ${status} by now; a restart would not be what its owner asked for.`,
      {
        ref: REF,
      },
    )
  }
  await record({type: 'restart_intended'})
  const answer = await askForRestart(deps, target, record)
  if (answer.kind === 'doubt') return {outcome: 'doubt', baseline, why: answer.why}
  if (answer.kind === 'noop') {
    await record({type: 'restart_refused', code: 'noop'})
    const why = `The platform restarts nothing for ${target.name} (runtime ${answer.runtime}): ${answer.message}.`
    throw new OpsError('RESTART_NOOP', why, {ref: REF})
  }
  await record({type: 'restart_accepted', serverTime: answer.serverTime})
  return {outcome: 'accepted', baseline: {...baseline, serverTime: answer.serverTime}}
}

async function askForRestart(
  deps: RestartDeps,
  {id, name}: RestartTarget,
  record: Record,
): Promise<RestartOutcome | {kind: 'doubt'; why: string}> {
  try {
    return await telling(deps, 'restart', name, () => deps.platform.restart(id))
  } catch (error) {
    if (inDoubt(error)) return {kind: 'doubt', why: error.message}
    if (error instanceof OpsError) await record({type: 'restart_refused', code: error.code})
    throw error
  }
}

/** After a lost answer: did a restart come of it? The platform may stop the old machine for minutes before it shows. */
export async function lostRestartShows(
  deps: RestartDeps,
  target: RestartTarget,
  baseline: ProcessBaseline,
): Promise<boolean> {
  const {lostRestartWaitMs, restartTimeoutMs} = timingOf(deps)
  return (await showsWithin(deps, target, baseline, Math.min(lostRestartWaitMs, restartTimeoutMs))) === true
}

/**
 * Waits for proof of a new process: a register after a provisioning together with an uptime that began anew, or, where
 * events can't be read, two looks 30 s apart at a small, growing uptime. `online` alone proves nothing, and `failed` is
 * told once it has stood for a while, unless the platform says that it only stopped waiting for the process.
 * Throws `RESTART_STALE`, `RESTART_FAILED`, `RESTART_TIMEOUT`.
 */
export async function awaitNewProcess(
  deps: RestartDeps,
  target: RestartTarget,
  baseline: ProcessBaseline,
  beat: () => Promise<void> = async () => {},
): Promise<'events' | 'uptime'> {
  const {restartTimeoutMs, staleAfterMs, failedAfterMs} = timingOf(deps)
  const sightings: WorkspaceSighting[] = []
  const [old, fallen] = [lasting(deps), lasting(deps)]
  tellWait(deps, `waiting for a new process of ${target.name}`)
  const evidence = await poll(
    deps,
    restartTimeoutMs,
    async () => {
      const sighting = await sight(deps, target.id)
      sightings.push(sighting)
      const judgement = judge(baseline, sightings)
      if (judgement.is === 'new') return judgement.evidence
      const stood = fallen(judgement.is === 'failed' && judgement.stands) >= failedAfterMs
      if (judgement.is === 'failed') await giveUpIfOver(deps, whose(deps, target), stood)
      if (old(judgement.is === 'old' && isCounting(sightings)) >= staleAfterMs)
        throw stale(whose(deps, target), baseline, sighting)
      return undefined
    },
    beat,
  )
  return evidence ?? tooLate(deps, target, baseline, sightings)
}

/** In a rotation the agent is known by its terms. */
function whose({rotation}: RestartDeps, target: RestartTarget): RestartTarget {
  return rotation ? {...target, agent: rotation.terms.agent} : target
}

async function giveUpIfOver(deps: RestartDeps, target: RestartTarget, stood: boolean): Promise<void> {
  const {lastSampleError} = await deps.platform.read(target.id, {detail: true})
  if (stood || FINAL.test(lastSampleError ?? '')) throw failed(target, lastSampleError)
}

/** For how many ms the same has been seen at every look, this one included. */
export function lasting({clock}: Pick<RestartDeps, 'clock'>): (seen: boolean) => number {
  let since: number | undefined
  return (seen) => {
    since = seen ? (since ?? clock.now()) : undefined
    return clock.now() - (since ?? clock.now())
  }
}

/** Two heartbeats, and five seconds for the way. */
const TWO_HEARTBEATS_MS = 65_000

/**
 * Whether a process stands behind the latest sighting: its uptime has grown of late. The last heartbeat of one that dies can leave
 * a row online that nobody stands behind any more (aug14), raise its uptime once, and the new process is yet to come.
 */
function isCounting(sightings: readonly WorkspaceSighting[]): boolean {
  const {uptimeSeconds, serverTime} = sightings.at(-1)!.workspace
  return sightings.some(
    ({workspace: earlier}) =>
      earlier.uptimeSeconds < uptimeSeconds && serverTime - earlier.serverTime <= TWO_HEARTBEATS_MS,
  )
}

async function tooLate(
  deps: RestartDeps,
  target: RestartTarget,
  baseline: ProcessBaseline,
  sightings: WorkspaceSighting[],
): Promise<never> {
  const latest = sightings.at(-1)
  const verdict: ProcessJudgement = judge(baseline, sightings)
  if (latest && verdict.is === 'old' && isCounting(sightings)) throw stale(whose(deps, target), baseline, latest)
  if (verdict.is === 'failed') {
    throw failed(whose(deps, target), (await deps.platform.read(target.id, {detail: true})).lastSampleError)
  }
  const status = latest?.workspace.status ?? 'unknown'
  const {name} = target
  const blind = status === 'online' && !latest?.events
  const told = blind ? ' Its events could not be read, and its uptime shows a new process only over 30 s.' : ''
  throw new OpsError(
    'RESTART_TIMEOUT',
    `${name} brought no new process online in ${spoken(timingOf(deps).restartTimeoutMs)}; it is ${status}.${told}`,
    // What is still on its way may come; nothing else will by waiting.
    {suggestions: status === 'provisioning' ? [] : [anew(whose(deps, target))], ref: REF},
  )
}

/** A time in words: seconds as long as minutes would be too coarse. */
export function spoken(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
}

/** One that is to be done whatever was before has to say so again, or it would be found done. */
function anew({name, agent = name, again = false}: RestartTarget): string {
  return again ? `patrol restart ${agent} --again` : `patrol restart ${agent}`
}

function stale(target: RestartTarget, baseline: ProcessBaseline, {workspace, events}: WorkspaceSighting): OpsError {
  const recovered = eventsSince(baseline, events)?.some(({payload}) => payload['recovered_from'] !== undefined)
  const why = recovered
    ? 'it came back by a heartbeat of the process from before, not by a boot'
    : `its process still counts its uptime from before (${workspace.uptimeSeconds} s)`
  return new OpsError('RESTART_STALE', `${target.name} is online, but the restart only looked like one: ${why}.`, {
    suggestions: [anew(target)],
    ref: REF,
  })
}

/** A resume only looks again: another start has to be asked for, unless the platform would refuse that one too. */
function failed(target: RestartTarget, reason: string | undefined): OpsError {
  const suggestions = FINAL.test(reason ?? '') ? [] : [anew(target)]
  return new OpsError('RESTART_FAILED', wentToFailed(target.name, reason), {suggestions, ref: REF})
}

/** What the platform gives as its reason, with the remedy where there is a known one. */
export function wentToFailed(name: string, reason: string | undefined): string {
  const operatorScope = /operator-scope|RFC#523/i.test(reason ?? '')
  const remedy = operatorScope
    ? ' The platform keeps this key from workspaces (RFC#523): delete the secret in the canvas and set another key in patrol.yaml.'
    : ''
  return `${name} went to failed: ${reason ?? 'the platform gives no reason'}.${remedy}`
}

function tellWait(deps: RestartDeps, detail: string): void {
  deps.on?.({kind: 'waiting', story: deps.rotation?.terms.rotation, act: 'restart', detail, at: deps.clock.now()})
}

/** A restart by hand. */
export interface RestartRequest {
  /** UUID or exact name. */
  workspace: string
  /** Whose lease is taken. */
  agent: string
  /** From `pushSecret`: an automatic restart since then is waited for, and none is asked for on top. */
  since?: ProcessBaseline
  /** Even though it was restarted since its secret was last written (`--again`): only what is advised hangs on it. */
  again?: boolean
  waive?: Waivers
}

export interface RestartResult {
  workspace: {id: string; name: string}
  /** Who began it; `earlier`: nobody now, it had been restarted since the last write. */
  cause: 'automatic' | 'requested' | 'earlier'
  evidence: 'events' | 'uptime'
}

/** What a restart would do; nothing was written to find out. */
export interface RestartPlan {
  workspace: Workspace
  calls: PlannedCall[]
}

/** What `restartWorkspace` would do, after its guards. Reads only. Throws the guards' codes, `LEASE_HELD`, and what the client throws. */
export async function planRestart(request: RestartRequest, deps: HandDeps): Promise<RestartPlan> {
  await assertFree(deps, request.agent)
  return plan(request, deps)
}

async function plan(
  {agent, waive, ...request}: RestartRequest,
  {platform, ownWorkspace, fleet}: HandDeps,
): Promise<RestartPlan> {
  const workspace = await platform.resolve(request.workspace)
  const {id, name} = workspace
  await guardWorkspace(workspace, platform, {waive, ownWorkspace, agent, fleet})
  if (isExternal(workspace)) {
    const why = `${name} is external: its operator restarts it. Nothing was changed.`
    throw new OpsError('GUARD_EXTERNAL', why, {ref: REF})
  }
  const changes = `${name} gets a new process; what it works on now is lost`
  return {workspace, calls: [{act: 'restart', method: 'POST', path: `/workspaces/${id}/restart`, changes}]}
}

/**
 * Guards the workspace as `planRestart` does, restarts it once (or follows the restart that is under way) and proves a new
 * process. Throws what `planRestart` throws, `RESTART_*`, and `LEASE_HELD` while another run is at the agent.
 */
export async function restartWorkspace(request: RestartRequest, deps: HandDeps): Promise<RestartResult> {
  return leased(deps, request.agent, (_, keep) => restart(request, deps, keep))
}

async function restart(request: RestartRequest, deps: HandDeps, keep: () => Promise<void>): Promise<RestartResult> {
  const {workspace} = await plan(request, deps)
  const {agent, again} = request
  const target = {id: workspace.id, name: workspace.name, agent, ...(again && {again})}
  if (request.since && (await restartedByItself(deps, target, request.since))) {
    return {
      workspace: named(target),
      cause: 'automatic',
      evidence: await awaitNewProcess(deps, target, request.since, keep),
    }
  }
  let asked = false
  const note = async ({type}: RotationFact): Promise<void> => {
    if (type === 'restart_intended') await keep()
    asked = type === 'restart_intended' || type === 'restart_accepted'
  }
  try {
    const {outcome, baseline} = await requestRestart(deps, target, note)
    if (outcome === 'doubt' && !(await lostRestartShows(deps, target, baseline))) {
      throw new OpsError('RESTART_IN_DOUBT', `The answer to the restart of ${target.name} was lost, and none shows.`, {
        suggestions: [anew(target)],
        ref: REF,
      })
    }
    const evidence = await awaitNewProcess(deps, target, baseline, keep)
    return {workspace: named(target), cause: outcome === 'observed' ? 'automatic' : 'requested', evidence}
  } catch (error) {
    throw asked ? unseen(target, error) : error
  }
}

/** A restart was asked for, whatever kept what came of it from being seen. */
function unseen({name, agent = name}: RestartTarget, error: unknown): unknown {
  if (!(error instanceof OpsError) || error.category === 'incomplete') return error
  const {code, category} = error
  return new OpsError(code, `A restart of ${name} was asked for; what came of it was not seen. ${endedBy(error)}`, {
    category: category === 'interrupted' ? category : 'incomplete',
    suggestions: [`patrol smoke ${agent}`],
    ref: REF,
  })
}

function named({id, name}: RestartTarget): RestartResult['workspace'] {
  return {id, name}
}

/**
 * Whether the workspace got a new process since its secret was last written, by its events: another restart would only
 * end what the agent works on. Undefined where there was none, where it is not online, and where events can't be read.
 */
export async function restartedSinceWrite(
  workspace: Workspace,
  key: string,
  {platform}: Pick<ActDeps, 'platform'>,
): Promise<RestartResult | undefined> {
  const {id, name, status} = workspace
  if (status !== 'online') return undefined
  const [row, events] = await Promise.all([platform.secretRow(id, key), platform.events(id)])
  if (!row || !events) return undefined
  const since = events.filter(({createdAt}) => isLater(createdAt, row.updatedAt))
  return bootAfterProvisioning(since) === 'registered'
    ? {workspace: {id, name}, cause: 'earlier', evidence: 'events'}
    : undefined
}

/** RFC 3339 times to the digit: a restart can follow a write within the same millisecond. */
function isLater(time: string, other: string): boolean {
  const fraction = (text: string): string => (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(9, '0')
  const apart = Date.parse(time) - Date.parse(other)
  return apart > 0 || (apart === 0 && fraction(time) > fraction(other))
}
