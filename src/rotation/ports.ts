import type {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import type {RepositoryReach, ToldReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {ProbeOptions} from '../probe/probe.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {SmokeReport, SwarmVia} from '../smoke/types.ts'
import type {StoryJournal} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {RotationFact} from './events.ts'
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
export type MintedToken = {row: TokenRow; value: Secret} | {unconfirmed: TokenRef; trouble: OpsError}

/** What stands behind a name, as far as minting goes: Gitea mints for any of them without a word. */
export interface AccountKind {
  organisation: boolean
  isAdmin: boolean
  active: boolean
  prohibitLogin: boolean
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
  mint(user: string, name: string, scopes: readonly Scope[], repositories?: readonly string[]): Promise<MintedToken>
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
  /** `NaN` where it is not told: neither younger nor older than any other. */
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
  /** What it can be asked about, and which secret holds its token. */
  about?: {repo: string | undefined; label: string; secretKey: string}
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
  confinedTo?: RepositoryReach | undefined
  /** Last eights of the tokens that it should hold no longer. */
  superseded: readonly string[]
  /** The values of those of them that are at hand. */
  oldValues?: readonly Secret[] | undefined
  /** Last eights of its user's other live tokens: what else the agent names is not shown. */
  others?: readonly string[] | undefined
  /** Those of them that were minted after the expected one, or are left without it, and that nothing on record replaces. */
  newer?: readonly string[] | undefined
  /** The list of its user's tokens was read, and the expected one is not in it. */
  expectedIsGone?: boolean | undefined
  /** When its secret was written that held the expected one at its last proof there, where that is on record. */
  storedAsProven?: string | undefined
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

/** The append-only record of rotations. */
export type Journal = StoryJournal<RotationFact>
