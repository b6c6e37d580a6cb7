import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

/** Gitea's answer to the creation of the user is this, whatever came of it. */
const answering =
  (code: ConstructorParameters<typeof OpsError>[0], then: () => void = () => {}) =>
  ({accounts}: OnboardingDeps): Partial<OnboardingDeps> => ({
    accounts: {
      ...accounts,
      createAccount: async () => {
        then()
        throw new OpsError(code, 'Gitea says no.')
      },
    },
  })

describe('the Gitea user', () => {
  it('who is there is taken as it is', async () => {
    using world = await NewcomerWorld.open()
    world.addUser('Agent-New')
    await world.run(newcomer())
    expect(await world.journal()).toContainEqual(
      expect.objectContaining({type: 'user_found', id: 41, login: 'Agent-New'}),
    )
    expect(world.writes).not.toContain('createAccount')
  })

  it.each([
    ['is an organisation', {organisation: true}, /organisation/, /another "user"/],
    ['is a site administrator', {isAdmin: true}, /site administrator/, /another "user"/],
    ['is not activated', {active: false}, /it is not activated/, /^activate it in the web interface/],
    ['may not sign in', {prohibitLogin: true}, /it may not sign in/, /^allow it in the web interface/],
  ])('who came since the plan and %s is refused', async (_, account, why, advice) => {
    using world = await NewcomerWorld.open()
    world.after('user', () => world.addUser(NAME, account))
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'USER_UNFIT',
      category: 'refused',
      message: expect.stringMatching(why),
      suggestions: expect.arrayContaining([expect.stringMatching(advice)]),
    })
    expect(world.writes).toEqual([])
  })

  it('who is a site administrator is taken where a person said so', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME, {isAdmin: true})
    expect(await world.run(newcomer({waive: {siteAdmin: true}}))).toMatchObject({outcome: 'onboarded'})
  })

  it('whose creation was not answered is found by looking', async () => {
    using world = await NewcomerWorld.open()
    world.strike('createAccount', 'lost-after')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.writes.filter((name) => name === 'createAccount')).toHaveLength(1)
    const [intended, settled] = (await world.journal()).filter(({type}) => /^user_(?:intended|settled)$/.test(type))
    expect(settled).toMatchObject({id: 41})
    // Who is there is not waited for.
    expect(settled!.at - intended!.at).toBeLessThan(2_000)
  })

  it('whose creation comes to pass late is found by the second look', async () => {
    using world = await NewcomerWorld.open()
    world.strike('createAccount', 'lost-before')
    // Its two looks come after the plan's and the one before the create.
    let looks = 0
    const late = ({accounts}: OnboardingDeps): Partial<OnboardingDeps> => ({
      accounts: {
        ...accounts,
        account: async (login) => {
          if (++looks === 4) world.addUser(login)
          return accounts.account(login)
        },
      },
    })
    expect(await world.run(newcomer(), late)).toMatchObject({outcome: 'onboarded'})
    expect(world.users).toHaveLength(1)
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'user_settled', id: 41}))
  })

  it('whose creation got lost is created by another', async () => {
    using world = await NewcomerWorld.open()
    world.strike('createAccount', 'lost-before')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.writes.filter((name) => name === 'createAccount')).toHaveLength(2)
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'user_settled', id: null}))
  })

  it('whose creation is answered never is given up after three', async () => {
    using world = await NewcomerWorld.open()
    let sent = 0
    await expect(
      world.run(
        newcomer(),
        answering('WRITE_IN_DOUBT', () => sent++),
      ),
    ).rejects.toMatchObject({
      code: 'ONBOARDING_IN_DOUBT',
      message: expect.stringContaining('creating its user'),
    })
    expect(sent).toBe(3)
  })

  it('who was created in doubt and is not fit is refused', async () => {
    using world = await NewcomerWorld.open()
    const unfit = answering('WRITE_IN_DOUBT', () => world.addUser(NAME, {active: false}))
    await expect(world.run(newcomer(), unfit)).rejects.toMatchObject({code: 'USER_UNFIT', category: 'incomplete'})
    expect(world.writes).toEqual([])
  })

  it('whom another machine created meanwhile is taken, and not called ours', async () => {
    using world = await NewcomerWorld.open()
    expect(
      await world.run(
        newcomer(),
        answering('USER_REFUSED', () => world.addUser(NAME)),
      ),
    ).toMatchObject({
      outcome: 'onboarded',
    })
    expect((await world.journal()).map(({type}) => type)).toContain('user_found')
  })

  it('whom another machine created meanwhile and who is not fit is refused, and nothing is in doubt', async () => {
    using world = await NewcomerWorld.open()
    const unfit = answering('USER_REFUSED', () => world.addUser(NAME, {active: false}))
    await expect(world.run(newcomer(), unfit)).rejects.toMatchObject({
      code: 'USER_UNFIT',
      category: 'refused',
      message: expect.stringContaining('The user agent-new is there'),
    })
  })

  it.each(['USER_REFUSED', 'GITEA_UNREADABLE'] as const)(
    'who is refused with %s leaves nothing to go on with',
    async (code) => {
      using world = await NewcomerWorld.open()
      await expect(world.run(newcomer(), answering(code))).rejects.toMatchObject({
        code,
        message: 'Gitea says no. Nothing was changed.',
      })
      expect((await world.journal()).at(-1)).toMatchObject({type: 'user_refused', code})
      expect(await world.store.onboardings.list({open: true})).toEqual([])
    },
  )

  it('whose creation ends in an error that is no refusal is not looked for behind it', async () => {
    using world = await NewcomerWorld.open()
    const unreadable = answering('GITEA_UNREADABLE', () => world.addUser(NAME))
    await expect(world.run(newcomer(), unreadable)).rejects.toMatchObject({code: 'GITEA_UNREADABLE'})
    expect((await world.journal()).at(-1)).toMatchObject({type: 'user_refused'})
  })

  it('whose creation ends in a mistake of ours is in doubt', async () => {
    using world = await NewcomerWorld.open()
    const mistake = ({accounts}: OnboardingDeps): Partial<OnboardingDeps> => ({
      accounts: {
        ...accounts,
        createAccount: async () => {
          throw new TypeError('a mistake of ours')
        },
      },
    })
    await expect(world.run(newcomer(), mistake)).rejects.toThrow('a mistake of ours')
    expect((await world.journal()).at(-1)).toMatchObject({type: 'user_intended'})
  })

  it('who was created stays so when that can not be written down', async () => {
    using world = await NewcomerWorld.open()
    let broken = true
    const full = ({onboardings}: OnboardingDeps): Partial<OnboardingDeps> => ({
      onboardings: {
        ...onboardings,
        append: async (entry) => {
          if (entry.event.type === 'user_created' && broken) {
            broken = false
            throw new OpsError('STORE_FULL', 'The disk is full.')
          }
          return onboardings.append(entry)
        },
      },
    })
    await expect(world.run(newcomer(), full)).rejects.toMatchObject({
      category: 'incomplete',
      message: expect.stringContaining('Whether the user agent-new was created is not known'),
    })
    expect((await world.journal()).map(({type}) => type)).not.toContain('user_refused')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
  })
})
