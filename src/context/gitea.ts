import {dirname} from 'node:path'
import {spoken, workspaceGiteaUrl} from '../config.ts'
import type {GiteaConfig, PatrolConfig} from '../config.ts'
import {OpsError, orElse, unclaimed} from '../errors.ts'
import type {Server} from '../forge.ts'
import type {Gitea, GiteaOptions} from '../gitea/client.ts'
import type {AdminCredential} from '../gitea/credential.ts'
import type {Http} from '../http.ts'
import {memo} from '../memo.ts'
import type {AdminPass} from '../pass/pass.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {StateStore} from '../store/index.ts'
import {freshId, withGrace} from './clock.ts'
import type {Edges} from './edges.ts'
import type {PassErrand, passOf} from './pass.ts'
import type {SecretReader} from './secrets.ts'
import type {RunWire} from './wire.ts'

/** What ways to Gitea are made of. */
interface GiteaParts {
  edges: Edges
  config: PatrolConfig | undefined
  wire: RunWire
  secrets: SecretReader
  state: {file: () => Promise<StateStore>}
}

/** Gitea as the administrator, as nobody, and what it says of itself. */
export class GiteaAccess {
  readonly #parts: GiteaParts
  #pass: AdminPass | undefined
  /** What `admin` gave, and of what it is made. */
  #opened: Gitea | undefined
  #made: GiteaOptions | undefined
  /** Scopes of the agents that were named; of an audit's many agents nothing else is kept. */
  readonly #wanted = new Set<Scope>()
  /** What this run may ask of Gitea as the administrator, and which scopes it may hand out. */
  readonly #errand: PassErrand = {asks: new Set(['write:user', 'read:organization']), hands: new Set()}

  constructor(parts: GiteaParts) {
    this.#parts = parts
  }

  /** The configured repository, certificate and credential belong to the configured server, not to one named by a flag. */
  settings(): GiteaConfig | undefined {
    return this.#parts.edges.giteaUrl === undefined ? this.#parts.config?.gitea : undefined
  }

  /** The server that a flag names, or the configuration. */
  get address(): string | undefined {
    return this.#parts.edges.giteaUrl ?? this.#parts.config?.gitea.url
  }

  /** With the administrator's credential, which is read now; throws `ADMIN_MISSING` when it is used without one. */
  readonly admin = memo(async () => (this.#opened = await this.#open(true)))

  /**
   * As `admin`, for what has to be brought to its end: these requests, and those of its codes, go on for `graceMs` after an interrupt.
   */
  async lasting(graceMs: number): Promise<Gitea> {
    const [{Gitea}] = await Promise.all([import('../gitea/client.ts'), this.admin()])
    return new Gitea({...this.#made!, signal: withGrace(this.#parts.edges.signal, graceMs)})
  }

  /** For probing and reading with a token; no administrator is asked for anything. */
  prober(): Promise<Gitea> {
    return this.#open(false)
  }

  /** The connection that both use. */
  readonly http = memo(() => this.#openHttp())

  /**
   * What the server calls itself, for commands that can do without: undefined where it does not tell, or not within
   * `patienceMs`; `reader` asks where strangers are told nothing. Throws `CONFIG_NOT_FOUND` where no server is named, and
   * what `Gitea.version` throws.
   */
  async version(patienceMs: number, reader?: Secret): Promise<string | undefined> {
    const {signal: end} = this.#parts.edges
    const [http, {Gitea}] = await Promise.all([this.http(), import('../gitea/client.ts')])
    const late = AbortSignal.timeout(patienceMs)
    try {
      const signal = AbortSignal.any([end, late])
      const gitea = new Gitea({http, reader, signal, onVersion: this.#told(http)})
      await gitea.introduced()
      return await gitea.version()
    } catch (error) {
      if (late.aborted && !end.aborted) return undefined
      throw error
    }
  }

  /**
   * Which server is worked on and what it says of itself, for what is shown: asked once, and where it does not tell, that
   * is left to the work itself. No credential is read for this: it is the administrator who asks where he was needed before.
   */
  readonly server = memo(async (): Promise<Server> => {
    const [{url}, gitea] = [await this.http(), this.#opened ?? (await this.prober())]
    const met = gitea.version().then((version) => ({url, version}))
    return met.catch(orElse(() => ({url, unmet: true})))
  })

  /** This run may come to ask that as the administrator: a pass then does for it. */
  mayAsk(...scopes: Scope[]): void {
    for (const scope of scopes) this.#errand.asks.add(scope)
  }

  /** This run may come to act on an agent of these scopes: once it may mint, a pass does for what that token gets. */
  mayActOn({scopes}: {scopes: readonly Scope[]}): void {
    for (const scope of scopes) this.#wanted.add(scope)
  }

  /** This run may come to mint for the agents that were named. */
  mayMint(): void {
    for (const scope of this.#wanted) this.#errand.hands.add(scope)
  }

  /** What killed runs left of their passes goes with the pass of this one; what goes wrong is warned about. */
  async finishPasses(): Promise<void> {
    const admin = this.settings()?.admin
    if (!admin?.totp) return
    const {state, edges} = this.#parts
    const finish = async (): Promise<void> => {
      const [{url}, file] = await Promise.all([this.http(), state.file()])
      const recorded = file.passes(url, admin.user).all()
      if (!recorded.some(({gone}) => gone)) return
      await this.admin()
      await this.#pass?.value()
    }
    const left = 'What an earlier run left of its own tokens stays for now'
    await finish().catch(orElse(({message}) => edges.warn(`${left}: ${unclaimed(message)}`)))
  }

  /** The pass of this run goes while there are still connections and a state. */
  async close(): Promise<void> {
    await this.#pass?.end()
  }

  async #openHttp(): Promise<Http> {
    const {edges, wire} = this.#parts
    const baseUrl = this.address ?? workspaceGiteaUrl()
    if (baseUrl === undefined) throw new OpsError('CONFIG_NOT_FOUND', {case: 'server'})
    const http = await wire.to(baseUrl, this.settings())
    edges.met?.({url: http.url, unmet: true})
    return http
  }

  #told({url}: Http): (version: string | undefined) => void {
    return (version) => this.#parts.edges.met?.({url, version})
  }

  async #open(asAdmin: boolean): Promise<Gitea> {
    const [http, {Gitea}] = await Promise.all([this.http(), import('../gitea/client.ts')])
    const settings = asAdmin ? this.settings()?.admin : undefined
    const admin = settings && (await this.#credential(settings))
    const codes = settings?.totp && (await this.#codes(http.url, settings.user))
    const {signal} = this.#parts.edges
    const options = {http, signal, onVersion: this.#told(http), ...(codes && {codes})}
    const pass = codes && admin?.kind === 'password' && (await this.#openPass(options, admin))
    const made = {...options, ...(admin && {admin: pass ? {...admin, pass} : admin})}
    if (asAdmin) this.#made = made
    return new Gitea(made)
  }

  /**
   * A run that may write exchanges its first one-time code for a pass, where each is taken once; one that only reads writes
   * nothing and waits. Without a state that can be written to there is none: what is left of it would never be found.
   */
  async #openPass(
    options: Parameters<typeof passOf>[0],
    admin: Parameters<typeof passOf>[1],
  ): Promise<AdminPass | undefined> {
    const {edges, state} = this.#parts
    if (!edges.mayWrite) return undefined
    const file = await state.file().catch(orElse(() => undefined))
    if (!file) return undefined
    const {passOf} = await import('./pass.ts')
    this.#pass = passOf(options, admin, {
      id: freshId,
      book: file.passes(options.http.url, admin.user),
      errand: this.#errand,
      tell: (text) => edges.tell?.(text),
      warn: (text) => {
        edges.warn(text)
        edges.beside?.()
      },
    })
    return this.#pass
  }

  async #codes(gitea: string, user: string): Promise<GiteaOptions['codes']> {
    const {edges, state} = this.#parts
    const {codeDeps} = await import('./codes.ts')
    return codeDeps(
      {gitea, user},
      () => state.file(),
      (text) => edges.tell?.(text),
    )
  }

  async #credential({user, password, totp, token}: NonNullable<GiteaConfig['admin']>): Promise<AdminCredential> {
    const {config, secrets, edges} = this.#parts
    const home = dirname(config!.file)
    if (token) {
      const source = `gitea.admin.token (${spoken(token, home)})`
      return {kind: 'pat', user, source, value: await secrets.token(token, `the token of the administrator ${user}`)}
    }
    const source = `gitea.admin.password (${spoken(password!, home)})`
    const value = await secrets.read(password!, `the password of the administrator ${user}`)
    if (!totp) return {kind: 'password', user, source, password: value}
    const what = `the one-time code of ${user}`
    const otp =
      totp.kind === 'prompt' ? {ask: () => edges.ask(totp.label || what)} : {seed: await secrets.read(totp, what)}
    return {kind: 'password', user, source, password: value, otp}
  }
}
