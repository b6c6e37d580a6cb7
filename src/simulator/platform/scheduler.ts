import {randomUUID} from 'node:crypto'
import {deliver, messageOf, receive} from './delivery.ts'
import type {SimulatedSchedule, SimulatedWorkspace, PlatformWorld} from './world.ts'

const MINUTE_MS = 60_000
const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const
const A_YEAR = 366 * 24 * 60

/** The minutes at which a schedule is due, in UTC; undefined for anything that is not five valid cron fields. */
export function parseCron(expression: string): ((time: Date) => boolean) | undefined {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== RANGES.length) return undefined
  const allowed = fields.map((field, index) => valuesOf(field, RANGES[index] ?? [0, 0]))
  if (allowed.some((values) => values === undefined)) return undefined
  return (time) => {
    const weekday = time.getUTCDay()
    const now = [time.getUTCMinutes(), time.getUTCHours(), time.getUTCDate(), time.getUTCMonth() + 1, weekday]
    return now.every((value, index) => {
      const values = allowed[index]
      return values?.has(value) || (index === 4 && value === 0 && values?.has(7))
    })
  }
}

/**
 * Cron on a fast clock: every two heartbeats of the workspaces one minute goes by, so `* * * * *` fires that often.
 * Only the scheduler lives on this clock; the times it reports are real ones.
 */
export class Scheduler {
  readonly #world: PlatformWorld
  #minute = Math.floor(Date.now() / MINUTE_MS)

  constructor(world: PlatformWorld) {
    this.#world = world
    this.#arm()
  }

  /** When this schedule fires next, RFC 3339; null when it is off or not within a year. */
  nextRun(schedule: SimulatedSchedule): string | null {
    const due = parseCron(schedule.cron)
    if (!due || !schedule.enabled) return null
    for (let ahead = 1; ahead <= A_YEAR; ahead += 1) {
      if (!due(new Date((this.#minute + ahead) * MINUTE_MS))) continue
      return new Date(Date.now() + ahead * this.#minuteMs).toISOString()
    }
    return null
  }

  get #minuteMs(): number {
    return this.#world.settings.heartbeatMs * 2
  }

  #arm(): void {
    this.#world.later(this.#minuteMs, () => {
      this.#minute += 1
      const time = new Date(this.#minute * MINUTE_MS)
      const own = this.#world.facts.schedules === 'runtime' ? runNow : fire
      for (const workspace of this.#world.workspaces.values()) {
        for (const schedule of workspace.schedules) {
          if (schedule.enabled && parseCron(schedule.cron)?.(time)) void own(this.#world, workspace, schedule)
        }
      }
      this.#arm()
    })
  }
}

/** Has the workspace's own daemon run a schedule, now. */
export async function runNow(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  schedule: SimulatedSchedule,
): Promise<void> {
  schedule.runs.push(world.stamp())
  const envelope = messageOf(schedule.prompt, `cron-${randomUUID().slice(0, 8)}`)
  receive(world, workspace, envelope, workspace.id)
  await deliver(world, workspace, envelope, workspace.id)
}

/** Sends the prompt to the agent and records how that went. A queued delivery counts as done. */
async function fire(world: PlatformWorld, workspace: SimulatedWorkspace, schedule: SimulatedSchedule): Promise<void> {
  const started = Date.now()
  const envelope = messageOf(schedule.prompt, `cron-${randomUUID().slice(0, 8)}`)
  const {status} = await deliver(world, workspace, envelope, null)
  const detail = status < 300 ? '' : `A2A proxy answered ${status}`
  schedule.lastRunAt = world.stamp()
  schedule.runCount += 1
  schedule.lastStatus = detail ? 'error' : 'ok'
  schedule.lastError = detail
  workspace.activity.unshift({
    id: randomUUID(),
    workspace_id: workspace.id,
    activity_type: 'cron_run',
    source_id: null,
    target_id: null,
    method: 'cron',
    summary: `Cron: ${schedule.name}`,
    duration_ms: Date.now() - started,
    status: schedule.lastStatus,
    error_detail: detail || null,
    created_at: world.stamp(),
    request_body: {schedule_id: schedule.id, schedule_name: schedule.name, prompt: schedule.prompt},
  })
}

/** `*`, `5`, `1-5`, with or without a step, and lists of them. */
function valuesOf(field: string, [low, high]: readonly [number, number]): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const found = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part)
    if (!found) return undefined
    const [, first, last, stride] = found
    const from = first === undefined ? low : Number(first)
    const to = last === undefined ? (first === undefined || stride !== undefined ? high : from) : Number(last)
    const step = stride === undefined ? 1 : Number(stride)
    if (from < low || to > high || from > to || step < 1) return undefined
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}
