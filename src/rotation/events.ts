import type {Scope} from '../scopes/vocabulary.ts'
import type {SwarmVia} from '../smoke/types.ts'
import {MINTING_ROLES, type MintingFact} from '../story/minting.ts'
import type {Role} from '../story/run.ts'
import type {TokenRef} from '../story/tokens.ts'

/** Guards that an operator may waive, each by its own flag. */
export interface Waivers {
  /** The server tells no `kind` (`--allow-unknown-kind`). */
  unknownKind?: boolean
  /** The agent has tasks in flight, which a restart destroys (`--allow-active-tasks`). */
  activeTasks?: boolean
  /** The profile asks for `write:user`, `write:admin`, `sudo` or `all` (`--allow-dangerous-scopes`). */
  dangerousScopes?: boolean
  /** Tokens that another machine minted for the agent exist (`--allow-foreign-rotation`). */
  foreignRotation?: boolean
  /** Whether others run on the old token could not be told (`--allow-unproven-holders`). */
  unprovenHolders?: boolean
  /** The Gitea user is a site administrator (`--allow-site-admin`). */
  siteAdmin?: boolean
}

/** A token that a rotation replaces. `deadline` (ms since the epoch) is set once, when it is first superseded. */
export interface Superseded extends TokenRef {
  /**
   * What it is confined to, where nobody knew which of several that differ the agent runs on: the new one is to have the
   * same as the one that turns out to be it.
   */
  keeps?: 'all' | string[]
  deadline?: number
  revoked?: boolean
}

/** Where the workspace stood before a write that may restart it: what a new process is told apart by. */
export interface ProcessBaseline {
  status: string
  uptimeSeconds: number
  /** The platform's clock, ms since the epoch. */
  serverTime: number
  /** Newest event before the write; null when there was none, undefined when events can't be read. */
  lastEvent?: string | null
}

/** What was decided before the first write, fixed for the rotation's whole life. */
export interface RotationTerms {
  rotation: string
  agent: string
  /** The Gitea user who owns the tokens. */
  user: string
  workspace: {id: string; name: string; external: boolean}
  secretKey: string
  profile: string
  scopes: Scope[]
  /** What each new token is confined to, by `owner/name`; undefined: nothing was to be said of that. */
  repositories?: string[] | undefined
  /** `owner/name`, the repository that the proof looks at. */
  repo: string
  /** The label that marks approved issues. */
  label: string
  via: SwarmVia
  overlapMs: number
  onProofFailure: 'rollback' | 'keep'
  approval: 'wait' | 'park'
  /** The guards that the operator waived; a resume keeps them. */
  waive: Waivers
}

/** Why a rotation ended without replacing anything. */
export type CloseReason =
  | 'aborted'
  /** By a person, who left all on which the agent may run. */
  | 'both-kept'
  | 'mint-refused'
  | 'candidate-rejected'
  | 'push-refused'
  | 'push-forestalled'
  | 'denied'
  | 'proof-failed'
  | 'yielded'

/**
 * One journalled fact. Intents are written before their act, results after it. Facts hold ids, names and last eights,
 * never a token's value.
 */
export type RotationFact =
  | MintingFact
  | {
      type: 'planned'
      terms: RotationTerms
      superseded: Superseded[]
      deployed: TokenRef | null
      /** `updated_at` of the secret's own row, null where it had none; undefined in journals of before it was kept. */
      stored?: string | null
    }
  /** A workspace token is about to be minted, to read the old value with; `known` are the rows there were. */
  | {type: 'readback_intended'; known: string[]}
  | {type: 'readback_minted'; prefix: string}
  /** The secret held this token's value, which this process has now: the agent runs on it. */
  | {type: 'old_value_read'; token: TokenRef}
  /** Our workspace token is gone. `left`: rows that came since the intent and may be ours, but nobody can tell. */
  | {type: 'readback_settled'; left: string[]}
  | {type: 'push_intended'; token: number; updatedAt: string | null; baseline: ProcessBaseline}
  | {type: 'pushed'; updatedAt: string}
  | {type: 'push_pending'; approval: string; reason: string}
  | {type: 'push_refused'; code: string}
  /** Before anything of ours was sent, the secret was written by somebody who is not to be overwritten. */
  | {type: 'push_forestalled'}
  /** The answer was lost and the row's `updated_at` had not moved: nothing was stored. */
  | {type: 'push_absent'}
  | {type: 'approval_decided'; approval: string; decision: 'approved' | 'denied' | 'withdrawn'}
  | {type: 'restart_observed'}
  | {type: 'restart_intended'}
  | {type: 'restart_accepted'; serverTime: number}
  | {type: 'restart_refused'; code: string}
  /** The answer was lost and the workspace showed whether a restart came of it. */
  | {type: 'restart_settled'; happened: boolean}
  | {type: 'restarted'; evidence: 'events' | 'uptime' | 'operator'}
  | {type: 'proof_failed'; reasons: string[]}
  /** Somebody wrote the secret after our push: what it holds is unknown. */
  | {type: 'push_overwritten'}
  /** The candidate died before it was proven: deleted (null), or its row was given another value. */
  | {type: 'candidate_lost'; seen: TokenRef | null}
  /** `build`: what the platform was built from, where it might have withheld the secret. */
  | {type: 'proven'; lastEight: string; build?: string}
  | {type: 'rollback_started'; token: TokenRef}
  /** The old value is gone and was not stored back: the rotation stands where the proof failed. */
  | {type: 'rollback_dropped'}
  | {type: 'rollback_proven'; lastEight: string}
  | {type: 'revoke_intended'; token: number}
  | {type: 'revoked'; token: number}
  /** Somebody runs on the token whose deletion was begun: it waits, and others may go before it. */
  | {type: 'revoke_held'; token: number}
  | {type: 'abort_requested'}
  /**
   * A person ended a rotation that had reached the workspace: these tokens survive, the others go. `unseen`: ids of those that
   * were not listed then, so that nobody had to be asked about them; undefined in journals of before it was kept.
   */
  | {type: 'decided'; keep: 'new' | 'old' | 'both'; unseen?: number[]}
  /** One of these is listed when it is to be deleted: somebody may run on it, and the way is forward again. */
  | {type: 'revived'; token: number}
  /** The old token turned out to be dead while it was being put back: the way is forward again. */
  | {type: 'rollback_lost'}
  /** Another rotation of this agent had announced itself first, by this token. */
  | {type: 'yielded'; to: TokenRef}
  /** Tokens that other rotations minted after ours: they give way to us. */
  | {type: 'outbid'; tokens: TokenRef[]}
  /** After the proof another rotation put its token in place of ours; none of ours is alive. */
  | {type: 'overtaken'; by: TokenRef}
  | {type: 'closed'}
  | {type: 'completed'; oldValue: 'dead' | 'not-at-hand'}

/** Which facts announce a write: before each of them the lease is renewed. */
export const ROLES: Readonly<Record<RotationFact['type'], Role>> = {
  ...MINTING_ROLES,
  planned: 'result',
  readback_intended: 'intent',
  readback_minted: 'result',
  old_value_read: 'result',
  readback_settled: 'result',
  push_intended: 'intent',
  pushed: 'result',
  push_pending: 'result',
  push_refused: 'result',
  push_forestalled: 'result',
  push_absent: 'result',
  approval_decided: 'result',
  restart_observed: 'result',
  restart_intended: 'intent',
  restart_accepted: 'result',
  restart_refused: 'result',
  restart_settled: 'result',
  restarted: 'result',
  proof_failed: 'result',
  push_overwritten: 'result',
  candidate_lost: 'result',
  proven: 'result',
  rollback_started: 'result',
  rollback_dropped: 'result',
  rollback_proven: 'result',
  revoke_intended: 'intent',
  revoked: 'result',
  revoke_held: 'result',
  abort_requested: 'result',
  decided: 'result',
  revived: 'result',
  rollback_lost: 'result',
  yielded: 'result',
  outbid: 'result',
  overtaken: 'result',
  closed: 'result',
  completed: 'result',
}

/** A fact and when it was written, in ms since the epoch by this machine's clock. */
export type RotationEvent = RotationFact & {at: number}
