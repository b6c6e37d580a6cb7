import type {Acceptances} from '../baseline.ts'

/** What judging needs besides the facts. */
export interface Bench {
  /** ms since the epoch. */
  now: number
  unusedMs: number
  accepted: Acceptances
  /** Names of the agents whose deployed token ends so, as far as is known. */
  runsOn: (lastEight: string) => readonly string[]
  /** Names of the other agents on the same token. */
  sharedWith: readonly string[]
}
