import {OpsError} from '../errors.ts'
import {excerpt} from '../secret.ts'
import type {AskOutcome, FoundReply, AgentQuestion, QueueState, Schedule} from '../smoke/ports.ts'
import {tokenRejected, unexpected} from './faults.ts'
import {ACTIVITY, QUEUED, QUEUE_ROW, SCHEDULES, SCHEDULE_CREATED, field} from './shapes.ts'
import {saidIn} from './replies.ts'
import type {PlatformReply, Wire} from './wire.ts'
import {CREATE_SCHEDULE, DELETE_SCHEDULE, UNAUTHORISED_TEXTS} from './writes.ts'
import {notFound, workspacePath} from './workspaces.ts'

const REPLY_BYTES = 11 * 1024 * 1024
const ACTIVITY_ROWS = 100
const ACTIVITY_BYTES = 32 * 1024 * 1024

/** Puts one question to an agent over A2A. The caller id is left out, so that it counts as asked by a person. */
export async function askAgent(wire: Wire, id: string, question: AgentQuestion): Promise<AskOutcome> {
  const path = workspacePath(id, '/a2a')
  const {messageId, text, timeoutMs} = question
  const message = {role: 'user', messageId, parts: [{kind: 'text', text}]}
  try {
    const reply = await wire.ask(path, {
      json: {jsonrpc: '2.0', id: messageId, method: 'message/send', params: {message}},
      timeoutMs,
      maxBytes: REPLY_BYTES,
      may401: true,
      raw: true,
    })
    return heard(wire, path, reply)
  } catch (error) {
    if (error instanceof OpsError && error.code === 'WRITE_IN_DOUBT') return {kind: 'lost', delivered: false}
    throw error
  }
}

/** The platform's own refusals by their exact texts; any other error status is the agent's, passed through. */
function heard(wire: Wire, path: string, reply: PlatformReply): AskOutcome {
  const {status, error} = reply
  if (status < 300) return saidIn(reply.body) ?? takenOn(reply) ?? UNREADABLE
  if (status === 401 && UNAUTHORISED_TEXTS.includes(error)) throw tokenRejected(wire.url, {method: 'POST', path}, error)
  if (status === 402 || (status === 404 && error === 'workspace not found')) {
    return {kind: 'refused', status, why: error}
  }
  if (status === 403 && /^(?:invalid caller|access denied|org token not)/.test(error)) {
    return {kind: 'refused', status, why: error}
  }
  if (status === 500 && /^(?:lookup failed|failed to (?:marshal|create proxy) request)$/.test(error)) {
    return {kind: 'unreachable'}
  }
  if (status === 502) return badGateway(reply)
  if (status === 504) return {kind: 'lost', delivered: false}
  if (status === 503) return notNow(reply)
  return {kind: 'agent-error', status}
}

const UNREADABLE = {kind: 'unreadable', why: 'it holds neither a result nor an error'} as const

/**
 * The platform's own word that the answer comes later: 202, or 200 from june02 on (a polling agent, a turn of over 90 s,
 * the turn after a boot).
 */
function takenOn({body}: PlatformReply): AskOutcome | undefined {
  const queued = QUEUED.safeParse(body)
  if (!queued.success || (queued.data.queued !== true && queued.data.status !== 'queued')) return undefined
  const {queue_id: queueId, delivery_mode: mode} = queued.data
  const why = WHY_LATER[mode ?? ''] ?? 'the platform has queued the question until it has time'
  const usable = typeof queueId === 'string' && QUEUE_ID.test(queueId)
  return {kind: 'queued', queueId: usable ? queueId : undefined, why}
}

/** A plain word that can stand in a path: anything else is no id. */
const QUEUE_ID = /^\w[\w.:-]{0,199}$/

const WHY_LATER: Readonly<Record<string, string>> = {
  poll: 'the platform keeps the question until it comes to fetch it',
  'push-async': 'it works on the question for longer than the platform waits',
}

function badGateway({body, error, status}: PlatformReply): AskOutcome {
  if (error === 'failed to reach workspace agent') return {kind: 'unreachable'}
  if (error === 'workspace URL is not publicly routable') return {kind: 'refused', status, why: error}
  if (error === 'failed to read agent response')
    return {kind: 'lost', delivered: field(body, 'delivery_confirmed') === true}
  if (field(body, 'truncated') === true) return TOO_LONG
  return {kind: 'agent-error', status}
}

const TOO_LONG = {kind: 'unreadable', why: 'it is longer than the platform lets through'} as const

function notNow({body, error, retryAfterMs}: PlatformReply): AskOutcome {
  if (field(body, 'restarting') === true) return {kind: 'restarting'}
  if (field(body, 'waking') === true) return {kind: 'not-ready', status: 'hibernated', retryAfterMs}
  if (error === 'workspace has no URL') {
    const state = field(body, 'status')
    return {kind: 'not-ready', status: typeof state === 'string' ? excerpt(state, 40) : 'unknown', retryAfterMs}
  }
  // Busy by its own word, or an unknown one: whoever says 503 says that it is for now.
  return {kind: 'busy', retryAfterMs: retryAfterMs ?? 30_000}
}

/**
 * Looks for answers in the newest activity: rows whose question bears the nonce, and notices, which name no question
 * (platform: how an agent that polls answers people, and how any may say that it is on it). Rows appear some seconds after
 * the answer itself.
 */
export async function findReply(wire: Wire, id: string, nonce: string): Promise<FoundReply> {
  const path = workspacePath(id, '/activity')
  const reply = await wire.read(path, {query: {limit: ACTIVITY_ROWS}, maxBytes: ACTIVITY_BYTES, raw: true})
  const rows = ACTIVITY.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of activity')
  }
  const mine = rows.data.filter((row) => bears(row.request_body ?? row.response_body, nonce))
  const said = mine.flatMap((row) => {
    const each = saidIn(row.response_body)
    if (!each) return []
    return each.kind === 'replied' && !row.request_body ? {...each, meanwhile: true as const} : each
  })
  const replies = said.filter((each) => each.kind === 'replied')
  const text = replies.map((each) => each.text).join('\n')
  const isOver = said.some((each) => each.kind !== 'begun' && !('meanwhile' in each))
  if (replies.length > 0) return {kind: 'replied', text, ...(!isOver && {meanwhile: true})}
  const [first] = said
  return first ?? {kind: mine.some((row) => row.status === 'error') ? 'failed' : 'none'}
}

function bears(body: unknown, nonce: string): boolean {
  return body !== undefined && JSON.stringify(body).includes(nonce)
}

/** How a queued question stands (platform: june02 and later; the caller has to say as which workspace it asks). */
export async function queueState(wire: Wire, id: string, queueId: string): Promise<QueueState> {
  const path = workspacePath(id, `/a2a/queue/${encodeURIComponent(queueId)}`)
  const reply = await wire.read(path, {as: id, maxBytes: REPLY_BYTES, raw: true})
  if (reply.status === 404 && field(reply.body, 'retryable') === true) return {kind: 'waiting'}
  const row = QUEUE_ROW.safeParse(reply.body)
  if (reply.status !== 200 || !row.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no row of its queue')
  }
  const {status, response_body: answer} = row.data
  if (status === 'completed') return saidIn(answer) ?? {kind: 'over', why: 'it left the queue without an answer'}
  const over = ['failed', 'dropped', 'expired'].includes(status)
  return over ? {kind: 'over', why: `the platform's queue gave it up (${excerpt(status, 40)})`} : {kind: 'waiting'}
}

/** Creates a cron row and gives its id. Throws `WRITE_IN_DOUBT` when it may exist. */
export async function createSchedule(
  wire: Wire,
  id: string,
  schedule: {name: string; cron: string; prompt: string},
): Promise<string> {
  const path = workspacePath(id, '/schedules')
  const {name, cron, prompt} = schedule
  const json = {name, cron_expr: cron, prompt, timezone: 'UTC', enabled: true}
  const reply = await wire.write('POST', path, CREATE_SCHEDULE, {json})
  const created = SCHEDULE_CREATED.safeParse(reply.body)
  if (reply.status === 201 && created.success) return created.data.id
  throw unexpected(wire.url, {method: 'POST', path}, reply.status, 'no schedule was created')
}

/**
 * The cron rows of a workspace. Where they live in its runtime (platform: aug14) their ids are their names and nobody
 * counts their runs; a runtime that serves none yet is a 404.
 */
export async function listSchedules(wire: Wire, id: string): Promise<Schedule[]> {
  const path = workspacePath(id, '/schedules')
  const reply = await wire.read(path)
  if (reply.status === 404 && reply.error === 'schedule backend error') return []
  const rows = SCHEDULES.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of schedules')
  }
  return rows.data.map((row) => ({
    id: row.id,
    name: row.name ?? '',
    runCount: row.id === row.name ? undefined : (row.run_count ?? 0),
    lastStatus: row.last_status ?? undefined,
    ageMs: ageAt(reply.serverTime, row.created_at ?? ''),
  }))
}

/** Schedules that live in the runtime tell the year 1 (platform: aug14), which is no time. */
function ageAt(now: number, createdAt: string): number | undefined {
  const at = Date.parse(createdAt)
  return at > 0 ? now - at : undefined
}

/** Deletes a cron row by id; repeating it is harmless. */
export async function deleteSchedule(wire: Wire, id: string, scheduleId: string): Promise<'deleted' | 'absent'> {
  const path = workspacePath(id, `/schedules/${encodeURIComponent(scheduleId)}`)
  const reply = await wire.write('DELETE', path, DELETE_SCHEDULE)
  if (reply.status === 200) return 'deleted'
  if (reply.status === 404 && reply.error === 'schedule not found') return 'absent'
  if (reply.error === 'workspace not found') throw notFound(id)
  throw unexpected(wire.url, {method: 'DELETE', path}, reply.status, 'the schedule was not deleted')
}
