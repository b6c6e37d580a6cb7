import {bearerOf, isAdminToken, isOrgToken} from '../auth.ts'
import {deliver, envelopeOf, receive} from '../delivery.ts'
import {queueStatus} from '../queue.ts'
import {json} from '../router.ts'
import type {WireAnswer, WireCall} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {SimulatedWorkspace, PlatformWorld} from '../world.ts'

/** Messages to agents, and what the activity list keeps of them. */
export const a2aRoutes: PlatformRoute[] = [
  {method: 'POST', path: '/workspaces/:id/a2a', guard: 'none', act: send},
  {method: 'GET', path: '/workspaces/:id/a2a/queue/:queue', guard: 'none', since: 'june02', act: queueStatus},
  {method: 'GET', path: '/workspaces/:id/activity', guard: 'workspace', act: activity},
]

async function send({world, call, id, workspace, body}: PlatformVisit): Promise<WireAnswer> {
  const header = call.headers['x-workspace-id']
  const sender = typeof header === 'string' && header !== '' && header !== id ? header : null
  const problem = sender === null ? anonymousProblem(world, call) : senderProblem(world, call, sender)
  if (problem) return problem
  if (!body) return json(400, {error: world.facts.notJson})
  if (!workspace) return json(404, {error: 'workspace not found'})
  const source = sender === null ? undefined : world.workspaces.get(sender)
  if (source && !related(source, workspace)) {
    return json(403, {error: 'access denied: workspaces cannot communicate per hierarchy rules'})
  }
  const envelope = envelopeOf(body)
  receive(world, workspace, envelope, sender)
  return deliver(world, workspace, envelope, sender)
}

/** Of a caller who does not claim to be a workspace August wants some valid bearer, earlier releases nothing. */
function anonymousProblem(world: PlatformWorld, call: WireCall): WireAnswer | undefined {
  if (!world.facts.asksSender) return undefined
  const bearer = bearerOf(call)
  if (!bearer) return json(401, {error: 'missing caller auth token'})
  const known = isAdminToken(world, bearer) || isOrgToken(world, bearer)
  const owned = known || [...world.workspaces.values()].some((workspace) => world.accepts(workspace, bearer))
  return owned ? undefined : json(401, {error: 'invalid caller auth token'})
}

function senderProblem(world: PlatformWorld, call: WireCall, sender: string): WireAnswer | undefined {
  if (/^(?:webhook|system|test|channel):/.test(sender)) return json(403, {error: 'invalid caller ID'})
  const bearer = bearerOf(call)
  if (!bearer) return json(401, {error: 'missing caller auth token'})
  const source = world.workspaces.get(sender)
  return source && world.accepts(source, bearer) ? undefined : json(401, {error: 'invalid caller auth token'})
}

/** Parent and child, or children of one parent. */
function related(a: SimulatedWorkspace, b: SimulatedWorkspace): boolean {
  return a.parentId === b.id || b.parentId === a.id || a.parentId === b.parentId
}

function activity({call, workspace}: PlatformVisit): WireAnswer {
  const source = call.query.get('source') ?? ''
  if (!['', 'canvas', 'agent'].includes(source)) {
    return json(400, {error: "source must be 'canvas' or 'agent'"})
  }
  const type = call.query.get('type') ?? ''
  const asked = Number(call.query.get('limit') ?? 100)
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, 500) : 100
  const rows = (workspace?.activity ?? [])
    .filter((row) => type === '' || row.activity_type === type)
    .filter((row) => source === '' || (row.source_id === null) === (source === 'canvas'))
  return json(200, rows.slice(0, limit))
}
