import {describe, expect, test} from 'vitest'
import {smoke} from '../../../src/smoke/smoke.ts'
import type {SmokePorts} from '../../../src/smoke/ports.ts'
import {claiming, REQUEST, world} from './world.ts'

const {lists} = world(claiming()).ports

/** One path's way to fail, the other two being proven. */
const ONE_FAILS: readonly [path: string, answer: ReturnType<typeof claiming>, ports: Partial<SmokePorts>][] = [
  ['issues', claiming(), {lists: {...lists, issues: async () => ({kind: 'role', status: 404})}}],
  ['pulls', claiming(), {lists: {...lists, pulls: async () => ({kind: 'scope', required: ['read:repository']})}}],
  ['swarm-pull', claiming({token: 'deadbeef'}), {}],
]
const ONE_UNKNOWN: typeof ONE_FAILS = [
  ['issues', claiming(), {lists: {...lists, issues: async () => ({kind: 'unknown', reason: 'a web page'})}}],
  ['pulls', claiming(), {lists: {...lists, pulls: async () => ({kind: 'unknown', reason: 'a web page'})}}],
  ['swarm-pull', () => ({kind: 'unreachable'}), {}],
]

describe('all three paths have to pass', () => {
  test.each([
    ...ONE_FAILS.map((each) => [...each, 'failed'] as const),
    ...ONE_UNKNOWN.map((each) => [...each, 'unknown'] as const),
  ])('without %s nothing is proven', async (path, answer, ports, outcome) => {
    const report = await smoke(REQUEST, world(answer, ports).ports)
    const outcomes = Object.fromEntries(report.paths.map((each) => [each.path, each.outcome]))
    expect(outcomes).toEqual({issues: 'passed', pulls: 'passed', 'swarm-pull': 'passed', [path]: outcome})
    expect(report.passed).toBe(false)
  })

  test('with all of them everything is', async () => {
    expect((await smoke(REQUEST, world(claiming()).ports)).passed).toBe(true)
  })
})

describe('patience', () => {
  const {timeoutMs: _, ...usual} = REQUEST
  const slept = (pauses: readonly number[]) => pauses.reduce((sum, ms) => sum + ms, 0)
  const queued = {kind: 'queued', queueId: undefined, why: 'the platform has queued it'} as const

  test('with an agent that cannot be reached lasts five minutes', async () => {
    const seen = world(() => ({kind: 'unreachable'}))
    expect((await smoke(usual, seen.ports)).paths[2]).toMatchObject({outcome: 'unknown', reason: 'unreachable'})
    expect(slept(seen.pauses)).toBe(300_000)
  })

  test('with a question that was taken on lasts a quarter of an hour, and says what it waited for', async () => {
    const seen = world(() => queued)
    expect((await smoke(usual, seen.ports)).paths[2]).toMatchObject({
      outcome: 'unknown',
      reason: 'no-answer',
      message: 'the agent gave no answer in time: the platform has queued it',
    })
    expect([slept(seen.pauses), seen.asked.length]).toEqual([900_000, 1])
  })

  test('is what the caller says where it says so', async () => {
    const seen = world(() => queued)
    await smoke({...usual, timeoutMs: 7000}, seen.ports)
    expect(slept(seen.pauses)).toBe(7000)
  })

  test('is shared by both questions of a proof', async () => {
    const seen = world((question, attempt) => (attempt === 1 ? claiming({approved: 'none'})(question) : queued))
    await smoke(usual, seen.ports)
    expect(slept(seen.pauses)).toBe(900_000)
  })
})
