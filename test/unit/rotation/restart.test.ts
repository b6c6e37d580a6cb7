import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {ProcessBaseline} from '../../../src/rotation/events.ts'
import type {StoryProgress} from '../../../src/rotation/index.ts'
import type {Platform, WorkspaceEvent} from '../../../src/rotation/ports.ts'
import {proofFailed, reasonsOf, saying, suggestionsOf} from '../../../src/rotation/proof.ts'
import {
  awaitNewProcess,
  requestRestart,
  restartedSinceWrite,
  spoken,
  wentToFailed,
} from '../../../src/rotation/restart.ts'
import type {PathResult, SmokeReport} from '../../../src/smoke/types.ts'
import {World, WORKSPACE} from '../../support/world.ts'

const MINUTE = 60_000
let world: World
beforeEach(() => (world = new World()))

const target = {id: WORKSPACE, name: 'dev-a', agent: 'agent-a'}
const before = (): ProcessBaseline => ({
  status: 'online',
  uptimeSeconds: 4_000,
  serverTime: world.now,
  lastEvent: world.events[0]?.id ?? null,
})

describe('a wait for a new process', () => {
  const awaiting = (timing = {}, change: Partial<Platform> = {}, status = 'online') => {
    const heard: StoryProgress[] = []
    const {clock, platform} = world
    const deps = {clock, platform: {...platform, ...change}, timing, on: (item: StoryProgress) => void heard.push(item)}
    return {heard, ends: awaitNewProcess(deps, target, {...before(), status})}
  }

  it('ends with it, and says what it waits for', async () => {
    world.later(5_000, () => world.provision())
    const {heard, ends} = awaiting()
    expect(await ends).toBe('events')
    expect(heard).toMatchObject([{kind: 'waiting', act: 'restart', detail: expect.stringContaining('dev-a')}])
  })

  it('is given up where the process from before has been online for so long, but not before', async () => {
    const began = world.now
    const {ends} = awaiting({staleAfterMs: 3 * MINUTE})
    world.events.unshift({id: 'another', type: 'AGENT_MESSAGE', createdAt: '', payload: {}})
    await expect(ends).rejects.toMatchObject({
      code: 'RESTART_STALE',
      message: expect.stringContaining('still counts its uptime from before'),
      suggestions: ['patrol restart agent-a'],
    })
    expect(world.now - began).toBeGreaterThanOrEqual(3 * MINUTE)
    expect(world.now - began).toBeLessThan(4 * MINUTE)
  })

  it('is given up where the start failed a minute ago, but not before', async () => {
    world.behaviour.restartFails = 'image not found'
    const began = world.now
    world.provision()
    await expect(awaiting().ends).rejects.toMatchObject({code: 'RESTART_FAILED'})
    expect(world.now - began).toBeGreaterThanOrEqual(MINUTE)
    expect(world.now - began).toBeLessThan(MINUTE + 30_000)
  })

  it('goes on where another start, that had waited its turn, follows a failed one', async () => {
    world.behaviour.restartFails = 'container name in use'
    world.provision()
    world.later(MINUTE / 2, () => {
      world.behaviour.restartFails = undefined
      world.provision()
    })
    expect(await awaiting().ends).toBe('events')
  })

  it('goes on to its limit where it was failed before, and no restart shows', async () => {
    world.workspace.status = 'failed'
    const began = world.now
    await expect(awaiting({restartTimeoutMs: 5 * MINUTE}, {}, 'failed').ends).rejects.toMatchObject({
      code: 'RESTART_FAILED',
    })
    expect(world.now - began).toBeGreaterThanOrEqual(5 * MINUTE)
  })

  it('is not given up for what an earlier start failed of', async () => {
    world.workspace.lastSampleError = 'provision aborted: could not decrypt'
    world.later(5_000, () => world.provision())
    expect(await awaiting().ends).toBe('events')
  })

  it('counts that time anew after each sign of a restart', async () => {
    world.later(2 * MINUTE, () => void (world.workspace.status = 'degraded'))
    world.later(2 * MINUTE + 10_000, () => void (world.workspace.status = 'online'))
    const began = world.now
    await expect(awaiting({staleAfterMs: 3 * MINUTE}).ends).rejects.toMatchObject({code: 'RESTART_STALE'})
    expect(world.now - began).toBeGreaterThanOrEqual(5 * MINUTE)
  })

  describe('of which a dying process has left the row online, by its last heartbeat', () => {
    /** Its uptime stands still until a process comes that counts anew; that heartbeat comes after `ms`, and raises it. */
    const left = (timing = {}, ms = 0) => {
      const {platform} = world
      const came = world.process.generation
      const last = world.now + ms
      const read: Platform['read'] = async (...of) => {
        const now = await platform.read(...of)
        return world.process.generation === came ? {...now, uptimeSeconds: world.now < last ? 4_000 : 4_020} : now
      }
      return awaiting(timing, {read})
    }

    it.each([
      ['before the first look', 0],
      ['in between', 20_000],
    ])('goes on beyond the time after which a living one counts as stale, where that came %s', async (_, ms) => {
      world.later(5 * MINUTE, () => world.provision())
      expect(await left({staleAfterMs: 3 * MINUTE, restartTimeoutMs: 10 * MINUTE}, ms).ends).toBe('events')
    })

    it('ends at its limit without a word of a process from before', async () => {
      await expect(left({restartTimeoutMs: 4 * MINUTE}).ends).rejects.toMatchObject({
        code: 'RESTART_TIMEOUT',
        message: expect.stringContaining('in 4 min; it is online.'),
      })
    })
  })

  it('says of a heartbeat of the old process that it was one', async () => {
    world.behaviour.restartPretends = true
    world.later(1_000, () => world.provision())
    await expect(awaiting().ends).rejects.toMatchObject({
      code: 'RESTART_STALE',
      message: expect.stringContaining('by a heartbeat of the process from before'),
    })
  })

  it('ends at its limit with the state that is left', async () => {
    world.workspace.status = 'degraded'
    await expect(awaiting({restartTimeoutMs: MINUTE}).ends).rejects.toMatchObject({
      code: 'RESTART_TIMEOUT',
      message: expect.stringMatching(/in 60 s; it is degraded\.$/),
    })
    world.workspace.status = 'online'
    await expect(awaiting({restartTimeoutMs: MINUTE}).ends).rejects.toMatchObject({code: 'RESTART_STALE'})
    world.workspace.status = 'failed'
    world.workspace.lastSampleError = 'out of memory'
    await expect(awaiting({restartTimeoutMs: MINUTE}).ends).rejects.toMatchObject({
      code: 'RESTART_FAILED',
      message: expect.stringContaining('out of memory'),
    })
  })

  it('says at its limit that it saw no events, where they would have shown whether an online process is a new one', async () => {
    const events = async () => undefined
    world.later(5_000, () => world.provision())
    await expect(awaiting({restartTimeoutMs: 20_000}, {events}).ends).rejects.toMatchObject({
      code: 'RESTART_TIMEOUT',
      message: expect.stringMatching(/in 20 s; it is online\. Its events could not be read, and .* only over 30 s\.$/),
    })
    world.workspace.status = 'degraded'
    await expect(awaiting({restartTimeoutMs: 20_000}, {events}).ends).rejects.toMatchObject({
      code: 'RESTART_TIMEOUT',
      message: expect.stringMatching(/in 20 s; it is degraded\.$/),
    })
  })

  it('ends at its limit where nobody ever saw the workspace', async () => {
    const read = async () => Promise.reject(new OpsError('PLATFORM_UNAVAILABLE', 'Nobody there.'))
    await expect(awaiting({restartTimeoutMs: MINUTE}, {read}).ends).rejects.toMatchObject({
      code: 'RESTART_TIMEOUT',
      message: expect.stringContaining('it is unknown'),
    })
  })
})

describe('asking for a restart', () => {
  const asking = async (restart?: Platform['restart']) => {
    const told: string[] = []
    const {clock} = world
    const platform = {...world.platform, ...(restart && {restart})}
    const asked = requestRestart({clock, platform}, target, async ({type}) => void told.push(type))
    const result = await asked.catch((error: unknown) => error)
    return {result, told}
  }

  it('of a workspace that is being provisioned is not needed', async () => {
    world.workspace.status = 'provisioning'
    expect(await asking()).toMatchObject({result: {outcome: 'observed'}, told: ['restart_observed']})
    expect(world.restarts).toBe(0)
  })

  it('is recorded as refused where the platform says so, as nothing where its answer was lost or we failed', async () => {
    const rejecting = (error: Error) =>
      asking(async () => {
        throw error
      })
    const refused = await rejecting(new OpsError('PLATFORM_TOKEN_REJECTED', 'No.'))
    expect(refused).toMatchObject({
      result: {code: 'PLATFORM_TOKEN_REJECTED'},
      told: ['restart_intended', 'restart_refused'],
    })
    const lost = await rejecting(new OpsError('WRITE_IN_DOUBT', 'No answer.'))
    expect(lost).toMatchObject({result: {outcome: 'doubt'}, told: ['restart_intended']})
    const broken = await rejecting(new TypeError('a bug'))
    expect(broken).toMatchObject({result: {message: 'a bug'}, told: ['restart_intended']})
  })
})

describe('a process since the secret was written', () => {
  const at = (time: string, type: string, payload: Record<string, unknown> = {}): WorkspaceEvent => ({
    id: time,
    type,
    createdAt: time,
    payload,
  })
  const boot = (first: string, second: string) => [
    at(second, 'WORKSPACE_ONLINE', {url: 'u', agent_card: {}}),
    at(first, 'WORKSPACE_PROVISIONING'),
  ]
  const since = async (updatedAt: string | undefined, events: WorkspaceEvent[] | undefined, status = 'online') => {
    const row = updatedAt === undefined ? undefined : {key: 'K', scope: 'workspace' as const, updatedAt}
    const platform = {...world.platform, secretRow: async () => row, events: async () => events}
    return restartedSinceWrite({...world.workspace, status}, 'K', {platform})
  }
  const earlier = {workspace: {id: WORKSPACE, name: 'dev-a'}, cause: 'earlier', evidence: 'events'}
  const written = '2026-11-22T03:00:00.123456Z'

  it.each<[string, string, string, boolean]>([
    ['a second later', '2026-11-22T03:00:01.123456Z', '2026-11-22T03:00:09Z', true],
    ['a second before', '2026-11-22T02:59:59.923456Z', '2026-11-22T02:59:59.999Z', false],
    ['a microsecond later', '2026-11-22T03:00:00.123457Z', '2026-11-22T03:00:09Z', true],
    ['at the same microsecond', written, '2026-11-22T03:00:09Z', false],
    ['a microsecond before', '2026-11-22T03:00:00.123455Z', '2026-11-22T03:00:09Z', false],
    ['a nanosecond later', '2026-11-22T03:00:00.123456001Z', '2026-11-22T03:00:09Z', true],
  ])('began %s', async (_, provisioned, online, isSince) => {
    expect(await since(written, boot(provisioned, online))).toEqual(isSince ? earlier : undefined)
  })

  it('is told by the digits that there are: none is the full second', async () => {
    const events = boot('2026-11-22T03:00:00.000001Z', '2026-11-22T03:00:09Z')
    expect(await since('2026-11-22T03:00:00Z', events)).toEqual(earlier)
    expect(
      await since('2026-11-22T03:00:00.000001Z', boot('2026-11-22T03:00:00Z', '2026-11-22T03:00:09Z')),
    ).toBeUndefined()
  })

  it('is known of none that is not online, without a secret, or without events', async () => {
    const events = boot('2026-11-22T03:00:01Z', '2026-11-22T03:00:09Z')
    expect(await since(written, events, 'degraded')).toBeUndefined()
    expect(await since(undefined, events)).toBeUndefined()
    expect(await since(written, undefined)).toBeUndefined()
    expect(await since(written, [])).toBeUndefined()
  })
})

describe('in words', () => {
  it.each([
    [500, '1 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [900_000, '15 min'],
  ])('%i ms', (ms, text) => {
    expect(spoken(ms)).toBe(text)
  })

  it('a failed start has its reason, and the remedy where there is one', () => {
    expect(wentToFailed('dev-a', undefined)).toBe('dev-a went to failed: the platform gives no reason.')
    expect(wentToFailed('dev-a', 'out of memory')).toBe('dev-a went to failed: out of memory.')
    expect(wentToFailed('dev-a', 'key is OPERATOR-scope')).toContain('delete the secret in the canvas')
    expect(wentToFailed('dev-a', 'see RFC#523')).toContain('delete the secret in the canvas')
  })

  const path = (name: 'issues' | 'pulls' | 'swarm-pull', change: Partial<PathResult>): PathResult => {
    const usual = {path: name, outcome: 'passed' as const, message: `${name} message`}
    return {...usual, ...change}
  }
  const report = (...paths: PathResult[]): SmokeReport => ({
    agent: 'dev-a',
    repo: 'o/r',
    paths,
    passed: false,
    reportedLastEight: undefined,
  })
  const mixed = report(
    path('issues', {outcome: 'failed', reason: 'scope-gap', suggestions: ['patrol rotate dev-a']}),
    path('pulls', {}),
    path('swarm-pull', {outcome: 'unknown', suggestions: ['patrol rotate dev-a', 'patrol doctor']}),
  )

  it('a proof lacks the paths that did not pass, by their reasons', () => {
    expect(reasonsOf(mixed)).toEqual(['issues: scope-gap', 'swarm-pull: unknown'])
    expect(saying(mixed)).toBe('issues: issues message; swarm-pull: swarm-pull message')
    expect(saying(report(path('issues', {})))).toBe('it did not say which token it holds')
  })

  it('a proof’s advice is given once', () => {
    expect(suggestionsOf(mixed)).toEqual(['patrol rotate dev-a', 'patrol doctor'])
    expect(suggestionsOf(report(path('issues', {})))).toEqual([])
  })

  it('a failed proof names what failed, and nothing else', () => {
    const begun = {secretKey: 'GITEA_TOKEN', afresh: ['patrol rotate dev-a']}
    const {code, message, suggestions} = proofFailed('dev-a', mixed, begun)
    expect([code, suggestions]).toEqual(['PROOF_FAILED', ['patrol rotate dev-a', 'patrol doctor']])
    expect(message).toBe('dev-a does not work with the new token:\n  issues: issues message')
  })
})
