import {json} from '../router.ts'
import {runNow} from '../scheduler.ts'
import {newSchedule} from '../world.ts'
import {changesOf, missing, noJson, scheduleShape, termsOf} from './schedules.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {Scheduler} from '../scheduler.ts'
import type {SimulatedSchedule, ScheduleTerms, SimulatedWorkspace} from '../world.ts'

/**
 * Schedules where they live in the workspace's own runtime: the platform passes on what its daemon says. A schedule's id
 * is its name, nobody counts its runs, and until the first creation the daemon may not even be there.
 */
export function runtimeScheduleRoutes(clock: () => Scheduler): PlatformRoute[] {
  const path = '/workspaces/:id/schedules'
  const here = {guard: 'workspace', since: 'aug14'} as const
  return [
    {...here, method: 'GET', path, act: (ask) => list(ask, clock())},
    {...here, method: 'POST', path, act: (ask) => create(ask, clock())},
    {...here, method: 'PATCH', path: `${path}/:sid`, act: change},
    {...here, method: 'DELETE', path: `${path}/:sid`, act: remove},
    {...here, method: 'POST', path: `${path}/:sid/run`, act: run},
    {...here, method: 'GET', path: `${path}/:sid/history`, act: history},
  ]
}

/** Who serves the schedules of a workspace, or the platform's word on why nobody does. */
function reached({workspace}: PlatformVisit): SimulatedWorkspace | WireAnswer {
  if (!workspace) return json(404, {error: 'workspace not found'})
  if (!workspace.process || workspace.url === '') return json(503, {error: 'workspace url not registered yet'})
  if (workspace.seed.schedules === 'later' && !workspace.enrolled) {
    workspace.enrolled = true
    const detail = 'Inbound secret was just minted. Workspace will pick it up on its next heartbeat.'
    return json(503, {
      error: 'workspace re-registering — please retry in 30 seconds',
      detail,
      retry_after_seconds: 30,
    })
  }
  return workspace
}

function served(ask: PlatformVisit, act: (workspace: SimulatedWorkspace) => WireAnswer): WireAnswer {
  const workspace = reached(ask)
  if (!('seed' in workspace)) return workspace
  return workspace.daemon ? act(workspace) : json(404, {error: 'schedule backend error'})
}

function list(ask: PlatformVisit, clock: Scheduler): WireAnswer {
  return served(ask, ({id, schedules}) =>
    json(
      200,
      schedules.map((schedule) => scheduleShape(id, schedule, clock)),
    ),
  )
}

/** The daemon is started before anything is handed to it; a creation whose answer was lost may be sent again. */
function create(ask: PlatformVisit, clock: Scheduler): WireAnswer {
  const wanted = termsOf(ask.body ?? {}, {
    zone: (name) => `invalid timezone "${name}": unknown time zone ${name}`,
    cron: (expression) => `invalid cron expression "${expression}"`,
  })
  if ('status' in wanted) return wanted
  const workspace = reached(ask)
  if (!('seed' in workspace)) return workspace
  if (workspace.seed.schedules === 'never') return json(503, {error: 'scheduler starting, retry'})
  workspace.daemon = true
  const there = workspace.schedules.find((schedule) => schedule.name === wanted.name)
  if (there && !same(there, wanted)) return json(400, {error: `schedule "${wanted.name}" already exists`})
  const schedule = there ?? newSchedule(wanted, ask.world.stamp())
  if (!there) workspace.schedules.push(schedule)
  return json(201, {id: schedule.name, status: 'created', next_run_at: clock.nextRun(schedule)})
}

function same(a: SimulatedSchedule, b: ScheduleTerms): boolean {
  return a.cron === b.cron && a.prompt === b.prompt && a.timezone === b.timezone && a.enabled === b.enabled
}

function change(ask: PlatformVisit): WireAnswer {
  if (!ask.body) return noJson()
  const changes = changesOf(ask.body)
  if ('status' in changes) return changes
  return withSchedule(ask, (schedule) => {
    Object.assign(schedule, changes)
    return json(200, {status: 'updated'})
  })
}

function remove(ask: PlatformVisit): WireAnswer {
  return withSchedule(ask, (schedule, workspace) => {
    workspace.schedules = workspace.schedules.filter((other) => other !== schedule)
    return json(200, {status: 'deleted'})
  })
}

/** Fires by the daemon, whose turn it is: nobody need send the prompt. */
function run(ask: PlatformVisit): WireAnswer {
  return withSchedule(ask, (schedule, workspace) => {
    void runNow(ask.world, workspace, schedule)
    return json(200, {status: 'fired', workspace_id: workspace.id, fired_by: 'daemon'})
  })
}

function history(ask: PlatformVisit): WireAnswer {
  return withSchedule(ask, ({name, runs}) =>
    json(
      200,
      runs
        .toReversed()
        .slice(0, 20)
        .map((at) => ({
          timestamp: at,
          duration_ms: null,
          status: 'ok',
          error_detail: '',
          request: {poked: false, schedule_id: name, scheduled_for: at},
        })),
    ),
  )
}

function withSchedule(
  ask: PlatformVisit,
  act: (schedule: SimulatedSchedule, workspace: SimulatedWorkspace) => WireAnswer,
): WireAnswer {
  return served(ask, (workspace) => {
    const schedule = workspace.schedules.find(({name}) => name === ask.params.sid)
    return schedule ? act(schedule, workspace) : missing()
  })
}
