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
