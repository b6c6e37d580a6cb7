import {beforeEach, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {rotate, type RotationDeps} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

async function ending(change: (deps: RotationDeps) => Partial<RotationDeps>): Promise<OpsError> {
  const deps = world.deps(store)
  const error: unknown = await rotate(request({oldValue: world.old.value}), {...deps, ...change(deps)}).catch(
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OpsError)) throw error
  expect(world.violations).toEqual([])
  expect(world.alive(world.process.lastEight)).toBe(true)
  return error
}

const lost = async (): Promise<never> => {
  throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
}

test('mints that all stay without an answer end as such, with no orphan and the old token alive', async () => {
  const error = await ending(({tokens}) => ({tokens: {...tokens, mint: lost}}))
  expect(error).toMatchObject({
    code: 'MINT_IN_DOUBT',
    exit: 7,
    message: expect.stringContaining('as far as anybody can tell. The last one: The answer was lost.'),
  })
  expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  expect(world.puts).toBe(0)
})

test('pushes that all stay without an answer keep every token', async () => {
  const error = await ending(({platform}) => ({platform: {...platform, putSecret: lost}}))
  expect(error).toMatchObject({
    code: 'PUSH_UNCONFIRMED',
    exit: 7,
    message: expect.stringContaining('as far as anybody can tell. The last one: The answer was lost.'),
    suggestions: expect.arrayContaining(['patrol doctor']),
  })
  expect(world.alive(world.old.lastEight)).toBe(true)
})

test('pushes that are approved, and each asks for another approval, end with no reason made up', async () => {
  const error = await ending(({platform}) => ({
    platform: {
      ...platform,
      putSecret: async () => ({kind: 'pending', approvalId: 'a', reason: ''}),
      approval: async () => 'approved',
    },
  }))
  expect(error).toMatchObject({code: 'PUSH_UNCONFIRMED', message: expect.not.stringContaining('The last one')})
  expect(world.tokens).toHaveLength(2)
})

test('restarts that all stay without an answer end as such, with their own reason and not a push’s', async () => {
  world.behaviour.autoRestartMs = undefined
  const silent = async (): Promise<never> => {
    throw new OpsError('WRITE_IN_DOUBT', 'The restart was not answered.')
  }
  const error = await ending(({platform}) => ({
    platform: {
      ...platform,
      async putSecret(...asked) {
        await platform.putSecret(...asked)
        return lost()
      },
      restart: silent,
    },
  }))
  expect(error).toMatchObject({
    code: 'RESTART_IN_DOUBT',
    exit: 7,
    message: expect.stringContaining('none shows. The last one: The restart was not answered. Workspace'),
    ref: 'docs/runbooks/restart-stuck.md',
  })
  expect(world.tokens).toHaveLength(2)
})

test('a push that was answered with success is not believed while the row does not show it', async () => {
  const error = await ending(({platform}) => ({platform: {...platform, putSecret: async () => ({kind: 'saved'})}}))
  expect(error).toMatchObject({code: 'PUSH_UNCONFIRMED', exit: 7, message: expect.stringContaining('does not show')})
  expect(world.tokens).toHaveLength(2)
})

test('a candidate of which not every scope could be judged is not handed out', async () => {
  const error = await ending(({prober}) => ({
    prober: {
      ...prober,
      async probe(value, options) {
        const report = await prober.probe(value, options)
        const scopes = report.scopes.map((each) =>
          each.scope === 'read:issue' ? {...each, verdict: 'unknown' as const} : each,
        )
        return {...report, scopes, granted: []}
      },
    },
  }))
  expect(error).toMatchObject({code: 'CANDIDATE_UNPROVEN', message: expect.stringContaining('read:issue is unknown')})
  expect([world.tokens.map(({name}) => name), world.puts]).toEqual([['agent token'], 0])
})

test('a workspace that somebody paused after the push is not restarted', async () => {
  world.behaviour.autoRestartMs = undefined
  const error = await ending(() => ({
    on: (item) => {
      if (item.kind === 'phase' && item.phase === 'pushed') world.workspace.status = 'paused'
    },
  }))
  expect(error).toMatchObject({code: 'RESTART_REFUSED', exit: 7, message: expect.stringContaining('paused by now')})
  expect([world.restarts, world.tokens.length]).toEqual([0, 2])
})

test('an old token that is listed after its deletion is no success', async () => {
  const error = await ending(({tokens}) => ({tokens: {...tokens, remove: async () => 'removed'}}))
  expect(error).toMatchObject({code: 'OLD_TOKEN_ALIVE', exit: 7, message: expect.stringContaining('still listed')})
})

test('an old value that is taken after its deletion is no success', async () => {
  const evidence = {method: 'GET', path: '/version', status: 200, dialect: 'none' as const, reason: ''}
  const error = await ending(({prober}) => ({
    prober: {...prober, liveness: async () => ({state: 'alive', evidence})},
  }))
  expect(error).toMatchObject({
    code: 'OLD_TOKEN_ALIVE',
    exit: 7,
    message: expect.stringContaining('is not answered with 401'),
  })
})
