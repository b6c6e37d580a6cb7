import {converse} from '../smoke/conversation.ts'
import type {SmokePorts} from '../smoke/ports.ts'
import {leaksToken, parseReply, smokePrompt, type SmokeErrand} from '../smoke/protocol.ts'

/** What asking an agent needs of the world. */
export type AskPorts = Pick<SmokePorts, 'agent' | 'clock' | 'newId' | 'newNonce'>

/**
 * Puts the smoke test's question to an agent over A2A and returns the last eight of the token that it says it holds, or
 * `NO_TOKEN`; undefined when it gives no such answer in time. Throws what the agent line throws.
 */
export async function askForToken(
  ports: AskPorts,
  workspaceId: string,
  errand: Omit<SmokeErrand, 'nonce'>,
  timeoutMs: number,
): Promise<string | undefined> {
  const nonce = ports.newNonce()
  const text = smokePrompt({...errand, nonce})
  const end = ports.clock.now() + timeoutMs
  const heard = await converse(ports, workspaceId, {nonce, text}, {deadline: end, latest: end})
  if (heard.kind !== 'replied') return undefined
  // What the reply gives away must not get into a report.
  leaksToken(heard.text, {valueInHand: false, lastEights: []})
  const parsed = parseReply(heard.text, nonce)
  return parsed.kind === 'answer' ? parsed.answer.lastEight : undefined
}
