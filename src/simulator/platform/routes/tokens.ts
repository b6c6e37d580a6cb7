import {bearerOf, isAdminToken} from '../auth.ts'
import {json} from '../router.ts'
import {isUuid} from '../world.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {SimulatedWorkspace, PlatformWorld} from '../world.ts'

const MOST_TOKENS = 50

/** Tokens of a workspace: listing, minting and its other ways, revoking. */
export const tokenRoutes: PlatformRoute[] = [
  {method: 'GET', path: '/workspaces/:id/tokens', guard: 'workspace', act: list},
  {method: 'POST', path: '/workspaces/:id/tokens', guard: 'workspace', act: mint},
  {method: 'DELETE', path: '/workspaces/:id/tokens/:tokenId', guard: 'workspace', act: revoke},
  {method: 'POST', path: '/admin/workspaces/:id/tokens', guard: 'admin', since: 'june02', act: adminMint},
  {method: 'GET', path: '/admin/workspaces/:id/test-token', guard: 'none', until: 'april', act: testToken},
  {method: 'GET', path: '/workspaces/:id/external/connection', guard: 'workspace', since: 'june02', act: connection},
  {method: 'POST', path: '/workspaces/:id/external/rotate', guard: 'workspace', since: 'june02', act: rotate},
]

function list({call, workspace}: PlatformVisit): WireAnswer {
  const limit = whole(call.query.get('limit'), 50, [1, 200])
  const offset = whole(call.query.get('offset'), 0, [0, Number.MAX_SAFE_INTEGER])
  const live = (workspace?.tokens ?? []).filter((token) => token.live).toReversed()
  const tokens = live.slice(offset, offset + limit).map(({id, value, createdAt, lastUsedAt}) => ({
    id,
    prefix: value.slice(0, 8),
    created_at: createdAt,
    last_used_at: lastUsedAt,
  }))
  return json(200, {tokens, count: tokens.length})
}

function mint({world, id, workspace}: PlatformVisit): WireAnswer {
  if (world.facts.checksIds && !isUuid(id)) return json(400, {error: 'invalid workspace id'})
  return workspace ? minted(world, workspace) : json(500, {error: 'failed to create token'})
}

function adminMint({world, id, workspace}: PlatformVisit): WireAnswer {
  if (!isUuid(id)) return json(400, {error: 'invalid workspace id'})
  return workspace ? minted(world, workspace) : json(404, {error: 'workspace not found'})
}

function minted(world: PlatformWorld, workspace: SimulatedWorkspace): WireAnswer {
  if (workspace.tokens.filter((token) => token.live).length >= MOST_TOKENS) {
    return json(429, {error: `maximum ${MOST_TOKENS} active tokens per workspace`})
  }
  const message = 'Save this token now; it is shown only once.'
  const {value} = world.issue(workspace, 'api')
  return json(201, {auth_token: value, workspace_id: workspace.id, message})
}

/** Never in production; where there is an admin token, only that opens it. */
function testToken({world, call, workspace}: PlatformVisit): WireAnswer {
  if (world.settings.testTokens !== true) return json(404, {error: 'not found'})
  if (world.adminToken && !isAdminToken(world, bearerOf(call))) return json(401, {error: 'admin auth required'})
  if (!workspace) return json(404, {error: 'workspace not found'})
  return json(200, {auth_token: world.issue(workspace, 'api').value, workspace_id: workspace.id})
}

/** The token is shown only when it is new. */
function connection(ask: PlatformVisit): WireAnswer {
  return external(ask, (workspace) => json(200, {connection: connectionOf(workspace, '')}))
}

/** Every token of the workspace dies first. */
function rotate(ask: PlatformVisit): WireAnswer {
  return external(ask, (workspace) => {
    for (const token of workspace.tokens) token.live = false
    return json(200, {connection: connectionOf(workspace, ask.world.issue(workspace, 'instance').value)})
  })
}

function external({workspace}: PlatformVisit, then: (workspace: SimulatedWorkspace) => WireAnswer): WireAnswer {
  if (!workspace) return json(404, {error: 'workspace not found'})
  const {runtime} = workspace
  if (runtime === 'external') return then(workspace)
  const hint = 'the platform itself gives tokens to the workspaces that it runs'
  return json(400, {error: 'rotate is only valid for external/BYO-compute workspaces', runtime, hint})
}

/** What an operator needs to bring a machine of their own. */
export function connectionOf({id}: SimulatedWorkspace, token: string): Record<string, string> {
  return {
    workspace_id: id,
    platform_url: 'http://platform.invalid',
    auth_token: token,
    registry_endpoint: '/registry/register',
    heartbeat_endpoint: '/registry/heartbeat',
    curl_register_template: '',
    python_snippet: '',
  }
}

function revoke({params, workspace}: PlatformVisit): WireAnswer {
  const tokens = workspace?.tokens ?? []
  const token = tokens.find((candidate) => candidate.live && candidate.id === params.tokenId)
  if (!token) return json(404, {error: 'token not found or already revoked'})
  token.live = false
  return json(200, {status: 'revoked'})
}

/** A query's whole number; what is missing or out of range is the default. */
function whole(value: string | null, fallback: number, [low, high]: readonly [number, number]): number {
  const number = Number(value ?? Number.NaN)
  return Number.isInteger(number) && number >= low && number <= high ? number : fallback
}
