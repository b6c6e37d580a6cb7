import type {Waivers} from '../rotation/index.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {SwarmVia} from '../smoke/types.ts'
import {MINTING_ROLES, type MintingFact} from '../story/minting.ts'
import type {Role} from '../story/run.ts'
import type {TokenRef} from '../story/tokens.ts'

/** One way into a repository: directly, or by a team of its organisation. */
export type Membership =
  | {kind: 'collaborator'; repo: string; permission: 'read' | 'write' | 'admin'}
  | {kind: 'team'; organisation: string; team: string}

/** How a workspace is made; what is left out is the platform's own default. */
export interface WorkspaceSpec {
  runtime?: string
  template?: string
  tier?: number
  model?: string
  role?: string
  /** UUID of the workspace above it. */
  parent?: string
}

/** What was decided before the first write. A later run renews what the proof looks at, and the rest only while no token
 * of this onboarding is alive. */
export interface OnboardingTerms {
  onboarding: string
  agent: string
  user: string
  account: {email: string; visibility: 'public' | 'limited' | 'private' | undefined; restricted: boolean | undefined}
  memberships: Membership[]
  /** Exact name or UUID, as the inventory has it; only a name can be created. */
  workspace: string
  spec: WorkspaceSpec
  secretKey: string
  profile: string
  scopes: Scope[]
  /** What the profile says of the repositories of its tokens; undefined: nothing. */
  repositories?: RepositoryReach | undefined
  /** `owner/name`, the repository that the proof looks at. */
  repo: string
  label: string
  via: SwarmVia
  approval: 'wait' | 'park'
  waive: Waivers
}

export interface Room {
  id: string
  name: string
  /** Its process runs outside the platform; undefined of one that we made, and in journals of earlier versions. */
  external?: boolean
}

/**
 * One journalled fact. Intents are written before their act, results after it. No fact holds a value: not the user's
 * password, not the Gitea token, not the workspace's token.
 */
export type OnboardingFact =
  | MintingFact
  | {type: 'planned'; terms: OnboardingTerms}
  | {type: 'replanned'; terms: OnboardingTerms}
  | {type: 'user_found'; id: number; login: string}
  | {type: 'user_intended'; login: string}
  | {type: 'user_created'; id: number; login: string}
  | {type: 'user_refused'; code: string}
  /** The answer was lost, and a look told: the user is there, or null. */
  | {type: 'user_settled'; id: number | null}
  /** `index` counts the terms' memberships from 0. `had`: what was there already. */
  | {type: 'member_found'; index: number; had: string}
  | {type: 'join_intended'; index: number}
  | {type: 'joined'; index: number}
  | {type: 'join_refused'; index: number; code: string}
  /** The platform has no workspace of the name: one is to be created. */
  | {type: 'workspace_absent'}
  /** There is one that this onboarding did not create. */
  | {type: 'workspace_found'; workspace: Room}
  /** No workspace bore the name just before. */
  | {type: 'create_intended'; name: string}
  | {type: 'created'; workspace: Room}
  | {type: 'create_refused'; code: string}
  /** The answer was lost, and looks by name told. `stored`: the secret is there. */
  | {type: 'create_settled'; workspace: Room | null; stored: boolean}
  | {type: 'online'; updatedAt: string | null}
  | {type: 'proof_failed'; reasons: string[]}
  /** Somebody wrote the secret since, or the agent was given another token meanwhile. */
  | {type: 'overtaken'}
  /** The agent works on a token of its user that is there already. */
  | {type: 'works'; token: TokenRef; updatedAt: string | null}
  /** What is left is a rotation's work: token, push, restart and proof in a workspace that exists. */
  | {type: 'rotation_intended'; rotation: string}
  | {type: 'rotation_ended'; proven: boolean}
  | {type: 'proven'; lastEight: string}
  /** Another run that gives this agent a token had announced itself first, by this one. */
  | {type: 'yielded'; to: TokenRef}
  /** A person ends it; these tokens (ids) stay, since a workspace may hold them. */
  | {type: 'abort_requested'; keep: number[]}
  /** A token of the workspace's own is about to be minted; `known` are the rows there were. */
  | {type: 'access_intended'; known: string[]}
  | {type: 'access_minted'; prefix: string}
  /** It is kept where the operator wanted it, or revoked. `left`: rows that may be ours, but nobody can tell. */
  | {type: 'access_settled'; left: string[]}
  | {type: 'completed'}
  /** Ended without an agent that works; nothing of ours is left to be deleted. */
  | {type: 'closed'}

/** Which facts announce a write: before each of them the lease is renewed. */
export const ROLES: Readonly<Record<OnboardingFact['type'], Role>> = {
  ...MINTING_ROLES,
  planned: 'result',
  replanned: 'result',
  user_found: 'result',
  user_intended: 'intent',
  user_created: 'result',
  user_refused: 'result',
  user_settled: 'result',
  member_found: 'result',
  join_intended: 'intent',
  joined: 'result',
  join_refused: 'result',
  workspace_absent: 'result',
  workspace_found: 'result',
  create_intended: 'intent',
  created: 'result',
  create_refused: 'result',
  create_settled: 'result',
  online: 'result',
  proof_failed: 'result',
  overtaken: 'result',
  works: 'result',
  rotation_intended: 'intent',
  rotation_ended: 'result',
  proven: 'result',
  yielded: 'result',
  abort_requested: 'result',
  access_intended: 'intent',
  access_minted: 'result',
  access_settled: 'result',
  completed: 'result',
  closed: 'result',
}

/** A fact and when it was written, in ms since the epoch by this machine's clock. */
export type OnboardingEvent = OnboardingFact & {at: number}
