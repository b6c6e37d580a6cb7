import {randomUUID} from 'node:crypto'
import {json} from '../router.ts'
import {parseCron} from '../scheduler.ts'
import type {Answer} from '../../wire.ts'
import type {Ask, Route} from '../router.ts'
import type {Scheduler} from '../scheduler.ts'
import type {Schedule, World} from '../world.ts'

/** Schedules of a workspace where the platform keeps and runs them. `clock` gives the scheduler of the present world. */
export function scheduleRoutes(clock: () => Scheduler): Route[] {
  const path = '/workspaces/:id/schedules'
  return [
    {method: 'GET', path, guard: 'workspace', until: 'june28', act: (ask) => list(ask, clock())},
    {method: 'POST', path, guard: 'workspace', until: 'june28', act: (ask) => create(ask, clock())},
    {method: 'PATCH', path: `${path}/:sid`, guard: 'workspace', until: 'june28', act: change},
    {method: 'DELETE', path: `${path}/:sid`, guard: 'workspace', until: 'june28', act: remove},
    {method: 'POST', path: `${path}/:sid/run`, guard: 'workspace', until: 'june28', act: run},
    {method: 'GET', path: `${path}/:sid/history`, guard: 'workspace', until: 'june28', act: history},
  ]
}

function list({world, params}: Ask, clock: Scheduler): Answer {
  const workspace = world.workspaces.get(params.id ?? '')
  return json(
    200,
    (workspace?.schedules ?? []).map((schedule) => ({
      id: schedule.id,
      workspace_id: params.id,
      name: schedule.name,
      cron_expr: schedule.cron,
      timezone: schedule.timezone,
      prompt: schedule.prompt,
      enabled: schedule.enabled,
      last_run_at: schedule.lastRunAt,
      next_run_at: clock.nextRun(schedule),
      run_count: schedule.runCount,
      last_status: schedule.lastStatus,
      last_error: schedule.lastError,
      source: 'runtime',
      created_at: schedule.createdAt,
      updated_at: schedule.updatedAt,
    })),
  )
}

function create({world, params, body}: Ask, clock: Scheduler): Answer {
  if (!body) return json(400, {error: 'invalid request body'})
  const {cron_expr: cron, prompt, name, timezone, enabled} = body
  if (typeof cron !== 'string' || typeof prompt !== 'string' || !cron || !prompt) {
    return json(400, {error: 'cron_expr and prompt are required'})
  }
  const zone = typeof timezone === 'string' && timezone ? timezone : 'UTC'
  if (!isTimezone(zone)) return json(400, {error: `invalid timezone: ${zone}`})
  if (!parseCron(cron)) return json(400, {error: 'invalid request body'})
  const workspace = world.workspaces.get(params.id ?? '')
  if (!workspace) return json(500, {error: 'failed to create schedule'})
  const given = {name: typeof name === 'string' ? name : '', cron, timezone: zone, prompt, enabled: enabled !== false}
  const schedule = scheduleOf(world, given)
  workspace.schedules.push(schedule)
  return json(201, {id: schedule.id, status: 'created', next_run_at: clock.nextRun(schedule)})
}

/** A schedule that never ran. */
export function scheduleOf(
  world: World,
  given: Pick<Schedule, 'name' | 'cron' | 'timezone' | 'prompt' | 'enabled'>,
): Schedule {
  const now = world.stamp()
  return {
    id: randomUUID(),
    ...given,
    runs: [],
    lastRunAt: null,
    runCount: 0,
    lastStatus: null,
    lastError: null,
    createdAt: now,
    updatedAt: now,
  }
}

function change(ask: Ask): Answer {
  const {world, body} = ask
  if (!body) return json(400, {error: 'invalid JSON'})
  const schedule = named(ask)
  if (!schedule) return missing()
  const {cron_expr: cron, prompt, name, timezone, enabled} = body
  if (typeof timezone === 'string' && !isTimezone(timezone)) {
    return json(400, {error: `invalid timezone: ${timezone}`})
  }
  if (typeof cron === 'string' && !parseCron(cron)) return json(400, {error: 'invalid request body'})
  if (typeof cron === 'string') schedule.cron = cron
  if (typeof prompt === 'string') schedule.prompt = prompt
  if (typeof name === 'string') schedule.name = name
  if (typeof timezone === 'string') schedule.timezone = timezone
  if (typeof enabled === 'boolean') schedule.enabled = enabled
  schedule.updatedAt = world.stamp()
  return json(200, {status: 'updated'})
}

function remove(ask: Ask): Answer {
  const schedule = named(ask)
  const workspace = ask.world.workspaces.get(ask.params.id ?? '')
  if (!schedule || !workspace) return missing()
  workspace.schedules = workspace.schedules.filter((other) => other !== schedule)
  return json(200, {status: 'deleted'})
}

/** Says `fired`, fires nothing, and leaves no trace in the history. */
function run(ask: Ask): Answer {
  const schedule = named(ask)
  if (!schedule) return missing()
  return json(200, {status: 'fired', workspace_id: ask.params.id, prompt: schedule.prompt})
}

function history({world, params}: Ask): Answer {
  const workspace = world.workspaces.get(params.id ?? '')
  const runs = (workspace?.activity ?? []).filter(
    ({activity_type: type, request_body: request}) => type === 'cron_run' && request?.schedule_id === params.sid,
  )
  return json(
    200,
    runs.slice(0, 20).map((row) => ({
      timestamp: row.created_at,
      duration_ms: row.duration_ms,
      status: row.status,
      error_detail: row.error_detail ?? '',
      request: row.request_body,
    })),
  )
}

function named({world, params}: Ask): Schedule | undefined {
  return world.workspaces.get(params.id ?? '')?.schedules.find(({id}) => id === params.sid)
}

function missing(): Answer {
  return json(404, {error: 'schedule not found'})
}

export function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', {timeZone: name}).format(0) !== ''
  } catch {
    return false
  }
}
