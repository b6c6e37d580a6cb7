import {randomBytes, randomUUID} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import {startPlatform} from '../../src/simulator/platform/index.ts'
import type {PlatformOptions, RunningGitea, RunningPlatform} from '../../src/simulator/types.ts'
import type {Reply} from './breaks.ts'
import {Laptop} from './laptop.ts'

/** The agent that every case is about, and one beside it that must never notice. */
export const AGENT = 'agent-dev-a'
export const NEWCOMER = 'agent-new'
const BYSTANDER = 'agent-bystander'

const ADMIN = 'root'
const KEY = 'GITEA_TOKEN'
const SCOPES = ['read:issue', 'write:repository', 'read:user']

/** What the servers hold, as far as a run may change it. */
export interface Snapshot {
  tokens: string[]
  secret: string | undefined
  process: string | undefined
  restarts: number
  workspaces: string[]
  users: string[]
  /** Ids of live workspace tokens that runs of ours minted, and those of them whose mint was never answered. */
  bearers: string[]
  unanswered: string[]
  schedules: string[]
}

export interface WorldOptions {
  platform?: Partial<PlatformOptions>
  /** Whether the agent has a second live token, besides the one it runs on. */
  spare?: boolean
}

/**
 * Both simulators with one agent in them, and what a judge sees: every change of the servers' state is looked at when
 * it happens, and every value that could leak is known.
 */
export class World implements AsyncDisposable {
  readonly gitea: RunningGitea
  readonly platform: RunningPlatform
  readonly directory = mkdtempSync(join(tmpdir(), 'patrol-proxy-'))
  readonly workspaceId: string
  readonly value: string
  readonly spareValue: string
  readonly adminPassword: string
  readonly platformToken: string
  /** Every value that must never come out. */
  readonly values = new Set<string>()
  /** Broken laws, each once. */
  readonly violations = new Set<string>()
  /** Bearer tokens of workspaces that runs of ours minted, by their prefix: whether the answer came through. */
  readonly #bearers = new Map<string, 'answered' | 'lost'>()
  readonly #rooms: Set<string>
  readonly #bystander: {id: string; value: string}
  readonly #laptops: Laptop[] = []
  #where: string | undefined
  readonly #clock: NodeJS.Timeout

  private constructor(
    servers: {gitea: RunningGitea; platform: RunningPlatform},
    made: {value: string; spareValue: string; workspaceId: string; adminPassword: string; platformToken: string},
    bystander: {id: string; value: string},
  ) {
    this.gitea = servers.gitea
    this.platform = servers.platform
    this.value = made.value
    this.spareValue = made.spareValue
    this.workspaceId = made.workspaceId
    this.adminPassword = made.adminPassword
    this.platformToken = made.platformToken
    this.#bystander = bystander
    this.#rooms = new Set([made.workspaceId, bystander.id])
    for (const value of [made.value, made.spareValue, made.adminPassword, made.platformToken, bystander.value])
      this.values.add(value)
    this.#clock = setInterval(() => this.look('between requests'), 10)
  }

  static async open({platform = {}, spare = false}: WorldOptions = {}): Promise<World> {
    const hex = () => randomBytes(20).toString('hex')
    const made = {
      value: hex(),
      spareValue: hex(),
      workspaceId: randomUUID(),
      adminPassword: randomBytes(18).toString('base64url'),
      platformToken: randomBytes(32).toString('base64url'),
    }
    const bystander = {id: randomUUID(), value: hex()}
    const tokens = [{name: 'made-by-hand', value: made.value, scopes: SCOPES}]
    if (spare) tokens.push({name: 'made-later', value: made.spareValue, scopes: SCOPES})
    const gitea = await startGitea(
      {
        users: [
          {login: ADMIN, password: made.adminPassword, isAdmin: true},
          {login: AGENT, tokens},
          {login: BYSTANDER, tokens: [{name: 'by-hand', value: bystander.value, scopes: SCOPES}]},
        ],
        orgs: [{name: 'acme', owners: [ADMIN]}],
        repos: [
          {
            owner: 'acme',
            name: 'core',
            private: true,
            collaborators: [
              {login: AGENT, permission: 'write'},
              {login: BYSTANDER, permission: 'write'},
            ],
            labels: ['approved'],
            issues: [
              {title: 'Export as CSV', labels: ['approved']},
              {title: 'Retry uploads', labels: ['approved']},
              {title: 'Tidy up', pull: true},
            ],
          },
        ],
      },
      {version: '1.22.6'},
    )
    // Stored before the processes started, so that each runs on what is stored.
    const settled = {uptimeSeconds: 86_400, secretsUpdatedAt: new Date(Date.now() - 2 * 86_400_000).toISOString()}
    const running = await startPlatform(
      {
        workspaces: [
          {...settled, id: made.workspaceId, name: AGENT, secrets: {[KEY]: made.value}},
          {...settled, id: bystander.id, name: BYSTANDER, secrets: {[KEY]: bystander.value}},
        ],
        adminToken: 'not-a-real-admin-token-of-anybody',
        orgTokens: [made.platformToken],
      },
      {release: 'aug14', mode: 'saas', provisionMs: 20, heartbeatMs: 60, rateLimit: 1_000_000, ...platform},
    )
    return new World({gitea, platform: running}, made, bystander)
  }

  /** A machine of its own: state directory, configuration, and proxies through which it reaches the servers. */
  async laptop(): Promise<Laptop> {
    const laptop = await Laptop.open(this, join(this.directory, `laptop-${this.#laptops.length + 1}`))
    this.#laptops.push(laptop)
    return laptop
  }

  /** Takes note of the values that an answer hands out, and of a workspace that it speaks of as made. */
  learn(kind: string, {status, body}: Reply, answer: 'answered' | 'lost'): void {
    if (status !== 201 && status !== 200) return
    for (const [, value] of body.matchAll(/"(?:sha1|auth_token)":\s*"([^"]+)"/g)) {
      if (!value) continue
      this.values.add(value)
      if (kind === 'POST bearer') this.#bearers.set(value.slice(0, 8), answer)
    }
    const made = kind === 'POST create' ? /"id":\s*"([^"]+)"/.exec(body)?.[1] : undefined
    if (made) this.#rooms.add(made)
  }

  /** The law of every moment: what a process runs on works, and so does what it would get at its next start. */
  look(where: string): void {
    for (const id of this.#rooms) {
      const running = this.platform.process(id)?.env[KEY]
      const stored = this.platform.secrets(id)[KEY]
      if (running !== undefined && !this.gitea.isLive(running)) this.violations.add('a process runs on a dead token')
      if (stored !== undefined && !this.gitea.isLive(stored)) this.violations.add('a secret holds a dead token')
    }
    if (!this.gitea.isLive(this.#bystander.value)) this.violations.add('the token of a bystander was deleted')
    if (this.violations.size > 0) this.#where ??= where
  }

  /** After which request the first broken law showed. */
  get whereabouts(): string {
    return this.#where ?? 'nowhere'
  }

  /** Last eights of a user's live tokens. */
  lastEights(login: string): string[] {
    return this.gitea.tokens(login).map(({lastEight}) => lastEight)
  }

  /** Everything that a run may have changed. */
  async snapshot(agent: string): Promise<Snapshot> {
    const workspaces = await this.rooms(agent)
    const [id] = workspaces
    const bearers = await this.#liveBearers(workspaces)
    return {
      tokens: this.gitea.tokens(agent).map((token) => `${token.id} ${token.name} ${token.lastEight}`),
      secret: id && this.platform.secrets(id)[KEY],
      process: id && this.platform.process(id)?.env[KEY],
      restarts: id === undefined ? 0 : this.platform.restarts(id),
      workspaces,
      users: await this.#users(),
      bearers: bearers.map((each) => each.id),
      unanswered: bearers.filter(({prefix}) => this.#bearers.get(prefix) === 'lost').map((each) => each.id),
      schedules: await this.#schedules(workspaces),
    }
  }

  /** Ids of the workspaces of this name, and of those that got a number since it was taken. */
  async rooms(name: string): Promise<string[]> {
    const rows: {id: string; name: string}[] = await this.#platformJson('/workspaces')
    return rows.filter((row) => row.name.replace(/ \(\d+\)$/, '') === name).map(({id}) => id)
  }

  /** Keeps the first workspace of this name, as somebody in the canvas would: no command of ours deletes any. */
  async removeTwins(name: string): Promise<void> {
    const {url} = this.platform
    const [, ...twins] = await this.rooms(name)
    const bearer = {authorization: `Bearer ${this.platformToken}`, origin: url}
    for (const id of twins) {
      const row: {name: string} = await this.#platformJson(`/workspaces/${id}`)
      const headers = {...bearer, 'x-confirm-name': row.name}
      const {status} = await fetch(`${url}/workspaces/${id}?confirm=true`, {method: 'DELETE', headers})
      if (status !== 200) throw new Error(`DELETE of workspace ${id}: ${status}`)
    }
  }

  async #users(): Promise<string[]> {
    const basic = Buffer.from(`${ADMIN}:${this.adminPassword}`).toString('base64')
    const url = `${this.gitea.url}/api/v1/admin/users?limit=50`
    const rows: {login: string}[] = JSON.parse(await textOf(url, {authorization: `Basic ${basic}`}))
    return rows.map(({login}) => login)
  }

  /** Live workspace tokens that a run of ours minted. */
  async #liveBearers(rooms: readonly string[]): Promise<{id: string; prefix: string}[]> {
    const left: {id: string; prefix: string}[] = []
    for (const room of rooms) {
      const {tokens}: {tokens: {id: string; prefix: string}[]} = await this.#platformJson(`/workspaces/${room}/tokens`)
      left.push(...tokens.filter(({prefix}) => this.#bearers.has(prefix)))
    }
    return left
  }

  async #schedules(rooms: readonly string[]): Promise<string[]> {
    const found: string[] = []
    for (const id of rooms) {
      const rows: {name: string}[] | {error: string} = await this.#platformJson(`/workspaces/${id}/schedules`)
      // Nobody answers for schedules before the first one was made.
      if (Array.isArray(rows)) found.push(...rows.map(({name}) => name))
    }
    return found
  }

  async #platformJson<T>(path: string): Promise<T> {
    const {url} = this.platform
    return JSON.parse(await textOf(url + path, {authorization: `Bearer ${this.platformToken}`, origin: url}))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#clock)
    await Promise.all(this.#laptops.map((laptop) => laptop.close()))
    await Promise.all([this.gitea.close(), this.platform.close()])
    rmSync(this.directory, {recursive: true, force: true})
  }
}

async function textOf(url: string, headers: Record<string, string>): Promise<string> {
  return (await fetch(url, {headers})).text()
}
