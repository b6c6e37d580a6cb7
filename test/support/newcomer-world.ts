import {
  onboard,
  planOnboarding,
  type OnboardingDeps,
  type OnboardingPlan,
  type OnboardingRequest,
  type OnboardingResult,
} from '../../src/onboarding/index.ts'
import type {OnboardingEvent} from '../../src/onboarding/events.ts'
import type {Account, Accounts, GrantedPermission, WorkspaceMaker} from '../../src/onboarding/ports.ts'
import type {Platform, Workspace} from '../../src/rotation/ports.ts'
import type {Secret} from '../../src/secret.ts'
import {openStore, type Store} from '../../src/store/index.ts'
import {thisProcess} from '../../src/store/owner.ts'
import type {StorySummary} from '../../src/story/ports.ts'
import {World, type FaultKind} from './world.ts'

export const NAME = 'agent-new'
const TEAM = 7

type Extra = Partial<OnboardingDeps> | ((deps: OnboardingDeps) => Partial<OnboardingDeps>)

/** The world of one agent that is yet to be onboarded, in memory: no user, no token, no workspace. Milliseconds a run. */
export class NewcomerWorld extends World implements Disposable {
  readonly users: Account[] = []
  /** By repository. */
  readonly permissions = new Map<string, GrantedPermission>()
  readonly teamMembers = new Set<string>()
  /** More workspaces of the agent's name. */
  twins: Workspace[] = []
  readonly shelf = new Map<string, Secret>()
  /** Whether the workspace's own token is to be kept. */
  keeps = false
  /** Whether the platform hands the workspace's own token out with the workspace. */
  inline = true
  /** Whether somebody listens to the progress. */
  listens = true
  readonly store: Store
  #strike: {name: string; kind: FaultKind} | undefined
  #after: {name: string; then: () => unknown} | undefined

  private constructor(store: Store) {
    super()
    this.store = store
    this.tokens.length = 0
    this.access.length = 0
    this.removeWorkspace()
    this.workspace = {...this.workspace, name: NAME}
  }

  /** `alive`: whether other holders of leases are taken for running, as on a real machine. */
  static async open({alive = false} = {}): Promise<NewcomerWorld> {
    return new NewcomerWorld(await openStore(':memory:', {owner: thisProcess(() => alive)}))
  }

  [Symbol.dispose](): void {
    this.store.close()
  }

  /** A person of this name in Gitea. */
  addUser(login: string, changes: Partial<Account> = {}): void {
    const usual = {isAdmin: false, active: true, prohibitLogin: false, organisation: false}
    this.users.push({id: 41 + this.users.length, login, ...usual, ...changes})
  }

  /** A workspace that somebody else made, with a secret where there is a token for it. */
  furnish(token?: {value: Secret; lastEight: string}): void {
    this.workspaceGone = false
    if (token) this.overwrite(token.value)
    this.process.lastEight = token?.lastEight ?? ''
  }

  /** The next call of this name, or the journal's entry (`journal minted`), goes wrong. */
  strike(name: string, kind: FaultKind): void {
    this.#strike = {name, kind}
  }

  /** Somebody does something right after the next call of this name. */
  after(name: string, then: () => unknown): void {
    this.#after = {name, then}
  }

  #arm(name: string): void {
    if (this.#strike?.name !== name) return
    this.fault.push({at: this.calls.length + 1, kind: this.#strike.kind})
    this.#strike = undefined
  }

  override async call<T>(name: string, write: boolean, work: () => T): Promise<T> {
    this.#arm(name)
    const result = await super.call(name, write, work)
    if (this.#after?.name === name) {
      const {then} = this.#after
      this.#after = undefined
      then()
    }
    return result
  }

  get accountAdmin(): Accounts {
    return {
      account: (login) =>
        this.call('user', false, () => this.users.find((user) => user.login.toLowerCase() === login.toLowerCase())),
      createAccount: ({login}) =>
        this.call('createAccount', true, () => {
          this.addUser(login)
          return this.users.at(-1)!
        }),
      permissionOf: (repo) => this.call('permissionOf', false, () => this.permissions.get(repo) ?? 'none'),
      addCollaborator: (repo, _login, permission) =>
        this.call('addCollaborator', true, () => void this.permissions.set(repo, permission)),
      team: () => this.call('team', false, () => TEAM),
      isTeamMember: (_team, login) => this.call('isTeamMember', false, () => this.teamMembers.has(login)),
      addTeamMember: (_team, login) => this.call('addTeamMember', true, () => void this.teamMembers.add(login)),
    }
  }

  #rooms(): Workspace[] {
    return [...(this.workspaceGone ? [] : [this.workspace]), ...this.twins]
  }

  override get platform(): Platform {
    const list = () =>
      this.call('list workspaces', false, () => this.#rooms().filter(({status}) => status !== 'removed'))
    return {...super.platform, list}
  }

  get maker(): WorkspaceMaker {
    return {
      named: (name) => this.call('named', false, () => this.#rooms().filter((each) => each.name === name)),
      alike: (name) =>
        this.call('named', false, () => this.#rooms().filter((each) => each.name.replace(/ \(\d+\)$/, '') === name)),
      create: (name, _spec, {value}) =>
        this.call('create', true, () => {
          this.workspaceGone = false
          this.workspace = {...this.workspace, name, status: 'provisioning'}
          this.overwrite(value)
          this.provision()
          return {id: this.workspace.id, token: this.inline ? this.addAccess(false).value : undefined}
        }),
      accepts: (_id, token) => this.call('accepts', false, () => this.access.some(({value}) => value.equals(token))),
    }
  }

  override deps(store: Store = this.store): OnboardingDeps {
    const {onboardings} = store
    const {on, ...usual} = super.deps(store)
    return {
      ...usual,
      ...(this.listens && on && {on}),
      accounts: this.accountAdmin,
      fleet: {agents: async () => [], ask: async () => undefined},
      maker: this.maker,
      onboardings: {
        ...onboardings,
        append: (entry) => {
          this.#arm(`journal ${entry.event.type}`)
          return this.append(() => onboardings.append(entry))
        },
      },
      ...(this.keeps && {
        shelf: {
          place: (agent) => `shelf/${agent}`,
          held: async (agent) => this.shelf.get(agent),
          keep: (agent, token) => this.call('keep', true, () => void this.shelf.set(agent, token)),
        },
      }),
    }
  }

  #with(extra: Extra): OnboardingDeps {
    const deps = this.deps()
    return {...deps, ...(typeof extra === 'function' ? extra(deps) : extra)}
  }

  /** What a run would do, with the agent asked whether it works. */
  plan(request: OnboardingRequest, extra: Extra = {}, ask = true): Promise<OnboardingPlan> {
    return planOnboarding(request, this.#with(extra), {ask})
  }

  /** Plans and onboards, as one run of the command does. */
  async run(request: OnboardingRequest, extra: Extra = {}): Promise<OnboardingResult> {
    this.revive()
    const deps = this.#with(extra)
    return onboard(await planOnboarding(request, deps, {ask: true}), deps)
  }

  /** A run that goes wrong there, and how it ended. */
  async broken(name: string, kind: FaultKind, request: OnboardingRequest, extra: Extra = {}): Promise<unknown> {
    this.strike(name, kind)
    const error: unknown = await this.run(request, extra).then(
      () => undefined,
      (why: unknown) => why,
    )
    this.revive()
    return error
  }

  /** What the journal of the only onboarding tells. */
  async journal(): Promise<OnboardingEvent[]> {
    const [only] = await this.store.onboardings.list()
    return only ? this.store.onboardings.read(only.id) : []
  }

  /** The writes to the servers, in their order. */
  get writes(): string[] {
    const writes = ['createAccount', 'addCollaborator', 'addTeamMember', 'mint', 'create', 'remove', 'keep']
    const more = ['mintWorkspaceToken', 'revokeWorkspaceToken', 'putSecret', 'restart']
    return this.calls.filter((name) => [...writes, ...more].includes(name))
  }
}

/** A rotation of the agent as a journal lists it. */
export function rotationOf(id: string, phase: string): StorySummary {
  const times = {startedAt: 1, updatedAt: 1, dueAt: undefined}
  return {id, agent: NAME, user: NAME, workspace: NAME, phase, closed: false, ...times, events: 1}
}

/** What the tests ask for, unless they say otherwise. */
export function newcomer(changes: Partial<OnboardingRequest> = {}): OnboardingRequest {
  return {
    agent: NAME,
    user: NAME,
    account: {email: 'agent-new@noreply.invalid', visibility: undefined, restricted: undefined},
    memberships: [{kind: 'collaborator', repo: 'acme/core', permission: 'write'}],
    workspace: NAME,
    spec: {},
    secretKey: 'GITEA_TOKEN',
    profile: 'engineer',
    scopes: ['read:issue', 'read:repository'],
    repo: 'acme/core',
    label: 'approved',
    via: 'a2a',
    approval: 'wait',
    waive: {},
    ...changes,
  }
}
