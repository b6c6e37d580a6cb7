import {beforeEach, describe, expect, test} from 'vitest'
import {planPush, pushSecret, type PushDeps, type PushRequest} from '../../../src/rotation/index.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {madeUpValue, pushOf, storeInMemory, USER, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** The same probe, with something else in its report. */
function probing(change: Partial<ProbeReport> | ((report: ProbeReport) => Partial<ProbeReport>)) {
  const deps = world.deps(store)
  return {
    ...deps,
    prober: {
      ...deps.prober,
      probe: async (...of: Parameters<typeof deps.prober.probe>) => {
        const report = await deps.prober.probe(...of)
        return {...report, ...(typeof change === 'function' ? change(report) : change)}
      },
    },
  }
}

const evidence = {method: 'GET', path: '/version', status: 502, dialect: 'none' as const, reason: 'a web page'}

/** Every value that a push must not store, and why. */
const REFUSED: readonly [what: string, code: string, exit: number, says: RegExp, () => [PushRequest, PushDeps]][] = [
  [
    'is dead',
    'PUSH_UNFIT',
    6,
    /…00000099 is dead: .*could not work with it.*Nothing was stored; the old secret stays/,
    () => [pushOf(world, {value: madeUpValue(99)}), world.deps(store)],
  ],
  [
    'is blocked',
    'PUSH_UNFIT',
    6,
    /is blocked: a web page/,
    () => [pushOf(world), probing({liveness: {state: 'blocked', evidence}})],
  ],
  [
    'lacks a scope of its profile',
    'PUSH_UNFIT',
    6,
    /…00000001 lacks read:issue of profile engineer/,
    () => [pushOf(world, {value: world.old.value}), world.deps(store)],
  ],
  [
    'is of another user',
    'PUSH_UNFIT',
    6,
    /is somebody-else's, not agent-dev-a's/,
    () => {
      const {value} = world.addToken('theirs', ['read:issue', 'read:repository'], 'somebody-else')
      return [pushOf(world, {value}), world.deps(store)]
    },
  ],
  [
    'is of another user by the list, where it does not tell itself',
    'PUSH_UNFIT',
    6,
    /is another user's, not agent-dev-a's/,
    () => {
      const {value} = world.addToken('theirs', ['read:issue', 'read:repository'], 'somebody-else')
      return [pushOf(world, {value}), probing({identity: undefined})]
    },
  ],
  [
    'could not be tried',
    'PUSH_UNPROVEN',
    5,
    /could not be tried: a web page.*might not.*Nothing was stored/,
    () => [pushOf(world), probing({liveness: {state: 'unknown', evidence}})],
  ],
  [
    'has a scope that nobody could judge',
    'PUSH_UNPROVEN',
    5,
    /may lack read:issue of profile engineer/,
    () => [
      pushOf(world),
      probing(({scopes, granted}) => ({
        granted: granted.filter((scope) => scope !== 'read:issue'),
        scopes: scopes.map((each) => (each.scope === 'read:issue' ? {...each, verdict: 'unknown'} : each)),
      })),
    ],
  ],
  [
    'tells its user to nobody',
    'PUSH_UNPROVEN',
    5,
    /does not tell whether it is agent-dev-a's/,
    () => [pushOf(world), {...probing({identity: undefined}), tokens: undefined}],
  ],
]

describe.each(REFUSED)('a value that %s', (_, code, exit, says, make) => {
  test('is not stored', async () => {
    const [request, deps] = make()
    const failed = pushSecret(request, deps)
    await expect(failed).rejects.toMatchObject({code, exit})
    await expect(failed).rejects.toThrow(says)
    expect(world.puts).toBe(0)
  })

  test('is not planned either, so that a dry run ends as the push would', async () => {
    const [request, deps] = make()
    await expect(planPush(request, deps)).rejects.toMatchObject({code, exit})
  })

  test('is stored where that is insisted on, and what is wrong with it is told', async () => {
    const [request, deps] = make()
    const insisting = {...request, insist: true}
    const {warnings} = await planPush(insisting, deps)
    expect(warnings).toEqual([expect.stringContaining(`…${request.value.lastEight}`)])
    const {doubts} = await pushSecret(insisting, deps)
    expect([doubts, world.puts]).toEqual([warnings, 1])
  })
})

describe('a value that will do', () => {
  test('is planned and stored without a doubt', async () => {
    const request = pushOf(world)
    const {calls, warnings} = await planPush(request, world.deps(store))
    expect([calls.map(({act}) => act), warnings, world.puts]).toEqual([['push'], [], 0])
    expect(await pushSecret(request, world.deps(store))).toMatchObject({doubts: []})
    expect(world.secret?.lastEight).toBe(request.value.lastEight)
  })

  test('may be of a user whose name is written in another case', async () => {
    const request = pushOf(world, {user: USER.toUpperCase()})
    await expect(pushSecret(request, world.deps(store))).resolves.toMatchObject({doubts: []})
  })

  test('is found in the list of its user where it does not tell itself', async () => {
    await expect(pushSecret(pushOf(world), probing({identity: undefined}))).resolves.toMatchObject({doubts: []})
  })

  test('is not stored, and not asked for again, where a person says no', async () => {
    world.behaviour.approval = 'denied'
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject({code: 'APPROVAL_DENIED', exit: 6})
    expect([world.puts, world.approvalCount]).toEqual([0, 1])
  })
})
