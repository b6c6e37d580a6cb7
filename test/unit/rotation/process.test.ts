import {describe, expect, it} from 'vitest'
import type {Baseline} from '../../../src/rotation/events.ts'
import type {Workspace, WorkspaceEvent} from '../../../src/rotation/ports.ts'
import {judge, restartShows, type Sighting} from '../../../src/rotation/process.ts'

const T0 = 1_000_000_000
const before: Baseline = {status: 'online', uptimeSeconds: 4_000, serverTime: T0, lastEvent: 'e1'}

function sighting(seconds: number, status: string, uptimeSeconds: number, events?: WorkspaceEvent[]): Sighting {
  const workspace: Workspace = {
    id: 'w',
    name: 'dev-a',
    status,
    runtime: 'claude-code',
    kind: 'workspace',
    parentId: undefined,
    activeTasks: 0,
    uptimeSeconds,
    url: '',
    lastSampleError: undefined,
    lastHeartbeatAt: undefined,
    serverTime: T0 + seconds * 1000,
  }
  return {workspace, events}
}

function event(id: string, type: string, payload: Record<string, unknown> = {}): WorkspaceEvent {
  return {id, type, createdAt: '', payload}
}

const first = event('e1', 'WORKSPACE_ONLINE', {url: 'u', agent_card: {}})
const provisioning = event('e2', 'WORKSPACE_PROVISIONING')
const registered = event('e3', 'WORKSPACE_ONLINE', {url: 'u', agent_card: {}})
const recovered = event('e3', 'WORKSPACE_ONLINE', {recovered_from: 'provisioning'})

describe('judge', () => {
  it('takes a register after a provisioning with a young uptime for a new process', () => {
    expect(judge(before, [sighting(20, 'online', 5, [registered, provisioning, first])])).toEqual({
      is: 'new',
      evidence: 'events',
    })
  })

  it('waits while the row still shows the uptime of the process before the register', () => {
    expect(judge(before, [sighting(20, 'online', 4_000, [registered, provisioning, first])])).toEqual({is: 'waiting'})
  })

  it('takes a recovery by heartbeat for the old process, however young its uptime', () => {
    expect(judge(before, [sighting(20, 'online', 5, [recovered, provisioning, first])])).toEqual({is: 'old'})
  })

  it('takes a register from before the last provisioning for no proof', () => {
    const events = [event('e4', 'WORKSPACE_PROVISIONING'), registered, provisioning, first]
    expect(judge(before, [sighting(20, 'online', 5, events)])).toEqual({is: 'old'})
  })

  it('takes online without any event for the old process', () => {
    expect(judge(before, [sighting(20, 'online', 4_020, [first])])).toEqual({is: 'old'})
  })

  it('reads all events as new when the one before has scrolled out of the list', () => {
    expect(judge(before, [sighting(20, 'online', 5, [registered, provisioning])]).is).toBe('new')
  })

  it('goes by events alone where the uptime before was too small to compare', () => {
    const young = {...before, uptimeSeconds: 20}
    expect(judge(young, [sighting(40, 'online', 25, [registered, provisioning, first])]).is).toBe('new')
    expect(judge(young, [sighting(40, 'online', 25, [first])]).is).toBe('old')
  })

  it('without events wants two young, growing uptimes 30 s of server time apart', () => {
    const one = sighting(20, 'online', 5)
    expect(judge(before, [one]).is).toBe('waiting')
    expect(judge(before, [one, sighting(40, 'online', 25)]).is).toBe('waiting')
    expect(judge(before, [one, sighting(51, 'online', 5)]).is).toBe('waiting')
    expect(judge(before, [one, sighting(51, 'online', 35)])).toEqual({is: 'new', evidence: 'uptime'})
  })

  it('without events takes an uptime that only grew for the old process', () => {
    expect(judge(before, [sighting(60, 'online', 4_060)]).is).toBe('old')
  })

  it('knows a new process also at a look so late that its uptime has passed the old one', () => {
    expect(judge(before, [sighting(9_000, 'online', 8_900, [registered, provisioning, first])]).is).toBe('new')
    const pair = [sighting(9_000, 'online', 8_900), sighting(9_031, 'online', 8_930)]
    expect(judge(before, pair)).toEqual({is: 'new', evidence: 'uptime'})
    expect(judge(before, [sighting(9_000, 'online', 12_990), sighting(9_031, 'online', 13_020)]).is).toBe('old')
  })

  it('tells failed, and waits in every other state', () => {
    expect(judge(before, [sighting(20, 'failed', 0)]).is).toBe('failed')
    expect(judge(before, [sighting(20, 'degraded', 5, [registered, provisioning, first])]).is).toBe('waiting')
  })
})

describe('restartShows', () => {
  it('sees the status, an event of it, or a smaller uptime where events are unreadable', () => {
    expect(restartShows(before, sighting(1, 'provisioning', 4_000, [first]))).toBe(true)
    expect(restartShows(before, sighting(9, 'online', 4_000, [registered, provisioning, first]))).toBe(true)
    expect(restartShows(before, sighting(9, 'online', 4_009, [first]))).toBe(false)
    expect(restartShows(before, sighting(9, 'online', 3))).toBe(true)
    expect(restartShows(before, sighting(9, 'online', 4_009))).toBe(false)
  })
})
