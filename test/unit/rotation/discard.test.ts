import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {rotate} from '../../../src/rotation/index.ts'
import type {RotationRequest} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, START, storeInMemory, THEN, USER, World} from '../../support/world.ts'

const OTHER = '22222222-2222-4222-8222-222222222222'
const [OLD, NEW] = ['00000001', '00000002']

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const openId = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
const go = (ask: Partial<RotationRequest> = {}) =>
  rotate(request({onProofFailure: 'rollback', oldValue: world.old.value, ...ask}), world.deps(store))

/** Its operator moves the agent into a new workspace, where it says that it runs on this. */
function moved(reports: string | undefined): void {
  const workspace = {...world.workspace, id: OTHER, name: 'dev-a-next'}
  world.others.push({workspace, secretAt: THEN, ...(reports !== undefined && {reports})})
  world.neighbours = [{agent: 'dev-a', user: USER, workspace: OTHER, reference: undefined, lastEight: undefined}]
}

async function endOf(work: Promise<unknown>): Promise<OpsError> {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  if (!(error instanceof OpsError)) throw new Error('it went through', {cause: error})
  return error
}

describe('the end of a rollback', () => {
  beforeEach(() => void (world.newTokensFail = true))

  it.each([
    ['runs on it', NEW, /dev-a-next .*; it runs on …00000002/],
    ['does not say what it runs on', undefined, /dev-a-next .*; it was asked and did not say/],
  ])('leaves the new token where somebody else %s', async (_, reports, why) => {
    moved(reports)
    const error = await endOf(go())
    expect(error).toMatchObject({
      code: 'TOKEN_CHANGED',
      exit: 7,
      suggestions: ['patrol revoke dev-a --id 2 --dry-run'],
    })
    expect(error.message).toMatch(why)
    expect(error.message).toMatch(
      /It was not deleted\. Token patrol\.dev-a\.\S+ \(id 2\) is left as it is; dev-a was proven on the old one in workspace dev-a\.$/,
    )
    expect(error.message).not.toContain('is deleted;')
    expect([OLD, NEW].map((end) => world.alive(end))).toEqual([true, true])
    expect(await store.journal.list({open: true})).toEqual([])
    expect(world.violations).toEqual([])
  })

  it('deletes it where whoever may run on it says that he runs on another', async () => {
    moved(OLD)
    world.others[0]!.workspace.uptimeSeconds = 1
    expect(await endOf(go())).toMatchObject({
      code: 'ROLLED_BACK',
      message: expect.stringMatching(/The new token is deleted; dev-a was proven on the old one\.$/),
    })
    expect(world.alive(NEW)).toBe(false)
    expect(world.violations).toEqual([])
  })

  it('asks nobody where nobody else may run on it, nor the agent once more', async () => {
    await endOf(go())
    expect(world.alive(NEW)).toBe(false)
    expect(world.calls).not.toContain('ask')
  })

  describe('with others who may have had the old one', () => {
    // Written long before the new one was minted, and not up, so nobody can ask there.
    const room = (name: string, secretAt?: string) =>
      world.others.push({
        workspace: {...world.workspace, id: OTHER, name, status: 'failed'},
        ...(secretAt !== undefined && {secretAt}),
      })
    const SINCE = new Date(START).toISOString()

    it.each<[string, () => void]>([
      ['of its name', () => void room('dev-a', THEN)],
      ['of its name without a secret', () => void room('dev-a')],
      ['of its name but for the number', () => void room('dev-a (2)', THEN)],
      ['whom a global secret serves', () => void (room('helper'), (world.globalSecret = true))],
    ])('deletes the new one all the same: one %s', async (_, there) => {
      there()
      expect(await endOf(go())).toMatchObject({code: 'ROLLED_BACK'})
      expect(world.alive(NEW)).toBe(false)
    })

    it.each<[string, () => void]>([
      ['of its name', () => void room('dev-a', SINCE)],
      ['of its name but for the number', () => void room('dev-a (2)', SINCE)],
    ])('leaves the new one where that was given a secret since: one %s', async (_, there) => {
      there()
      const error = await endOf(go())
      expect(error).toMatchObject({code: 'TOKEN_CHANGED'})
      expect(error.message).not.toMatch(/the old (?:token|value)/)
      expect(world.alive(NEW)).toBe(true)
    })
  })

  it('asks the agent again where its secret was written since the old one was put back', async () => {
    const {tokens, ...deps} = world.deps(store)
    let written = false
    const list: typeof tokens.list = async (user) => {
      const rows = await tokens.list(user)
      const minted = world.tokens.find(({lastEight}) => lastEight === NEW)
      const last = deps.journal.list({agent: 'dev-a'})
      if (!written && minted && world.secret?.lastEight === OLD && (await last)[0]?.phase === 'rolling_back') {
        written = await isDiscarding()
        if (written) world.overwrite(minted.value)
        if (written) world.process.lastEight = NEW
      }
      return rows
    }
    const isDiscarding = async (): Promise<boolean> =>
      (await deps.journal.read(await openId())).some(({type}) => type === 'discard_intended')
    const error = await endOf(
      rotate(request({onProofFailure: 'rollback', oldValue: world.old.value}), {...deps, tokens: {...tokens, list}}),
    )
    expect(written).toBe(true)
    expect(error).toMatchObject({code: 'TOKEN_CHANGED'})
    expect(world.alive(NEW)).toBe(true)
    expect(world.violations).toEqual([])
  })
})
