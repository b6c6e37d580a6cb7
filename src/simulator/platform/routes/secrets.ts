import {ownTokenProblem} from '../auth.ts'
import {clearedToWrite} from '../approval.ts'
import {restartAfterWrite, restartByItself} from '../restart.ts'
import {json} from '../router.ts'
import {isUuid} from '../world.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {StoredSecret, PlatformWorld} from '../world.ts'

/** Secrets of a workspace, and the global ones under both of their paths. */
export const secretRoutes: PlatformRoute[] = [
  {method: 'GET', path: '/workspaces/:id/secrets', guard: 'workspace', act: list},
  {method: 'POST', path: '/workspaces/:id/secrets', guard: 'workspace', act: write},
  {method: 'PUT', path: '/workspaces/:id/secrets', guard: 'workspace', act: write},
  {method: 'GET', path: '/workspaces/:id/secrets/values', guard: 'workspace', act: values},
  {method: 'DELETE', path: '/workspaces/:id/secrets/:key', guard: 'workspace', act: erase},
  {method: 'GET', path: '/settings/secrets', guard: 'admin', act: listGlobal},
  {method: 'POST', path: '/settings/secrets', guard: 'admin', act: writeGlobal},
  {method: 'PUT', path: '/settings/secrets', guard: 'admin', act: writeGlobal},
  {method: 'DELETE', path: '/settings/secrets/:key', guard: 'admin', act: eraseGlobal},
  {method: 'GET', path: '/admin/secrets', guard: 'admin', act: listGlobal},
  {method: 'POST', path: '/admin/secrets', guard: 'admin', act: writeGlobal},
  {method: 'DELETE', path: '/admin/secrets/:key', guard: 'admin', act: eraseGlobal},
]

const badId = (): WireAnswer => json(400, {error: 'invalid workspace ID'})

/** Of a workspace that does not exist the globals are listed all the same. */
function list({world, id, workspace}: PlatformVisit): WireAnswer {
  if (!isUuid(id)) return badId()
  const own = rows(workspace?.secrets ?? new Map(), 'workspace')
  const taken = new Set(own.map((row) => row.key))
  return json(200, [...own, ...rows(world.globals, 'global').filter((row) => !taken.has(row.key))])
}

function values({world, call, id, workspace}: PlatformVisit): WireAnswer {
  if (!isUuid(id)) return badId()
  const problem = ownTokenProblem(world, call, workspace)
  if (problem) return problem
  const globals = Object.fromEntries([...world.globals].map(([key, {value}]) => [key, value]))
  return json(200, workspace ? world.merged(workspace) : globals)
}

/** The gates in their order: id, body, guard of the concierge, approval, and only then the row that may not exist. */
function write({world, call, id, workspace, caller, body}: PlatformVisit): WireAnswer {
  if (!isUuid(id)) return badId()
  const secret = secretIn(body)
  if (!secret) return json(400, {error: 'invalid request body'})
  const {key, value} = secret
  if (world.facts.approvals && caller.kind === 'admin' && workspace?.kind !== 'workspace') {
    const error = 'the admin token may not write secrets of the concierge; use the canvas or a workspace token'
    return json(403, {error, workspace_id: id, key, code: 'CONCIERGE_SELF_WRITE_BLOCKED'})
  }
  if (workspace) {
    const waiting = clearedToWrite(world, workspace, key, caller)
    if (waiting) return waiting
  }
  if (!workspace) return json(500, {error: 'failed to save secret'})
  world.store(workspace.secrets, key, value)
  restartAfterWrite(world, workspace, caller, senderOf(call.headers))
  return json(200, {status: 'saved', key})
}

function erase({world, call, params, id, workspace, caller}: PlatformVisit): WireAnswer {
  const {key = ''} = params
  if (!isUuid(id)) return badId()
  if (!workspace?.secrets.delete(key)) return json(404, {error: 'secret not found'})
  restartAfterWrite(world, workspace, caller, senderOf(call.headers))
  return json(200, {status: 'deleted', key})
}

function listGlobal({world}: PlatformVisit): WireAnswer {
  return json(200, rows(world.globals, 'global'))
}

function writeGlobal({world, body}: PlatformVisit): WireAnswer {
  const secret = secretIn(body)
  if (!secret) return json(400, {error: 'invalid request body'})
  world.store(world.globals, secret.key, secret.value)
  fanOut(world, secret.key)
  return json(200, {status: 'saved', key: secret.key, scope: 'global'})
}

function eraseGlobal({world, params}: PlatformVisit): WireAnswer {
  const {key = ''} = params
  if (!world.globals.delete(key)) return json(404, {error: 'secret not found'})
  fanOut(world, key)
  return json(200, {status: 'deleted', key, scope: 'global'})
}

/** Restarts whoever sees the global value. */
function fanOut(world: PlatformWorld, key: string): void {
  for (const workspace of world.workspaces.values()) {
    if (workspace.secrets.has(key) || (!world.facts.restartsWriters && workspace.kind === 'platform')) continue
    restartByItself(world, workspace)
  }
}

function rows(secrets: Map<string, StoredSecret>, scope: 'workspace' | 'global') {
  return [...secrets]
    .map(([key, {createdAt, updatedAt}]) => ({
      key,
      has_value: true,
      scope,
      created_at: createdAt,
      updated_at: updatedAt,
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

function secretIn(body: Record<string, unknown> | undefined): {key: string; value: string} | undefined {
  const {key, value} = body ?? {}
  return typeof key === 'string' && key && typeof value === 'string' && value ? {key, value} : undefined
}

function senderOf(headers: NodeJS.Dict<string | string[]>): string | undefined {
  const sender = headers['x-workspace-id']
  return typeof sender === 'string' ? sender : undefined
}
