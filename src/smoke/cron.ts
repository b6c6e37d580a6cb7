import {isInterrupt, OpsError, orElse} from '../errors.ts'
import {awaitReply, type AskEnd, type Patience} from './conversation.ts'
import type {Schedule, SmokePorts} from './ports.ts'

/** How long deleting the schedule may take, whatever became of the run. */
const CLEANUP_MS = 15_000
/** A create whose answer was lost may come to pass as late as this. */
const LATE_MS = 2000
/** A test is over by then, the longest wait for an answer included. */
const OVER_MS = 30 * 60_000
const PREFIX = 'patrol-smoke-'

type CronPorts = Pick<SmokePorts, 'agent' | 'clock' | 'newId' | 'onWait'>

/** What asking through the platform's scheduler showed, and what it left behind. */
export interface CronHeard {
  heard: AskEnd
  warnings: string[]
}

/** Our schedule: its id, or undefined where the answer to its creation was lost. */
interface Ours {
  workspaceId: string
  name: string
  id: string | undefined
  /** How it was lost. */
  doubt?: string
}

/**
 * Asks the way the fleet's own cron does: an every-minute schedule named after the nonce, whose reply is found in the
 * activity list by that nonce. One that ran, or may have, is waited for longer, as any question that was taken on. The
 * schedule is deleted whatever happens, an interrupt included: that has an end of its
 * own, some seconds later. If it can't be done, `warnings` says how to do it by hand; where an error ends the test as
 * well, `SCHEDULE_LEFT` tells both. A create that the platform refused made none, and its error is thrown as it is.
 */
export async function askBySchedule(
  ports: CronPorts,
  workspaceId: string,
  question: {nonce: string; text: string},
  patience: Patience,
): Promise<CronHeard> {
  const ours = await create(ports, workspaceId, scheduleName(question.nonce), question.text)
  let heard: AskEnd
  try {
    heard = await hear(ports, ours, question.nonce, patience)
  } catch (error) {
    throw ended(error, ours, (await remove(ports, ours)).ours)
  }
  const left = await remove(ports, ours)
  return {heard, warnings: [...(left.ours === undefined ? [] : [left.ours]), ...left.strays]}
}

/** How the test ends where an error ended it: with what became of the schedule, if that is not as it was before. */
function ended(error: unknown, {name, workspaceId}: Ours, left: string | undefined): unknown {
  const why = error instanceof OpsError ? error.message : 'The smoke test was stopped.'
  if (left !== undefined) return new OpsError('SCHEDULE_LEFT', {why, left})
  if (!isInterrupt(error)) return error
  return new OpsError('INTERRUPTED', {case: 'smoke', why, schedule: name, workspace: workspaceId})
}

async function hear(ports: CronPorts, ours: Ours, nonce: string, {deadline, latest}: Patience): Promise<AskEnd> {
  const {workspaceId} = ours
  // By its name, for as long as nothing else tells it.
  ours.id ??= (await rowsOf(ports, ours))[0]?.id
  if (ours.id === undefined) {
    return {kind: 'unreachable', why: `the schedule could not be created${ours.doubt ? `: ${ours.doubt}` : ''}`}
  }
  const why = 'its schedule ran'
  // Every minute brings another delivery.
  const pending = {nonce, latest, afterFailureMs: Infinity, why}
  const heard = await awaitReply(ports, workspaceId, {...pending, until: deadline})
  if (heard.kind !== 'silent') return heard
  const [row] = await rowsOf(ports, ours)
  const silent = whySilent(row, heard)
  if (silent.kind !== 'silent') return silent
  if (row?.lastStatus !== 'skipped') await noMore(ports, ours)
  const later = await awaitReply(ports, workspaceId, {...pending, until: latest})
  return later.kind === 'silent' ? silent : later
}

/** What has been taken on is waited for, and a question for each minute of that is more than an agent needs. */
async function noMore(ports: CronPorts, {workspaceId, id}: Ours): Promise<void> {
  // Where this fails, it is deleted at the end all the same.
  await ports.agent.deleteSchedule(workspaceId, id!).catch(orElse(() => {}))
}

/** The name that a smoke test's schedule bears, so that a left-over is recognised. */
export function scheduleName(nonce: string): string {
  return PREFIX + nonce
}

/** Creates it, once. Throws what the platform refuses it with, and `INTERRUPTED` where nothing was sent. */
async function create(ports: CronPorts, workspaceId: string, name: string, prompt: string): Promise<Ours> {
  const ours = {workspaceId, name}
  return ports.agent.createSchedule(workspaceId, {name, cron: '* * * * *', prompt}).then(
    (id) => ({...ours, id}),
    orElse(({message}) => ({...ours, id: undefined, doubt: message}), 'WRITE_IN_DOUBT'),
  )
}

async function rowsOf(ports: CronPorts, {workspaceId, name}: Ours, end?: {signal: AbortSignal}): Promise<Schedule[]> {
  return (await ports.agent.schedules(workspaceId, end)).filter((row) => row.name === name)
}

/** The deadline passed: did the schedule run at all? `skipped`: the agent was busy, and the next minute tries again. */
function whySilent(row: Schedule | undefined, heard: AskEnd): AskEnd {
  if (row === undefined || row.runCount === 0) return {kind: 'unreachable', why: 'the schedule did not run in time'}
  if (row.runCount === undefined) return {kind: 'silent', why: 'whether its schedule ran, the platform does not tell'}
  if (row.lastStatus === 'error') return {kind: 'agent-error', status: undefined}
  if (row.lastStatus === 'skipped') return {kind: 'silent', why: 'its schedule was skipped, for the agent was busy'}
  return heard
}

/** What stays behind, a sentence each: our schedule, and those of other tests. */
interface Left {
  ours?: string
  strays: string[]
}

/**
 * Deletes our schedule, and whatever else bears its name: a create that was delivered twice made two. Tries twice (by id a
 * repeat is harmless); where nobody knows whether there is one it is looked for twice, for it may come late. What killed
 * tests left goes as well, once it is certain that none of them is under way.
 */
async function remove(ports: CronPorts, ours: Ours): Promise<Left> {
  const {name, workspaceId} = ours
  const end = {signal: AbortSignal.timeout(CLEANUP_MS)}
  let why = ''
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      if (ours.id !== undefined) await ports.agent.deleteSchedule(workspaceId, ours.id, end)
      const rows = await ports.agent.schedules(workspaceId, end)
      const twins = rows.filter((row) => row.name === name && row.id !== ours.id)
      for (const {id} of twins) await ports.agent.deleteSchedule(workspaceId, id, end)
      const found = ours.id !== undefined || twins.length > 0
      if (found || attempt === 2) return {strays: await clear(ports, ours, rows, end)}
      await ports.clock.sleep(LATE_MS, end)
    } catch (error) {
      if (!(error instanceof OpsError) && !isInterrupt(error)) throw error
      why = error instanceof OpsError ? ` (${error.message})` : ''
    }
  }
  return {ours: mayBeThere(ours, why), strays: []}
}

/** Deletes the schedules of tests that must be over by now; names those that may be under way on another machine. */
async function clear(
  ports: CronPorts,
  {workspaceId, name}: Ours,
  rows: readonly Schedule[],
  end: {signal: AbortSignal},
): Promise<string[]> {
  const left: string[] = []
  for (const stray of rows.filter((row) => row.name.startsWith(PREFIX) && row.name !== name)) {
    if ((stray.ageMs ?? 0) > OVER_MS) {
      await ports.agent.deleteSchedule(workspaceId, stray.id, end)
    } else {
      left.push(
        `another smoke test's every-minute schedule ${stray.name} (id ${stray.id}) is in workspace ${workspaceId}: ` +
          `unless that test is under way, ${byHand(workspaceId, stray.id)}`,
      )
    }
  }
  return left
}

function mayBeThere({name, id, workspaceId}: Ours, why: string): string {
  const which = id === undefined ? `named ${name}` : `${name} (id ${id})`
  return `the every-minute schedule ${which} may still be in workspace ${workspaceId}${why}: ${byHand(workspaceId, id)}`
}

function byHand(workspaceId: string, id: string | undefined): string {
  const call = id === undefined ? '' : `, or with DELETE /workspaces/${workspaceId}/schedules/${encodeURIComponent(id)}`
  return `delete it in the canvas under Schedules${call}`
}
