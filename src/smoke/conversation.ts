import {OpsError} from '../errors.ts'
import type {AskOutcome, FoundReply, ReplyKey, Said, SmokePorts} from './ports.ts'

/** How asking ended. `text` is untrusted. */
export type Heard =
  | Final
  | {kind: 'agent-error'; status: number | undefined}
  | {kind: 'refused'; status: number; why: string}
  /** The question is with the agent, as far as anyone knows, but no answer came before the deadline. */
  | {kind: 'silent'}
  /** The question could not be delivered before the deadline; `why` is the last reason. */
  | {kind: 'unreachable'; why: string}

type Ports = Pick<SmokePorts, 'agent' | 'clock' | 'newId'>

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 15_000
/** Activity rows are written after the reply, so a lost answer is looked for this long before it is asked for again. */
const SETTLE_MS = 20_000
/** A single call is cut here; a hung agent would keep it open for ever (its heartbeats reset the server's timer). */
const CALL_MS = 300_000
/** With less time than this left nothing is asked again: the call would be cut, and a sure "not delivered" be lost. */
const LEAST_CALL_MS = 1000

/** Pauses that grow from fast, and never pass the deadline. */
function pacer(ports: Ports, deadline: number): (least?: number) => Promise<void> {
  let pause = FIRST_PAUSE_MS
  return async (least = 0) => {
    const wanted = Math.max(pause, least)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    await ports.clock.sleep(Math.max(0, Math.min(wanted, deadline - ports.clock.now())))
  }
}

/**
 * Looks for a reply until `until`. A look that gets no usable answer is tried again, and so is a row that says that the
 * delivery went wrong: it may be an earlier attempt's. If nothing better came, that row decides.
 */
export async function awaitReply(ports: Ports, workspaceId: string, key: ReplyKey, until: number): Promise<Heard> {
  const pause = pacer(ports, until)
  let end: Heard = {kind: 'silent'}
  for (;;) {
    const found = await look(ports, workspaceId, key)
    if (isFinal(found)) return found
    if (found.kind === 'failed') end = {kind: 'agent-error', status: undefined}
    if (ports.clock.now() >= until) return end
    await pause()
  }
}

async function look(ports: Ports, workspaceId: string, key: ReplyKey): Promise<FoundReply> {
  try {
    return await ports.agent.findReply(workspaceId, key)
  } catch (error) {
    if (error instanceof OpsError && error.category === 'unavailable') return {kind: 'none'}
    throw error
  }
}

/**
 * Asks an agent one question over A2A and sees it through: undelivered questions are sent anew with growing pauses,
 * queued ones are awaited in the activity list, and a lost answer is looked for there before the same message
 * (same id) goes out again. Ends at `deadline` (ms since the epoch) at the latest, but for one call in progress.
 */
export async function converse(ports: Ports, workspaceId: string, text: string, deadline: number): Promise<Heard> {
  const pause = pacer(ports, deadline)
  let messageId = ports.newId()
  let last: Heard | undefined
  while (last === undefined || deadline - ports.clock.now() >= LEAST_CALL_MS) {
    const timeoutMs = Math.max(LEAST_CALL_MS, Math.min(CALL_MS, deadline - ports.clock.now()))
    const outcome = await ports.agent.askAgent(workspaceId, {messageId, text, timeoutMs})
    if (settles(outcome)) return outcome
    const until = inFlightUntil(outcome, ports.clock.now(), deadline)
    if (until === undefined) {
      last = {kind: 'unreachable', why: undelivered(outcome)}
      messageId = ports.newId()
      await pause(outcome.kind === 'not-ready' ? outcome.retryAfterMs : 0)
    } else {
      last = await awaitReply(ports, workspaceId, {messageId}, until)
      if (isFinal(last)) return last
    }
  }
  return last
}

type Final = Exclude<Said, {kind: 'begun'}>

/** The agent has said what it says. */
function isFinal(heard: {kind: string}): heard is Final {
  return ['replied', 'rpc-error', 'unreadable'].includes(heard.kind)
}

type Settled = Final | Extract<AskOutcome, {kind: 'agent-error' | 'refused'}>

function settles(outcome: AskOutcome): outcome is Settled {
  return isFinal(outcome) || outcome.kind === 'agent-error' || outcome.kind === 'refused'
}

/** How long to look for the reply of a question that the agent has or may have; undefined if it surely has not. */
function inFlightUntil(outcome: AskOutcome, now: number, deadline: number): number | undefined {
  switch (outcome.kind) {
    case 'begun':
    case 'queued':
      return deadline
    case 'lost':
      return outcome.delivered ? deadline : Math.min(deadline, now + SETTLE_MS)
    case 'busy':
      return Math.min(deadline, now + Math.max(outcome.retryAfterMs, FIRST_PAUSE_MS))
    default:
      return undefined
  }
}

function undelivered(outcome: AskOutcome): string {
  switch (outcome.kind) {
    case 'not-ready':
      return `the workspace is not ready (${outcome.status})`
    case 'restarting':
      return 'the platform found the agent gone and is restarting it'
    default:
      return 'the platform could not reach the agent'
  }
}
