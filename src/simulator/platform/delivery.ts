import {randomUUID} from 'node:crypto'
import {respond} from './agent.ts'
import {enqueue} from './queue.ts'
import {restartByItself} from './restart.ts'
import {json} from './router.ts'
import {resultOf, textOf} from './shapes.ts'
import type {WireAnswer} from '../wire.ts'
import type {Activity, Process, Queued, SimulatedWorkspace, PlatformWorld} from './world.ts'

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
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  envelope: Envelope,
  sender: string | null,
): Promise<WireAnswer> {
  const reached = reach(world, workspace)
  if (reached === 'soon') return queued(world, workspace, {envelope, sender}, 'busy')
  if (reached === 'never') return queued(world, workspace, {envelope, sender}, 'lost')
  if ('answer' in reached) {
    if (workspace.seed.agent?.kind === 'unreachable') tell(world, workspace, {envelope, sender}, REFUSED)
    return reached.answer
  }
  const errand = {...reached, envelope, sender}
  const {delivery: wanted = 'direct'} = workspace.seed.agent ?? {}
  const delivery = world.facts.deliveries.includes(wanted) ? wanted : 'direct'
  const method = methodOf(envelope)
  switch (delivery) {
    case 'polls':
      tell(world, workspace, errand, {})
      world.later(world.settings.heartbeatMs, () => void fetched(world, workspace, errand))
      return passedOn(200, {status: 'queued', delivery_mode: 'poll', method})
    case 'slow':
      world.later(world.settings.heartbeatMs, () => void ask(world, workspace, errand))
      return json(200, {status: 'queued', delivery_mode: 'push-async', method})
    case 'dropped':
      if (errand.process.free) break
      errand.process.free = true
      tell(world, workspace, errand, {status: 'error', error_detail: 'EOF'})
      return restarting()
    case 'busy':
    case 'endless':
    case 'boots':
      if (errand.process.free) break
      return queued(world, workspace, errand, delivery)
    default:
  }
  const answer = await ask(world, workspace, errand)
  return workspace.seed.agent?.shape === 'huge' ? tooLong(world, answer) : passedOn(200, answer)
}

const REFUSED = {status: 'error', error_detail: 'connection refused'}

/** Keeps a message in the activity list from its receipt on, where the release does that. */
export function receive(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  envelope: Envelope,
  sender: string | null,
): void {
  const id = messageIdOf(envelope)
  if (!world.facts.receipts || workspace.receipts.has(id)) return
  workspace.receipts.set(id, note(world, workspace, {envelope, sender}, {}))
}

/** Tells what became of a message: in the row of its receipt, or in one of its own. */
function tell(world: PlatformWorld, workspace: SimulatedWorkspace, message: Message, fields: Partial<Activity>): void {
  const receipt = workspace.receipts.get(messageIdOf(message.envelope))
  if (receipt) Object.assign(receipt, {status: 'ok', error_detail: null, ...fields})
  else note(world, workspace, message, fields)
}

/** Why a message waits. `lost`: for the turn after a restart that brought no address; it is given up in the end. */
type Waiting = 'busy' | 'endless' | 'boots' | 'lost'

/** The agent has no time now. Its answer is in the queue from June 13 on, in August in the activity too; else nowhere. */
function queued(world: PlatformWorld, workspace: SimulatedWorkspace, errand: Message, delivery: Waiting): WireAnswer {
  const {row, fresh, body} = enqueue(world, workspace, messageIdOf(errand.envelope))
  const inTurn = delivery === 'boots' || delivery === 'lost'
  if (!inTurn) {
    note(world, workspace, errand, world.facts.losesQueued ? {status: 'error', error_detail: 'upstream busy'} : {})
  }
  if (fresh && delivery === 'lost') {
    // Three minutes of the real ones.
    world.later(world.settings.heartbeatMs * 6, () => (row.status = 'dropped'))
  } else if (fresh && delivery !== 'endless') {
    world.later(world.settings.heartbeatMs, () => void workOff(world, workspace, errand, row))
  }
  if (!inTurn) return passedOn(202, body)
  const {queued: taken, queue_id: id, queue_depth: depth} = body
  return passedOn(200, {
    status: 'queued',
    method: methodOf(errand.envelope),
    queued: taken,
    queue_id: id,
    queue_depth: depth,
  })
}

/** Hands it to whichever process runs then. */
async function workOff(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  message: Message,
  row: Queued,
): Promise<void> {
  const {process, status} = workspace
  if (!process || status !== 'online') {
    world.later(world.settings.heartbeatMs, () => void workOff(world, workspace, message, row))
    return
  }
  const errand = {...message, process}
  row.status = 'dispatched'
  const answer = await answerOf(world, workspace, errand)
  errand.process.free = true
  Object.assign(row, {status: 'completed', ...(world.facts.queueAnswers && {answer})})
  const receipt = workspace.receipts.get(messageIdOf(message.envelope))
  if (world.facts.answersReceipts && receipt && message.sender === null) {
    world.later(5, () => Object.assign(receipt, {summary: 'message/send (queued turn reply)', response_body: answer}))
  }
}

/** An agent that polls answers people by a notice, which names no message. */
async function fetched(world: PlatformWorld, workspace: SimulatedWorkspace, errand: AgentErrand): Promise<void> {
  const {result} = await answerOf(world, workspace, errand)
  const said = textOf(result)
  if (said === '') return
  note(world, workspace, undefined, {method: 'notify', summary: 'Agent message', response_body: {result: said}})
}

/** An answer that the proxy has as a text: its type names no encoding. */
function passedOn(status: number, value: unknown): WireAnswer {
  return {...json(status, value), headers: {'content-type': 'application/json'}}
}

/** The proxy reads no more of an agent's answer than this. It passes on what it has, or says that it will not. */
function tooLong({facts}: PlatformWorld, answer: Envelope): WireAnswer {
  const {mib, beyond} = facts.longest
  const bytes = mib * 1024 * 1024
  if (beyond === 'cut') return {...passedOn(200, undefined), body: JSON.stringify(answer).slice(0, bytes)}
  const error = `response body exceeds ${bytes} byte limit: A2A body exceeds size limit`
  return json(502, {error, delivery_confirmed: true, max_bytes: bytes, truncated: true})
}

/**
 * The process that a message goes to, `soon` where it is kept for the next one, `never` where it is kept and that one
 * brings no address (aug14 saas), or why it goes to none.
 */
function reach(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
): {process: Process} | {answer: WireAnswer} | 'soon' | 'never' {
  const {status, process, url} = workspace
  const {facts} = world
  if (status === 'hibernated') {
    const error = 'workspace is waking from hibernation — retry in ~15 seconds'
    return {answer: json(503, {error, waking: true, retry_after: 15}, {'retry-after': '15'})}
  }
  const unheard = facts.unreachable === 'failed' ? unreached() : restarting()
  if (workspace.seed.agent?.kind === 'unreachable' && status === 'online') return {answer: unheard}
  const runs = process && (status === 'online' || status === 'degraded')
  if (runs && (url !== '' || !facts.forgetsAddress)) return {process}
  if (runs && facts.provisioning === 'queued') return 'never'
  if (status === 'provisioning' && facts.provisioning === 'queued') return 'soon'
  if (status === 'provisioning' && facts.provisioning === 'unreachable') return {answer: unreached()}
  if (url === '' || status !== 'online') return {answer: json(503, {error: 'workspace has no URL', status})}
  if (!world.docker) return {answer: unheard}
  restartByItself(world, workspace)
  const error = 'workspace agent unreachable — container restart triggered'
  return {answer: json(503, {error, restarting: true})}
}

function unreached(): WireAnswer {
  return json(502, {error: 'failed to reach workspace agent'})
}

/** Also of a connection that broke. */
function restarting(): WireAnswer {
  const error = 'workspace agent restarting — retry after a short backoff'
  return json(503, {error, busy: true, retry_after: 30}, {'retry-after': '30'})
}

interface Message {
  envelope: Envelope
  sender: string | null
}

interface AgentErrand extends Message {
  process: Process
}

/** What the agent answers, which the activity list keeps a moment later. */
async function ask(world: PlatformWorld, workspace: SimulatedWorkspace, errand: AgentErrand): Promise<Envelope> {
  const started = Date.now()
  const answer = await answerOf(world, workspace, errand)
  // What was cut is no JSON any more, and the database takes none else.
  const kept = workspace.seed.agent?.shape === 'huge' ? {} : {response_body: answer}
  world.later(5, () => tell(world, workspace, errand, {...kept, duration_ms: Date.now() - started}))
  return answer
}

async function answerOf(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  {process: asked, envelope}: AgentErrand,
): Promise<Envelope> {
  const {kind: behaviour, shape = 'message'} = workspace.seed.agent ?? {kind: 'honest'}
  const question = objectIn(objectIn(envelope, 'params'), 'message')
  const env = behaviour === 'old-token' ? (workspace.firstEnv ?? asked.env) : asked.env
  const reply = await respond({behaviour, env, giteaUrl: world.settings.giteaUrl}, textOf(question))
  const id = envelope.id ?? null
  return 'error' in reply
    ? {jsonrpc: '2.0', id, error: {code: -32_603, message: reply.error}}
    : {jsonrpc: '2.0', id, result: resultOf(shape, reply.text, question)}
}

/** Writes a row of the activity list; without an errand it is nobody's answer in particular. */
function note(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  errand: Message | undefined,
  fields: Partial<Activity>,
): Activity {
  const method = errand ? methodOf(errand.envelope) : ''
  const row = {
    id: randomUUID(),
    workspace_id: workspace.id,
    activity_type: 'a2a_receive',
    source_id: errand?.sender ?? null,
    target_id: errand ? workspace.id : null,
    method,
    summary: `${method} → ${workspace.name}`,
    duration_ms: 0,
    status: 'ok',
    error_detail: null,
    created_at: world.stamp(),
    ...(errand && {request_body: errand.envelope}),
    ...fields,
  }
  workspace.activity.unshift(row)
  return row
}

function methodOf(envelope: Envelope): string {
  return typeof envelope.method === 'string' ? envelope.method : ''
}

function messageIdOf(envelope: Envelope): string {
  const id = objectIn(objectIn(envelope, 'params'), 'message')?.messageId
  return typeof id === 'string' ? id : randomUUID()
}

function framing(body: Record<string, unknown>): Record<string, unknown> {
  return 'method' in body ? body : {method: 'message/send', params: body}
}

function objectIn(holder: Record<string, unknown> | undefined, key: string): Record<string, unknown> | undefined {
  const value = holder?.[key]
  return typeof value === 'object' && value !== null ? {...value} : undefined
}
