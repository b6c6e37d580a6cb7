import {setTimeout as sleep} from 'node:timers/promises'
import {OpsError} from '../errors.ts'
import {forgeOf, type Forge} from '../forge.ts'
import {type Http, TransportError} from '../http.ts'
import type {ProbePort, ProbeRequest, ProbeReply} from '../probe/ports.ts'
import {type WorkHealth, health} from '../probe/health.ts'
import {liveness, probe, type ProbeOptions} from '../probe/probe.ts'
import type {RouteAnswer, RouteClaim} from '../probe/route.ts'
import type {Liveness, ProbeReport} from '../probe/types.ts'
import type {Account, AccountOrder, Accounts, GrantedPermission} from '../onboarding/ports.ts'
import {isPass} from '../pass/name.ts'
import type {Warrant} from '../rotation/gate.ts'
import type {MintedToken, Prober, Repos, TokenAdmin, TokenRow} from '../rotation/ports.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {Work, WorkQuery} from '../smoke/ports.ts'
import type {CodeClock, CodeDeps} from './codes.ts'
import {AdminAuth, type AdminCredential} from './credential.ts'
import {actsOnDoer, boundsMints, confinesTokens, mintsWithToken, takesCodesOnce} from './facts.ts'
import * as issues from './issues.ts'
import {GiteaLine} from './line.ts'
import {memo} from '../memo.ts'
import {unusable, wantsPassword} from './meaning.ts'
import * as tokens from './tokens.ts'

export interface GiteaOptions {
  /** Closed by whoever opened it. */
  http: Http
  /** Without it only probing and reading with a token work. */
  admin?: AdminCredential
  /** For what strangers are not told, where there is no administrator to ask. */
  reader?: Secret | undefined
  /** Told what the server calls itself, once that is known; undefined where it does not tell. */
  onVersion?: (version: string | undefined) => void
  /** Ctrl-C. */
  signal?: AbortSignal
  clock?: CodeClock
  /** For administrators with one-time codes. */
  codes?: Pick<CodeDeps, 'reserve' | 'onWait'>
}

/** The largest public sites have hundreds of thousands. */
const MOST_USERS = 1_000_000

/** A user as an administrator sees one. */
export interface GiteaUser {
  id: number
  login: string
  isAdmin: boolean
  active: boolean
  prohibitLogin: boolean
}

/** One server: Gitea 1.20 to 1.27, Forgejo 7 to 15. */
export class Gitea implements TokenAdmin, Prober, Repos, Accounts {
  readonly #http: Http
  readonly #line: GiteaLine
  readonly #onVersion: GiteaOptions['onVersion']
  /** The version, once it was told. */
  #told: string | undefined
  /** Why it may be no forge at all, where it did not answer as one. */
  #doubt: OpsError | undefined
  /**
   * What the server calls itself, asked once: of strangers where it tells them, else with a credential that needs no
   * one-time code; and of Forgejo's own API where that says nothing by which a forge can be told. Undefined where nothing
   * tells: then each answer shows what the server does. Throws `GITEA_UNREACHABLE`, and `GITEA_UNUSABLE` of one in trouble.
   */
  readonly version = memo(() => this.#readVersion())
  /** Which forge it is and of which release, by its version. Throws as that. */
  readonly forge = memo(async () => forgeOf(await this.version()))
  /** The same, of an address that may be wrong: throws `GITEA_UNUSABLE` where nothing answers as a forge does. */
  async introduced(): Promise<Forge> {
    const forge = await this.forge()
    if (this.#doubt && forge.name === 'unknown' && !(await this.#line.isForge())) throw this.#doubt
    return forge
  }

  /** See `tokens.grantable`, asked once; also throws `ADMIN_REJECTED` where the server takes no token for minting. */
  readonly grantable = memo(() => this.#readGrantable())

  constructor({http, admin, reader, onVersion, signal, clock = REAL, codes}: GiteaOptions) {
    this.#http = http
    this.#onVersion = onVersion
    const isSingleUse = async (): Promise<boolean | undefined> => takesCodesOnce(await this.forge())
    this.#line = new GiteaLine(
      http,
      admin && new AdminAuth(admin, {...codes, clock, signal, isSingleUse}),
      signal,
      reader,
    )
  }

  /** Throws `OpsError` `ADMIN_MISSING` when no administrator credential is configured. */
  get adminUser(): string {
    return this.#line.admin.user
  }

  /** See `confinesTokens`. */
  async confines(): Promise<boolean | undefined> {
    return confinesTokens(await this.forge())
  }

  /** See `boundsMints`. */
  async boundsMints(): Promise<boolean | undefined> {
    return boundsMints(await this.forge())
  }

  /** Whether tokens are minted and deleted with the credential at hand, as far as the version tells; see `mintsWithToken`. */
  async mintsWithThis(): Promise<boolean | undefined> {
    return this.#line.admin.kind === 'password' || mintsWithToken(await this.forge())
  }

  /** See `tokens.list`; without the administrator's own passes, which are nobody's to judge, count or revoke. */
  async list(user: string): Promise<TokenRow[]> {
    const owner = await this.#owner(user)
    const rows = await tokens.list(this.#line, owner)
    return this.#isAdmin(user) ? rows.filter(({name}) => !isPass(name)) : rows
  }

  /** The administrator's passes; see `tokens.list`. */
  async passes(): Promise<TokenRow[]> {
    const rows = await tokens.list(this.#line, await this.#owner(this.adminUser))
    return rows.filter(({name}) => isPass(name))
  }

  /** Mints a token of the administrator; see `tokens.minted`. */
  async mintOwn(name: string, scopes: readonly Scope[]): ReturnType<typeof tokens.minted> {
    const owner = await this.#owner(this.adminUser)
    return tokens.minted(this.#line, owner, tokens.order(name, scopes), new AbortController().signal)
  }

  /** See `tokens.order`, which comes first, and `tokens.mint`. */
  async mint(
    user: string,
    name: string,
    scopes: readonly Scope[],
    repositories?: readonly string[],
  ): Promise<MintedToken> {
    const order = tokens.order(name, scopes, repositories)
    return tokens.mint(this.#line, await this.#owner(user), order)
  }

  /** See `tokens.remove`. */
  async remove({user, id}: Warrant): Promise<'removed' | 'absent'> {
    return tokens.remove(this.#line, await this.#owner(user), id)
  }

  /** See `probe` of the probe room. */
  async probe(value: Secret, options: ProbeOptions = {}): Promise<ProbeReport> {
    return probe(this.#port(), value, {version: this.#told, ...options})
  }

  /** See `liveness` of the probe room. */
  async liveness(value: Secret): Promise<Liveness> {
    return liveness(this.#port(), value)
  }

  /** See `askRoute` of the probe room. */
  async askRoute(value: Secret, claim: RouteClaim): Promise<RouteAnswer> {
    const {askRoute} = await import('../probe/route.ts')
    return askRoute(this.#port(), value, claim)
  }

  /** See `health` of the probe room. */
  async health(value: Secret, repo: string): Promise<WorkHealth> {
    return health(this.#port(), value, repo)
  }

  /** See `issues.work`; read with `token`, or as the administrator. */
  async work(repo: string, asked: {label: string; query: WorkQuery}, token?: Secret): Promise<Work> {
    return issues.work(this.#line, repo, asked, token)
  }

  /** See `issues.hasLabel`; read with `token`, or as the administrator. */
  async hasLabel(repo: string, label: string, token?: Secret): Promise<boolean> {
    return issues.hasLabel(this.#line, repo, label, token)
  }

  /** See `issues.hasRepository`. */
  async hasRepository(repo: string): Promise<boolean> {
    return issues.hasRepository(this.#line, repo)
  }

  /** The server's clock, in ms since the epoch; undefined when it sends no Date. Throws as `version`. */
  async serverDate(): Promise<number | undefined> {
    return (await this.#line.asStranger({path: '/version'})).date
  }

  /** A user by login, as the administrator; undefined when there is none. A former login finds the renamed user. */
  async user(login: string): Promise<GiteaUser | undefined> {
    const answer = await this.#line.read({path: `/users/${encodeURIComponent(login)}`})
    if (answer.status === 404) return undefined
    const {readUser} = await import('./shapes.ts')
    const user = readUser(answer.json())
    if (!user) throw unusable(answer)
    return user
  }

  /** See `witness.find`. */
  async witness(login?: string): Promise<Awaited<ReturnType<typeof import('./witness.ts').find>>> {
    const {find} = await import('./witness.ts')
    return find(this.#line, login)
  }

  /** Every user of the server, as the administrator; a token needs read:admin for it. Throws as `Line.read`. */
  async users(): Promise<GiteaUser[]> {
    const {readUsers} = await import('./shapes.ts')
    return this.#line.all({path: '/admin/users'}, readUsers, ({id}) => id, {most: MOST_USERS})
  }

  /** See `accounts.find`. */
  async account(login: string): Promise<Account | undefined> {
    const {find} = await import('./accounts.ts')
    return find(this.#line, login)
  }

  /** See `accounts.create`. */
  async createAccount(order: AccountOrder): Promise<Account> {
    const {create} = await import('./accounts.ts')
    return create(this.#line, order)
  }

  /** See `members.permission`. */
  async permissionOf(repo: string, login: string): Promise<GrantedPermission> {
    const {permission} = await import('./members.ts')
    return permission(this.#line, repo, login)
  }

  /** See `members.addCollaborator`. */
  async addCollaborator(repo: string, login: string, level: 'read' | 'write' | 'admin'): Promise<void> {
    const {addCollaborator} = await import('./members.ts')
    return addCollaborator(this.#line, repo, login, level)
  }

  /** See `members.team`. */
  async team(organisation: string, name: string): Promise<number> {
    const {team} = await import('./members.ts')
    return team(this.#line, organisation, name)
  }

  /** See `members.isTeamMember`. */
  async isTeamMember(team: number, login: string): Promise<boolean> {
    const {isTeamMember} = await import('./members.ts')
    return isTeamMember(this.#line, team, login)
  }

  /** See `members.addTeamMember`. */
  async addTeamMember(team: number, login: string): Promise<void> {
    const {addTeamMember} = await import('./members.ts')
    return addTeamMember(this.#line, team, login)
  }

  async #owner(user: string): Promise<tokens.ListOwner> {
    return {user, sudo: !this.#isAdmin(user) && actsOnDoer(await this.forge())}
  }

  #isAdmin(user: string): boolean {
    return user.toLowerCase() === this.adminUser.toLowerCase()
  }

  async #readGrantable(): Promise<readonly Scope[] | undefined> {
    const told = await tokens.grantable(this.#line)
    if (told || (await this.mintsWithThis()) !== false) return told
    throw wantsPassword((await this.forge()).named, this.#line.admin)
  }

  async #readVersion(): Promise<string | undefined> {
    const {told, doubt} = await this.#line.version()
    this.#doubt = doubt
    const own = forgeOf(told).name === 'unknown' ? await this.#line.forgejoVersion() : undefined
    this.#told = forgeOf(own).name === 'unknown' ? told : own
    this.#onVersion?.(this.#told)
    return this.#told
  }

  #port(): ProbePort {
    return {url: this.#http.url, ask: (request, value) => this.#ask(request, value)}
  }

  async #ask(request: ProbeRequest, value: Secret): Promise<ProbeReply> {
    let requests = 0
    try {
      const answer = await this.#line.send({
        method: request.method,
        path: request.path,
        auth: request.auth === 'basic' ? {kind: 'basic', user: 'patrol', password: value} : {kind: 'token', value},
        redirects: request.follow ? 3 : 0,
        onRequest: () => requests++,
      })
      return {status: answer.status, contentType: answer.contentType, body: answer.json(), requests}
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      if (error.kind === 'cancelled') throw new OpsError('INTERRUPTED', {case: 'probe'})
      return {status: 0, contentType: '', body: undefined, failure: error.message, requests}
    }
  }
}

const REAL: CodeClock = {now: Date.now, sleep: (ms, signal) => sleep(ms, undefined, {signal})}
