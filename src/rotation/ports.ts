import type {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import type {Reach, ToldReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {ProbeOptions} from '../probe/probe.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {SmokeReport, SwarmVia} from '../smoke/types.ts'
import type {RotationEvent, TokenRef} from './events.ts'
import type {Warrant} from './gate.ts'

/** One token as Gitea lists it: everything but its value. */
export interface TokenRow {
  id: number
  name: string
  scopes: Scope[]
  /** Names that are stored for it besides and that no Gitea has: one that does not know them refuses all that is gated. */
  strange?: string[]
  /** What it is confined to; undefined where the server has no such field, as all before Forgejo 15 and every Gitea. */
  repositories?: ToldReach
  lastEight: string
  /** RFC 3339; Gitea 1.24 and newer. */
  createdAt?: string
  /** RFC 3339; Gitea 1.24 and newer. */
  lastUsedAt?: string
}

/**
 * A fresh token. `unconfirmed`: Gitea minted it, but its row could not be read, or is not what was asked for; it has to
 * go again, for its value is of no use.
 */
export type Minted = {row: TokenRow; value: Secret} | {unconfirmed: TokenRef; trouble: OpsError}

/** What stands behind a name, as far as minting goes: Gitea mints for any of them without a word. */
export interface AccountKind {
  organisation: boolean
  isAdmin: boolean
}

/**
 * An administrator's hold on users' tokens. Every method throws `OpsError`; a write whose answer was lost throws one
 * of category `incomplete` (code `WRITE_IN_DOUBT`), after which the caller lists before it acts again.
 */
export interface TokenAdmin {
  /** The user whose credential this is: rotating that one's token is refused. */
  readonly adminUser: string
  /** Undefined where there is none of this name. Throws `GITEA_USER_RENAMED` where it leads to another by now. */
  account(user: string): Promise<AccountKind | undefined>
  /** Throws `GITEA_USER_UNKNOWN` where Gitea shows no such user either, and `GITEA_USER_RENAMED`. */
  list(user: string): Promise<TokenRow[]>
  /**
   * Mints, then lists and compares what is stored with what was asked for. A server that can't confine tokens ignores
   * `repositories`; the row then tells no reach. Where it tells one in a form that nobody knows, it is not compared.
   */
  mint(user: string, name: string, scopes: readonly Scope[], repositories?: readonly string[]): Promise<Minted>
  /** Deletes by id what the gate lets go; `absent` when the server no longer has it. */
  remove(warrant: Warrant): Promise<'removed' | 'absent'>
  /** The scopes that this credential has and can hand out, where the server tells; undefined: no limit, or not told. */
  grantable(): Promise<readonly Scope[] | undefined>
  /** Whether tokens can be confined to repositories here, by the server's version; undefined where that does not tell. */
  confines(): Promise<boolean | undefined>
}

/** Repositories, as the administrator reads them. */
export interface Repos {
  /** Whether the filter of its issue lists knows this label. Throws `OpsError`. */
  hasLabel(repo: string, label: string): Promise<boolean>
}

/** Asks Gitea what a token can do; never changes anything. */
export interface Prober {
  probe(value: Secret, options?: Pick<ProbeOptions, 'repo' | 'reachOf'>): Promise<ProbeReport>
  /** `GET /version` with the token: one request. */
  liveness(value: Secret): Promise<ProbeReport['liveness']>
}

/** What the platform says of one workspace. Fields that a release does not have are undefined, never guessed. */
export interface Workspace {
  id: string
  name: string
  status: string
  runtime: string
  /** Absent on april and june02: unknown, not `workspace`. */
  kind: string | undefined
  parentId: string | undefined
  activeTasks: number
  uptimeSeconds: number
  url: string
  /** Only in the admin list. */
  lastSampleError: string | undefined
  /** Server's clock at the time of the answer (Date header), in ms since the epoch. */
  serverTime: number
}

/** The listed row of one secret; the value is never read. */
export interface SecretRow {
  key: string
  scope: 'workspace' | 'global'
  updatedAt: string
}

/** A live token of a workspace, as the platform lists it. */
export interface WorkspaceToken {
  id: string
  /** Its first eight characters. */
  prefix: string
  /** Whether anybody has authenticated with it yet. */
  used: boolean
}

/** What became of a secret write. On aug14 the same call can answer all three. */
export type PutOutcome =
  | {kind: 'saved'}
  | {kind: 'pending'; approvalId: string; reason: string}
  | {kind: 'refused'; code: string; reason: string}

/** What became of a restart request. */
export type RestartOutcome = {kind: 'accepted'; serverTime: number} | {kind: 'noop'; runtime: string; message: string}

/** One entry of a workspace's event list. */
export interface WorkspaceEvent {
  id: string
  type: string
  createdAt: string
  payload: Record<string, unknown>
}

/** The platform as a rotation needs it. Errors as `TokenAdmin`: a lost answer to a write is `WRITE_IN_DOUBT`. */
export interface Platform {
  /** What the server was built from; undefined on releases that do not tell, as april; empty: not known. */
  build(): Promise<string | undefined>
  /** Whether it may keep a workspace's own credentials for code hosts from its processes, whatever is stored. */
  mayWithhold(): Promise<boolean>
  /** A workspace by lower-cased UUID or by its one exact name; throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_AMBIGUOUS`. */
  resolve(ref: string): Promise<Workspace>
  /** All workspaces that are not removed. */
  list(): Promise<Workspace[]>
  /** Fresh state by id. With `detail`, also from the admin list (`lastSampleError`). */
  read(id: string, options?: {detail?: boolean}): Promise<Workspace>
  secretRow(id: string, key: string): Promise<SecretRow | undefined>
  /** Whether every workspace without a secret of this key gets a global one. */
  hasGlobalSecret(key: string): Promise<boolean>
  putSecret(id: string, key: string, value: Secret): Promise<PutOutcome>
  approval(id: string, approvalId: string): Promise<'pending' | 'approved' | 'denied' | 'withdrawn' | 'unknown'>
  /** Takes back what was asked for; `decided`: it waits no longer, for a person was faster. */
  withdrawApproval(id: string, approvalId: string): Promise<'withdrawn' | 'decided' | 'absent'>
  restart(id: string): Promise<RestartOutcome>
  /** Newest first, at most 100; undefined where our credential may not read them. */
  events(id: string): Promise<WorkspaceEvent[] | undefined>
  /** `signal`: the end of this call instead of the run's, so that cleaning up goes on after Ctrl-C. */
  workspaceTokens(id: string, options?: {signal?: AbortSignal}): Promise<WorkspaceToken[]>
  mintWorkspaceToken(id: string): Promise<{prefix: string; value: Secret}>
  /** `signal` as in `workspaceTokens`. */
  revokeWorkspaceToken(id: string, token: string, options?: {signal?: AbortSignal}): Promise<'revoked' | 'absent'>
  /** What a secret holds, read with a token of that workspace; undefined where the answer lacks it. */
  secretValue(id: string, key: string, workspaceToken: Secret): Promise<Secret | undefined>
}

/** An agent of the inventory, as far as it may hold the token of another one. */
export interface Neighbour {
  agent: string
  user: string
  /** UUID in lower case, or an exact name. */
  workspace: string
  /** Where its entry says that its token lies, as text that is the same for the same place. */
  reference: string | undefined
  /** Of the token that lies there; undefined where it can't be read without asking somebody. */
  lastEight: string | undefined
}

/** Whom else a token may serve. */
export interface Fleet {
  /** Every agent of the inventory, the rotated one among them. */
  agents(): Promise<readonly Neighbour[]>
  /**
   * Last eight of the token that the agent in a workspace says that it holds, asked now, or `NO_TOKEN`; undefined when it
   * does not say in time. Throws `OpsError`.
   */
  ask(workspaceId: string, errand: {repo: string; label: string; secretKey: string}): Promise<string | undefined>
}

/** What the proof is about. */
export interface SmokeTarget {
  agent: string
  workspaceId: string
  /** `owner/name`. */
  repo: string
  label: string
  secretKey: string
  via: SwarmVia
  /** The agent must answer from the token that ends like this. */
  expectLastEight: string
  /** What that token is confined to, where its row tells. */
  confinedTo?: Reach | undefined
  /** Last eights of the tokens that it should hold no longer. */
  superseded: readonly string[]
  /**
   * The token itself where this process still holds it. After a resume it is gone: the paths `issues` and `pulls` are
   * then judged by the statuses that the agent reports.
   */
  token?: Secret | undefined
}

/** Proves from inside the agent that it works, and with which token. */
export interface Smoke {
  /** `onWait` is told before each pause what is waited for; what it throws ends the proof. */
  prove(
    target: SmokeTarget,
    options?: {signal?: AbortSignal; onWait?: (why: string) => Promise<void>},
  ): Promise<SmokeReport>
}

/** One row of the rotations' index. */
export interface RotationSummary {
  id: string
  agent: string
  user: string
  workspace: string
  phase: string
  /** No act is left to do. */
  closed: boolean
  /** ms since the epoch. */
  startedAt: number
  /** ms since the epoch. */
  updatedAt: number
  /** The earliest unrevoked superseded token's deadline, ms since the epoch. */
  dueAt: number | undefined
  /** How many events its journal holds. */
  events: number
}

/** What the ledger knows of one token. Times in ms since the epoch; values are not known to it. */
export interface LedgerToken extends TokenRef {
  user: string
  scopes: Scope[]
  rotation: string | undefined
  mintedAt: number | undefined
  supersededAt: number | undefined
  /** When its overlap ends; fixed when it is first superseded. */
  deadline: number | undefined
  revokedAt: number | undefined
}

/**
 * A mint that may still come to pass: one by hand, told of before it was sent, whose run was stopped, or one of a rotation
 * or onboarding whose answer was lost and that showed nowhere. Without `handingOver` nobody ever got its value.
 */
export interface Announcement {
  agent: string
  user: string
  /** The token's name, which no other mint has. */
  name: string
  /** When it was announced. */
  at: number
  /** Its value was about to be handed over, and may have been. */
  handingOver: boolean
}

/** Which token an agent was last proven to run on in a workspace. */
export interface Deployment {
  agent: string
  /** The id of the workspace; undefined in records of before it was kept. */
  workspace?: string | undefined
  user: string
  token: number
  lastEight: string
  /** `updated_at` of the secret's row when it was proven; undefined when it could not be read. */
  secretUpdatedAt: string | undefined
  at: number
}

/**
 * A deployment, of whichever site of this machine. `elsewhere`: the platform it is on, where that is not ours; `gitea`: the
 * address of Gitea, where that is not ours, which may be a restored copy that shows the same ids and last eights.
 */
export type Proof = Deployment & {elsewhere: string | undefined; gitea?: string | undefined}

/** One change to the ledger, written in the same transaction as the event that caused it. */
export type LedgerChange =
  | {kind: 'minted'; user: string; token: TokenRef; scopes: Scope[]; rotation?: string; at: number}
  | {kind: 'superseded'; user: string; token: TokenRef; deadline: number; at: number}
  | {kind: 'revoked'; user: string; token: number; at: number}
  | {kind: 'deployed'; deployment: Deployment}
  | {kind: 'announced'; announcement: Announcement}
  | {kind: 'settled'; user: string; name: string}

/** One line to append, with what it changes in the index and the ledger. */
export interface Entry {
  rotation: string
  /** 0 for the first. */
  seq: number
  event: RotationEvent
  summary: RotationSummary
  ledger: readonly LedgerChange[]
  /** The lease under which it is written; a newer fence makes the append fail. */
  lease: Lease
}

/** The append-only record of rotations. Throws `STORE_*`, `JOURNAL_CONFLICT`, `LEASE_LOST`. */
export interface Journal {
  /** All or nothing; durable when it returns. */
  append(entry: Entry): Promise<void>
  /** Oldest first; empty when there is no such rotation. */
  read(rotation: string): Promise<RotationEvent[]>
  /** Newest first. */
  list(filter?: {agent?: string; open?: boolean; limit?: number}): Promise<RotationSummary[]>
}

/** What we know about tokens over time. Throws `STORE_*`. */
export interface Ledger {
  tokens(user: string): Promise<LedgerToken[]>
  /** The latest proof, of its own room where that is said: there one of which the room is not on record will do too. */
  deployed(agent: string, workspace?: string): Promise<Deployment | undefined>
  /** Who, of whatever inventory, platform and address of Gitea, was last proven on one of these in its room. */
  provenOn(tokens: readonly Pick<TokenRef, 'id' | 'lastEight'>[]): Promise<Proof[]>
  /** Mints whose end is not known, oldest first: of one user, or all. */
  announced(user?: string): Promise<Announcement[]>
  /** For acts outside a rotation (`mint`, `revoke`). With a lease only while it is held, else throws `LEASE_LOST`. */
  apply(changes: readonly LedgerChange[], lease?: Lease): Promise<void>
}

/** A time-limited claim. `fence` grows with every new holder. */
export interface Lease {
  name: string
  owner: string
  fence: number
  /** ms since the epoch. */
  expiresAt: number
}

/** Who may act on an agent. Throws `LEASE_HELD`, `LEASE_LOST`, `STORE_*`. */
export interface Leases {
  /** Takes a free, expired or orphaned (its process is gone) lease. */
  acquire(name: string, ttlMs: number, now: number): Promise<Lease>
  /** Throws `LEASE_HELD` where `acquire` would; takes nothing. */
  look(name: string, now: number): Promise<void>
  renew(lease: Lease, ttlMs: number, now: number): Promise<Lease>
  /** Does nothing when the lease is no longer ours. */
  release(lease: Lease): Promise<void>
}

/** Time as a rotation sees it. */
export interface Clock {
  /** ms since the epoch. */
  now(): number
  /** Rejects with the signal's reason once that is aborted, at once where it is already. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Fresh names. */
export interface Ids {
  /** Ten lower-case letters and digits. */
  rotation(): string
}
