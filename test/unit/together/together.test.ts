import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {together} from '../../../src/together.ts'

const unreachable = new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
const rejected = new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform says no.', {suggestions: ['patrol doctor']})
const left = new OpsError('SCHEDULE_LEFT', 'A schedule may be left.', {ref: 'docs/runbooks/rotation-incomplete.md'})
const interrupted = new OpsError('INTERRUPTED', 'Ctrl-C. Nothing was changed.')
const aborted = new DOMException('SIGINT received', 'AbortError')

/** What is thrown where these are. */
async function thrownBy(...errors: unknown[]): Promise<unknown> {
  const failing = async (error: unknown) => {
    throw error
  }
  return together(errors.map(failing)).catch((error: unknown) => error)
}

describe('things that were begun together', () => {
  test('give all their values', async () => {
    expect(await together([Promise.resolve(1), 'two'])).toEqual([1, 'two'])
    expect(await together([])).toEqual([])
  })

  test('all end before one of them ends the rest', async () => {
    const {promise, resolve} = Promise.withResolvers<void>()
    let ended = false
    const all = together([Promise.reject(unreachable), promise]).catch(() => (ended = true))
    await new Promise((turn) => void setImmediate(turn))
    expect(ended).toBe(false)
    resolve()
    expect(await all).toBe(true)
  })

  test.each([
    ['what may be left behind, before all', [interrupted, aborted, rejected, left], left],
    ['a bug before an interrupt', [interrupted, new TypeError('x')], new TypeError('x')],
    ['an interrupt before what it brought about', [unreachable, interrupted], interrupted],
    ['our own credential before a server', [unreachable, rejected], rejected],
  ])('end with %s', async (_, errors, expected) => {
    const thrown = await thrownBy(...errors)
    expect(thrown).toMatchObject({name: expected.name, ...('code' in expected && {code: expected.code})})
    expect(String(thrown)).toContain(expected.message)
  })

  test('end with the first of two that are alike', async () => {
    expect(await thrownBy(left, new OpsError('PROOF_MISSING', 'Nobody answered.'))).toMatchObject({code: left.code})
  })

  test('tell every error once, and none that is but the interrupt', async () => {
    const thrown = await thrownBy(left, unreachable, unreachable, interrupted, aborted)
    expect(thrown).toMatchObject({
      code: 'SCHEDULE_LEFT',
      category: 'incomplete',
      ref: left.ref,
      message: 'A schedule may be left. Besides: Gitea is away.',
    })
    expect(await thrownBy(rejected, interrupted)).toBeInstanceOf(OpsError)
  })
})
