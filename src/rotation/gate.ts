import {OpsError} from '../errors.ts'
import type {TokenRef} from './events.ts'
import type {Platform, TokenAdmin} from './ports.ts'
import {heed} from './run.ts'

/** How often one deletion is asked for before it is left to a later run. */
const TRIES = 3

const passed: unique symbol = Symbol('passed the gate')

/** Leave to delete one token. Only the gate makes one, so no deletion goes around it. */
export interface Warrant {
  readonly user: string
  /** Gitea's id of the token. */
  readonly id: number
  readonly [passed]: true
}

/** What every deletion of a Gitea token needs. */
export interface GateDeps {
  tokens: Pick<TokenAdmin, 'remove'>
  signal?: AbortSignal
}

/**
 * Deletes one token by id, as often as it takes: a second deletion answers 404, which counts as done, so a lost answer
 * is safely asked again. The only place that calls a client's `remove`.
 */
export async function removeToken(
  {tokens, signal}: GateDeps,
  user: string,
  {id}: TokenRef,
): Promise<'removed' | 'absent'> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tokens.remove({user, id, [passed]: true})
    } catch (error) {
      const again = error instanceof OpsError && error.category === 'incomplete' && attempt < TRIES
      if (!again) throw error
      heed(signal)
    }
  }
}

/**
 * Revokes a workspace token that we minted ourselves: the one row that came since (`known` were there before) and bears
 * our prefix. Does nothing where there is none. The only place that calls a platform's `revokeWorkspaceToken`.
 */
export async function revokeOwnWorkspaceToken(
  platform: Pick<Platform, 'workspaceTokens' | 'revokeWorkspaceToken'>,
  workspaceId: string,
  {prefix, known}: {prefix: string; known: readonly string[]},
  end?: {signal: AbortSignal},
): Promise<void> {
  const rows = await platform.workspaceTokens(workspaceId, end)
  for (const row of rows) {
    if (row.prefix !== prefix || known.includes(row.id)) continue
    await platform.revokeWorkspaceToken(workspaceId, row.id, end)
  }
}
