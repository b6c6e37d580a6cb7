import {OpsError} from '../../src/errors.ts'
import {CATEGORIES, type Scope} from '../../src/scopes/vocabulary.ts'
import {Secret} from '../../src/secret.ts'
import type {ProbeReport, ScopeVerdict} from '../../src/probe/types.ts'
import type {SmokeReport} from '../../src/smoke/types.ts'
import type {
  AccountKind,
  Fleet,
  Neighbour,
  Platform,
  Prober,
  PutOutcome,
  Repos,
  Smoke,
  TokenAdmin,
  TokenRow,
  Workspace,
  WorkspaceEvent,
} from '../../src/rotation/ports.ts'
import type {MintRequest, StoryProgress, PushRequest, RotationDeps, RotationRequest} from '../../src/rotation/index.ts'
import {openStore, type Store} from '../../src/store/index.ts'
import {thisProcess} from '../../src/store/owner.ts'
import type {Clock} from '../../src/story/ports.ts'

/** How one call goes wrong. `lost-*`: its answer is lost; `crash-*`: our process dies there. */
export type FaultKind = 'lost-before' | 'lost-after' | 'crash-before' | 'crash-after'

/** Nothing takes time here, so a run that goes on for ever would never let its test end. */
const MOST_TURNS = 20_000
const PERSON: AccountKind = {organisation: false, isAdmin: false, active: true, prohibitLogin: false}

/** The process is gone: nothing of it runs any more. */
export class Crash extends Error {}

export const WORKSPACE = '11111111-2222-4333-8444-555555555555'
export const USER = 'agent-dev-a'
export const START = Date.UTC(2026, 10, 22, 3, 0, 0)

interface Token extends TokenRow {
  user: string
  value: Secret
}

/** How the world behaves; each can be changed while it runs. */
export interface Behaviour {
  /** The platform restarts a workspace by itself this long after a secret write. */
  autoRestartMs: number | undefined
  /** A boot takes this long. */
  bootMs: number
  /** Secret writes need an approval, decided like this after `approvalMs`. */
  approval: 'approved' | 'denied' | 'never' | undefined
  approvalMs: number
  eventsReadable: boolean
  /** A restart changes the status only; the process from before goes on. */
  restartPretends: boolean
  restartNoop: boolean
  restartFails: string | undefined
  /** The platform's patience ended, not the start: who says so. */
  gaveUp: string | undefined
  putRefused: {code: string; reason: string} | undefined
  /** A mint that was lost before it was sent comes to pass this much later all the same. */
  lateMintMs: number | undefined
  /** How the platform answers a mint of a workspace token, or the reading of values. */
  tokenRefused: OpsError | undefined
  valuesRefused: OpsError | undefined
  /** Each boot revokes all workspace tokens and issues one (Docker, April). */
  bootRevokes: boolean
}

/** A workspace token; `ours` was minted by patrol. */
interface Access {
  id: string
  prefix: string
  value: Secret
  ours: boolean
}

/** A token's made-up value: recognisable, and unique in its last eight. */
export function madeUpValue(id: number): Secret {
  return new Secret('c'.repeat(32) + String(id).padStart(8, '0'))
}

/** When the global secret was written. */
export const GLOBAL_SINCE = '2026-01-01T00:00:00Z'
/** When secrets of other workspaces were written, long before the processes began. */
export const [THEN, LATER] = ['2026-10-01T00:00:00Z', '2026-10-02T00:00:00Z']

/** Gitea, the platform with one workspace and its agent, and time, all in memory and all breakable. */
export class World {
  now = START
  readonly tokens: Token[] = []
  readonly violations: string[] = []
  readonly calls: string[] = []
  readonly progress: StoryProgress[] = []
  fault: {at: number; kind: FaultKind}[] = []
  dead = false
  #nextToken = 1
  #timers: {at: number; run: () => void}[] = []
  workspace: Workspace
  parents: Workspace[] = []
  /** What the platform says it was built from. */
  build: string | undefined
  /** It may keep secrets from the processes in workspaces. */
  withholds = false
  secret: {lastEight: string; updatedAt: string; value: Secret} | undefined
  /** The running process, and the token in its environment. */
  process: {lastEight: string; startedAt: number; generation: number}
  events: WorkspaceEvent[] = []
  puts = 0
  restarts = 0
  approvalState: 'none' | 'pending' | 'approved' | 'denied' | 'withdrawn' = 'none'
  approvalCount = 0
  behaviour: Behaviour = {
    autoRestartMs: 2_000,
    bootMs: 8_000,
    approval: undefined,
    approvalMs: 20_000,
    eventsReadable: true,
    restartPretends: false,
    restartNoop: false,
    restartFails: undefined,
    gaveUp: undefined,
    putRefused: undefined,
    lateMintMs: undefined,
    tokenRefused: undefined,
    valuesRefused: undefined,
    bootRevokes: false,
  }
  /** Live tokens of the workspace; the first is its runtime's. */
  access: Access[] = []
  #nextAccess = 1
  #turns = 0
  /** Labels that the repository has; an error when they can't be read. */
  labels: string[] | OpsError = ['approved', 'bug']
  /** Names that are no ordinary user's. */
  accounts: {[name: string]: Partial<AccountKind>} = {}
  /** Whether the server confines tokens to repositories; undefined: nobody knows, and it does not. */
  confines: boolean | undefined = false
  /** It tells of new tokens what they are confined to in a form that nobody knows. */
  listsStrangely = false
  /** What the administrator's token can hand out, where Gitea tells. */
  grantable: Scope[] | undefined
  agentDeaf = false
  /** Other workspaces: what they are, when their own secret was written, and what their agent says that it holds. */
  others: {workspace: Workspace; secretAt?: string; reports?: string | OpsError}[] = []
  /** The inventory besides the agent itself, and how that one stands there where it was changed. */
  neighbours: Neighbour[] = []
  /** A global secret of the key, for every workspace without its own. */
  globalSecret = false
  /** Somebody deleted the workspace. */
  workspaceGone = false
  /** Somebody deleted the Gitea user, and its tokens with it. */
  userGone = false
  /** The agent can't find its work with new tokens, although they have every scope. */
  newTokensFail = false
  /** Scopes that the server silently leaves out of new tokens. */
  forgetful: Scope[] = []

  constructor() {
    const old = this.addToken('agent token', ['read:repository'])
    this.secret = {lastEight: old.lastEight, updatedAt: new Date(this.now - 5_000_000).toISOString(), value: old.value}
    this.process = {lastEight: old.lastEight, startedAt: this.now - 4_000_000, generation: 1}
    this.workspace = {
      id: WORKSPACE,
      name: 'dev-a',
      status: 'online',
      runtime: 'claude-code',
      kind: 'workspace',
      parentId: undefined,
      activeTasks: 0,
      uptimeSeconds: 4_000,
      url: 'http://agent',
      lastSampleError: undefined,
      serverTime: this.now,
    }
    this.#event('WORKSPACE_ONLINE', {url: 'http://agent', agent_card: {}})
    this.#beat(1)
    this.addAccess(false)
  }

  addAccess(ours: boolean): Access {
    const id = `wt-${this.#nextAccess++}`
    const access = {id, prefix: `${id}-------`.slice(0, 8), value: new Secret(`${id}-${'w'.repeat(40)}`), ours}
    this.access.push(access)
    return access
  }

  /** Workspace tokens of ours that are still live. */
  get leftAccess(): string[] {
    return this.access.filter(({ours}) => ours).map(({id}) => id)
  }

  get warned(): string {
    return this.progress.flatMap((item) => (item.kind === 'warning' ? [item.message] : [])).join('\n')
  }

  get old(): Token {
    return this.tokens[0]!
  }

  addToken(name: string, scopes: Scope[], user = USER): Token {
    const id = this.#nextToken++
    const value = madeUpValue(id)
    const token = {id, name, scopes, user, value, lastEight: value.lastEight}
    this.tokens.push(token)
    return token
  }

  /** The row of a token gets another value, as a person does in the web interface of a newer Gitea. */
  regenerate(id: number): Token {
    const token = this.tokens.find((each) => each.id === id)
    if (!token) throw new Error(`there is no token ${id}`)
    const value = madeUpValue(90_000_000 + id)
    return Object.assign(token, {value, lastEight: value.lastEight})
  }

  alive(lastEight: string): boolean {
    return this.tokens.some((token) => token.lastEight === lastEight)
  }

  /** A new process of ours looks at the same world. */
  revive(): void {
    this.dead = false
  }

  advance(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).toSorted((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers.splice(this.#timers.indexOf(due), 1)
      this.now = Math.max(this.now, due.at)
      due.run()
      this.#check('time')
    }
    this.now = end
  }

  later(ms: number, run: () => void): void {
    this.#timers.push({at: this.now + ms, run})
  }

  /** Stores a value as somebody else would. */
  overwrite(value: Secret): void {
    this.secret = {lastEight: value.lastEight, updatedAt: new Date(this.now).toISOString(), value}
  }

  /** What the workspace does when told to restart. */
  provision(): void {
    const generation = this.process.generation + 1
    this.workspace.status = 'provisioning'
    this.#event('WORKSPACE_PROVISIONING', {name: this.workspace.name})
    if (this.behaviour.restartPretends) {
      this.process.generation = generation
      this.later(3_000, () => {
        this.workspace.status = 'online'
        this.#event('WORKSPACE_ONLINE', {recovered_from: 'provisioning'})
        this.#beat(generation)
      })
      return
    }
    this.process.generation = generation
    this.later(this.behaviour.bootMs, () => {
      if (this.process.generation !== generation) return
      if (this.behaviour.bootRevokes) {
        this.access = []
        this.addAccess(false)
      }
      if (this.behaviour.restartFails) {
        this.workspace.status = 'failed'
        const {restartFails: error, gaveUp: source} = this.behaviour
        this.workspace.lastSampleError = error
        this.#event('WORKSPACE_PROVISION_FAILED', {error, ...(source !== undefined && {source})})
        return
      }
      this.process = {lastEight: this.secret?.lastEight ?? '', startedAt: this.now, generation}
      this.workspace.status = 'online'
      this.#event('WORKSPACE_ONLINE', {url: 'http://agent', agent_card: {}})
      this.later(500, () => this.#beat(generation))
    })
  }

  #beat(generation: number): void {
    if (this.process.generation !== generation) return
    this.workspace.uptimeSeconds = Math.floor((this.now - this.process.startedAt) / 1000)
    this.later(30_000, () => this.#beat(generation))
  }

  #event(type: string, payload: Record<string, unknown>): void {
    const id = `e${this.events.length + 1}`
    this.events.unshift({id, type, createdAt: new Date(this.now).toISOString(), payload})
  }

  /** The laws of the world: what the agent runs on works, and so does what it would get at its next start. */
  #check(where: string): void {
    if (this.process.lastEight !== '' && !this.alive(this.process.lastEight)) {
      this.violations.push(`${where}: the agent runs on ...${this.process.lastEight}, which is gone`)
    }
    if (this.secret && !this.alive(this.secret.lastEight)) {
      this.violations.push(`${where}: the secret holds ...${this.secret.lastEight}, which is gone`)
    }
  }

  /** One call over the wire, breakable before and after its effect. */
  async call<T>(name: string, write: boolean, work: () => T): Promise<T> {
    if (this.dead) throw new Crash('dead')
    this.#turn()
    this.calls.push(name)
    this.advance(7)
    const kind = this.fault.find(({at}) => at === this.calls.length)?.kind
    if (kind === 'crash-before') this.#die()
    if (kind === 'lost-before') throw lost(name, write)
    const result = work()
    this.#check(name)
    if (kind === 'crash-after') this.#die()
    if (kind === 'lost-after') throw lost(name, write)
    return result
  }

  #turn(): void {
    if (++this.#turns > MOST_TURNS) throw new Error('a run goes on for ever')
  }

  #die(): never {
    this.dead = true
    throw new Crash('killed')
  }

  get tokenAdmin(): TokenAdmin {
    const row = ({user: _user, value: _value, ...rest}: Token): TokenRow => ({...rest})
    return {
      adminUser: 'boss',
      account: (user) => this.call('account', false, () => ({...PERSON, ...this.accounts[user]})),
      grantable: async () => this.grantable,
      confines: async () => this.confines,
      list: (user) =>
        this.call('list', false, () => {
          this.#assertUser()
          return this.tokens.filter((token) => token.user === user).map(row)
        }),
      mint: (user, name, scopes, repositories) => {
        const {lateMintMs} = this.behaviour
        const at = this.calls.length + 1
        if (lateMintMs !== undefined && this.fault.some((fault) => fault.at === at && fault.kind === 'lost-before')) {
          this.later(lateMintMs, () => this.addToken(name, [...scopes], user))
        }
        return this.call('mint', true, () => {
          this.#assertUser()
          const token = this.addToken(
            name,
            scopes.filter((scope) => !this.forgetful.includes(scope)),
            user,
          )
          if (this.confines) token.repositories = this.listsStrangely ? 'unknown' : (repositories ?? 'all')
          return {row: row(token), value: token.value}
        })
      },
      remove: ({user, id}) =>
        this.call('remove', true, () => {
          const index = this.tokens.findIndex((token) => token.id === id && token.user === user)
          if (index === -1) return 'absent' as const
          this.tokens.splice(index, 1)
          return 'removed' as const
        }),
    }
  }

  #assertUser(): void {
    if (this.userGone) throw new OpsError('GITEA_USER_UNKNOWN', `There is no user ${USER}. Nothing was minted.`)
  }

  /** Somebody deletes the workspace: nothing runs any more. */
  removeWorkspace(): void {
    this.workspaceGone = true
    this.secret = undefined
    this.process.lastEight = ''
  }

  /** Somebody deletes the Gitea user. The agent stands without a token, which is not our doing. */
  removeUser(): void {
    this.userGone = true
    this.tokens.length = 0
    this.secret = undefined
    this.process.lastEight = ''
  }

  get prober(): Prober {
    const evidence = {method: 'GET', path: '/version', status: 200, dialect: 'none' as const, reason: ''}
    const liveness = (value: Secret): ProbeReport['liveness'] =>
      this.alive(value.lastEight) ? {state: 'alive', evidence} : {state: 'dead', evidence: {...evidence, status: 401}}
    return {
      liveness: (value) => this.call('liveness', false, () => liveness(value)),
      probe: (value) =>
        this.call('probe', false, () => {
          const known = this.tokens.find((token) => token.lastEight === value.lastEight)
          const granted = known?.scopes ?? []
          const scopes = CATEGORIES.flatMap((category) =>
            (['read', 'write'] as const).map((level): ScopeVerdict => {
              const scope: Scope = `${level}:${category}`
              const has = granted.includes(scope) || granted.includes(`write:${category}`)
              return {scope, verdict: has ? 'granted' : 'missing', evidence}
            }),
          )
          return {
            giteaUrl: 'http://gitea',
            version: '1.22.6',
            dialect: 'plain',
            liveness: liveness(value),
            identity: known && {login: known.user, id: 1},
            scopes,
            granted,
            confinement: {reach: known?.repositories ?? 'all', reason: 'made up'},
            repo: undefined,
            lastEight: value.lastEight,
            requests: 9,
          }
        }),
    }
  }

  get platform(): Platform {
    const find = (id: string): Workspace => {
      const rooms = [this.workspace, ...this.parents, ...this.others.map(({workspace}) => workspace)]
      const found = rooms.find((workspace) => workspace.id === id)
      if (!found || this.workspaceGone) throw new OpsError('WORKSPACE_NOT_FOUND', `no workspace ${id}`)
      return {...found, serverTime: this.now}
    }
    return {
      resolve: (ref) => this.call('resolve', false, () => find(ref === this.workspace.name ? this.workspace.id : ref)),
      read: (id, {detail = false} = {}) =>
        this.call('read', false, () => {
          const {lastSampleError, ...seen} = find(id)
          return {...seen, lastSampleError: detail ? lastSampleError : undefined}
        }),
      list: () =>
        this.call('list workspaces', false, () =>
          [this.workspace, ...this.parents, ...this.others.map(({workspace}) => workspace)]
            .filter(({id, status}) => status !== 'removed' && !(this.workspaceGone && id === this.workspace.id))
            .map((workspace) => ({...workspace, serverTime: this.now})),
        ),
      secretRow: (id, key) =>
        this.call('secretRow', false, () => {
          const other = this.others.find(({workspace}) => workspace.id === id)
          const updatedAt = other ? other.secretAt : this.secret?.updatedAt
          if (updatedAt !== undefined) return {key, scope: 'workspace' as const, updatedAt}
          return this.globalSecret ? {key, scope: 'global' as const, updatedAt: GLOBAL_SINCE} : undefined
        }),
      build: async () => this.build,
      mayWithhold: async () => this.withholds,
      hasGlobalSecret: () => this.call('hasGlobalSecret', false, () => this.globalSecret),
      putSecret: (_id, _key, value) => this.call('putSecret', true, () => this.#put(value)),
      approval: (_id, approvalId) =>
        this.call('approval', false, () =>
          this.approvalState === 'none' || approvalId !== this.#approvalId ? 'unknown' : this.approvalState,
        ),
      withdrawApproval: (_id, approvalId) =>
        this.call('withdrawApproval', true, () => {
          if (this.approvalState === 'none' || approvalId !== this.#approvalId) return 'absent'
          if (this.approvalState !== 'pending') return 'decided'
          this.approvalState = 'withdrawn'
          return 'withdrawn'
        }),
      restart: () =>
        this.call('restart', true, () => {
          if (this.behaviour.restartNoop) return {kind: 'noop' as const, runtime: 'mock', message: 'nothing to restart'}
          if (this.workspace.status === 'provisioning') this.violations.push('restarted while provisioning')
          this.restarts++
          this.provision()
          return {kind: 'accepted' as const, serverTime: this.now}
        }),
      workspaceTokens: (_id, options) =>
        this.call('workspaceTokens', false, () => {
          options?.signal?.throwIfAborted()
          return this.access.map(({id, prefix, ours}) => ({id, prefix, used: !ours}))
        }),
      mintWorkspaceToken: () => this.call('mintWorkspaceToken', true, () => this.#mintAccess()),
      revokeWorkspaceToken: (_id, token) => this.call('revokeWorkspaceToken', true, () => this.#revokeAccess(token)),
      secretValue: (_id, _key, token) => this.call('secretValue', false, () => this.#value(token)),
      events: (id) =>
        this.call('events', false, () => {
          if (!this.behaviour.eventsReadable) return undefined
          return this.others.some(({workspace}) => workspace.id === id) ? [] : [...this.events].slice(0, 100)
        }),
    }
  }

  get repos(): Repos {
    return {
      hasLabel: (_, label) =>
        this.call('labels', false, () => {
          if (this.labels instanceof OpsError) throw this.labels
          return this.labels.includes(label)
        }),
    }
  }

  #mintAccess(): {prefix: string; value: Secret} {
    const {tokenRefused} = this.behaviour
    if (tokenRefused) throw tokenRefused
    return this.addAccess(true)
  }

  #revokeAccess(id: string): 'revoked' | 'absent' {
    const index = this.access.findIndex((access) => access.id === id)
    if (index === -1) return 'absent'
    const [access] = this.access.splice(index, 1)
    if (!access?.ours) this.violations.push(`revoked the workspace token ${id}, which is not ours`)
    return 'revoked'
  }

  #value(workspaceToken: Secret): Secret | undefined {
    const {valuesRefused} = this.behaviour
    if (valuesRefused) throw valuesRefused
    if (this.access.some(({value}) => value.equals(workspaceToken))) return this.secret?.value
    throw new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform rejects our token.')
  }

  /** Of what was asked for last. */
  get #approvalId(): string {
    return `approval-${this.approvalCount}`
  }

  #put(value: Secret): PutOutcome {
    const {putRefused, approval, approvalMs, autoRestartMs} = this.behaviour
    if (putRefused) return {kind: 'refused', ...putRefused}
    if (approval && this.approvalState !== 'approved') {
      if (this.approvalState !== 'pending') {
        this.approvalState = 'pending'
        this.approvalCount++
        if (approval !== 'never') this.later(approvalMs, () => (this.approvalState = approval))
      }
      return {kind: 'pending', approvalId: this.#approvalId, reason: 'write secret GITEA_TOKEN'}
    }
    this.approvalState = 'none'
    this.puts++
    this.overwrite(value)
    if (autoRestartMs !== undefined) {
      this.later(autoRestartMs, () => {
        if (this.workspace.status !== 'provisioning') this.provision()
      })
    }
    return {kind: 'saved'}
  }

  get smoke(): Smoke {
    return {
      prove: (target) =>
        this.call('smoke', false, (): SmokeReport => {
          const holder = this.tokens.find((token) => token.lastEight === this.process.lastEight)
          const asked = target.via !== 'none' && !this.agentDeaf
          const can = (scope: Scope): boolean => holder?.scopes.includes(scope) ?? false
          const path = (name: 'issues' | 'pulls', scope: Scope) =>
            can(scope)
              ? {path: name, outcome: 'passed' as const, message: 'ok'}
              : {path: name, outcome: 'failed' as const, message: `403 without ${scope}`, reason: 'scope-gap' as const}
          const failing = this.newTokensFail && holder?.name.startsWith('patrol.')
          const right = holder?.lastEight === target.expectLastEight && can('read:issue') && !failing
          const swarm = !asked
            ? {
                path: 'swarm-pull' as const,
                outcome: target.via === 'none' ? ('not-proven' as const) : ('unknown' as const),
                message: 'nobody answered',
              }
            : right
              ? {path: 'swarm-pull' as const, outcome: 'passed' as const, message: 'ok'}
              : {
                  path: 'swarm-pull' as const,
                  outcome: 'failed' as const,
                  message: 'old token',
                  reason: 'old-token' as const,
                }
          const paths = asked ? [path('issues', 'read:issue'), path('pulls', 'read:repository'), swarm] : [swarm]
          return {
            agent: target.agent,
            repo: target.repo,
            paths,
            passed: asked && paths.every(({outcome}) => outcome === 'passed'),
            reportedLastEight: asked ? this.process.lastEight : undefined,
          }
        }),
    }
  }

  get fleet(): Fleet {
    const about = {repo: 'acme/widgets', label: 'approved', secretKey: 'GITEA_TOKEN'}
    const own = {agent: 'dev-a', user: USER, workspace: WORKSPACE, reference: undefined, lastEight: undefined, about}
    return {
      agents: async () =>
        this.neighbours.some(({agent}) => agent === own.agent) ? this.neighbours : [own, ...this.neighbours],
      ask: (id) =>
        this.call('ask', false, () => {
          if (id === WORKSPACE) return this.agentDeaf ? undefined : this.process.lastEight
          const reports = this.others.find(({workspace}) => workspace.id === id)?.reports
          if (reports instanceof OpsError) throw reports
          return reports
        }),
    }
  }

  get clock(): Clock {
    return {
      now: () => this.now,
      sleep: async (ms, signal) => {
        if (this.dead) throw new Crash('dead')
        this.#turn()
        signal?.throwIfAborted()
        this.advance(ms)
        signal?.throwIfAborted()
      },
    }
  }

  /** Everything a run needs; the store outlives crashes, and a dead process neither writes nor releases. */
  deps(store: Store, extra: Partial<RotationDeps> = {}): RotationDeps {
    let ids = 0
    const {journal, leases, ledger} = store
    return {
      tokens: this.tokenAdmin,
      prober: this.prober,
      repos: this.repos,
      platform: this.platform,
      smoke: this.smoke,
      fleet: this.fleet,
      clock: this.clock,
      ledger,
      journal: {
        ...journal,
        append: (entry) => this.append(() => journal.append(entry)),
      },
      leases: {
        ...leases,
        release: async (lease) => {
          if (this.dead) throw new Crash('dead')
          await leases.release(lease)
        },
      },
      ids: {rotation: () => `rot${String(this.now).slice(-6)}${++ids}`},
      on: (progress) => void this.progress.push(progress),
      ...extra,
    }
  }

  /** A journal write can be where the process dies; its answer is never lost otherwise. */
  async append(write: () => Promise<void>): Promise<void> {
    if (this.dead) throw new Crash('dead')
    this.#turn()
    this.calls.push('journal')
    const kind = this.fault.find(({at}) => at === this.calls.length)?.kind
    if (kind === 'crash-before' || kind === 'lost-before') this.#die()
    await write()
    if (kind === 'crash-after' || kind === 'lost-after') this.#die()
  }
}

function lost(name: string, write: boolean): OpsError {
  return write
    ? new OpsError('WRITE_IN_DOUBT', `The answer to ${name} was lost.`)
    : new OpsError('PLATFORM_UNAVAILABLE', `No answer to ${name}.`)
}

/** What the tests ask for, unless they say otherwise. */
export function request(changes: Partial<RotationRequest> = {}): RotationRequest {
  return {
    agent: 'dev-a',
    user: USER,
    workspace: WORKSPACE,
    secretKey: 'GITEA_TOKEN',
    profile: 'engineer',
    scopes: ['read:issue', 'read:repository'],
    repo: 'molecule/core',
    label: 'approved',
    via: 'a2a',
    overlapMs: 0,
    onProofFailure: 'keep',
    approval: 'wait',
    supersede: 'deployed',
    ...changes,
  }
}

/** A mint by hand for that agent. */
export function mintOf(): MintRequest {
  const {agent, user, profile, scopes} = request()
  return {agent, user, profile, scopes, command: `patrol mint ${agent} --output-file new.token --yes`}
}

/** A push by hand for that agent, of a token that suffices unless it says otherwise. */
export function pushOf(world: World, changes: Partial<PushRequest> = {}): PushRequest {
  const {agent, user, profile, scopes, workspace, secretKey: key} = request()
  const value = changes.value ?? world.addToken('pushed by hand', [...scopes]).value
  return {agent, user, profile, scopes, workspace, key, approval: 'wait', ...changes, value}
}

/** A store in memory whose leases treat every earlier holder as a dead process. */
export async function storeInMemory(): Promise<Store> {
  return openStore(':memory:', {owner: thisProcess(() => false)})
}
