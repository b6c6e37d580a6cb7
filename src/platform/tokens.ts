import type {WorkspaceToken} from '../rotation/ports.ts'
import {Secret} from '../secret.ts'
import {unexpected} from './faults.ts'
import {TOKEN_MINTED, TOKENS} from './shapes.ts'
import type {Wire} from './wire.ts'
import {workspacePath} from './workspaces.ts'
import {MINT_TOKEN, REVOKE_TOKEN} from './writes.ts'

const PREFIX = 8
/** More than a workspace can have (platform: at most 50 live ones). */
const ROWS = 200

/** The live tokens of a workspace. */
export async function listTokens(wire: Wire, id: string): Promise<WorkspaceToken[]> {
  const path = workspacePath(id, '/tokens')
  const reply = await wire.read(path, {query: {limit: ROWS}})
  const rows = TOKENS.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of tokens')
  }
  return (rows.data.tokens ?? []).map((row) => ({
    id: row.id,
    prefix: row.prefix,
    used: row.last_used_at !== null && row.last_used_at !== undefined,
  }))
}

/**
 * Mints a token of the workspace, by the route that every release has: it takes administrators too, once the workspace was
 * online. (The administrators' own route is missing on older ones, which a page says, and so does a page after a mint; the
 * one for external runtimes revokes every token there is.) Throws `WRITE_IN_DOUBT` when there may be one; any other error when
 * there is none.
 */
export async function mintToken(wire: Wire, id: string): Promise<{prefix: string; value: Secret}> {
  const asked = {method: 'POST', path: workspacePath(id, '/tokens')}
  const reply = await wire.write('POST', asked.path, MINT_TOKEN)
  const minted = TOKEN_MINTED.safeParse(reply.body)
  if (reply.status === 201 && minted.success) {
    const text = minted.data.auth_token
    return {prefix: text.slice(0, PREFIX), value: new Secret(text)}
  }
  throw unexpected(wire.url, asked, reply.status, reply.error)
}

/** Revokes one token by the id of its row; `absent` when it is gone already, so repeating it is harmless. */
export async function revokeToken(wire: Wire, id: string, row: string): Promise<'revoked' | 'absent'> {
  const path = workspacePath(id, `/tokens/${encodeURIComponent(row)}`)
  const reply = await wire.write('DELETE', path, REVOKE_TOKEN)
  if (reply.status === 200) return 'revoked'
  if (reply.status === 404) return 'absent'
  throw unexpected(wire.url, {method: 'DELETE', path}, reply.status, 'the token was not revoked')
}
