import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {describe, expect, it, onTestFinished} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  finishDue,
  planMint,
  resumeRotation,
  rotate,
  type RotationDeps,
} from '../../../src/rotation/index.ts'
import {openStore, type Store} from '../../../src/store/index.ts'
import {mintOf, request, storeInMemory, World} from '../../support/world.ts'

/**
 * A rotation that comes to its end with one store, and another store that was copied from that just before its first mint
 * was answered, or while it waited for an approval; `died`: the run that minted did, so a later one mints anew.
 */
async function copied({died = false, at = 'mint'}: {died?: boolean; at?: 'mint' | 'approval'} = {}): Promise<{
  world: World
  older: Store
  id: string
  runsOn: string
}> {
  const dir = await mkdtemp(join(tmpdir(), 'patrol-outdated-'))
  onTestFinished(() => rm(dir, {recursive: true, force: true}))
  const [file, copy] = [join(dir, 'patrol.db'), join(dir, 'copy.db')]
  const world = new World()
  const store = await openStore(file)
  const deps = world.deps(store)
  let isCopied = false
  const copyOnce = (): boolean => {
    if (isCopied) return false
    isCopied = true
    const db = new DatabaseSync(file)
    db.exec(`vacuum into '${copy}'`)
    db.close()
    return true
  }
  const mint: typeof deps.tokens.mint = async (...asked) => {
    const isFirst = at === 'mint' && copyOnce()
    const minted = await deps.tokens.mint(...asked)
    if (isFirst && died) throw new Error('it died')
    return minted
  }
  const approval: typeof deps.platform.approval = async (...asked) => {
    copyOnce()
    return deps.platform.approval(...asked)
  }
  if (at === 'approval') world.behaviour.approval = 'approved'
  const seen = {...deps, tokens: {...deps.tokens, mint}, platform: {...deps.platform, approval}}
  await rotate(request(), seen).catch(() => {})
  const [open] = await store.journal.list()
  if (died) await resumeRotation(open!.id, seen)
  expect(await store.journal.list()).toMatchObject([{phase: 'completed'}])
  store.close()
  // The lease that was copied as well.
  world.advance(3_600_000)
  const older = await openStore(copy)
  onTestFinished(() => older.close())
  return {world, older, id: open!.id, runsOn: world.process.lastEight}
}

it('a token that a copy of the journal put to use is no lost mint', async () => {
  const {world, older, id, runsOn} = await copied()
  // It is left, another one is minted, and that gives way to what is stored by now.
  await expect(resumeRotation(id, world.deps(older))).rejects.toMatchObject({code: 'SECRET_OVERWRITTEN'})
  expect(world.alive(runsOn)).toBe(true)
  await resumeRotation(id, world.deps(older)).catch(() => {})
  expect(world.alive(runsOn)).toBe(true)
  expect(world.violations).toEqual([])
})

it('a name that a copy of the journal minted under is not minted under again, and its token is left', async () => {
  const {world, older, id, runsOn} = await copied({died: true})
  await expect(resumeRotation(id, world.deps(older))).rejects.toMatchObject({
    code: 'STATE_OUTDATED',
    suggestions: expect.arrayContaining([`patrol rotation abort ${id}`]),
    message: expect.stringMatching(
      /a copy of this state, a backup or another machine's, went on with it\. Nothing was minted/,
    ),
  })
  expect(world.alive(runsOn)).toBe(true)
  await abortRotation(id, world.deps(older)).catch(() => {})
  expect(world.alive(runsOn)).toBe(true)
  expect(world.violations).toEqual([])
})

it('an abort keeps nothing that another copy revoked meanwhile, and says so', async () => {
  const world = new World()
  const store = await storeInMemory()
  world.behaviour.approval = 'never'
  await rotate(request({approval: 'park'}), world.deps(store)).catch(() => {})
  const [open] = await store.journal.list()
  const theirs = world.addToken('patrol.dev-a.20261122.elsewhere0', ['read:issue', 'read:repository'])
  world.overwrite(theirs.value)
  world.advance(120_000)
  world.provision()
  world.advance(60_000)
  world.tokens.shift()
  const abort = () => abortRotation(open!.id, world.deps(store))
  expect(await abort()).toMatchObject({superseded: []})
  expect(world.warned).toContain(
    'agent token (id 1, …00000001), which this rotation was to replace, is not listed any more: somebody else deleted it.',
  )
  // What it says once it is over: a later rotation of ours may have done that.
  world.progress.length = 0
  expect(await abort()).toMatchObject({superseded: []})
  expect(world.warned).toBe('')
})

it('what an older copy says of the state is by its own record alone', async () => {
  const {world, older, id} = await copied({died: true})
  await expect(resumeRotation(id, world.deps(older))).rejects.toMatchObject({
    message: expect.stringMatching(/that token was left\. By what this copy has on record: /),
  })
})

it.each([false, true])('an abort by an older copy leaves what its agent runs on (%j)', async (died) => {
  const {world, older, id, runsOn} = await copied({died})
  await abortRotation(id, world.deps(older)).catch(() => abortRotation(id, world.deps(older)))
  expect(await older.journal.list({open: true})).toEqual([])
  expect(world.alive(runsOn)).toBe(true)
  expect(world.violations).toEqual([])
})

/** The approval was given, and this store does not know what for. */
function given(world: World, store: Store): RotationDeps {
  const {platform, ...deps} = world.deps(store)
  return {...deps, platform: {...platform, approval: async () => 'approved'}}
}

describe('a candidate that waited for an approval, which a copy of the journal had', () => {
  const why = /may be in use: dev-a in workspace dev-a .*; it runs on …00000002/

  it('is left by an abort, for it was put to use', async () => {
    const {world, older, id, runsOn} = await copied({at: 'approval'})
    await expect(abortRotation(id, world.deps(older))).rejects.toMatchObject({
      code: 'TOKEN_CHANGED',
      exit: 7,
      message: expect.stringMatching(why),
    })
    expect(world.alive(runsOn)).toBe(true)
    expect(await older.journal.list({open: true})).toEqual([])
    expect(world.violations).toEqual([])
  })

  it('is left by a resume, for it was put to use', async () => {
    const {world, older, id, runsOn} = await copied({at: 'approval'})
    await expect(resumeRotation(id, given(world, older))).rejects.toMatchObject({
      code: 'SECRET_OVERWRITTEN',
      exit: 7,
      message: expect.stringMatching(
        /Token patrol\.dev-a\.\S+ \(id 2\) is left as it is; this run stored nothing in the workspace dev-a\.$/,
      ),
    })
    expect(world.warned).toMatch(why)
    expect(world.alive(runsOn)).toBe(true)
    expect(await older.journal.list({open: true})).toEqual([])
    expect(world.violations).toEqual([])
  })

  it('is deleted where the process that had its value is gone, and nobody put it to use', async () => {
    const world = new World()
    const store = await storeInMemory()
    world.behaviour.approval = 'never'
    await rotate(request({approval: 'park'}), world.deps(store)).catch(() => {})
    const [open] = await store.journal.list()
    await abortRotation(open!.id, world.deps(store))
    expect(world.tokens.map(({id}) => id)).toEqual([1])
    // Nobody had to be asked for that.
    expect(world.calls).not.toContain('ask')
  })
})

it('what nobody can run on, for its workspace is gone, is deleted all the same', async () => {
  const {world, older, id, runsOn} = await copied()
  world.removeWorkspace()
  await abortRotation(id, world.deps(older))
  expect(world.alive(runsOn)).toBe(false)
})

/**
 * Two copies of a store, made right after the plan: with one the rotation comes to its end, after `meanwhile` did something
 * with the other.
 */
async function copiedAtPlan(
  meanwhile: (world: World, older: Store, id: string) => Promise<void> = async () => {},
): Promise<{world: World; older: Store; id: string; runsOn: string}> {
  const dir = await mkdtemp(join(tmpdir(), 'patrol-outdated-'))
  onTestFinished(() => rm(dir, {recursive: true, force: true}))
  const [file, ...copies] = ['patrol.db', 'older.db', 'newer.db'].map((name) => join(dir, name))
  const world = new World()
  const first = await openStore(file!)
  const planned = world.deps(first)
  const append: typeof planned.journal.append = async (entry) => {
    if (entry.event.type !== 'mint_intended') return planned.journal.append(entry)
    const db = new DatabaseSync(file!)
    for (const copy of copies) db.exec(`vacuum into '${copy}'`)
    db.close()
    throw new Error('it died')
  }
  await expect(rotate(request(), {...planned, journal: {...planned.journal, append}})).rejects.toThrow('it died')
  first.close()
  // The lease that was copied as well.
  world.advance(3_600_000)
  const [older, newer] = [await openStore(copies[0]!), await openStore(copies[1]!)]
  onTestFinished(() => older.close())
  onTestFinished(() => newer.close())
  const [open] = await newer.journal.list()
  expect(open).toMatchObject({phase: 'planned'})
  await meanwhile(world, older, open!.id)
  await resumeRotation(open!.id, world.deps(newer))
  return {world, older, id: open!.id, runsOn: world.process.lastEight}
}

/** The run with the older store mints, hears nothing and is given up. */
async function hearsNothing(world: World, older: Store, id: string): Promise<void> {
  const deps = world.deps(older)
  const mint = async (): Promise<never> => {
    throw new OpsError('WRITE_IN_DOUBT', 'No answer came.')
  }
  await resumeRotation(id, {...deps, tokens: {...deps.tokens, mint}}).catch(() => {})
  await abortRotation(id, deps)
}

it('a run that minted nothing yet does not mint under a name that a copy of it put to use', async () => {
  const {world, older, id, runsOn} = await copiedAtPlan()
  const deps = world.deps(older)
  world.calls.length = 0
  await expect(resumeRotation(id, deps)).rejects.toMatchObject({code: 'STATE_OUTDATED'})
  expect([world.calls.includes('mint'), world.alive(runsOn), world.violations]).toEqual([false, true, []])
})

it('a mint of which nobody heard is no lost one where a copy of the journal put its token to use', async () => {
  const {world, older, runsOn} = await copiedAtPlan(hearsNothing)
  const deps = world.deps(older)
  expect(await older.ledger.announced()).toHaveLength(3)
  // A dry run says of none that it goes.
  expect((await planMint(mintOf(), deps)).calls).toMatchObject([{act: 'mint'}])
  const {late, wrote} = await finishDue(deps)
  expect([late, wrote]).toEqual([
    [
      expect.stringMatching(
        /^Token \d+ of agent-dev-a \(patrol\.dev-a\.\S+ …\w{8}\) may be in use: dev-a in workspace dev-a \(\S+\) has a secret that was written since; it runs on …\w{8}\. It was not deleted\. Once nobody uses it: patrol revoke dev-a --id \d+$/,
      ),
    ],
    false,
  ])
  expect([world.alive(runsOn), world.violations]).toEqual([true, []])
  // It is told once.
  expect(await finishDue(deps)).toMatchObject({late: []})
})

it('what came late of a mint for a user that patrol.yaml has no agent of is left to people', async () => {
  const world = new World()
  const store = await storeInMemory()
  const {name} = world.addToken('patrol.gone.20261122.rot1', ['read:issue'], 'gone')
  const announcement = {agent: 'gone', user: 'gone', name, at: world.now, handingOver: false}
  await store.ledger.apply([{kind: 'announced', announcement}])
  const {late} = await finishDue(world.deps(store))
  expect(late).toEqual([expect.stringContaining('may be in use: patrol.yaml has no agent that works as gone.')])
  expect(await store.ledger.announced()).toEqual([])
})
