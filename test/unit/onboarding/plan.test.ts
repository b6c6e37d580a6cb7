import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps, OnboardingPlan} from '../../../src/onboarding/index.ts'
import {rotate} from '../../../src/rotation/index.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {NAME, newcomer, NewcomerWorld, rotationOf} from '../../support/newcomer-world.ts'
import {madeUpValue, request, WORKSPACE} from '../../support/world.ts'

const SCOPES: Scope[] = ['read:issue', 'read:repository']
const told = ({calls}: OnboardingPlan): string[] =>
  calls.map(({act, method, path, changes}) => `${act}: ${method} ${path}: ${changes}`)
const acts = ({calls}: OnboardingPlan): string => calls.map(({act}) => act).join(' ')
const labels = (answer: () => Promise<string[]>) => (): Partial<OnboardingDeps> => ({
  repos: {hasLabel: async (_, label) => (await answer()).includes(label)},
})

/** Its user has what it is to have. */
async function settledUser(login = NAME): Promise<NewcomerWorld> {
  const world = await NewcomerWorld.open()
  world.addUser(login)
  world.permissions.set('acme/core', 'write')
  return world
}

describe('the plan of an onboarding', () => {
  it('where nothing is there names every call, and makes none of them', async () => {
    using world = await NewcomerWorld.open()
    const plan = await world.plan(newcomer())
    expect(told(plan)).toEqual([
      'account: POST /api/v1/admin/users: a new user agent-new (agent-new@noreply.invalid), who signs in with tokens only',
      'join: PUT /api/v1/repos/acme/core/collaborators/agent-new: agent-new gets into acme/core (write)',
      'mint: POST /api/v1/users/agent-new/tokens: a new token patrol.agent-new.20261122.<id> with read:issue, read:repository',
      'probe: GET /api/v1/...: nothing: the new token is held against profile engineer',
      'create: POST /workspaces: a new workspace agent-new with GITEA_TOKEN in it',
      'online: GET /workspaces/<new>: nothing: waits until the workspace is online',
      'smoke: POST /workspaces/<new>/a2a: nothing: agent-new is asked which work it finds, and with which token',
    ])
    expect(plan).toMatchObject({
      agent: NAME,
      user: NAME,
      workspace: {name: NAME, id: null},
      beside: [],
      begun: null,
      working: undefined,
      asked: false,
      changes: true,
      warnings: [],
    })
    expect(world.writes).toEqual([])
  })

  it('tells how the user and the workspace are made', async () => {
    using world = await NewcomerWorld.open()
    const plan = await world.plan(
      newcomer({
        account: {email: 'a@noreply.invalid', visibility: 'private', restricted: true},
        memberships: [{kind: 'team', organisation: 'acme', team: 'agents'}],
        spec: {runtime: 'claude-code', tier: 2},
      }),
    )
    expect(told(plan)[0]).toContain('agent-new (a@noreply.invalid, visibility private, restricted), who')
    expect(told(plan)[1]).toBe(
      'join: PUT /api/v1/teams/<agents>/members/agent-new: agent-new gets into team acme/agents',
    )
    expect(told(plan)).toContain(
      'create: POST /workspaces: a new workspace agent-new with GITEA_TOKEN in it, runtime claude-code, tier 2',
    )
  })

  it('names the repositories that the new token is confined to', async () => {
    using world = await NewcomerWorld.open()
    world.confines = true
    const [mint] = told(await world.plan(newcomer({repositories: ['acme/core']}))).filter((call) =>
      call.startsWith('mint'),
    )
    expect(mint).toMatch(/ with read:issue, read:repository, confined to acme\/core$/)
  })

  it('of a workspace that is there confines its token as the one that its agent may run on is', async () => {
    using world = await settledUser()
    world.confines = true
    const token = world.addToken('by hand', ['read:issue'], NAME)
    token.repositories = ['acme/handbook']
    world.furnish(token)
    const plan = await world.plan(newcomer())
    expect(told(plan)).toContainEqual(expect.stringMatching(/^mint: .*, confined to acme\/handbook$/))
    await world.run(newcomer()).catch(() => {})
    expect(world.tokens.map(({repositories}) => repositories)).toEqual([['acme/handbook'], ['acme/handbook']])
    const read = newcomer({scopes: [...SCOPES, 'read:user']})
    await expect(world.plan(read)).rejects.toMatchObject({code: 'CONFINEMENT_LOST', exit: 6})
  })

  it('of a workspace whose secret holds a token that is gone says that nobody knows what that was confined to', async () => {
    using world = await settledUser()
    world.confines = true
    world.furnish({value: madeUpValue(77), lastEight: '00000077'})
    const said = expect.stringMatching(/^What agent-new ran on is not listed any more, and what that was confined to/)
    expect((await world.plan(newcomer())).warnings).toContainEqual(said)
    world.secret = undefined
    expect((await world.plan(newcomer())).warnings).not.toContainEqual(said)
  })

  it.each([['listed'], ['gone']])('of a new workspace widens nothing that its agent had before, %s', async (state) => {
    using world = await settledUser()
    world.confines = true
    const token = world.addToken('by hand', [...SCOPES], NAME)
    token.repositories = ['acme/core']
    world.furnish(token)
    await rotate(
      {...request(), agent: NAME, user: NAME, workspace: WORKSPACE, deployedLastEight: token.lastEight},
      world.deps(),
    )
    if (state === 'gone') world.tokens.splice(0)
    world.removeWorkspace()
    await expect(world.plan(newcomer())).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      message: expect.stringContaining('was last proven on was confined to acme/core, and the new one would not be'),
      suggestions: ['say which ones, or "repositories: all", in profile engineer'],
    })
    const repositories = ['acme/core']
    expect((await world.plan(newcomer({repositories}))).warnings).toEqual([])
    expect((await world.plan(newcomer({repositories: 'all'}))).warnings).toEqual([
      expect.stringContaining('The new token is not confined, as profile engineer says'),
    ])
  })

  it('of a new workspace widens nothing either that its agent had by a token which somebody made by hand', async () => {
    using world = await settledUser()
    world.confines = true
    const token = world.addToken('by hand', [...SCOPES], NAME)
    token.repositories = ['acme/core']
    const {id, lastEight} = token
    const deployment = {agent: NAME, user: NAME, token: id, lastEight, secretUpdatedAt: undefined, at: 1}
    await world.store.ledger.apply([{kind: 'deployed', deployment}])
    await expect(world.plan(newcomer())).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      message: expect.stringContaining('was last proven on was confined to acme/core'),
    })
  })

  it('of a new workspace goes by no other token of its user, and warns of one that was proven and that nobody knows', async () => {
    using world = await settledUser()
    world.confines = true
    world.addToken('by hand', [...SCOPES], NAME).repositories = ['acme/core']
    expect(await world.plan(newcomer())).toMatchObject({warnings: []})
    const deployment = {agent: NAME, user: NAME, token: 99, lastEight: '00000099', secretUpdatedAt: undefined, at: 1}
    await world.store.ledger.apply([{kind: 'deployed', deployment}])
    expect((await world.plan(newcomer())).warnings).toEqual([expect.stringMatching(/^What agent-new ran on/)])
    await world.store.ledger.apply([{kind: 'deployed', deployment: {...deployment, user: 'somebody'}}])
    expect((await world.plan(newcomer())).warnings).toEqual([])
  })

  it('warns of a secret that may not arrive, where a token is made for one that was never proven', async () => {
    using world = await NewcomerWorld.open()
    world.withholds = true
    const doubt = expect.stringMatching(/^Whether GITEA_TOKEN reaches agent-new is not known: .*GIT_HTTP_PASSWORD/)
    expect((await world.plan(newcomer())).warnings).toEqual([doubt])
    expect((await world.plan(newcomer({secretKey: 'GIT_HTTP_PASSWORD'}))).warnings).toEqual([])
    const deployment = {agent: NAME, user: NAME, token: 1, lastEight: '00000001', secretUpdatedAt: undefined, at: 1}
    await world.store.ledger.apply([{kind: 'deployed', deployment: {...deployment, user: 'somebody'}}])
    expect((await world.plan(newcomer())).warnings).toEqual([doubt])
    await world.store.ledger.apply([{kind: 'deployed', deployment}])
    expect((await world.plan(newcomer())).warnings).toEqual([doubt])
  })

  it('warns of it in a workspace that is there unless its agent was proven on what it has there, on this platform', async () => {
    using world = await settledUser()
    const token = world.addToken('by hand', [...SCOPES], NAME)
    world.furnish(token)
    world.withholds = true
    world.build = 'aaaa'
    const terms = {...request(), agent: NAME, user: NAME, workspace: WORKSPACE, deployedLastEight: token.lastEight}
    await rotate(terms, world.deps())
    world.agentDeaf = true
    const doubts = async () => (await world.plan(newcomer())).warnings.filter((text) => text.includes('reaches'))
    expect(await doubts()).toEqual([])
    world.build = 'bbbb'
    expect(await doubts()).toHaveLength(1)
  })

  it('leaves out what is there', async () => {
    using world = await settledUser()
    const other = world.addToken('by hand', ['read:issue'], NAME)
    const plan = await world.plan(newcomer())
    expect(acts(plan)).toBe('mint probe create online smoke')
    expect(plan.beside).toEqual([other.id])
  })

  it('asks for the memberships of a user who is yet to be created whether there is anything to join', async () => {
    using world = await NewcomerWorld.open()
    const asked: string[] = []
    const memberships = [
      {kind: 'collaborator', repo: 'acme/core', permission: 'write'},
      {kind: 'team', organisation: 'acme', team: 'agents'},
    ] as const
    await world.plan(newcomer({memberships: [...memberships]}), ({accounts}) => ({
      accounts: {
        ...accounts,
        permissionOf: async (repo, login) => (asked.push(`${repo} of ${login}`), 'owner'),
        team: async (organisation, team) => asked.push(`${organisation}/${team}`),
      },
    }))
    expect(asked.toSorted()).toEqual(['acme/agents', 'acme/core of acme'])
  })

  it('of a workspace that is there ends in a rotation', async () => {
    using world = await settledUser()
    world.furnish()
    const plan = await world.plan(newcomer())
    expect(told(plan).slice(2)).toEqual([
      `push: POST /workspaces/${WORKSPACE}/secrets: GITEA_TOKEN of agent-new becomes the new token`,
      `restart: POST /workspaces/${WORKSPACE}/restart: agent-new gets a new process, unless the platform restarts it by itself`,
      `smoke: POST /workspaces/${WORKSPACE}/a2a: nothing: agent-new is asked which work it finds, and with which token`,
    ])
    expect(plan.workspace).toEqual({name: NAME, id: WORKSPACE})
  })

  it('of a workspace elsewhere leaves the restart to its operator', async () => {
    using world = await settledUser()
    world.furnish()
    world.workspace.runtime = 'external'
    expect(told(await world.plan(newcomer()))).toContain(
      `restart: - /workspaces/${WORKSPACE}: agent-new is restarted by its operator, not by patrol`,
    )
  })

  it('of an agent that works says so, and that nothing is to be changed', async () => {
    using world = await settledUser()
    world.furnish(world.addToken('by hand', SCOPES, NAME))
    const plan = await world.plan(newcomer())
    expect(told(plan)).toEqual([`smoke: POST /workspaces/${WORKSPACE}/a2a: nothing: agent-new was asked, and works`])
    expect(plan).toMatchObject({changes: false, asked: true, warnings: [], working: {token: {name: 'by hand'}}})
  })

  it.each<[string, (world: NewcomerWorld) => unknown, string]>([
    ['a membership', (world) => world.permissions.clear(), 'join smoke'],
    ['a kept workspace token', (world) => (world.keeps = true), 'smoke keep'],
  ])('of an agent that works and lacks %s changes that alone', async (_, lack, expected) => {
    using world = await settledUser()
    world.furnish(world.addToken('by hand', SCOPES, NAME))
    lack(world)
    const plan = await world.plan(newcomer())
    expect([acts(plan), plan.changes]).toEqual([expected, true])
  })

  it('of an agent that works with too much advises a rotation', async () => {
    using world = await settledUser()
    world.furnish(world.addToken('by hand', [...SCOPES, 'write:admin'], NAME))
    const {warnings} = await world.plan(newcomer())
    expect(warnings).toEqual([
      expect.stringMatching(
        /agent-new works, but its token has more than profile engineer: .*admin.*patrol rotate agent-new/,
      ),
    ])
  })

  it('of an agent that works in more repositories than its profile names advises a rotation, where they can be confined', async () => {
    using world = await settledUser()
    const token = world.addToken('by hand', SCOPES, NAME)
    world.furnish(token)
    const warned = async () => (await world.plan(newcomer({repositories: ['acme/core']}))).warnings
    expect(await warned()).toEqual([])
    const more = (what: string) => [
      `agent-new works, but its token reaches more than profile engineer names: ${what}. "patrol rotate agent-new" gives it one that fits.`,
    ]
    token.repositories = 'all'
    expect(await warned()).toEqual(more('every repository of its user'))
    token.repositories = ['acme/core', 'acme/site']
    expect(await warned()).toEqual(more('acme/site'))
    token.repositories = ['acme/core']
    expect(await warned()).toEqual([])
  })

  it('says how Gitea spells the user', async () => {
    using world = await settledUser('Agent-New')
    expect((await world.plan(newcomer())).warnings).toEqual(['The server spells the user Agent-New.'])
  })
})

describe("the workspace's own token in a plan", () => {
  it.each<[string, (world: NewcomerWorld) => unknown, string | undefined]>([
    [
      'of a workspace to come',
      () => {},
      'keep: POST /workspaces/<new>/tokens: the token that comes with the workspace, or else a new one, and kept in shelf/agent-new',
    ],
    [
      'that is kept for no workspace',
      (world) => world.shelf.set(NAME, world.addAccess(true).value),
      'keep: POST /workspaces/<new>/tokens: the token that comes with the workspace, or else a new one, and kept in shelf/agent-new',
    ],
    [
      'of a workspace that is there',
      (world) => world.furnish(),
      `keep: POST /workspaces/${WORKSPACE}/tokens: a workspace token is minted and kept in shelf/agent-new`,
    ],
    [
      'that is kept and good',
      (world) => {
        world.furnish()
        world.shelf.set(NAME, world.addAccess(true).value)
      },
      undefined,
    ],
    [
      'that is kept and dead',
      (world) => {
        world.furnish()
        world.shelf.set(NAME, world.addAccess(true).value)
        world.access.length = 0
      },
      `keep: POST /workspaces/${WORKSPACE}/tokens: a workspace token is minted and kept in shelf/agent-new`,
    ],
  ])('%s', async (_, before, expected) => {
    using world = await settledUser()
    world.keeps = true
    before(world)
    expect(told(await world.plan(newcomer())).find((call) => call.startsWith('keep'))).toBe(expected)
  })
})

describe('the label of the proof', () => {
  it.each<[string, () => Promise<string[]>, string[]]>([
    ['is there', async () => ['bug', 'approved'], []],
    [
      'is not there',
      async () => ['bug'],
      [
        'acme/core has no label "approved" that its issue list can be filtered by, so the proof will fail: create it there first.',
      ],
    ],
    [
      'can not be read',
      async () => {
        throw new OpsError('GITEA_UNREADABLE', 'No. Nothing was done.')
      },
      ['Whether acme/core has the label "approved" could not be read: No.'],
    ],
  ])('that %s: %#', async (_, answer, warnings) => {
    using world = await NewcomerWorld.open()
    expect((await world.plan(newcomer(), labels(answer))).warnings).toEqual(warnings)
  })

  it.each([
    new OpsError('INTERRUPTED', 'Stopped on request.'),
    new OpsError('REPO_NOT_FOUND', {repo: 'acme/core'}),
    new TypeError('a mistake of ours'),
  ])('is no excuse to go on after "%s"', async (error) => {
    using world = await NewcomerWorld.open()
    const broken = labels(async () => {
      throw error
    })
    await expect(world.plan(newcomer(), broken)).rejects.toThrow(error.message)
  })
})

describe('the model of a workspace to come', () => {
  const advice = [expect.stringContaining('patrol.yaml names no model for new workspaces.')]
  it.each<[string, string | undefined, (world: NewcomerWorld) => unknown, Parameters<typeof newcomer>[0], unknown[]]>([
    ['is missed by a platform that tells its build', 'abc123', () => {}, {}, advice],
    ['is missed by no older platform', undefined, () => {}, {}, []],
    ['is not missed where it is named', 'abc123', () => {}, {spec: {model: 'sonnet'}}, []],
    ['is not missed where it runs elsewhere', 'abc123', () => {}, {spec: {runtime: 'external'}}, []],
    ['is missed whatever else it runs in', 'abc123', () => {}, {spec: {runtime: 'claude-code'}}, advice],
    ['is not missed where the workspace is there', 'abc123', (world) => world.furnish(), {}, []],
  ])('%s', async (_, build, before, changes, warnings) => {
    using world = await settledUser()
    world.build = build
    before(world)
    expect((await world.plan(newcomer(changes))).warnings).toEqual(warnings)
  })
})

describe('what keeps an onboarding from beginning', () => {
  it.each<[string, string, (world: NewcomerWorld) => unknown, Parameters<typeof newcomer>[0]]>([
    ['GUARD_OWN_CREDENTIAL', "the administrator's own user", () => {}, {user: 'Boss'}],
    ['GUARD_DANGEROUS_SCOPES', 'scopes that mint', () => {}, {scopes: ['write:admin']}],
    ['ADMIN_SUBSET', 'a token that can not hand them out', (world) => (world.grantable = ['write:user']), {}],
    ['USER_UNFIT', 'a user who may not sign in', (world) => world.addUser(NAME, {prohibitLogin: true}), {}],
    ['GUARD_PAUSED', 'a paused workspace', (world) => (world.furnish(), (world.workspace.status = 'paused')), {}],
    [
      'GUARD_FOREIGN_ROTATION',
      'a token minted elsewhere',
      (world) => (world.addUser(NAME), world.addToken('patrol.agent-new.20261122.rot1', SCOPES, NAME)),
      {},
    ],
  ])('%s: %s', async (code, _, before, changes) => {
    using world = await NewcomerWorld.open()
    before(world)
    const error: unknown = await world.plan(newcomer(changes)).catch((why: unknown) => why)
    expect(error).toMatchObject({code, message: expect.stringMatching(/Nothing was (?:changed|minted)\.$/)})
    expect(String(error).match(/nothing was/gi)).toHaveLength(1)
    expect(String(error)).not.toContain('the old token serves')
    expect(world.writes).toEqual([])
  })

  it.each<[string, (world: NewcomerWorld) => unknown, Parameters<typeof newcomer>[0]]>([
    [
      'another machine, where a person says so',
      (world) => world.addToken('patrol.agent-new.20261122.rot1', SCOPES, NAME),
      {waive: {foreignRotation: true}},
    ],
    [
      'a token that this machine knows',
      (world) => {
        const {id, name, lastEight} = world.addToken('patrol.agent-new.20261122.rot1', SCOPES, NAME)
        return world.store.ledger.apply([
          {kind: 'minted', user: NAME, token: {id, name, lastEight}, scopes: SCOPES, at: 1},
        ])
      },
      {},
    ],
    [
      'tasks, where a person says so',
      (world) => (world.furnish(), (world.workspace.activeTasks = 1)),
      {waive: {activeTasks: true}},
    ],
  ])('is not %s', async (_, before, changes) => {
    using world = await settledUser()
    await before(world)
    expect(await world.plan(newcomer(changes))).toMatchObject({changes: true})
  })

  it('is no token of another machine where the agent is there, and only asking it would tell whether it works on that', async () => {
    using world = await settledUser()
    world.furnish(world.addToken('patrol.agent-new.20261122.rot1', SCOPES, NAME))
    expect(acts(await world.plan(newcomer(), {}, false))).toBe('mint probe push restart smoke')
  })

  it('says once that nothing was changed, in its own words where it has them', async () => {
    using world = await NewcomerWorld.open()
    const away = ({accounts}: OnboardingDeps): Partial<OnboardingDeps> => ({
      accounts: {
        ...accounts,
        account: async () => {
          throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.', {
            suggestions: ['patrol doctor'],
            ref: 'docs/x.md',
            category: 'pending',
          })
        },
      },
    })
    await expect(world.plan(newcomer(), away)).rejects.toMatchObject({
      code: 'GITEA_UNREACHABLE',
      message: 'Gitea is away. Nothing was changed.',
      suggestions: ['patrol doctor'],
      ref: 'docs/x.md',
      category: 'pending',
    })
  })

  it('is thrown as it is where it is a mistake of ours', async () => {
    using world = await NewcomerWorld.open()
    const mistake = new TypeError('a mistake of ours')
    const broken = labels(async () => {
      throw mistake
    })
    expect(await world.plan(newcomer(), broken).catch((error: unknown) => error)).toBe(mistake)
  })
})

describe('the plan of an onboarding that was begun', () => {
  it.each<[string, string, string]>([
    ['journal planned', 'account join mint probe create online smoke', 'It had changed nothing yet.'],
    ['journal user_created', 'join mint probe create online smoke', 'The user agent-new was created and has 0 of 1'],
    ['mint', 'discard mint probe create online smoke', 'whether its token was minted is not known'],
    ['journal minted', 'discard mint probe create online smoke', 'a token …00000002 is minted'],
    [
      'journal create_intended',
      'mint probe create online smoke',
      'whether the workspace agent-new was created is not known',
    ],
    ['create', 'online smoke', 'whether the workspace agent-new was created is not known'],
    ['journal created', 'online smoke', 'it was not seen online yet'],
  ])('after "%s" is: %s', async (at, expected, state) => {
    using world = await NewcomerWorld.open()
    await world.broken(at, 'crash-after', newcomer())
    const plan = await world.plan(newcomer())
    const [begun] = await world.store.onboardings.list({open: true})
    expect(plan.begun).toEqual({id: begun?.id, state: expect.stringContaining(state)})
    expect([acts(plan), plan.asked, plan.changes]).toEqual([expected, false, true])
    expect(plan.warnings).toEqual([`An earlier run is gone on with. ${plan.begun?.state}`])
  })

  it.each(['journal online', 'journal proven'])('after "%s" makes nothing again', async (at) => {
    using world = await NewcomerWorld.open()
    await world.broken(at, 'crash-after', newcomer())
    expect(acts(await world.plan(newcomer()))).not.toMatch(/account|join|mint|create|push|restart|discard/)
  })

  it('shows which token goes, and keeps the one that a late workspace may hold', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    await world.broken('journal value_lost', 'crash-after', newcomer())
    await world.broken('journal minted', 'crash-after', newcomer())
    const [sent, unused] = world.tokens
    expect(told(await world.plan(newcomer())).filter((call) => call.startsWith('discard'))).toEqual([
      `discard: DELETE /api/v1/users/agent-new/tokens/${unused?.id}: ${unused?.name} goes: an earlier run minted it, and nobody has its value`,
    ])
    expect(sent?.id).toBeLessThan(unused!.id)
  })

  it('shows no token of another run as one that goes', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    world.addToken('patrol.agent-new.20261122.rot1', SCOPES, NAME)
    const plan = await world.plan(newcomer({waive: {foreignRotation: true}}))
    expect(plan.calls.filter(({act}) => act === 'discard')).toHaveLength(1)
    await expect(world.plan(newcomer())).rejects.toMatchObject({
      code: 'GUARD_FOREIGN_ROTATION',
      message: expect.stringMatching(/rot1 \(id 3\), minted .*An earlier run left this: .*a token …00000002 is minted/),
    })
  })

  it('shows no token as one that goes, which somebody gave another value since', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    world.regenerate(world.tokens[0]!.id)
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'TOKEN_CHANGED'})
    expect(acts(await world.plan(newcomer()))).not.toContain('discard')
  })

  it('shows the token that goes because somebody else made the workspace', async () => {
    using world = await NewcomerWorld.open()
    world.after('probe', () => world.furnish())
    await world.broken('journal workspace_found', 'crash-after', newcomer())
    expect(acts(await world.plan(newcomer()))).toBe('discard mint probe push restart smoke')
  })

  it('shows no token as one that goes, where patrol.yaml names another user by now', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    world.addUser('agent-newer')
    const plan = await world.plan(newcomer({user: 'agent-newer'}))
    expect(plan.calls.filter(({act}) => act === 'discard')).toEqual([])
  })

  it('that left nothing says nothing of what it left', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal planned', 'crash-after', newcomer())
    world.addUser(NAME, {prohibitLogin: true})
    await expect(world.plan(newcomer())).rejects.toThrow(/Nothing was minted\.$/)
  })

  it('is not asked whether its agent works', async () => {
    using world = await settledUser()
    world.furnish(world.addToken('by hand', SCOPES, NAME))
    world.permissions.clear()
    await world.broken('journal planned', 'crash-after', newcomer())
    world.calls.length = 0
    expect(await world.plan(newcomer())).toMatchObject({asked: false, working: undefined})
    expect(world.calls).not.toContain('smoke')
  })

  it('with a rotation of its own goes on, and with one of somebody else waits', async () => {
    using world = await settledUser()
    world.furnish()
    world.newTokensFail = true
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'PROOF_FAILED'})
    expect((await world.plan(newcomer())).begun?.state).toContain('was begun to give it its token')
    const [own] = await world.store.journal.list({agent: NAME})
    const foreign = ({journal}: OnboardingDeps): Partial<OnboardingDeps> => ({
      journal: {...journal, list: async () => [{...own!, id: 'rot-foreign'}], read: async () => []},
    })
    await expect(world.plan(newcomer(), foreign)).rejects.toMatchObject({
      code: 'ROTATION_OPEN',
      message: expect.stringMatching(/^Rotation rot-foreign of agent-new is unfinished\. /),
      suggestions: ['patrol rotation resume rot-foreign', 'patrol onboard agent-new'],
    })
    const readable = ({journal}: OnboardingDeps): Partial<OnboardingDeps> => ({
      journal: {...journal, list: async () => [{...own!, id: 'rot-foreign'}], read: async () => journal.read(own!.id)},
    })
    await expect(world.plan(newcomer(), readable)).rejects.toThrow(/nothing was revoked/)
  })

  it.each(['proven', 'revoking'] as const)('is not kept by a rotation that is %s', async (phase) => {
    using world = await NewcomerWorld.open()
    const due = ({journal}: OnboardingDeps): Partial<OnboardingDeps> => ({
      journal: {...journal, list: async () => [rotationOf('rot-due', phase)]},
    })
    expect(await world.plan(newcomer(), due)).toMatchObject({changes: true})
  })
})
