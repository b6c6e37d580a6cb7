import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps, OnboardingRequest} from '../../../src/onboarding/index.ts'
import type {SmokeTarget, TokenRow} from '../../../src/rotation/ports.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import type {SmokeReport} from '../../../src/smoke/types.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'
import {withheld} from '../../../src/smoke/withheld.ts'

const SCOPES: Scope[] = ['read:issue', 'read:repository']

/** Hears what is asked of agents, and may change what they say. */
function listening(answer: (report: SmokeReport) => Partial<SmokeReport> = () => ({})) {
  const asked: SmokeTarget[] = []
  const extra = ({smoke}: OnboardingDeps): Partial<OnboardingDeps> => ({
    smoke: {
      prove: async (target, options) => {
        asked.push(target)
        const report = await smoke.prove(target, options)
        return {...report, ...answer(report)}
      },
    },
  })
  return {asked, extra}
}

const listing =
  (change: (rows: Awaited<ReturnType<OnboardingDeps['tokens']['list']>>) => typeof rows) =>
  ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
    tokens: {...tokens, list: async (user) => change(await tokens.list(user))},
  })

describe('a new agent', () => {
  it('is asked with the token that it was given, and told which ones it must not report', async () => {
    using world = await NewcomerWorld.open()
    // The first create may have handed out the first token.
    await world.broken('create', 'crash-before', newcomer())
    const {asked, extra} = listening()
    await world.run(newcomer(), extra)
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({
      agent: NAME,
      repo: 'acme/core',
      label: 'approved',
      via: 'a2a',
      expectLastEight: '00000003',
      superseded: ['00000002'],
    })
    expect(asked[0]?.token?.lastEight).toBe('00000003')
    expect(asked[0]?.others).toContain('00000003')
  })

  it('is asked without a value where an earlier run minted its token', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal online', 'crash-after', newcomer())
    const {asked, extra} = listening()
    expect(await world.run(newcomer(), extra)).toMatchObject({outcome: 'onboarded'})
    expect(asked.map(({token, superseded}) => [token, superseded])).toEqual([[undefined, []]])
  })

  it.each<[string, (world: NewcomerWorld) => Promise<void>]>([
    ['new', async () => {}],
    [
      'there before',
      async (world: NewcomerWorld) => {
        world.addUser(NAME)
        world.furnish(world.addToken('by hand', SCOPES, NAME))
        await world.broken('journal workspace_found', 'crash-after', newcomer())
      },
    ],
  ])('that is %s and thinks for half an hour is waited for under the lease', async (_, prepare) => {
    using world = await NewcomerWorld.open()
    await prepare(world)
    const renewed: number[] = []
    let [began, ended] = [0, 0]
    const slow = ({leases, smoke}: OnboardingDeps): Partial<OnboardingDeps> => ({
      leases: {...leases, renew: async (...lease) => (renewed.push(world.now), leases.renew(...lease))},
      smoke: {
        prove: async (target, options) => {
          began = world.now
          for (let minute = 0; minute < 30; minute++) {
            world.advance(60_000)
            await options?.onWait?.('it thinks')
          }
          ended = world.now
          return smoke.prove(target, options)
        },
      },
    })
    expect(await world.run(newcomer(), slow)).toMatchObject({outcome: 'onboarded'})
    expect(renewed.filter((at) => at > began && at <= ended).length).toBeGreaterThan(1)
  })

  it('whose proof warns of something is onboarded with that warning', async () => {
    using world = await NewcomerWorld.open()
    const {extra} = listening(() => ({warnings: ['It took long.']}))
    expect(await world.run(newcomer(), extra)).toMatchObject({warnings: ['It took long.']})
  })

  it('that works and reports another token is not proven', async () => {
    using world = await NewcomerWorld.open()
    const {extra} = listening(() => ({reportedLastEight: '99999999'}))
    await expect(world.run(newcomer(), extra)).rejects.toMatchObject({category: 'incomplete'})
    expect((await world.journal()).at(-1)).toMatchObject({type: 'proof_failed'})
  })

  it('whose secret never arrives is led to an onboarding anew, for this one ends with that secret', async () => {
    using world = await NewcomerWorld.open()
    const {remedy} = withheld('GITEA_TOKEN')
    const {extra} = listening(({paths}) => ({
      passed: false,
      paths: paths.map((path) => ({...path, outcome: 'failed', reason: 'no-token', suggestions: [remedy, 'patrol x']})),
    }))
    await expect(world.run(newcomer(), extra)).rejects.toMatchObject({
      code: 'PROOF_FAILED',
      message: expect.stringContaining('What is begun ends with GITEA_TOKEN: for another secret abort it'),
      suggestions: [remedy, 'patrol onboarding abort agent-new', 'patrol onboard agent-new'],
    })
  })

  it('that reports its token and can not work is not proven', async () => {
    using world = await NewcomerWorld.open()
    const {extra} = listening(({paths}) => ({
      passed: false,
      paths: paths.map((path) => ({...path, outcome: 'failed' as const})),
    }))
    await expect(world.run(newcomer(), extra)).rejects.toMatchObject({code: 'PROOF_FAILED', category: 'incomplete'})
    expect((await world.journal()).at(-1)).toMatchObject({type: 'proof_failed'})
    expect(world.tokens).toHaveLength(1)
  })

  it('that does not answer is not proven, and nobody says that it does not work', async () => {
    using world = await NewcomerWorld.open()
    world.agentDeaf = true
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'PROOF_MISSING',
      message: expect.stringContaining('not proven that agent-new works with the new token: '),
    })
    expect((await world.journal()).at(-1)).toMatchObject({type: 'proof_failed'})
  })

  it('whose secret the platform does not list is asked all the same', async () => {
    using world = await NewcomerWorld.open()
    const mute = ({platform}: OnboardingDeps): Partial<OnboardingDeps> => ({
      platform: {...platform, secretRow: async () => undefined},
    })
    expect(await world.run(newcomer(), mute)).toMatchObject({outcome: 'onboarded'})
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'online', updatedAt: null}))
  })

  it('whose secret was written since is found out about anew', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal online', 'crash-after', newcomer())
    world.advance(1_000)
    world.overwrite(world.tokens[0]!.value)
    await world.run(newcomer())
    expect((await world.journal()).map(({type}) => type)).toContain('overtaken')
  })

  it('whose token has another value by now is found out about anew', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal online', 'crash-after', newcomer())
    world.regenerate(world.tokens[0]!.id)
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect((await world.journal()).map(({type}) => type)).toContain('overtaken')
  })

  it.each([1, 3])(
    'whose token is not listed and who fails %i of three paths is found out about anew',
    async (failing) => {
      using world = await NewcomerWorld.open()
      await world.broken('journal online', 'crash-after', newcomer())
      world.tokens.splice(0, 1)
      const {extra} = listening(({passed, paths}) =>
        passed ? {} : {paths: paths.map((path, at) => (at < failing ? path : {...path, outcome: 'unknown'}))},
      )
      expect(await world.run(newcomer(), extra)).toMatchObject({outcome: 'onboarded'})
      const types = (await world.journal()).map(({type}) => type)
      expect(types).toContain('overtaken')
      expect(types).not.toContain('proof_failed')
    },
  )

  it('whose token is not listed and who works all the same is proven', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal online', 'crash-after', newcomer())
    await world.run(
      newcomer(),
      listing(() => []),
    )
    const types = (await world.journal()).map(({type}) => type)
    expect(types).toContain('proven')
    expect(types).not.toContain('overtaken')
  })

  it('whose token is not listed and who does not answer is not given another', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal online', 'crash-after', newcomer())
    world.agentDeaf = true
    await expect(
      world.run(
        newcomer(),
        listing(() => []),
      ),
    ).rejects.toMatchObject({code: 'PROOF_MISSING'})
  })
})

describe('a request to stop while the agent is asked', () => {
  it.each([
    [true, new Error('socket closed'), {code: 'INTERRUPTED'}],
    [true, new OpsError('PLATFORM_UNREACHABLE', 'No answer.'), {code: 'PLATFORM_UNREACHABLE'}],
    [false, new Error('socket closed'), {message: 'socket closed'}],
  ])('asked to: %s, and it breaks off with "%s"', async (asked, error, expected) => {
    using world = await NewcomerWorld.open()
    const stop = new AbortController()
    const heard: unknown[] = []
    const ended = world.run(newcomer(), {
      signal: stop.signal,
      smoke: {
        prove: async (_target, options) => {
          heard.push(options?.signal)
          if (asked) stop.abort()
          throw error
        },
      },
    })
    await expect(ended).rejects.toMatchObject(expected)
    expect(heard).toEqual([stop.signal])
  })
})

describe('an agent that is there', () => {
  /** Its user has these tokens, and it runs on the one of this number. */
  async function running(tokens: [string, Scope[]][], on: number): Promise<NewcomerWorld> {
    const world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.permissions.set('acme/core', 'write')
    const rows = tokens.map(([name, scopes]) => world.addToken(name, scopes, NAME))
    world.furnish(rows[on])
    return world
  }

  it.each<[string, [string, Scope[]][], number, string[]]>([
    [
      'the only one that suffices',
      [
        ['small', ['read:issue']],
        ['big', SCOPES],
      ],
      1,
      ['00000003'],
    ],
    [
      "patrol's own",
      [
        ['by hand', SCOPES],
        ['patrol.agent-new.20261122.rot1', SCOPES],
      ],
      1,
      ['00000003'],
    ],
    [
      'the first one',
      [
        ['by hand', SCOPES],
        ['by hand too', SCOPES],
      ],
      0,
      ['00000002'],
    ],
    [
      'the one that it reports instead',
      [
        ['by hand', SCOPES],
        ['by hand too', SCOPES],
      ],
      1,
      ['00000002', '00000003'],
    ],
    [
      'the one that it reports, of several others',
      [
        ['by hand', SCOPES],
        ['by hand too', SCOPES],
        ['by hand as well', SCOPES],
      ],
      2,
      ['00000002', '00000004'],
    ],
    [
      'none, for the one that it reports does not suffice',
      [
        ['by hand', SCOPES],
        ['small', ['read:issue']],
      ],
      1,
      ['00000002'],
    ],
    ['none, for no token suffices', [['small', ['read:issue']]], 0, []],
  ])('is asked whether it runs on %s', async (_, tokens, on, expected) => {
    using world = await running(tokens, on)
    const {asked, extra} = listening()
    const plan = await world.plan(newcomer(), extra)
    expect(asked.map(({expectLastEight}) => expectLastEight)).toEqual(expected)
    const works = tokens[on]?.[1] === SCOPES
    expect(plan.asked).toBe(expected.length > 0)
    expect(plan.working?.token.lastEight).toBe(works ? expected.at(-1) : undefined)
    expect(plan.changes).toBe(!works)
    for (const {expectLastEight, superseded} of asked) {
      const others = world.tokens.map(({lastEight}) => lastEight).filter((each) => each !== expectLastEight)
      expect(superseded).toEqual(others)
    }
  })

  it('is asked first about the token that it was last proven on', async () => {
    using world = await running(
      [
        ['patrol.agent-new.20261122.rot1', SCOPES],
        ['by hand', SCOPES],
      ],
      1,
    )
    const {id, lastEight} = world.tokens[1]!
    const deployment = {agent: NAME, user: NAME, token: id, lastEight, secretUpdatedAt: undefined, at: 1}
    await world.store.ledger.apply([{kind: 'deployed', deployment}])
    const {asked, extra} = listening()
    await world.plan(newcomer(), extra)
    expect(asked.map(({expectLastEight}) => expectLastEight)).toEqual([lastEight])
  })

  it.each<[string, Partial<TokenRow>, Partial<OnboardingRequest>, boolean]>([
    ['scopes nobody knows', {strange: ['write:moon']}, {}, false],
    ['other repositories alone', {repositories: ['acme/other']}, {repositories: ['acme/core']}, false],
    ['those repositories alone', {repositories: ['acme/core']}, {repositories: ['acme/core']}, true],
    [
      'some repositories, where the profile wants every one',
      {repositories: ['acme/core']},
      {repositories: 'all'},
      false,
    ],
    ['some repositories, where the profile names none', {repositories: ['acme/other']}, {}, true],
  ])('whose only token has %s is asked whether it runs on that: %s', async (_, change, wanted, expected) => {
    using world = await running([['by hand', SCOPES]], 0)
    Object.assign(world.tokens[0]!, change)
    const {asked, extra} = listening()
    await world.plan(newcomer(wanted), extra)
    expect(asked).toHaveLength(expected ? 1 : 0)
  })

  it('is asked once where it reports the token and can not work with it', async () => {
    using world = await running([['by hand', SCOPES]], 0)
    const {asked, extra} = listening(() => ({passed: false}))
    expect((await world.plan(newcomer(), extra)).working).toBeUndefined()
    expect(asked).toHaveLength(1)
  })

  it('is asked no more than twice', async () => {
    using world = await running(
      [
        ['one', SCOPES],
        ['two', SCOPES],
        ['three', SCOPES],
      ],
      0,
    )
    let turn = 1
    const {asked, extra} = listening(() => ({reportedLastEight: world.tokens[turn++]!.lastEight}))
    expect((await world.plan(newcomer(), extra)).working).toBeUndefined()
    expect(asked).toHaveLength(2)
  })

  it.each<[string, (world: NewcomerWorld) => unknown]>([
    ['is not online', (world) => (world.workspace.status = 'provisioning')],
    ['has no secret of its own', (world) => (world.secret = undefined)],
  ])('is not asked where its workspace %s', async (_, change) => {
    using world = await running([['by hand', SCOPES]], 0)
    change(world)
    world.process.lastEight = ''
    const {asked, extra} = listening()
    await world.plan(newcomer(), extra).catch(() => undefined)
    expect(asked).toEqual([])
  })

  it('is not asked by a plan that is only to be shown', async () => {
    using world = await running([['by hand', SCOPES]], 0)
    const {asked, extra} = listening()
    const plan = await world.plan(newcomer(), extra, false)
    expect([asked, plan.asked, plan.working]).toEqual([[], false, undefined])
  })
})
