import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortOnboarding, type OnboardingDeps} from '../../../src/onboarding/index.ts'
import {abortRotation, rotate} from '../../../src/rotation/index.ts'
import {withheld} from '../../../src/smoke/withheld.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'
import {madeUpValue, request} from '../../support/world.ts'

const SCOPES = newcomer().scopes
const RIVAL = 'patrol.agent-new.20261122.rival00001'

/** Its workspace is there; with `token` it runs on a token of its user. */
async function furnished(options: {token?: string; alive?: boolean} = {}): Promise<NewcomerWorld> {
  const world = await NewcomerWorld.open(options)
  world.addUser(NAME)
  world.furnish(options.token === undefined ? undefined : world.addToken(options.token, [...SCOPES], NAME))
  return world
}

const types = async (world: NewcomerWorld, type: string): Promise<number> =>
  (await world.journal()).filter((event) => event.type === type).length

describe('a workspace that is there', () => {
  it('without a token gets one by a rotation, and what it does not run on is named', async () => {
    using world = await furnished({alive: true})
    const other = world.addToken('made by hand', ['read:issue'], NAME)
    const {outcome, token, warnings, proof} = await world.run(newcomer())
    expect({outcome, passed: proof?.passed, runs: world.process.lastEight}).toEqual({
      outcome: 'onboarded',
      passed: true,
      runs: token?.lastEight,
    })
    expect(warnings.filter((text) => text.includes('patrol revoke'))).toEqual([
      `made by hand (id ${other.id}) of agent-new still works; once nobody needs it: patrol revoke agent-new --id ${other.id}`,
    ])
    expect(world.writes.slice(0, 3)).toEqual(['addCollaborator', 'mint', 'putSecret'])
    expect(world.alive(other.lastEight)).toBe(true)
    expect(world.violations).toEqual([])
  })

  it('whose agent is never handed the token is onboarded anew once rotation and onboarding are ended, in that order', async () => {
    using world = await furnished({alive: true})
    const {remedy} = withheld('GITEA_TOKEN')
    world.withholds = true
    const suggestions = [remedy, `patrol smoke ${NAME}`]
    const path = {path: 'swarm-pull', outcome: 'failed', reason: 'no-token', message: 'no token', suggestions} as const
    const report = {agent: NAME, repo: 'acme/core', passed: false, reportedLastEight: undefined, paths: [path]}
    const without = () => ({smoke: {prove: async () => report}})
    const error = await world.run(newcomer(), without).catch((thrown: unknown) => thrown)
    const {id} = (await world.store.journal.list({open: true}))[0]!
    expect(error).toMatchObject({
      code: 'PROOF_FAILED',
      exit: 7,
      suggestions: [
        remedy,
        `patrol rotation abort ${id} --keep both`,
        `patrol onboarding abort ${NAME}`,
        `patrol onboard ${NAME}`,
      ],
      ref: 'docs/runbooks/rotation-incomplete.md',
    })
    const [stored] = world.tokens
    await abortRotation(id, {...world.deps(), ...without()}, {keep: 'both'})
    expect(world.tokens).toEqual([stored])
    await abortOnboarding(NAME, world.deps())
    expect(world.alive(stored!.lastEight)).toBe(true)
    const {token} = await world.run(newcomer())
    expect([world.alive(token!.lastEight), world.process.lastEight]).toEqual([true, token?.lastEight])
  })

  it('whose agent works is left as it is', async () => {
    using world = await furnished({token: 'made by hand'})
    const {token, proof} = await world.run(newcomer())
    expect({token, passed: proof?.passed}).toMatchObject({token: {name: 'made by hand'}, passed: true})
    expect(world.writes).toEqual(['addCollaborator'])
    expect(world.calls.filter((name) => name === 'smoke')).toHaveLength(1)
    expect(await world.store.ledger.deployed(NAME)).toMatchObject({
      token: token?.id,
      secretUpdatedAt: world.secret?.updatedAt,
    })
  })

  it('whose agent works is left as it is by the next run too, which asks it', async () => {
    using world = await furnished({token: 'made by hand'})
    await world.broken('journal workspace_found', 'crash-after', newcomer())
    expect(await world.run(newcomer())).toMatchObject({token: {name: 'made by hand'}, proof: {passed: true}})
    expect(world.writes).toEqual(['addCollaborator'])
  })

  it('that is another one than the plan saw is not taken for the one that works', async () => {
    using world = await furnished({token: 'made by hand'})
    world.after('named', () => {
      world.workspace = {...world.workspace, id: '99999999-2222-4333-8444-555555555555'}
    })
    await world.run(newcomer())
    expect(await types(world, 'works')).toBe(0)
    expect(await types(world, 'rotation_intended')).toBe(1)
  })

  it('whose agent does not work and was asked by the plan is not asked again before the rotation', async () => {
    using world = await furnished({token: 'made by hand'})
    world.process.lastEight = madeUpValue(77).lastEight
    world.addToken('of nobody', [], NAME)
    world.tokens.at(-1)!.lastEight = world.process.lastEight
    await world.run(newcomer())
    // One question of the plan, one proof of the rotation.
    expect(world.calls.filter((name) => name === 'smoke')).toHaveLength(2)
    expect(await types(world, 'rotation_ended')).toBe(1)
  })

  it('whose rotation can not be proven goes on with that rotation', async () => {
    using world = await furnished()
    world.newTokensFail = true
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'PROOF_FAILED', category: 'incomplete'})
    expect(await types(world, 'rotation_ended')).toBe(0)
    world.newTokensFail = false
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(await types(world, 'rotation_intended')).toBe(1)
    expect(world.tokens).toHaveLength(1)
  })

  it('whose rotation breaks by a mistake of ours is not said to have ended', async () => {
    using world = await furnished()
    const mistake = new TypeError('a mistake')
    const broken = ({platform}: OnboardingDeps): Partial<OnboardingDeps> => ({
      platform: {
        ...platform,
        secretRow: async (...asked) => {
          if ((await world.journal()).at(-1)?.type === 'rotation_intended') throw mistake
          return platform.secretRow(...asked)
        },
      },
    })
    await expect(world.run(newcomer(), broken)).rejects.toBe(mistake)
    expect((await world.journal()).at(-1)).toMatchObject({type: 'rotation_intended'})
  })

  it('whose rotation was never begun gets it from the next run, under the same id', async () => {
    using world = await furnished()
    await world.broken('journal rotation_intended', 'crash-after', newcomer())
    await world.run(newcomer())
    const intended = (await world.journal()).find(({type}) => type === 'rotation_intended')
    const [rotation] = await world.store.journal.list({agent: NAME})
    expect(intended).toMatchObject({rotation: rotation?.id})
    expect(await types(world, 'rotation_intended')).toBe(1)
  })

  it.each([
    ['was refused', (world: NewcomerWorld) => (world.behaviour.putRefused = {code: 'PUSH_REFUSED', reason: 'no'})],
    ['was not begun', (world: NewcomerWorld) => (world.workspace.status = 'paused')],
  ])('whose rotation %s gets another one from the next run', async (_, refuse) => {
    using world = await furnished()
    await world.broken('journal workspace_found', 'crash-after', newcomer())
    // The plan's guards would see it.
    world.after('secretRow', () => refuse(world))
    await expect(world.run(newcomer())).rejects.toBeInstanceOf(OpsError)
    expect((await world.journal()).at(-1)).toMatchObject({type: 'rotation_ended', proven: false})
    world.behaviour.putRefused = undefined
    world.workspace.status = 'online'
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens).toHaveLength(1)
  })

  it('whose rotation was aborted meanwhile is not taken for proven, and gets another one', async () => {
    using world = await furnished()
    await world.broken('mint', 'crash-after', newcomer())
    const [rotation] = await world.store.journal.list({agent: NAME})
    expect(await abortRotation(rotation!.id, world.deps())).toMatchObject({phase: 'rolled_back'})
    const other = world.addToken('made by hand', ['read:issue'], NAME)
    const {outcome, warnings} = await world.run(newcomer())
    expect(outcome).toBe('onboarded')
    expect((await world.journal()).filter(({type}) => type === 'rotation_ended')).toMatchObject([
      {proven: false},
      {proven: true},
    ])
    // Not by the one that was aborted, which left the agent on no token of its own.
    expect(warnings.filter((text) => text.includes(`--id ${other.id}`))).toHaveLength(1)
  })

  it('and another agent whose old token is due: that one goes under a lease of its own, which is let go of', async () => {
    using world = await NewcomerWorld.open({alive: true})
    const [old] = [world.addToken('made by hand', [...SCOPES], 'agent-old')]
    world.furnish(old)
    await rotate(request({agent: 'agent-old', user: 'agent-old', overlapMs: 3_600_000}), world.deps())
    world.addUser(NAME)
    world.advance(2 * 3_600_000)
    const taken: string[] = []
    const counting = ({leases}: OnboardingDeps): Partial<OnboardingDeps> => ({
      leases: {...leases, acquire: async (name, ...rest) => (taken.push(name), leases.acquire(name, ...rest))},
    })
    expect(await world.run(newcomer(), counting)).toMatchObject({outcome: 'onboarded'})
    expect(world.alive(old.lastEight)).toBe(false)
    expect(taken).toEqual(['agent:agent-new', 'agent:agent-old'])
    for (const name of taken) await world.store.leases.acquire(name, 1, world.now)
  })

  it('tells what its rotation warned of', async () => {
    using world = await furnished()
    const warning = ({smoke}: OnboardingDeps): Partial<OnboardingDeps> => ({
      smoke: {
        prove: async (...asked) => ({...(await smoke.prove(...asked)), warnings: ['a schedule may be left']}),
      },
    })
    expect((await world.run(newcomer(), warning)).warnings).toContain('a schedule may be left')
  })

  it('stays proven where the other tokens can not be listed afterwards', async () => {
    using world = await furnished()
    let ended = false
    const away = ({tokens, onboardings}: OnboardingDeps): Partial<OnboardingDeps> => ({
      tokens: {
        ...tokens,
        list: async (user) => {
          if (ended) throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
          return tokens.list(user)
        },
      },
      onboardings: {
        ...onboardings,
        append: async (entry) => {
          ended ||= entry.event.type === 'rotation_ended'
          return onboardings.append(entry)
        },
      },
    })
    await expect(world.run(newcomer(), away)).rejects.toMatchObject({
      code: 'GITEA_UNREACHABLE',
      message: expect.stringContaining('agent-new was proven'),
    })
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(await types(world, 'rotation_intended')).toBe(1)
  })
})

describe('another run that gives the agent a token', () => {
  it.each([true, false])('and was first is given way to (workspace there: %s)', async (there) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    if (there) world.furnish()
    world.after('labels', () => world.addToken(RIVAL, [...SCOPES], NAME))
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'YIELDED'})
    expect((await world.journal()).map(({type}) => type)).toEqual(expect.arrayContaining(['yielded', 'closed']))
    expect(world.tokens.map(({name}) => name)).toEqual([RIVAL])
    expect(world.writes).not.toContain('create')
    expect(world.writes).not.toContain('putSecret')
  })

  it('and was there when it was planned is decided upon', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.addToken(RIVAL, [...SCOPES], NAME)
    expect(await world.run(newcomer({waive: {foreignRotation: true}}))).toMatchObject({outcome: 'onboarded'})
  })

  it('and minted after us gives way to us', async () => {
    using world = await NewcomerWorld.open()
    world.after('mint', () => world.addToken(RIVAL, [...SCOPES], NAME))
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
  })

  it('and was first is not given way to once a token of ours may be in a workspace', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    await world.broken('create', 'crash-before', newcomer())
    // Its create may still come: what it made stays ours to finish.
    world.after('labels', () => {
      world.addToken(RIVAL, [...SCOPES], NAME).id = 0
    })
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect((await world.journal()).map(({type}) => type)).not.toContain('yielded')
  })
})
