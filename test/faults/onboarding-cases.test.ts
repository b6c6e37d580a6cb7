import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {abortOnboarding} from '../../src/onboarding/index.ts'
import type {Prober} from '../../src/rotation/ports.ts'
import type {OnboardingDeps} from '../../src/onboarding/index.ts'
import {Secret} from '../../src/secret.ts'
import {openStore} from '../../src/store/index.ts'
import {thisProcess} from '../../src/store/owner.ts'
import {storeInMemory} from '../support/world.ts'
import {reportOf} from '../support/probe-report.ts'
import {onboardingOf, OnboardingWorld} from '../support/onboarding-world.ts'

const request = onboardingOf('agent-new')
const VALUE = `${'a'.repeat(32)}00000001`

/** Runs until the journal holds the fact (or the request was sent), and dies there. */
async function dieAt(
  world: OnboardingWorld,
  name: string,
  kind: 'crash-before' | 'crash-after',
  wanted = request,
): Promise<void> {
  world.fault = {at: name, kind}
  await expect(world.run(wanted)).rejects.toThrow(/killed|dead/)
  world.revive()
}

describe('a Gitea user', () => {
  it.each([
    ['who may not sign in', {login: 'agent-new', prohibitLogin: true}, 'may not sign in'],
    ['who is not activated', {login: 'agent-new', active: false}, 'not activated'],
    ['who administers the site', {login: 'agent-new', isAdmin: true}, 'site administrator'],
  ])('%s is refused and left as it is', async (_, user, why) => {
    await using world = await OnboardingWorld.open({users: [user]})
    await expect(world.run(request)).rejects.toMatchObject({
      code: 'USER_UNFIT',
      category: 'refused',
      message: expect.stringContaining(why),
    })
    expect(world.writes).toEqual([])
  })

  it('of whom only a former name is known is not taken for the agent', async () => {
    await using world = await OnboardingWorld.open({users: [{login: 'somebody', formerly: ['agent-new']}]})
    await expect(world.run(request)).rejects.toMatchObject({code: 'GITEA_USER_RENAMED'})
    expect(world.writes).toEqual([])
  })

  it('whom Gitea does not take leaves nothing behind, not even an unfinished onboarding', async () => {
    await using world = await OnboardingWorld.open()
    await world.run(onboardingOf('agent-old'))
    const taken = onboardingOf('agent-new', {account: {...request.account, email: 'agent-old@noreply.invalid'}})
    await expect(world.run(taken)).rejects.toMatchObject({
      code: 'USER_REFUSED',
      category: 'refused',
      message: expect.stringMatching(/already in use.*Nothing was changed\.$/),
    })
    expect(await world.store.onboardings.list({open: true})).toEqual([])
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded'})
    expect(await world.flaws(request)).toEqual([])
  })

  it('who has to change the password first is told of, and keeps no token', async () => {
    await using world = await OnboardingWorld.open({users: [{login: 'agent-new', mustChangePassword: true}]})
    await expect(world.run(request)).rejects.toMatchObject({
      code: 'CANDIDATE_REJECTED',
      message: expect.stringMatching(/does not let agent-new in.*password/),
      suggestions: expect.arrayContaining([expect.stringContaining('mend the account of agent-new')]),
    })
    expect(world.gitea.tokens('agent-new')).toEqual([])
    expect(await world.workspaces()).toEqual([])
  })

  it('whose token nobody has any more: a dry run shows that it goes', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'journal minted', 'crash-after')
    const [left] = world.gitea.tokens('agent-new')
    const {calls} = await world.plan(request)
    expect(calls.map(({act, path}) => [act, path]).slice(0, 2)).toEqual([
      ['discard', `/api/v1/users/agent-new/tokens/${left?.id}`],
      ['mint', '/api/v1/users/agent-new/tokens'],
    ])
    expect(world.writes).toEqual([])
    await world.run(request)
    expect(world.writes[0]).toBe(`DELETE ${calls[0]!.path}`)
  })

  it('whose unused token was given another value keeps it: that ends with 7, and the same command goes on', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'journal minted', 'crash-after')
    const [left] = world.gitea.tokens('agent-new')
    const value = world.gitea.regenerate('agent-new', left!.id)
    await expect(world.run(request)).rejects.toMatchObject({
      code: 'TOKEN_CHANGED',
      exit: 7,
      message: expect.stringContaining(`…${value.slice(-8)}`),
    })
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded'})
    expect(world.gitea.isLive(value)).toBe(true)
    expect(world.gitea.tokens('agent-new')).toHaveLength(2)
  })

  it('whose new token was given another value before the proof is proven on one that works', async () => {
    await using world = await OnboardingWorld.open()
    world.after('POST /workspaces', async () => {
      world.gitea.regenerate('agent-new', world.gitea.tokens('agent-new')[0]!.id)
    })
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded', proof: {passed: true}})
    expect(world.gitea.tokens('agent-new')).toHaveLength(1)
  })

  it('in another case is the same one', async () => {
    await using world = await OnboardingWorld.open({users: [{login: 'Agent-New'}]})
    const result = await world.run(request)
    expect(result.warnings.join()).toContain('The server spells the user Agent-New')
    expect(world.writes).not.toContain('POST /api/v1/admin/users')
  })

  it('whose mint was lost and comes to pass late has one token in the end', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'POST /api/v1/users/agent-new/tokens', 'crash-before')
    const [open] = await world.store.onboardings.list()
    const intended = (await world.store.onboardings.read(open!.id)).find((event) => event.type === 'mint_intended')
    world.after('POST /workspaces', () => world.mint('agent-new', intended!.name))
    await world.run(request)
    expect(await world.flaws(request)).toEqual([])
  })

  it('whose token lacks a scope of its profile never gets a workspace, and no token either', async () => {
    await using world = await OnboardingWorld.open()
    const narrow = reportOf(['read:user', 'write:repository'])
    const prober: Prober = {probe: async () => narrow, liveness: async () => narrow.liveness}
    await expect(world.run(request, {prober})).rejects.toMatchObject({
      code: 'CANDIDATE_REJECTED',
      category: 'incomplete',
      message: expect.stringMatching(/lacks read:issue.*no token and no workspace/),
    })
    expect(world.gitea.tokens('agent-new')).toEqual([])
    expect(await world.workspaces()).toEqual([])
    expect((await world.bringHome(request)).runs).toBe(1)
    expect(await world.flaws(request)).toEqual([])
  })
})

describe('a mistake in patrol.yaml', () => {
  const nowhere = onboardingOf('agent-new', {
    memberships: [{kind: 'collaborator', repo: 'acme/nowhere', permission: 'write'}],
  })

  it('about a repository is seen before anybody is created', async () => {
    await using world = await OnboardingWorld.open()
    await expect(world.run(nowhere)).rejects.toMatchObject({
      code: 'MEMBERSHIP_REFUSED',
      category: 'refused',
      message: 'There is no repository acme/nowhere. Nothing was changed.',
    })
    expect(world.writes).toEqual([])
    expect(await world.store.onboardings.list()).toEqual([])
  })

  it('can be mended between two runs', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'POST /api/v1/admin/users', 'crash-after')
    await expect(world.run(nowhere)).rejects.toMatchObject({
      code: 'MEMBERSHIP_REFUSED',
      message: expect.stringMatching(/acme\/nowhere.*Whether the user agent-new was created is not known/),
    })
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded'})
    expect(await world.flaws(request)).toEqual([])
    expect(await world.users()).toEqual(['agent-new'])
  })

  it('about teams that lack the repository stops before a workspace is made', async () => {
    await using world = await OnboardingWorld.open()
    const nobody = onboardingOf('agent-new', {memberships: []})
    await expect(world.run(nobody)).rejects.toMatchObject({
      code: 'MEMBERSHIP_MISSING',
      category: 'incomplete',
      message: expect.stringMatching(/may not read the issues of acme\/core.*no token and no workspace of ours yet/),
    })
    expect(world.gitea.tokens('agent-new')).toEqual([])
    expect(await world.workspaces()).toEqual([])
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded'})
    expect(await world.flaws(request)).toEqual([])
  })

  it('about the user leaves the one that was created, and names it', async () => {
    await using world = await OnboardingWorld.open()
    const mistaken = onboardingOf('agent-new', {
      user: 'agent-nwe',
      account: {...request.account, email: 'agent-nwe@noreply.invalid'},
    })
    await dieAt(world, 'journal user_created', 'crash-after', mistaken)
    const {warnings} = await world.run(request)
    expect(warnings.join()).toContain('created the user agent-nwe, which patrol.yaml no longer names')
    expect(await world.flaws(request)).toEqual([])
    expect((await world.users()).toSorted()).toEqual(['agent-new', 'agent-nwe'])
  })

  it('about the proof alone can be mended at any time', async () => {
    await using world = await OnboardingWorld.open()
    const mistaken = onboardingOf('agent-new', {label: 'aproved'})
    await expect(world.run(mistaken)).rejects.toMatchObject({
      code: 'PROOF_FAILED',
      category: 'incomplete',
      message: expect.stringMatching(/label[\s\S]*are there and online; agent-new is not proven yet/),
    })
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded', proof: {passed: true}})
    expect(world.writes).toEqual([])
    expect(await world.flaws(request)).toEqual([])
  })

  it('changes nothing any more once a workspace may be there', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'POST /workspaces', 'crash-after')
    expect(await world.run(onboardingOf('agent-new', {secretKey: 'OTHER_KEY'}))).toMatchObject({
      warnings: expect.arrayContaining([expect.stringContaining('ends as it was begun')]),
    })
    expect(await world.flaws(request)).toEqual([])
  })
})

describe('a list of workspaces without the new one', () => {
  const blind = ({maker}: OnboardingDeps): Partial<OnboardingDeps> => ({
    maker: {
      named: (name) => maker.named(name),
      alike: async () => [],
      create: (...order) => maker.create(...order),
      accepts: (id, token) => maker.accepts(id, token),
    },
  })

  it('is no proof that no second one came of the create: the next run looks again', async () => {
    await using world = await OnboardingWorld.open()
    const error: unknown = await world.run(request, blind).catch((why: unknown) => why)
    expect(error).toMatchObject({code: 'PLATFORM_UNEXPECTED', exit: 7})
    expect(String(error)).toMatch(/lacks the workspace agent-new/)
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'onboarded'})
    expect(await world.flaws(request)).toEqual([])
  })
})

describe("the workspace's own token", () => {
  const revoked = new Secret('made-up-workspace-token-not-a-real-one-0001')
  /** Provisioning revokes every token on releases with one kind of them, the one that came with the create too. */
  const withRevoked = ({maker}: OnboardingDeps): Partial<OnboardingDeps> => ({
    maker: {
      named: (name) => maker.named(name),
      alike: (name) => maker.alike(name),
      create: async (...order) => ({...(await maker.create(...order)), token: revoked}),
      accepts: (id, token) => maker.accepts(id, token),
    },
  })

  it('that came with the create is told dead where provisioning revoked it', async () => {
    await using world = await OnboardingWorld.open()
    expect(await world.run(request, withRevoked)).toMatchObject({workspaceToken: {state: 'dead', place: null}})
  })

  it('is minted anew, after the workspace is online, where it is to be kept', async () => {
    await using world = await OnboardingWorld.open()
    world.keeps = true
    const {workspaceToken} = await world.run(request, withRevoked)
    expect(workspaceToken).toEqual({state: 'kept', place: 'shelf/agent-new'})
    expect(world.shelf.get('agent-new')?.equals(revoked)).toBe(false)
    expect(await world.flaws(request)).toEqual([])
    const minted = world.boundaries.findIndex((name) => /^POST \/workspaces\/[^/]+\/tokens$/.test(name))
    expect(minted).toBeGreaterThan(world.boundaries.indexOf('journal online'))
  })
})

describe("a workspace's token that is of no use", () => {
  const deaf = ({maker}: OnboardingDeps): OnboardingDeps['maker'] => ({
    named: (name) => maker.named(name),
    alike: (name) => maker.alike(name),
    create: async (...order) => ({...(await maker.create(...order)), token: undefined}),
    accepts: async () => false,
  })

  const bound = (target: object, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name)
    return typeof value === 'function' ? value.bind(target) : value
  }

  it('since it is not accepted is revoked again', async () => {
    await using world = await OnboardingWorld.open()
    world.keeps = true
    const error: unknown = await world.run(request, (deps) => ({maker: deaf(deps)})).catch((why: unknown) => why)
    expect(error).toMatchObject({code: 'WORKSPACE_TOKEN_UNUSABLE', message: expect.stringMatching(/was revoked again/)})
  })

  it('and cannot be revoked either leaves both errors told, and where it is', async () => {
    await using world = await OnboardingWorld.open()
    world.keeps = true
    const away = new OpsError('PLATFORM_UNAVAILABLE', 'The platform is away.')
    const error: unknown = await world
      .run(request, (deps) => ({
        maker: deaf(deps),
        platform: new Proxy(deps.platform, {
          get: (target, name) => (name === 'revokeWorkspaceToken' ? () => Promise.reject(away) : bound(target, name)),
        }),
      }))
      .catch((why: unknown) => why)
    expect(error).toMatchObject({code: 'WORKSPACE_TOKEN_UNUSABLE'})
    expect(String(error)).toMatch(/does not accept the token.*is left in agent-new.*The platform is away/s)
  })
})

describe('an agent that works', () => {
  it('and whose workspace token is kept is told so', async () => {
    await using world = await OnboardingWorld.open()
    world.keeps = true
    await world.run(request)
    world.revive()
    const {outcome, workspaceToken} = await world.run(request)
    expect({outcome, workspaceToken}).toEqual({
      outcome: 'unchanged',
      workspaceToken: {state: 'kept', place: 'shelf/agent-new'},
    })
    expect(world.writes).toEqual([])
  })
})

describe('another machine, without the journal', () => {
  it('sees that the agent works, and writes nothing but its own ledger', async () => {
    await using world = await OnboardingWorld.open()
    await world.run(request)
    world.store.close()
    world.store = await storeInMemory()
    world.revive()
    expect(await world.run(request)).toMatchObject({outcome: 'unchanged', id: null, proof: {passed: true}})
    expect(world.writes).toEqual([])
    expect(await world.flaws(request)).toEqual([])
  })

  it('does not touch what may be under way elsewhere, unless it is told to', async () => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, 'journal minted', 'crash-after')
    world.store.close()
    world.store = await storeInMemory()
    await expect(world.run(request)).rejects.toMatchObject({code: 'GUARD_FOREIGN_ROTATION', category: 'refused'})
    expect(world.writes).toEqual([])
    world.revive()
    await world.run(onboardingOf('agent-new', {waive: {foreignRotation: true}}))
    expect(await world.workspaces()).toHaveLength(1)
    expect(world.gitea.tokens('agent-new')).toHaveLength(2)
  })

  it('at the same time is kept out', async () => {
    await using world = await OnboardingWorld.open()
    world.store.close()
    world.store = await openStore(':memory:', {owner: thisProcess(() => true)})
    const both = await Promise.allSettled([world.run(request), world.run(request)])
    const refused = both.filter((each) => each.status === 'rejected')
    expect(refused.map(({reason}) => reason)).toMatchObject([{code: 'LEASE_HELD'}])
    expect(await world.flaws(request)).toEqual([])
  })
})

/** A release that gives a name as often as one asks; later ones put a number behind it. */
const SAME_NAMES = {release: 'april', mode: 'saas'} as const

describe('a workspace', () => {
  it('of which there are two is nobody’s to choose', async () => {
    await using world = await OnboardingWorld.open(SAME_NAMES)
    await world.furnish('agent-new')
    await world.furnish('agent-new')
    await expect(world.run(request)).rejects.toMatchObject({
      code: 'WORKSPACE_AMBIGUOUS',
      message: expect.stringContaining('Nothing was changed'),
    })
    expect(world.writes).toEqual([])
  })

  it('that is named by an id which nobody has is not created', async () => {
    await using world = await OnboardingWorld.open()
    const unknown = onboardingOf('agent-new', {workspace: '00000000-0000-4000-8000-000000000000'})
    await expect(world.run(unknown)).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
      suggestions: [expect.stringContaining('put the name of the new workspace')],
    })
    expect(world.writes).toEqual([])
  })

  it('that came while the create was in doubt, without our secret, is given a token by a rotation', async () => {
    await using world = await OnboardingWorld.open({debounceMs: 0})
    await dieAt(world, 'POST /workspaces', 'crash-before')
    await world.furnish('agent-new')
    await world.bringHome(request)
    expect(await world.flaws(request)).toEqual([])
  })

  it('that came twice after a create was lost stops everything, and no token is deleted', async () => {
    await using world = await OnboardingWorld.open(SAME_NAMES)
    await dieAt(world, 'POST /workspaces', 'crash-after')
    await world.furnish('agent-new')
    await expect(world.run(request)).rejects.toMatchObject({
      code: 'WORKSPACE_AMBIGUOUS',
    })
    expect(world.gitea.tokens('agent-new')).toHaveLength(1)
    expect(world.writes).toEqual([])
  })

  it('whose secret somebody wrote before the proof gets another token, and ours goes', async () => {
    await using world = await OnboardingWorld.open({debounceMs: 0})
    await dieAt(world, 'journal online', 'crash-after')
    const [room] = await world.workspaces()
    await world.overwrite(room!.id, VALUE)
    await world.bringHome(request)
    expect(await world.flaws(request)).toEqual([])
  })

  it('that never comes online leaves everything there, and says so', async () => {
    await using world = await OnboardingWorld.open({provisionMs: 60_000})
    await expect(
      world.run(request, {timing: {pollFastMs: 5, pollSlowMs: 10, restartTimeoutMs: 60}}),
    ).rejects.toMatchObject({
      code: 'ONLINE_TIMEOUT',
      category: 'incomplete',
      message: expect.stringMatching(/is provisioning.*workspace agent-new \(.*\) are there/),
    })
    expect(world.gitea.tokens('agent-new')).toHaveLength(1)
  })

  it.each([
    ['the same name', SAME_NAMES],
    ['a number behind its name', {}],
  ])('is not made twice when its create comes to pass only after it was taken for lost, by %s', async (_, options) => {
    await using world = await OnboardingWorld.open(options)
    await dieAt(world, 'POST /workspaces', 'crash-before')
    // The second run finds none, mints anew and creates; the first one's comes last of all.
    world.fault = undefined
    world.after('POST /workspaces', () => world.furnish('agent-new', {GITEA_TOKEN: VALUE}))
    await expect(world.run(request)).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS', category: 'incomplete'})
    expect(await world.workspaces()).toHaveLength(2)
    // The token that the late one may hold is still alive, for nobody knows which of the two will stay.
    expect(world.gitea.tokens('agent-new')).toHaveLength(2)
  })
})

describe('an onboarding that is given up', () => {
  it.each([
    'POST /api/v1/admin/users',
    'journal user_created',
    'journal joined',
    'journal mint_intended',
    'POST /api/v1/users/agent-new/tokens',
    'journal minted',
    'journal probed',
  ])('after "%s" leaves no token, and names the user that it made', async (at) => {
    await using world = await OnboardingWorld.open()
    await dieAt(world, at, 'crash-after')
    const {user, tokens, workspaces} = await world.with((deps) => abortOnboarding('agent-new', deps))
    expect({user, tokens, workspaces}).toEqual({user: 'agent-new', tokens: [], workspaces: []})
    expect(world.gitea.tokens('agent-new')).toEqual([])
    expect(await world.store.onboardings.list({open: true})).toEqual([])
  })

  it.each(['POST /workspaces', 'journal created', 'journal online', 'journal proven'])(
    'after "%s" keeps the token that the workspace holds, and names both',
    async (at) => {
      await using world = await OnboardingWorld.open()
      await dieAt(world, at, 'crash-after')
      const {tokens, workspaces} = await world.with((deps) => abortOnboarding('agent-new', deps))
      expect([tokens.length, workspaces.length]).toEqual([1, 1])
      expect(world.gitea.tokens('agent-new').map(({name}) => name)).toEqual(tokens.map(({name}) => name))
      expect(await world.store.onboardings.list({open: true})).toEqual([])
    },
  )

  it('has to be there', async () => {
    await using world = await OnboardingWorld.open()
    const none = world.with((deps) => abortOnboarding('agent-new', deps))
    await expect(none).rejects.toMatchObject({code: 'ONBOARDING_UNKNOWN', exit: 2})
    expect(world.writes).toEqual([])
  })
})
