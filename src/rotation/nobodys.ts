import {isSame, type TokenRef} from '../story/tokens.ts'
import {TokenChanged, unused} from './gate.ts'
import {isGone, isIn} from './guards.ts'
import {runnersOf, type AskErrand} from './hold.ts'
import {abreast, type HolderDeps, type TokensOwner} from './holders.ts'
import {isByHand, mintedFor, sameLogin} from './names.ts'
import type {Platform, TokenRow} from './ports.ts'
import {own} from './push.ts'

/** How long before a mint was announced a secret counts as written since: clocks differ, and answers are waited for. */
const EARLIER_MS = 10 * 60_000

/** A token whose mint was not answered here, so that nobody here has its value. */
export interface LostMint {
  token: TokenRef
  /** The names under which this store minted, or may have. */
  names: ReadonlySet<string>
  /** When it was announced, or before that; ms since the epoch by our clock. */
  since: number
  /** `updated_at` of the row of the owner's own secret as this store left it; null: no row, undefined: not known. */
  stored?: string | null
}

/**
 * The only rule by which such a token goes. Whoever has a copy of this store (a backup, another machine's) mints under the same
 * names, may have had the answer, and may have put it to use. So it is left where it was used, where a token shows that a
 * copy minted on, and where a secret of its user was written since and somebody may run on it. Throws `TOKEN_CHANGED`,
 * after which it is left alone, and what the platform's reads throw.
 */
export async function assertNobodys(
  owner: TokensOwner,
  lost: LostMint,
  errand: AskErrand,
  rows: readonly TokenRow[],
  deps: HolderDeps,
): Promise<void> {
  const {token, names} = lost
  await unused(owner, token)(rows)
  const row = rows.find((each) => isSame(each, token))
  if (!row) return
  const run = mintedFor(owner.agent, token.name)?.rotation
  const next = rows.find(
    ({name}) => run !== undefined && mintedFor(owner.agent, name)?.rotation === run && !names.has(name),
  )
  const left = (why: string): TokenChanged => new TokenChanged(owner, token, row, `may be in use: ${why}`)
  if (next) {
    throw left(
      `a copy of this state, a backup or another machine's, went on with it and minted ${next.name} (id ${next.id})`,
    )
  }
  if (!deps.platform && run !== undefined && !isByHand(run)) throw left('there is no platform to tell who runs on it')
  const isHeld = (await deps.ledger.placesOf([token])).length > 0
  if (!isHeld && !(deps.platform && (await isWrittenSince(owner, lost, deps.platform, deps)))) return
  const [first] = await runnersOf(owner, token, errand, deps)
  if (first) throw left(first.line)
}

/** Whether a secret of a workspace of this user is not as it was; so it is where its own workspace is gone. */
async function isWrittenSince(
  {agent, user, workspace: home, secretKey}: TokensOwner,
  {since, stored}: LostMint,
  platform: Platform,
  {fleet, clock}: HolderDeps,
): Promise<boolean> {
  if (home && (await isGone({platform}, home.id))) return true
  const mates = (await fleet.agents()).filter((each) => each.agent === agent || sameLogin(each.user, user))
  if (!home && mates.length === 0) return false
  const listed = await platform.list()
  const rooms = listed.filter((room) => room.id !== home?.id && mates.some((each) => isIn(each, room)))
  if (home) rooms.push(await platform.read(home.id))
  const age = clock.now() - since + EARLIER_MS
  const written = await abreast(rooms, async ({id, serverTime}) => {
    const row = own(await platform.secretRow(id, secretKey))
    if (id === home?.id && stored !== undefined) return (row?.updatedAt ?? null) !== stored
    return row !== undefined && !(serverTime - Date.parse(row.updatedAt) > age)
  })
  return written.includes(true)
}
