import {OpsError} from '../errors.ts'
import type {TokenRef} from './events.ts'
import {removeToken, unused, wasUsed, type Owner} from './gate.ts'
import {leased, type LeaseDeps} from './lease.ts'
import {findLateRow} from './mint.ts'
import type {Announcement, Clock, Lease, Ledger, LedgerChange, TokenAdmin, TokenRow} from './ports.ts'
import {TIMING} from './request.ts'
import {ref} from './superseded.ts'

/** How long a mint can still come to pass whose run was stopped: longer than any server works at one request. */
const LATE_MS = 10 * 60_000

type Deps = {tokens: Pick<TokenAdmin, 'list' | 'remove'>; ledger: Ledger; clock: Clock}
type LateDeps = Deps & LeaseDeps

/** What earlier mints by hand left whose runs were stopped. */
export interface Settled {
  /** Deleted, for nobody ever got the value. */
  deleted: TokenRef[]
  /** What somebody may hold, and so was left: a sentence each. */
  left: string[]
}

/** Notes the end of a mint by hand, or that there is none yet; throws `LEASE_LOST` once another run is at the agent. */
export function noting({ledger}: {ledger: Ledger}, lease: Lease): (...changes: LedgerChange[]) => Promise<void> {
  return (...changes) => ledger.apply(changes, lease)
}

/** Tokens of mints by hand that this machine announced and whose value nobody ever got: the next mint deletes them. */
export async function lostMints({agent, user}: Owner, rows: readonly TokenRow[], ledger: Ledger): Promise<TokenRef[]> {
  const announced = (await ledger.announced(user)).filter((each) => each.agent === agent)
  return rows.filter((row) => announced.some((each) => each.name === row.name && isLost(each, row))).map(ref)
}

/**
 * Settles what this machine announced and never told the end of. Its runs are over, for the agent's lease is ours: a token
 * whose value nobody got is deleted, one that somebody may hold is left and named from now on by the ledger. A mint that
 * shows nowhere stays announced as long as it may still come to pass. Throws as `removeToken`.
 */
export async function settleAnnounced(
  owner: Owner,
  deps: Deps,
  lease: Lease,
  waitMs = TIMING.settleWaitMs,
): Promise<Settled> {
  const {user, agent} = owner
  const note = noting(deps, lease)
  const settled: Settled = {deleted: [], left: []}
  for (const announcement of await deps.ledger.announced(user)) {
    if (announcement.agent !== agent) continue
    const {name, at} = announcement
    const over = {kind: 'settled', user, name} as const
    const row = await findLateRow(deps, user, name, waitMs)
    if (!row) {
      if (deps.clock.now() - at > LATE_MS) await note(over)
    } else if (isLost(announcement, row)) {
      await removeToken(deps, owner, ref(row), unused(owner, row))
      await note(over)
      settled.deleted.push(ref(row))
    } else {
      await note({kind: 'minted', user, token: ref(row), scopes: row.scopes, at}, over)
      settled.left.push(
        `An earlier mint was stopped while it handed over ${name} (id ${row.id}, …${row.lastEight}): somebody may have its value, so it was left.`,
      )
    }
  }
  return settled
}

/**
 * The same for every agent that nobody is at, looking once: what came of it, and what went wrong, a sentence each, and
 * whether anything was deleted, or may have been. Throws
 * what the store does, and an interrupt.
 */
export async function settleLate(deps: LateDeps): Promise<{said: string[]; wrote: boolean}> {
  const owners = new Map((await deps.ledger.announced()).map(({agent, user}) => [`${agent} ${user}`, {agent, user}]))
  const said: string[] = []
  let wrote = false
  for (const owner of owners.values()) {
    try {
      const {deleted, left} = await leased(deps, owner.agent, (lease) => settleAnnounced(owner, deps, lease, 0))
      wrote ||= deleted.length > 0
      said.push(...deleted.map((token) => cameLate(owner, token)), ...left)
    } catch (error) {
      if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
      // Whoever is at the agent settles it, or the next run does.
      if (error.code === 'LEASE_HELD') continue
      wrote ||= error.category === 'incomplete'
      said.push(`What came of a mint for ${owner.agent} whose answer was lost is not known yet: ${error.message}`)
    }
  }
  return {said, wrote}
}

function cameLate({agent}: Owner, {id, name, lastEight}: TokenRef): string {
  return `A mint for ${agent} whose answer was lost had come to pass: ${name} (id ${id}, …${lastEight}) was deleted, for nobody had its value.`
}

/** Nobody can have the value: it was not handed over, and nobody has used it. */
function isLost({handingOver}: Announcement, row: TokenRow): boolean {
  return !handingOver && !wasUsed(row)
}
