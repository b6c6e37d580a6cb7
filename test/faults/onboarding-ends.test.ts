import {expect, test} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {OnboardingWorld, onboardingOf} from '../support/onboarding-world.ts'

const request = onboardingOf('agent-new')

test('a user whose creation is never answered is no user to go on with', async () => {
  await using world = await OnboardingWorld.open()
  const lost = async (): Promise<never> => {
    throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
  }
  const ended = world.run(request, ({accounts}) => ({
    accounts: {
      account: (login) => accounts.account(login),
      createAccount: lost,
      permissionOf: (...asked) => accounts.permissionOf(...asked),
      addCollaborator: (...asked) => accounts.addCollaborator(...asked),
      team: (...asked) => accounts.team(...asked),
      isTeamMember: (...asked) => accounts.isTeamMember(...asked),
      addTeamMember: (...asked) => accounts.addTeamMember(...asked),
    },
  }))
  await expect(ended).rejects.toMatchObject({code: 'ONBOARDING_IN_DOUBT', exit: 7})
  expect([await world.users(), await world.workspaces()]).toEqual([[], []])
  world.revive()
  await world.run(request)
  expect(await world.flaws(request)).toEqual([])
})

test('a new workspace that fails to start ends as that, with its token alive', async () => {
  // A global credential for the forge stops every workspace that has none of its own.
  await using world = await OnboardingWorld.open({globalSecrets: {GITEA_TOKEN: 'of no use'}})
  await expect(world.run(onboardingOf('agent-new', {secretKey: 'GIT_HTTP_PASSWORD'}))).rejects.toMatchObject({
    code: 'ONLINE_FAILED',
    exit: 7,
  })
  expect(world.gitea.tokens('agent-new')).toHaveLength(1)
})

test('a workspace that takes no token of its own is said to, and the one that was minted is revoked', async () => {
  await using world = await OnboardingWorld.open()
  world.keeps = true
  const refusing = world.run(request, ({maker}) => ({
    maker: {
      named: (name) => maker.named(name),
      alike: (name) => maker.alike(name),
      create: (...order) => maker.create(...order),
      accepts: async () => false,
    },
  }))
  await expect(refusing).rejects.toMatchObject({code: 'WORKSPACE_TOKEN_UNUSABLE', exit: 7})
  expect(world.shelf.has('agent-new')).toBe(false)
  world.revive()
  await world.run(request)
  expect(await world.flaws(request)).toEqual([])
})
