import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {leased} from '../../../src/story/lease.ts'
import {poll} from '../../../src/story/polling.ts'
import type {Lease, Leases} from '../../../src/story/ports.ts'
import {START, World} from '../../support/world.ts'

let world: World
beforeEach(() => (world = new World()))

describe('looking again and again', () => {
  /** When each look came, in ms; the last one sees something where `sees` says so. */
  const looks = async (forMs: number, sees: (count: number) => string | undefined | Error) => {
    const at: number[] = []
    const deps = {clock: world.clock, platform: world.platform, timing: {pollFastMs: 100, pollSlowMs: 400}}
    const seen = await poll(deps, forMs, async () => {
      at.push(world.now - START)
      const found = sees(at.length)
      if (found instanceof Error) throw found
      return found
    })
    return {at, seen}
  }

  it('is slower each time, up to a limit, and the last look is at the end of the time', async () => {
    expect(await looks(1_700, () => undefined)).toEqual({at: [0, 100, 260, 516, 916, 1_316, 1_700], seen: undefined})
  })

  it('ends with what is seen, and looks once where there is no time', async () => {
    expect(await looks(1_700, (count) => (count === 3 ? 'it' : undefined))).toEqual({at: [0, 100, 260], seen: 'it'})
    expect(await looks(0, () => undefined)).toMatchObject({at: [260]})
  })

  it('takes no answer for nothing seen, but no refusal', async () => {
    const down = new OpsError('PLATFORM_UNAVAILABLE', 'Nobody there.')
    expect((await looks(1_700, (count) => (count < 3 ? down : 'it'))).seen).toBe('it')
    const refused = new OpsError('PLATFORM_TOKEN_REJECTED', 'No.')
    await expect(looks(1_700, () => refused)).rejects.toBe(refused)
    const bug = new TypeError('a bug')
    await expect(looks(1_700, () => bug)).rejects.toBe(bug)
  })
})

describe('a lease', () => {
  /** What was done with the lease of a thousand ms while work went on. */
  const during = async (work: (keep: () => Promise<void>) => Promise<unknown>) => {
    const done: string[] = []
    const held = (now: number): Lease => ({name: 'n', owner: 'o', fence: 1, expiresAt: now + 1_000})
    const leases: Leases = {
      look: async () => {},
      acquire: async (name, ttl, now) => (done.push(`${name} for ${ttl}`), held(now)),
      renew: async (_, __, now) => (done.push(`renewed at ${now - START}`), held(now)),
      release: async () => void done.push('released'),
    }
    const deps = {leases, clock: world.clock, timing: {leaseTtlMs: 1_000}}
    const result = await leased(deps, 'dev-a', (_, keep) => work(keep)).catch((error: unknown) => error)
    return {done, result}
  }

  it('is renewed once half of its time is over, from then on anew', async () => {
    const {done} = await during(async (keep) => {
      for (const ms of [499, 1, 400, 99, 1]) {
        world.advance(ms)
        await keep()
      }
    })
    expect(done).toEqual(['agent:dev-a for 1000', 'renewed at 500', 'renewed at 1000', 'released'])
  })

  it('is freed whatever became of the work', async () => {
    const bug = new TypeError('a bug')
    expect(await during(async () => Promise.reject(bug))).toEqual({
      done: ['agent:dev-a for 1000', 'released'],
      result: bug,
    })
  })
})
