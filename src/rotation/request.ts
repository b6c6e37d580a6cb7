import type {Secret} from '../secret.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {SmokeReport, SwarmVia} from '../smoke/types.ts'
import type {ActName, Ids, Leases, Ledger, RunDeps} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {CloseReason, Superseded, Waivers} from './events.ts'
import type {Fleet, Journal, Platform, Prober, Repos, Smoke, TokenAdmin, Workspace} from './ports.ts'
import type {TokenHolder} from './holders.ts'
import type {RotationPhase} from './state.ts'

/** What an operator asks for. */
export interface RotationRequest {
  agent: string
  /** The Gitea user who owns the agent's tokens. */
  user: string
  /** UUID or exact name. */
  workspace: string
  /** Name of the secret that holds the token, `GITEA_TOKEN`. */
  secretKey: string
  profile: string
  /** The profile's scopes, normalised. */
  scopes: readonly Scope[]
  /** What the profile says of the repositories of its tokens; undefined: as the replaced token's. */
  repositories?: RepositoryReach | undefined
  /** `owner/name`. */
  repo: string
  label: string
  via: SwarmVia
  overlapMs: number
  onProofFailure: 'rollback' | 'keep'
  /** Wait for a human's approval, or stop with `APPROVAL_PENDING` at once (`--no-wait`). */
  approval: 'wait' | 'park'
  /**
   * Which tokens the new one replaces. `deployed`: the one the agent runs on and earlier `patrol.<agent>.*`; ids: those
   * (`--supersede ID`) and earlier `patrol.<agent>.*`; `all`: every other token of the user.
   */
  supersede: 'deployed' | 'all' | readonly number[]
  /** Last eight of the token the agent runs on, where somebody knows (`oldValue` tells it too). */
  deployedLastEight?: string
  /** The value the agent runs on now: makes a rollback possible and lets us see it dead at the end. */
  oldValue?: Secret | undefined
  waive?: Waivers
}

/** What the platform acts need. */
export interface ActDeps extends RunDeps {
  platform: Platform
  /** Id of the workspace that this process runs in, if any. */
  ownWorkspace?: string
}

/** What an act by hand needs: it takes the agent's lease as a rotation does, and looks for who else is in its workspace. */
export interface HandDeps extends ActDeps {
  leases: Leases
  fleet: Fleet
}

/** Everything a rotation needs. `{...openStore(path)}` gives journal, ledger and leases. */
export interface RotationDeps extends ActDeps {
  tokens: TokenAdmin
  prober: Prober
  repos: Repos
  smoke: Smoke
  fleet: Fleet
  journal: Journal
  ledger: Ledger
  leases: Leases
  ids: Ids
}

/** One call that a rotation would make. */
export interface PlannedCall {
  act: ActName | 'read-back'
  method: string
  path: string
  /** What it changes, in one sentence. */
  changes: string
}

/** What a rotation would do; nothing was written to find out. */
export interface RotationPlan {
  agent: string
  user: string
  workspace: Workspace
  scopes: readonly Scope[]
  /** What the new token is to be confined to; undefined: nothing is said of that. */
  repositories: string[] | undefined
  /** The token the agent runs on, where we know. */
  deployed: TokenRef | null
  /** What that token has, as it is listed; null where it is not known which it is. */
  held: readonly Scope[] | null
  superseded: Superseded[]
  /** Others that may run on a superseded token; each has to show another one before it is revoked. */
  holders: TokenHolder[]
  calls: PlannedCall[]
  /** Whether a failed proof can surely be rolled back; reading the old value back may make it possible later. */
  canRollBack: boolean
  warnings: string[]
}

/** How a rotation stands at the end of a run. */
export interface RotationResult {
  id: string
  agent: string
  user: string
  workspace: {id: string; name: string}
  phase: RotationPhase
  /** The new token once it has replaced the old ones; null when nothing was replaced. */
  candidate: TokenRef | null
  /** The old tokens; of one that replaced nothing all that it left alive, and what was revoked before. */
  superseded: Superseded[]
  /** Why it replaced nothing; null where it did, or may yet. */
  reason: CloseReason | null
  /** It had: the agent was on the new token, by a proof or a person's word, until another person's word deleted that. */
  takenBack: boolean
  /** When the next revocation is due, ms since the epoch. */
  dueAt: number | undefined
  proof: SmokeReport | undefined
  warnings: string[]
}

/** What became of revocations that were due, and of mints whose answer was lost. */
export interface DueReport {
  revoked: {rotation: string; agent: string; token: TokenRef}[]
  /** Rotations whose due revocations did not go through, with the reason; they stay due. */
  held: {rotation: string; agent: string; code: string; message: string}[]
  /** What came of lost mints, a sentence each. */
  late: string[]
  /** Whether anything was deleted; `perhaps`: a deletion was sent, and got no answer. */
  wrote: boolean | 'perhaps'
}
