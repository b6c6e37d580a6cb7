import {provision, stop} from '../life.ts'
import {restart} from '../restart.ts'
import {json} from '../router.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'

const NO_CONTAINER = ['external', 'mock']

/** Restart, pause, resume, and the events that tell what became of them. */
export const lifecycleRoutes: PlatformRoute[] = [
  {method: 'POST', path: '/workspaces/:id/restart', guard: 'workspace', act: restartRoute},
  {method: 'POST', path: '/workspaces/:id/pause', guard: 'workspace', act: pause},
  {method: 'POST', path: '/workspaces/:id/resume', guard: 'workspace', act: resume},
  {method: 'GET', path: '/events/:id', guard: 'admin', act: events},
]

/** The workspace's own status is hardly looked at: paused, hibernated and up to June 2 removed ones restart as well. */
function restartRoute({world, call, id: asked, body}: PlatformVisit): WireAnswer {
  const id = asked.toLowerCase()
  if (!/^[0-9a-f-]{36}$/.test(id)) return json(500, {error: 'lookup failed'})
  if (world.facts.readsRestart && call.body.length > 0 && !body) return json(400, {error: 'invalid JSON body'})
  const workspace = world.workspaces.get(id)
  if (!workspace || (workspace.status === 'removed' && !world.facts.restartsRemoved)) {
    return json(404, {error: 'workspace not found'})
  }
  const {runtime} = workspace
  if (!world.facts.restartsExternal && NO_CONTAINER.includes(runtime)) {
    const message = `runtime ${runtime} has no container of ours; restart the agent where it runs`
    return json(200, {status: 'noop', runtime, message})
  }
  const paused = world.pausedAncestor(workspace)
  if (paused) return json(409, {error: `parent workspace "${paused.name}" is paused — resume it first`})
  restart(world, workspace)
  const template = typeof body?.template === 'string' && body.template ? body.template : undefined
  return json(200, {
    status: 'provisioning',
    config_dir: template ?? 'existing-volume',
    reset_session: body?.reset === true || call.query.get('reset') === 'true',
  })
}

function pause({world, workspace}: PlatformVisit): WireAnswer {
  if (!workspace || workspace.status === 'paused' || workspace.status === 'removed') {
    return json(404, {error: 'workspace not found or already paused'})
  }
  const affected = world.family(workspace).filter(({status}) => status !== 'paused' && status !== 'removed')
  for (const member of affected) {
    stop(world, member)
    member.status = 'paused'
    member.url = ''
    world.event(member, 'WORKSPACE_PAUSED', {name: member.name})
  }
  return json(200, {status: 'paused', paused_count: affected.length})
}

function resume({world, workspace}: PlatformVisit): WireAnswer {
  if (workspace?.status !== 'paused') return json(404, {error: 'workspace not found or not paused'})
  const above = world.pausedAncestor(workspace)
  if (above) return json(409, {error: `parent workspace "${above.name}" is paused — resume it first`})
  const affected = world.family(workspace).filter(({status}) => status === 'paused')
  for (const member of affected) provision(world, member)
  return json(200, {status: 'provisioning', resumed_count: affected.length})
}

function events({workspace}: PlatformVisit): WireAnswer {
  return json(200, workspace?.events.slice(0, 100) ?? [])
}
