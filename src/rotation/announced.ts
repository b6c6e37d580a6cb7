import {OpsError, unclaimed, word} from '../errors.ts'
import {leased, type LeaseDeps} from '../story/lease.ts'
import type {Announcement, Clock, Lease, Ledger, LedgerChange} from '../story/ports.ts'
import {isSame, ref, type TokenRef} from '../story/tokens.ts'
import {removeToken, TokenChanged, wasUsed, type TokenOwner} from './gate.ts'
import {isIn, placeOf} from './guards.ts'
import type {HolderDeps, TokensOwner} from './holders.ts'
import {findLateRow} from './mint.ts'
import {isRehearsal, sameLogin} from './names.ts'
import {assertNobodys, type LostMint} from './nobodys.ts'
import type {Platform, TokenAdmin, TokenRow} from './ports.ts'
import type {DueReport} from './request.ts'

/** How long a mint can still come to pass whose run was stopped: longer than any server works at one request. */
const LATE_MS = 10 * 60_000

/** Without a platform only what was minted by hand is deleted. */
export type AnnouncedDeps = Omit<HolderDeps, 'platform'> & {
  platform?: Platform | undefined
  tokens: Pick<TokenAdmin, 'list' | 'remove'>
  ledger: Ledger
  clock: Clock
}
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

/** Tokens of mints that this machine announced and whose value nobody ever got: the next mint deletes them. */
export async function lostMints(
  owner: TokenOwner,
  rows: readonly TokenRow[],
  deps: AnnouncedDeps,
): Promise<TokenRef[]> {
  const lost: TokenRef[] = []
  for (const announcement of await deps.ledger.announced(owner.user)) {
    const row = rows.find(({name}) => name === announcement.name)
    if (!row || announcement.agent !== owner.agent) continue
    if (isOpen(announcement, row) && (await isLost(announcement, row, rows, deps))) lost.push(ref(row))
  }
  return lost
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
    } else {
      const left = isOpen(announcement, row) ? await deleted(announcement, row, deps) : handedOver(row)
      if (left === undefined) {
        settled.deleted.push(ref(row))
        await note(over)
      } else {
        await note({kind: 'minted', user, token: ref(row), scopes: row.scopes, at}, over)
        settled.left.push(left)
      }
    }
  }
}

function handedOver({name, id, lastEight}: TokenRef): string {
  return `An earlier mint was stopped while it handed over ${name} (id ${id}, …${lastEight}): somebody may have its value, so it was left. If a file was to hold it, that or a hidden file beside that (\`.NAME.\` and twelve hexadecimal digits) may hold it.`
}

/** Deletes it; where somebody may have its value it is left, and the answer is why. Throws as `removeToken`. */
async function deleted(announcement: Announcement, row: TokenRow, deps: AnnouncedDeps): Promise<string | undefined> {
  const {agent} = announcement
  try {
    await removeToken(deps, announcement, ref(row), (rows) => assertLost(announcement, row, rows, deps))
    return undefined
  } catch (error) {
    if (!(error instanceof TokenChanged) || !isSame(error.seen, row)) throw error
    return `${error.message} Once nobody uses it: patrol revoke ${word(agent)} --id ${row.id}`
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
  const what = isRehearsal(name)
    ? `A rehearsal for ${agent} that was stopped had left its token`
    : `A mint for ${agent} whose answer was lost had come to pass`
  return `${what}: ${name} (id ${id}, …${lastEight}) was deleted, for nobody had its value.`
}

/** It was not handed over here, and nobody has used it but a rehearsal, whose process is gone. */
function isOpen({handingOver}: Announcement, row: TokenRow): boolean {
  return !handingOver && (isRehearsal(row.name) || !wasUsed(row))
}

async function isLost(
  announcement: Announcement,
  row: TokenRow,
  rows: readonly TokenRow[],
  deps: AnnouncedDeps,
): Promise<boolean> {
  try {
    await assertLost(announcement, row, rows, deps)
    return true
  } catch (error) {
    if (error instanceof TokenChanged) return false
    throw error
  }
}

/** Throws as `assertNobodys`, and `TOKEN_CHANGED` where no agent of its user is in patrol.yaml, so that nobody could be asked. */
async function assertLost(
  {agent, user, at}: Announcement,
  row: TokenRow,
  rows: readonly TokenRow[],
  {platform, ...deps}: AnnouncedDeps,
): Promise<void> {
  // Its value never left the process that minted it.
  if (isRehearsal(row.name)) return
  const {fleet, ledger} = deps
  const agents = await fleet.agents()
  const entry = agents.find((each) => each.agent === agent) ?? agents.find((each) => sameLogin(each.user, user))
  if (!entry) {
    throw new TokenChanged({agent, user}, row, row, `may be in use: patrol.yaml has no agent that works as ${user}`)
  }
  const room = (await platform?.list())?.find((each) => isIn(entry, each))
  const {repo, label = '', secretKey = ''} = entry.about ?? {}
  const owner: TokensOwner = {agent, user, secretKey, workspace: room && placeOf(room)}
  const known = [...(await ledger.tokens(user)), ...(await ledger.announced(user))]
  const lost: LostMint = {token: ref(row), names: new Set(known.map(({name}) => name)), since: at}
  await assertNobodys(owner, lost, {repo, label}, rows, {...deps, platform})
}
