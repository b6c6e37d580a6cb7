import {randomBytes} from 'node:crypto'
import type {GiteaOrg, GiteaRepo, GiteaSeed, SeedUser} from '../types.ts'
import {normalise} from './scopes.ts'

export type Visibility = 'public' | 'limited' | 'private'
export type Permission = 'read' | 'write' | 'admin'

/** A user or an organisation: Gitea keeps both in one table with one numbering and one set of names. */
export type UserOrOrganisation = {id: number; login: string} & ReturnType<typeof newAccount>

function newAccount(login: string) {
  return {
    isOrganisation: false,
    fullName: '',
    email: `${lower(login)}@sandbox.invalid`,
    password: undefined as string | undefined,
    isAdmin: false,
    active: true,
    prohibitLogin: false,
    mustChangePassword: false,
    restricted: false,
    visibility: 'public' as Visibility,
    totp: undefined as string | undefined,
    /** The last one-time code that was accepted. */
    lastOtp: undefined as string | undefined,
    webauthn: false,
    loginName: '',
    created: Date.now(),
  }
}

export interface Token {
  id: number
  ownerId: number
  name: string
  value: string
  /** Normalised, comma-separated. */
  scope: string
  /** The ids of the repositories that it is confined to; undefined where it is not (Forgejo before 15, Gitea). */
  repositories: ReadonlySet<number> | undefined
  /** Milliseconds; Gitea itself keeps whole seconds. */
  created: number
  lastUsed: number
}

/** The parts of a repository that teams are let into one by one. */
export type TeamUnit = 'code' | 'issues' | 'pulls'
const TEAM_UNITS: readonly TeamUnit[] = ['code', 'issues', 'pulls']

export interface Team {
  id: number
  orgId: number
  name: string
  permission: 'owner' | Permission
  /** What a team below admin gets into, with its permission. */
  units: readonly TeamUnit[]
  members: Set<number>
  /** Ids of repositories; `all` those of the organisation, now and later. */
  repos: Set<number> | 'all'
}

export interface Label {
  id: number
  name: string
  color: string
}

export type Issue = {id: number; index: number; title: string; posterId: number} & ReturnType<typeof newIssue>

function newIssue() {
  return {
    body: '',
    state: 'open' as 'open' | 'closed',
    labels: [] as Label[],
    isPull: false,
    locked: false,
    comments: 0,
    created: Date.now(),
  }
}

export type Repo = ReturnType<typeof newRepo> & {id: number; ownerId: number; collaborators: Map<number, Permission>}

function newRepo(seed: GiteaRepo) {
  return {
    name: seed.name,
    isPrivate: seed.private ?? false,
    archived: seed.archived ?? false,
    empty: seed.empty ?? false,
    mirror: seed.mirror ?? false,
    hasIssues: seed.hasIssues ?? true,
    hasPulls: seed.hasPulls ?? true,
    hasCode: seed.hasCode ?? true,
    labels: [] as Label[],
    issues: [] as Issue[],
    created: Date.now(),
  }
}

const lower = (name: string): string => name.toLowerCase()

/** The state of a simulated Gitea. Ids start at 1 and are shared across owners, as in its database. */
export class GiteaWorld {
  accounts: UserOrOrganisation[] = []
  tokens: Token[] = []
  teams: Team[] = []
  repos: Repo[] = []
  /** Old login, lower-case, to account id. */
  readonly userRedirects = new Map<string, number>()
  /** `<owner id>/<old name, lower-case>` to repository id. */
  readonly repoRedirects = new Map<string, number>()
  /** Of organisations, by their ids. */
  readonly orgLabels = new Map<number, Label[]>()
  // Fleets have tens of thousands of users: nothing that a request does may walk through all of them.
  readonly #byLogin = new Map<string, UserOrOrganisation>()
  readonly #byId = new Map<number, UserOrOrganisation>()
  readonly #byValue = new Map<string, Token>()
  readonly #byOwner = new Map<number, Token[]>()
  #sorted: UserOrOrganisation[] | undefined
  #lastId = {account: 0, token: 0, team: 0, repo: 0, issue: 0, label: 0, comment: 0, review: 0}

  readonly #born: number

  /** `born`: when the server was installed, in ms since the epoch; the users of the seed were made then. */
  constructor(seed: GiteaSeed, born: number) {
    this.#born = born
    for (const user of seed.users) this.#seedUser(user)
    for (const org of seed.orgs ?? []) {
      const account = this.addAccount({login: org.name, isOrganisation: true, visibility: org.visibility ?? 'public'})
      const members = this.#ids(org.owners)
      this.addTeam({orgId: account.id, name: 'Owners', permission: 'owner', units: [], members, repos: 'all'})
      const labels = (org.labels ?? []).map((name) => this.addLabel(name))
      this.orgLabels.set(account.id, labels)
    }
    for (const repo of seed.repos ?? []) this.#seedRepo(repo)
    for (const org of seed.orgs ?? []) this.#seedTeams(org)
    for (const user of seed.users) this.#confineTokens(user)
  }

  nextId(kind: 'account' | 'token' | 'team' | 'repo' | 'issue' | 'label' | 'comment' | 'review'): number {
    return ++this.#lastId[kind]
  }

  account(name: string): UserOrOrganisation | undefined {
    return this.#byLogin.get(lower(name))
  }

  accountById(id: number): UserOrOrganisation | undefined {
    return this.#byId.get(id)
  }

  /** Users and organisations by login. */
  accountsByLogin(): readonly UserOrOrganisation[] {
    return (this.#sorted ??= this.accounts.toSorted((a, b) => a.login.localeCompare(b.login)))
  }

  /** The tokens of an account, oldest first. */
  tokensOf(ownerId: number): readonly Token[] {
    return this.#byOwner.get(ownerId) ?? []
  }

  /** The token with this value, if its owner still exists. */
  tokenByValue(value: string): {token: Token; owner: UserOrOrganisation} | undefined {
    const token = this.#byValue.get(value)
    const owner = token && this.accountById(token.ownerId)
    return token && owner ? {token, owner} : undefined
  }

  repo(owner: UserOrOrganisation, name: string): Repo | undefined {
    return this.repos.find((repo) => repo.ownerId === owner.id && lower(repo.name) === lower(name))
  }

  isOrgOwner(orgId: number, userId: number): boolean {
    return this.teams.some((team) => team.orgId === orgId && team.permission === 'owner' && team.members.has(userId))
  }

  isOrgMember(orgId: number, userId: number): boolean {
    return this.teams.some((team) => team.orgId === orgId && team.members.has(userId))
  }

  addAccount(given: Pick<UserOrOrganisation, 'login'> & Partial<UserOrOrganisation>): UserOrOrganisation {
    const account: UserOrOrganisation = {...newAccount(given.login), ...given, id: this.nextId('account')}
    this.accounts.push(account)
    this.#byLogin.set(lower(account.login), account)
    this.#byId.set(account.id, account)
    this.#sorted = undefined
    this.userRedirects.delete(lower(account.login))
    return account
  }

  rename(account: UserOrOrganisation, to: string): void {
    const former = lower(account.login)
    account.login = to
    this.#byLogin.delete(former)
    this.#byLogin.set(lower(to), account)
    this.#sorted = undefined
    this.userRedirects.delete(lower(to))
    this.userRedirects.set(former, account.id)
  }

  /** The teams of an organisation, by name. */
  teamsOf(orgId: number): Team[] {
    return this.teams.filter((team) => team.orgId === orgId)
  }

  addTeam(given: Omit<Team, 'id'>): Team {
    const team = {...given, id: this.nextId('team')}
    this.teams.push(team)
    return team
  }

  /** Stores a token; without a value one is drawn as Gitea does: 20 random bytes in lower-case hex. */
  addToken(given: Pick<Token, 'ownerId' | 'name' | 'scope'> & Partial<Token>): Token {
    const now = Date.now()
    const value = given.value ?? randomBytes(20).toString('hex')
    const token: Token = {
      repositories: undefined,
      created: now,
      lastUsed: now,
      ...given,
      value,
      id: this.nextId('token'),
    }
    this.tokens.push(token)
    this.#byValue.set(value, token)
    this.#byOwner.set(token.ownerId, [...this.tokensOf(token.ownerId), token])
    return token
  }

  /** `owner/name` of a repository. */
  fullName(repo: Repo): string {
    return `${this.accountById(repo.ownerId)?.login}/${repo.name}`
  }

  removeToken(token: Token): void {
    const others = (tokens: readonly Token[]): Token[] => tokens.filter((each) => each !== token)
    this.tokens = others(this.tokens)
    this.#byOwner.set(token.ownerId, others(this.tokensOf(token.ownerId)))
    this.#byValue.delete(token.value)
  }

  /** The row of a token gets another value under the same id, name and scopes. */
  regenerate(token: Token): string {
    this.#byValue.delete(token.value)
    token.value = randomBytes(20).toString('hex')
    this.#byValue.set(token.value, token)
    return token.value
  }

  addLabel(name: string): Label {
    return {id: this.nextId('label'), name, color: '70c24a'}
  }

  addIssue(repo: Repo, given: Pick<Issue, 'title' | 'posterId'> & Partial<Issue>): Issue {
    const issue: Issue = {...newIssue(), ...given, id: this.nextId('issue'), index: repo.issues.length + 1}
    repo.issues.push(issue)
    return issue
  }

  /** Removes an account with everything that hangs on it. */
  removeAccount(account: UserOrOrganisation): void {
    for (const token of this.tokensOf(account.id)) this.removeToken(token)
    this.accounts = this.accounts.filter((each) => each !== account)
    this.#byLogin.delete(lower(account.login))
    this.#byId.delete(account.id)
    this.#sorted = undefined
    this.repos = this.repos.filter((repo) => repo.ownerId !== account.id)
    for (const repo of this.repos) repo.collaborators.delete(account.id)
    for (const team of this.teams) team.members.delete(account.id)
  }

  #require(login: string): UserOrOrganisation {
    const account = this.account(login)
    if (!account) throw new Error(`the Gitea seed names ${login}, which is neither a user nor an organisation of it`)
    return account
  }

  #ids(logins: readonly string[] = []): Set<number> {
    return new Set(logins.map((login) => this.#require(login).id))
  }

  /** After the repositories, which teams may name. */
  #seedTeams(org: GiteaOrg): void {
    const owner = this.#require(org.name)
    const idOf = (name: string): number => {
      const repo = this.repo(owner, name)
      if (!repo) throw new Error(`the Gitea seed gives a team ${org.name}/${name}, which it does not have`)
      return repo.id
    }
    for (const {name, permission, units = TEAM_UNITS, members, repos = []} of org.teams ?? []) {
      const reach = repos === 'all' ? repos : new Set(repos.map(idOf))
      this.addTeam({orgId: owner.id, name, permission, units, members: this.#ids(members), repos: reach})
    }
  }

  #seedUser(seed: SeedUser): void {
    const {tokens = [], formerly = [], createdAt, ...rest} = seed
    const user = this.addAccount({...rest, created: createdAt === undefined ? this.#born : Date.parse(createdAt)})
    for (const old of formerly) this.userRedirects.set(lower(old), user.id)
    for (const token of tokens) {
      const created = token.createdAt ? Date.parse(token.createdAt) : Date.now()
      const lastUsed = token.lastUsedAt ? Date.parse(token.lastUsedAt) : created
      const scope = [normalise(token.scopes.join(',')), ...(token.strangeScopes ?? [])].filter(Boolean).join(',')
      this.addToken({ownerId: user.id, name: token.name, value: token.value, scope, created, lastUsed})
    }
  }

  /** After the repositories, which tokens may name. */
  #confineTokens(seed: SeedUser): void {
    for (const {value, repositories} of seed.tokens ?? []) {
      const found = this.tokenByValue(value)
      if (!repositories || !found) continue
      const known = new Map(this.repos.map((repo) => [lower(this.fullName(repo)), repo.id]))
      const ids = repositories.map((name) => {
        const id = known.get(lower(name))
        if (id === undefined) throw new Error(`the Gitea seed confines a token to ${name}, which it does not have`)
        return id
      })
      found.token.repositories = new Set(ids)
    }
  }

  #seedRepo(seed: GiteaRepo): void {
    const owner = this.#require(seed.owner)
    const repo: Repo = {
      ...newRepo(seed),
      id: this.nextId('repo'),
      ownerId: owner.id,
      collaborators: new Map(seed.collaborators?.map((each) => [this.#require(each.login).id, each.permission])),
      labels: (seed.labels ?? []).map((name) => this.addLabel(name)),
    }
    this.repos.push(repo)
    for (const old of seed.formerly ?? []) this.repoRedirects.set(`${owner.id}/${lower(old)}`, repo.id)
    const shared = this.orgLabels.get(owner.id) ?? []
    this.orgLabels.set(owner.id, shared)
    for (const {title, state = 'open', labels = [], pull = false, locked = false} of seed.issues ?? []) {
      // A label that the repository does not have is one of its organisation: shown on the issue.
      const carried = labels.map((name) => {
        const known = [...repo.labels, ...shared].find((each) => each.name === name)
        if (known) return known
        shared.push(this.addLabel(name))
        return shared.at(-1)!
      })
      this.addIssue(repo, {title, state, labels: carried, isPull: pull, locked, posterId: owner.id})
    }
  }
}
