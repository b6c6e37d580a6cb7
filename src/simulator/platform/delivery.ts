import {randomUUID} from 'node:crypto'
import {respond} from './agent.ts'
import {restartByItself} from './restart.ts'
import {json} from './router.ts'
import {resultOf, textOf} from './shapes.ts'
import type {Answer} from '../wire.ts'
import type {Process, Workspace, World} from './world.ts'

/** A JSON-RPC request on its way to an agent. */
export type Envelope = Record<string, unknown>

/** Completes what a caller left out: the JSON-RPC frame, its id, the message's id. */
export function envelopeOf(body: Record<string, unknown>): Envelope {
  const framed = 'jsonrpc' in body ? body : {jsonrpc: '2.0', id: randomUUID(), ...framing(body)}
  const params = objectIn(framed, 'params')
  const message = objectIn(params, 'message')
  if (!message) return framed
  return {...framed, params: {...params, message: {messageId: randomUUID(), ...message}}}
}

/** A message with one text part. */
export function messageOf(text: string, messageId: string): Envelope {
  const message = {role: 'user', messageId, parts: [{kind: 'text', text}]}
  return {jsonrpc: '2.0', id: randomUUID(), method: 'message/send', params: {message}}
}

/**
 * Hands a message to the agent of a workspace and answers as the platform's proxy does. What reached the agent is in
 * the activity list a moment after the answer. `sender` is the calling workspace, null for people.
 */
export async function deliver(
  world: World,
  workspace: Workspace,
  envelope: Envelope,
  sender: string | null,
): Promise<Answer> {
  const reached = reach(world, workspace)
  if ('answer' in reached) return reached.answer
  const {process} = reached
  if (workspace.seed.agent?.kind !== 'busy') {
    return cut(json(200, await ask(world, workspace, {process, envelope, sender})))
  }
  world.later(world.settings.heartbeatMs, () => void ask(world, workspace, {process, envelope, sender}))
  return json(202, {
    queued: true,
    queue_id: randomUUID(),
    queue_depth: 1,
    message: 'workspace agent is busy — request queued, will be delivered when it is free',
  })
}

/** The proxy reads no more than 10 MiB of an agent's answer, and passes on what it has. */
function cut(answer: Answer): Answer {
  return {...answer, body: answer.body?.slice(0, 10 * 1024 * 1024) ?? ''}
}

/** The process that a message goes to, or why it goes to none. */
function reach(world: World, workspace: Workspace): {process: Process} | {answer: Answer} {
  const {status, process} = workspace
  if (status === 'hibernated') {
    const error = 'workspace is waking from hibernation — retry in ~15 seconds'
    return {answer: json(503, {error, waking: true, retry_after: 15}, {'retry-after': '15'})}
  }
  if (status !== 'online' && status !== 'degraded') {
    return {answer: json(503, {error: 'workspace has no URL', status})}
  }
  const silent = workspace.seed.agent?.kind === 'unreachable'
  if (process && !silent) return {process}
  if (silent || !world.docker) return {answer: json(502, {error: 'failed to reach workspace agent'})}
  restartByItself(world, workspace)
  const error = 'workspace agent unreachable — container restart triggered'
  return {answer: json(503, {error, restarting: true})}
}

interface Errand {
  process: Process
  envelope: Envelope
  sender: string | null
}

async function ask(world: World, workspace: Workspace, {process: asked, envelope, sender}: Errand): Promise<Envelope> {
  const started = Date.now()
  const {kind: behaviour, shape = 'message'} = workspace.seed.agent ?? {kind: 'honest'}
  const question = objectIn(objectIn(envelope, 'params'), 'message')
  const env = behaviour === 'old-token' ? (workspace.firstEnv ?? asked.env) : asked.env
  const reply = await respond({behaviour, env, giteaUrl: world.settings.giteaUrl}, textOf(question))
  const id = envelope.id ?? null
  const method = typeof envelope.method === 'string' ? envelope.method : ''
  const answer =
    'error' in reply
      ? {jsonrpc: '2.0', id, error: {code: -32_603, message: reply.error}}
      : {jsonrpc: '2.0', id, result: resultOf(shape, reply.text, question)}
  // What was cut is no JSON any more, and the database takes none else.
  if (shape === 'huge') return answer
  world.later(5, () => {
    workspace.activity.unshift({
      id: randomUUID(),
      workspace_id: workspace.id,
      activity_type: 'a2a_receive',
      source_id: sender,
      target_id: workspace.id,
      method,
      summary: `${method} → ${workspace.name}`,
      duration_ms: Date.now() - started,
      status: 'error' in reply ? 'error' : 'ok',
      error_detail: 'error' in reply ? reply.error : null,
      created_at: world.stamp(),
      request_body: envelope,
      response_body: answer,
    })
  })
  return answer
}

function framing(body: Record<string, unknown>): Record<string, unknown> {
  return 'method' in body ? body : {method: 'message/send', params: body}
}

function objectIn(holder: Record<string, unknown> | undefined, key: string): Record<string, unknown> | undefined {
  const value = holder?.[key]
  return typeof value === 'object' && value !== null ? {...value} : undefined
}
