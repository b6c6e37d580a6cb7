import {describe, expect, it} from 'vitest'
import * as ours from '../../../scripts/mutants/vitest.ts'

const collect = (load: () => unknown) => ours.collect('a.test.ts', load)

describe('the tests of a file', () => {
  it('are found once it was loaded, each under a name of its own', async () => {
    const tests = await collect(() => {
      ours.describe('a list', () => {
        ours.it.each(ROWS)('of %s', () => undefined)
        ours.describe('within', () => ours.it('is found', () => undefined))
      })
      ours.test('of the file', () => undefined)
      const ROWS = ['one', 'two']
    })
    const ids = tests.map(({id}) => id)
    expect(ids).toEqual([
      'a.test.ts > of the file #1',
      'a.test.ts > a list > of %s #2',
      'a.test.ts > a list > of %s #3',
      'a.test.ts > a list > within > is found #4',
    ])
    expect(ids.map(ours.fileOf)).toEqual(ids.map(() => 'a.test.ts'))
  })

  it('get each row as Vitest hands it over: what stands in a list, else itself', async () => {
    const got: unknown[][] = []
    const tests = await collect(() => {
      ours.it.each([[1, 'a'], [2]])('lists', (...args) => got.push(args))
      ours.describe.each([{name: 'x'}])('objects', ({name}: {name: string}) => {
        ours.it('in a suite', () => got.push([name]))
      })
    })
    for (const test of tests) await test.run()
    expect(got).toEqual([[1, 'a'], [2], ['x']])
  })
})

describe('a test', () => {
  it('runs between its hooks, as often as wanted', async () => {
    const order: string[] = []
    const note = (what: string) => () => void order.push(what)
    const [test] = await collect(() => {
      ours.beforeEach(() => {
        order.push('before all')
        return note('what it gave back')
      })
      ours.afterEach(note('after all'))
      ours.describe('a suite', () => {
        ours.beforeEach(note('before'))
        ours.afterEach(note('after'))
        ours.it('is run', () => {
          ours.onTestFinished(note('first'))
          ours.onTestFinished(note('last'))
          order.push('test')
        })
      })
      ours.describe('another', () => ours.beforeEach(note('not this one')))
    })
    const once = ['before all', 'before', 'test', 'what it gave back', 'after', 'after all', 'last', 'first']
    await test?.run()
    expect(order).toEqual(once)
    await test?.run()
    expect(order).toEqual([...once, ...once])
  })

  it.each(['beforeEach', 'it', 'afterEach', 'onTestFinished'] as const)(
    'fails where %s does, and what ends it runs all the same',
    async (where) => {
      const order: string[] = []
      const step = (name: string) => () => {
        order.push(name)
        if (name === where) throw new Error(name)
      }
      const [test] = await collect(() => {
        ours.beforeEach(step('beforeEach'))
        ours.afterEach(step('afterEach'))
        ours.it('fails', () => {
          ours.onTestFinished(step('onTestFinished'))
          step('it')()
        })
      })
      await expect(test?.run()).rejects.toThrow(where)
      const all = ['beforeEach', 'it', 'afterEach', 'onTestFinished']
      expect(order).toEqual(where === 'beforeEach' ? ['beforeEach', 'afterEach'] : all)
    },
  )

  it('waits for what it polls', async () => {
    let reads = 0
    const [test] = await collect(() => ours.it('polls', () => ours.expect.poll(() => ++reads).toBe(3)))
    await test?.run()
    expect(reads).toBe(3)
  })
})
