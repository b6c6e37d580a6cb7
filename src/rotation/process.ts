import type {ProcessBaseline} from './events.ts'
import type {Platform, Workspace, WorkspaceEvent} from './ports.ts'

/** One look at a workspace. `events` is undefined where our credential may not read them. */
export interface WorkspaceSighting {
  workspace: Workspace
  events: WorkspaceEvent[] | undefined
}

/** State and events of a workspace at once. */
export async function sight(
  {platform}: {platform: Pick<Platform, 'read' | 'events'>},
  workspaceId: string,
): Promise<WorkspaceSighting> {
  const [workspace, events] = await Promise.all([platform.read(workspaceId), platform.events(workspaceId)])
  return {workspace, events}
}

/** The heartbeat is sent at start and every 30 s; five more for the way. */
const HEARTBEAT_SLACK_S = 35
/** Below this the uptime before the restart is too small to tell two processes apart. */
const SMALL_UPTIME_S = 60
const SAMPLE_GAP_MS = 30_000

/** What a restart must be told apart from. */
export function baselineOf({workspace, events}: WorkspaceSighting): ProcessBaseline {
  const {status, serverTime} = workspace
  // Before one that is not known a small one tells as much: nothing.
  const uptimeSeconds = workspace.uptimeSeconds || 0
  return {status, uptimeSeconds, serverTime, ...(events ? {lastEvent: events[0]?.id ?? null} : {})}
}

/**
 * The events after the baseline, newest first; undefined when they can't be told. Where they could not be read then, a
 * provisioning that is dated after it, by the same clock, shows which they are.
 */
export function eventsSince(
  baseline: ProcessBaseline,
  events: WorkspaceEvent[] | undefined,
): WorkspaceEvent[] | undefined {
  if (!events) return undefined
  if (baseline.lastEvent === undefined) {
    const later = events.filter(({createdAt}) => Date.parse(createdAt) >= baseline.serverTime)
    return later.some(({type}) => type === 'WORKSPACE_PROVISIONING') ? later : undefined
  }
  const seen = events.findIndex((event) => event.id === baseline.lastEvent)
  return seen === -1 ? events : events.slice(0, seen)
}

/** Whether a restart shows: its status, an event of it, or an uptime that began anew. */
export function restartShows(baseline: ProcessBaseline, sighting: WorkspaceSighting): boolean {
  if (sighting.workspace.status === 'provisioning') return true
  const news = eventsSince(baseline, sighting.events)
  if (news) return news.some((event) => event.type === 'WORKSPACE_PROVISIONING')
  return sighting.workspace.status === 'online' && beganAnew(baseline, sighting.workspace)
}

/**
 * The uptime is none that the process from before could have: smaller than its last one, or, at a late look, much
 * smaller than what that one would have come to by now.
 */
function beganAnew(baseline: ProcessBaseline, {uptimeSeconds, serverTime}: Workspace): boolean {
  const elapsed = (serverTime - baseline.serverTime) / 1000
  const young = uptimeSeconds <= elapsed + HEARTBEAT_SLACK_S
  const smaller = uptimeSeconds < baseline.uptimeSeconds
  return young && (smaller || uptimeSeconds + SMALL_UPTIME_S < baseline.uptimeSeconds + elapsed)
}

/** The same, as far as it can be told: where the uptime before was small, a young one has to do. */
function mayHaveBegunAnew(baseline: ProcessBaseline, workspace: Workspace): boolean {
  const elapsed = (workspace.serverTime - baseline.serverTime) / 1000
  const indistinct = baseline.uptimeSeconds < SMALL_UPTIME_S
  return beganAnew(baseline, workspace) || (indistinct && workspace.uptimeSeconds <= elapsed + HEARTBEAT_SLACK_S)
}

type Boot = 'registered' | 'recovered' | 'none'

/**
 * What the events, newest first, say came after the latest provisioning; `status` is what it was before them. A register carries `url` and `agent_card` and is a real
 * boot; `recovered_from` comes from a heartbeat, which the old process can send too.
 */
export function bootAfterProvisioning(news: readonly WorkspaceEvent[], status?: string): Boot {
  const provisioned = news.findIndex((event) => event.type === 'WORKSPACE_PROVISIONING')
  const underWay = status === 'provisioning' ? news : []
  const since = provisioned === -1 ? underWay : news.slice(0, provisioned)
  const online = since.filter((event) => event.type === 'WORKSPACE_ONLINE')
  const real = ({payload}: WorkspaceEvent): boolean =>
    payload['recovered_from'] === undefined && 'url' in payload && 'agent_card' in payload
  if (online.some(real)) return 'registered'
  return online.length > 0 ? 'recovered' : 'none'
}

/** What the sightings so far amount to. */
export type ProcessJudgement =
  | {is: 'new'; evidence: 'events' | 'uptime'}
  /** Online, but nothing tells it from the process before. */
  | {is: 'old'}
  /** `stands`: nothing tells that it will come to anything else. */
  | {is: 'failed'; stands: boolean}
  | {is: 'waiting'}

/** Judges by the latest sighting and, where events are unreadable, by an earlier one at least 30 s of server time ago. */
export function judge(baseline: ProcessBaseline, sightings: readonly WorkspaceSighting[]): ProcessJudgement {
  const latest = sightings.at(-1)
  if (!latest) return {is: 'waiting'}
  const {workspace} = latest
  const news = eventsSince(baseline, latest.events)
  if (workspace.status === 'failed') return {is: 'failed', stands: standsFailed(baseline, sightings, news)}
  if (workspace.status !== 'online') return {is: 'waiting'}
  const restarted = mayHaveBegunAnew(baseline, workspace)
  if (news) {
    const boot = bootAfterProvisioning(news, baseline.status)
    const knows = !Number.isNaN(workspace.uptimeSeconds)
    if (boot === 'registered') return restarted || !knows ? {is: 'new', evidence: 'events'} : {is: 'waiting'}
    return {is: 'old'}
  }
  if (!restarted) return {is: 'old'}
  return sightings.some((earlier) => confirms(baseline, earlier, latest))
    ? {is: 'new', evidence: 'uptime'}
    : {is: 'waiting'}
}

/**
 * Whether it was the platform's patience that ended, not the start, by the newest verdict: such a machine can still register,
 * or send a heartbeat (`source`, in all releases: `provision_timeout_sweep` after 10 minutes or more, `bootstrap_watcher`).
 * A start that went wrong names no source.
 */
export function waitedNoLonger(events: readonly WorkspaceEvent[] | undefined): boolean {
  return events?.find(({type}) => type === 'WORKSPACE_PROVISION_FAILED')?.payload['source'] !== undefined
}

/** `failed` may also be what the workspace was before the restart, which is yet to show. */
function standsFailed(
  baseline: ProcessBaseline,
  sightings: readonly WorkspaceSighting[],
  news: readonly WorkspaceEvent[] | undefined,
): boolean {
  const began =
    baseline.status !== 'failed' ||
    sightings.some(({workspace}) => workspace.status !== 'failed') ||
    news?.some(({type}) => type === 'WORKSPACE_PROVISIONING') === true
  return began && !waitedNoLonger(news)
}

function confirms(baseline: ProcessBaseline, earlier: WorkspaceSighting, latest: WorkspaceSighting): boolean {
  const gap = latest.workspace.serverTime - earlier.workspace.serverTime
  return (
    earlier.workspace.status === 'online' &&
    mayHaveBegunAnew(baseline, earlier.workspace) &&
    gap >= SAMPLE_GAP_MS &&
    latest.workspace.uptimeSeconds > earlier.workspace.uptimeSeconds
  )
}
