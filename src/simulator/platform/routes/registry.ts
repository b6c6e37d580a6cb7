import {bearerOf} from '../auth.ts'
import {heartbeat, register} from '../life.ts'
import {json} from '../router.ts'
import type {WireAnswer, WireCall} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {SimulatedWorkspace, PlatformWorld} from '../world.ts'

/** What runtimes call. Both paths are outside the tenant guard. */
export const registryRoutes: PlatformRoute[] = [
  {method: 'POST', path: '/registry/register', guard: 'none', act: registerRoute},
  {method: 'POST', path: '/registry/heartbeat', guard: 'none', act: heartbeatRoute},
]

/** The first registration without any live token is given one; a workspace nobody created is entered by its id. */
function registerRoute({world, call, body}: PlatformVisit): WireAnswer {
  const {id, url, agent_card: card} = body ?? {}
  if (typeof id !== 'string' || !id || typeof url !== 'string' || !url || typeof card !== 'object' || card === null) {
    return json(400, {error: 'invalid request body'})
  }
  const workspace = world.workspaces.get(id) ?? world.add({id, name: id, status: 'offline'})
  const bootstrap = guarding(world, workspace).length === 0
  const problem = runtimeProblem(world, workspace, call)
  if (problem) return problem
  register(world, workspace, url, card)
  if (!bootstrap) return json(200, {status: 'registered'})
  return json(200, {status: 'registered', auth_token: world.issue(workspace, 'instance').value})
}

function heartbeatRoute({world, call, body}: PlatformVisit): WireAnswer {
  const {workspace_id: id} = body ?? {}
  if (typeof id !== 'string' || !id) return json(400, {error: 'invalid request body'})
  const workspace = world.workspaces.get(id)
  if (!workspace) return json(200, {status: 'ok'})
  const problem = runtimeProblem(world, workspace, call)
  if (problem) return problem
  heartbeat(world, workspace, {
    uptimeSeconds: numberIn(body, 'uptime_seconds'),
    errorRate: numberIn(body, 'error_rate'),
    activeTasks: numberIn(body, 'active_tasks'),
    sampleError: textIn(body, 'sample_error'),
    currentTask: textIn(body, 'current_task'),
    wedged: textIn(body, 'runtime_state') === 'wedged',
  })
  return json(200, {status: 'ok'})
}

/** While a token is live (June: one of the runtime's), only a bearer of this workspace may speak for it. */
function runtimeProblem(world: PlatformWorld, workspace: SimulatedWorkspace, call: WireCall): WireAnswer | undefined {
  if (guarding(world, workspace).length === 0) return undefined
  const bearer = bearerOf(call)
  if (!bearer) return json(401, {error: 'missing workspace auth token'})
  return world.accepts(workspace, bearer) ? undefined : json(401, {error: 'invalid workspace auth token'})
}

function guarding(world: PlatformWorld, workspace: SimulatedWorkspace): unknown[] {
  return workspace.tokens.filter((token) => token.live && world.isRuntimes(token))
}

function numberIn(body: Record<string, unknown> | undefined, key: string): number {
  const value = body?.[key]
  return typeof value === 'number' ? value : 0
}

function textIn(body: Record<string, unknown> | undefined, key: string): string {
  const value = body?.[key]
  return typeof value === 'string' ? value : ''
}
