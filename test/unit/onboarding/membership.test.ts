import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import type {Accounts, GrantedPermission} from '../../../src/onboarding/ports.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

const inTeam = newcomer({memberships: [{kind: 'team', organisation: 'acme', team: 'agents'}]})
const withAccounts =
  (change: (accounts: Accounts) => Partial<Accounts>) =>
  ({accounts}: OnboardingDeps): Partial<OnboardingDeps> => ({accounts: {...accounts, ...change(accounts)}})

/** What was there already of each membership. */
const had = async (world: NewcomerWorld): Promise<string[]> =>
  (await world.journal()).flatMap((event) => (event.type === 'member_found' ? [event.had] : []))

describe('a membership', () => {
  it.each<[GrantedPermission, boolean]>([
    ['none', false],
    ['read', false],
    ['write', true],
    ['admin', true],
    ['owner', true],
  ])('that is %s where write is asked for is enough: %s', async (permission, enough) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.permissions.set('acme/core', permission)
    await world.run(newcomer())
    expect(world.writes.includes('addCollaborator')).toBe(!enough)
    expect(await had(world)).toEqual(enough ? [permission] : [])
  })

  it.each([true, false])('of a team is granted unless it is there: %s', async (there) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    if (there) world.teamMembers.add(NAME)
    await world.run(inTeam)
    expect(world.writes.includes('addTeamMember')).toBe(!there)
    expect(await had(world)).toEqual(there ? ['member'] : [])
  })

  it('that Gitea grants and does not show is told, with what it shows', async () => {
    using world = await NewcomerWorld.open()
    await expect(
      world.run(
        newcomer(),
        withAccounts(() => ({addCollaborator: async () => {}})),
      ),
    ).rejects.toMatchObject({
      code: 'MEMBERSHIP_MISSING',
      message: expect.stringMatching(/took agent-new into acme\/core \(write\), yet it shows "none"/),
      suggestions: ['patrol doctor', 'patrol onboard agent-new'],
    })
    expect((await world.journal()).at(-1)).toMatchObject({type: 'join_refused', code: 'MEMBERSHIP_MISSING'})
  })

  it('of a team that Gitea grants and does not show is told as none', async () => {
    using world = await NewcomerWorld.open()
    await expect(
      world.run(
        inTeam,
        withAccounts(() => ({addTeamMember: async () => {}})),
      ),
    ).rejects.toThrow('took agent-new into team acme/agents, yet it shows "none"')
  })

  it('whose grant was not answered is looked for, not granted twice', async () => {
    using world = await NewcomerWorld.open()
    world.strike('addCollaborator', 'lost-after')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.writes.filter((name) => name === 'addCollaborator')).toHaveLength(1)
  })

  it('whose grants are never answered is given up after three', async () => {
    using world = await NewcomerWorld.open()
    let sent = 0
    const lost = withAccounts(() => ({
      addCollaborator: async () => {
        sent++
        throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
      },
    }))
    await expect(world.run(newcomer(), lost)).rejects.toMatchObject({
      code: 'ONBOARDING_IN_DOUBT',
      message: expect.stringContaining('granting a membership'),
      suggestions: ['patrol doctor', 'patrol onboard agent-new'],
    })
    expect(sent).toBe(3)
  })

  it('is given up for itself: others have their own three tries', async () => {
    using world = await NewcomerWorld.open()
    const twice = new Map<string, number>()
    const slow = withAccounts((accounts) => ({
      permissionOf: async (repo) => ((twice.get(repo) ?? 0) > 2 ? 'write' : 'none'),
      addCollaborator: async (repo, ...rest) => {
        twice.set(repo, (twice.get(repo) ?? 0) + 1)
        await accounts.addCollaborator(repo, ...rest)
        throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
      },
    }))
    const memberships = ['acme/one', 'acme/two'].map(
      (repo) => ({kind: 'collaborator', repo, permission: 'write'}) as const,
    )
    // The third grant of each is the last look's to see; four looks of one are one too many.
    await expect(world.run(newcomer({memberships}), slow)).rejects.toMatchObject({code: 'ONBOARDING_IN_DOUBT'})
    expect(Object.fromEntries(twice)).toEqual({'acme/one': 3})
    expect(await world.run(newcomer({memberships}), slow).catch((error: unknown) => error)).toMatchObject({
      code: 'ONBOARDING_IN_DOUBT',
    })
    expect(Object.fromEntries(twice)).toEqual({'acme/one': 3, 'acme/two': 3})
  })

  it('whose process dies at its grant stays in doubt', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('addCollaborator', 'crash-after', newcomer())
    expect((await world.journal()).at(-1)).toMatchObject({type: 'join_intended'})
  })

  it('whose grant breaks by a mistake of ours stays in doubt', async () => {
    using world = await NewcomerWorld.open()
    const mistake = new TypeError('a mistake')
    const broken = withAccounts(() => ({
      addCollaborator: async () => {
        throw mistake
      },
    }))
    await expect(world.run(newcomer(), broken)).rejects.toBe(mistake)
    expect((await world.journal()).at(-1)).toMatchObject({type: 'join_intended'})
  })

  it('that is refused is not in doubt any more', async () => {
    using world = await NewcomerWorld.open()
    const refused = withAccounts(() => ({
      addCollaborator: async () => {
        throw new OpsError('MEMBERSHIP_REFUSED', 'There is no repository acme/core.')
      },
    }))
    await expect(world.run(newcomer(), refused)).rejects.toMatchObject({code: 'MEMBERSHIP_REFUSED'})
    expect((await world.journal()).at(-1)).toMatchObject({type: 'join_refused', index: 0, code: 'MEMBERSHIP_REFUSED'})
  })

  it.each([
    ['has nothing to be a member of any more', 'MEMBERSHIP_REFUSED', 'join_refused'],
    ['can not be looked at just now', 'GITEA_UNREACHABLE', 'join_intended'],
  ] as const)('in doubt that %s leaves %s', async (_, code, last) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    let granted = false
    const gone = withAccounts((accounts) => ({
      permissionOf: async (...asked) => {
        if (granted) throw new OpsError(code, 'No answer to that.')
        return accounts.permissionOf(...asked)
      },
      addCollaborator: async () => {
        granted = true
        throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
      },
    }))
    await expect(world.run(newcomer(), gone)).rejects.toMatchObject({code})
    expect((await world.journal()).at(-1)).toMatchObject({type: last})
  })

  it('that can not be looked at before it is granted leaves nothing in doubt', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    let planned = false
    const gone = withAccounts((accounts) => ({
      permissionOf: async (...asked) => {
        if (planned) throw new OpsError('MEMBERSHIP_REFUSED', 'There is no repository acme/core.')
        planned = true
        return accounts.permissionOf(...asked)
      },
    }))
    await expect(world.run(newcomer(), gone)).rejects.toMatchObject({code: 'MEMBERSHIP_REFUSED', category: 'refused'})
    expect((await world.journal()).at(-1)).toMatchObject({type: 'user_found'})
  })
})
