import {OpsError} from '../../../src/errors.ts'
import {Secret} from '../../../src/secret.ts'
import type {AskOutcome, AgentQuestion, Schedule, SmokePorts, Work} from '../../../src/smoke/ports.ts'
import type {SmokeRequest} from '../../../src/smoke/smoke.ts'

export const CANDIDATE = 'c'.repeat(32) + '00000002'
export const OLD_EIGHT = '00000071'
export const WORKSPACE = '11111111-1111-4111-8111-111111111111'
export const START = Date.parse('2026-11-22T12:00:00Z')

export const REQUEST: SmokeRequest = {
  agent: 'agent-dev-a',
  workspaceId: WORKSPACE,
  giteaUrl: 'https://git.example.test',
  repo: 'molecule-ai/molecule-core',
  label: 'approved',
  secretKey: 'GITEA_TOKEN',
  via: 'a2a',
  token: new Secret(CANDIDATE),
  expectLastEight: '00000002',
  superseded: [OLD_EIGHT],
  timeoutMs: 120_000,
}

/** The request without the token's value, as after a crash. */
export function withoutValue(): SmokeRequest {
  const {token: _, ...rest} = REQUEST
  return rest
}

export function nonceIn(text: string): string {
  return /^Nonce: (\w+)$/m.exec(text)?.[1] ?? ''
}

/** The line that an agent should give, with whatever is to be wrong about it. */
export function line(
  text: string,
  claim: {issues?: string; pulls?: string; approved?: string; token?: string; nonce?: string} = {},
): string {
  const {issues = '200', pulls = '200', approved = '3,7', token = '00000002', nonce = nonceIn(text)} = claim
  return `patrol-smoke ${nonce} issues=${issues} pulls=${pulls} approved=${approved} token=${token}`
}

/** What the API shows. */
export const approved = (...issues: number[]): Work => ({labelExists: true, issues})

export interface World {
  ports: SmokePorts
  asked: AgentQuestion[]
  /** Milliseconds slept so far, one entry for each pause. */
  pauses: number[]
  schedules: (Schedule & {prompt: string})[]
  deleted: string[]
}

/**
 * A platform, a Gitea and a clock in memory. `answer` plays the agent: it gets the question and which try this is, from
 * 1. Everything else is healthy unless overridden.
 */
export function world(
  answer: (question: AgentQuestion, attempt: number) => AskOutcome,
  override: Partial<Omit<SmokePorts, 'agent'>> & {agent?: Partial<SmokePorts['agent']>} = {},
): World {
  let now = START
  let serial = 0
  const seen: Omit<World, 'ports'> = {asked: [], pauses: [], schedules: [], deleted: []}
  const {agent, ...rest} = override
  const ports: SmokePorts = {
    lists: {
      issues: async () => ({kind: 'listed', items: [{number: 3, labels: ['approved'], isPull: false}]}),
      pulls: async () => ({kind: 'listed', items: []}),
      label: async () => 'exists',
    },
    clues: {
      read: async () => ({uptimeSeconds: 10, serverTime: now}),
      secretRow: async () => undefined,
      events: async () => undefined,
    },
    work: async () => approved(3, 7),
    clock: {
      now: () => now,
      sleep: async (ms) => {
        seen.pauses.push(ms)
        now += ms
      },
    },
    newId: () => `message-${(serial += 1)}`,
    newNonce: () => 'n0nce123',
    ...rest,
    agent: {
      askAgent: async (_id, question) => {
        seen.asked.push(question)
        return answer(question, seen.asked.length)
      },
      findReply: async () => ({kind: 'none'}),
      queueState: async () => {
        throw new OpsError('PLATFORM_NOT_JSON', 'no such route')
      },
      createSchedule: async (_id, {name, prompt}) => {
        const id = `schedule-${seen.schedules.length + 1}`
        seen.schedules.push({id, name, prompt, runCount: 0, lastStatus: undefined, ageMs: undefined})
        return id
      },
      schedules: async () => seen.schedules,
      deleteSchedule: async (_id, scheduleId) => {
        seen.deleted.push(scheduleId)
        const at = seen.schedules.findIndex((row) => row.id === scheduleId)
        if (at >= 0) seen.schedules.splice(at, 1)
        return 'deleted'
      },
      ...agent,
    },
  }
  return {...seen, ports}
}

/** An agent that does what it is asked, with one claim changed. */
export function claiming(claim: Parameters<typeof line>[1] = {}): (question: AgentQuestion) => AskOutcome {
  return (question) => ({kind: 'replied', text: line(question.text, claim)})
}
