import {describe, expect, test} from 'vitest'
import {converse} from '../../../src/smoke/conversation.ts'
import type {AskOutcome, FoundReply} from '../../../src/smoke/ports.ts'
import {START, world, WORKSPACE} from './world.ts'

const DEADLINE = START + 120_000
const done = {kind: 'replied', text: 'done'} as const

describe('a question that was not delivered', () => {
  test.each([
    {kind: 'unreachable'},
    {kind: 'restarting'},
    {kind: 'not-ready', status: 'provisioning', retryAfterMs: undefined},
  ] as const)('is asked again after growing pauses: %j', async (outcome) => {
    const seen = world((_question, attempt) => (attempt < 4 ? outcome : done))
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual(done)
    expect(seen.pauses).toEqual([1000, 2000, 4000])
    expect(new Set(seen.asked.map((question) => question.messageId)).size).toBe(4)
  })

  test('is asked after the pause that a waking workspace asks for', async () => {
    const seen = world((_question, attempt) =>
      attempt === 1 ? {kind: 'not-ready', status: 'hibernated', retryAfterMs: 15_000} : done,
    )
    await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)
    expect(seen.pauses).toEqual([15_000])
  })

  test('is not asked again in the last moment, when the call could only be cut', async () => {
    const seen = world(() => ({kind: 'unreachable'}))
    await converse(seen.ports, WORKSPACE, 'hello', START + 3500)
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([3500, 2500])
  })

  test('ends at the deadline with the last reason', async () => {
    const seen = world(() => ({kind: 'not-ready', status: 'offline', retryAfterMs: undefined}))
    const heard = await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)
    expect(heard).toMatchObject({kind: 'unreachable', why: expect.stringContaining('offline')})
    expect(seen.pauses.reduce((sum, ms) => sum + ms, 0)).toBe(120_000)
  })
})

/** The reply turns up in the activity list at the n-th look, for the right message only. */
function activity(atLook: number, reply: FoundReply = done) {
  const looks: string[] = []
  return {
    looks,
    findReply: async (_id: string, key: object): Promise<FoundReply> => {
      looks.push('messageId' in key ? String(key.messageId) : '')
      return looks.length >= atLook ? reply : {kind: 'none'}
    },
  }
}

describe('a question that the agent has', () => {
  test.each<AskOutcome>([{kind: 'queued', queueId: 'q1'}, {kind: 'begun'}, {kind: 'lost', delivered: true}])(
    'is never sent again, its reply is awaited in the activity: %j',
    async (outcome) => {
      const {findReply, looks} = activity(4)
      const seen = world(() => outcome, {agent: {findReply}})
      expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual(done)
      expect(seen.asked).toHaveLength(1)
      expect(looks).toEqual(Array.from({length: 4}, () => seen.asked[0]?.messageId))
    },
  )

  test.each([
    {kind: 'unreadable', why: 'it is long'},
    {kind: 'rpc-error', code: 5},
  ] as const)('and answers in the activity with %j has answered', async (reply) => {
    const seen = world(() => ({kind: 'queued', queueId: undefined}), {agent: activity(1, reply)})
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual(reply)
    expect(seen.pauses).toEqual([])
  })

  test('and of which the activity shows a task begun is waited for', async () => {
    const seen = world(() => ({kind: 'begun'}), {agent: activity(1, {kind: 'begun'})})
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual({kind: 'silent'})
  })

  test('but never answers ends as silent', async () => {
    const seen = world(() => ({kind: 'queued', queueId: undefined}))
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual({kind: 'silent'})
    expect(seen.asked).toHaveLength(1)
  })

  test('and of which the activity says that it went wrong ends as the agent’s error, at the deadline', async () => {
    const seen = world(() => ({kind: 'queued', queueId: undefined}), {agent: activity(1, {kind: 'failed'})})
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toMatchObject({kind: 'agent-error'})
    expect(seen.ports.clock.now()).toBe(DEADLINE)
  })
})

describe('a question that the agent may have', () => {
  test('is looked for in the activity before it is sent again', async () => {
    const {findReply} = activity(2)
    const seen = world(() => ({kind: 'lost', delivered: false}), {agent: {findReply}})
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual(done)
    expect(seen.asked).toHaveLength(1)
  })

  test.each<AskOutcome>([
    {kind: 'lost', delivered: false},
    {kind: 'busy', retryAfterMs: 30_000},
  ])('goes out again with the same id: %j', async (outcome) => {
    const seen = world((_question, attempt) => (attempt === 1 ? outcome : done))
    expect(await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)).toEqual(done)
    expect(seen.asked.map((question) => question.messageId)).toEqual(['message-1', 'message-1'])
    expect(seen.pauses.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(20_000)
  })

  test('no call gets more time than is left', async () => {
    const seen = world((_question, attempt) => (attempt === 1 ? {kind: 'busy', retryAfterMs: 30_000} : done))
    await converse(seen.ports, WORKSPACE, 'hello', DEADLINE)
    expect(seen.asked.map((question) => question.timeoutMs)).toEqual([120_000, 90_000])
  })
})
