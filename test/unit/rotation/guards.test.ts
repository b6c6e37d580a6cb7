import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  mintToken,
  planMint,
  planRotation,
  pushSecret,
  restartWorkspace,
  resumeRotation,
  rotate,
  type RotationRequest,
} from '../../../src/rotation/index.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import type {Store} from '../../../src/store/index.ts'
import {madeUpValue, mintOf, request, storeInMemory, USER, World, WORKSPACE, pushOf} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

interface Guard {
  code: string
  set: (world: World) => void
  ask?: Partial<RotationRequest>
  own?: string
}

const GUARDS: Guard[] = [
  {code: 'GUARD_CONCIERGE', set: (w) => void (w.workspace.kind = 'platform')},
  {code: 'GUARD_CONCIERGE', set: (w) => void (w.workspace.kind = 'platform'), ask: {waive: {unknownKind: true}}},
  {code: 'GUARD_UNKNOWN_KIND', set: (w) => void (w.workspace.kind = undefined)},
  {code: 'GUARD_OWN_WORKSPACE', set: () => {}, own: WORKSPACE.toUpperCase()},
  {code: 'GUARD_OWN_CREDENTIAL', set: () => {}, ask: {user: 'Boss'}},
  {code: 'GUARD_PAUSED', set: (w) => void (w.workspace.status = 'paused')},
  {code: 'GUARD_HIBERNATED', set: (w) => void (w.workspace.status = 'hibernated')},
  {code: 'GUARD_REMOVED', set: (w) => void (w.workspace.status = 'removed')},
  {
    code: 'GUARD_ANCESTOR_PAUSED',
    set: (w) => {
      w.workspace.parentId = 'p1'
      w.parents = [
        {...w.workspace, id: 'p1', name: 'lead', parentId: 'p2'},
        {...w.workspace, id: 'p2', name: 'root', parentId: undefined, status: 'paused'},
      ]
    },
  },
  {code: 'GUARD_ACTIVE_TASKS', set: (w) => void (w.workspace.activeTasks = 2)},
  {code: 'GUARD_DANGEROUS_SCOPES', set: () => {}, ask: {scopes: ['read:issue', 'write:user']}},
  {code: 'GUARD_DANGEROUS_SCOPES', set: () => {}, ask: {scopes: ['all']}},
  {
    code: 'ADMIN_SUBSET',
    set: (w) => void (w.grantable = ['write:user', 'read:repository', 'read:issue']),
    ask: {scopes: ['write:issue', 'read:repository']},
  },
  {code: 'ADMIN_SUBSET', set: (w) => void (w.grantable = ['all', 'public-only'])},
  {code: 'USER_UNFIT', set: (w) => void (w.accounts[USER] = {organisation: true, isAdmin: false})},
  {
    code: 'USER_UNFIT',
    set: (w) => void (w.accounts[USER] = {organisation: true, isAdmin: false}),
    ask: {waive: {siteAdmin: true}},
  },
  {code: 'USER_UNFIT', set: (w) => void (w.accounts[USER] = {isAdmin: true})},
  {code: 'USER_UNFIT', set: (w) => void (w.accounts[USER] = {prohibitLogin: true})},
  {code: 'USER_UNFIT', set: (w) => void (w.accounts[USER] = {active: false}), ask: {waive: {siteAdmin: true}}},
  {code: 'GUARD_FOREIGN_ROTATION', set: (w) => void w.addToken('patrol.dev-a.20261122.elsewhere', ['read:issue'])},
]

describe('before the first write', () => {
  it.each(GUARDS)('$code stops a rotation and changes nothing', async ({set, ask, own}) => {
    set(world)
    const tokens = world.tokens.length
    const given = {...request(), deployedLastEight: world.old.lastEight, ...ask}
    const expected = GUARDS.find((guard) => guard.set === set)!.code
    await expect(rotate(given, world.deps(store, own ? {ownWorkspace: own} : {}))).rejects.toMatchObject({
      code: expected,
      category: 'refused',
      message: expect.stringContaining('Nothing was changed'),
    })
    expect(world.tokens).toHaveLength(tokens)
    expect([world.puts, world.restarts]).toEqual([0, 0])
    expect(await store.journal.list({open: true})).toEqual([])
  })

  it.each([
    ['unknownKind', (w: World) => void (w.workspace.kind = undefined), {}],
    ['activeTasks', (w: World) => void (w.workspace.activeTasks = 2), {}],
    ['siteAdmin', (w: World) => void (w.accounts[USER] = {organisation: false, isAdmin: true}), {}],
    ['dangerousScopes', () => {}, {scopes: ['read:issue', 'read:repository', 'write:user']}],
    ['foreignRotation', (w: World) => void w.addToken('patrol.dev-a.20261122.elsewhere', ['read:issue']), {}],
  ] as [string, (w: World) => void, Partial<RotationRequest>][])(
    'the waiver %s lets the rotation go on',
    async (waiver, set, ask) => {
      set(world)
      const given = {...request(), deployedLastEight: world.old.lastEight, ...ask, waive: {[waiver]: true}}
      await expect(rotate(given, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    },
  )

  it('sees a rotation from a machine whose clock is a day behind: ids tell the order, not names', async () => {
    await rotate({...request(), deployedLastEight: world.old.lastEight}, world.deps(store))
    world.addToken('patrol.dev-a.20261121.elsewhere', ['read:issue'])
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'GUARD_FOREIGN_ROTATION'})
  })

  it('takes no token that is not on record for a leftover, however old: an agent elsewhere may run on it', async () => {
    const theirs = world.addToken('patrol.dev-a.20261121.elsewhere', ['read:issue'])
    const ours = world.addToken('by hand', ['read:issue'])
    world.overwrite(ours.value)
    const {updatedAt: secretUpdatedAt} = world.secret!
    const proof = {agent: 'dev-a', workspace: WORKSPACE, user: USER, token: ours.id, lastEight: ours.lastEight}
    await store.ledger.apply([{kind: 'deployed', deployment: {...proof, secretUpdatedAt, at: world.now}}])
    await expect(planRotation(request(), world.deps(store))).rejects.toMatchObject({
      code: 'GUARD_FOREIGN_ROTATION',
      message: expect.stringContaining(`${theirs.name} (id ${theirs.id}), minted for dev-a by a run`),
    })
    const waive = {foreignRotation: true}
    const {superseded} = await planRotation(request({waive}), world.deps(store))
    expect(superseded).toContainEqual(expect.objectContaining({id: theirs.id}))
    theirs.lastUsedAt = new Date(world.now + 60_000).toISOString()
    await expect(planRotation(request({waive}), world.deps(store))).rejects.toThrow(/Somebody works with/)
    world.overwrite(ours.value)
    await expect(planRotation(request({waive}), world.deps(store))).resolves.toMatchObject({user: USER})
  })

  it('an administrator token without write:user is refused, where Gitea tells', async () => {
    world.grantable = ['read:user', 'write:issue', 'write:repository']
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({
      code: 'ADMIN_SCOPE',
      category: 'auth',
      message: expect.stringContaining('lacks write:user'),
      ref: 'docs/runbooks/admin-credential-rejected.md',
    })
    expect(world.tokens).toHaveLength(1)
  })

  it('an administrator token that lacks scopes of the profile is refused with those and what to do', async () => {
    world.grantable = ['write:user', 'read:issue']
    const error: unknown = await planRotation(request(), world.deps(store)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'ADMIN_SUBSET',
      message: expect.stringContaining('boss lacks read:repository of profile engineer'),
      suggestions: ['give it read:repository too', expect.stringContaining('password')],
    })
  })

  it.each<[Scope[] | undefined, Scope[]]>([
    [undefined, ['read:issue', 'read:repository']],
    [['all'], ['read:issue', 'read:repository']],
    [
      ['write:user', 'write:issue', 'write:repository'],
      ['read:issue', 'read:repository'],
    ],
    [
      ['write:user', 'read:issue', 'read:repository'],
      ['public-only', 'read:issue', 'read:repository'],
    ],
  ])('an administrator with %j can hand out %j', async (grantable, scopes) => {
    world.grantable = grantable
    await expect(planRotation(request({scopes}), world.deps(store))).resolves.toMatchObject({agent: 'dev-a'})
  })

  it('guards a mint by hand in the same way', async () => {
    world.grantable = ['write:user']
    const minted = mintToken(mintOf(), world.deps(store), async () => {})
    await expect(minted).rejects.toMatchObject({code: 'ADMIN_SUBSET'})
    expect(world.calls).not.toContain('mint')
  })

  it.each([
    [{organisation: true, isAdmin: false}, 'an organisation'],
    [{organisation: false, isAdmin: true}, '--allow-site-admin'],
    [{prohibitLogin: true}, 'may not sign in'],
    [{active: false}, 'not activated'],
  ])('mints for no account but a person’s: %j', async (kind, said) => {
    world.accounts[USER] = kind
    const asked = mintOf()
    const deps = world.deps(store)
    const errors = await Promise.all(
      [planMint(asked, deps), mintToken(asked, deps, async () => {})].map((work) =>
        work.catch((thrown: unknown) => thrown),
      ),
    )
    for (const error of errors) {
      expect(error).toMatchObject({code: 'USER_UNFIT', exit: 6, message: expect.stringContaining('Nothing was minted')})
      if (!(error instanceof OpsError)) throw error
      expect([error.message, ...error.suggestions].join(' ')).toContain(said)
    }
    expect(world.calls).not.toContain('mint')
  })

  it('says of an account that is shut what an administrator does, and not that its old token serves', async () => {
    world.accounts[USER] = {prohibitLogin: true}
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({
      message:
        'agent-dev-a is there, but no user for dev-a: it may not sign in, so no token of it works. Nothing was minted. Nothing was changed.',
      suggestions: [
        'allow it in the web interface: Site Administration, User Accounts',
        'or set another "user" for the agent in patrol.yaml',
      ],
    })
  })

  it('a resume mints for no account that was shut meanwhile, and does not say that a token of it serves', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'crash-before'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.accounts[USER] = {prohibitLogin: true}
    const [open] = await store.journal.list({open: true})
    await expect(resumeRotation(open!.id, world.deps(store))).rejects.toMatchObject({
      code: 'USER_UNFIT',
      message: expect.stringMatching(
        /may not sign in[^;]*No new token of this rotation is left; nothing was revoked\.$/,
      ),
    })
  })

  it('a resume mints for no organisation either, and the rotation is at its end', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'crash-before'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.accounts[USER] = {organisation: true, isAdmin: false}
    const [open] = await store.journal.list({open: true})
    await expect(resumeRotation(open!.id, world.deps(store))).rejects.toMatchObject({code: 'USER_UNFIT'})
    expect(world.tokens).toHaveLength(1)
    expect(await store.journal.list({open: true})).toEqual([])
  })

  it('guards pushes and restarts by hand as well', async () => {
    world.workspace.kind = 'platform'
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject({code: 'GUARD_CONCIERGE'})
    await expect(restartWorkspace({agent: 'dev-a', workspace: 'dev-a'}, world.deps(store))).rejects.toMatchObject({
      code: 'GUARD_CONCIERGE',
    })
    expect([world.puts, world.restarts]).toEqual([0, 0])
  })

  it('never restarts an external workspace', async () => {
    world.workspace.runtime = 'external'
    await expect(restartWorkspace({agent: 'dev-a', workspace: 'dev-a'}, world.deps(store))).rejects.toMatchObject({
      code: 'GUARD_EXTERNAL',
    })
  })
})

describe('the plan', () => {
  it('lists every call with method, path and change, and writes nothing', async () => {
    const plan = await planRotation(request({overlapMs: 24 * 3_600_000}), world.deps(store))
    expect(plan.calls.map(({act, method, path}) => `${act} ${method} ${path}`)).toEqual([
      `mint POST /api/v1/users/${USER}/tokens`,
      'probe GET /api/v1/...',
      `push POST /workspaces/${WORKSPACE}/secrets`,
      `restart POST /workspaces/${WORKSPACE}/restart`,
      `smoke POST /workspaces/${WORKSPACE}/a2a`,
      `revoke DELETE /api/v1/users/${USER}/tokens/1`,
    ])
    expect(plan.calls.at(-1)?.changes).toBe('agent token (…00000001) stops working, 24 h after the proof')
    expect(world.tokens).toHaveLength(1)
    expect(await store.journal.list()).toEqual([])
  })

  it('is refused, as the rotation would be, while an earlier one is unfinished; not in its overlap, nor for nothing', async () => {
    world.agentDeaf = true
    await rotate(request(), world.deps(store)).catch(() => {})
    const [open] = await store.journal.list({open: true})
    await expect(planRotation(request(), world.deps(store))).rejects.toMatchObject({
      code: 'ROTATION_OPEN',
      message: expect.stringContaining('nothing was revoked'),
      suggestions: [`patrol rotation resume ${open!.id}`, `patrol rotation abort ${open!.id}`],
    })
    world.agentDeaf = false
    await resumeRotation(open!.id, world.deps(store))
    await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    await expect(planRotation(request(), world.deps(store))).resolves.toMatchObject({agent: 'dev-a'})
  })

  it('is not refused where an earlier one was stopped amid its revocation', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('remove'), kind: 'crash-before'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    expect((await store.journal.list({open: true}))[0]?.phase).toBe('revoking')
    await expect(planRotation(request(), world.deps(store))).resolves.toMatchObject({agent: 'dev-a'})
  })

  const warned = async (changes: Parameters<typeof request>[0] = {}, deps = world.deps(store)) =>
    (await planRotation(request(changes), deps)).warnings.filter((each) => each.includes('reaches'))

  it('warns of a secret that may not arrive, where the server may keep it, until it was proven to', async () => {
    expect(await warned()).toEqual([])
    world.withholds = true
    expect(await warned()).toEqual([
      expect.stringMatching(
        /^Whether GITEA_TOKEN reaches dev-a is not known: .*set `secret: GIT_HTTP_PASSWORD` in patrol/,
      ),
    ])
    expect(await warned({secretKey: 'GIT_HTTP_PASSWORD'})).toEqual([])
    world.build = 'aaaa'
    await rotate(request(), world.deps(store))
    expect((await planRotation(request(), world.deps(store))).warnings).toEqual([])
  })

  it('asks what the platform is built from at the proof of no other secret, and keeps a bug there no secret', async () => {
    const {platform, ...deps} = world.deps(store)
    const build = async () => Promise.reject(new TypeError('a bug'))
    const broken = {...deps, platform: {...platform, build}}
    expect(await rotate(request({secretKey: 'GIT_HTTP_PASSWORD'}), broken)).toMatchObject({phase: 'completed'})
    await expect(rotate(request(), broken)).rejects.toThrow('a bug')
  })

  it('warns of it again where the platform is another by now, or another secret is to hold the token', async () => {
    world.withholds = true
    world.build = 'aaaa'
    await rotate(request(), world.deps(store))
    world.build = 'bbbb'
    expect(await warned()).toHaveLength(1)
    world.build = 'aaaa'
    expect(await warned()).toEqual([])
    const {platform, ...deps} = world.deps(store)
    const only = {
      ...platform,
      secretRow: async (id: string, key: string) => (key === 'GH_TOKEN' ? undefined : platform.secretRow(id, key)),
    }
    expect(await warned({secretKey: 'GH_TOKEN'}, {...deps, platform: only})).toHaveLength(1)
    world.overwrite(world.old.value)
    expect(await warned()).toHaveLength(1)
  })

  it.each([
    ['the platform did not tell what it was', async () => ''],
    ['what it was could not be asked', async () => Promise.reject(new OpsError('PLATFORM_UNREACHABLE', 'Away.'))],
  ])('warns of it still where at the proof %s', async (_, build) => {
    world.withholds = true
    const {platform, ...deps} = world.deps(store)
    await rotate(request(), {...deps, platform: {...platform, build}})
    for (const now of ['', 'aaaa', undefined]) {
      world.build = now
      expect(await warned()).toHaveLength(1)
    }
  })

  it('warns of it still where the rotation that minted the token ended without a proof, which somebody else had', async () => {
    world.withholds = true
    world.build = 'aaaa'
    world.agentDeaf = true
    await rotate(request(), world.deps(store)).catch(() => {})
    world.agentDeaf = false
    const {id} = (await store.journal.list({open: true}))[0]!
    await abortRotation(id, world.deps(store), {keep: 'new'})
    const {id: token, lastEight} = world.tokens[0]!
    const deployment = {agent: 'dev-a', user: USER, token, lastEight, secretUpdatedAt: world.secret!.updatedAt, at: 1}
    await store.ledger.apply([{kind: 'deployed', deployment}])
    expect(await warned()).toHaveLength(1)
  })

  it('warns of it still where the proof was no rotation’s', async () => {
    world.withholds = true
    world.build = 'aaaa'
    const {id, lastEight} = world.old
    const deployment = {
      agent: 'dev-a',
      user: USER,
      token: id,
      lastEight,
      secretUpdatedAt: world.secret!.updatedAt,
      at: 1,
    }
    await store.ledger.apply([{kind: 'deployed', deployment}])
    expect(await warned()).toHaveLength(1)
  })

  it('warns of a label that the repository does not have, for the proof will fail', async () => {
    world.labels = ['bug', 'Approved']
    const {warnings} = await planRotation(request(), world.deps(store))
    expect(warnings).toEqual([expect.stringContaining('molecule/core has no label "approved" that its issue list')])
    expect(warnings[0]).toContain('set "label" in patrol.yaml')
    world.labels = ['approved']
    expect((await planRotation(request(), world.deps(store))).warnings).toEqual([])
  })

  it('warns of labels that it may not read, and refuses nothing', async () => {
    world.labels = new OpsError('ADMIN_SCOPE', 'The administrator token is too narrow.')
    const {warnings} = await planRotation(request(), world.deps(store))
    expect(warnings).toEqual([expect.stringMatching(/which the proof needs, could not be read: .* too narrow/)])
  })

  it('refuses where there is no repository to find work in, and has changed nothing', async () => {
    world.labels = new OpsError('REPO_NOT_FOUND', {repo: 'molecule/nope'})
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({
      code: 'REPO_NOT_FOUND',
      exit: 6,
      message: expect.stringMatching(/no repository molecule\/nope.* Nothing was changed\./),
      suggestions: [expect.stringMatching(/right name into patrol\.yaml/), expect.any(String)],
    })
    expect(world.tokens).toHaveLength(1)
  })

  it('is broken off by Ctrl-C while it reads labels', async () => {
    world.labels = new OpsError('INTERRUPTED', 'Interrupted.')
    await expect(planRotation(request(), world.deps(store))).rejects.toMatchObject({code: 'INTERRUPTED'})
  })

  it('refuses an old value that works but is no token of the user', async () => {
    const strange = world.addToken('other', ['read:issue'], 'somebody-else').value
    await expect(planRotation(request({oldValue: strange}), world.deps(store))).rejects.toMatchObject({
      code: 'OLD_TOKEN_FOREIGN',
      category: 'refused',
    })
  })

  it('takes no proof for current whose secret nobody saw, nor saw again', async () => {
    const left = world.addToken('left', ['read:repository'])
    const deployment = {
      agent: 'dev-a',
      user: USER,
      token: left.id,
      lastEight: left.lastEight,
      secretUpdatedAt: undefined,
      at: 0,
    }
    await store.ledger.apply([{kind: 'deployed', deployment}])
    world.secret = undefined
    const plan = await planRotation(request({oldValue: world.old.value}), world.deps(store))
    expect(plan.deployed).toMatchObject({lastEight: world.old.lastEight})
    expect(plan.warnings.join()).not.toContain('stale')
  })

  it('goes on with a warning when the old value is dead already', async () => {
    const plan = await planRotation(request({oldValue: madeUpValue(99)}), world.deps(store))
    expect(plan.canRollBack).toBe(false)
    expect(plan.warnings.join()).toContain('dead already')
  })
})
