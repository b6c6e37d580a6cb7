import {beforeEach, describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {holdersOf} from '../../../src/rotation/holders.ts'
import {planPush, pushSecret, rotate, type PushDeps, type PushRequest} from '../../../src/rotation/index.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import type {Store} from '../../../src/store/index.ts'
import type {StoryProgress} from '../../../src/story/ports.ts'
import {madeUpValue, pushOf, request as rotation, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** The same probe, with something else in its report. */
function probing(change: Partial<ProbeReport> | ((report: ProbeReport) => Partial<ProbeReport>)) {
  const deps = world.deps(store)
  return {
    ...deps,
    prober: {
      ...deps.prober,
      probe: async (...of: Parameters<typeof deps.prober.probe>) => {
        const report = await deps.prober.probe(...of)
        return {...report, ...(typeof change === 'function' ? change(report) : change)}
      },
    },
  }
}

const evidence = {method: 'GET', path: '/version', status: 502, dialect: 'none' as const, reason: 'a web page'}

/** A push to an agent that writes in `o/work`, of a token confined to these. */
function writing(repositories: string[], repo = 'o/work'): PushRequest {
  const scopes = ['read:repository', 'write:issue'] as const
  const token = world.addToken('for one that writes', [...scopes])
  token.repositories = repositories
  return {...pushOf(world, {value: token.value}), scopes, repo}
}

/** Every value that a push must not store, and why. */
const REFUSED: readonly [what: string, code: string, exit: number, says: RegExp, () => [PushRequest, PushDeps]][] = [
  [
    'is dead',
    'PUSH_UNFIT',
    6,
    /…00000099 is dead: .*could not work with it.*Nothing was stored\./,
    () => [pushOf(world, {value: madeUpValue(99)}), world.deps(store)],
  ],
  [
    'is blocked',
    'PUSH_UNFIT',
    6,
    /is blocked: a web page/,
    () => [pushOf(world), probing({liveness: {state: 'blocked', evidence}})],
  ],
  [
    'lacks a scope of its profile',
    'PUSH_UNFIT',
    6,
    /…00000001 lacks read:issue of profile engineer/,
    () => [pushOf(world, {value: world.old.value}), world.deps(store)],
  ],
  [
    'is of another user',
    'PUSH_UNFIT',
    6,
    /is somebody-else's, not agent-dev-a's/,
    () => {
      const {value} = world.addToken('theirs', ['read:issue', 'read:repository'], 'somebody-else')
      return [pushOf(world, {value}), world.deps(store)]
    },
  ],
  [
    'is of another user by the list, where it does not tell itself',
    'PUSH_UNFIT',
    6,
    /is another user's, not agent-dev-a's/,
    () => {
      const {value} = world.addToken('theirs', ['read:issue', 'read:repository'], 'somebody-else')
      return [pushOf(world, {value}), probing({identity: undefined})]
    },
  ],
  [
    'could not be tried',
    'PUSH_UNPROVEN',
    5,
    /could not be tried: a web page.*might not.*Nothing was stored/,
    () => [pushOf(world), probing({liveness: {state: 'unknown', evidence}})],
  ],
  [
    'has a scope that nobody could judge',
    'PUSH_UNPROVEN',
    5,
    /may lack read:issue of profile engineer/,
    () => [
      pushOf(world),
      probing(({scopes, granted}) => ({
        granted: granted.filter((scope) => scope !== 'read:issue'),
        scopes: scopes.map((each) => (each.scope === 'read:issue' ? {...each, verdict: 'unknown'} : each)),
      })),
    ],
  ],
  [
    'is confined to other repositories',
    'PUSH_UNFIT',
    6,
    /is confined to o\/r, and lacks o\/s of profile engineer/,
    () => {
      const request = {...pushOf(world), repositories: ['o/r', 'o/s']}
      world.tokens.at(-1)!.repositories = ['o/r']
      return [request, probing({identity: undefined})]
    },
  ],
  [
    'is confined where the profile wants every repository',
    'PUSH_UNFIT',
    6,
    /is confined to o\/r, and lacks every other repository of its user, of profile engineer/,
    () => {
      const request: PushRequest = {...pushOf(world), repositories: 'all'}
      world.tokens.at(-1)!.repositories = ['o/r']
      return [request, probing({identity: undefined})]
    },
  ],
  [
    'is confined in a way that nobody understands',
    'PUSH_UNPROVEN',
    5,
    /may lack o\/r of profile engineer: .* in a form that patrol does not know/,
    () => {
      const request = {...pushOf(world), repositories: ['o/r']}
      world.tokens.at(-1)!.repositories = 'unknown'
      return [request, probing({identity: undefined})]
    },
  ],
  [
    'is confined away from where the agent writes, although that can be read',
    'PUSH_UNFIT',
    6,
    /is confined to o\/r, and lacks o\/work, where the work is found: .*could not work with it/,
    () => [writing(['o/r']), probing({identity: undefined})],
  ],
  ...(['confinement', 'ok'] as const).map((of): (typeof REFUSED)[number] => [
    `does not find where the agent reads, or one half of it (pull requests: ${of})`,
    'PUSH_UNFIT',
    6,
    /is confined to o\/r, and lacks o\/work, where the work is found/,
    () => {
      const request = {...pushOf(world), repo: 'o/work'}
      world.tokens.at(-1)!.repositories = ['o/r']
      const repo = {repo: 'o/work', issues: {outcome: 'confinement', evidence}, pulls: {outcome: of, evidence}} as const
      return [request, probing({identity: undefined, repo})]
    },
  ]),
  [
    'tells its user to nobody',
    'PUSH_UNPROVEN',
    5,
    /does not tell whether it is agent-dev-a's/,
    () => [pushOf(world), {...probing({identity: undefined}), tokens: undefined}],
  ],
]

describe.each(REFUSED)('a value that %s', (_, code, exit, says, make) => {
  test('is not stored', async () => {
    const [request, deps] = make()
    const failed = pushSecret(request, deps)
    await expect(failed).rejects.toMatchObject({code, exit})
    await expect(failed).rejects.toThrow(says)
    await expect(failed).rejects.toMatchObject({
      suggestions: [
        code === 'PUSH_UNFIT' ? 'patrol rotate dev-a' : 'patrol doctor',
        expect.stringContaining('--allow-broken-agent'),
      ],
    })
    expect(world.puts).toBe(0)
  })

  test('is not planned either, so that a dry run ends as the push would', async () => {
    const [request, deps] = make()
    await expect(planPush(request, deps)).rejects.toMatchObject({code, exit})
  })

  test('is stored where that is insisted on, and what is wrong with it is told', async () => {
    const [request, deps] = make()
    const insisting = {...request, insist: true}
    const {warnings} = await planPush(insisting, deps)
    expect(warnings).toEqual([expect.stringContaining(`…${request.value.lastEight}`)])
    const {doubts} = await pushSecret(insisting, deps)
    expect([doubts, world.puts]).toEqual([warnings, 1])
  })
})

describe('a value that will do', () => {
  test('is planned and stored without a doubt', async () => {
    const request = pushOf(world)
    const {calls, warnings} = await planPush(request, world.deps(store))
    expect([calls.map(({act}) => act), warnings, world.puts]).toEqual([['push'], [], 0])
    expect(await pushSecret(request, world.deps(store))).toMatchObject({doubts: []})
    expect(world.secret?.lastEight).toBe(request.value.lastEight)
  })

  test('is planned with a warning where its secret may not arrive', async () => {
    world.withholds = true
    const {warnings} = await planPush(pushOf(world), world.deps(store))
    expect(warnings).toEqual([expect.stringMatching(/^Whether GITEA_TOKEN reaches .* GIT_HTTP_PASSWORD/)])
    expect(await pushSecret(pushOf(world), world.deps(store))).toMatchObject({doubts: []})
  })

  test('may be of a user whose name is written in another case', async () => {
    const request = pushOf(world, {user: USER.toUpperCase()})
    await expect(pushSecret(request, world.deps(store))).resolves.toMatchObject({doubts: []})
  })

  test('is found in the list of its user where it does not tell itself', async () => {
    await expect(pushSecret(pushOf(world), probing({identity: undefined}))).resolves.toMatchObject({doubts: []})
  })

  test('is not stored, and not asked for again, where a person says no', async () => {
    world.behaviour.approval = 'denied'
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject({code: 'APPROVAL_DENIED', exit: 6})
    expect([world.puts, world.approvalCount]).toEqual([0, 1])
  })
})

describe('a push by hand', () => {
  /** The same platform, which answers its first writes in these ways before it answers as it is. */
  function answering(...answers: (() => ReturnType<PushDeps['platform']['putSecret']>)[]): PushDeps {
    const deps = world.deps(store)
    const putSecret: PushDeps['platform']['putSecret'] = async (...of) =>
      (answers.shift() ?? (() => deps.platform.putSecret(...of)))()
    return {...deps, platform: {...deps.platform, putSecret}}
  }
  const lost = async () => Promise.reject(new OpsError('WRITE_IN_DOUBT', 'No answer came.'))
  const refusing = async () => ({kind: 'refused' as const, code: 'SECRET_INVALID', reason: 'too long'})

  test('is noted before it is sent, so that a later revocation looks there', async () => {
    const asked = pushOf(world)
    const {lastEight} = asked.value
    await expect(pushSecret(asked, answering(refusing))).rejects.toMatchObject({code: 'PUSH_REFUSED'})
    expect(await store.ledger.placesOf([{id: 77, lastEight}])).toMatchObject([
      {agent: 'dev-a', workspace: {id: WORKSPACE}, secretKey: 'GITEA_TOKEN', how: 'by-hand', token: {lastEight}},
    ])
    world.neighbours = [{agent: 'dev-a', user: USER, workspace: 'w2', reference: undefined, lastEight: undefined}]
    const owner = {agent: 'dev-a', user: USER, secretKey: 'GITEA_TOKEN', workspace: {id: 'w2', name: 'another'}}
    world.others = [{workspace: {...world.workspace, id: 'w2', name: 'another'}}]
    const holders = await holdersOf(owner, [{id: 77, name: 'x', lastEight}], world.deps(store))
    expect(holders).toMatchObject([{workspace: {id: WORKSPACE}, why: 'is where it was sent by hand for dev-a'}])
  })

  test('goes on where that can not be noted, and says so', async () => {
    const heard: string[] = []
    const deps = world.deps(store)
    const full = new OpsError('STORE_FULL', 'The disk is full. Nothing was changed.')
    const on = (event: StoryProgress): void => void (event.kind === 'warning' && heard.push(event.message))
    await pushSecret(pushOf(world), {...deps, on, ledger: {apply: async () => Promise.reject(full)}})
    expect(world.puts).toBe(1)
    expect(heard).toEqual([
      expect.stringMatching(
        /^That …\w{8} is sent to dev-a could not be noted, so no later revocation of it looks there: The disk is full\.$/,
      ),
    ])
    const stopped = new OpsError('INTERRUPTED', 'Stopped.')
    const stopping = pushSecret(pushOf(world), {...deps, ledger: {apply: async () => Promise.reject(stopped)}})
    await expect(stopping).rejects.toThrow('Stopped.')
    expect(world.puts).toBe(1)
  })

  test('is stored once where its answer was lost and the row shows it', async () => {
    const asked = pushOf(world)
    const stored = async () => (world.overwrite(asked.value), lost())
    const {updatedAt} = await pushSecret(asked, answering(stored))
    expect(updatedAt).toBe(world.secret?.updatedAt)
    expect(world.puts).toBe(0)
  })

  test('is sent once more where its answer was lost and the row shows nothing', async () => {
    const asked = pushOf(world)
    await expect(pushSecret(asked, answering(lost))).resolves.toMatchObject({key: 'GITEA_TOKEN'})
    expect([world.puts, world.secret?.lastEight]).toEqual([1, asked.value.lastEight])
  })

  test('is not known to be stored where both answers were lost', async () => {
    await expect(pushSecret(pushOf(world), answering(lost, lost))).rejects.toMatchObject({
      code: 'PUSH_UNCONFIRMED',
      exit: 7,
      message: expect.stringMatching(/is not known; .* No answer came\./),
      suggestions: ['patrol doctor'],
    })
    expect(world.puts).toBe(0)
  })

  test('is not known to be stored where the second one is refused: the first may still land', async () => {
    await expect(pushSecret(pushOf(world), answering(lost, refusing))).rejects.toMatchObject({
      code: 'PUSH_UNCONFIRMED',
      message: expect.stringMatching(/No answer came\. A second try: .*SECRET_INVALID/),
    })
  })

  test.each<[string, () => Promise<never>, object]>([
    ['a stop', async () => Promise.reject(new OpsError('INTERRUPTED', 'Stopped.')), {code: 'INTERRUPTED', exit: 130}],
    ['a fault of ours', async () => Promise.reject(new TypeError('a bug')), {message: 'a bug'}],
  ])('says so after %s at the second try as well', async (_, thrown, expected) => {
    await expect(pushSecret(pushOf(world), answering(lost, thrown))).rejects.toMatchObject(expected)
  })

  test('is refused as the platform says it, with nothing in doubt', async () => {
    await expect(pushSecret(pushOf(world), answering(refusing))).rejects.toMatchObject({
      code: 'PUSH_REFUSED',
      message: expect.stringContaining('SECRET_INVALID (too long)'),
      suggestions: [],
    })
  })

  test('that the concierge refuses is set in the canvas', async () => {
    const refused = async () => ({kind: 'refused' as const, code: 'CONCIERGE_SELF_WRITE_BLOCKED', reason: 'no'})
    await expect(pushSecret(pushOf(world), answering(refused))).rejects.toMatchObject({
      code: 'PUSH_REFUSED',
      suggestions: [expect.stringContaining('in the canvas')],
      ref: 'docs/runbooks/concierge-refused.md',
    })
  })

  test('that the platform rejects is not sent again', async () => {
    const rejected = async () => Promise.reject(new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform rejects us.'))
    await expect(pushSecret(pushOf(world), answering(rejected))).rejects.toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
    })
    expect(world.puts).toBe(0)
  })

  test('is the first one of a workspace that has no such secret yet', async () => {
    world.secret = undefined
    const asked = pushOf(world)
    await pushSecret(asked, world.deps(store))
    expect(world.secret).toMatchObject({lastEight: asked.value.lastEight})
  })

  test('is stored after a person has approved it', async () => {
    world.behaviour.approval = 'approved'
    const asked = pushOf(world)
    await expect(pushSecret(asked, world.deps(store))).resolves.toMatchObject({key: 'GITEA_TOKEN'})
    expect([world.puts, world.secret?.lastEight]).toEqual([1, asked.value.lastEight])
  })

  test('may be of a confined token where its profile names no repositories and the work is among its own', async () => {
    const asked = writing(['o/r'], 'O/R')
    await pushSecret(asked, probing({identity: undefined}))
    expect(world.secret?.lastEight).toBe(asked.value.lastEight)
  })

  test.each(['o/work', undefined])('is of a token that was tried where the agent works: %s', async (repo) => {
    const {prober, ...deps} = world.deps(store)
    const asked: unknown[] = []
    const probe: typeof prober.probe = (value, about) => {
      asked.push(about)
      return prober.probe(value, about)
    }
    const {repo: _, ...push} = pushOf(world)
    await planPush({...push, ...(repo && {repo})}, {...deps, prober: {...prober, probe}})
    expect(asked).toEqual([{...(repo && {repo}), reachOf: expect.any(Function)}])
  })

  test('of a token that nobody lists is tried without a word of what it is confined to', async () => {
    const {prober, tokens: _, ...deps} = world.deps(store)
    const told: unknown[] = []
    const probe: typeof prober.probe = async (value, about) => {
      told.push(await about?.reachOf?.())
      return prober.probe(value, about)
    }
    await planPush(pushOf(world), {...deps, tokens: undefined, prober: {...prober, probe}})
    expect(told).toEqual([undefined])
  })

  test('may be of a token confined elsewhere for one that only reads, where the work is public', async () => {
    const asked = {...pushOf(world), repo: 'o/work'}
    world.tokens.at(-1)!.repositories = ['o/r']
    const seen = {outcome: 'ok', evidence} as const
    await pushSecret(asked, probing({identity: undefined, repo: {repo: 'o/work', issues: seen, pulls: seen}}))
    expect(world.secret?.lastEight).toBe(asked.value.lastEight)
  })

  test('waits for a person only where it was told to, and says that nobody has decided', async () => {
    world.behaviour.approval = 'never'
    const asked = {...pushOf(world), approval: 'park' as const}
    await expect(pushSecret(asked, world.deps(store))).rejects.toMatchObject({code: 'APPROVAL_PENDING', exit: 8})
    expect(world.progress).toContainEqual(
      expect.objectContaining({
        kind: 'waiting',
        act: 'approval',
        detail: 'nobody has decided yet',
        story: undefined,
      }),
    )
    expect(world.puts).toBe(0)
  })

  /** The token that is to be pushed is deleted by somebody. */
  const gone = (): void => void world.tokens.pop()
  const unfit = {code: 'PUSH_UNFIT', exit: 6, message: expect.stringMatching(/is dead/)}

  test('is not stored where its token died while a person was asked to approve it', async () => {
    world.behaviour.approval = 'approved'
    world.behaviour.approvalMs = 600_000
    const asked = pushOf(world)
    world.later(300_000, gone)
    await expect(pushSecret(asked, world.deps(store))).rejects.toMatchObject(unfit)
    expect([world.puts, world.secret?.lastEight]).toEqual([0, world.old.lastEight])
  })

  test('is not stored where its token died while the workspace came to rest', async () => {
    world.workspace.status = 'provisioning'
    world.later(5_000, gone)
    world.later(60_000, () => (world.workspace.status = 'online'))
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject(unfit)
    expect(world.puts).toBe(0)
  })

  test('is not sent once more where its token died while its lost answer was waited for', async () => {
    const failed = pushSecret(
      pushOf(world),
      answering(async () => (gone(), lost())),
    )
    await expect(failed).rejects.toMatchObject({code: 'PUSH_UNCONFIRMED', exit: 7})
    await expect(failed).rejects.toThrow(/No answer came\. A second try: The token .* is dead/)
    await expect(failed).rejects.not.toThrow(/Nothing was stored/)
    expect(world.puts).toBe(0)
  })

  test('is not sent while the workspace never comes to rest', async () => {
    world.workspace.status = 'provisioning'
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject({code: 'RESTART_TIMEOUT'})
    expect(world.puts).toBe(0)
  })
})

describe('a push of a rotation', () => {
  const pushing = async (thrown: Error) => {
    const deps = world.deps(store)
    const platform = {...deps.platform, putSecret: async () => Promise.reject(thrown)}
    const error: unknown = await rotate(rotation(), {...deps, platform}).catch((failure: unknown) => failure)
    const [summary] = await store.journal.list()
    return {error, told: (await store.journal.read(summary!.id)).map(({type}) => type)}
  }

  test('that the platform rejects is recorded as refused, and the candidate goes', async () => {
    const {error, told} = await pushing(new OpsError('PLATFORM_TOKEN_REJECTED', 'The platform rejects us.'))
    expect(error).toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
    expect(told).toContain('push_refused')
    expect(world.tokens).toHaveLength(1)
  })

  test('that a fault of ours broke off may have been sent: nothing is called refused, and nothing goes', async () => {
    const {told} = await pushing(new TypeError('a bug'))
    expect(told.at(-1)).toBe('push_intended')
    expect(world.tokens).toHaveLength(2)
  })
})
