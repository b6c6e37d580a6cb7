import {randomUUID} from 'node:crypto'
import {ownTokenProblem} from '../auth.ts'
import {failed, markProvisioning, provision, stop} from '../life.ts'
import {json} from '../router.ts'
import {isUuid} from '../world.ts'
import {connectionOf} from './tokens.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {SimulatedWorkspace, PlatformWorld} from '../world.ts'

/** Most characters in name, role, model and runtime. */
const LONGEST = [255, 1000, 100, 100]
/** Keys of model vendors that do not go with a model of the platform's (the same from june02 to aug14). */
const VENDOR_KEYS =
  'AI_GATEWAY_API_KEY ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ARCEEAI_API_KEY CLAUDE_CODE_OAUTH_TOKEN CODEX_AUTH_JSON DASHSCOPE_API_KEY DEEPSEEK_API_KEY GEMINI_API_KEY GLM_API_KEY HERMES_CUSTOM_API_KEY HERMES_CUSTOM_BASE_URL HF_TOKEN KIMI_API_KEY KIMI_CN_API_KEY MINIMAX_API_KEY MINIMAX_CN_API_KEY NOUS_API_KEY OPENAI_API_KEY OPENAI_BASE_URL OPENROUTER_API_KEY XAI_API_KEY ZAI_API_KEY'.split(
    ' ',
  )

/** Listing, reading, creating and deleting workspaces. */
export const workspaceRoutes: PlatformRoute[] = [
  {method: 'GET', path: '/workspaces', guard: 'admin', act: list},
  {method: 'POST', path: '/workspaces', guard: 'admin', act: create},
  {method: 'GET', path: '/workspaces/:id', guard: 'none', act: read},
  {method: 'DELETE', path: '/workspaces/:id', guard: 'admin', act: remove},
  {method: 'GET', path: '/workspaces/:id/state', guard: 'workspace', act: state},
]

function list({world}: PlatformVisit): WireAnswer {
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

function read({world, call, id, workspace}: PlatformVisit): WireAnswer {
  if (!isUuid(id)) return json(400, {error: 'invalid workspace ID'})
  if (!workspace) return json(404, {error: 'workspace not found'})
  if (workspace.status === 'removed' && world.facts.hidesRemoved && call.query.get('include_removed') !== 'true') {
    const hint = 'add ?include_removed=true to read it'
    return json(410, {error: 'workspace removed', id, hint, removed_at: workspace.removedAt})
  }
  const told = {
    last_heartbeat_at: workspace.lastHeartbeatAt,
    wedged: false,
    last_sample_error: workspace.lastSampleError,
  }
  const alone = world.facts.tells.single.map((key) => [key, told[key]])
  return json(200, {...common(world, workspace), last_outbound_at: null, ...Object.fromEntries(alone)})
}

/** The fields that the list and the single answer share. */
function common(world: PlatformWorld, workspace: SimulatedWorkspace): Record<string, unknown> {
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
    ...world.facts.tells.both,
    ...(world.facts.kinds && {kind: workspace.kind}),
  }
}

function state({world, call, id, workspace}: PlatformVisit): WireAnswer {
  const problem = ownTokenProblem(world, call, workspace)
  if (problem) return problem
  if (!workspace) return json(404, {workspace_id: id, deleted: true})
  const {status} = workspace
  if (status === 'removed') return json(404, {workspace_id: id, deleted: true, status})
  return json(200, {workspace_id: id, status, paused: status === 'paused', deleted: false})
}

function create({world, body}: PlatformVisit): WireAnswer {
  const wanted = creationOf(body ?? {})
  if (typeof wanted === 'string') return json(400, {error: wanted})
  const refused = world.facts.needsModel ? rejection(world, wanted) : undefined
  if (refused) return refused
  if (typeof wanted.late === 'string') return json(400, {error: wanted.late})
  const {role, runtime, tier, access} = wanted
  const secrets = {...wanted.secrets, ...(world.facts.needsModel && wanted.model && {MODEL: wanted.model})}
  const parentId = wanted.parentId || concierge(world)
  if (parentId && !world.workspaces.has(parentId)) {
    const {status, ...orphan} = world.facts.orphan
    return json(status, {...orphan, ...(orphan.code && {parent_id: parentId})})
  }
  const id = randomUUID()
  const vendorKey = world.facts.needsModel ? refusedKey(world, wanted.secrets) : undefined
  if (vendorKey !== undefined) {
    const error = 'direct vendor key writes are blocked for platform-managed workspaces; use the platform LLM proxy'
    return json(400, {error, key: vendorKey, workspace_id: id})
  }
  const name = freeName(world, wanted.name, parentId ?? null)
  const optional = {...(runtime && {runtime}), ...(parentId && {parentId})}
  const workspace = world.add({id, name, status: 'provisioning', secrets, ...optional})
  workspace.role = role || null
  workspace.tier = world.facts.tier ?? tier
  if (wanted.external) return createExternal(world, workspace, wanted.url)
  if (wanted.lostTemplate) return withoutTemplate(world, workspace)
  markProvisioning(world, workspace)
  provision(world, workspace)
  const answer = {id, status: 'provisioning', workspace_access: access}
  if (!world.facts.inlineToken) return json(201, {...answer, awareness_namespace: `workspace:${id}`})
  if (world.settings.inlineToken === false) return json(201, answer)
  return json(201, {...answer, auth_token: world.issue(workspace, 'api').value})
}

/**
 * A vendor's key beside a model that the platform serves. `june02, run: for any model, since there is no row yet to read
 * it from`
 */
function refusedKey({facts, settings}: PlatformWorld, secrets: Record<string, string>): string | undefined {
  if (!facts.refusesVendorKeys && !settings.models) return undefined
  return Object.keys(secrets).find((key) => VENDOR_KEYS.includes(key.toUpperCase()))
}

/** The template is looked for only when the row is there. */
function withoutTemplate(world: PlatformWorld, workspace: SimulatedWorkspace): WireAnswer {
  if (world.facts.lostTemplate === 'an empty 200') return {status: 200}
  const error = 'path escapes root'
  failed(world, workspace, error)
  return json(422, {error, template: '', runtime: workspace.runtime, code: 'TEMPLATE_UNAVAILABLE'})
}

/** The one below which workspaces are put that name no parent. */
function concierge(world: PlatformWorld): string | undefined {
  if (!world.facts.belowConcierge) return undefined
  const roots = [...world.workspaces.values()].filter(({kind, status}) => kind === 'platform' && status !== 'removed')
  return roots.length === 1 ? roots[0]?.id : undefined
}

/** The name, with the next number where a sibling bears it. */
function freeName(world: PlatformWorld, name: string, parentId: string | null): string {
  if (!world.facts.numbersNames) return name
  const siblings = [...world.workspaces.values()].filter(
    (other) => other.parentId === parentId && other.status !== 'removed',
  )
  const taken = new Set(siblings.map((other) => other.name))
  if (!taken.has(name)) return name
  let number = 2
  while (taken.has(`${name} (${number})`)) number += 1
  return `${name} (${number})`
}

/** What is refused for good, before there is a row. */
function rejection(world: PlatformWorld, creation: Creation): WireAnswer | undefined {
  const {model, runtime, external} = creation
  const {models, workspaceLimit} = world.settings
  if (model === '' && !external) {
    const error = 'model is required and has no platform-side default — pass an explicit "model" in the request body'
    return json(422, {error, runtime: runtime || world.facts.runtime, template: '', code: 'MODEL_REQUIRED'})
  }
  if (models && !models.includes(model) && !external) {
    const of = runtime || world.facts.runtime
    const error = `model "${model}" is not a registered model for runtime "${of}"; pick one of its registered models`
    return json(422, {error, runtime: of, model, code: 'UNREGISTERED_MODEL_FOR_RUNTIME'})
  }
  const present = [...world.workspaces.values()].filter(({status}) => status !== 'removed').length
  if (workspaceLimit !== undefined && present >= workspaceLimit) {
    return json(409, {error: 'workspace limit reached', limit: workspaceLimit, current: present})
  }
  return external ? undefined : missingKey(world, creation)
}

/** Keys with which Anthropic serves its models. */
const ANTHROPIC_KEYS = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']

/**
 * A model that its vendor serves wants a key of that vendor, of the workspace's own or for all. Of vendors' models only
 * Anthropic's with a version are known here (`june13, june28, aug14: claude-… and anthropic:claude-… of claude-code`).
 */
function missingKey(
  {facts, settings, globals}: PlatformWorld,
  {model, runtime, secrets}: Creation,
): WireAnswer | undefined {
  const of = runtime || facts.runtime
  const isVendors = of === 'claude-code' && /^(anthropic:)?claude-/.test(model)
  if (!facts.asksForVendorKeys || settings.models || !isVendors) return undefined
  if (ANTHROPIC_KEYS.some((key) => key in secrets || globals.has(key))) return undefined
  const error =
    `model "${model}" resolves to BYOK provider "anthropic-api" but no credential it accepts ` +
    `(${ANTHROPIC_KEYS.join(', ')}) exists at workspace or org scope`
  return json(422, {error, runtime: of, model, code: 'MISSING_BYOK_CREDENTIAL'})
}

/** Nothing is provisioned: the operator brings the machine. */
function createExternal(world: PlatformWorld, workspace: SimulatedWorkspace, url: string): WireAnswer {
  const {id} = workspace
  if (url) {
    Object.assign(workspace, {runtime: 'external', status: 'online', url})
    return json(201, {id, external: true, status: 'online'})
  }
  if (world.facts.awaitsAgents) Object.assign(workspace, {runtime: 'external', status: 'awaiting_agent'})
  const token = world.settings.inlineToken === false ? '' : world.issue(workspace, 'instance').value
  return json(201, {id, external: true, status: 'awaiting_agent', connection: connectionOf(workspace, token)})
}

interface Creation {
  name: string
  role: string
  runtime: string
  model: string
  parentId: string
  tier: number
  access: string
  url: string
  external: boolean
  /** The template is nowhere to be found, which is noticed too late. */
  lostTemplate: boolean
  /** What is wrong with what is looked at behind the model. */
  late: string | undefined
  secrets: Record<string, string>
}

/** The body of a creation, or the message of the 400 that it gets. */
function creationOf(body: Record<string, unknown>): Creation | string {
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
  if (lostTemplate && !(runtime && model)) return 'invalid template'
  return {
    name,
    role: role ?? '',
    runtime: runtime ?? '',
    model: model ?? '',
    parentId: text('parent_id') ?? '',
    tier: typeof body.tier === 'number' && body.tier > 0 ? body.tier : 3,
    access: access || 'none',
    url: text('url') ?? '',
    external: body.external === true || runtime === 'external',
    lostTemplate,
    late: lateProblem(dir ?? '', access ?? ''),
    secrets: secretsOf(body.secrets),
  }
}

function lateProblem(dir: string, access: string): string | undefined {
  if (dir && !dir.startsWith('/')) return 'invalid workspace directory'
  return ['', 'none', 'read_only', 'read_write'].includes(access) ? undefined : 'invalid workspace access'
}

function secretsOf(given: unknown): Record<string, string> {
  const entries = Object.entries(given ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}

/** Removes the workspace and everything below it; tokens die with them. */
function remove({world, call, id, workspace}: PlatformVisit): WireAnswer {
  if (!workspace) return json(404, {error: 'workspace not found'})
  // April removes what is removed once more, and says so.
  if (workspace.status === 'removed' && world.facts.hidesRemoved) return json(410, {error: 'workspace removed', id})
  const children = world.children(workspace).filter((child) => child.status !== 'removed')
  const {name} = workspace
  if (world.facts.confirmsDeletion && call.headers['x-confirm-name'] !== name) {
    return json(400, {
      error: 'destructive_action_requires_confirmation',
      hint: `Re-send the same request with header X-Confirm-Name: ${name}`,
      workspace_name: name,
      active_tasks: workspace.activeTasks,
      child_count: children.length,
    })
  }
  if (children.length > 0 && call.query.get('confirm') !== 'true') {
    const listed = children.map((child) => ({id: child.id, name: child.name}))
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
