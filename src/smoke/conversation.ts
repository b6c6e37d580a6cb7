import {orElse} from '../errors.ts'
import {parseReply} from './protocol.ts'
import type {AskOutcome, FoundReply, QueueState, AgentSaid, SmokePorts} from './ports.ts'

/** How asking ended. `text` is untrusted. */
export type AskEnd =
  | Final
  | {kind: 'agent-error'; status: number | undefined}
  | {kind: 'refused'; status: number; why: string}
  | Silent
  /** The question could not be delivered before the deadline; `why` is the last reason. */
  | {kind: 'unreachable'; why: string}

/** The question is with the agent, as far as anyone knows, but no answer came in time; `why` is what was seen last. */
interface Silent {
  kind: 'silent'
  why: string
}

type ConversationPorts = Pick<SmokePorts, 'agent' | 'clock' | 'newId' | 'onWait'>

/** What is asked; the text bears the nonce. */
export interface AgentQuery {
  nonce: string
  text: string
}

/** How long an agent may take, in ms since the epoch. */
export interface Patience {
  /** Nothing is asked, or asked again, after this. */
  deadline: number
  /** What the platform or the agent has taken on is waited for until then. */
  latest: number
}

/** A question whose answer is looked for. */
export interface Pending {
  nonce: string
  queueId?: string | undefined
  until: number
  /** The same, once the agent has said something. */
  latest: number
  /** How long to go on after the activity said that a delivery went wrong, in ms: it may be an earlier one's. */
  afterFailureMs: number
  /** What is waited for. */
  why: string
  /** What was said on the way so far. */
  said?: Replied | undefined
}

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 15_000
/** Activity rows are written after the reply, so a lost answer is looked for this long before it is asked for again. */
const SETTLE_MS = 20_000
/** A workspace in such a state gets out of it by nobody's waiting; a restart just asked for may not show at once. */
const STANDING = new Set(['failed', 'paused', 'removed'])
const STANDS_MS = 30_000
/** A single call is cut here; a hung agent would keep it open for ever (its heartbeats reset the server's timer). */
const CALL_MS = 300_000
/** With less time than this left nothing is asked again: the call would be cut, and a sure "not delivered" be lost. */
const LEAST_CALL_MS = 1000

/** Pauses that grow from fast, and never pass the time that each is given. */
function pacer({clock, onWait}: ConversationPorts): (why: string, until: number, least?: number) => Promise<void> {
  let pause = FIRST_PAUSE_MS
  return async (why, until, least = 0) => {
    const wanted = Math.max(pause, least)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    await onWait?.(why)
    await clock.sleep(Math.max(0, Math.min(wanted, until - clock.now())))
  }
}

/**
 * Looks for an answer: in the queue, where the question is in one, and in the activity list. A look that gets no usable
 * answer is tried again. Ends when the question has left the queue without an answer, when a delivery went wrong, and at
 * the end of the time; what was said on the way is then all that it said.
 */
export async function awaitReply(
  ports: ConversationPorts,
  workspaceId: string,
  pending: Pending,
): Promise<Final | Silent> {
  const pause = pacer(ports)
  let {until, why, said} = pending
  for (;;) {
    const {found, meanwhile} = await look(ports, workspaceId, pending)
    if (isFinal(found, pending.nonce)) return found
    // Whoever says something has the question.
    if (meanwhile && !said) until = pending.latest
    said = meanwhile ?? said
    if (found.kind === 'over') return said ?? {kind: 'silent', why: found.why}
    if (said) why = ON_THE_WAY
    if (found.kind === 'failed') {
      why = 'the activity says that a delivery went wrong'
      until = Math.min(until, ports.clock.now() + pending.afterFailureMs)
    }
    if (ports.clock.now() >= until) return said ?? {kind: 'silent', why}
    await pause(why, until)
  }
}

async function look(
  {agent}: ConversationPorts,
  id: string,
  {nonce, queueId}: Pending,
): Promise<{found: FoundReply | QueueState; meanwhile?: Replied | undefined}> {
  const queued = queueId === undefined ? undefined : await usable(agent.queueState(id, queueId))
  if (queued && isFinal(queued, nonce)) return {found: queued}
  const found = await usable(agent.findReply(id, nonce))
  if (found && isFinal(found, nonce)) return {found}
  // Rows of earlier deliveries say nothing of a question that is still in the queue.
  return {found: queued ?? found ?? {kind: 'none'}, meanwhile: saidOnTheWay(found) ?? saidOnTheWay(queued)}
}

function saidOnTheWay(heard: FoundReply | QueueState | undefined): Replied | undefined {
  return heard?.kind === 'replied' ? heard : undefined
}

/** Undefined where the platform gave no usable answer. */
function usable<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(orElse(() => undefined, 'unavailable'))
}

/**
 * Asks an agent one question over A2A and sees it through: undelivered questions are sent anew with growing pauses, those
 * that the platform or the agent has taken on are waited for, and a lost answer is looked for before the same message (same
 * id, which a queue holds once) goes out again. Ends at the end of the patience, but for one call in progress.
 */
export async function converse(
  ports: ConversationPorts,
  workspaceId: string,
  {nonce, text}: AgentQuery,
  patience: Patience,
): Promise<AskEnd> {
  const {agent, clock} = ports
  const pause = pacer(ports)
  let messageId = ports.newId()
  let settleMs = SETTLE_MS
  let last: AskEnd | undefined
  let stoodSince: number | undefined
  while (last === undefined || patience.deadline - clock.now() >= LEAST_CALL_MS) {
    const timeoutMs = Math.max(LEAST_CALL_MS, Math.min(CALL_MS, patience.deadline - clock.now()))
    const outcome = await agent.askAgent(workspaceId, {messageId, text, timeoutMs})
    if (isSettled(outcome, nonce)) return outcome
    const state = stateOf(outcome, clock.now(), patience)
    if (state.is === 'undelivered') {
      last = {kind: 'unreachable', why: state.why}
      stoodSince = state.stands ? (stoodSince ?? clock.now()) : undefined
      if (stoodSince !== undefined && clock.now() - stoodSince >= STANDS_MS) return last
      messageId = ports.newId()
      await pause(state.why, patience.deadline, state.retryAfterMs)
      continue
    }
    const heard = await awaitReply(ports, workspaceId, {
      ...state,
      nonce,
      latest: patience.latest,
      afterFailureMs: settleMs,
    })
    if (heard.kind !== 'silent') return heard
    last = heard
    settleMs *= 2
    if (clock.now() < state.until) await pause(heard.why, patience.deadline)
  }
  return last
}

type Final = Exclude<AgentSaid, {kind: 'begun'}>

type Replied = Extract<AgentSaid, {kind: 'replied'}>

const ON_THE_WAY = 'it has said something, but not yet the line that it was asked for'

/** The agent has said what it says: what may be said on the way counts where it has the line already. */
function isFinal(heard: AgentSaid | {kind: string}, nonce: string): heard is Final {
  if (!('meanwhile' in heard)) return ['replied', 'rpc-error', 'unreadable'].includes(heard.kind)
  return ['answer', 'contradictory'].includes(parseReply(heard.text, nonce).kind)
}

type SettledAsk = Final | Extract<AskOutcome, {kind: 'agent-error' | 'refused'}>

function isSettled(outcome: AskOutcome, nonce: string): outcome is SettledAsk {
  return isFinal(outcome, nonce) || outcome.kind === 'agent-error' || outcome.kind === 'refused'
}

/** Where a question is that has no answer yet: surely not with the agent, or to be looked for until some time. */
type QuestionState =
  /** `stands`: it will not be with the agent before somebody does something. */
  | {is: 'undelivered'; why: string; retryAfterMs?: number | undefined; stands?: boolean}
  | {is: 'held'; queueId?: string | undefined; until: number; why: string; said?: Replied}

function stateOf(
  outcome: Exclude<AskOutcome, Exclude<SettledAsk, Replied>>,
  now: number,
  {deadline, latest}: Patience,
): QuestionState {
  switch (outcome.kind) {
    case 'not-ready': {
      const {status, retryAfterMs} = outcome
      const why = `the workspace is not ready (${status})`
      return {is: 'undelivered', why, retryAfterMs, stands: STANDING.has(status)}
    }
    case 'restarting':
      return {is: 'undelivered', why: 'the platform found the agent gone and is restarting it'}
    case 'replied':
      return {is: 'held', until: latest, why: ON_THE_WAY, said: outcome}
    case 'begun':
      return {is: 'held', until: latest, why: 'it has begun a task for it'}
    case 'queued':
      return {is: 'held', queueId: outcome.queueId, until: latest, why: outcome.why}
    case 'lost':
      return outcome.delivered
        ? {is: 'held', until: latest, why: 'its answer was lost on the way'}
        : {is: 'held', until: Math.min(deadline, now + SETTLE_MS), why: 'the answer to the question was lost'}
    case 'busy': {
      const pause = Math.max(outcome.retryAfterMs, FIRST_PAUSE_MS)
      return {is: 'held', until: Math.min(deadline, now + pause), why: 'it is busy or not up yet (HTTP 503)'}
    }
    default:
      return {is: 'undelivered', why: 'the platform could not reach the agent'}
  }
}
