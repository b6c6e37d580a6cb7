import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {expect, it, onTestFinished} from 'vitest'
import {abortRotation, resumeRotation, rotate} from '../../../src/rotation/index.ts'
import {openStore, type Store} from '../../../src/store/index.ts'
import {request, World} from '../../support/world.ts'

/**
 * A rotation that comes to its end with one store, and another store that was copied from that just before its first mint
 * was answered; `died`: the run that minted did, so a later one mints anew.
 */
async function copied({died = false} = {}): Promise<{world: World; older: Store; id: string; runsOn: string}> {
  const dir = await mkdtemp(join(tmpdir(), 'patrol-outdated-'))
  onTestFinished(() => rm(dir, {recursive: true, force: true}))
  const [file, copy] = [join(dir, 'patrol.db'), join(dir, 'copy.db')]
  const world = new World()
  const store = await openStore(file)
  const deps = world.deps(store)
  let isCopied = false
  const mint: typeof deps.tokens.mint = async (...asked) => {
    if (isCopied) return deps.tokens.mint(...asked)
    isCopied = true
    const db = new DatabaseSync(file)
    db.exec(`vacuum into '${copy}'`)
    db.close()
    const minted = await deps.tokens.mint(...asked)
    if (died) throw new Error('it died')
    return minted
  }
  const seen = {...deps, tokens: {...deps.tokens, mint}}
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

it.each([false, true])('an abort by an older copy leaves what its agent runs on (%j)', async (died) => {
  const {world, older, id, runsOn} = await copied({died})
  await abortRotation(id, world.deps(older)).catch(() => abortRotation(id, world.deps(older)))
  expect(await older.journal.list({open: true})).toEqual([])
  expect(world.alive(runsOn)).toBe(true)
  expect(world.violations).toEqual([])
})

it('what nobody can run on, for its workspace is gone, is deleted all the same', async () => {
  const {world, older, id, runsOn} = await copied()
  world.removeWorkspace()
  await abortRotation(id, world.deps(older))
  expect(world.alive(runsOn)).toBe(false)
})
