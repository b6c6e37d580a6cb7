import {randomBytes, randomUUID} from 'node:crypto'
import {factsOf, type ReleaseFacts} from './releases.ts'
import type {PlatformOptions, PlatformSeed, PlatformWorkspace} from '../types.ts'

/** `awaiting_agent`: of an external agent, where the release knows it. */
export type WorkspaceStatus = NonNullable<PlatformWorkspace['status']> | 'awaiting_agent'

export interface StoredSecret {
  value: string
  createdAt: string
  updatedAt: string
}

/** A workspace token. Where there are two kinds, provisioning revokes only `instance` tokens. */
export interface SimulatedWorkspaceToken {
  id: string
  kind: 'instance' | 'api'
  value: string
  createdAt: string
  lastUsedAt: string | null
  live: boolean
}

export interface PlatformEvent {
  id: string
  event_type: string
  workspace_id: string
  payload: Record<string, unknown>
  created_at: string
}

/** A row of the activity list, as it is served. */
export interface Activity {
  id: string
  workspace_id: string
  activity_type: string
  source_id: string | null
  target_id: string | null
  method: string | null
  summary: string | null
  duration_ms: number | null
  status: string
  error_detail: string | null
  created_at: string
  request_body?: Record<string, unknown>
  response_body?: Record<string, unknown>
}

/** A message that waits for an agent, or did. */
export interface Queued {
  id: string
  messageId: string
  status: 'queued' | 'dispatched' | 'completed' | 'dropped'
  enqueuedAt: string
  /** The agent's JSON-RPC answer. */
  answer?: Record<string, unknown>
}

/** What is said of a schedule when it is made. */
export interface ScheduleTerms {
  name: string
  cron: string
  timezone: string
  prompt: string
  enabled: boolean
}

export type SimulatedSchedule = ReturnType<typeof newSchedule>

/** A schedule that never ran. */
export function newSchedule(terms: ScheduleTerms, now: string) {
  return {
    id: randomUUID(),
    ...terms,
    /** When it ran, RFC 3339. */
    runs: [] as string[],
    lastRunAt: null as string | null,
    runCount: 0,
    lastStatus: null as string | null,
    lastError: null as string | null,
    createdAt: now,
    updatedAt: now,
  }
}

export interface Approval {
  id: string
  workspaceId: string
  taskId: string | null
  action: string
  reason: string | null
  status: 'pending' | 'approved' | 'denied' | 'withdrawn'
  decidedBy: string | null
  decidedAt: string | null
  createdAt: string
  createdMs: number
  /** The secret's key, for approvals of secret writes. */
  key: string | undefined
  /** An approved secret write is used up by the write that it let through. */
  consumed: boolean
}

/** The little process inside a workspace. Its environment never changes after the start. */
export interface Process {
  generation: number
  env: Readonly<Record<string, string>>
  /** ms since the epoch. */
  startedAt: number
  /** The workspace token on its disk; without one the registry trusts it. */
  token: string | undefined
  running: boolean
  /** Withholds heartbeats for a while. */
  silent: boolean
  /** It has been asked once, and has time from then on. */
  free: boolean
}

/** One provisioning under way. A cancelled one has no further effect. */
export interface Cycle {
  cancelled: boolean
}

export type SimulatedWorkspace = ReturnType<typeof newWorkspace>

function newWorkspace(seed: PlatformWorkspace, facts: ReleaseFacts, now: string) {
  const status: WorkspaceStatus = seed.status ?? 'online'
  return {
    id: seed.id,
    seed,
    name: seed.name,
    role: null as string | null,
    tier: 3,
    status: status as WorkspaceStatus,
    url: '',
    parentId: seed.parentId ?? null,
    activeTasks: seed.activeTasks ?? 0,
    maxConcurrentTasks: 1,
    errorRate: 0,
    lastSampleError: status === 'failed' ? (seed.restartError ?? facts.startError) : '',
    uptimeSeconds: 0,
    currentTask: '',
    runtime: seed.runtime ?? facts.runtime,
    kind: seed.kind ?? ('workspace' as const),
    agentCard: null as unknown,
    lastHeartbeatAt: null as string | null,
    removedAt: status === 'removed' ? now : null,
    secrets: new Map<string, StoredSecret>(),
    tokens: [] as SimulatedWorkspaceToken[],
    events: [] as PlatformEvent[],
    activity: [] as Activity[],
    /** The rows that were written when their message came, by the id of that. */
    receipts: new Map<string, Activity>(),
    queue: new Map<string, Queued>(),
    schedules: [] as SimulatedSchedule[],
    /** Where schedules live in the runtime: whether the daemon that serves them was started, and whether it is known. */
    daemon: false,
    enrolled: false,
    process: undefined as Process | undefined,
    /** What the first process had; an `old-token` agent reads nothing else. */
    firstEnv: undefined as Readonly<Record<string, string>> | undefined,
    generations: 0,
    /** How many provisionings began, the first process of the seed not counted. */
    provisionings: 0,
    cycle: undefined as Cycle | undefined,
    /** Restarts that wait for the one under way, and when the last automatic one began (ms). */
    gate: {manual: 0, auto: false, lastAuto: -Infinity, locked: false},
    expiry: undefined as NodeJS.Timeout | undefined,
  }
}

/** Who passed a guard. `canvas`: April's same-origin request without a bearer. `anonymous`: April's open door. */
export interface Caller {
  kind: 'admin' | 'org' | 'workspace' | 'canvas' | 'anonymous'
}

/** Options with their defaults filled in. */
export type PlatformSettings = PlatformOptions & Required<Pick<PlatformOptions, Defaulted>>
type Defaulted = 'provisionMs' | 'heartbeatMs' | 'debounceMs' | 'rateLimit'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Lower-case canonical form only, as the secrets routes want it. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** A made-up credential: 43 base64url characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Everything that the simulated platform knows, its clock and its timers. One world lasts until the next reset. */
export class PlatformWorld {
  readonly settings: PlatformSettings
  /** What its release does. */
  readonly facts: ReleaseFacts
  readonly adminToken: string
  readonly orgTokens: {id: string; value: string; createdAt: string; lastUsedAt: string | null}[]
  readonly workspaces = new Map<string, SimulatedWorkspace>()
  readonly globals = new Map<string, StoredSecret>()
  readonly approvals: Approval[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #lastStamp = 0
  #ended = false

  constructor(seed: PlatformSeed, options: PlatformOptions) {
    this.facts = factsOf(options)
    this.settings = {provisionMs: 200, heartbeatMs: 1000, debounceMs: 60_000, rateLimit: 600, ...options}
    this.adminToken = seed.adminToken
    this.orgTokens = (seed.orgTokens ?? []).map((value) => ({
      id: randomUUID(),
      value,
      createdAt: this.stamp(),
      lastUsedAt: null,
    }))
    for (const [key, value] of Object.entries(seed.globalSecrets ?? {})) this.store(this.globals, key, value)
    for (const workspace of seed.workspaces) this.add(structuredClone(workspace))
  }

  /** Whether this token is one that a runtime holds, or may be one for all the server knows. */
  isRuntimes(token: SimulatedWorkspaceToken): boolean {
    return this.facts.tokenKinds === 'one' || token.kind === 'instance'
  }

  get docker(): boolean {
    return this.settings.mode === 'docker'
  }

  /** RFC 3339 with microseconds; each is later than the one before. */
  stamp(): string {
    const micros = Math.max(Date.now() * 1000, this.#lastStamp + 1)
    this.#lastStamp = micros
    const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 20)
    return `${seconds}${String(micros % 1_000_000).padStart(6, '0')}Z`
  }

  /** Runs once after `ms`, unless the world ends before. Never keeps the process alive. */
  later(ms: number, act: () => void): NodeJS.Timeout | undefined {
    if (this.#ended) return undefined
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      act()
    }, ms)
    this.#timers.add(timer.unref())
    return timer
  }

  /** Calls off what `later` promised. */
  forget(timer: NodeJS.Timeout | undefined): void {
    if (!timer) return
    clearTimeout(timer)
    this.#timers.delete(timer)
  }

  /** Ends every timer: nothing happens in this world any more. */
  end(): void {
    this.#ended = true
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    for (const workspace of this.workspaces.values()) {
      if (workspace.cycle) workspace.cycle.cancelled = true
      if (workspace.process) workspace.process.running = false
    }
  }

  add(seed: PlatformWorkspace): SimulatedWorkspace {
    const workspace = newWorkspace(seed, this.facts, this.stamp())
    for (const value of seed.tokens ?? []) this.issue(workspace, 'api', value)
    for (const [key, value] of Object.entries(seed.secrets ?? {})) {
      this.store(workspace.secrets, key, value, seed.secretsUpdatedAt)
    }
    this.workspaces.set(workspace.id, workspace)
    return workspace
  }

  store(secrets: Map<string, StoredSecret>, key: string, value: string, now = this.stamp()): void {
    secrets.set(key, {value, createdAt: secrets.get(key)?.createdAt ?? now, updatedAt: now})
  }

  /** Global secrets, overridden by those of the workspace. */
  merged(workspace: SimulatedWorkspace): Record<string, string> {
    const entries = [...this.globals, ...workspace.secrets].map(([key, {value}]) => [key, value] as const)
    return Object.fromEntries(entries)
  }

  issue(
    workspace: SimulatedWorkspace,
    kind: SimulatedWorkspaceToken['kind'],
    value = newToken(),
  ): SimulatedWorkspaceToken {
    const token = {id: randomUUID(), kind, value, createdAt: this.stamp(), lastUsedAt: null, live: true}
    workspace.tokens.push(token)
    return token
  }

  /** Whether `value` is a live token of this workspace; notes the use. */
  accepts(workspace: SimulatedWorkspace, value: string): boolean {
    const token = workspace.tokens.find((candidate) => candidate.live && candidate.value === value)
    if (token) token.lastUsedAt = this.stamp()
    return token !== undefined
  }

  event(workspace: SimulatedWorkspace, type: string, payload: Record<string, unknown>): void {
    const created = this.stamp()
    workspace.events.unshift({
      id: randomUUID(),
      event_type: type,
      workspace_id: workspace.id,
      payload,
      created_at: created,
    })
  }

  children(workspace: SimulatedWorkspace): SimulatedWorkspace[] {
    return [...this.workspaces.values()].filter((other) => other.parentId === workspace.id)
  }

  /** This workspace and everything below it. */
  family(workspace: SimulatedWorkspace): SimulatedWorkspace[] {
    return [workspace, ...this.children(workspace).flatMap((child) => this.family(child))]
  }

  /** The nearest paused ancestor. */
  pausedAncestor(workspace: SimulatedWorkspace): SimulatedWorkspace | undefined {
    const parent = workspace.parentId === null ? undefined : this.workspaces.get(workspace.parentId)
    return !parent || parent.status === 'paused' ? parent : this.pausedAncestor(parent)
  }
}
