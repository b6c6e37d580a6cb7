import {describe, expect, it} from 'vitest'
import {OpsError, type Code} from '../../../src/errors.ts'
import {resumeRotation, rotate} from '../../../src/rotation/index.ts'
import type {Platform} from '../../../src/rotation/ports.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

/** Everything that the platform's client throws (docs/errors.md), by the calls that a rotation makes after its push. */
const CODES: Code[] = [
  'PLATFORM_UNREACHABLE',
  'PLATFORM_NOT_JSON',
  'PLATFORM_TOKEN_REJECTED',
  'PLATFORM_RATE_LIMITED',
  'PLATFORM_UNAVAILABLE',
  'PLATFORM_UNEXPECTED',
  'TENANT_HEADER_MISSING',
  'WORKSPACE_NOT_FOUND',
  'WRITE_IN_DOUBT',
]
const CALLS = ['read', 'events', 'secretRow', 'restart'] as const satisfies (keyof Platform)[]
const TABLE: [keyof Platform, Code][] = [
  ...CALLS.flatMap((call) => CODES.map((code): [keyof Platform, Code] => [call, code])),
  ['restart', 'RESTART_BLOCKED'],
  ['restart', 'RESTART_UNAVAILABLE'],
]

/** The world's platform, of which one call fails for as long as `broken` says so. */
function failing(world: World, call: keyof Platform, code: Code, broken: () => boolean): Platform {
  const whole = world.platform
  const fails = async () => {
    throw new OpsError(code, 'The platform says no.', {suggestions: ['patrol doctor', 'run the command again']})
  }
  const guarded = (...given: never[]): Promise<unknown> =>
    broken() ? fails() : Reflect.apply(whole[call], whole, given)
  return {...whole, [call]: guarded}
}

describe('an error of the platform after the push', () => {
  it.each(TABLE)('(%s: %s) ends incomplete, names the resume, and the resume completes', async (call, code) => {
    const world = new World()
    world.behaviour.autoRestartMs = undefined
    const store = await storeInMemory()
    let mended = false
    const deps = world.deps(store)
    const platform = failing(world, call, code, () => world.puts > 0 && !mended)
    const error: unknown = await rotate(request(), {...deps, platform}).catch((thrown: unknown) => thrown)

    const [open] = await store.journal.list({open: true})
    expect(error).toMatchObject({category: 'incomplete', exit: 7})
    if (!(error instanceof OpsError)) throw error
    expect(error.suggestions).toContain(`patrol rotation resume ${open?.id}`)
    expect(error.suggestions).not.toContain('run the command again')
    expect(error.message).toMatch(/nothing was revoked/)
    expect(world.alive(world.old.lastEight)).toBe(true)

    mended = true
    const result = await resumeRotation(open!.id, {...deps, platform})
    expect([result.phase, world.tokens.length, world.violations]).toEqual(['completed', 1, []])
  })

  it.each(['RESTART_BLOCKED', 'RESTART_UNAVAILABLE'] as const)('keeps the code %s', async (code) => {
    const world = new World()
    world.behaviour.autoRestartMs = undefined
    const deps = world.deps(await storeInMemory())
    const platform = failing(world, 'restart', code, () => true)
    await expect(rotate(request(), {...deps, platform})).rejects.toMatchObject({code, exit: 7})
  })

  it('(the smoke test’s) ends incomplete as well', async () => {
    const world = new World()
    const store = await storeInMemory()
    const prove = async () => {
      throw new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform says no.')
    }
    const error = rotate(request(), world.deps(store, {smoke: {prove}}))
    await expect(error).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED', exit: 7})
    await expect(error).rejects.toMatchObject({suggestions: [expect.stringContaining('rotation resume')]})
  })

  it('(an interrupt that the smoke test’s clock throws raw) is an interrupt with its state', async () => {
    const world = new World()
    const store = await storeInMemory()
    const stop = new AbortController()
    const prove = async () => {
      stop.abort()
      throw new DOMException('aborted', 'AbortError')
    }
    const error = rotate(request(), world.deps(store, {smoke: {prove}, signal: stop.signal}))
    await expect(error).rejects.toMatchObject({code: 'INTERRUPTED', exit: 130})
    await expect(error).rejects.toMatchObject({message: expect.stringContaining('nothing was revoked')})
  })
})
