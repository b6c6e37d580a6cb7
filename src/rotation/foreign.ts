import {usedSince} from './gate.ts'
import {mintedElsewhere, type OwnMint} from './names.ts'
import type {TokenRow} from './ports.ts'

/** What the agent runs on as far as anybody knows; `since`: when it was proven on that, where that still holds. */
export interface KnownDeployed {
  lastEight?: string | undefined
  since?: number | undefined
}

/**
 * Tokens named for this agent that are neither on record here nor the deployed one: a run of another machine may be under
 * way, or an agent of that name elsewhere runs on one. Somebody surely works with those that were `used` since ours was
 * proven on another.
 */
export function foreignTo(
  agent: string,
  rows: readonly TokenRow[],
  known: readonly OwnMint[],
  deployed: KnownDeployed,
): {foreign: TokenRow[]; used: TokenRow[]} {
  const foreign = mintedElsewhere(agent, rows, known).filter(({lastEight}) => lastEight !== deployed.lastEight)
  return {foreign, used: foreign.filter((row) => usedSince(row, deployed.since))}
}
