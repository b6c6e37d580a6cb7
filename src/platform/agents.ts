import {OpsError} from '../errors.ts'
import {excerpt} from '../secret.ts'
import type {AskOutcome, FoundReply, Question, ReplyKey, Schedule} from '../smoke/ports.ts'
import {tokenRejected, unexpected} from './faults.ts'
import {ACTIVITY, MESSAGE, QUEUED, SCHEDULES, SCHEDULE_CREATED, field} from './shapes.ts'
import {saidIn} from './replies.ts'
import type {Reply, Wire} from './wire.ts'
import {CREATE_SCHEDULE, DELETE_SCHEDULE} from './writes.ts'
import {notFound, workspacePath} from './workspaces.ts'

const REPLY_BYTES = 11 * 1024 * 1024
const ACTIVITY_ROWS = 100
const ACTIVITY_BYTES = 32 * 1024 * 1024

/** Puts one question to an agent over A2A. The caller id is left out, so that it counts as asked by a person. */
export async function askAgent(wire: Wire, id: string, question: Question): Promise<AskOutcome> {
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
function heard(wire: Wire, path: string, reply: Reply): AskOutcome {
  const {status, error} = reply
  if (status === 202 && QUEUED.safeParse(reply.body).success) {
    return {kind: 'queued', queueId: QUEUED.parse(reply.body).queue_id ?? undefined}
  }
  if (status < 300) return saidIn(reply.body)
  if (status === 401 && /auth token$/.test(error)) throw tokenRejected(wire.url, {method: 'POST', path}, error)
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
  if (status === 503) return notNow(reply)
  return {kind: 'agent-error', status}
}

function badGateway({body, error, status}: Reply): AskOutcome {
  if (error === 'failed to reach workspace agent') return {kind: 'unreachable'}
  if (error === 'workspace URL is not publicly routable') return {kind: 'refused', status, why: error}
  if (error === 'failed to read agent response')
    return {kind: 'lost', delivered: field(body, 'delivery_confirmed') === true}
  return {kind: 'agent-error', status}
}

function notNow({body, error, status, retryAfterMs}: Reply): AskOutcome {
  if (field(body, 'restarting') === true) return {kind: 'restarting'}
  if (field(body, 'busy') === true) return {kind: 'busy', retryAfterMs: retryAfterMs ?? 30_000}
  if (field(body, 'waking') === true) return {kind: 'not-ready', status: 'hibernated', retryAfterMs}
  if (error === 'workspace has no URL') {
    const state = field(body, 'status')
    return {kind: 'not-ready', status: typeof state === 'string' ? excerpt(state, 40) : 'unknown', retryAfterMs}
  }
  return {kind: 'agent-error', status}
}

/** Looks for a reply in the newest activity. Rows appear some seconds after the reply itself. */
export async function findReply(wire: Wire, id: string, key: ReplyKey): Promise<FoundReply> {
  const path = workspacePath(id, '/activity')
  const reply = await wire.read(path, {query: {limit: ACTIVITY_ROWS}, maxBytes: ACTIVITY_BYTES, raw: true})
  const rows = ACTIVITY.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of activity')
  }
  const mine = rows.data.filter((row) => asks(row.request_body, key))
  for (const row of mine) {
    if (row.response_body) return saidIn(row.response_body)
  }
  return {kind: mine.some((row) => row.status === 'error') ? 'failed' : 'none'}
}

function asks(request: unknown, key: ReplyKey): boolean {
  if ('messageId' in key) return MESSAGE.safeParse(request).data?.params.message.messageId === key.messageId
  return request !== undefined && JSON.stringify(request).includes(key.nonce)
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

/** The cron rows of a workspace. */
export async function listSchedules(wire: Wire, id: string): Promise<Schedule[]> {
  const path = workspacePath(id, '/schedules')
  const reply = await wire.read(path)
  const rows = SCHEDULES.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of schedules')
  }
  return rows.data.map((row) => ({
    id: row.id,
    name: row.name ?? '',
    runCount: row.run_count ?? 0,
    lastStatus: row.last_status ?? undefined,
  }))
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
