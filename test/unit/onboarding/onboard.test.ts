import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {onboard, type OnboardingDeps} from '../../../src/onboarding/index.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {NAME, newcomer, NewcomerWorld, rotationOf} from '../../support/newcomer-world.ts'
import {WORKSPACE} from '../../support/world.ts'

const SCOPES: Scope[] = ['read:issue', 'read:repository']
const types = async (world: NewcomerWorld): Promise<string[]> => (await world.journal()).map(({type}) => type)

describe('a new agent', () => {
  it('gets a user, a membership, a token and a workspace, and is proven', async () => {
    using world = await NewcomerWorld.open()
    const result = await world.run(newcomer())
    const [onboarding] = await world.store.onboardings.list()
    const [{id, name, lastEight} = world.tokens[0]!] = world.tokens
    expect(result).toMatchObject({
      id: onboarding?.id,
      agent: NAME,
      user: NAME,
      workspace: {id: WORKSPACE, name: NAME},
      outcome: 'onboarded',
      token: {id, name, lastEight},
      proof: {passed: true},
      warnings: [],
    })
    expect(onboarding).toMatchObject({agent: NAME, user: NAME, workspace: NAME, phase: 'completed', closed: true})
    expect(world.writes).toEqual(['createAccount', 'addCollaborator', 'mint', 'create'])
    expect(world.violations).toEqual([])
  })

  it.each(['createAccount', 'addCollaborator', 'mint', 'probe', 'create'])(
    'is left after "%s" where somebody asks to stop, and gone on with later',
    async (at) => {
      using world = await NewcomerWorld.open()
      const stop = new AbortController()
      world.after(at, () => stop.abort())
      await expect(world.run(newcomer(), {signal: stop.signal})).rejects.toMatchObject({code: 'INTERRUPTED'})
      const written = world.writes.length
      expect(world.writes.at(-1)).toBe(at === 'probe' ? 'mint' : at)
      expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
      expect(written).toBeGreaterThan(0)
      expect(world.tokens).toHaveLength(1)
      expect(world.violations).toEqual([])
    },
  )

  it('has what the plan and the run warn of told', async () => {
    using world = await NewcomerWorld.open()
    world.labels = []
    const warning = ({smoke}: OnboardingDeps): Partial<OnboardingDeps> => ({
      smoke: {prove: async (...asked) => ({...(await smoke.prove(...asked)), warnings: ['It took long.']})},
    })
    expect((await world.run(newcomer(), warning)).warnings).toEqual([
      expect.stringContaining('has no label "approved"'),
      'It took long.',
    ])
  })

  it('whose token is unfit and can not be deleted is told of the token first, and the next run deletes it', async () => {
    using world = await NewcomerWorld.open()
    world.forgetful = ['read:issue']
    const away = ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
      tokens: {
        ...tokens,
        remove: async () => {
          throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
        },
      },
    })
    await expect(world.run(newcomer(), away)).rejects.toMatchObject({
      code: 'CANDIDATE_REJECTED',
      message: expect.stringContaining('Minted here and still to be deleted: …00000002.'),
    })
    world.forgetful = []
    await world.run(newcomer())
    expect(world.tokens.map(({id}) => id)).toEqual([3])
  })

  it('whose token is unfit, and whose run then dies, is told of the token', async () => {
    using world = await NewcomerWorld.open()
    world.forgetful = ['read:issue']
    expect(await world.broken('remove', 'crash-before', newcomer())).toMatchObject({code: 'CANDIDATE_REJECTED'})
  })
})

describe('an agent that works', () => {
  async function working(): Promise<NewcomerWorld> {
    const world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.permissions.set('acme/core', 'write')
    world.furnish(world.addToken('by hand', SCOPES, NAME))
    return world
  }
  const deployment = (world: NewcomerWorld) => ({
    agent: NAME,
    workspace: WORKSPACE,
    user: NAME,
    token: world.tokens[0]!.id,
    lastEight: world.tokens[0]!.lastEight,
    secretUpdatedAt: world.secret!.updatedAt,
    at: 1,
  })

  it('is told so, and only the ledger learns of it', async () => {
    using world = await working()
    // It works, so that its secret arrives is no question.
    world.withholds = true
    const {lastEight, id} = world.tokens[0]!
    expect(await world.run(newcomer())).toEqual({
      id: null,
      agent: NAME,
      user: NAME,
      workspace: {id: WORKSPACE, name: NAME},
      outcome: 'unchanged',
      token: {id, name: 'by hand', lastEight},
      proof: expect.objectContaining({passed: true}),
      workspaceToken: {state: 'unknown', place: null},
      warnings: [],
    })
    expect(await world.store.ledger.deployed(NAME)).toMatchObject({...deployment(world), at: expect.any(Number)})
    expect([world.writes, await world.journal()]).toEqual([[], []])
  })

  it('and whose workspace token is kept is told where', async () => {
    using world = await working()
    world.keeps = true
    world.shelf.set(NAME, world.addAccess(true).value)
    expect(await world.run(newcomer())).toMatchObject({
      outcome: 'unchanged',
      workspaceToken: {state: 'kept', place: 'shelf/agent-new'},
    })
  })

  it.each<[string, boolean, (world: NewcomerWorld) => object]>([
    ['knows it already', false, () => ({})],
    ['knows another user', true, () => ({user: 'other'})],
    ['knows another token', true, () => ({token: 77})],
    ['does not know its workspace', true, () => ({workspace: undefined})],
    ['knows another workspace', true, () => ({workspace: 'w9'})],
    ['knows an earlier secret', true, () => ({secretUpdatedAt: 'before'})],
  ])('is written to a ledger that %s: %s', async (_, writes, change) => {
    using world = await working()
    await world.store.ledger.apply([{kind: 'deployed', deployment: {...deployment(world), ...change(world)}}])
    let applied = 0
    await world.run(newcomer(), ({ledger}) => ({
      ledger: {...ledger, apply: async (changes) => (applied++, ledger.apply(changes))},
    }))
    expect(applied).toBe(writes ? 1 : 0)
  })

  it('and was begun to be onboarded by somebody since the plan has that ended', async () => {
    using world = await working()
    const plan = await world.plan(newcomer())
    world.permissions.clear()
    await world.broken('journal planned', 'crash-after', newcomer())
    world.permissions.set('acme/core', 'write')
    expect(await onboard(plan, world.deps())).toMatchObject({outcome: 'onboarded', token: {name: 'by hand'}})
  })

  it('and is rotated by somebody since the plan is left to them', async () => {
    using world = await working()
    const plan = await world.plan(newcomer())
    const {journal, ...deps} = world.deps()
    const open = {...journal, list: async () => [rotationOf('rot1', 'pushed')], read: async () => []}
    await expect(onboard(plan, {...deps, journal: open})).rejects.toMatchObject({
      code: 'ROTATION_OPEN',
      message: 'Rotation rot1 of agent-new is unfinished.',
    })
  })

  it('by a rotation that an earlier run ended has its token told as far as it is known', async () => {
    using world = await working()
    world.secret = undefined
    world.process.lastEight = ''
    await world.broken('journal rotation_ended', 'crash-after', newcomer())
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded', token: null})
  })
})

describe('a patrol.yaml that was mended between two runs', () => {
  it('is followed as long as nothing of it is made', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal planned', 'crash-after', newcomer({profile: 'reviewer', label: 'aproved'}))
    await world.run(newcomer())
    const renewed = (await world.journal()).filter(({type}) => type === 'replanned')
    expect(renewed).toMatchObject([{terms: {profile: 'engineer', label: 'approved'}}])
    expect(world.warned).toBe('')
  })

  it('names the user that was made and is named no longer', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal user_created', 'crash-after', newcomer({user: 'agent-nwe'}))
    await world.run(newcomer())
    expect(world.warned).toBe(
      'An earlier run created the user agent-nwe, which patrol.yaml no longer names; it was left there.',
    )
    expect(world.users.map(({login}) => login)).toEqual(['agent-nwe', NAME])
  })

  it('names no user that was never looked for', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal planned', 'crash-after', newcomer({user: 'agent-nwe'}))
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded', user: NAME})
    expect(world.warned).toBe('')
  })

  it('names no user that was there before', async () => {
    using world = await NewcomerWorld.open()
    world.addUser('agent-nwe')
    await world.broken('journal user_found', 'crash-after', newcomer({user: 'agent-nwe'}))
    await world.run(newcomer())
    expect(world.warned).toBe('')
  })

  it('names no user who is the same, with other memberships', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal user_created', 'crash-after', newcomer({memberships: []}))
    await world.run(newcomer())
    expect(world.warned).toBe('')
  })

  it('is followed after the token of the first run is gone', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer({profile: 'reviewer'}))
    await world.run(newcomer())
    const all = await types(world)
    expect(all.indexOf('replanned')).toBe(all.indexOf('discarded') + 1)
    expect(world.warned).toBe('')
  })

  it('changes the proof alone where a workspace may be there', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-after', newcomer({label: 'aproved', profile: 'reviewer'}))
    await world.run(newcomer())
    const renewed = (await world.journal()).filter(({type}) => type === 'replanned')
    expect(renewed).toMatchObject([{terms: {profile: 'reviewer', label: 'approved'}}])
    expect(world.warned).toContain('this onboarding ends as it was begun')
  })

  it('that says the same changes nothing', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-after', newcomer())
    await world.run(newcomer())
    expect(await types(world)).not.toContain('replanned')
    expect(world.warned).toBe('')
  })
})
