import {OpsError} from '../errors.ts'
import type {ProcessClues} from './ports.ts'
import type {SmokeReason} from './types.ts'

/** Why an agent still has a superseded token, and what mends it. */
export interface StaleCause {
  reason: Extract<SmokeReason, 'not-restarted' | 'stale-process' | 'old-token'>
  why: string
  suggestions: string[]
  /** There is no secret of that name, so no restart helps. */
  absent?: true
}

/**
 * Tells apart the ways to end up with an old token, by when the secret was stored, when the platform last
 * (re)provisioned the workspace, and how old the process is. The heartbeat's uptime lags, which makes a process look
 * younger than it is, never older, except between a boot's registration and its first heartbeat; there the
 * registration event decides (platform: `WORKSPACE_ONLINE` without `recovered_from` comes from a real boot). So without one a
 * process is surely new only where that would stand with its heartbeats three and a half minutes behind.
 */
export async function whyStale(
  clues: ProcessClues,
  agent: string,
  workspaceId: string,
  secretKey: string,
  proven?: {lastEight: string; storedAt: string | undefined},
): Promise<StaleCause> {
  const facts = await gather(clues, workspaceId, secretKey)
  if (facts === undefined) return otherSource(agent, secretKey, true)
  if (!facts.stored) return notStored(agent, secretKey)
  const {storedAt, startedAt, surelyAfter, provisionedAt, bootedAt} = facts
  const again = [`patrol restart ${agent}`, `patrol smoke ${agent}`]
  const bootedSince = bootedAt >= storedAt
  if (!bootedSince && startedAt < storedAt) return provisionedAt >= storedAt ? pretended(again) : notRestarted(again)
  if (bootedSince && provisionedAt < storedAt) return handedBefore(again)
  if (proven?.storedAt !== undefined && storedAt > Date.parse(proven.storedAt)) {
    return storedAgain(agent, secretKey, proven.lastEight)
  }
  return otherSource(agent, secretKey, !bootedSince && !(surelyAfter > storedAt))
}

/** One whose heartbeats, every 30 s, end is online for three minutes more, and its uptime stands still (platform: all releases). */
const UNHEARD_MS = 210_000

/** When a process began at the earliest, by its uptime, in ms since the epoch; `NaN` where that tells nothing. */
export function beganAfter({status, serverTime, uptimeSeconds}: Began): number {
  const beats = status === 'online' || status === 'degraded'
  return beats ? serverTime - uptimeSeconds * 1000 - UNHEARD_MS : Number.NaN
}

interface Began {
  status?: string | undefined
  serverTime: number
  uptimeSeconds: number
}

/** Times in ms since the epoch; `NaN` where one is not known: it is neither before nor after any other. */
interface ProcessTimes {
  stored: boolean
  storedAt: number
  startedAt: number
  /** Not before this. */
  surelyAfter: number
  provisionedAt: number
  bootedAt: number
}

/** Undefined where the platform gave no usable answer. */
async function gather(clues: ProcessClues, workspaceId: string, secretKey: string): Promise<ProcessTimes | undefined> {
  try {
    const [state, row, events] = await Promise.all([
      clues.read(workspaceId),
      clues.secretRow(workspaceId, secretKey),
      clues.events(workspaceId),
    ])
    const latest = (wanted: (type: string, payload: Record<string, unknown>) => boolean): number =>
      events
        ?.filter((event) => wanted(event.type, event.payload))
        .map((event) => Date.parse(event.createdAt))
        .filter(Number.isFinite)
        .toSorted((a, b) => b - a)[0] ?? Number.NaN
    return {
      stored: row !== undefined,
      storedAt: row === undefined ? Number.NaN : Date.parse(row.updatedAt),
      startedAt: state.serverTime - state.uptimeSeconds * 1000,
      surelyAfter: beganAfter(state),
      provisionedAt: latest((type) => type === 'WORKSPACE_PROVISIONING'),
      bootedAt: latest((type, payload) => type === 'WORKSPACE_ONLINE' && payload['recovered_from'] === undefined),
    }
  } catch (error) {
    if (error instanceof OpsError) return undefined
    throw error
  }
}

function notStored(agent: string, secretKey: string): StaleCause {
  return {
    reason: 'old-token',
    absent: true,
    why: `the platform lists no secret ${secretKey} for its workspace`,
    suggestions: [`patrol rotate ${agent}`, `patrol push ${agent}`],
  }
}

function notRestarted(suggestions: string[]): StaleCause {
  return {
    reason: 'not-restarted',
    why: 'its process is older than the stored secret: the workspace was not restarted after the push',
    suggestions,
  }
}

function pretended(suggestions: string[]): StaleCause {
  return {
    reason: 'stale-process',
    why:
      'the platform says that it restarted the workspace, but the process that answers is older than the stored ' +
      'secret: the restart only looked like one',
    suggestions,
  }
}

/** The environment is handed over when a provisioning begins (platform contract: only at (re)provision). */
function handedBefore(suggestions: string[]): StaleCause {
  return {
    reason: 'stale-process',
    why:
      'its process is new, but the restart that made it began before the secret was stored, so it still got the ' +
      'old value',
    suggestions,
  }
}

/** So what it holds now may be the very token that the agent has. */
function storedAgain(agent: string, secretKey: string, proven: string): StaleCause {
  return {
    reason: 'old-token',
    why: `its secret ${secretKey} was written since it was proven on …${proven}, so somebody may have stored the old one there again`,
    suggestions: [`patrol rotate ${agent}`],
  }
}

function otherSource(agent: string, secretKey: string, unsure: boolean): StaleCause {
  return {
    reason: 'old-token',
    why: unsure
      ? 'the process was not restarted or reads another source'
      : `the process is new, so it reads another source than the secret ${secretKey} (a file, another variable)`,
    suggestions: [
      'look in the workspace for where the agent reads its token from, and set that name as secret in patrol.yaml',
      `patrol push ${agent}`,
    ],
  }
}
