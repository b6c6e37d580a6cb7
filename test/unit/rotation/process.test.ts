import {describe, expect, it} from 'vitest'
import type {ProcessBaseline} from '../../../src/rotation/events.ts'
import type {Workspace, WorkspaceEvent} from '../../../src/rotation/ports.ts'
import {
  baselineOf,
  bootAfterProvisioning,
  eventsSince,
  judge,
  restartShows,
  type WorkspaceSighting,
} from '../../../src/rotation/process.ts'

const T0 = 1_000_000_000
const before: ProcessBaseline = {status: 'online', uptimeSeconds: 4_000, serverTime: T0, lastEvent: 'e1'}

function sighting(
  seconds: number,
  status: string,
  uptimeSeconds: number,
  events?: WorkspaceEvent[],
): WorkspaceSighting {
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

  it('goes by events alone where no uptime is told, and where those can not be read, by nothing', () => {
    expect(judge(before, [sighting(20, 'online', Number.NaN, [registered, provisioning, first])]).is).toBe('new')
    expect(judge(before, [sighting(20, 'online', Number.NaN, [recovered, provisioning, first])]).is).toBe('old')
    expect(judge(before, [sighting(20, 'online', Number.NaN), sighting(51, 'online', Number.NaN)]).is).not.toBe('new')
    const unknown = baselineOf(sighting(0, 'online', Number.NaN, [first]))
    expect(judge(unknown, [sighting(40, 'online', 25, [registered, provisioning, first])]).is).toBe('new')
    expect(JSON.parse(JSON.stringify(unknown))).toEqual(unknown)
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

describe('a workspace that is failed', () => {
  const wrong = event('e3', 'WORKSPACE_PROVISION_FAILED', {error: 'image not found'})
  const sweep = event('e3', 'WORKSPACE_PROVISION_FAILED', {error: 'timed out', source: 'provision_timeout_sweep'})
  const chat = event('e5', 'AGENT_MESSAGE', {})
  const again = event('e4', 'WORKSPACE_PROVISION_FAILED', {error: 'image not found'})
  const was: ProcessBaseline = {...before, status: 'failed'}
  const seen = (status: string, events?: WorkspaceEvent[]) => sighting(20, status, 0, events)

  it.each<[string, boolean, ProcessBaseline, WorkspaceSighting[]]>([
    ['after a start that went wrong stays so', true, before, [seen('failed', [wrong, provisioning, first])]],
    ['as far as anybody can tell stays so', true, before, [seen('failed')]],
    ['as a server says that waited long enough may come yet', false, before, [seen('failed', [sweep, provisioning])]],
    ['as such a server says, whatever came since', false, before, [seen('failed', [chat, sweep, provisioning])]],
    ['as before the restart, while other things happen', false, was, [seen('failed', [chat, first])]],
    ['at last for a start that went wrong stays so', true, before, [seen('failed', [again, provisioning, sweep])]],
    ['as before the restart, which does not show, may change yet', false, was, [seen('failed', [first])]],
    ['as before, with no events to be read, may change yet', false, was, [seen('failed')]],
    ['again, as an event tells, stays so', true, was, [seen('failed', [wrong, provisioning, first])]],
    ['again, as an earlier look tells, stays so', true, was, [seen('provisioning'), seen('failed')]],
  ])('%s', (_, stands, baseline, sightings) => {
    expect(judge(baseline, sightings)).toEqual({is: 'failed', stands})
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

describe('what a restart is told apart from', () => {
  it('is the state before, with the newest event where events can be read', () => {
    const state = {status: 'online', uptimeSeconds: 4_000, serverTime: T0}
    expect(baselineOf(sighting(0, 'online', 4_000, [provisioning, first]))).toEqual({...state, lastEvent: 'e2'})
    expect(baselineOf(sighting(0, 'online', 4_000, []))).toEqual({...state, lastEvent: null})
    expect(baselineOf(sighting(0, 'online', 4_000))).toEqual(state)
  })
})

describe('events since then', () => {
  const {lastEvent: _, ...blind} = before
  it.each([
    ['are those above the last one', before, [provisioning, first], ['e2']],
    ['are none where it is the newest still', before, [first], []],
    ['are all where it has scrolled away', before, [registered, provisioning], ['e3', 'e2']],
    ['are all where there was none', {...before, lastEvent: null}, [first], ['e1']],
    ['can not be told where they could not be read before', blind, [first], undefined],
    ['can not be told where they can not be read now', before, undefined, undefined],
  ])('%s', (_name, baseline, events, ids) => {
    expect(eventsSince(baseline, events)?.map(({id}) => id)).toEqual(ids)
  })
})

describe('events that could not be read before', () => {
  const {lastEvent: _, ...unread} = before
  const dated = (each: WorkspaceEvent, at: number) => ({...each, createdAt: new Date(T0 + at * 1000).toISOString()})
  const boot = [dated(registered, 9), dated(provisioning, 2), dated(first, -60)]

  it('tell a new process by a provisioning that is dated after the look', () => {
    expect(eventsSince(unread, boot)?.map(({id}) => id)).toEqual(['e3', 'e2'])
    expect(judge(unread, [sighting(20, 'online', 5, boot)])).toEqual({is: 'new', evidence: 'events'})
  })

  it('tell it by that alone, dated to the very look as well', () => {
    const alone = [dated(provisioning, 0), dated(first, -60)]
    expect(eventsSince(unread, alone)?.map(({id}) => id)).toEqual(['e2'])
    expect(restartShows(unread, sighting(9, 'offline', 4_000, alone))).toBe(true)
  })

  it('tell nothing by what came since without one, and the uptime decides', () => {
    const later = [dated(registered, 9), dated(provisioning, -30)]
    expect(eventsSince(unread, later)).toBeUndefined()
    expect(judge(unread, [sighting(20, 'online', 5, later)])).toEqual({is: 'waiting'})
  })

  it('tell nothing by one from before, and the uptime decides', () => {
    const earlier = [dated(registered, -1), dated(provisioning, -30)]
    expect(eventsSince(unread, earlier)).toBeUndefined()
    expect(judge(unread, [sighting(20, 'online', 5, earlier)])).toEqual({is: 'waiting'})
  })
})

describe('a boot', () => {
  it.each<[string, WorkspaceEvent[], string | undefined, string]>([
    ['a register after a provisioning', [registered, provisioning], 'online', 'registered'],
    ['a register amid a provisioning that was under way before', [registered], 'provisioning', 'registered'],
    ['a register without any provisioning', [registered], 'online', 'none'],
    ['a provisioning alone', [provisioning], 'online', 'none'],
    ['something else after a provisioning', [event('e3', 'WORKSPACE_OFFLINE'), provisioning], 'online', 'none'],
    [
      'a recovery, though it names an address',
      [event('e3', 'WORKSPACE_ONLINE', {...registered.payload, recovered_from: 'x'}), provisioning],
      'online',
      'recovered',
    ],
    ['an address without a card', [event('e3', 'WORKSPACE_ONLINE', {url: 'u'}), provisioning], 'online', 'recovered'],
    [
      'a card without an address',
      [event('e3', 'WORKSPACE_ONLINE', {agent_card: {}}), provisioning],
      'online',
      'recovered',
    ],
    [
      'a register under another name',
      [event('e3', 'WORKSPACE_RENAMED', registered.payload), provisioning],
      'online',
      'none',
    ],
  ])('by %s', (_, news, status, boot) => {
    expect(bootAfterProvisioning(news, status)).toBe(boot)
  })
})

describe('an uptime', () => {
  /** Whether it is taken for that of a new process, this long after the old one was seen at such an age. */
  const anew = (age: number, seconds: number, uptime: number) =>
    restartShows({...before, uptimeSeconds: age}, sighting(seconds, 'online', uptime))

  it.each([
    ['smaller than the old one, and possible since', 4_000, 100, 10, true],
    ['as young as a heartbeat late allows', 4_000, 100, 135, true],
    ['older than what passed since', 4_000, 100, 136, false],
    ['of the old process itself', 4_000, 100, 4_100, false],
    ['the same as before, of a process that stands still', 50, 20, 50, false],
    ['larger than before, but far smaller than the old one’s would be', 400, 900, 450, true],
    ['a minute smaller than the old one’s would be', 90, 100, 130, false],
    ['more than a minute smaller than the old one’s would be', 90, 100, 129, true],
  ])('%s', (_, age, seconds, uptime, isNew) => {
    expect(anew(age, seconds, uptime)).toBe(isNew)
  })

  it('is not looked at where events can be read: only a provisioning shows a restart', () => {
    expect(restartShows(before, sighting(9, 'online', 3, [registered, first]))).toBe(false)
    expect(restartShows(before, sighting(9, 'online', 4_009, [provisioning, first]))).toBe(true)
  })

  it('shows no restart of a workspace that is not online', () => {
    expect(restartShows(before, sighting(100, 'offline', 10))).toBe(false)
  })

  it('that can not be compared, since the old process was young itself, counts by its possibility', () => {
    const is = (age: number, uptime: number) =>
      judge({...before, uptimeSeconds: age}, [sighting(20, 'online', uptime, [registered, provisioning, first])]).is
    expect([is(59, 55), is(59, 56), is(60, 55), is(60, 54)]).toEqual(['new', 'waiting', 'new', 'new'])
    expect([is(60, 60), is(59, 90)]).toEqual(['waiting', 'waiting'])
    const later = (age: number, uptime: number) =>
      judge({...before, uptimeSeconds: age}, [sighting(40, 'online', uptime, [registered, provisioning, first])]).is
    expect([later(59, 70), later(60, 70), later(59, 75), later(59, 76)]).toEqual(['new', 'waiting', 'new', 'waiting'])
  })

  it('is confirmed by an earlier one of a process that was online, half a minute before', () => {
    const later = sighting(60, 'online', 40)
    const confirmed = (earlier: WorkspaceSighting) => judge(before, [earlier, later]).is
    expect(confirmed(sighting(30, 'online', 10))).toBe('new')
    expect(confirmed(sighting(31, 'online', 11))).toBe('waiting')
    expect(confirmed(sighting(30, 'provisioning', 10))).toBe('waiting')
    expect(confirmed(sighting(30, 'online', 4_030))).toBe('waiting')
    expect(confirmed(sighting(30, 'online', 40))).toBe('waiting')
  })

  it('of nobody yet is waited for', () => {
    expect(judge(before, [])).toEqual({is: 'waiting'})
  })
})
