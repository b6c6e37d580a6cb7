import {randomUUID} from 'node:crypto'
import {Gitea} from '../../src/gitea/client.ts'
import {Http, TransportError, type HttpAnswer, type HttpRequest} from '../../src/http.ts'
import type {OnboardingDeps, OnboardingRequest} from '../../src/onboarding/index.ts'
import {
  onboard,
  planOnboarding,
  type OnboardingPlan,
  type OnboardingResult,
  type TokenShelf,
} from '../../src/onboarding/index.ts'
import {PlatformClient} from '../../src/platform/client.ts'
import {AgentLists} from '../../src/gitea/lists.ts'
import {smoke} from '../../src/smoke/smoke.ts'
import {Secret} from '../../src/secret.ts'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import {startPlatform} from '../../src/simulator/platform/index.ts'
import type {SeedUser, ForgeVersion, PlatformOptions, RunningGitea, RunningPlatform} from '../../src/simulator/types.ts'
import type {SmokeTarget} from '../../src/rotation/ports.ts'
import type {Store} from '../../src/store/index.ts'
import {patientClock} from './patient-clock.ts'
import {Crash, storeInMemory} from './world.ts'

/** How one boundary goes wrong; the journal's own writes are boundaries as well. */
export interface Fault {
  /** Which one, counted from 1. */
  at: number
  kind: 'crash-before' | 'crash-after' | 'lost-before' | 'lost-after'
}

const ADMIN = {user: 'root', password: 'not-a-real-password'}
const PLATFORM_TOKEN = 'not-a-real-platform-token-0001'
const REPO = 'acme/core'

/** Both simulators, a store, and clients whose every request and journal write can be made to fail. */
export class OnboardingWorld implements AsyncDisposable {
  readonly gitea: RunningGitea
  readonly platform: RunningPlatform
  store: Store
  readonly shelf = new Map<string, Secret>()
  /** Whether runs keep the workspaces' own tokens. */
  keeps = false
  boundaries: string[] = []
  /** By number, or the first of a name: how often a run polls is chance. */
  fault: Fault | (Omit<Fault, 'at'> & {at: string}) | undefined
  #dead = false
  #after: {request: string; then: () => Promise<unknown>} | undefined

  private constructor(gitea: RunningGitea, platform: RunningPlatform, store: Store) {
    this.gitea = gitea
    this.platform = platform
    this.store = store
  }

  static async open(
    options: Partial<PlatformOptions> & {
      version?: ForgeVersion
      users?: readonly SeedUser[]
      globalSecrets?: Record<string, string>
    } = {},
  ): Promise<OnboardingWorld> {
    const {version = '1.22.6', users = [], globalSecrets = {}, ...platformOptions} = options
    const gitea = await startGitea(
      {
        users: [{login: ADMIN.user, password: ADMIN.password, isAdmin: true}, ...users],
        orgs: [{name: 'acme', owners: [ADMIN.user]}],
        repos: [
          {
            owner: 'acme',
            name: 'core',
            private: true,
            labels: ['approved'],
            issues: [
              {title: 'Export as CSV', labels: ['approved']},
              {title: 'Tidy up', pull: true},
            ],
          },
        ],
      },
      {version},
    )
    const platform = await startPlatform(
      {workspaces: [], adminToken: 'not-a-real-admin-token-of-anybody', orgTokens: [PLATFORM_TOKEN], globalSecrets},
      {
        release: 'aug14',
        mode: 'saas',
        giteaUrl: gitea.url,
        provisionMs: 5,
        heartbeatMs: 40,
        rateLimit: 1_000_000,
        ...platformOptions,
      },
    )
    return new OnboardingWorld(gitea, platform, await storeInMemory())
  }

  /** A new process of ours looks at the same world. */
  revive(): void {
    this.#dead = false
    this.fault = undefined
    this.boundaries = []
  }

  /** One boundary: what is before it has happened, what is after it may not. */
  async cross<T>(name: string, write: boolean, work: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Crash('dead')
    this.boundaries.push(name)
    const struck = this.fault?.at === this.boundaries.length || this.fault?.at === name
    const kind = struck ? this.fault?.kind : undefined
    const journal = /^(?:journal|lease|keep)/.test(name)
    if (kind === 'crash-before' || (journal && kind === 'lost-before')) this.#die()
    if (kind === 'lost-before') throw lost(name, write)
    const result = await work()
    if (this.#after?.request === name) {
      const {then} = this.#after
      this.#after = undefined
      await then()
    }
    if (kind === 'crash-after' || (journal && kind === 'lost-after')) this.#die()
    if (kind === 'lost-after') throw lost(name, write)
    return result
  }

  #die(): never {
    this.#dead = true
    throw new Crash('killed')
  }

  #http(url: string): Http {
    const cross = (ask: HttpRequest, send: () => Promise<HttpAnswer>) =>
      this.cross(`${ask.method} ${ask.path}`, ask.method !== 'GET', send)
    class BreakableHttp extends Http {
      override request(ask: HttpRequest): Promise<HttpAnswer> {
        return cross(ask, () => super.request(ask))
      }
    }
    return new BreakableHttp({baseUrl: url, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  }

  /** Plans and onboards once, with new clients, as one run of the command does for one agent. */
  async run(
    request: OnboardingRequest,
    extra: Partial<OnboardingDeps> | ((deps: OnboardingDeps) => Partial<OnboardingDeps>) = {},
  ): Promise<OnboardingResult> {
    return this.#wired(extra, async (deps) => onboard(await planOnboarding(request, deps, {ask: true}), deps))
  }

  /** Does something else as one run of a command would. */
  async with<T>(work: (deps: OnboardingDeps) => Promise<T>): Promise<T> {
    return this.#wired({}, work)
  }

  /** What a dry run shows. */
  async plan(request: OnboardingRequest): Promise<OnboardingPlan> {
    return this.#wired({}, (deps) => planOnboarding(request, deps, {ask: false}))
  }

  async #wired<T>(
    extra: Partial<OnboardingDeps> | ((deps: OnboardingDeps) => Partial<OnboardingDeps>),
    work: (deps: OnboardingDeps) => Promise<T>,
  ): Promise<T> {
    const [giteaHttp, platformHttp] = [this.#http(this.gitea.url), this.#http(this.platform.url)]
    const patient = patientClock(5)
    const clock = {
      ...patient,
      sleep: async (ms: number) => {
        if (this.#dead) throw new Crash('dead')
        await patient.sleep(ms)
      },
    }
    const admin = {kind: 'password' as const, user: ADMIN.user, password: new Secret(ADMIN.password)}
    const gitea = new Gitea({http: giteaHttp, admin, clock})
    const platform = new PlatformClient({http: platformHttp, token: new Secret(PLATFORM_TOKEN), clock})
    const {journal, onboardings, leases, ledger} = this.store
    const usual: OnboardingDeps = {
      tokens: gitea,
      prober: gitea,
      repos: gitea,
      accounts: gitea,
      platform,
      maker: platform,
      smoke: {prove: (target) => this.#prove(target, gitea, platform, giteaHttp)},
      fleet: {agents: async () => [], ask: async () => undefined},
      clock,
      ledger,
      leases: {...leases, release: (lease) => this.cross('lease', true, () => leases.release(lease))},
      journal: {...journal, append: (entry) => this.cross('journal of a rotation', true, () => journal.append(entry))},
      onboardings: {
        ...onboardings,
        append: (entry) => this.cross(`journal ${entry.event.type}`, true, () => onboardings.append(entry)),
      },
      ids: {rotation: () => randomUUID().replaceAll('-', '').slice(0, 10)},
      timing: {
        pollFastMs: 4,
        pollSlowMs: 8,
        settleWaitMs: 5,
        lostRestartWaitMs: 60,
        autoRestartWaitMs: 200,
        restartTimeoutMs: 3_000,
      },
      ...(this.keeps && {shelf: this.#shelf()}),
    }
    const deps = {...usual, ...(typeof extra === 'function' ? extra(usual) : extra)}
    try {
      return await work(deps)
    } finally {
      await Promise.all([giteaHttp.close(), platformHttp.close()])
    }
  }

  #shelf(): TokenShelf {
    return {
      place: (agent) => `shelf/${agent}`,
      held: async (agent) => this.shelf.get(agent),
      keep: (agent, token) => this.cross('keep', true, async () => void this.shelf.set(agent, token)),
    }
  }

  #prove(target: SmokeTarget, gitea: Gitea, platform: PlatformClient, http: Http) {
    return smoke(
      {...target, giteaUrl: this.gitea.url, timeoutMs: 2_000},
      {
        lists: new AgentLists(http),
        agent: platform,
        clues: platform,
        work: (query) => gitea.work(target.repo, {label: target.label, query}),
        clock: patientClock(20),
        newId: randomUUID,
        newNonce: () => randomUUID().replaceAll('-', ''),
      },
    )
  }

  /** Runs again and again as an operator would, until it comes to its end. */
  async bringHome(request: OnboardingRequest, tries = 8): Promise<{result: OnboardingResult; runs: number}> {
    let latest: unknown
    for (let runs = 1; runs <= tries; runs++) {
      this.revive()
      try {
        return {result: await this.run(request), runs}
      } catch (error) {
        latest = error
      }
    }
    throw latest
  }

  /** Every workspace that the platform lists. */
  async workspaces(): Promise<{id: string; name: string}[]> {
    const answer = await fetch(`${this.platform.url}/workspaces`, {
      headers: {authorization: `Bearer ${PLATFORM_TOKEN}`, origin: this.platform.url},
    })
    const rows: {id: string; name: string}[] = JSON.parse(await answer.text())
    return rows
  }

  /** A workspace that somebody else set up. */
  async furnish(name: string, secrets: Record<string, string> = {}): Promise<string> {
    const answer = await fetch(`${this.platform.url}/workspaces`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${PLATFORM_TOKEN}`,
        origin: this.platform.url,
        'content-type': 'application/json',
      },
      body: JSON.stringify({name, model: 'sonnet', secrets}),
    })
    if (answer.status !== 201) throw new Error(`the workspace ${name} was not made: ${answer.status}`)
    const {id}: {id: string} = JSON.parse(await answer.text())
    while (!this.platform.process(id)) await new Promise((done) => setTimeout(done, 5))
    return id
  }

  /** Has something happen right after the request, before its answer is seen. */
  after(request: string, then: () => Promise<unknown>): void {
    this.#after = {request, then}
  }

  /** Mints as another administrator would, or as a request of ours that comes late. */
  async mint(user: string, name: string): Promise<void> {
    const basic = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString('base64')
    await fetch(`${this.gitea.url}/api/v1/users/${user}/tokens`, {
      method: 'POST',
      headers: {authorization: `Basic ${basic}`, 'content-type': 'application/json'},
      body: JSON.stringify({name, scopes: ['read:issue']}),
    })
  }

  /** Stores a secret as somebody else would, and restarts nothing. */
  async overwrite(id: string, value: string): Promise<void> {
    await fetch(`${this.platform.url}/workspaces/${id}/secrets`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${PLATFORM_TOKEN}`,
        origin: this.platform.url,
        'content-type': 'application/json',
      },
      body: JSON.stringify({key: 'GITEA_TOKEN', value}),
    })
  }

  /** What was written to either server, past probes and questions. */
  get writes(): string[] {
    return this.boundaries.filter((name) => /^(?:POST|PUT|DELETE)/.test(name) && !/a2a$|scope-probe/.test(name))
  }

  /** Logins of all users but the administrator. */
  async users(): Promise<string[]> {
    const basic = Buffer.from(`${ADMIN.user}:${ADMIN.password}`).toString('base64')
    const url = `${this.gitea.url}/api/v1/admin/users?limit=50&page=1`
    const answer = await fetch(url, {headers: {authorization: `Basic ${basic}`}})
    const rows: {login: string}[] = JSON.parse(await answer.text())
    return rows.map(({login}) => login).filter((login) => login !== ADMIN.user)
  }

  /** What is wrong with one agent's ending; nothing, if all is well. */
  async flaws({agent, user, workspace}: OnboardingRequest): Promise<string[]> {
    const wrong: string[] = []
    const rooms = (await this.workspaces()).filter(({name}) => name === workspace)
    const tokens = this.gitea.tokens(user)
    if (rooms.length !== 1) wrong.push(`${rooms.length} workspaces`)
    if (tokens.length !== 1) wrong.push(`${tokens.length} tokens: ${tokens.map(({name}) => name).join(', ')}`)
    const users = (await this.users()).filter((login) => login === user)
    if (users.length !== 1) wrong.push(`${users.length} users`)
    const value = rooms[0] && this.platform.process(rooms[0].id)?.env['GITEA_TOKEN']
    if (value === undefined || !this.gitea.isLive(value)) wrong.push('the process has no live token')
    if (value?.slice(-8) !== tokens[0]?.lastEight) wrong.push('the process runs on another token')
    const deployed = await this.store.ledger.deployed(agent)
    if (deployed?.lastEight !== tokens[0]?.lastEight) wrong.push('the ledger names another token')
    if (this.keeps && rooms[0] && !(await this.#accepted(rooms[0].id, agent)))
      wrong.push('no good workspace token is kept')
    const open = await this.store.onboardings.list({agent, open: true})
    if (open.length > 0) wrong.push(`${open.length} onboardings are open, in ${open[0]?.phase}`)
    const turning = await this.store.journal.list({agent, open: true})
    if (turning.length > 0) wrong.push(`${turning.length} rotations are open`)
    return wrong
  }

  async #accepted(id: string, agent: string): Promise<boolean> {
    const headers = {authorization: `Bearer ${this.shelf.get(agent)?.reveal() ?? 'none'}`, origin: this.platform.url}
    return (await fetch(`${this.platform.url}/workspaces/${id}/state`, {headers})).status === 200
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store.close()
    await Promise.all([this.gitea.close(), this.platform.close()])
  }
}

function lost(name: string, write: boolean): TransportError {
  return new TransportError('reset', true, `${name}: ${write ? 'the answer was lost' : 'reset'}.`)
}

/** What the tests ask for, unless they say otherwise. */
export function onboardingOf(agent: string, changes: Partial<OnboardingRequest> = {}): OnboardingRequest {
  return {
    agent,
    user: agent,
    account: {email: `${agent}@noreply.invalid`, visibility: 'limited', restricted: true},
    memberships: [{kind: 'collaborator', repo: REPO, permission: 'write'}],
    workspace: agent,
    spec: {model: 'sonnet'},
    secretKey: 'GITEA_TOKEN',
    profile: 'engineer',
    scopes: ['read:issue', 'write:repository', 'read:user'],
    repo: REPO,
    label: 'approved',
    via: 'a2a',
    approval: 'wait',
    waive: {},
    ...changes,
  }
}
