import {OpsError, unclaimed, untouched} from '../errors.ts'
import type {RepositoryReach, ToldReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {assertFree, leased} from '../story/lease.ts'
import type {Announcement, Lease, LedgerChange} from '../story/ports.ts'
import {TIMING} from '../story/timing.ts'
import type {TokenRef} from '../story/tokens.ts'
import {cameLate, lostMints, noting, settleAnnounced, type AnnouncedDeps, type SettledMints} from './announced.ts'
import {confinementOf, unconfinedWarning} from './confinement.ts'
import type {Waivers} from './events.ts'
import {removeToken, unused} from './gate.ts'
import {guardAccount, guardGrant, guardMint} from './guards.ts'
import {attempt, findDespite, findLate, takeBack, type Attempt} from './mint.ts'
import {handName} from './names.ts'
import type {PlannedCall, RotationDeps} from './request.ts'
import {inDoubt} from './run.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/** The act of minting by hand needs no platform; what earlier ones left can be looked into with one. */
export type MintDeps = Pick<RotationDeps, 'tokens' | 'leases' | 'ids'> & AnnouncedDeps

/** A mint by hand. */
export interface MintRequest {
  agent: string
  /** The Gitea user who will own the token. */
  user: string
  profile: string
  /** The profile's scopes, normalised. */
  scopes: readonly Scope[]
  /** What the profile says of the repositories of its tokens; undefined: they are not confined. */
  repositories?: RepositoryReach | undefined
  waive?: Waivers
  /** The command that asks for it, as a person types it. */
  command: string
}

export interface MintResult extends SettledMints {
  agent: string
  user: string
  token: TokenRef
  scopes: readonly Scope[]
  /** What it is confined to, as the server lists it; undefined where it does not tell. */
  repositories: ToldReach | undefined
  warnings: string[]
}

/** What `mintToken` would do under a name like that, after its guards; reads only. Throws as `guardMint`, `guardGrant` and `guardAccount`, and `GITEA_USER_UNKNOWN`. */
export async function planMint(
  request: MintRequest,
  deps: MintDeps,
  nameOf = handName,
): Promise<{calls: PlannedCall[]; warnings: string[]}> {
  const {agent, user, scopes} = request
  await assertFree(deps, agent)
  const tokens = `/api/v1/users/${user}/tokens`
  const earlier = await read(request, deps).catch((error: unknown) => untouched(error))
  const {said, warnings} = await confinementOf(request, [], [], deps.tokens)
  const changes = `a new token ${nameOf(agent, '<id>', deps.clock.now())} with ${scopes.join(', ')}${said}`
  return {
    warnings,
    calls: [
      ...earlier.map(({id, name, lastEight}): PlannedCall => ({
        act: 'discard',
        method: 'DELETE',
        path: `${tokens}/${id}`,
        changes: `${name} (…${lastEight}) of an earlier mint that was stopped is deleted: nobody got its value`,
      })),
      {act: 'mint', method: 'POST', path: tokens, changes},
    ],
  }
}

async function read(request: MintRequest, deps: MintDeps): Promise<TokenRef[]> {
  const {tokens, ledger} = deps
  guardMint(request, tokens.adminUser, request.waive)
  await guardGrant(request, tokens)
  const account = await tokens.account(request.user)
  if (!account) throw new OpsError('GITEA_USER_UNKNOWN', `There is no user ${request.user}.`)
  guardAccount(account, request, request.waive)
  const announced = (await ledger.announced(request.user)).length > 0
  return announced ? lostMints(request, await tokens.list(request.user), deps) : []
}

/**
 * Mints one token and hands its value to `deliver`, the only place that gets it. When that fails the token is deleted
 * again, for nobody could ever use it. Its name is written down before anything is sent, so that whatever a crash leaves is
 * settled by the next mint for this agent, before anything else. Throws as `guardMint`, `guardGrant` and `attempt`, and `LEASE_HELD` while another
 * run is at the agent.
 */
export async function mintToken(
  request: MintRequest,
  deps: MintDeps,
  deliver: (value: Secret) => Promise<void>,
): Promise<MintResult> {
  return leased(deps, request.agent, (lease) => mint(request, deps, lease, deliver))
}

/** One mint under way. */
interface MintErrand {
  request: MintRequest
  deps: MintDeps
  name: string
  /** Writes down how it stands, while the agent's lease is ours. */
  note: (...changes: LedgerChange[]) => Promise<void>
}

async function mint(
  request: MintRequest,
  deps: MintDeps,
  lease: Lease,
  deliver: (value: Secret) => Promise<void>,
): Promise<MintResult> {
  return afterEarlier(request, deps, lease, () => fresh(request, deps, lease, deliver))
}

/**
 * An errand that mints by hand: after its guards, and after what earlier mints left that were stopped. What became of those
 * is told with its result, or with what ends it. Throws as `guardMint`, `guardGrant` and `settleAnnounced`.
 */
export async function afterEarlier<Result extends object>(
  request: MintRequest,
  deps: MintDeps,
  lease: Lease,
  errand: () => Promise<Result>,
): Promise<Result & SettledMints> {
  const {tokens} = deps
  guardMint(request, tokens.adminUser, request.waive)
  await guardGrant(request, tokens)
  const earlier: SettledMints = {deleted: [], left: []}
  try {
    await settleAnnounced(request, deps, lease, TIMING.settleWaitMs, earlier)
    return {...(await errand()), ...earlier}
  } catch (error) {
    throw besides(error, request, earlier)
  }
}

/** What became of earlier mints is told with whatever ends this one. */
function besides(error: unknown, owner: MintRequest, {deleted, left}: SettledMints): unknown {
  const said = [...deleted.map((token) => cameLate(owner, token)), ...left]
  if (!(error instanceof OpsError) || said.length === 0) return error
  const {code, suggestions, ref} = error
  const message = deleted.length > 0 ? unclaimed(error.message) : error.message
  const category = deleted.length > 0 && error.category !== 'interrupted' ? 'incomplete' : error.category
  return new OpsError(code, [message, ...said].join(' '), {category, suggestions, ...(ref !== undefined && {ref})})
}

/** The mint itself, once it is known what became of earlier ones. */
async function fresh(
  request: MintRequest,
  deps: MintDeps,
  lease: Lease,
  deliver: (value: Secret) => Promise<void>,
): Promise<Omit<MintResult, keyof SettledMints>> {
  const {clock, ids} = deps
  const {agent, user, profile} = request
  const minted = await mintAnnounced(request, deps, lease, handName(agent, ids.rotation(), clock.now()))
  const {token, value, errand, announcement} = minted
  const {name, note} = errand
  try {
    await note({kind: 'announced', announcement: {...announcement, handingOver: true}})
    await deliver(value)
  } catch (error) {
    throw await undelivered(error, token, {announcement, ...errand})
  }
  await note(
    {kind: 'minted', user, token, scopes: [...minted.scopes], at: clock.now()},
    {kind: 'settled', user, name},
  ).catch((error: unknown) => {
    throw unwritten(error, user, token)
  })
  const unconfined = unconfinedWarning({profile, repositories: confinedTo(request)}, minted)
  const warnings = unconfined === undefined ? [] : [unconfined]
  return {agent, user, token, scopes: minted.scopes, repositories: minted.repositories, warnings}
}

/** A token whose mint is announced, and whose value nobody has yet. */
export type AnnouncedMint = Minted & {errand: MintErrand; announcement: Announcement}

type Minted = Exclude<Attempt, Unminted>

/**
 * Mints under a name that is written down before anything is sent, so that whatever a crash leaves is settled by the next mint
 * for this agent. Throws as `attempt`, with what became of a token that came of it after all.
 */
export async function mintAnnounced(
  request: MintRequest,
  deps: MintDeps,
  lease: Lease,
  name: string,
): Promise<AnnouncedMint> {
  const {tokens, clock} = deps
  const {agent, user, scopes} = request
  const note = noting(deps, lease)
  const announcement = {agent, user, name, at: clock.now(), handingOver: false}
  await note({kind: 'announced', announcement})
  const errand = {request, deps, name, note}
  const minted = await attempt({tokens}, request, name, {scopes, repositories: confinedTo(request)})
  if ('error' in minted) throw await unminted(minted, errand)
  return {...minted, errand, announcement}
}

function confinedTo({repositories}: MintRequest): readonly string[] | undefined {
  return repositories === 'all' ? undefined : repositories
}

/** The value is handed over, whatever kept that from the ledger: no run that ends so changed nothing. */
function unwritten(error: unknown, user: string, {name, id}: TokenRef): unknown {
  if (!(error instanceof OpsError)) return error
  const {code, message, suggestions, ref} = error
  const done = `${name} (id ${id}) of ${user} is minted, and its value was handed over, but that could not be written down:`
  return new OpsError(code, `${done} ${unclaimed(message)}`, {category: 'incomplete', suggestions, ref})
}

/** Takes a token back whose value could not be handed over: why, with what became of the token. */
async function undelivered(
  error: unknown,
  token: TokenRef,
  {announcement, ...errand}: MintErrand & {announcement: Announcement},
): Promise<unknown> {
  const {request, deps, note} = errand
  await forgiven(note({kind: 'announced', announcement}))
  const foreign = !(error instanceof OpsError)
  const said = error instanceof Error ? error.message : String(error)
  const reason = foreign ? new OpsError('FILE_UNUSABLE', `The value was not handed over: ${said}.`) : error
  const trouble = await takeBack(deps, request, token, reason)
  if (!inDoubt(trouble)) return over(foreign ? error : trouble, errand)
  return new OpsError(trouble.code, trouble.message, {suggestions: [request.command], ref: REF})
}

type Unminted = Extract<Attempt, {error: OpsError}>

/** Why there is no token. One that came of a mint that was refused goes as that of a lost answer does; the next mint looks again where nobody could. */
async function unminted({error, unconfirmed}: Unminted, errand: MintErrand): Promise<OpsError> {
  const {request, deps, name} = errand
  try {
    const came = inDoubt(error) || (await findDespite(deps, request.user, name))
    return came ? await lost(error, errand, unconfirmed) : await over(error, errand)
  } catch (trouble) {
    if (!(trouble instanceof OpsError)) throw trouble
    return error
  }
}

/** There is no token: the reason, after that was written down. Where it can't be, the next mint finds out by itself. */
async function over<Reason>(reason: Reason, {request: {user}, name, note}: MintErrand): Promise<Reason> {
  await forgiven(note({kind: 'settled', user, name}))
  return reason
}

/** A note that only spares the next mint a look. */
async function forgiven(noted: Promise<void>): Promise<void> {
  await noted.catch((error: unknown) => {
    if (!(error instanceof OpsError)) throw error
  })
}

/**
 * What became of a mint whose answer was lost. A token that came of it is deleted, for nobody has its value; what can't be
 * deleted or seen yet is left to the next mint, which looks for it first.
 */
async function lost(error: OpsError, errand: MintErrand, unconfirmed?: TokenRef): Promise<OpsError> {
  const {request, deps, name} = errand
  const {user, command} = request
  const told = (what: string): OpsError =>
    new OpsError(error.code, `${unclaimed(error.message)} ${what}`, {
      category: 'incomplete',
      suggestions: [command],
      ref: REF,
    })
  try {
    const token = await findLate(deps, user, name, TIMING.settleWaitMs)
    // One that was stored under another name: the error says which, and that it is left.
    if (!token && unconfirmed) return error
    if (!token) return told(`No token ${name} of ${user} is listed so far; the next mint looks again and deletes it.`)
    await removeToken(deps, request, token, unused(request, token))
    return await over(
      told(`${name} (id ${token.id}) came of it and was deleted again, since nobody has its value.`),
      errand,
    )
  } catch (trouble) {
    if (!(trouble instanceof OpsError)) throw trouble
    return told(
      `If ${name} of ${user} came of it, it is left, and nobody has its value; the next mint deletes it: ${unclaimed(trouble.message)}`,
    )
  }
}
