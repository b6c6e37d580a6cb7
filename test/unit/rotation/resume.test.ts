import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  resumeRotation,
  rotate,
  type ActName,
  type StoryProgress,
  type RotationDeps,
  type RotationRequest,
} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {madeUpValue, request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const open = async () => (await store.journal.list({open: true}))[0]!.id
const resume = async (options = {}, deps: RotationDeps = world.deps(store)) =>
  resumeRotation(await open(), deps, options)
const names = () => world.tokens.map(({name}) => name)
const timesCalled = (call: string) => world.calls.filter((each) => each === call).length

/** The work of a process that dies when this act begins. */
async function dyingIn<T>(act: ActName, work: (deps: RotationDeps) => Promise<T>): Promise<void> {
  const on = (item: StoryProgress): void => {
    if (item.kind === 'act' && item.act === act && item.state === 'started') {
      world.fault = [{at: world.calls.length + 1, kind: 'crash-before'}]
    }
  }
  await work(world.deps(store, {on})).catch(() => {})
  world.revive()
  world.fault = []
}
const brokenOff = (ask: Partial<RotationRequest> = {}) => dyingIn('probe', (deps) => rotate(request(ask), deps))

describe('a resume of what reached no workspace', () => {
  it('looks at the workspace again, and takes the flags that it is given', async () => {
    await brokenOff()
    world.workspace.activeTasks = 2
    await expect(resume()).rejects.toMatchObject({code: 'GUARD_ACTIVE_TASKS', exit: 7})
    await expect(resume({waive: {unknownKind: true}})).rejects.toMatchObject({code: 'GUARD_ACTIVE_TASKS'})
    expect(await resume({waive: {activeTasks: true}})).toMatchObject({phase: 'completed'})
  })

  it('keeps the flags of the rotation: one that is not given now takes nothing back', async () => {
    world.workspace.activeTasks = 2
    await brokenOff({waive: {activeTasks: true}})
    expect(await resume({waive: {activeTasks: false}})).toMatchObject({phase: 'completed'})
  })

  it.each([
    ['without the old value', () => ({}), 1],
    ['with another one', () => ({oldValue: madeUpValue(77)}), 1],
    ['with the old value', () => ({oldValue: world.old.value}), 0],
  ])('%s reads it back where a rollback needs it: %#', async (_, options, times) => {
    await brokenOff({onProofFailure: 'rollback', oldValue: world.old.value})
    await resume(options())
    expect(timesCalled('secretValue')).toBe(times)
  })

  it('reads nothing back while a deletion is under way', async () => {
    await brokenOff({onProofFailure: 'rollback', oldValue: world.old.value})
    await dyingIn('discard', async (deps) => resume({}, deps))
    expect(timesCalled('secretValue')).toBe(1)
    expect(await resume()).toMatchObject({phase: 'completed'})
    expect(timesCalled('secretValue')).toBe(1)
  })

  it('settles a mint that was under way first, and reads nothing back before', async () => {
    await dyingIn('mint', (deps) => rotate(request({onProofFailure: 'rollback'}), deps))
    expect(await resume()).toMatchObject({phase: 'completed'})
    expect(timesCalled('secretValue')).toBe(1)
  })

  it('of an external agent stores the new token and leaves the restart to its operator, as the rotation does', async () => {
    world.workspace.runtime = 'external'
    world.behaviour.autoRestartMs = undefined
    await brokenOff()
    await expect(resume()).rejects.toMatchObject({
      code: 'EXTERNAL_RESTART',
      message: expect.stringContaining('restart dev-a where it runs, then resume'),
    })
    expect([world.puts, timesCalled('smoke')]).toEqual([1, 0])
  })

  it('says that its workspace is gone, by name, before anything else', async () => {
    await brokenOff()
    world.removeWorkspace()
    await expect(resume()).rejects.toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
      message: expect.stringContaining(`no workspace dev-a (${world.workspace.id}) any more`),
      suggestions: [`patrol rotation resume ${await open()}`, `patrol rotation abort ${await open()}`],
    })
    expect(names()).toHaveLength(2)
  })
})

describe('a resume of what was stored', () => {
  it('asks no more whether the workspace is idle: the restart is behind it', async () => {
    world.agentDeaf = true
    await rotate(request(), world.deps(store)).catch(() => {})
    world.agentDeaf = false
    world.workspace.activeTasks = 2
    expect(await resume()).toMatchObject({phase: 'completed'})
  })
})

describe('a resume of what is being undone', () => {
  it('needs no workspace for that', async () => {
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    await dyingIn('discard', (deps) => rotate(request(), deps))
    world.removeWorkspace()
    await expect(resume()).rejects.toMatchObject({code: 'ROLLED_BACK'})
    expect(names()).toEqual(['agent token'])
  })
})

describe('an abort', () => {
  it('of what reached no workspace leaves no new token, and names none as the one that serves', async () => {
    await brokenOff()
    expect(await abortRotation(await open(), world.deps(store))).toMatchObject({phase: 'rolled_back', candidate: null})
    expect(names()).toEqual(['agent token'])
  })
})

describe('a rotation that is stopped before it sends anything', () => {
  /** Its end can't be written down, for this reason. */
  const stopped = (why: Error) => {
    const deps = world.deps(store, {signal: AbortSignal.abort()})
    const append: RotationDeps['journal']['append'] = async (entry) => {
      if (entry.event.type === 'abort_requested') throw why
      await deps.journal.append(entry)
    }
    return rotate(request(), {...deps, journal: {...deps.journal, append}})
  }

  it('says so although its end can not be written down; the next one writes it', async () => {
    const error: unknown = await stopped(new OpsError('STORE_FULL', 'The disk is full.')).catch((thrown) => thrown)
    const left = await open()
    expect(error).toMatchObject({code: 'INTERRUPTED', suggestions: [`patrol rotation resume ${left}`]})
    expect(await rotate(request(), world.deps(store))).toMatchObject({phase: 'completed'})
    expect((await store.journal.read(left)).at(-1)).toMatchObject({type: 'closed'})
  })

  it('hides no fault of ours behind that', async () => {
    await expect(stopped(new TypeError('a bug'))).rejects.toThrow('a bug')
  })
})

it('a rotation reads no journal of one that is over: a damaged one stands in nobody’s way', async () => {
  const {id} = await rotate(request(), world.deps(store))
  const deps = world.deps(store)
  const read: RotationDeps['journal']['read'] = async (asked) => {
    if (asked === id) throw new OpsError('JOURNAL_UNREADABLE', `Event 3 of rotation ${id} can't be read.`)
    return deps.journal.read(asked)
  }
  const next = await rotate(request(), {...deps, journal: {...deps.journal, read}})
  expect(next).toMatchObject({phase: 'completed', warnings: []})
})

it('a rotation whose mint may still come to pass is not forgotten, whatever ends the run', async () => {
  const whole = new World()
  await rotate(request(), whole.deps(await storeInMemory()))
  world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'lost-before'}]
  world.behaviour.lateMintMs = 60_000
  const deps = world.deps(store)
  let looks = 0
  const list: RotationDeps['tokens']['list'] = async (user) => {
    // Two looks for the token of the lost mint; the third comes before another one.
    if (timesCalled('mint') > 0 && ++looks > 2) throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
    return deps.tokens.list(user)
  }
  await expect(rotate(request(), {...deps, tokens: {...deps.tokens, list}})).rejects.toMatchObject({
    code: 'GITEA_UNREACHABLE',
    message: expect.stringContaining('A new token may still come of a mint whose answer was lost'),
    exit: 7,
  })
  world.fault = []
  world.advance(60_000)
  expect(names()).toHaveLength(2)
  const {candidate} = await resume()
  expect(names()).toEqual([candidate?.name])
})
