import type {ProbeOptions} from '../probe/probe.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {Announcement, Deployment, LedgerToken, PlacementAnywhere, Proof, StorySummary} from '../story/ports.ts'
import type {Anchor} from './types.ts'

/** One agent of the inventory, with every default filled in. */
export interface FleetAgent {
  name: string
  user: string
  /** UUID in lower case, or an exact name. */
  workspace: string
  profile: string
  scopes: readonly Scope[]
  /** What its profile says of the repositories of its tokens. */
  repositories?: RepositoryReach | undefined
  /** How old its token may get, in ms. */
  maxAgeMs: number | undefined
  /** `owner/name` in which it finds its work. */
  repo: string | undefined
  /** Whether patrol is told where to find its token. */
  hasReference: boolean
  anchor: Anchor | undefined
}

/** The whole fleet as patrol.yaml tells it: no two agents share a name, a user or a workspace. */
export interface Inventory {
  /** The path of patrol.yaml. */
  file: string
  agents: readonly FleetAgent[]
}

/** A Gitea user as the administrator sees one. */
export interface ListedUser {
  login: string
  isAdmin: boolean
  active: boolean
  prohibitLogin: boolean
  /** The name is that of an organisation; the directory of users never tells that. */
  organisation?: boolean
}

/** Gitea as the administrator may read it. All methods throw `OpsError`. */
export interface ListingPort {
  /** All tokens of a user. */
  tokens(user: string): Promise<TokenRow[]>
  /** A user or an organisation; undefined when there is neither. Throws for a user who was called so once and is not now. */
  user(login: string): Promise<ListedUser | undefined>
  /** Every user of the server, without organisations. */
  users(): Promise<ListedUser[]>
  /** Whether there is a repository; of each the server is asked once. */
  hasRepository?(repo: string): Promise<boolean>
}

/** A workspace as the platform lists it. */
export interface FleetWorkspace {
  id: string
  name: string
  status: string
  kind: string | undefined
  /** Undefined where nothing tells. */
  runtime?: string | undefined
  lastSampleError: string | undefined
  parentId?: string | undefined
}

/** Where an agent is asked; `external`: its process runs outside the platform. */
export interface AskedWorkspace extends Pick<FleetWorkspace, 'id' | 'name'> {
  external: boolean
}

/** The platform, for reading. All methods throw `OpsError`. */
export interface PlatformReader {
  url: string
  /** What is known of the release, for the head of the report; undefined when nothing tells. */
  release(): Promise<string | undefined>
  /** All workspaces that are not removed. */
  workspaces(): Promise<FleetWorkspace[]>
  /** When the secret that holds the token was last written (RFC 3339); undefined when there is no such secret. */
  secretUpdatedAt(workspaceId: string): Promise<string | undefined>
  /** Whether its process surely began after that, and so runs on what its next start brings; true where there is none. */
  startedSince(workspaceId: string): Promise<boolean>
}

/** What patrol itself recorded, for reading. */
export interface LedgerReader {
  /** As the ledger's. */
  tokens(user: string, listed?: readonly TokenRow[]): Promise<LedgerToken[]>
  /** Mints by hand whose end is not on record. */
  announced(user: string): Promise<Announcement[]>
  /** In this workspace, where that is said, and there as this user under whatever name. */
  deployed(agent: string, workspace?: string, user?: string): Promise<Deployment | undefined>
  /** Who was last proven on one of these in its room, whatever the inventory and the platform. */
  provenOn(tokens: readonly Pick<TokenRow, 'id' | 'lastEight'>[]): Promise<Proof[]>
  /** Where these may be in use, by whatever site of this machine. */
  placesOf(tokens: readonly Pick<TokenRow, 'id' | 'lastEight'>[]): Promise<PlacementAnywhere[]>
  /** Newest first. */
  rotations(): Promise<StorySummary[]>
  /** What rotations left that are over, and no other one is to revoke. */
  abandoned(): Promise<readonly Pick<TokenRow, 'id' | 'lastEight'>[]>
  /** The agents whose onboarding has to be finished before they may be rotated. */
  beingOnboarded(): Promise<string[]>
}

/** Everything that an audit may touch. No method of it can change anything on a server. */
export interface AuditPorts {
  gitea: {
    url: string
    /** What the server calls itself; undefined where it does not tell. Throws `OpsError`. */
    version(): Promise<string | undefined>
  }
  /** Without it nothing is listed. */
  listing?: ListingPort | undefined
  /** The login whose credential mints, where one is configured. */
  adminUser?: string | undefined
  /** The id of the workspace in which patrol runs, where it is in one. */
  ownWorkspace?: string | undefined
  /** Without it no token is probed. */
  probe?: ((value: Secret, options: ProbeOptions) => Promise<ProbeReport>) | undefined
  platform?: PlatformReader | undefined
  ledger?: LedgerReader | undefined
  /** The value behind an agent's reference; undefined without one. Throws `OpsError`. */
  tokenOf(agent: FleetAgent): Promise<Secret | undefined>
  /**
   * The last eight that the agent itself reports (`--ask-agents`); undefined when it gives none. Throws `OpsError`.
   * Without it nobody is asked.
   */
  askAgent?: ((agent: FleetAgent, workspace: AskedWorkspace) => Promise<string | undefined>) | undefined
  /** Requests made so far, on all servers. */
  requests(): number
  /** ms since the epoch. */
  now(): number
}
