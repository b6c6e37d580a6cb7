import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {planRehearsal, rehearse, type Rehearsal, type RehearsalDeps} from '../../../src/rotation/index.ts'
import {isRehearsal} from '../../../src/rotation/names.ts'
import type {Store} from '../../../src/store/index.ts'
import {mintOf, request, storeInMemory, USER, World} from '../../support/world.ts'

const COMMAND = 'patrol rehearse --yes'
const {workspace, secretKey, repo} = request()
const wanted = {...mintOf(), workspace, secretKey, repo, agents: 7, command: COMMAND}
let world: World
let store: Store
let stop: AbortController

const names = () => world.tokens.map(({name}) => name)
const announced = () => store.ledger.announced(USER)
const deps = (changes: Partial<RehearsalDeps> = {}): RehearsalDeps => {
  const all = world.deps(store)
  return {...all, rooms: async () => all, signal: stop.signal, ...changes}
}
const tokensWith = (changes: Partial<RehearsalDeps['tokens']>): Partial<RehearsalDeps> => ({
  tokens: {...world.deps(store).tokens, ...changes},
})
const fails =
  (code: ConstructorParameters<typeof OpsError>[0], says = 'So it is.') =>
  async (): Promise<never> => {
    throw new OpsError(code, says)
  }
/** Each step with how it went, and what it ended with. */
const shown = ({steps, exit, leftover, verdict}: Rehearsal) => ({
  steps: steps.map(({step, state, code}) => [step, state, ...(code === undefined ? [] : [code])].join(' ')),
  exit,
  leftover,
  verdict,
})
const GONE = ['agent token']

beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  stop = new AbortController()
})

describe('a rehearsal', () => {
  it('mints, probes and deletes, sees its token dead, and leaves nothing anywhere', async () => {
    const done = await rehearse(wanted, deps())
    expect(shown(done)).toEqual({
      steps: ['workspace ok', 'mint ok', 'probe ok', 'delete ok', 'dead ok'],
      exit: 0,
      leftover: null,
      verdict: 'a rotation of any of the 7 agents of engineer could mint, probe and revoke',
    })
    expect(isRehearsal(done.token!.name)).toBe(true)
    expect([names(), await announced(), await store.ledger.tokens(USER)]).toEqual([GONE, [], []])
    expect([world.puts, world.restarts]).toEqual([0, 0])
    await store.leases.look('agent:dev-a', world.now)
  })

  it('plans its two writes, and reads only', async () => {
    const {calls} = await planRehearsal(wanted, deps())
    expect(calls).toMatchObject([
      {act: 'mint', method: 'POST', changes: expect.stringContaining('.hand-rehearsal-<id> with')},
      {act: 'discard', method: 'DELETE', path: `/api/v1/users/${USER}/tokens/<id>`},
    ])
    expect([names(), await announced()]).toEqual([GONE, []])
  })

  it('tells how long each step took', async () => {
    const {prober} = deps()
    const slow: RehearsalDeps['prober'] = {
      ...prober,
      probe: async (...args) => {
        world.now += 1_500
        return prober.probe(...args)
      },
    }
    const {steps} = await rehearse(wanted, deps({prober: slow}))
    expect(steps.map(({ms}) => ms >= 1_500)).toEqual([false, false, true, false, false])
  })

  it('deletes first what a rehearsal left that was killed, and tells it', async () => {
    const left = world.addToken('patrol.dev-a.20261122.hand-rehearsal-old', ['read:issue'])
    const announcement = {agent: 'dev-a', user: USER, name: left.name, at: world.now, handingOver: false}
    await store.ledger.apply([{kind: 'announced', announcement}])
    expect((await rehearse(wanted, deps())).earlier.deleted).toMatchObject([{id: left.id}])
    expect([names(), await announced()]).toEqual([GONE, []])
  })
})

describe('what stands in the way of a rotation', () => {
  const OF_ALL = 'a rotation of any of the 7 agents of engineer'

  it.each<[string, () => Partial<RehearsalDeps>, object]>([
    [
      'no platform',
      () => ({rooms: fails('PLATFORM_UNAVAILABLE')}),
      {exit: 5, verdict: 'a rotation of dev-a would stop before its mint: nothing would change'},
    ],
    [
      'a paused workspace',
      () => {
        world.workspace = {...world.workspace, status: 'paused'}
        return {}
      },
      {exit: 3, verdict: 'a rotation of dev-a would stop before its mint: nothing would change'},
    ],
    [
      'an administrator who may not mint',
      () => tokensWith({mint: fails('ADMIN_SCOPE')}),
      {exit: 4, verdict: `${OF_ALL} would stop at its mint: nothing would change`},
    ],
    [
      'a site administrator as the user',
      () => {
        world.accounts[USER] = {isAdmin: true}
        return {}
      },
      {exit: 3, verdict: 'a rotation of dev-a would stop at its mint: nothing would change'},
    ],
    [
      'a server that leaves a scope out',
      () => {
        world.forgetful = ['read:issue']
        return {}
      },
      {
        exit: 3,
        verdict: `${OF_ALL} would stop at the probe of its new token, and delete that again: nothing would change`,
      },
    ],
    [
      'a lost answer to the mint',
      () => tokensWith({mint: fails('WRITE_IN_DOUBT')}),
      {exit: 7, verdict: `${OF_ALL} would stop at its mint: nothing would change`},
    ],
  ])('%s is said, and nothing is left', async (_, prepare, ending) => {
    const done = await rehearse(wanted, deps(prepare()))
    expect(shown(done)).toMatchObject({...ending, leftover: null})
    expect(names()).toEqual(GONE)
  })

  it('another run at the agent is no finding', async () => {
    store = await storeInMemory()
    const leases = {...store.leases, acquire: fails('LEASE_HELD')}
    expect(shown(await rehearse(wanted, deps({leases})))).toMatchObject({
      exit: 6,
      verdict: 'not rehearsed, for another run is at dev-a',
    })
  })

  it('a refusal of the plan is the mint’s, and nothing is sent', async () => {
    const refusal = new OpsError('GITEA_USER_UNKNOWN', `There is no user ${USER}.`)
    const done = await rehearse(wanted, deps(), refusal)
    expect(done.steps.at(-1)).toMatchObject({step: 'mint', suggestions: ['patrol onboard dev-a']})
    expect([done.exit, world.calls.includes('mint')]).toEqual([3, false])
  })

  it('a token that can’t be deleted is named with the command that does, which does', async () => {
    const done = await rehearse(wanted, deps(tokensWith({remove: fails('ADMIN_SCOPE', 'It may not.')})))
    expect(shown(done)).toMatchObject({
      exit: 7,
      leftover: {id: 2},
      steps: expect.arrayContaining(['delete problem ADMIN_SCOPE']),
      verdict: `${OF_ALL} would leave the token that it replaces`,
    })
    expect(done.steps.at(-1)).toMatchObject({
      suggestions: [COMMAND],
      says: expect.stringMatching(/^It may not\. Nobody/),
    })
    expect(names()).toHaveLength(2)
    expect((await rehearse(wanted, deps())).earlier.deleted).toMatchObject([{id: 2}])
    expect(names()).toEqual(GONE)
  })

  it('a token to which somebody gave another value is theirs, and no later run takes it', async () => {
    const {tokens} = deps()
    const list: typeof tokens.list = async (user) =>
      (await tokens.list(user)).map((row) => (isRehearsal(row.name) ? {...row, lastEight: '99999999'} : row))
    const done = await rehearse(wanted, deps(tokensWith({list})))
    expect(shown(done)).toMatchObject({exit: 7, leftover: {id: 2}})
    expect(await announced()).toEqual([])
  })

  it('one that lives on after its deletion is told', async () => {
    const {prober} = deps()
    const alive: RehearsalDeps['prober'] = {
      ...prober,
      liveness: async (value) => ({...(await prober.liveness(value)), state: 'alive'}),
    }
    expect(shown(await rehearse(wanted, deps({prober: alive})))).toMatchObject({
      exit: 7,
      leftover: null,
      steps: expect.arrayContaining(['delete ok', 'dead problem OLD_TOKEN_ALIVE']),
    })
  })

  it('what nobody foresaw is thrown once the token is gone', async () => {
    const prober = {...deps().prober, probe: async () => Promise.reject(new TypeError('a mistake'))}
    await expect(rehearse(wanted, deps({prober}))).rejects.toThrow('a mistake')
    expect(names()).toEqual(GONE)
  })
})

describe('Ctrl-C', () => {
  const during = (method: 'mint' | 'list') => {
    const {tokens} = deps()
    return deps(
      tokensWith({
        [method]: async (...args: Parameters<typeof tokens.mint>) => {
          stop.abort()
          return Reflect.apply(tokens[method], tokens, args)
        },
      }),
    )
  }

  it('before anything mints nothing', async () => {
    stop.abort()
    await expect(rehearse(wanted, deps())).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(world.calls).toEqual([])
  })

  it('amid the mint deletes its token, and asks nothing more of it', async () => {
    await expect(rehearse(wanted, during('mint'))).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: expect.stringMatching(
        /amid a rehearsal\. patrol\.dev-a\.\S+ \(id 2\) of agent-dev-a was deleted again\.$/,
      ),
    })
    expect([names(), await announced()]).toEqual([GONE, []])
  })

  it('names a token that is left, and the command that deletes it', async () => {
    const {tokens} = during('mint')
    const remove = fails('GITEA_UNREACHABLE', 'Nobody there.')
    await expect(rehearse(wanted, deps({tokens: {...tokens, remove}}))).rejects.toMatchObject({
      message: expect.stringMatching(/\(id 2\) of agent-dev-a is left: Nobody there\. Nobody has its value/),
      suggestions: [COMMAND],
    })
  })
})
