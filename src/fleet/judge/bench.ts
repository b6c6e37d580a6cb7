import type {Acceptances} from '../baseline.ts'
import type {TokenRunner} from '../fixes.ts'

/** What judging needs besides the facts. */
export interface Bench {
  /** ms since the epoch. */
  now: number
  unusedMs: number
  accepted: Acceptances
  /** The names of all agents of the inventory, audited or not. */
  entries: readonly string[]
  /** The agents whose deployed token ends so, as far as is known. */
  runsOn: (lastEight: string) => readonly TokenRunner[]
  /** Names of the other agents on the same token. */
  sharedWith: readonly string[]
  /** Which credentials of ours were rejected. */
  rejected: {admin: boolean; platform: boolean}
  /** Whose credential mints. */
  adminUser: string | undefined
  /** The id of the workspace in which patrol runs. */
  ownWorkspace: string | undefined
  /** Whether an onboarding of this agent has to be finished before anything else. */
  onboarding: (agent: string) => boolean
}
