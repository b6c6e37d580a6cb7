import {OpsError} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {TokenRef, Waivers} from './events.ts'
import {removeToken} from './gate.ts'
import {guardGrant, guardMint} from './guards.ts'
import {attempt} from './mint.ts'
import {leased} from './lease.ts'
import {tokenName} from './names.ts'
import type {PlannedCall, RotationDeps} from './request.ts'

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

/** What `mintToken` would do, after its guards. Throws as `guardMint`. */
export function planMint(request: MintRequest, {tokens, clock}: MintDeps): {calls: PlannedCall[]} {
  const {agent, user, scopes} = request
  guardMint(request, tokens.adminUser, request.waive)
  const changes = `a new token ${tokenName(agent, '<id>', clock.now(), 1)} with ${scopes.join(', ')}`
  return {calls: [{act: 'mint', method: 'POST', path: `/api/v1/users/${user}/tokens`, changes}]}
}

/**
 * Mints one token and hands its value to `deliver`, the only place that gets it. When that fails the token is deleted
 * again, for nobody could ever use it. Throws as `guardMint`, `guardGrant` and `TokenAdmin.mint`, and `LEASE_HELD` while
 * another run is at the agent.
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
  const minted = await attempt({tokens}, user, tokenName(agent, ids.rotation(), clock.now(), 1), scopes)
  if ('error' in minted) throw minted.error
  const {token, value} = minted
  try {
    await deliver(value)
  } catch (error) {
    await removeToken({tokens}, user, token)
    if (!(error instanceof OpsError)) throw error
    throw new OpsError(error.code, `${error.message} The token that had just been minted was deleted again.`, error)
  }
  await ledger.apply([{kind: 'minted', user, token, scopes: [...minted.scopes], at: clock.now()}])
  return {agent, user, token, scopes: minted.scopes}
}
