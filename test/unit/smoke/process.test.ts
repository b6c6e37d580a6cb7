import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {ProcessClues, ProcessEvent} from '../../../src/smoke/ports.ts'
import {whyStale, type StaleCause} from '../../../src/smoke/process.ts'
import {START} from './world.ts'

const iso = (secondsAgo: number) => new Date(START - secondsAgo * 1000).toISOString()
const provisioned = (secondsAgo: number): ProcessEvent => ({
  type: 'WORKSPACE_PROVISIONING',
  createdAt: iso(secondsAgo),
  payload: {},
})
const booted = (secondsAgo: number): ProcessEvent => ({
  type: 'WORKSPACE_ONLINE',
  createdAt: iso(secondsAgo),
  payload: {url: 'http://agent.example.test'},
})
const recovered = (secondsAgo: number): ProcessEvent => ({
  ...booted(secondsAgo),
  payload: {recovered_from: 'provisioning'},
})

/** A secret stored a minute ago, and a process of that age; what is overridden is otherwise. */
function clues(uptimeSeconds: number, events?: ProcessEvent[], override: Partial<ProcessClues> = {}): ProcessClues {
  return {
    read: async () => ({uptimeSeconds, serverTime: START, status: 'online'}),
    secretRow: async () => ({scope: 'workspace', updatedAt: iso(60)}),
    events: async () => events,
    ...override,
  }
}

function why(known: ProcessClues): Promise<StaleCause> {
  return whyStale(known, 'agent-dev-a', 'w1', 'GITEA_TOKEN')
}

const cause = (reason: StaleCause['reason'], said: string, suggestions: string[]) => ({
  reason,
  why: expect.stringContaining(said),
  suggestions,
})
const AGAIN = ['patrol restart agent-dev-a', 'patrol smoke agent-dev-a']
const ELSEWHERE = [
  'look in the workspace for where the agent reads its token from, and set that name as secret in patrol.yaml',
  'patrol push agent-dev-a',
]
const NOT_RESTARTED = cause('not-restarted', 'was not restarted after the push', AGAIN)
const PRETENDED = cause('stale-process', 'only looked like one', AGAIN)
const HANDED_BEFORE = cause('stale-process', 'still got the old value', AGAIN)
const OTHER_SOURCE = cause('old-token', 'another source than the secret GITEA_TOKEN', ELSEWHERE)
const UNSURE = cause('old-token', 'the process was not restarted or reads another source', ELSEWHERE)

describe('a process that uses the old token', () => {
  test.each<[string, number, ProcessEvent[] | undefined, object]>([
    ['older than the secret, without events', 61, undefined, NOT_RESTARTED],
    ['older than the secret, and provisioned before', 61, [provisioned(70), booted(65)], NOT_RESTARTED],
    ['older than the secret, and provisioned since', 61, [provisioned(50)], PRETENDED],
    ['older than the secret, and provisioned in its very moment', 61, [provisioned(60)], PRETENDED],
    ['older than the secret, which only recovered since', 61, [provisioned(50), recovered(40)], PRETENDED],
    ['as old as the secret, as far as its last heartbeat tells', 60, [], UNSURE],
    ['as old as the secret, for all that its first heartbeat tells', 61, [provisioned(60), booted(60)], OTHER_SOURCE],
    ['booted since, and provisioned since', 30, [provisioned(50), booted(40)], OTHER_SOURCE],
    ['booted since, and provisioned before', 30, [provisioned(70), booted(40)], HANDED_BEFORE],
    ['booted since, and provisioned when nobody knows', 30, [booted(40)], OTHER_SOURCE],
    ['new without a boot, as far as its last heartbeat tells', 30, [provisioned(70)], UNSURE],
  ])('is %s', async (_, uptimeSeconds, events, expected) => {
    expect(await why(clues(uptimeSeconds, events))).toEqual(expected)
  })

  test.each([
    [[provisioned(90), provisioned(50), provisioned(70)]],
    [[provisioned(50), provisioned(90)]],
    [[provisioned(90), {...provisioned(0), createdAt: 'soon'}, provisioned(50)]],
  ])('is judged by the latest event, whatever their order', async (events) => {
    expect(await why(clues(61, events))).toEqual(PRETENDED)
  })

  test.each<[string, Partial<ProcessClues>]>([
    ['shows no time of it', {secretRow: async () => ({scope: 'workspace', updatedAt: ''})}],
    [
      'gives no usable answer',
      {events: () => Promise.reject(new OpsError('PLATFORM_UNREACHABLE', 'The platform is away.'))},
    ],
  ])('is not judged where the platform %s', async (_, override) => {
    expect(await why(clues(61, [provisioned(50), booted(40)], override))).toEqual(UNSURE)
  })

  test.each<[string, string, number, StaleCause | object]>([
    ['new, since it sends heartbeats', 'online', 389, OTHER_SOURCE],
    ['new, since it sends heartbeats with errors', 'degraded', 389, OTHER_SOURCE],
    ['perhaps new, since the last may have come long ago', 'online', 390, UNSURE],
    ['perhaps new, since they ended and its uptime stands still', 'offline', 30, UNSURE],
    ['perhaps new, since the platform does not tell its uptime', 'online', Number.NaN, UNSURE],
  ])('without events is %s', async (_, status, uptimeSeconds, expected) => {
    const seen = {
      read: async () => ({uptimeSeconds, serverTime: START, status}),
      secretRow: async () => ({scope: 'workspace' as const, updatedAt: iso(600)}),
    }
    expect(await why(clues(0, undefined, seen))).toEqual(expected)
  })

  test('can have no other where no such secret is stored', async () => {
    const said = 'the platform lists no secret GITEA_TOKEN for its workspace'
    const stored = cause('old-token', said, ['patrol rotate agent-dev-a', 'patrol push agent-dev-a'])
    const none = clues(61, [provisioned(50), booted(40)], {secretRow: async () => undefined})
    expect(await why(none)).toEqual({...stored, absent: true})
  })

  test('is not judged by a mistake of ours', async () => {
    const mistake = new TypeError('a mistake')
    await expect(why(clues(61, [], {read: () => Promise.reject(mistake)}))).rejects.toBe(mistake)
  })
})
