import type {Scope} from '../scopes/vocabulary.ts'
import type {Timing} from './timing.ts'
import type {TokenRef} from './tokens.ts'

/** One row of an index of stories: of the rotations', or the onboardings'. */
export interface StorySummary {
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
  /** The earliest unrevoked superseded token's deadline, ms since the epoch; undefined of a story that supersedes none. */
  dueAt: number | undefined
  /** How many events its journal holds. */
  events: number
}

/** One line to append, with what it changes in the index and the ledger. */
export interface StoryEntry<Fact> {
  /** Of the story. */
  id: string
  /** 0 for the first. */
  seq: number
  event: Fact & {at: number}
  summary: StorySummary
  ledger: readonly LedgerChange[]
  /** The lease under which it is written; a newer fence makes the append fail. */
  lease: Lease
}

/** The append-only record of one kind of story. Throws `STORE_*`, `JOURNAL_CONFLICT`, `LEASE_LOST`. */
export interface StoryJournal<Fact> {
  /** All or nothing; durable when it returns. */
  append(entry: StoryEntry<Fact>): Promise<void>
  /** Oldest first; empty when there is no such story. */
  read(id: string): Promise<(Fact & {at: number})[]>
  /** Newest first. */
  list(filter?: {agent?: string; open?: boolean; limit?: number}): Promise<StorySummary[]>
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

/**
 * A workspace to which a token was sent, in which an agent said that it holds it, or in which it was taken to be in use
 * (`found`): a process may run on it there, whoever has moved away since, and whatever became of the story that says so.
 */
export interface Placement {
  /** For whom. */
  agent: string
  user: string
  /**
   * Without an id where the workspace was to be made and nobody saw it. `external`: its process runs outside the platform, and
   * goes on when the workspace is deleted.
   */
  workspace: {id: string | undefined; name: string; external?: boolean}
  secretKey: string
  /** Without an id where it was pushed by hand, for a value tells its end alone. */
  token: {id: number | undefined; lastEight: string}
  how: 'found' | 'heard' | 'pushed' | 'created' | 'by-hand'
  /** Undefined where it was none that says so. */
  rotation: string | undefined
  at: number
}

/** A placement, of whichever site of this machine; where that is not ours, told as of a `Proof`. */
export type PlacementAnywhere = Placement & Pick<Proof, 'elsewhere' | 'gitea'>

/** One change to the ledger, written in the same transaction as the event that caused it. */
export type LedgerChange =
  | {kind: 'minted'; user: string; token: TokenRef; scopes: Scope[]; rotation?: string | undefined; at: number}
  | {kind: 'superseded'; user: string; token: TokenRef; deadline: number; at: number}
  | {kind: 'revoked'; user: string; token: number; at: number}
  | {kind: 'deployed'; deployment: Deployment}
  | {kind: 'placed'; placement: Placement}
  | {kind: 'announced'; announcement: Announcement}
  | {kind: 'settled'; user: string; name: string}

/** What we know about tokens over time. Throws `STORE_*`. */
export interface Ledger {
  /** Of a user; of the `listed` ones also what was recorded under a login that he had before. */
  tokens(user: string, listed?: readonly TokenRef[]): Promise<LedgerToken[]>
  /**
   * The latest proof, of its own room where that is said: there one of which the room is not on record will do too, and of
   * this user one of whatever agent's name, which patrol.yaml may have had for the same agent.
   */
  deployed(agent: string, workspace?: string, user?: string): Promise<Deployment | undefined>
  /** Who, of whatever inventory, platform and address of Gitea, was last proven on one of these in its room. */
  provenOn(tokens: readonly Pick<TokenRef, 'id' | 'lastEight'>[]): Promise<Proof[]>
  /** Where these may be in use, by whatever site of this machine; those that were sent there first. */
  placesOf(tokens: readonly Pick<TokenRef, 'id' | 'lastEight'>[]): Promise<PlacementAnywhere[]>
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

/** Time as a story sees it. */
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

/** What an act is called in progress and plans. */
export type ActName =
  | 'guard'
  | 'mint'
  | 'probe'
  | 'push'
  | 'approval'
  | 'restart'
  | 'smoke'
  | 'ask'
  | 'revoke'
  | 'discard'
  | 'rollback'
  | 'account'
  | 'join'
  | 'create'
  | 'online'
  | 'keep'

/** What a listener hears while a story runs. Never holds a value. `story`: its id; undefined of an onboarding, and by hand. */
export type StoryProgress =
  | {kind: 'phase'; story: string; agent: string; phase: string; at: number}
  | {kind: 'act'; story: string | undefined; act: ActName; state: 'started' | 'done'; detail: string; at: number}
  | {kind: 'waiting'; story: string | undefined; act: ActName; detail: string; at: number}
  | {kind: 'warning'; story: string | undefined; message: string; at: number}

export type Listener = (progress: StoryProgress) => void

/** What whatever waits, and tells of it, needs. */
export interface RunDeps {
  clock: Clock
  on?: Listener
  signal?: AbortSignal
  timing?: Partial<Timing>
}
