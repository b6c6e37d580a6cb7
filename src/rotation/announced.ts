import {OpsError, unclaimed} from '../errors.ts'
import {leased, type LeaseDeps} from '../story/lease.ts'
import type {Announcement, Clock, Lease, Ledger, LedgerChange} from '../story/ports.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import {removeToken, unused, wasUsed, type TokenOwner} from './gate.ts'
import {findLateRow} from './mint.ts'
import type {TokenAdmin, TokenRow} from './ports.ts'
import type {DueReport} from './request.ts'

/** How long a mint can still come to pass whose run was stopped: longer than any server works at one request. */
const LATE_MS = 10 * 60_000

type AnnouncedDeps = {tokens: Pick<TokenAdmin, 'list' | 'remove'>; ledger: Ledger; clock: Clock}
type LateDeps = AnnouncedDeps & LeaseDeps

/** What earlier mints by hand left whose runs were stopped. */
export interface SettledMints {
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
export async function lostMints(
  {agent, user}: TokenOwner,
  rows: readonly TokenRow[],
  ledger: Ledger,
): Promise<TokenRef[]> {
  const announced = (await ledger.announced(user)).filter((each) => each.agent === agent)
  return rows.filter((row) => announced.some((each) => each.name === row.name && isLost(each, row))).map(ref)
}

/**
 * Settles what this machine announced and never told the end of. Its runs are over, for the agent's lease is ours: a token
 * whose value nobody got is deleted, one that somebody may hold is left and named from now on by the ledger. A mint that
 * shows nowhere stays announced as long as it may still come to pass. `settled` has what was done also where it throws, as
 * `removeToken`.
 */
export async function settleAnnounced(
  owner: TokenOwner,
  deps: AnnouncedDeps,
  lease: Lease,
  waitMs: number,
  settled: SettledMints,
): Promise<void> {
  const {user, agent} = owner
  const note = noting(deps, lease)
  for (const announcement of await deps.ledger.announced(user)) {
    if (announcement.agent !== agent) continue
    const {name, at} = announcement
    const over = {kind: 'settled', user, name} as const
    const row = await findLateRow(deps, user, name, waitMs)
    if (!row) {
      if (deps.clock.now() - at > LATE_MS) await note(over)
    } else if (isLost(announcement, row)) {
      await removeToken(deps, owner, ref(row), unused(owner, row))
      settled.deleted.push(ref(row))
      await note(over)
    } else {
      await note({kind: 'minted', user, token: ref(row), scopes: row.scopes, at}, over)
      settled.left.push(
        `An earlier mint was stopped while it handed over ${name} (id ${row.id}, …${row.lastEight}): somebody may have its value, so it was left. If a file was to hold it, that or a hidden file beside that (\`.NAME.\` and twelve hexadecimal digits) may hold it.`,
      )
    }
  }
}

/**
 * The same for every agent that nobody is at, looking once: `say` hears what came of it, and what went wrong, a sentence
 * each. Whether anything was deleted, or may have been. Throws what the store does, and an interrupt.
 */
export async function settleLate(deps: LateDeps, say: (sentence: string) => void): Promise<DueReport['wrote']> {
  const owners = new Map((await deps.ledger.announced()).map(({agent, user}) => [`${agent} ${user}`, {agent, user}]))
  let wrote: DueReport['wrote'] = false
  for (const owner of owners.values()) {
    const settled: SettledMints = {deleted: [], left: []}
    const error = await failureOf(leased(deps, owner.agent, (lease) => settleAnnounced(owner, deps, lease, 0, settled)))
    for (const sentence of [...settled.deleted.map((token) => cameLate(owner, token)), ...settled.left]) say(sentence)
    if (settled.deleted.length > 0) wrote = true
    // Whoever is at the agent settles it, or the next run does.
    if (error === undefined || error.code === 'LEASE_HELD') continue
    if (error.category === 'interrupted') throw wrote ? new OpsError('INTERRUPTED', unclaimed(error.message)) : error
    if (error.code === 'WRITE_IN_DOUBT') wrote ||= 'perhaps'
    say(`What came of a mint for ${owner.agent} whose answer was lost is not known yet: ${unclaimed(error.message)}`)
  }
  return wrote
}

async function failureOf(work: Promise<unknown>): Promise<OpsError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
}

/** Of a token that was deleted since nobody can have its value. */
export function cameLate({agent}: Pick<TokenOwner, 'agent'>, {id, name, lastEight}: TokenRef): string {
  return `A mint for ${agent} whose answer was lost had come to pass: ${name} (id ${id}, …${lastEight}) was deleted, for nobody had its value.`
}

/** Nobody can have the value: it was not handed over, and nobody has used it. */
function isLost({handingOver}: Announcement, row: TokenRow): boolean {
  return !handingOver && !wasUsed(row)
}
