import {OpsError} from '../errors.ts'
import {awaitReply, type Heard} from './conversation.ts'
import type {SmokePorts} from './ports.ts'

/** How long deleting the schedule may take, whatever became of the run. */
const CLEANUP_MS = 15_000

type Ports = Pick<SmokePorts, 'agent' | 'clock' | 'newId'>

/** What asking through the platform's scheduler showed, and what it left behind. */
export interface CronHeard {
  heard: Heard
  warnings: string[]
}

/**
 * Asks the way the fleet's own cron does: an every-minute schedule named after the nonce, whose reply is found in the
 * activity list by that nonce. The schedule is deleted whatever happens, an interrupt included: that has an end of its
 * own, some seconds later. If it can't be done, `warnings` says how to do it by hand; where an error ends the test as well, `SCHEDULE_LEFT` is thrown.
 */
export async function askBySchedule(
  ports: Ports,
  workspaceId: string,
  question: {nonce: string; text: string},
  deadline: number,
): Promise<CronHeard> {
  const name = scheduleName(question.nonce)
  const made: {id?: string} = {}
  try {
    const heard = await hear(ports, workspaceId, {...question, name}, deadline, made)
    const left = await remove(ports, workspaceId, name, made.id)
    return {heard, warnings: left === undefined ? [] : [left]}
  } catch (error) {
    const left = await remove(ports, workspaceId, name, made.id)
    if (left === undefined) throw error
    const why = error instanceof OpsError ? error.message : 'the smoke test was cut short'
    throw new OpsError('SCHEDULE_LEFT', `${why}; ${left}`, {ref: 'docs/runbooks/rotation-incomplete.md'})
  }
}

async function hear(
  ports: Ports,
  workspaceId: string,
  question: {nonce: string; text: string; name: string},
  deadline: number,
  made: {id?: string},
): Promise<Heard> {
  const scheduleId = await create(ports, workspaceId, question.name, question.text)
  if (scheduleId === undefined) return {kind: 'unreachable', why: 'the schedule could not be created'}
  made.id = scheduleId
  const heard = await awaitReply(ports, workspaceId, {nonce: question.nonce}, deadline)
  return heard.kind === 'silent' ? whySilent(ports, workspaceId, scheduleId) : heard
}

/** The name that a smoke test's schedule bears, so that a left-over is recognised. */
export function scheduleName(nonce: string): string {
  return `patrol-smoke-${nonce}`
}

/** The new schedule's id. A lost answer is settled by the name; undefined if there is no schedule of that name. */
async function create(ports: Ports, workspaceId: string, name: string, prompt: string): Promise<string | undefined> {
  try {
    return await ports.agent.createSchedule(workspaceId, {name, cron: '* * * * *', prompt})
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'WRITE_IN_DOUBT') throw error
    return (await ports.agent.schedules(workspaceId)).find((schedule) => schedule.name === name)?.id
  }
}

/** The deadline passed: did the schedule run at all? */
async function whySilent(ports: Ports, workspaceId: string, scheduleId: string): Promise<Heard> {
  const row = (await ports.agent.schedules(workspaceId)).find((schedule) => schedule.id === scheduleId)
  if (row === undefined || row.runCount === 0) return {kind: 'unreachable', why: 'the schedule did not run in time'}
  if (row.lastStatus === 'error') return {kind: 'agent-error', status: undefined}
  return {kind: 'silent'}
}

/** Deletes our schedule, trying twice (by id a repeat is harmless); what may be left behind if that fails. */
async function remove(
  ports: Ports,
  workspaceId: string,
  name: string,
  knownId: string | undefined,
): Promise<string | undefined> {
  const end = {signal: AbortSignal.timeout(CLEANUP_MS)}
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      const ids = knownId === undefined ? await idsOf(ports, workspaceId, name, end) : [knownId]
      for (const id of ids) await ports.agent.deleteSchedule(workspaceId, id, end)
      return undefined
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
    }
  }
  const which = knownId === undefined ? `named ${name}` : `${name} (id ${knownId})`
  return (
    `the every-minute schedule ${which} may still be in workspace ${workspaceId}: ` +
    'delete it in the canvas under Schedules, or with DELETE /workspaces/<workspace>/schedules/<id>'
  )
}

async function idsOf(ports: Ports, workspaceId: string, name: string, end: {signal: AbortSignal}): Promise<string[]> {
  const rows = await ports.agent.schedules(workspaceId, end)
  return rows.filter((row) => row.name === name).map((row) => row.id)
}
