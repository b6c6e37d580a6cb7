import type {Http} from '../http.ts'
import type {WorkspaceSpec} from '../onboarding/events.ts'
import type {CreatedWorkspace, WorkspaceMaker} from '../onboarding/ports.ts'
import type {
  Platform,
  PutOutcome,
  RestartOutcome,
  SecretRow,
  Workspace,
  WorkspaceEvent,
  WorkspaceToken,
} from '../rotation/ports.ts'
import type {Secret} from '../secret.ts'
import type {AgentLine, AskOutcome, FoundReply, AgentQuestion, QueueState, Schedule} from '../smoke/ports.ts'
import {askAgent, createSchedule, deleteSchedule, findReply, listSchedules, queueState} from './agents.ts'
import {
  mayWithhold,
  readBuild,
  readHealth,
  readOrganisation,
  readRelease,
  type PlatformHealth,
  type ReleaseFeatures,
} from './release.ts'
import type {OwnState} from './self.ts'
import {
  hasGlobalSecret,
  readApproval,
  readSecretRow,
  readSecretValue,
  withdrawApproval,
  writeSecret,
} from './secrets.ts'
import {listTokens, mintToken, revokeToken} from './tokens.ts'
import {Wire, type WireClock, type WorkspaceSelf} from './wire.ts'
import {
  listBriefly,
  listWorkspaces,
  readEvents,
  readWorkspace,
  resolveWorkspace,
  restartWorkspace,
  type WorkspaceBrief,
} from './workspaces.ts'

export type {PlatformHealth, ReleaseFeatures} from './release.ts'
export type {WireClock} from './wire.ts'

/** How to reach the platform, and as whom. */
export interface PlatformClientOptions {
  http: Http
  /** Admin or org token; a workspace's own token reaches only that workspace and no lists. */
  token: Secret
  /** UUID of the organisation, where the server hosts several. */
  orgId?: string | undefined
  /** The workspace whose own token that is. */
  self?: WorkspaceSelf | undefined
  /** Ctrl-C. */
  signal?: AbortSignal | undefined
  clock?: WireClock
}

/** Another end than the run's: clean-ups go on after Ctrl-C, for as long as this signal lets them. */
interface CleanUp {
  signal?: AbortSignal
}

/** The platform's API, with HTTP turned into meaning. All methods throw `OpsError`; docs/errors.md has the codes. */
export class PlatformClient implements Platform, AgentLine, WorkspaceMaker {
  readonly #wire: Wire
  #eventsRefused = false

  constructor({http, token, orgId, self, signal, clock}: PlatformClientOptions) {
    this.#wire = new Wire({http, token, orgId: orgId?.toLowerCase(), self, signal, clock: clock ?? realClock})
  }

  /** Whether anything healthy answers; the first thing to ask. */
  health(): Promise<PlatformHealth> {
    return readHealth(this.#wire)
  }

  /** The release as far as it shows. `workspaces`: the result of `list()`, where there is one. */
  release(workspaces: readonly Workspace[] = []): Promise<ReleaseFeatures> {
    return readRelease(this.#wire, workspaces)
  }

  /** See `readBuild`. */
  build(): Promise<string | undefined> {
    return readBuild(this.#wire)
  }

  /** See `mayWithhold`. */
  mayWithhold(): Promise<boolean> {
    return mayWithhold(this.#wire)
  }

  /** See `readOrganisation`. */
  organisation(): Promise<string | undefined> {
    return readOrganisation(this.#wire)
  }

  /** All workspaces that are not removed. Wants an admin or org token. */
  list(): Promise<Workspace[]> {
    return listWorkspaces(this.#wire)
  }

  /** The same in short, for fleets of any size. */
  listBriefly(): Promise<WorkspaceBrief[]> {
    return listBriefly(this.#wire)
  }

  async named(name: string): Promise<Workspace[]> {
    const {workspacesNamed} = await import('./create.ts')
    return workspacesNamed(this.#wire, name)
  }

  async alike(name: string): Promise<Workspace[]> {
    const {workspacesAlike} = await import('./create.ts')
    return workspacesAlike(this.#wire, name)
  }

  async create(name: string, spec: WorkspaceSpec, secret: {key: string; value: Secret}): Promise<CreatedWorkspace> {
    const {createWorkspace} = await import('./create.ts')
    return createWorkspace(this.#wire, name, spec, secret)
  }

  async accepts(id: string, token: Secret): Promise<boolean> {
    const {acceptsToken} = await import('./create.ts')
    return acceptsToken(this.#wire.with({token}), id)
  }

  /** What it tells a workspace about itself; only that workspace's own token opens it. */
  async ownState(id: string): Promise<OwnState> {
    const {readOwnState} = await import('./self.ts')
    return readOwnState(this.#wire, id)
  }

  resolve(ref: string): Promise<Workspace> {
    return resolveWorkspace(this.#wire, ref)
  }

  read(id: string, {detail = false}: {detail?: boolean} = {}): Promise<Workspace> {
    return readWorkspace(this.#wire, id, detail)
  }

  secretRow(id: string, key: string): Promise<SecretRow | undefined> {
    return readSecretRow(this.#wire, id, key)
  }

  hasGlobalSecret(key: string): Promise<boolean> {
    return hasGlobalSecret(this.#wire, key)
  }

  putSecret(id: string, key: string, value: Secret): Promise<PutOutcome> {
    return writeSecret(this.#wire, id, key, value)
  }

  approval(id: string, approvalId: string): ReturnType<Platform['approval']> {
    return readApproval(this.#wire, id, approvalId)
  }

  withdrawApproval(id: string, approvalId: string): ReturnType<Platform['withdrawApproval']> {
    return withdrawApproval(this.#wire, id, approvalId)
  }

  restart(id: string): Promise<RestartOutcome> {
    return restartWorkspace(this.#wire, id)
  }

  async events(id: string): Promise<WorkspaceEvent[] | undefined> {
    if (this.#eventsRefused) return undefined
    const events = await readEvents(this.#wire, id)
    this.#eventsRefused = events === undefined
    return events
  }

  askAgent(id: string, question: AgentQuestion): Promise<AskOutcome> {
    return askAgent(this.#wire, id, question)
  }

  findReply(id: string, nonce: string): Promise<FoundReply> {
    return findReply(this.#wire, id, nonce)
  }

  queueState(id: string, queueId: string): Promise<QueueState> {
    return queueState(this.#wire, id, queueId)
  }

  createSchedule(id: string, schedule: {name: string; cron: string; prompt: string}): Promise<string> {
    return createSchedule(this.#wire, id, schedule)
  }

  schedules(id: string, {signal}: CleanUp = {}): Promise<Schedule[]> {
    return listSchedules(this.#wire.with({signal}), id)
  }

  deleteSchedule(id: string, scheduleId: string, {signal}: CleanUp = {}): Promise<'deleted' | 'absent'> {
    return deleteSchedule(this.#wire.with({signal}), id, scheduleId)
  }

  workspaceTokens(id: string, {signal}: CleanUp = {}): Promise<WorkspaceToken[]> {
    return listTokens(this.#wire.with({signal}), id)
  }

  mintWorkspaceToken(id: string): Promise<{prefix: string; value: Secret}> {
    return mintToken(this.#wire, id)
  }

  revokeWorkspaceToken(id: string, row: string, {signal}: CleanUp = {}): Promise<'revoked' | 'absent'> {
    return revokeToken(this.#wire.with({signal}), id, row)
  }

  secretValue(id: string, key: string, workspaceToken: Secret): Promise<Secret | undefined> {
    return readSecretValue(this.#wire.with({token: workspaceToken}), id, key)
  }
}

const realClock: WireClock = {
  now: Date.now,
  async sleep(ms, signal) {
    const {setTimeout: sleep} = await import('node:timers/promises')
    await sleep(ms, undefined, {signal})
  },
}
