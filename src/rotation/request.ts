import type {Secret} from '../secret.ts'
import type {Reach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {SmokeReport, SwarmVia} from '../smoke/types.ts'
import type {Superseded, TokenRef, Waivers} from './events.ts'
import type {
  Clock,
  Fleet,
  Ids,
  Journal,
  Leases,
  Ledger,
  Platform,
  Prober,
  Repos,
  Smoke,
  TokenAdmin,
  Workspace,
} from './ports.ts'
import type {Holder} from './holders.ts'
import type {PhaseName} from './state.ts'

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
  repositories?: Reach | undefined
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

/** How long things may take, in milliseconds. */
export interface Timing {
  /** How long an automatic restart may take to show after a push. */
  autoRestartWaitMs: number
  /** How long a new process may take to come online. */
  restartTimeoutMs: number
  /** How long a restart whose answer was lost may take to show. */
  lostRestartWaitMs: number
  /** How long to wait for an approval before parking. */
  approvalWaitMs: number
  /** How long an old process may look online after a restart before it counts as stale. */
  staleAfterMs: number
  /** How long a workspace may stay `failed` after a restart before nothing else is expected of it. */
  failedAfterMs: number
  /** Between two listings when a mint's answer was lost. */
  settleWaitMs: number
  pollFastMs: number
  pollSlowMs: number
  leaseTtlMs: number
}

/** The timing used where nothing else is said. */
export const TIMING: Readonly<Timing> = {
  autoRestartWaitMs: 15_000,
  restartTimeoutMs: 15 * 60_000,
  lostRestartWaitMs: 150_000,
  approvalWaitMs: 30 * 60_000,
  staleAfterMs: 180_000,
  // Another start that waited its turn shows at once; a process that outlived a failed one sends a heartbeat in 30 s.
  failedAfterMs: 60_000,
  settleWaitMs: 2_000,
  pollFastMs: 250,
  pollSlowMs: 5_000,
  leaseTtlMs: 10 * 60_000,
}

export function timingOf(deps: Pick<ActDeps, 'timing'>): Timing {
  return {...TIMING, ...deps.timing}
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
  | 'revoke'
  | 'discard'
  | 'rollback'
  | 'account'
  | 'join'
  | 'create'
  | 'online'
  | 'keep'

/** What a listener hears while a rotation runs. Never holds a value. */
export type Progress =
  | {kind: 'phase'; rotation: string; agent: string; phase: PhaseName; at: number}
  | {kind: 'act'; rotation: string | undefined; act: ActName; state: 'started' | 'done'; detail: string; at: number}
  | {kind: 'waiting'; rotation: string | undefined; act: ActName; detail: string; at: number}
  | {kind: 'warning'; rotation: string | undefined; message: string; at: number}

export type Listener = (progress: Progress) => void

/** What the platform acts need. */
export interface ActDeps {
  platform: Platform
  clock: Clock
  on?: Listener
  signal?: AbortSignal
  timing?: Partial<Timing>
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
  superseded: Superseded[]
  /** Others that may run on a superseded token; each has to show another one before it is revoked. */
  holders: Holder[]
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
  phase: PhaseName
  /** The token that serves now; null when the rotation changed nothing. */
  candidate: TokenRef | null
  superseded: Superseded[]
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
