import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import type {WorkspaceMaker} from '../../../src/onboarding/ports.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'
import {WORKSPACE} from '../../support/world.ts'

const last = async (world: NewcomerWorld): Promise<unknown> => (await world.journal()).at(-1)
const types = async (world: NewcomerWorld): Promise<string[]> => (await world.journal()).map(({type}) => type)
const withMaker =
  (change: (maker: WorkspaceMaker) => Partial<WorkspaceMaker>) =>
  ({maker}: OnboardingDeps): Partial<OnboardingDeps> => ({maker: {...maker, ...change(maker)}})
/** Another workspace of the agent's name. */
const twin = (world: NewcomerWorld) => ({...world.workspace, id: 'twin-0001', name: NAME, status: 'online' as const})

describe('the workspace that is named', () => {
  it('by an id is that one', async () => {
    using world = await NewcomerWorld.open()
    world.furnish()
    expect((await world.plan(newcomer({workspace: WORKSPACE}))).workspace).toEqual({
      id: WORKSPACE,
      name: NAME,
    })
    expect(world.calls).not.toContain('named')
  })

  it('by an id gets its token, and is looked for by no name', async () => {
    using world = await NewcomerWorld.open()
    world.furnish()
    expect(await world.run(newcomer({workspace: WORKSPACE}))).toMatchObject({outcome: 'onboarded'})
    expect(world.calls).not.toContain('named')
  })

  it('by an id in capitals is asked for as an id', async () => {
    using world = await NewcomerWorld.open()
    await expect(world.plan(newcomer({workspace: 'AAAAAAAA-2222-4333-8444-555555555555'}))).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
      message: expect.stringContaining('A workspace is created by name, never by id.'),
      suggestions: ['put the name of the new workspace into patrol.yaml as the workspace of agent-new'],
    })
  })

  it.each(['x11111111-2222-4333-8444-555555555555', '11111111-2222-4333-8444-555555555555x'])(
    'like an id, yet more than one (%s), is a name',
    async (workspace) => {
      using world = await NewcomerWorld.open()
      expect((await world.plan(newcomer({workspace}))).workspace).toEqual({name: workspace, id: null})
    },
  )

  it('and is there twice is nobody’s to choose', async () => {
    using world = await NewcomerWorld.open()
    world.twins.push(twin(world), {...twin(world), id: 'twin-0002'})
    await expect(world.plan(newcomer())).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS', category: 'usage'})
  })

  it('and can not be asked for just now is not called unknown', async () => {
    using world = await NewcomerWorld.open()
    const away = ({platform}: OnboardingDeps): Partial<OnboardingDeps> => ({
      platform: {
        ...platform,
        resolve: async () => {
          throw new OpsError('PLATFORM_UNREACHABLE', 'No answer.')
        },
      },
    })
    await expect(world.plan(newcomer({workspace: WORKSPACE}), away)).rejects.toMatchObject({
      code: 'PLATFORM_UNREACHABLE',
    })
  })
})

describe('a workspace that is to be created', () => {
  it.each([
    ['while it was probed', 'probe', undefined],
    ['while a create without an answer was waited for', 'create', 'lost-before'],
  ] as const)('is not, with a token that somebody deleted %s, and the next run mints another', async (_, at, lost) => {
    using world = await NewcomerWorld.open()
    if (lost) world.strike(at, lost)
    const gone = ({maker, prober}: OnboardingDeps): Partial<OnboardingDeps> => ({
      prober: {
        ...prober,
        probe: async (...of) => {
          const report = await prober.probe(...of)
          if (at === 'probe') world.tokens.pop()
          return report
        },
      },
      maker: {
        ...maker,
        create: async (...of) =>
          maker.create(...of).catch((error: unknown) => {
            world.tokens.pop()
            throw error
          }),
      },
    })
    await expect(world.run(newcomer(), gone)).rejects.toMatchObject({code: 'CANDIDATE_GONE'})
    expect(world.writes.filter((name) => name === 'create')).toHaveLength(lost ? 1 : 0)
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens).toHaveLength(1)
  })

  it('is not, where one came since', async () => {
    using world = await NewcomerWorld.open()
    world.after('probe', () => world.furnish())
    await world.run(newcomer())
    expect(world.writes).not.toContain('create')
    expect(await types(world)).toContain('workspace_found')
  })

  it('is not, where two came since', async () => {
    using world = await NewcomerWorld.open()
    world.after('probe', () => world.twins.push(twin(world), {...twin(world), id: 'twin-0002'}))
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'WORKSPACE_AMBIGUOUS',
      message: expect.stringContaining('2 workspaces are named "agent-new": twin-0001 (online), twin-0002 (online).'),
      suggestions: [
        expect.stringContaining('put the id of the right one into patrol.yaml'),
        'patrol onboard agent-new',
      ],
    })
    expect(world.writes).not.toContain('create')
  })

  it.each([
    [
      'agent-new (2)',
      0,
      'AMBIGUOUS 2 workspaces are named "agent-new": made (online), twin-0001 ("agent-new (2)", online).',
    ],
    ['agent-new (2)', 11 * 60_000, 'completed'],
    ['agent-new (2)', Infinity, 'completed'],
    ['agent-new', Infinity, 'AMBIGUOUS 2 workspaces are named "agent-new": made (online), twin-0001 (online).'],
    ['agent-newer', 0, 'completed'],
  ])('has a twin in "%s", whose secret came %s ms before: %s', async (name, before, wanted) => {
    using world = await NewcomerWorld.open()
    world.after('create', () => world.twins.push({...twin(world), name}))
    const aged = ({platform}: OnboardingDeps): Partial<OnboardingDeps> => ({
      platform: {
        ...platform,
        secretRow: async (id, key) => {
          const row = await platform.secretRow(id, key)
          if (id !== 'twin-0001' || row?.scope !== 'workspace') return row
          // Its secret never came.
          if (before === Infinity) return undefined
          return {...row, updatedAt: new Date(Date.parse(row.updatedAt) - before).toISOString()}
        },
      },
    })
    const ended = await world.run(newcomer(), aged).then(
      () => 'completed',
      (error: unknown) => (error instanceof OpsError ? `${error.code} ${error.message}` : error),
    )
    expect(String(ended).replace('WORKSPACE_', '').replace(world.workspace.id, 'made')).toContain(wanted)
  })

  it('and is refused leaves no token', async () => {
    using world = await NewcomerWorld.open()
    const refused = withMaker(() => ({
      create: async () => {
        throw new OpsError('WORKSPACE_REFUSED', 'No more workspaces.')
      },
    }))
    await expect(world.run(newcomer(), refused)).rejects.toMatchObject({
      code: 'WORKSPACE_REFUSED',
      category: 'incomplete',
    })
    expect(await types(world)).toContain('create_refused')
    expect(world.tokens).toEqual([])
  })

  it('and breaks by a mistake of ours stays in doubt', async () => {
    using world = await NewcomerWorld.open()
    const mistake = new TypeError('a mistake')
    const broken = withMaker(() => ({
      create: async () => {
        throw mistake
      },
    }))
    await expect(world.run(newcomer(), broken)).rejects.toBe(mistake)
    expect(await last(world)).toMatchObject({type: 'create_intended'})
  })

  it('once more, and is refused, keeps the token that the first create may still bring', async () => {
    using world = await NewcomerWorld.open()
    let times = 0
    const lostThenRefused = withMaker(() => ({
      create: async () => {
        throw new OpsError(++times === 1 ? 'WRITE_IN_DOUBT' : 'WORKSPACE_REFUSED', 'No.')
      },
    }))
    await expect(world.run(newcomer(), lostThenRefused)).rejects.toMatchObject({code: 'WORKSPACE_REFUSED'})
    expect(world.tokens).toHaveLength(1)
    // It came after all, and runs on that token.
    world.furnish(world.tokens[0])
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens).toHaveLength(1)
    expect(world.violations).toEqual([])
  })

  it('whose create is answered never is left after two', async () => {
    using world = await NewcomerWorld.open()
    let times = 0
    const lost = withMaker(() => ({
      create: async () => {
        times++
        throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
      },
    }))
    await expect(world.run(newcomer(), lost)).rejects.toMatchObject({
      code: 'ONBOARDING_IN_DOUBT',
      message: expect.stringContaining('"create"'),
    })
    expect(times).toBe(2)
    expect(world.tokens).toHaveLength(1)
  })

  it('keeps its token when that can not be written down', async () => {
    using world = await NewcomerWorld.open()
    let full = true
    const store = ({onboardings}: OnboardingDeps): Partial<OnboardingDeps> => ({
      onboardings: {
        ...onboardings,
        append: async (entry) => {
          if (entry.event.type !== 'created' || !full) return onboardings.append(entry)
          full = false
          throw new OpsError('STORE_FULL', 'The disk is full.')
        },
      },
    })
    await expect(world.run(newcomer(), store)).rejects.toMatchObject({
      category: 'incomplete',
      message: expect.stringContaining('whether the workspace agent-new was created is not known'),
    })
    expect(world.tokens).toHaveLength(1)
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.writes.filter((name) => name === 'create')).toHaveLength(1)
    expect(world.violations).toEqual([])
  })
})

describe('a create whose answer was lost', () => {
  it('is found by the name', async () => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-after')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(await types(world)).toContain('create_settled')
    expect(world.writes.filter((name) => name === 'create')).toHaveLength(1)
  })

  it('is looked for as long as it may take, and then sent again by the process that has the value', async () => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-before')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    const [intended, settled] = (await world.journal()).filter(({type}) => /^create_(?:intended|settled)$/.test(type))
    expect(settled!.at - intended!.at).toBeGreaterThanOrEqual(150_000)
    expect(settled!.at - intended!.at).toBeLessThan(160_000)
    expect(settled).toMatchObject({workspace: null, stored: false})
    expect(world.tokens).toHaveLength(1)
  })

  it.each([
    ['no longer than a restart may take', {restartTimeoutMs: 30_000}, 30_000],
    ['at least once more', {lostRestartWaitMs: 10, settleWaitMs: 7_000}, 7_000],
  ])('is looked for %s', async (_, timing, ms) => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-before')
    await world.run(newcomer(), {timing})
    const [intended, settled] = (await world.journal()).filter(({type}) => /^create_(?:intended|settled)$/.test(type))
    expect(Math.abs(settled!.at - intended!.at - ms)).toBeLessThan(1_000)
  })

  it('is looked for under the lease', async () => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-before')
    const renewed: number[] = []
    await world.run(newcomer(), ({leases}) => ({
      timing: {lostRestartWaitMs: 14 * 60_000},
      leases: {...leases, renew: async (...lease) => (renewed.push(world.now), leases.renew(...lease))},
    }))
    const [intended, settled] = (await world.journal()).filter(({type}) => /^create_(?:intended|settled)$/.test(type))
    expect(renewed.filter((at) => at > intended!.at && at < settled!.at)).toHaveLength(2)
  })

  it('is looked for by the next run only for what is left of that time', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    world.advance(1_000_000)
    const before = world.now
    await world.run(newcomer())
    const settled = (await world.journal()).find(({type}) => type === 'create_settled')
    expect(settled!.at - before).toBeLessThan(5_000)
    // The value died with the first process.
    expect(await types(world)).toContain('value_lost')
    expect(world.tokens).toHaveLength(1)
  })

  it('and brought two is for people to look at', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-after', newcomer())
    world.twins.push(twin(world))
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS'})
  })

  it('and brought two is incomplete', async () => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-after')
    const two = withMaker((maker) => ({
      named: async (name) => {
        const found = await maker.named(name)
        return found.length > 0 ? [...found, twin(world)] : found
      },
    }))
    await expect(world.run(newcomer(), two)).rejects.toMatchObject({
      code: 'WORKSPACE_AMBIGUOUS',
      category: 'incomplete',
      message: expect.stringContaining(`2 workspaces are named "agent-new": ${WORKSPACE} (`),
    })
    expect(world.tokens).toHaveLength(1)
  })

  it('and brought two late does not keep a token that never went out', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    await world.broken('journal minted', 'crash-after', newcomer())
    const [sent, unused] = world.tokens
    world.after('labels', () => world.twins.push(twin(world), {...twin(world), id: 'twin-0002'}))
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS'})
    expect(unused).toBeDefined()
    expect(world.tokens).toEqual([sent])
  })

  it('and brought one without our secret leaves that to a rotation', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    world.furnish()
    await world.run(newcomer())
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'create_settled', stored: false}))
    expect(await types(world)).toContain('rotation_ended')
    expect(world.tokens).toHaveLength(1)
  })

  it('and brought a second one late is told before anything is deleted', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    world.after('create', () => world.twins.push(twin(world)))
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS', category: 'incomplete'})
    expect(world.tokens).toHaveLength(2)
  })

  it('and whose workspace a list lacks beside another of the name is not at its end', async () => {
    using world = await NewcomerWorld.open()
    const other = withMaker(() => ({alike: async () => [twin(world)]}))
    await expect(world.run(newcomer(), other)).rejects.toMatchObject({
      code: 'PLATFORM_UNEXPECTED',
      category: 'incomplete',
      message: expect.stringContaining(`lacks the workspace agent-new (${WORKSPACE})`),
    })
    expect((await types(world)).at(-1)).toBe('proven')
  })

  it('and brought a second one late is told before the end, where nothing is to be deleted', async () => {
    using world = await NewcomerWorld.open()
    world.after('smoke', () => world.twins.push(twin(world)))
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'WORKSPACE_AMBIGUOUS'})
    expect((await types(world)).at(-1)).toBe('proven')
  })
})

describe('a new workspace', () => {
  const START_AGAIN = 'patrol restart agent-new'

  it('that takes long to come online keeps the lease meanwhile', async () => {
    using world = await NewcomerWorld.open()
    world.behaviour.bootMs = 14 * 60_000
    const renewed: number[] = []
    const counting = ({leases}: OnboardingDeps): Partial<OnboardingDeps> => ({
      leases: {...leases, renew: async (...lease) => (renewed.push(world.now), leases.renew(...lease))},
    })
    expect(await world.run(newcomer(), counting)).toMatchObject({outcome: 'onboarded'})
    const created = (await world.journal()).find(({type}) => type === 'created')!.at
    const meanwhile = renewed.filter((at) => at > created && at < created + world.behaviour.bootMs)
    expect(meanwhile).toHaveLength(2)
  })

  it('that does not come online in time is told as it is', async () => {
    using world = await NewcomerWorld.open()
    world.behaviour.bootMs = 16 * 60_000
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'ONLINE_TIMEOUT',
      message: expect.stringContaining('did not come online in 15 min; it is provisioning.'),
      suggestions: ['patrol onboarding abort agent-new', 'patrol onboard agent-new'],
      ref: 'docs/runbooks/onboarding-incomplete.md',
    })
  })

  it.each([
    ['for good', 'provision aborted: no', undefined, 5_000, []],
    [
      'for good (june28)',
      'template "x" for runtime "y" not in cache; refusing to substitute a default',
      undefined,
      5_000,
      [],
    ],
    ['for good (aug14)', 'missing required env var "K"', undefined, 5_000, []],
    ['perhaps for now', 'image pull backoff', undefined, 65_000, [START_AGAIN]],
    ['since the platform waited no longer', 'bootstrap slow', 'bootstrap_watcher', 15 * 60_000, [START_AGAIN]],
  ])('that fails %s is waited for accordingly', async (_, reason, gaveUp, ms, first) => {
    using world = await NewcomerWorld.open()
    Object.assign(world.behaviour, {restartFails: reason, gaveUp})
    const began = world.now
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'ONLINE_FAILED',
      message: expect.stringContaining(`agent-new went to failed: ${reason}`),
      suggestions: [...first, 'patrol onboard agent-new'],
    })
    expect(world.now - began).toBeGreaterThanOrEqual(ms)
    expect(world.now - began).toBeLessThan(ms + 20_000)
    expect(world.tokens).toHaveLength(1)
  })

  it('that fails without a reason may still come online', async () => {
    using world = await NewcomerWorld.open()
    const moody = ({platform}: OnboardingDeps): Partial<OnboardingDeps> => {
      let looks = 0
      return {
        platform: {
          ...platform,
          read: async (...asked) => {
            const workspace = await platform.read(...asked)
            return ++looks <= 3 ? {...workspace, status: 'failed', lastSampleError: undefined} : workspace
          },
        },
      }
    }
    expect(await world.run(newcomer(), moody)).toMatchObject({outcome: 'onboarded'})
  })

  it('that is not failed is waited for, whatever an earlier start ended with', async () => {
    using world = await NewcomerWorld.open()
    world.workspace.lastSampleError = 'provision aborted: no'
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
  })

  it('that is removed while it is set up is told so', async () => {
    using world = await NewcomerWorld.open()
    world.after('create', () => (world.workspace.status = 'removed'))
    await expect(world.run(newcomer())).rejects.toMatchObject({
      code: 'ONLINE_FAILED',
      message: expect.stringContaining('was removed while it was being set up'),
      suggestions: ['patrol onboard agent-new'],
    })
    expect(await last(world)).toMatchObject({type: 'created'})
  })

  it('tells whoever listens what it waits for', async () => {
    using world = await NewcomerWorld.open()
    world.strike('create', 'lost-after')
    await world.run(newcomer())
    expect(world.progress.flatMap((item) => (item.kind === 'waiting' ? [item.detail] : []))).toEqual([
      'looking whether agent-new was created',
      'waiting for agent-new to come online',
    ])
  })

  it('needs nobody to listen', async () => {
    using world = await NewcomerWorld.open()
    world.listens = false
    world.strike('create', 'lost-after')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
  })
})
