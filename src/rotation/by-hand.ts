import {OpsError, untouched} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {TokenRef, Waivers} from './events.ts'
import {removeToken} from './gate.ts'
import {guardAccount, guardGrant, guardMint} from './guards.ts'
import {attempt, findLate, takeBack} from './mint.ts'
import {leased} from './lease.ts'
import {tokenName} from './names.ts'
import {TIMING, type PlannedCall, type RotationDeps} from './request.ts'
import {inDoubt} from './run.ts'

/** The act of minting by hand needs no platform. */
export type MintDeps = Pick<RotationDeps, 'tokens' | 'ledger' | 'leases' | 'clock' | 'ids'>

/** A mint by hand. */
export interface MintRequest {
  agent: string
  /** The Gitea user who will own the token. */
  user: string
  profile: string
  /** The profile's scopes, normalised. */
  scopes: readonly Scope[]
  waive?: Waivers
}

export interface MintResult {
  agent: string
  user: string
  token: TokenRef
  scopes: readonly Scope[]
}

/** What `mintToken` would do, after its guards. Throws as `guardMint`, `guardGrant` and `guardAccount`. */
export async function planMint(request: MintRequest, deps: MintDeps): Promise<{calls: PlannedCall[]}> {
  const {agent, user, scopes} = request
  await guardTerms(request, deps).catch((error: unknown) => untouched(error))
  const changes = `a new token ${tokenName(agent, '<id>', deps.clock.now(), 1)} with ${scopes.join(', ')}`
  return {calls: [{act: 'mint', method: 'POST', path: `/api/v1/users/${user}/tokens`, changes}]}
}

async function guardTerms(request: MintRequest, {tokens}: MintDeps): Promise<void> {
  guardMint(request, tokens.adminUser, request.waive)
  await guardGrant(request, tokens)
  const account = await tokens.account(request.user)
  if (account) guardAccount(account, request, request.waive)
}

/**
 * Mints one token and hands its value to `deliver`, the only place that gets it. When that fails the token is deleted
 * again, for nobody could ever use it. Throws as `guardMint`, `guardGrant` and `attempt`, and `LEASE_HELD` while another
 * run is at the agent.
 */
export async function mintToken(
  request: MintRequest,
  deps: MintDeps,
  deliver: (value: Secret) => Promise<void>,
): Promise<MintResult> {
  return leased(deps, request.agent, () => mint(request, deps, deliver))
}

async function mint(
  request: MintRequest,
  {tokens, ledger, clock, ids}: MintDeps,
  deliver: (value: Secret) => Promise<void>,
): Promise<MintResult> {
  const {agent, user, scopes} = request
  guardMint(request, tokens.adminUser, request.waive)
  await guardGrant(request, tokens)
  const name = tokenName(agent, ids.rotation(), clock.now(), 1)
  const minted = await attempt({tokens}, request, name, scopes)
  if ('error' in minted)
    throw inDoubt(minted.error) ? await lost(minted.error, name, request, {tokens, clock}) : minted.error
  const {token, value} = minted
  try {
    await deliver(value)
  } catch (error) {
    if (error instanceof OpsError) throw await takeBack({tokens}, request, token, error)
    await removeToken({tokens}, request, token)
    throw error
  }
  await ledger.apply([{kind: 'minted', user, token, scopes: [...minted.scopes], at: clock.now()}])
  return {agent, user, token, scopes: minted.scopes}
}

/**
 * What became of a mint whose answer was lost. There is no rotation to resume: a token that came of it is deleted, for
 * nobody has its value, and what can't be deleted or seen yet is named.
 */
async function lost(
  error: OpsError,
  name: string,
  {agent, user}: MintRequest,
  deps: Pick<MintDeps, 'tokens' | 'clock'>,
): Promise<OpsError> {
  const again = `patrol mint ${agent} --output-file ${agent}.token`
  const told = (what: string, suggestions: string[]): OpsError =>
    new OpsError(error.code, `${error.message} ${what}`, {suggestions, ref: 'docs/runbooks/rotation-incomplete.md'})
  const looks = `patrol revoke ${agent}`
  let token: TokenRef | undefined
  try {
    token = await findLate(deps, user, name, TIMING.settleWaitMs)
    if (!token) return told(`Gitea lists no token ${name} of ${user} so far; it may still appear.`, [looks, again])
    await removeToken(deps, {agent, user}, token)
  } catch (trouble) {
    if (!(trouble instanceof OpsError)) throw trouble
    if (!token)
      return told(`Whether ${name} of ${user} came of it could not be seen: ${trouble.message}`, [looks, again])
    const left = `${name} (id ${token.id}) of ${user} came of it, and is left: ${trouble.message}`
    return told(left, [`patrol revoke ${agent} --id ${token.id} --confirm ${agent}`, again])
  }
  return told(`${name} (id ${token.id}) came of it and was deleted again, since nobody has its value.`, [again])
}
