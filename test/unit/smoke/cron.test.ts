import {beforeEach, describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {FoundReply} from '../../../src/smoke/ports.ts'
import {smoke} from '../../../src/smoke/smoke.ts'
import {line, REQUEST, world, type World} from './world.ts'

const request = {...REQUEST, via: 'schedule'} as const
const nobody = () => {
  throw new Error('the agent must not be asked over A2A')
}
const lost = () => Promise.reject(new OpsError('WRITE_IN_DOUBT', 'no answer'))

const ROW = {id: 'other', name: '', runCount: 1, lastStatus: 'ok', ageMs: undefined}
/** How a pause ends whose signal was given. */
const aborted = () => Object.assign(new Error('The operation was aborted'), {name: 'AbortError'})

/** The reply of the scheduled prompt, found from the n-th look on. */
function ranAt(look: number, seen: () => World): (id: string, nonce: string) => Promise<FoundReply> {
  let looks = 0
  return async (_id, nonce) => {
    looks += 1
    if (looks < look || nonce !== 'n0nce123') return {kind: 'none'}
    return {kind: 'replied', text: line(seen().schedules[0]?.prompt ?? '')}
  }
}

describe('asking by schedule', () => {
  test('passes by the reply found under the nonce, and deletes the schedule', async () => {
    const seen: World = world(nobody, {agent: {findReply: ranAt(5, () => seen)}})
    const report = await smoke(request, seen.ports)
    expect(report.passed).toBe(true)
    expect(report.warnings).toEqual([])
    expect(seen.deleted).toEqual(['schedule-1'])
  })

  test('deletes its twin as well: a create that was delivered twice made two', async () => {
    const twins = ['schedule-1', 'twin'].map((id) => ({...ROW, id, name: 'patrol-smoke-n0nce123'}))
    const seen: World = world(nobody, {
      agent: {findReply: ranAt(5, () => seen), schedules: async () => [{...ROW, name: 'nightly'}, ...twins]},
    })
    expect((await smoke(request, seen.ports)).warnings).toEqual([])
    expect(seen.deleted).toEqual(['schedule-1', 'twin'])
  })

  test('deletes what killed tests left, and names what may belong to one that is under way', async () => {
    const seen: World = world(nobody, {agent: {findReply: ranAt(5, () => seen)}})
    const strays = [
      {...ROW, id: 'old', name: 'patrol-smoke-old00000', ageMs: 31 * 60_000},
      {...ROW, id: 'young', name: 'patrol-smoke-young000', ageMs: 30 * 60_000},
      {...ROW, id: 'ageless', name: 'patrol-smoke-ageless0'},
      {...ROW, id: 'nightly', name: 'nightly', ageMs: 31 * 60_000},
    ]
    seen.ports.agent.schedules = async () => strays
    const {warnings} = await smoke(request, seen.ports)
    expect(seen.deleted).toEqual(['schedule-1', 'old'])
    const named = (name: string) =>
      expect.stringMatching(
        `^another smoke test's every-minute schedule ${name} .* unless that test is under way, delete it`,
      )
    expect(warnings).toEqual([named('patrol-smoke-young000'), named('patrol-smoke-ageless0')])
  })

  test('deletes the schedule when the time is up, and says that it never ran', async () => {
    const seen = world(nobody)
    const report = await smoke(request, seen.ports)
    expect(report.paths[2]).toMatchObject({outcome: 'unknown', reason: 'unreachable'})
    expect(report.paths[2]?.message).toContain('did not run in time')
    expect(seen.schedules).toEqual([])
  })

  test('says that it never ran where somebody deleted it meanwhile', async () => {
    const seen = world(nobody, {agent: {schedules: async () => []}})
    expect((await smoke(request, seen.ports)).paths[2]).toMatchObject({
      reason: 'unreachable',
      message: expect.stringContaining('did not run in time'),
    })
  })

  test('says that its run ended in an error', async () => {
    const seen: World = world(nobody, {
      agent: {schedules: async () => seen.schedules.map((row) => ({...row, runCount: 1, lastStatus: 'error'}))},
    })
    expect((await smoke(request, seen.ports)).paths[2]).toMatchObject({
      outcome: 'unknown',
      reason: 'agent-error',
      message: 'the question was answered with an error, by the agent or something before it',
    })
  })

  test('tells a run without an answer from no run', async () => {
    const seen: World = world(nobody, {
      agent: {schedules: async () => seen.schedules.map((row) => ({...row, runCount: 2, lastStatus: 'ok'}))},
    })
    expect((await smoke(request, seen.ports)).paths[2]).toMatchObject({
      outcome: 'unknown',
      reason: 'no-answer',
      message: 'the agent gave no answer in time: its schedule ran',
    })
  })

  test('does not say that it ran where nobody counts runs', async () => {
    const seen: World = world(nobody, {
      agent: {schedules: async () => seen.schedules.map((row) => ({...row, runCount: undefined}))},
    })
    expect((await smoke(request, seen.ports)).paths[2]).toMatchObject({
      outcome: 'unknown',
      reason: 'no-answer',
      message: 'the agent gave no answer in time: whether its schedule ran, the platform does not tell',
    })
  })

  describe('waits longer than five minutes', () => {
    const {timeoutMs: _, ...patiently} = request
    const MINUTE = 60_000
    /** A schedule of which the platform says this; the agent answers after so many minutes, if at all. */
    const told = (row: Partial<(typeof seen.schedules)[number]>, minutes = Infinity) => {
      const start = seen.ports.clock.now()
      let asked = ''
      Object.assign(seen.ports.agent, {
        schedules: async () => seen.schedules.map((each) => ({...each, ...row})),
        findReply: async (): Promise<FoundReply> => {
          asked ||= seen.schedules[0]?.prompt ?? ''
          const isLate = seen.ports.clock.now() - start >= minutes * MINUTE
          return isLate ? {kind: 'replied', text: line(asked)} : {kind: 'none'}
        },
      })
    }
    let seen: World
    /** When a deletion was asked for, in minutes. */
    let deletions: number[]
    const slept = () => seen.pauses.reduce((sum, ms) => sum + ms, 0) / MINUTE
    beforeEach(() => {
      deletions = []
      seen = world(nobody)
      const {agent} = seen.ports
      const usual = agent.deleteSchedule.bind(agent)
      agent.deleteSchedule = async (...asked) => {
        deletions.push(slept())
        return usual(...asked)
      }
    })

    test.each([
      ['that ran', {runCount: 1, lastStatus: 'ok'}],
      ['that the platform queued', {runCount: 3, lastStatus: 'queued'}],
      ['whose runs nobody counts', {runCount: undefined, lastStatus: ''}],
    ])('for a schedule %s, and asks no more meanwhile', async (__, row) => {
      told(row, 12)
      expect((await smoke(patiently, seen.ports)).passed).toBe(true)
      expect(slept()).toBeGreaterThanOrEqual(12)
      expect([deletions[0], seen.deleted[0]]).toEqual([5, 'schedule-1'])
    })

    test('for one that was skipped, which is left to run', async () => {
      told({runCount: 5, lastStatus: 'skipped'}, 12)
      expect((await smoke(patiently, seen.ports)).passed).toBe(true)
      expect([deletions, seen.deleted]).toEqual([[slept()], ['schedule-1']])
    })

    test.each([
      [{runCount: 1, lastStatus: 'ok'}, 'its schedule ran'],
      [{runCount: undefined}, 'whether its schedule ran, the platform does not tell'],
      [{runCount: 5, lastStatus: 'skipped'}, 'its schedule was skipped, for the agent was busy'],
    ])('but no longer than a quarter of an hour: %j', async (row, why) => {
      told(row)
      const {paths, warnings} = await smoke(patiently, seen.ports)
      expect(paths[2]).toMatchObject({outcome: 'unknown', message: `the agent gave no answer in time: ${why}`})
      expect([slept(), warnings, seen.schedules]).toEqual([15, [], []])
    })

    test('though what ran can not be deleted before the end', async () => {
      told({runCount: 1, lastStatus: 'ok'}, 12)
      let tries = 0
      seen.ports.agent.deleteSchedule = async (_id, schedule) => {
        if ((tries += 1) === 1) throw new OpsError('PLATFORM_UNAVAILABLE', 'not now')
        seen.schedules.splice(0)
        return schedule === 'schedule-1' ? 'deleted' : 'absent'
      }
      const {passed, warnings} = await smoke(patiently, seen.ports)
      expect([passed, warnings, seen.schedules]).toEqual([true, [], []])
    })

    test.each([
      [new OpsError('INTERRUPTED', 'It was interrupted.'), 'It was interrupted.'],
      [new TypeError('a bug'), 'a bug'],
    ])('unless that deletion ends in %s', async (error, message) => {
      told({runCount: 1, lastStatus: 'ok'}, 12)
      let tries = 0
      seen.ports.agent.deleteSchedule = async () => {
        if ((tries += 1) === 1) throw error
        seen.schedules.splice(0)
        return 'deleted'
      }
      await expect(smoke(patiently, seen.ports)).rejects.toThrow(message)
      expect([slept(), seen.schedules]).toEqual([5, []])
    })

    test.each([[{runCount: 0}], [{runCount: 1, lastStatus: 'error'}]])('for none of which it says %j', async (row) => {
      told(row)
      await smoke(patiently, seen.ports)
      expect(slept()).toBe(5)
    })
  })

  test('goes on after a delivery that went wrong, for the next minute brings another', async () => {
    let looks = 0
    const seen: World = world(nobody, {
      agent: {
        findReply: async () =>
          (looks += 1) < 9 ? {kind: 'failed'} : {kind: 'replied', text: line(seen.schedules[0]?.prompt ?? '')},
      },
    })
    expect((await smoke(request, seen.ports)).passed).toBe(true)
    expect(seen.pauses.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(60_000)
  })

  test.each([
    [new OpsError('INTERRUPTED', 'It was interrupted.'), 'It was interrupted.'],
    [aborted(), 'The smoke test was stopped.'],
  ])('deletes the schedule when the wait is interrupted: %s', async (interrupt, said) => {
    const seen = world(nobody)
    seen.ports.clock.sleep = () => Promise.reject(interrupt)
    await expect(smoke(request, seen.ports)).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: `${said} Nothing of its schedule patrol-smoke-n0nce123 is left in workspace ${request.workspaceId}.`,
    })
    expect(seen.deleted).toEqual(['schedule-1'])
  })

  test('deletes the schedule when an error ends the test, and tells that error', async () => {
    const rejected = new OpsError('PLATFORM_TOKEN_REJECTED', 'the platform says no.')
    const seen = world(nobody, {agent: {findReply: () => Promise.reject(rejected)}})
    await expect(smoke(request, seen.ports)).rejects.toBe(rejected)
    expect(seen.deleted).toEqual(['schedule-1'])
  })

  test('deletes it before the end although another path was interrupted long before', async () => {
    const deleting = Promise.withResolvers<void>()
    const seen = world(nobody, {
      lists: {
        ...world(nobody).ports.lists,
        pulls: async () => {
          throw new OpsError('INTERRUPTED', 'GET pulls was interrupted. Nothing was changed.')
        },
      },
      agent: {
        findReply: async () => {
          throw new OpsError('INTERRUPTED', 'GET activity was interrupted.')
        },
        deleteSchedule: async (_id, scheduleId) => {
          await deleting.promise
          seen.deleted.push(scheduleId)
          return 'deleted'
        },
      },
    })
    const stopped = smoke(request, seen.ports).finally(() => expect(seen.deleted).toEqual(['schedule-1']))
    setImmediate(() => deleting.resolve())
    await expect(stopped).rejects.toMatchObject({code: 'INTERRUPTED'})
    await expect(stopped).rejects.not.toThrow('Nothing was changed')
  })

  test.each(['PLATFORM_UNEXPECTED', 'WORKSPACE_NOT_FOUND', 'INTERRUPTED'] as const)(
    'leaves nothing behind, and says nothing of it, where the create ended with %s',
    async (code) => {
      const seen = world(nobody, {
        agent: {
          createSchedule: async () => {
            throw new OpsError(code, 'no schedule was created')
          },
          schedules: async () => {
            throw new OpsError('PLATFORM_UNEXPECTED', 'answered with HTTP 404')
          },
        },
      })
      const ended = await smoke(request, seen.ports).then(
        ({paths}) => paths[2]?.message,
        (error: unknown) => String(error),
      )
      expect(ended).toContain('no schedule was created')
      expect(ended).not.toContain('may still be')
    },
  )

  test('looks again for a schedule whose lost creation came late', async () => {
    let looks = 0
    const late: World = world(nobody, {
      agent: {
        createSchedule: lost,
        schedules: async () =>
          ++looks < 3
            ? []
            : [{id: 'late', name: 'patrol-smoke-n0nce123', runCount: 0, lastStatus: undefined, ageMs: undefined}],
      },
    })
    const report = await smoke(request, late.ports)
    expect(report.paths[2]?.message).toContain('the schedule could not be created: no answer')
    expect([late.deleted, report.warnings]).toEqual([['late'], []])
  })

  test('does not say that a schedule may be left which two looks did not find', async () => {
    const report = await smoke(request, world(nobody, {agent: {createSchedule: lost}}).ports)
    expect(report.warnings).toEqual([])
  })

  test('names a schedule of a lost creation that could not be looked for again before the clearing up had to end', async () => {
    const looks: string[] = []
    const seen = world(nobody, {
      agent: {
        createSchedule: lost,
        schedules: async (_id, end) => {
          looks.push(end ? 'clearing up' : 'for the id')
          if (looks.length === 3) throw new OpsError('INTERRUPTED', 'GET schedules was interrupted.')
          return []
        },
      },
    })
    seen.ports.clock.sleep = async (_ms, end) => {
      if (end) throw aborted()
    }
    expect((await smoke(request, seen.ports)).warnings).toEqual([
      expect.stringMatching(
        /^the every-minute schedule named patrol-smoke-n0nce123 may still be in workspace \S+ \(GET schedules was interrupted\.\): delete it in the canvas under Schedules$/,
      ),
    ])
    expect(looks).toEqual(['for the id', 'clearing up', 'clearing up'])
  })

  test('does not take a mistake of ours for a schedule that is left', async () => {
    const mistake = new TypeError('a mistake')
    const seen: World = world(nobody, {
      agent: {findReply: ranAt(1, () => seen), deleteSchedule: () => Promise.reject(mistake)},
    })
    await expect(smoke(request, seen.ports)).rejects.toBe(mistake)
  })

  test('finds the schedule by its name when the answer to its creation was lost', async () => {
    const made: World = world(nobody, {
      agent: {
        createSchedule: async (_id, {name, prompt}) => {
          made.schedules.push({id: 'late', name, prompt, runCount: 0, lastStatus: undefined, ageMs: undefined})
          return lost()
        },
        findReply: async () => ({kind: 'replied', text: line(made.schedules.at(-1)!.prompt)}),
      },
    })
    made.schedules.push({...ROW, id: 'nightly', name: 'nightly', prompt: 'Clean up.'})
    expect((await smoke(request, made.ports)).passed).toBe(true)
    expect(made.deleted).toEqual(['late'])
  })

  test('a proof stands although its schedule could not be deleted, with a warning that names it', async () => {
    const seen: World = world(nobody, {agent: {findReply: ranAt(1, () => seen), deleteSchedule: async () => lost()}})
    const report = await smoke(request, seen.ports)
    expect(report.passed).toBe(true)
    expect(report.warnings).toEqual([
      expect.stringMatching(
        `\\(id schedule-1\\) .* Schedules, or with DELETE /workspaces/${request.workspaceId}/schedules/schedule-1$`,
      ),
    ])
  })

  test('the schedules of both questions of a proof are named where neither could be deleted', async () => {
    const seen: World = world(nobody, {
      agent: {
        findReply: async () => ({kind: 'replied', text: line(seen.schedules[0]?.prompt ?? '', {approved: '99'})}),
        deleteSchedule: async () => lost(),
      },
    })
    expect((await smoke(request, seen.ports)).warnings).toEqual([
      expect.stringContaining('(id schedule-1)'),
      expect.stringContaining('(id schedule-2)'),
    ])
  })

  test('an error whose schedule stays behind is incomplete', async () => {
    const seen = world(nobody, {
      agent: {
        findReply: async () => {
          throw new OpsError('PLATFORM_TOKEN_REJECTED', 'the platform says no.')
        },
        deleteSchedule: async () => lost(),
      },
    })
    const error = await smoke(request, seen.ports).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'SCHEDULE_LEFT', category: 'incomplete'})
    for (const said of ['the platform says no', 'schedule-1', REQUEST.workspaceId, 'no answer']) {
      expect(String(error)).toContain(said)
    }
  })

  test.each(['with its id', 'by its name'])(
    'deletes the schedule %s although Ctrl-C ended every other call',
    async (how) => {
      const stop = new AbortController()
      const interruptible = (signal: AbortSignal = stop.signal) => {
        if (signal.aborted) throw new OpsError('INTERRUPTED', 'Ctrl-C')
      }
      const deleted: string[] = []
      const rows: string[] = []
      const seen = world(nobody, {
        agent: {
          createSchedule: async (_id, {name}) => {
            rows.push(name)
            if (how === 'by its name') {
              stop.abort()
              return lost()
            }
            return 'made'
          },
          findReply: async () => {
            stop.abort()
            interruptible()
            return {kind: 'none'}
          },
          schedules: async (_id, options) => {
            interruptible(options?.signal)
            return rows.map((name) => ({id: 'made', name, runCount: 0, lastStatus: undefined, ageMs: undefined}))
          },
          deleteSchedule: async (_id, scheduleId, options) => {
            interruptible(options?.signal)
            deleted.push(scheduleId)
            return 'deleted'
          },
        },
      })
      await expect(smoke(request, seen.ports)).rejects.toMatchObject({code: 'INTERRUPTED'})
      expect(deleted).toEqual(['made'])
    },
  )
})
