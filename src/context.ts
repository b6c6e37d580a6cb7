import {dirname, join} from 'node:path'
import {
  atHome,
  configMissing,
  loadConfig,
  ownWorkspace,
  proxyOf,
  readBearer,
  readSecret,
  readToken,
  requireAgent,
  secretSources,
  spoken,
  stateDir,
  workspaceGiteaUrl,
  workspaceToken,
} from './config.ts'
import type {Agent, GiteaConfig, PatrolConfig, SecretRef, SecretSources} from './config.ts'
import {OpsError, orElse, unclaimed} from './errors.ts'
import type {Gitea, GiteaOptions} from './gitea/client.ts'
import type {Server} from './forge.ts'
import type {Errand, passOf} from './context/pass.ts'
import type {AdminCredential} from './gitea/credential.ts'
import type {Http} from './http.ts'
import {memo} from './memo.ts'
import type {Pass} from './pass/pass.ts'
import type {PlatformClient} from './platform/client.ts'
import type {
  DueReport,
  HandDeps,
  Keeper,
  Listener,
  MintDeps,
  PushDeps,
  RevokeDeps,
  RotationDeps,
} from './rotation/index.ts'
import type {Smoke} from './rotation/ports.ts'
import type {Scope} from './scopes/vocabulary.ts'
import type {Secret} from './secret.ts'
import type {SmokePorts} from './smoke/ports.ts'
import type {Records, State, Store} from './store/index.ts'
import type {Clock, Leases} from './story/ports.ts'
import type {WorkspaceTokens} from './workspace-token.ts'

/** What a command brings along: its flags, its terminal, its interrupt. */
export interface Edges extends Pick<SecretSources, 'ask' | 'warn' | 'strict' | 'signal'> {
  /** `--config`. */
  config: string | undefined
  /** `--gitea-url`, instead of the configured one. */
  giteaUrl: string | undefined
  insecureHttp: boolean
  /** Instead of the usual state directory. */
  stateDir?: string
  /** This run may come to write: it is no dry run, and somebody said yes or can be asked. */
  mayWrite?: boolean
  /** What is going on, for people who wait. */
  tell?: (text: string) => void
  /** Told which server the run turns to, and again what that calls itself once some request has shown it. */
  met?: (server: Server) => void
  /** Told once it was warned of what this run did with tokens of its own: what it says of changes is about all else then. */
  beside?: () => void
  /** Keeps to the servers' own rate limits, and to so many requests a second to each of them. */
  pace?: {rps?: number | undefined}
  /** Of patrol, for the servers' logs. */
  version: string
}

/**
 * Clients, store and secrets, each made when first asked for: the only place that sees both the domain and what it runs
 * on. Dispose of it at the end, for open connections keep the process alive.
 */
export class Context implements AsyncDisposable {
  readonly #edges: Edges
  readonly #close: (() => Promise<void> | void)[] = []
  readonly #giteaHttp = memo(() => this.#openGiteaHttp())
  readonly #openState = memo(() => this.#readState())
  #requests = 0
  #pass: Pass | undefined
  /** What `gitea` gave. */
  #opened: Gitea | undefined
  /** Scopes of the agents that were named; of an audit's many agents nothing else is kept. */
  readonly #wanted = new Set<Scope>()
  /** What this run may ask of Gitea as the administrator, and which scopes it may hand out. */
  readonly #errand: Errand = {asks: new Set(['write:user', 'read:organization']), hands: new Set()}
  /** What this run has done of what was due. */
  #due: DueReport | undefined

  /** The configuration, where there is one. */
  readonly config: PatrolConfig | undefined

  private constructor(edges: Edges, config: PatrolConfig | undefined) {
    this.#edges = edges
    this.config = config
  }

  /** Reads the configuration, where there is one; throws `CONFIG_NOT_FOUND` and `CONFIG_INVALID`. */
  static async open(edges: Edges): Promise<Context> {
    return new Context(edges, await loadConfig(edges.config))
  }

  /** The configuration; throws `CONFIG_NOT_FOUND` where there is none. */
  requireConfig(): PatrolConfig {
    if (this.config) return this.config
    throw configMissing()
  }

  /** An agent of the fleet; throws `AGENT_UNKNOWN` with the nearest names. */
  agent(name: string): Agent {
    const agent = requireAgent(this.requireConfig(), name)
    this.#want(agent)
    return agent
  }

  /** This run may come to act on that agent, which the inventory may have lost: a pass then does for what its token gets. */
  mayActOn(name: string): void {
    const agent = this.config?.agents.get(name)
    if (agent) this.#want(agent)
  }

  #want({scopes}: Agent): void {
    for (const scope of scopes) this.#wanted.add(scope)
  }

  /** This run may come to ask that of Gitea as the administrator: a pass then does for it. */
  mayAsk(...scopes: Scope[]): void {
    for (const scope of scopes) this.#errand.asks.add(scope)
  }

  #mayMint(): void {
    for (const scope of this.#wanted) this.#errand.hands.add(scope)
  }

  /** The repository in which this agent finds its work; throws `CONFIG_INCOMPLETE` without one. */
  repoOf(agent: Agent): string {
    const repo = agent.repo ?? this.requireConfig().gitea.repo
    if (repo !== undefined) return repo
    throw this.#incomplete('gitea.repo', `the repository in which ${agent.name} finds its work`)
  }

  /** The value behind a reference; `what` says in words what it is. */
  secret(ref: SecretRef, what: string): Promise<Secret> {
    return readSecret(ref, what, {...this.#edges, ...secretSources()})
  }

  /** The Gitea token behind a reference; throws `TOKEN_MALFORMED` for what can be none. */
  token(ref: SecretRef, what: string): Promise<Secret> {
    return readToken(ref, what, {...this.#edges, ...secretSources()})
  }

  /** The Gitea token in a file, or on standard input for `-`. */
  tokenFile(path: string, what: string): Promise<Secret> {
    return this.token(path === '-' ? {kind: 'stdin'} : {kind: 'file', path: atHome(path)}, what)
  }

  /** The token of an agent, where patrol may know it. */
  async tokenOf(agent: Agent): Promise<Secret | undefined> {
    return agent.token && this.token(agent.token, `the token of ${agent.name}`)
  }

  /** The token of the workspace that we run in; throws `SECRET_UNREADABLE` where there is none. */
  async workspaceToken(): Promise<Secret> {
    const ref = workspaceToken()
    if (ref) return this.token(ref, "this workspace's token")
    throw new OpsError('SECRET_UNREADABLE', {case: 'unnamed'})
  }

  /** The same, where the command can do without: what can't be read is only warned about. */
  async oldValue(agent: Agent | string): Promise<Secret | undefined> {
    const known = typeof agent === 'string' ? this.config?.agents.get(agent) : agent
    const warned = ({message}: OpsError): undefined => {
      this.#edges.warn(message)
    }
    return known && this.tokenOf(known).catch(orElse(warned, 'SECRET_UNREADABLE', 'TOKEN_MALFORMED'))
  }

  /** The configured repository, certificate and credential belong to the configured server, not to one named by a flag. */
  giteaSettings(): GiteaConfig | undefined {
    return this.#edges.giteaUrl === undefined ? this.config?.gitea : undefined
  }

  /** Gitea with the administrator's credential, which is read now; throws `ADMIN_MISSING` when it is used without one. */
  readonly gitea = memo(async () => (this.#opened = await this.#openGitea(true)))

  /** Gitea for probing and reading with a token; no administrator is asked for anything. */
  prober(): Promise<Gitea> {
    return this.#openGitea(false)
  }

  /**
   * What the server calls itself, for commands that can do without: undefined where it does not tell, or not within
   * `patienceMs`; `reader` asks where strangers are told nothing. Throws `CONFIG_NOT_FOUND` where no server is named, and
   * what `Gitea.version` throws.
   */
  async giteaVersion(patienceMs: number, reader?: Secret): Promise<string | undefined> {
    const [http, {Gitea}] = await Promise.all([this.#giteaHttp(), import('./gitea/client.ts')])
    const late = AbortSignal.timeout(patienceMs)
    try {
      const signal = AbortSignal.any([this.#edges.signal, late])
      const gitea = new Gitea({http, reader, signal, onVersion: this.#told(http)})
      await gitea.introduced()
      return await gitea.version()
    } catch (error) {
      if (late.aborted && !this.#edges.signal.aborted) return undefined
      throw error
    }
  }

  /**
   * Which server is worked on and what it says of itself, for what is shown: asked once, and where it does not tell, that
   * is left to the work itself. No credential is read for this: it is the administrator who asks where he was needed before.
   */
  readonly server = memo(async (): Promise<Server> => {
    const [{url}, gitea] = [await this.#giteaHttp(), this.#opened ?? (await this.prober())]
    const met = gitea.version().then((version) => ({url, version}))
    return met.catch(orElse(() => ({url, unmet: true})))
  })

  /** The platform; throws `CONFIG_INCOMPLETE` where none is configured. */
  readonly platform = memo(() => this.#openPlatform())

  /** Who keeps an agent's workspace, for commands that need no platform: `platform` where it can't be told. */
  async keeper(agent: Agent): Promise<Keeper> {
    if (!this.config?.platform) return 'platform'
    const {keeperOf} = await import('./rotation/index.ts')
    const found = this.platform().then((platform) => platform.resolve(agent.workspace))
    return found.then(keeperOf).catch(orElse(() => 'platform' as const))
  }

  /**
   * Journal, ledger and leases of the servers that we speak to, which are asked once who they are. Throws `STORE_*`, and
   * what reading as the administrator throws.
   */
  readonly store = memo(() => this.#openStore())

  /** The same where a file is there; nothing is made. */
  async recordedStore(): Promise<Store | undefined> {
    const {existsSync} = await import('node:fs')
    return existsSync(this.#stateFile()) ? this.store() : undefined
  }

  /**
   * What was recorded for the configured addresses, to read only; `everywhere`, and where nothing is configured: for all
   * servers. No server is asked. Throws `STORE_*`.
   */
  async records(where?: 'everywhere'): Promise<Records> {
    const [{placeOf}, state] = await Promise.all([import('./context/site.ts'), this.#openState()])
    return state.recorded(where ?? placeOf(this) ?? 'everywhere')
  }

  /** Something to know that changes nothing about the outcome. */
  warn(text: string): void {
    this.#edges.warn(text)
  }

  /** The Gitea that a flag names, or the configuration. */
  get giteaAddress(): string | undefined {
    return this.#edges.giteaUrl ?? this.config?.gitea.url
  }

  /** Time as domain rooms see it; an interrupt ends a sleep. */
  get clock(): SmokePorts['clock'] {
    return {now: () => clock.now(), sleep: (ms, {signal = this.#edges.signal} = {}) => clock.sleep(ms, signal)}
  }

  /** How many requests were put on the wire, to all servers. */
  get requests(): number {
    return this.#requests
  }

  /** The proof over three paths. */
  async smoke(): Promise<Smoke> {
    const {smoke} = await import('./smoke/smoke.ts')
    const {AgentLists} = await import('./gitea/lists.ts')
    const {randomUUID} = await import('node:crypto')
    const [http, platform] = [await this.#giteaHttp(), await this.platform()]
    const asAdmin = this.requireConfig().gitea.admin !== undefined
    const client = asAdmin ? await this.gitea() : await this.prober()
    const prove: Smoke['prove'] = (target, {onWait} = {}) =>
      smoke(
        {...target, giteaUrl: http.url},
        {
          lists: new AgentLists(http, this.#edges.signal),
          agent: platform,
          clues: platform,
          work: (query) => client.work(target.repo, {label: target.label, query}, asAdmin ? undefined : target.token),
          clock: this.clock,
          onWait,
          newId: randomUUID,
          newNonce: () => randomUUID().replaceAll('-', ''),
        },
      )
    return {prove}
  }

  /** What the single acts on the platform need. */
  async acts(on?: Listener): Promise<HandDeps> {
    const [platform, leases, {fleetOf}] = [
      await this.platform(),
      await this.#leases(),
      await import('./context/fleet.ts'),
    ]
    const own = ownWorkspace()
    const {autoRestartWaitMs, restartDeadlineMs: restartTimeoutMs} = this.requireConfig().platform ?? TIMING
    return {
      platform,
      leases,
      fleet: fleetOf(this, this.#edges),
      clock,
      signal: this.#edges.signal,
      timing: {autoRestartWaitMs, restartTimeoutMs},
      ...(on && {on}),
      ...(own !== undefined && {ownWorkspace: own}),
    }
  }

  /** Who is at which agent, whether or not Gitea can be asked anything now. */
  async #leases(): Promise<Leases> {
    const [{placeOf}, state] = await Promise.all([import('./context/site.ts'), this.#openState()])
    return state.leases(placeOf(this) ?? {gitea: ''})
  }

  /** What a push by hand needs: the platform, and Gitea's word on the value. */
  async pushing(on?: Listener): Promise<PushDeps> {
    const ledger: PushDeps['ledger'] = {apply: async (changes) => (await this.store()).ledger.apply(changes)}
    const deps = {...(await this.acts(on)), prober: await this.prober(), ledger}
    if (!this.giteaSettings()?.admin) return deps
    return {...deps, tokens: {list: async (user) => (await this.gitea()).list(user)}}
  }

  /** What minting by hand needs: no platform. */
  async tokens(): Promise<MintDeps> {
    this.#mayMint()
    const [tokens, {ledger, leases}] = [await this.gitea(), await this.store()]
    return {tokens, ledger, leases, clock, ids: {rotation: freshId}}
  }

  /** What revoking by hand needs: the platform and the agents as far as they can be reached. */
  async revoking(on?: Listener): Promise<RevokeDeps> {
    const [tokens, {journal, ledger, leases}] = [await this.gitea(), await this.store()]
    const fleet = (await import('./context/fleet.ts')).fleetOf(this, this.#edges)
    const sides = {tokens, prober: tokens, journal, ledger, leases, fleet}
    const deps = {...sides, clock, signal: this.#edges.signal, ...(on && {on})}
    const reach = this.platform().then((platform) => ({platform, fleet}))
    return {...deps, reach: await reach.catch(orElse(({message}) => message))}
  }

  /** Everything that a rotation needs. */
  async rotation(on?: Listener): Promise<RotationDeps> {
    this.#mayMint()
    this.mayAsk('read:issue', 'read:repository')
    return this.#rotation(on)
  }

  async #rotation(on: Listener | undefined): Promise<RotationDeps> {
    const [acts, client, store, smoke] = [
      await this.acts(on),
      await this.gitea(),
      await this.store(),
      await this.smoke(),
    ]
    const {journal, ledger} = store
    return {
      ...acts,
      tokens: client,
      prober: client,
      repos: client,
      smoke,
      journal,
      ledger,
      ids: {rotation: freshId},
    }
  }

  /**
   * Finishes revocations that are due and mints that came late, which is every writing run's errand besides its own. Nothing that goes wrong here
   * stands in the way of that one: it is warned about and stays due. Without an administrator or a platform it is left to
   * a run that has both. What comes of it is told here; the errand then goes through `afterDue`.
   */
  async finishDue(on?: Listener): Promise<void> {
    await this.#finishPasses()
    if (!this.config?.gitea.admin || !this.config.platform) return
    const {finishDue, isDue} = await import('./rotation/index.ts')
    const {journal, announces} = await this.records()
    const open = await journal.list({open: true})
    if (!open.some((rotation) => isDue(rotation, clock.now())) && !announces()) return
    const finished = this.#rotation(on).then((deps) => finishDue(deps, undefined, (told) => this.#edges.warn(told)))
    const left = orElse(({message}) => this.#edges.warn(`Revocations that are due were left: ${unclaimed(message)}`))
    this.#due = (await finished.catch(left)) ?? this.#due
  }

  /** What killed runs left of their passes goes with the pass of this one. */
  async #finishPasses(): Promise<void> {
    const admin = this.giteaSettings()?.admin
    if (!admin?.totp) return
    const finish = async (): Promise<void> => {
      const [{url}, state] = await Promise.all([this.#giteaHttp(), this.#openState()])
      const recorded = state.passes(url, admin.user).all()
      if (!recorded.some(({gone}) => gone)) return
      await this.gitea()
      await this.#pass?.value()
    }
    const left = 'What an earlier run left of its own tokens stays for now'
    await finish().catch(orElse(({message}) => this.#edges.warn(`${left}: ${unclaimed(message)}`)))
  }

  /** Does a run's errand after what was due. Throws as `afterDue` of a rotation. */
  async afterDue<T>(errand: () => Promise<T>): Promise<T> {
    if (!this.#due) return errand()
    return (await import('./rotation/index.ts')).afterDue(this.#due, errand)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#close.toReversed()) await close()
  }

  async #openGitea(asAdmin: boolean): Promise<Gitea> {
    const [http, {Gitea}] = await Promise.all([this.#giteaHttp(), import('./gitea/client.ts')])
    const settings = asAdmin ? this.giteaSettings()?.admin : undefined
    const admin = settings && (await this.#adminCredential(settings))
    const codes = settings?.totp && (await this.#codes(http.url, settings.user))
    const options = {http, signal: this.#edges.signal, onVersion: this.#told(http), ...(codes && {codes})}
    const pass = codes && admin?.kind === 'password' && (await this.#openPass(options, admin))
    return new Gitea({...options, ...(admin && {admin: pass ? {...admin, pass} : admin})})
  }

  /**
   * A run that may write exchanges its first one-time code for a pass, where each is taken once; one that only reads writes
   * nothing and waits. Without a state that can be written to there is none: what is left of it would never be found.
   */
  async #openPass(
    options: Parameters<typeof passOf>[0],
    admin: Parameters<typeof passOf>[1],
  ): Promise<Pass | undefined> {
    if (!this.#edges.mayWrite) return undefined
    const state = await this.#openState().catch(orElse(() => undefined))
    if (!state) return undefined
    const {passOf} = await import('./context/pass.ts')
    const pass = passOf(options, admin, {
      id: freshId,
      book: state.passes(options.http.url, admin.user),
      errand: this.#errand,
      tell: (text) => this.#edges.tell?.(text),
      warn: (text) => {
        this.#edges.warn(text)
        this.#edges.beside?.()
      },
    })
    this.#close.push(() => pass.end())
    this.#pass = pass
    return pass
  }

  async #codes(gitea: string, user: string): Promise<GiteaOptions['codes']> {
    const {codeDeps} = await import('./context/codes.ts')
    return codeDeps(
      {gitea, user},
      () => this.#openState(),
      (text) => this.#edges.tell?.(text),
    )
  }

  async #openGiteaHttp(): Promise<Http> {
    const baseUrl = this.#edges.giteaUrl ?? this.config?.gitea.url ?? workspaceGiteaUrl()
    if (baseUrl === undefined) throw new OpsError('CONFIG_NOT_FOUND', {case: 'server'})
    const http = await this.#open(baseUrl, this.giteaSettings())
    this.#edges.met?.({url: http.url, unmet: true})
    return http
  }

  #told({url}: Http): (version: string | undefined) => void {
    return (version) => this.#edges.met?.({url, version})
  }

  /** The token by which this workspace speaks to the platform. */
  async ownTokens(): Promise<WorkspaceTokens> {
    const {ownTokens} = await import('./context/workspace.ts')
    return ownTokens(this.#edges)
  }

  /**
   * The platform as this workspace itself. `held` tells which token is in use: one that is rejected is read again, once.
   * Throws `SECRET_UNREADABLE` where the workspace holds none.
   */
  async platformAsSelf(self: {url: string; workspace: string; org: string | undefined}) {
    const [{PlatformClient}, tokens] = await Promise.all([import('./platform/client.ts'), this.ownTokens()])
    let held = await tokens.required()
    const renewed = async (rejected: Secret): Promise<Secret | undefined> => {
      const other = await tokens.renewed(rejected)
      if (other) held = other
      return other?.token
    }
    const http = await this.#open(self.url, this.config?.platform)
    const platform = new PlatformClient({
      http,
      token: held.token,
      orgId: self.org,
      self: {id: self.workspace, renewed},
      signal: this.#edges.signal,
      clock,
    })
    return {platform, held: () => held}
  }

  async #openPlatform(): Promise<PlatformClient> {
    const settings = this.requireConfig().platform
    if (!settings) return this.#openAsSelf()
    const {PlatformClient} = await import('./platform/client.ts')
    const token = await readBearer(settings.token, "the platform's token", {...this.#edges, ...secretSources()})
    const http = await this.#open(settings.url, settings)
    return new PlatformClient({http, token, orgId: settings.org, signal: this.#edges.signal, clock})
  }

  /** Inside a workspace, where no platform is configured, that workspace is who we are to it. */
  async #openAsSelf(): Promise<PlatformClient> {
    const {selfOf} = await import('./context/workspace.ts')
    const {url, workspace, org} = selfOf(this)
    if (url === undefined || workspace === undefined) throw this.#incomplete('platform', 'how to reach the platform')
    return (await this.platformAsSelf({url, workspace, org})).platform
  }

  async #openStore(): Promise<Store> {
    const [{storeOf}, state] = await Promise.all([import('./context/site.ts'), this.#openState()])
    return storeOf(this, state)
  }

  async #readState(): Promise<State> {
    const {openState} = await import('./store/index.ts')
    const state = await openState(this.#stateFile())
    this.#close.push(() => state.close())
    return state
  }

  #stateFile(): string {
    return join(this.#edges.stateDir ?? stateDir(), 'patrol.db')
  }

  async #open(baseUrl: string, settings: {ca: string | undefined; insecureHttp: boolean} | undefined): Promise<Http> {
    const {Http, Pace} = await import('./http.ts')
    const {readFile} = await import('node:fs/promises')
    const ca = settings?.ca === undefined ? {} : {ca: await readFile(settings.ca, 'utf8')}
    const insecureHttp = this.#edges.insecureHttp || (settings?.insecureHttp ?? false)
    const {version, pace} = this.#edges
    const http = new Http({
      baseUrl,
      proxy: await proxyOf(baseUrl),
      userAgent: `patrol/${version}`,
      insecureHttp,
      ...ca,
      ...(pace && {pace: new Pace(pace.rps)}),
      onRequest: () => this.#requests++,
    })
    this.#close.push(() => http.close())
    return http
  }

  async #adminCredential(admin: NonNullable<GiteaConfig['admin']>): Promise<AdminCredential> {
    const {user, password, totp, token} = admin
    const home = dirname(this.requireConfig().file)
    const source = token
      ? `gitea.admin.token (${spoken(token, home)})`
      : `gitea.admin.password (${spoken(password!, home)})`
    if (token)
      return {kind: 'pat', user, source, value: await this.token(token, `the token of the administrator ${user}`)}
    const value = await this.secret(password!, `the password of the administrator ${user}`)
    if (!totp) return {kind: 'password', user, source, password: value}
    const what = `the one-time code of ${user}`
    const otp =
      totp.kind === 'prompt' ? {ask: () => this.#edges.ask(totp.label || what)} : {seed: await this.secret(totp, what)}
    return {kind: 'password', user, source, password: value, otp}
  }

  #incomplete(key: string, what: string): OpsError {
    return new OpsError('CONFIG_INCOMPLETE', {case: 'key', file: this.requireConfig().file, key, what})
  }
}

/** For a platform that is not configured, because we run in one of its workspaces. */
const TIMING = {autoRestartWaitMs: 15_000, restartDeadlineMs: 900_000}

/** Ten lower-case letters and digits. */
function freshId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => (byte % 36).toString(36)).join('')
}

const clock: Clock = {
  now: Date.now,
  async sleep(ms, signal) {
    const {setTimeout: wait} = await import('node:timers/promises')
    await wait(ms, undefined, {signal})
  },
}
