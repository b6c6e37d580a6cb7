import {alsoTelling, OpsError} from '../errors.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Secret} from '../secret.ts'
import {converse, type AskEnd, type Patience} from './conversation.ts'
import {askBySchedule} from './cron.ts'
import {labelUnknown} from './lists.ts'
import type {SmokePorts, Work} from './ports.ts'
import {whyStale} from './process.ts'
import {leaksToken, NO_TOKEN, parseReply, smokePrompt, workQuery, type AgentAnswer} from './protocol.ts'
import {flawOf} from './statuses.ts'
import type {PathResult, SmokeReason, SwarmVia} from './types.ts'
import {mayBeWithheld, withheld} from './withheld.ts'

/** The question to the agent, and what its answer must equal. */
export interface SwarmErrand {
  agent: string
  workspaceId: string
  /** Base URL of Gitea as the agent reaches it. */
  giteaUrl: string
  repo: string
  label: string
  secretKey: string
  via: SwarmVia
  /** The candidate's value where it is at hand. */
  token?: Secret | undefined
  /** Last eight characters of the token that the agent should hold. */
  expectLastEight: string
  /** What that token is confined to, where its row tells. */
  confinedTo?: RepositoryReach | undefined
  /** Last eights of the tokens that it should hold no longer. */
  superseded: readonly string[]
  /** The values of those of them that are at hand. */
  oldValues?: readonly Secret[] | undefined
  /** Last eights of its user's other live tokens, as far as they were listed. */
  others?: readonly string[] | undefined
  /** Those of them that were minted after the expected one, or are left without it, and that nothing on record replaces. */
  newer?: readonly string[] | undefined
  /** The list of its user's tokens was read, and the expected one is not in it. */
  expectedIsGone?: boolean | undefined
  /** When its secret was written that held the expected one at its last proof there, where that is on record. */
  storedAsProven?: string | undefined
  /** How long the agent may take to be reached and to answer, in ms. */
  timeoutMs: number
  /** How long it may take over what it or the platform has taken on, in ms. */
  laterMs: number
}

/** The third path, with what the agent said where that can be trusted to be about our question. */
export interface SwarmResult {
  path: PathResult
  answer: AgentAnswer | undefined
  warnings: string[]
}

/**
 * The third path: the agent itself, with the token that it really holds, finds the approved issues. It passes only if
 * its line bears our nonce, the expected token's last eight, 200 for both lists, and the very issues that the same
 * request shows us before and after. Work comes and goes, and models miscount: an agent that lists other issues or names
 * another token is asked once more.
 */
export async function provesSwarmPull(ports: SmokePorts, errand: SwarmErrand): Promise<SwarmResult> {
  if (errand.via === 'none') {
    return {
      path: {
        path: 'swarm-pull',
        outcome: 'not-proven',
        message: 'the agent was not asked, so nothing shows which token it holds',
        suggestions: [`patrol smoke ${errand.agent} --swarm-via a2a`],
      },
      answer: undefined,
      warnings: [],
    }
  }
  const now = ports.clock.now()
  const patience = {deadline: now + errand.timeoutMs, latest: now + errand.laterMs}
  const first = await askOnce(ports, errand, patience)
  if (!ASKED_TWICE.includes(first.path.reason)) return first
  const second = await askOnce(ports, errand, patience)
  const warnings = [...first.warnings, ...second.warnings]
  return {path: second.path, answer: second.answer ?? first.answer, warnings}
}

const ASKED_TWICE: readonly (SmokeReason | undefined)[] = ['wrong-issues', 'wrong-token', 'miscounted', 'no-token']

async function askOnce(ports: SmokePorts, errand: SwarmErrand, patience: Patience): Promise<SwarmResult> {
  const before = await workNow(ports, errand)
  const began = ports.clock.now()
  const nonce = ports.newNonce()
  const text = smokePrompt({...errand, nonce})
  const {heard, warnings} =
    errand.via === 'schedule'
      ? await askBySchedule(ports, errand.workspaceId, {nonce, text}, patience)
      : {heard: await converse(ports, errand.workspaceId, {nonce, text}, patience), warnings: []}
  const judged = await judgeHeard({ports, errand, nonce, before, began}, heard).catch(alsoTelling(warnings))
  return {...judged, warnings}
}

/** One question, and what the API showed when it was put. */
interface SwarmRound {
  ports: SmokePorts
  errand: SwarmErrand
  nonce: string
  before: Work | OpsError
  /** In ms since the epoch. */
  began: number
}

type Judged = Omit<SwarmResult, 'warnings'>

async function judgeHeard(round: SwarmRound, heard: AskEnd): Promise<Judged> {
  const {errand, ports, began} = round
  const again = askAgain(errand)
  switch (heard.kind) {
    case 'replied':
      return judgeReply(round, heard.text)
    case 'rpc-error': {
      const code = heard.code === undefined ? '' : ` ${heard.code}`
      return unknown('rpc-error', `the agent answered with the JSON-RPC error${code} instead of a result`, again)
    }
    case 'unreadable':
      return unknown('no-answer', `the agent's answer can't be read: ${heard.why}`, again)
    case 'agent-error': {
      const status = heard.status === undefined ? 'an error' : `HTTP ${heard.status}`
      return unknown(
        'agent-error',
        `the question was answered with ${status}, by the agent or something before it`,
        again,
      )
    }
    case 'refused':
      return unknown('refused', `the platform does not deliver the question: ${heard.why} (HTTP ${heard.status})`, [
        'patrol doctor',
      ])
    case 'silent':
      return unknown('no-answer', `the agent gave no answer in time: ${heard.why}`, again)
    default: {
      const asked = Math.round((ports.clock.now() - began) / 1000)
      return unknown('unreachable', `the agent could not be asked within ${asked} s: ${heard.why}`, again)
    }
  }
}

async function judgeReply(round: SwarmRound, text: string): Promise<Judged> {
  const {errand, nonce} = round
  const {kind, answer} = parseReply(text, nonce)
  const lastEights = [errand.expectLastEight, ...errand.superseded]
  if (leaksToken(text, {valueInHand: errand.token !== undefined, lastEights})) {
    const message =
      "the agent's reply holds the full value of a token (not shown here), so it is now in the platform's activity " +
      'list: treat that token as known to others'
    const shown = answer && shownOf(errand, byEnd(errand, answer))
    return {...failed('token-leaked', message, [`patrol rotate ${errand.agent}`]), answer: shown}
  }
  if (kind === 'contradictory') {
    return unknown('no-answer', 'the agent gave two answers that differ, so neither is believed', askAgain(errand))
  }
  if (answer === undefined) return withoutLine(errand, kind === 'wrong-nonce', text)
  if (isMiscounted(errand, answer)) return miscounted(errand)
  const named = byEnd(errand, answer)
  return {path: await judgeAnswer(round, named), answer: shownOf(errand, named)}
}

/** An answer that names the end of a known token, or that there is none: what else stands in a token is not to be shown. */
function shownOf(errand: SwarmErrand, answer: AgentAnswer): AgentAnswer | undefined {
  const {lastEight} = answer
  const ends = [NO_TOKEN, errand.expectLastEight, ...errand.superseded]
  return ends.includes(lastEight) || isKnown(errand, answer) ? answer : undefined
}

/** The answer as it would be, had an agent that names other characters of an old token named its end. */
function byEnd({superseded, oldValues = []}: SwarmErrand, answer: AgentAnswer): AgentAnswer {
  const old = oldValues.find((value) => value.holds(answer.lastEight))
  return old && !superseded.includes(answer.lastEight) ? {...answer, lastEight: old.lastEight} : answer
}

function isKnown({others = []}: SwarmErrand, {lastEight}: AgentAnswer): boolean {
  return others.includes(lastEight)
}

/** Texts that runtimes are known to give instead of work (platform contract, smoke test endpoints), in our words. */
const KNOWN_FAULTS: readonly [RegExp, string][] = [
  [/invalid api key|hermes-agent error 401/i, "the model provider rejects the agent's key"],
  [/model_not_found|unknown provider/i, "the agent's model or provider is not known"],
  [/hermes-agent unreachable/i, "the agent's runtime is not reachable"],
  [/encrypted content is not supported/i, "the model provider refuses the agent's request"],
]

function withoutLine(errand: SwarmErrand, otherNonce: boolean, text: string): Judged {
  const again = askAgain(errand)
  if (otherNonce) {
    return unknown('wrong-nonce', 'the agent answered with the line of another question, not with this nonce', again)
  }
  const fault = KNOWN_FAULTS.find(([pattern]) => pattern.test(text))
  if (fault !== undefined) return unknown('agent-error', `the agent replied, but did no work: ${fault[1]}`, again)
  return unknown('no-answer', 'the agent replied, but without the one line that it was asked for', again)
}

async function judgeAnswer(round: SwarmRound, answer: AgentAnswer): Promise<PathResult> {
  const {ports, errand} = round
  const {agent} = errand
  if (answer.lastEight === NO_TOKEN) return noToken(ports, errand)
  if (answer.lastEight !== errand.expectLastEight) return wrongToken(ports, errand, answer)
  const flaw = flawOf('issues', answer.issues, errand) ?? flawOf('pulls', answer.pulls, errand)
  if (flaw) {
    const {outcome, reason, said} = flaw
    const message = `with the token …${answer.lastEight} the agent gets ${said}`
    const suggestions = [...(outcome === 'failed' ? [`patrol probe ${agent}`] : []), ...askAgain(errand)]
    return {path: 'swarm-pull', outcome, reason, message, suggestions}
  }
  return compareIssues(round, answer)
}

/** That is an answer, and says nothing against the token that is stored for it: no other value would have reached it. */
async function noToken(ports: SmokePorts, errand: SwarmErrand): Promise<PathResult> {
  const {agent, workspaceId, secretKey} = errand
  const says = `the agent says that it has no token in ${secretKey}`
  const stale = await whyStale(ports.clues, agent, workspaceId, secretKey)
  if (stale.reason !== 'old-token' || stale.absent)
    return failed('no-token', `${says}: ${stale.why}`, stale.suggestions).path
  if (!mayBeWithheld(secretKey)) {
    return failed('no-token', `${says}: ${stale.why}`, [`patrol restart ${agent}`, ...askAgain(errand)]).path
  }
  const {why, remedy} = withheld(secretKey)
  return failed('no-token', `${says}: ${why}`, [remedy, ...askAgain(errand)]).path
}

/** A model that copies or counts wrongly names other characters of the very token that it holds. */
function isMiscounted({token, expectLastEight}: SwarmErrand, {lastEight}: AgentAnswer): boolean {
  return lastEight !== expectLastEight && token?.holds(lastEight) === true
}

function miscounted({agent, expectLastEight}: SwarmErrand): Judged {
  return failed(
    'miscounted',
    `the agent names other characters of the token …${expectLastEight} than its last eight: it has that token, but its ` +
      'answer proves nothing',
    [`patrol smoke ${agent}`],
  )
}

async function wrongToken(ports: SmokePorts, errand: SwarmErrand, answer: AgentAnswer): Promise<PathResult> {
  const {agent, workspaceId, secretKey, expectLastEight} = errand
  if (errand.superseded.includes(answer.lastEight)) {
    const proven = {lastEight: expectLastEight, storedAt: errand.storedAsProven}
    const {reason, why, suggestions} = await whyStale(ports.clues, agent, workspaceId, secretKey, proven)
    return failed(reason, `the agent still has the old token …${answer.lastEight}: ${why}`, suggestions).path
  }
  if (errand.newer?.includes(answer.lastEight) && errand.expectedIsGone) {
    const gone = `the agent works with …${answer.lastEight}, and the expected …${expectLastEight} is not among its user's tokens any more: what is expected of it is out of date`
    return failed('wrong-token', gone, [`patrol audit ${agent} --ask-agents`]).path
  }
  if (errand.newer?.includes(answer.lastEight)) {
    const later = `the agent works with …${answer.lastEight}, which was minted after the expected …${expectLastEight}: somebody gave it a token since, and what is expected of it is out of date`
    return failed('wrong-token', later, [`patrol audit ${agent}`]).path
  }
  const says = isKnown(errand, answer)
    ? `the agent works with a token …${answer.lastEight} that is neither the expected …${expectLastEight} nor one that it replaces`
    : `the agent names the end of neither the expected token …${expectLastEight} nor any other that is known to be its ` +
      "user's; it is not shown, for it may be more of a token"
  return failed('wrong-token', says, [
    `look in the workspace for where the agent reads its token from`,
    `patrol push ${agent}`,
  ]).path
}

async function compareIssues({ports, errand, before}: SwarmRound, answer: AgentAnswer): Promise<PathResult> {
  const {repo, label, agent} = errand
  const after = await workNow(ports, errand)
  if (after instanceof OpsError) return unreadable(after)
  if (!after.labelExists) return labelUnknown('swarm-pull', repo, label)
  const earlier = before instanceof OpsError ? after : before
  if (liesBetween(answer.approved, earlier.issues, after.issues)) {
    return {
      path: 'swarm-pull',
      outcome: 'passed',
      message: `the agent found ${list(answer.approved)} with the label "${label}" in ${repo}, as the API does, with the token …${answer.lastEight}`,
    }
  }
  return failed(
    'wrong-issues',
    `the agent lists ${list(answer.approved)} with the label "${label}" in ${repo}, the API ${list(after.issues)}`,
    [`patrol smoke ${agent}`],
  ).path
}

/** Whether a list can have been read between two others: nothing is missing that both have, nothing is there that neither has. */
function liesBetween(said: readonly number[], before: readonly number[], after: readonly number[]): boolean {
  const [mine, first, last] = [new Set(said), new Set(before), new Set(after)]
  return mine.isSupersetOf(first.intersection(last)) && mine.isSubsetOf(first.union(last))
}

async function workNow(ports: SmokePorts, {label}: SwarmErrand): Promise<Work | OpsError> {
  try {
    return await ports.work(workQuery(label))
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
}

function askAgain({agent}: SwarmErrand): string[] {
  return [`patrol smoke ${agent}`]
}

function unreadable(error: OpsError): PathResult {
  const message = `the agent answered, but what it should have found could not be read: ${error.message}`
  return unknown('no-reading', message, error.suggestions).path
}

function list(numbers: readonly number[]): string {
  if (numbers.length === 0) return 'no open issue'
  const shown = numbers.slice(0, 10).map((number) => `#${number}`)
  const rest = numbers.length - shown.length
  return `${numbers.length} open (${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`
}

function failed(reason: SmokeReason, message: string, suggestions: readonly string[]): Judged {
  return {path: {path: 'swarm-pull', outcome: 'failed', reason, message, suggestions}, answer: undefined}
}

function unknown(reason: SmokeReason, message: string, suggestions: readonly string[]): Judged {
  return {path: {path: 'swarm-pull', outcome: 'unknown', reason, message, suggestions}, answer: undefined}
}
