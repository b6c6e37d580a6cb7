import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError, type Code} from '../../../src/errors.ts'
import {abortRotation, planRotation, resumeRotation, rotate, type RotationRequest} from '../../../src/rotation/index.ts'
import {Secret} from '../../../src/secret.ts'
import type {Store} from '../../../src/store/index.ts'
import {Crash, madeUpValue, request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const ask = (changes: Partial<RotationRequest> = {}) => request({onProofFailure: 'rollback', ...changes})
const go = (changes: Partial<RotationRequest> = {}) => rotate(ask(changes), world.deps(store))
const ending = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)
const names = (): string[] => world.tokens.map(({name}) => name)
const openIds = async (): Promise<string[]> => (await store.journal.list({open: true})).map(({id}) => id)

/** The number of the n-th call of this name in a rotation where nothing breaks. */
async function callNumber(name: string, nth = 1): Promise<number> {
  const other = new World()
  await rotate(ask(), other.deps(await storeInMemory()))
  const at = other.calls.flatMap((call, index) => (call === name ? [index + 1] : []))[nth - 1]
  if (at === undefined) throw new Error(`a rotation makes no ${nth}. call of ${name}`)
  return at
}

describe('the old value, read back', () => {
  it('rolls a failed proof back although nobody gave it', async () => {
    world.newTokensFail = true
    expect(await ending(go())).toMatchObject({code: 'ROLLED_BACK'})
    expect([names(), world.process.lastEight]).toEqual([['agent token'], world.old.lastEight])
    expect([world.leftAccess, world.warned, world.violations]).toEqual([[], '', []])
  })

  it('is read before the mint, with a workspace token that is gone by then, and is seen dead at the end', async () => {
    const {id} = await go()
    const order = world.calls.filter((call) => /[mM]int|secretValue|WorkspaceToken/.test(call))
    expect(order).toEqual(['mintWorkspaceToken', 'secretValue', 'revokeWorkspaceToken', 'mint'])
    expect((await store.journal.read(id)).at(-1)).toMatchObject({type: 'completed', oldValue: 'dead'})
  })

  it('stays out of the journal, and so does the workspace token', async () => {
    const old = world.old.value.reveal()
    const {id} = await go()
    const journal = JSON.stringify(await store.journal.read(id))
    expect(journal).toContain('"prefix":"wt-2----"')
    expect([journal.includes(old), journal.includes('wwww')]).toEqual([false, false])
  })

  it.each<[string, () => Promise<Partial<RotationRequest>>]>([
    [
      'is dead',
      async () => {
        world.old.name = 'patrol.dev-a.20261101.aaa'
        return {oldValue: madeUpValue(99), waive: {foreignRotation: true}}
      },
    ],
    [
      'was left behind by a rotation since',
      async () => {
        const left = world.old.value
        await go({overlapMs: 86_400_000})
        return {oldValue: left}
      },
    ],
  ])('makes up for a reference that %s, and says so', async (_, before) => {
    const changes = await before()
    const runsOn = world.process.lastEight
    world.newTokensFail = true
    expect(await ending(go(changes))).toMatchObject({code: 'ROLLED_BACK'})
    expect([world.process.lastEight, world.secret?.lastEight]).toEqual([runsOn, runsOn])
    expect(world.alive(runsOn)).toBe(true)
    const {warnings} = await planRotation(ask(changes), world.deps(store))
    expect(warnings.join()).toMatch(/The reference of the old token is stale: …\d{8} is .*It is left aside/)
    expect([world.leftAccess, world.violations]).toEqual([[], []])
  })

  it('is not looked for where the value given is the right one, whatever was proven of another secret', async () => {
    const left = world.old.value
    await go({overlapMs: 86_400_000})
    world.overwrite(left)
    await go({oldValue: left})
    expect(world.calls.filter((call) => call === 'mintWorkspaceToken')).toHaveLength(1)
  })

  it('tells which token the agent runs on where nothing else did', async () => {
    const [first, second] = ['20261101.aaa', '20261102.bbb'].map((rest) =>
      world.addToken(`patrol.dev-a.${rest}`, ['read:repository']),
    )
    world.tokens.shift()
    world.overwrite(first!.value)
    world.process.lastEight = first!.lastEight
    world.newTokensFail = true
    const waive = {foreignRotation: true}
    const plan = await planRotation(ask({waive}), world.deps(store))
    expect([plan.deployed, plan.warnings.join()]).toEqual([null, expect.stringContaining('unless the value')])
    expect(await ending(go({waive}))).toMatchObject({code: 'ROLLED_BACK'})
    expect([names(), world.process.lastEight]).toEqual([[first!.name, second!.name], first!.lastEight])
  })

  it.each<[string, (w: World) => Partial<RotationRequest> | void]>([
    ['was given', (w) => ({oldValue: w.old.value})],
    ['is not wanted (keep)', () => ({onProofFailure: 'keep'})],
    ['is of a workspace that is not online', (w) => void (w.workspace.status = 'degraded')],
    ['is of an external workspace', (w) => void (w.workspace.runtime = 'external')],
  ])('that %s is neither planned nor read', async (_, set) => {
    const wanted = ask(set(world) ?? {})
    const plan = await planRotation(wanted, world.deps(store))
    expect(plan.calls.map(({act}) => act)).not.toContain('read-back')
    await ending(rotate(wanted, world.deps(store)))
    expect(world.calls).not.toContain('mintWorkspaceToken')
    expect(world.calls).toContain('mint')
  })

  it('stands in the plan as the first write', async () => {
    const [first] = (await planRotation(ask(), world.deps(store))).calls
    expect(first).toMatchObject({act: 'read-back', method: 'POST', path: `/workspaces/${world.workspace.id}/tokens`})
    expect(first?.changes).toContain('for a rollback')
    expect(world.calls).not.toContain('mintWorkspaceToken')
  })

  it('of what can be no token is not used, for all that it ends like one', async () => {
    world.overwrite(new Secret(`token ${world.old.value.reveal()}`))
    world.newTokensFail = true
    expect(await ending(go())).toMatchObject({code: 'PROOF_FAILED'})
    expect(world.warned).toMatch(/holds 46 characters of a request's header; these tokens are 40 hex/)
  })

  it('of another token than the one that is replaced is not used', async () => {
    world.overwrite(madeUpValue(77))
    world.newTokensFail = true
    expect(await ending(go())).toMatchObject({code: 'PROOF_FAILED'})
    expect(world.warned).toContain('holds …00000077, not the token …00000001')
    expect(names()).toHaveLength(2)
  })

  it('of another token that is replaced, but that the agent does not run on, is not used', async () => {
    world.overwrite(world.addToken('patrol.dev-a.20261101.aaa', ['read:repository']).value)
    const known = {deployedLastEight: world.old.lastEight, waive: {foreignRotation: true}}
    expect(await go(known)).toMatchObject({phase: 'completed'})
    expect(world.warned).toContain('holds …00000002, not the token …00000001')
  })
})

describe('reading it back', () => {
  it('is not begun once the run is to stop', async () => {
    const stop = new AbortController()
    const deps = world.deps(store, {signal: stop.signal, on: () => stop.abort()})
    expect(await ending(rotate(ask(), deps))).toMatchObject({code: 'INTERRUPTED'})
    expect([world.calls.includes('workspaceTokens'), await openIds()]).toEqual([false, []])
  })

  it('needs nobody who listens', async () => {
    const {on: _, ...deps} = world.deps(store)
    const {id, warnings} = await rotate(ask(), deps)
    expect(warnings).toEqual([])
    expect((await store.journal.read(id)).at(-1)).toMatchObject({type: 'completed', oldValue: 'dead'})
  })

  it.each(['workspaceTokens', 'mintWorkspaceToken', 'secretValue', 'revokeWorkspaceToken'] as const)(
    'hides no fault of ours (in %s) behind a warning',
    async (call) => {
      const deps = world.deps(store)
      const platform = {...deps.platform, [call]: async () => Promise.reject(new TypeError('a bug'))}
      await expect(rotate(ask(), {...deps, platform})).rejects.toThrow('a bug')
      expect(world.warned).toBe('')
    },
  )
})

describe('a platform that does not let it be read', () => {
  const codes: Code[] = ['PLATFORM_UNEXPECTED', 'PLATFORM_TOKEN_REJECTED', 'PLATFORM_UNAVAILABLE', 'WRITE_IN_DOUBT']

  it.each(codes.flatMap((code) => [['tokenRefused', code] as const, ['valuesRefused', code] as const]))(
    '(%s: %s) is a warning; the rotation goes on and a failed proof keeps both tokens',
    async (where, code) => {
      world.behaviour[where] = new OpsError(code, 'The platform says no.')
      world.newTokensFail = true
      expect(await ending(go())).toMatchObject({code: 'PROOF_FAILED', category: 'incomplete'})
      expect(world.warned).toContain('could not be read back: The platform says no.')
      expect([names().length, world.leftAccess, world.violations]).toEqual([2, [], []])
    },
  )

  it('(a list without the key) is a warning as well', async () => {
    world.secret = undefined
    world.process.lastEight = ''
    await go()
    expect(world.warned).toContain('the platform does not list it')
    expect(world.leftAccess).toEqual([])
  })
})

describe('the workspace token', () => {
  const lost = new OpsError('PLATFORM_UNREACHABLE', 'No answer.')

  it('is revoked although Ctrl-C came while the value was read', async () => {
    const stop = new AbortController()
    const deps = world.deps(store, {signal: stop.signal})
    const platform = {
      ...deps.platform,
      secretValue: async () => {
        stop.abort()
        throw new OpsError('INTERRUPTED', 'Interrupted.')
      },
    }
    expect(await ending(rotate(ask(), {...deps, platform}))).toMatchObject({code: 'INTERRUPTED', exit: 130})
    expect([world.leftAccess, names(), await openIds(), world.warned]).toEqual([[], ['agent token'], [], ''])
  })

  it('that a crash left behind is revoked by the resume, which reads the value again', async () => {
    world.newTokensFail = true
    world.fault = [{at: await callNumber('secretValue'), kind: 'crash-after'}]
    expect(await ending(go())).toBeInstanceOf(Crash)
    expect(world.leftAccess).toHaveLength(1)
    world.revive()
    expect(await ending(resumeRotation((await openIds())[0]!, world.deps(store)))).toMatchObject({code: 'ROLLED_BACK'})
    expect([world.leftAccess, names(), world.violations]).toEqual([[], ['agent token'], []])
  })

  it.each(['abort', 'rotate'] as const)('that a crash left behind is revoked by the next %s', async (what) => {
    world.fault = [{at: await callNumber('secretValue'), kind: 'crash-before'}]
    await ending(go())
    world.revive()
    if (what === 'abort') await abortRotation((await openIds())[0]!, world.deps(store))
    else await go()
    expect([world.leftAccess, await openIds(), world.violations]).toEqual([[], [], []])
  })

  it('that a crash left before its prefix was known is named, and nobody else’s is revoked', async () => {
    world.fault = [{at: await callNumber('mintWorkspaceToken'), kind: 'crash-after'}]
    await ending(go())
    world.revive()
    const [id] = await openIds()
    const stranger = world.addAccess(false).id
    const left = world.leftAccess[0]!
    await resumeRotation(id!, world.deps(store))
    expect(world.warned).toContain(`may be ours; revoke it unless you know it: ${left}, ${stranger}.`)
    expect((await store.journal.read(id!)).find(({type}) => type === 'readback_settled')).toMatchObject({
      left: [left, stranger],
    })
    expect(world.violations).toEqual([])
  })

  it('whose mint got no usable answer is found by looking, and revoked', async () => {
    world.fault = [{at: await callNumber('mintWorkspaceToken'), kind: 'lost-after'}]
    const {phase} = await go()
    expect([phase, world.leftAccess, world.violations]).toEqual(['completed', [], []])
    expect(world.warned).toContain('could not be read back')
  })

  it('whose mint got no usable answer, and that can not be revoked at once either, is revoked at the end', async () => {
    const deps = world.deps(store)
    let tries = 0
    const revokeWorkspaceToken: typeof deps.platform.revokeWorkspaceToken = async (...given) => {
      if (tries++ === 0) throw lost
      return deps.platform.revokeWorkspaceToken(...given)
    }
    world.fault = [{at: await callNumber('mintWorkspaceToken'), kind: 'lost-after'}]
    const {phase} = await rotate(ask(), {...deps, platform: {...deps.platform, revokeWorkspaceToken}})
    expect([phase, world.leftAccess, world.violations]).toEqual(['completed', [], []])
    expect(world.warned).toContain('The workspace token wt-2----… of ours may be left in dev-a; the next run')
  })

  it('whose mint got no usable answer may be left where nobody can look, and is said to be', async () => {
    const deps = world.deps(store)
    let minted = false
    const platform: typeof deps.platform = {
      ...deps.platform,
      mintWorkspaceToken: async () => {
        minted = true
        throw new OpsError('WRITE_IN_DOUBT', 'No answer.')
      },
      workspaceTokens: async (...given) => (minted ? Promise.reject(lost) : deps.platform.workspaceTokens(...given)),
    }
    expect(await ending(rotate(ask(), {...deps, platform}))).toMatchObject({code: 'WORKSPACE_TOKEN_LEFT'})
    expect(world.warned).toContain('A workspace token of ours may be left in dev-a; the next run on this rotation')
    expect(world.warned).not.toContain('undefined')
  })

  it('is none that somebody else mints while ours is refused', async () => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      mintWorkspaceToken: async () => {
        // One that nobody has used yet, as ours would be.
        world.addAccess(true)
        throw new OpsError('PLATFORM_TOKEN_REJECTED', 'No.')
      },
    }
    await rotate(ask(), {...deps, platform})
    expect(world.leftAccess).toEqual(['wt-2'])
  })

  it('that comes late, after its mint got no answer, is found at the second look', async () => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      mintWorkspaceToken: () => {
        world.later(1_000, () => world.addAccess(true))
        return Promise.reject(new OpsError('WRITE_IN_DOUBT', 'No answer.'))
      },
    }
    const {phase} = await rotate(ask(), {...deps, platform})
    expect([phase, world.leftAccess, world.violations]).toEqual(['completed', [], []])
  })

  it.each<[string, (w: World) => void]>([
    ['another came at the same time', (w) => void w.addAccess(false)],
    ['it is in use already', (w) => void (w.access.at(-1)!.ours = false)],
    ['the workspace boots meanwhile', (w) => void (w.workspace.status = 'provisioning')],
  ])('whose mint got no usable answer is named, not revoked, where %s', async (_, meanwhile) => {
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      mintWorkspaceToken: () => {
        world.addAccess(true)
        meanwhile(world)
        return Promise.reject(new OpsError('WRITE_IN_DOUBT', 'No answer.'))
      },
    }
    await ending(rotate(ask(), {...deps, platform}))
    expect(world.warned).toMatch(/may be ours; revoke it unless you know it: wt-2/)
    expect(world.access.map(({id}) => id)).toContain('wt-2')
    expect(world.violations).toEqual([])
    const [rotation] = await store.journal.list()
    expect((await store.journal.read(rotation!.id)).map(({type}) => type)).not.toContain('readback_minted')
  })

  it('that could not be revoked at once is revoked at the end, and said to be left meanwhile', async () => {
    world.fault = [{at: await callNumber('revokeWorkspaceToken'), kind: 'lost-before'}]
    const {phase} = await go()
    expect(world.warned).toContain('The workspace token wt-2----… of ours may be left in dev-a')
    expect(world.warned).toMatch(
      /unless this one does at its end\. [^]*\nNo workspace token of ours is left in dev-a any more\.$/,
    )
    expect([phase, world.leftAccess]).toEqual(['completed', []])
  })

  it('that cannot be revoked keeps the rotation open at its end; a resume revokes it', async () => {
    const deps = world.deps(store)
    const platform = {...deps.platform, revokeWorkspaceToken: async () => Promise.reject(lost)}
    expect(await ending(rotate(ask(), {...deps, platform}))).toMatchObject({code: 'WORKSPACE_TOKEN_LEFT', exit: 7})
    expect(world.warned).not.toContain('any more')
    const [id] = await openIds()
    expect(await resumeRotation(id!, world.deps(store))).toMatchObject({phase: 'completed'})
    expect([world.leftAccess, await openIds(), world.violations]).toEqual([[], [], []])
  })

  it('that could not be revoked at once is revoked when the rotation ends otherwise, too', async () => {
    world.newTokensFail = true
    world.fault = [{at: await callNumber('revokeWorkspaceToken'), kind: 'lost-before'}]
    expect(await ending(go())).toMatchObject({code: 'ROLLED_BACK'})
    expect(world.leftAccess).toEqual([])
  })

  it('that may be left makes any other error incomplete, for something was changed', async () => {
    const deps = world.deps(store)
    const platform = {...deps.platform, revokeWorkspaceToken: async () => Promise.reject(lost)}
    const append: typeof deps.journal.append = async (entry) => {
      if (entry.event.type === 'mint_intended') throw new OpsError('STORE_FULL', 'The disk is full.')
      await deps.journal.append(entry)
    }
    const error = await ending(rotate(ask(), {...deps, platform, journal: {...deps.journal, append}}))
    expect(error).toMatchObject({code: 'STORE_FULL', category: 'incomplete'})
    expect(String(error)).toContain('A workspace token of ours may be left')
  })

  it('that a restart took away already is no trouble (Docker, April)', async () => {
    world.behaviour.bootRevokes = true
    world.fault = [{at: await callNumber('revokeWorkspaceToken'), kind: 'lost-before'}]
    const {phase} = await go()
    expect([phase, world.leftAccess, world.violations]).toEqual(['completed', [], []])
  })

  it('that may be left keeps an interrupted rotation open, whose error says so and how to go on', async () => {
    const stop = new AbortController()
    const deps = world.deps(store, {signal: stop.signal})
    const platform = {
      ...deps.platform,
      secretValue: async () => {
        stop.abort()
        throw new OpsError('INTERRUPTED', 'Interrupted.')
      },
      revokeWorkspaceToken: async () => Promise.reject(lost),
    }
    const error = await ending(rotate(ask(), {...deps, platform}))
    const [id] = await openIds()
    expect(error).toMatchObject({code: 'INTERRUPTED', suggestions: [`patrol rotation resume ${id}`]})
    expect(String(error)).toContain('A workspace token of ours may be left in dev-a')
    expect(await ending(rotate(ask(), {...world.deps(store), platform}))).toMatchObject({code: 'ROTATION_OPEN'})
    await go()
    expect([world.leftAccess, await openIds()]).toEqual([[], []])
  })
})
