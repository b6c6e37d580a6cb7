import {randomUUID} from 'node:crypto'
import {ownTokenProblem} from '../auth.ts'
import {markProvisioning, provision, stop} from '../life.ts'
import {json} from '../router.ts'
import {isUuid} from '../world.ts'
import {connectionOf} from './tokens.ts'
import type {Answer} from '../../wire.ts'
import type {Ask, Route} from '../router.ts'
import type {Workspace, World} from '../world.ts'

/** Most characters in name, role, model and runtime. */
const LONGEST = [255, 1000, 100, 100]

/** Listing, reading, creating and deleting workspaces. */
export const workspaceRoutes: Route[] = [
  {method: 'GET', path: '/workspaces', guard: 'admin', act: list},
  {method: 'POST', path: '/workspaces', guard: 'admin', act: create},
  {method: 'GET', path: '/workspaces/:id', guard: 'none', act: read},
  {method: 'DELETE', path: '/workspaces/:id', guard: 'admin', act: remove},
  {method: 'GET', path: '/workspaces/:id/state', guard: 'workspace', act: state},
]

function list({world}: Ask): Answer {
  const present = [...world.workspaces.values()].filter((workspace) => workspace.status !== 'removed')
  return json(
    200,
    present.map((workspace) => ({
      ...common(world, workspace),
      last_sample_error: workspace.lastSampleError,
      current_task: workspace.currentTask,
      workspace_dir: null,
      monthly_spend: 0,
      budget_limit: null,
    })),
  )
}

function read({world, call, params}: Ask): Answer {
  const id = params.id ?? ''
  if (!isUuid(id)) return json(400, {error: 'invalid workspace ID'})
  const workspace = world.workspaces.get(id)
  if (!workspace) return json(404, {error: 'workspace not found'})
  if (workspace.status === 'removed' && !world.april && call.query.get('include_removed') !== 'true') {
    const hint = 'add ?include_removed=true to read it'
    return json(410, {error: 'workspace removed', id, hint, removed_at: workspace.removedAt})
  }
  return json(200, {
    ...common(world, workspace),
    last_outbound_at: null,
    ...(!world.april && {last_heartbeat_at: workspace.lastHeartbeatAt, wedged: false}),
  })
}

/** The fields that the list and the single answer share. */
function common(world: World, workspace: Workspace): Record<string, unknown> {
  return {
    id: workspace.id,
    name: workspace.name,
    role: workspace.role,
    tier: workspace.tier,
    status: workspace.status,
    url: workspace.url,
    parent_id: workspace.parentId,
    active_tasks: workspace.activeTasks,
    max_concurrent_tasks: workspace.maxConcurrentTasks,
    last_error_rate: workspace.errorRate,
    uptime_seconds: workspace.uptimeSeconds,
    runtime: workspace.runtime,
    x: 0,
    y: 0,
    collapsed: false,
    agent_card: workspace.agentCard,
    ...(!world.april && {
      kind: workspace.kind,
      compute: null,
      broadcast_enabled: false,
      talk_to_user_enabled: true,
      loaded_mcp_tools: null,
    }),
  }
}

function state({world, call, params}: Ask): Answer {
  const id = params.id ?? ''
  const workspace = world.workspaces.get(id)
  const problem = ownTokenProblem(world, call, workspace)
  if (problem) return problem
  if (!workspace) return json(404, {workspace_id: id, deleted: true})
  const {status} = workspace
  if (status === 'removed') return json(404, {workspace_id: id, deleted: true, status})
  return json(200, {workspace_id: id, status, paused: status === 'paused', deleted: false})
}

function create({world, body}: Ask): Answer {
  const wanted = creationOf(body ?? {}, world.april)
  if (typeof wanted === 'string') return json(400, {error: wanted})
  const refused = world.april ? undefined : rejection(world, wanted)
  if (refused) return refused
  const {name, role, runtime, parentId, tier, access, secrets} = wanted
  if (parentId && !world.workspaces.has(parentId)) return json(500, {error: 'failed to create workspace'})
  const id = randomUUID()
  const optional = {...(runtime && {runtime}), ...(parentId && {parentId})}
  const workspace = world.add({id, name, status: 'provisioning', secrets, ...optional})
  workspace.role = role || null
  workspace.tier = tier
  if (wanted.external) return createExternal(world, workspace, wanted.url)
  // April looks at the template only when the row is there, and then says nothing at all.
  if (wanted.lostTemplate) return {status: 200}
  markProvisioning(world, workspace)
  provision(world, workspace)
  const answer = {id, status: 'provisioning', workspace_access: access}
  if (world.april)
    return json(201, {...answer, awareness_namespace: `workspace:${id}`, ...inlineToken(world, workspace)})
  return json(201, {...answer, ...inlineToken(world, workspace)})
}

function inlineToken(world: World, workspace: Workspace): {auth_token?: string} {
  return world.settings.inlineToken ? {auth_token: world.issue(workspace, 'api').value} : {}
}

/** What June refuses for good, before there is a row. */
function rejection(world: World, {secrets}: Creation): Answer | undefined {
  const {workspaceLimit, requiredSecret} = world.settings
  const present = [...world.workspaces.values()].filter(({status}) => status !== 'removed').length
  if (workspaceLimit !== undefined && present >= workspaceLimit) {
    return json(409, {error: 'workspace limit reached', limit: workspaceLimit, current: present})
  }
  if (requiredSecret === undefined || requiredSecret in secrets) return undefined
  const error = `no credential for the model provider: set ${requiredSecret}`
  return json(422, {error, code: 'MISSING_BYOK_CREDENTIAL'})
}

/** Nothing is provisioned: the operator brings the machine. April cannot store `awaiting_agent`. */
function createExternal(world: World, workspace: Workspace, url: string): Answer {
  const {id} = workspace
  if (url) {
    Object.assign(workspace, {runtime: 'external', status: 'online', url})
    return json(201, {id, external: true, status: 'online'})
  }
  if (!world.april) Object.assign(workspace, {runtime: 'external', status: 'awaiting_agent'})
  const failed = !world.settings.inlineToken && !world.april
  const token = failed ? '' : world.issue(workspace, 'instance').value
  return json(201, {id, external: true, status: 'awaiting_agent', connection: connectionOf(workspace, token)})
}

interface Creation {
  name: string
  role: string
  runtime: string
  parentId: string
  tier: number
  access: string
  url: string
  external: boolean
  /** The template is nowhere to be found, which April notices too late. */
  lostTemplate: boolean
  secrets: Record<string, string>
}

/** The body of a creation, or the message of the 400 that it gets. */
function creationOf(body: Record<string, unknown>, april: boolean): Creation | string {
  const text = (key: string): string | undefined => {
    const value = body[key] ?? ''
    return typeof value === 'string' ? value : undefined
  }
  const name = text('name')
  const role = text('role')
  const model = text('model')
  const runtime = text('runtime')
  const template = text('template')
  const dir = text('workspace_dir')
  const access = text('workspace_access')
  if (!name || [role, model, runtime, template, dir, access].includes(undefined)) return 'invalid workspace payload'
  const lines = [name, role ?? '', model ?? '', runtime ?? '']
  if (lines.some((line, index) => line.length > (LONGEST[index] ?? 0) || /[\r\n]/.test(line))) {
    return 'invalid workspace fields'
  }
  if (/[{}[\]|>*&!]/.test(`${name}${role}`)) return 'invalid workspace fields'
  const lostTemplate = /\.\.|^\//.test(template ?? '')
  if (lostTemplate && !(april && runtime && model)) return 'invalid template'
  if (dir && !dir.startsWith('/')) return 'invalid workspace directory'
  if (!['', 'none', 'read_only', 'read_write'].includes(access ?? '')) return 'invalid workspace access'
  return {
    name,
    role: role ?? '',
    runtime: runtime ?? '',
    parentId: text('parent_id') ?? '',
    tier: typeof body.tier === 'number' && body.tier > 0 ? body.tier : 3,
    access: access || 'none',
    url: text('url') ?? '',
    external: body.external === true || runtime === 'external',
    lostTemplate,
    secrets: secretsOf(body.secrets),
  }
}

function secretsOf(given: unknown): Record<string, string> {
  const entries = Object.entries(given ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}

/** Removes the workspace and everything below it; tokens die with them. */
function remove({world, call, params}: Ask): Answer {
  const workspace = world.workspaces.get(params.id ?? '')
  if (!workspace || workspace.status === 'removed') return json(404, {error: 'workspace not found'})
  const children = world.children(workspace).filter((child) => child.status !== 'removed')
  if (children.length > 0 && call.query.get('confirm') !== 'true') {
    const listed = children.map(({id, name}) => ({id, name}))
    return json(409, {status: 'confirmation_required', children_count: children.length, children: listed})
  }
  const gone = world.family(workspace)
  for (const member of gone) {
    stop(world, member)
    member.status = 'removed'
    member.url = ''
    member.removedAt = world.stamp()
    for (const token of member.tokens) token.live = false
    world.event(member, 'WORKSPACE_REMOVED', {name: member.name})
    if (call.query.get('purge') === 'true') world.workspaces.delete(member.id)
  }
  return json(200, {status: 'removed', cascade_deleted: gone.length - 1})
}
