import {OpsError} from '../errors.ts'
import {namesOf, sameLogin} from './names.ts'
import {assertNobodys, type LostMint} from './nobodys.ts'
import type {Secret} from '../secret.ts'
import {isSame, type TokenRef} from '../story/tokens.ts'
import {removeToken, TokenChanged, tokensOfUser, type Doubter, type GateDeps, type TokenOwner} from './gate.ts'
import {isGone} from './guards.ts'
import {holdOn, runnersOf} from './hold.ts'
import {own} from './push.ts'
import type {TokenRow} from './ports.ts'
import type {ActDeps, RotationDeps} from './request.ts'
import {leftToRevoke, servesLater} from './rivals.ts'
import {telling, type Record, type RotationRun} from './run.ts'
import {isExposed, toRevoke, type Rotation} from './state.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/**
 * Deletes one token, with its intent and its result on record; `deleted` gets its id unless it was gone before. Throws `TOKEN_CHANGED`, also recorded, for one that is
 * another by now, and what `doubt` throws.
 */
export async function removeRecorded(
  deps: GateDeps & Pick<ActDeps, 'on' | 'clock'> & {rotation?: Rotation; deleted?: Set<number>},
  owner: TokenOwner,
  token: TokenRef,
  kind: 'revoke' | 'discard',
  record: Record,
  doubt?: Doubter,
): Promise<void> {
  const {id, name} = token
  await record({type: `${kind}_intended`, token: id})
  try {
    const deletion = () => removeToken(deps, owner, token, doubt)
    const outcome = await telling(deps, kind, `${name} (id ${id}) of ${owner.user}`, deletion)
    if (outcome === 'removed') deps.deleted?.add(id)
  } catch (error) {
    if (error instanceof TokenChanged) await record({type: 'token_left', token: id, seen: error.seen})
    throw error
  }
  await record({type: kind === 'revoke' ? 'revoked' : 'discarded', token: id})
}

/**
 * Deletes a token that this rotation minted and nobody runs on. Throws as `removeRecorded`, `assertNobodys` and `assertGone`, and
 * `REVOCATION_HELD`, after which the way is forward, for one that a person's decision took for dead and that is listed.
 */
export async function discard(run: RotationRun, token: TokenRef): Promise<void> {
  const {deps, state: rotation, values, deleted} = run
  const {terms} = rotation
  await removeRecorded({...deps, rotation, deleted}, terms, token, 'discard', run.record, async (rows) => {
    if (rotation.lost.includes(token.id))
      await assertNobodys({...terms, since: rotation.startedAt}, lostMint(rotation, token), terms, rows, deps)
    else await assertUnused(run, token, rows)
    await assertGone(deps, terms, token, values.get(token.id), rows)
    if (!rotation.unseen.includes(token.id) || !rows.some((row) => isSame(row, token))) return
    await run.record({type: 'revived', token: token.id})
    throw cameBack(rotation, token, 'it was not when that was decided')
  })
}

/** What this rotation knows of a mint that was not answered. */
function lostMint({terms, startedAt, mints, storedAt, plannedOn}: Rotation, token: TokenRef): LostMint {
  const names = namesOf(terms.agent, terms.rotation, startedAt, mints)
  return {token, names, since: startedAt, stored: storedAt ?? plannedOn ?? null}
}

/**
 * Whoever may run on a token that we minted: it was sent, or its value is not ours alone. Of one that an earlier process held nobody
 * else got that, unless a copy of this journal went on with it: then the secret is not as we left it. Throws `TOKEN_CHANGED`,
 * after which it is left alone.
 */
async function assertUnused(run: RotationRun, token: TokenRef, rows: readonly TokenRow[]): Promise<void> {
  const {deps, state: rotation, values, proof} = run
  const {terms, storedAt, plannedOn, sent} = rotation
  const {id: room, external} = terms.workspace
  const minter = {...terms, since: rotation.startedAt}
  const row = rows.find((each) => isSame(each, token))
  const isSent = sent.includes(token.id)
  if (!row || (values.has(token.id) && !isSent)) return
  const gone = await isGone(deps, room)
  const stored = gone ? undefined : own(await deps.platform.secretRow(room, terms.secretKey))?.updatedAt
  const isAsLeft = !gone && (stored ?? null) === (storedAt ?? plannedOn ?? null)
  if (isAsLeft && !isSent) return
  // The one that goes back to the old token said so, but of one that runs elsewhere nobody else tells what it is started with.
  const said = proof?.reportedLastEight
  const isHeard = said !== undefined && said !== token.lastEight
  const runners = await runnersOf(minter, token, terms, deps, !isAsLeft || (external && !isHeard))
  // What was sent before may be all that was written, so of one that was not only a word counts.
  const isExplained = !isSent && isExposed(rotation)
  const first = runners.find(({kind}) => kind === 'held' || !isExplained)
  if (first) throw new TokenChanged(terms, token, row, `may be in use: ${first.line}`)
}

/** A list that lacks a token that works is not to be believed. Throws `TOKENS_DOUBTED`. */
export async function assertGone(
  {prober}: Pick<RotationDeps, 'prober'>,
  {user}: TokenOwner,
  {id, name}: TokenRef,
  value: Secret | undefined,
  rows: readonly TokenRow[],
): Promise<void> {
  if (!value || rows.some((row) => row.id === id) || (await prober.liveness(value)).state !== 'alive') return
  throw new OpsError(
    'TOKENS_DOUBTED',
    `The list of the tokens of ${user} lacks ${name} (id ${id}), which works all the same: the list is not whole. Nothing more was deleted.`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}

/**
 * Deletes a token that the proven one replaces; `first`: this run has yet to look for others who may run on one of them,
 * or who put theirs in place. Where somebody holds some of them, the others that are due go before that is thrown, or
 * in the next run where the last was killed amid the deletion of one of them. Throws `REVOCATION_HELD`, `TOKENS_DOUBTED`, and as `removeRecorded`.
 */
export async function revoke(run: RotationRun, token: TokenRef, first: boolean): Promise<void> {
  const {deps, state: rotation} = run
  const left = first ? await leftToRevoke(run) : 'some'
  if (left === 'overtaken') return
  if (left === 'some') await assertReplaced(run)
  if (first) {
    run.hold = left === 'some' ? await holdOn(run) : undefined
    run.unasked = left === 'gone'
  }
  const {hold} = run
  if (!hold) return remove(run, token)
  if (rotation.phase === 'revoking' && hold.tokens.includes(token.id))
    await run.record({type: 'revoke_held', token: token.id})
  const now = deps.clock.now()
  const due =
    run.state.phase === 'revoking' ? [token] : toRevoke(rotation).filter((each) => (each.deadline ?? Infinity) <= now)
  for (const free of due.filter(({id}) => !hold.tokens.includes(id))) {
    await assertReplaced(run)
    await remove(run, free)
  }
  throw hold.why
}

async function remove(run: RotationRun, token: TokenRef): Promise<void> {
  const {deps, state: rotation, deleted} = run
  const doubt = async (rows: readonly TokenRow[]): Promise<void> => {
    await assertServing(deps, servedBy(rotation), rows)
    await assertGone(deps, rotation.terms, token, run.values.get(token.id), rows)
    if (run.unasked && rows.some((row) => isSame(row, token))) {
      throw cameBack(rotation, token, 'no old token was a moment ago')
    }
  }
  await removeRecorded({...deps, rotation, deleted}, rotation.terms, token, 'revoke', run.record, doubt)
}

function cameBack({terms}: Rotation, {id, name}: TokenRef, before: string): OpsError {
  return new OpsError(
    'REVOCATION_HELD',
    `${name} (id ${id}) of ${terms.user} is listed, but ${before}, so nobody was asked about it. Nothing more was revoked.`,
    {ref: REF},
  )
}

/** Whom a rotation leaves on which token. */
export function servedBy(rotation: Rotation): Served {
  return {...rotation.terms, token: 'candidate' in rotation ? rotation.candidate : undefined}
}

/** An agent, and the token that it was proven on as far as whoever asks knows. */
type Served = TokenOwner & {workspace: {id: string; external?: boolean}; token: TokenRef | undefined}

/**
 * The token that the agent was proven on, in this run or a later one, has to stand in a list that is to be believed; a
 * workspace that is gone runs on nothing, unless its process ran outside the platform. Throws `TOKENS_DOUBTED`.
 */
export async function assertServing(
  deps: Pick<RotationDeps, 'ledger' | 'platform'>,
  {agent, user, workspace, token}: Served,
  rows: readonly TokenRow[],
): Promise<void> {
  if (token && rows.some((row) => isSame(row, token))) return
  if (await servesLater({agent, user, workspace}, rows, deps)) return
  const deployed = await deps.ledger.deployed(agent)
  const missing = token ?? (sameLogin(deployed?.user, user) ? deployed : undefined)
  if (!missing || (!workspace.external && (await isGone(deps, workspace.id)))) return
  throw new OpsError(
    'TOKENS_DOUBTED',
    `The list of the tokens of ${user} lacks …${missing.lastEight}, on which ${agent} was proven: the list is not whole, or somebody deleted that token. Nothing more was deleted.`,
    {suggestions: [`patrol smoke ${agent}`, `patrol rotate ${agent}`], ref: REF},
  )
}

/**
 * May the superseded tokens go? Only while the secret is as we left it at the proof, or as a later proven rotation left
 * it with a token that is not in our set: somebody may have put an old token back by hand during the overlap.
 * A workspace that is gone has no secret; what its process runs on is `holdOn`'s to find out. Throws `REVOCATION_HELD`.
 */
async function assertReplaced({deps, state: rotation}: RotationRun): Promise<void> {
  const {agent, user, workspace, secretKey} = rotation.terms
  if (await isGone(deps, workspace.id)) return
  const row = own(await deps.platform.secretRow(workspace.id, secretKey))
  if (row?.updatedAt === rotation.storedAt) return
  const deployed = await deps.ledger.deployed(agent, workspace.id, user)
  const explained = row !== undefined && deployed?.secretUpdatedAt === row.updatedAt
  if (explained && !rotation.superseded.some((token) => token.id === deployed.token)) return
  const since = rotation.byWord ? 'somebody decided for the new token' : `${agent} was proven`
  throw new OpsError(
    'REVOCATION_HELD',
    `${secretKey} of ${workspace.name} was written since ${since}, so it may hold an old token again. Nothing was revoked.`,
    {suggestions: [`patrol smoke ${agent}`, `patrol rotate ${agent}`], ref: REF},
  )
}

/**
 * The proof of death: a deleted token must not be listed, and its value, where we have it, must answer 401. Throws
 * `OLD_TOKEN_ALIVE`, and what `doubt` throws.
 */
export async function assertDead(
  {tokens, prober}: Pick<RotationDeps, 'tokens' | 'prober'>,
  {user, agent}: TokenOwner,
  removed: readonly TokenRef[],
  value: Secret | undefined,
  doubt: Doubter = () => {},
): Promise<'dead' | 'not-at-hand'> {
  const rows = (await tokensOfUser({tokens}, user)) ?? []
  await doubt(rows)
  const listed = new Set(rows.map((row) => row.id))
  const left = removed.find((token) => listed.has(token.id))
  if (left) {
    throw new OpsError(
      'OLD_TOKEN_ALIVE',
      `${left.name} (id ${left.id}) of ${user} is still listed after its deletion.`,
      {suggestions: [`patrol revoke ${agent} --id ${left.id}`], ref: REF},
    )
  }
  if (!value) return 'not-at-hand'
  const {state, evidence} = await prober.liveness(value)
  if (state === 'dead') return 'dead'
  throw new OpsError(
    'OLD_TOKEN_ALIVE',
    `Token …${value.lastEight} of ${user} is deleted, yet it is not answered with 401 (${state}, HTTP ${evidence.status}).`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}
