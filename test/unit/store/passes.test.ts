import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {openState, type StateStore} from '../../../src/store/index.ts'

const NAME = 'patrol-run.laptop.20261202T023000Z.a1b2c3d4e5'

async function file(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'patrol-passes-')), 'patrol.db')
}

/** The state as the process of this name has it; `gone`: those whom it knows to be over. */
async function open(path: string, id: string, gone: readonly string[] = []): Promise<StateStore> {
  const state = await openState(path, {
    owner: {id, isGone: (owner) => gone.includes(owner), describe: (owner) => owner},
  })
  onTestFinished(() => state.close())
  return state
}

test('a pass is on record from before its mint until it is forgotten', async () => {
  const book = (await open(await file(), 'one')).passes('https://g', 'root')
  book.announce(NAME, 1000)
  expect(book.all()).toEqual([{name: NAME, at: 1000, minted: undefined, gone: false}])
  book.minted(NAME, 7, 'deadbeef')
  expect(book.all()).toEqual([{name: NAME, at: 1000, minted: {id: 7, lastEight: 'deadbeef'}, gone: false}])
  book.forget(NAME)
  expect(book.all()).toEqual([])
})

test('it belongs to one administrator, in any capitals, of one server', async () => {
  const state = await open(await file(), 'one')
  state.passes('https://g', 'Root').announce(NAME, 1)
  expect(state.passes('https://g', 'root').all()).toHaveLength(1)
  expect(state.passes('https://g', 'other').all()).toEqual([])
  expect(state.passes('https://h', 'root').all()).toEqual([])
  state.passes('https://h', 'root').forget(NAME)
  expect(state.passes('https://g', 'root').all()).toHaveLength(1)
})

test('another process sees whether the one whose it is is over, the oldest first', async () => {
  const path = await file()
  const [one, two, third] = [await open(path, 'one'), await open(path, 'two'), await open(path, 'three', ['one'])]
  two.passes('https://g', 'root').announce('patrol-run.b', 20)
  one.passes('https://g', 'root').announce('patrol-run.a', 10)
  expect(
    third
      .passes('https://g', 'root')
      .all()
      .map(({name, gone}) => [name, gone]),
  ).toEqual([
    ['patrol-run.a', true],
    ['patrol-run.b', false],
  ])
})
