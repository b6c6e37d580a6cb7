import type {PlannedCall, RotationDeps} from '../rotation/index.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {SmokeReport} from '../smoke/types.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {Room, OnboardingTerms} from './events.ts'
import type {Accounts, OnboardingJournal, TokenShelf, WorkspaceMaker} from './ports.ts'

/** What an operator asks for. */
export type OnboardingRequest = Omit<OnboardingTerms, 'onboarding'>

/** Everything an onboarding needs: what a rotation needs, and where users and workspaces are made. */
export interface OnboardingDeps extends RotationDeps {
  accounts: Accounts
  maker: WorkspaceMaker
  onboardings: OnboardingJournal
  /** Where the operator wants the workspace's own token kept; without it none is kept. */
  shelf?: TokenShelf
}

/** An agent that works already: on which token, and the proof. */
export interface Working {
  token: TokenRef
  /** What it has, by Gitea's list. */
  scopes: readonly Scope[]
  /** What it reaches, where the server can confine tokens and tells it. */
  reach: RepositoryReach | undefined
  updatedAt: string
  proof: SmokeReport
}

/** What an onboarding would do; nothing was written to find out. */
export interface OnboardingPlan {
  request: OnboardingRequest
  agent: string
  user: string
  workspace: {name: string; id: string | null}
  /** Ids of the user's tokens when it was made: those announce nobody. */
  beside: number[]
  /** An earlier run that did not come to its end, and what it left. */
  begun: {id: string; state: string} | null
  calls: PlannedCall[]
  /** Set where the agent was asked and proved itself: nothing more is to be done about its token. */
  working: Working | undefined
  /** The agent was asked just now, whatever came of it. */
  asked: boolean
  /** Whether anything is to be written. */
  changes: boolean
  warnings: string[]
}

/** What became of the workspace's own token. */
export interface WorkspaceTokenResult {
  /** `good`, `dead`: the one that came with the workspace, tried and not kept; `unknown`: none was at hand. */
  state: 'kept' | 'good' | 'dead' | 'unknown'
  place: string | null
}

/** How an onboarding ended. */
export interface OnboardingResult {
  /** Of the journal's record; null where nothing was to be done. */
  id: string | null
  agent: string
  user: string
  workspace: Room
  outcome: 'onboarded' | 'unchanged'
  /** The token that the agent proved to run on. */
  token: TokenRef | null
  proof: SmokeReport | undefined
  workspaceToken: WorkspaceTokenResult
  warnings: string[]
}

/** The workspace's own token as the create answered it; it dies with the process. */
export interface Inline {
  workspace: string
  /** Undefined where none came with it. */
  token: Secret | undefined
}
