import {isByHand, mintedFor} from './names.ts'
import type {TokenRow} from './ports.ts'

/** One run that replaces an agent's token, and what it knew of when it was planned. */
export interface Claimant {
  agent: string
  /** Its id, the last part of the names of its tokens. */
  run: string
  /** Ids of tokens that its plan decided upon: they announce nobody. */
  settled: ReadonlySet<number>
}

/**
 * Whose turn it is. `alone`: nobody else mints for this agent. `ours`: others do, and they give way to us. `theirs`:
 * another run announced itself first, by `to`, and we give way.
 */
export type Claim = {is: 'alone'} | {is: 'ours'; over: TokenRow[]} | {is: 'theirs'; to: TokenRow}

/**
 * The names of tokens in Gitea are the only lock that machines without a common store share. A run announces itself by
 * the name of the token that it mints, and looks again before that token goes anywhere: whoever has the lowest id goes
 * on. Gitea counts ids up, whatever the machines' clocks say, so of two that look after their own mint at least the
 * later one sees the other, and both compute the same. What was minted by hand claims nothing.
 */
export function claimOf(rows: readonly TokenRow[], {agent, run, settled}: Claimant): Claim {
  const named = rows.flatMap((row) => {
    const by = mintedFor(agent, row.name)?.rotation
    return by === undefined || isByHand(by) ? [] : [{row, by}]
  })
  const ours = Math.min(...named.filter(({by}) => by === run).map(({row}) => row.id))
  const rivals = named
    .filter(({row, by}) => by !== run && !settled.has(row.id))
    .map(({row}) => row)
    .toSorted((a, b) => a.id - b.id)
  const [first] = rivals
  if (!first) return {is: 'alone'}
  return first.id < ours ? {is: 'theirs', to: first} : {is: 'ours', over: rivals}
}
