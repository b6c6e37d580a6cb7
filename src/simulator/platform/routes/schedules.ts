import {json} from '../router.ts'
import {parseCron} from '../scheduler.ts'
import {newSchedule} from '../world.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {Scheduler} from '../scheduler.ts'
import type {SimulatedSchedule, ScheduleTerms} from '../world.ts'

/** Schedules of a workspace where the platform keeps and runs them. `clock` gives the scheduler of the present world. */
export function scheduleRoutes(clock: () => Scheduler): PlatformRoute[] {
  const path = '/workspaces/:id/schedules'
  const here = {guard: 'workspace', until: 'june28'} as const
  return [
    {...here, method: 'GET', path, act: (ask) => list(ask, clock())},
    {...here, method: 'POST', path, act: (ask) => create(ask, clock())},
    {...here, method: 'PATCH', path: `${path}/:sid`, act: change},
    {...here, method: 'DELETE', path: `${path}/:sid`, act: remove},
    {...here, method: 'POST', path: `${path}/:sid/run`, act: run},
    {...here, method: 'GET', path: `${path}/:sid/history`, act: history},
  ]
}

function list({id, workspace}: PlatformVisit, clock: Scheduler): WireAnswer {
  const rows = workspace?.schedules.map((schedule) => ({
    ...scheduleShape(id, schedule, clock),
    id: schedule.id,
    last_run_at: schedule.lastRunAt,
    run_count: schedule.runCount,
    last_status: schedule.lastStatus,
    last_error: schedule.lastError,
    created_at: schedule.createdAt,
    updated_at: schedule.updatedAt,
  }))
  return json(200, rows ?? [])
}

/** A schedule as a runtime's daemon tells it, which counts no runs. */
export function scheduleShape(
  workspaceId: string,
  schedule: SimulatedSchedule,
  clock: Scheduler,
): Record<string, unknown> {
  return {
    id: schedule.name,
    workspace_id: workspaceId,
    name: schedule.name,
    cron_expr: schedule.cron,
    timezone: schedule.timezone,
    prompt: schedule.prompt,
    enabled: schedule.enabled,
    last_run_at: null,
    next_run_at: clock.nextRun(schedule),
    run_count: 0,
    last_status: '',
    last_error: '',
    source: 'runtime',
    created_at: '0001-01-01T00:00:00Z',
    updated_at: '0001-01-01T00:00:00Z',
  }
}

function create({world, workspace, body}: PlatformVisit, clock: Scheduler): WireAnswer {
  if (!body) return json(400, {error: 'invalid request body'})
  const terms = termsOf(body, {zone: badZone, cron: () => 'invalid request body'})
  if ('status' in terms) return terms
  if (!workspace) return json(500, {error: 'failed to create schedule'})
  const schedule = newSchedule(terms, world.stamp())
  workspace.schedules.push(schedule)
  return json(201, {id: schedule.id, status: 'created', next_run_at: clock.nextRun(schedule)})
}

/** What a new schedule is to be, or the 400 that says in the server's `words` why it can't. */
export function termsOf(
  body: Record<string, unknown>,
  words: {zone: (name: string) => string; cron: (expression: string) => string},
): ScheduleTerms | WireAnswer {
  const {cron_expr: cron, prompt, name, timezone, enabled} = body
  if (typeof cron !== 'string' || typeof prompt !== 'string' || !cron || !prompt) {
    return json(400, {error: 'cron_expr and prompt are required'})
  }
  const zone = typeof timezone === 'string' && timezone ? timezone : 'UTC'
  if (!isTimezone(zone)) return json(400, {error: words.zone(zone)})
  if (!parseCron(cron)) return json(400, {error: words.cron(cron)})
  return {name: typeof name === 'string' ? name : '', cron, timezone: zone, prompt, enabled: enabled !== false}
}

/** What a change says of a schedule, whatever else it says; or its 400. */
export function changesOf(body: Record<string, unknown>): Partial<ScheduleTerms> | WireAnswer {
  const {cron_expr: cron, prompt, timezone, enabled} = body
  if (typeof timezone === 'string' && !isTimezone(timezone)) return json(400, {error: badZone(timezone)})
  return {
    ...(typeof cron === 'string' && {cron}),
    ...(typeof prompt === 'string' && {prompt}),
    ...(typeof timezone === 'string' && {timezone}),
    ...(typeof enabled === 'boolean' && {enabled}),
  }
}

function change(ask: PlatformVisit): WireAnswer {
  const {world, body} = ask
  if (!body) return noJson()
  const schedule = named(ask)
  if (!schedule) return missing()
  const changes = changesOf(body)
  if ('status' in changes) return changes
  if (changes.cron !== undefined && !parseCron(changes.cron)) return json(400, {error: 'invalid request body'})
  Object.assign(schedule, changes, typeof body.name === 'string' && {name: body.name}, {updatedAt: world.stamp()})
  return json(200, {status: 'updated'})
}

function remove(ask: PlatformVisit): WireAnswer {
  const schedule = named(ask)
  if (!schedule || !ask.workspace) return missing()
  ask.workspace.schedules = ask.workspace.schedules.filter((other) => other !== schedule)
  return json(200, {status: 'deleted'})
}

/** Says `fired`, fires nothing, and leaves no trace in the history. */
function run(ask: PlatformVisit): WireAnswer {
  const schedule = named(ask)
  return schedule ? json(200, {status: 'fired', workspace_id: ask.id, prompt: schedule.prompt}) : missing()
}

function history({workspace, params}: PlatformVisit): WireAnswer {
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

function named({workspace, params}: PlatformVisit): SimulatedSchedule | undefined {
  return workspace?.schedules.find(({id}) => id === params.sid)
}

/** What a change without an object gets. */
export const noJson = (): WireAnswer => json(400, {error: 'invalid JSON'})
/** What a schedule that is not there gets. */
export const missing = (): WireAnswer => json(404, {error: 'schedule not found'})

function badZone(name: string): string {
  return `invalid timezone: ${name}`
}

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', {timeZone: name}).format(0) !== ''
  } catch {
    return false
  }
}
