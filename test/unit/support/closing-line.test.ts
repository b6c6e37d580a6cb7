import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'

const ROOT = resolve(import.meta.dirname, '../../..')

/**
 * The end of a run of one file of tests, by a Vitest of its own: its exit, and what it printed last. A `skip` in such a source
 * is what the closing line has to count; no test of patrol is left out by it.
 */
function run(source: string): Promise<{exit: number | undefined; lines: string[]}> {
  const home = mkdtempSync(join(tmpdir(), 'patrol-closing-line-'))
  onTestFinished(() => rmSync(home, {recursive: true}))
  writeFileSync(join(home, 'some.test.ts'), source)
  const reporter = join(ROOT, 'test/support/closing-line.ts')
  const args = ['run', '--root', home, '--globals', '--hookTimeout', '50', '--reporter', reporter]
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  return new Promise((settle) => {
    const child = execFile(process.execPath, [vitest, ...args], {env: {PATH: process.env.PATH}}, (_, stdout) => {
      settle({exit: child.exitCode ?? undefined, lines: stdout.trim().split('\n').filter(Boolean)})
    })
  })
}

test('tests whose set-up ran out of time are failures of the last line and of the run', async () => {
  const {exit, lines} = await run(`
    describe('a suite', () => {
      beforeAll(() => new Promise(() => {}))
      test('one', () => {})
      test('two', () => {})
      // Left out by its author: counted as skipped, although the set-up failed as well.
      test.skip('left out', () => {})
    })
    test('beside it', () => {})
  `)
  expect(lines).toEqual([
    '2 of the failed never ran: what was to be there for them was not',
    '1 passed, 2 failed, 1 skipped',
  ])
  expect(exit).toBe(1)
})

test('so are a file that could not be loaded and a clean-up that failed', async () => {
  expect(await run(`throw new Error('no table')`)).toEqual({exit: 1, lines: ['0 passed, 1 failed, 0 skipped']})
  const cleaning = await run(`afterAll(() => { throw new Error('still there') }); test('one', () => {})`)
  expect(cleaning).toEqual({exit: 1, lines: ['1 passed, 1 failed, 0 skipped']})
})

test('and an error that no test waits for', async () => {
  const {exit, lines} = await run(
    `test('one', () => { setTimeout(() => { throw new Error('late') }); return new Promise((r) => setTimeout(r, 50)) })`,
  )
  expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped')
  expect(exit).toBe(1)
})

test('what a test left out by itself is skipped', async () => {
  const {exit, lines} = await run(`test('one', (context) => context.skip()); test('two', () => {})`)
  expect(lines).toEqual(['1 passed, 0 failed, 1 skipped'])
  expect(exit).toBe(0)
})

test('where all were left out nothing is shown, and the run fails', async () => {
  // What this source leaves out is what the test is about.
  const {exit, lines} = await run(`test('one', (context) => context.skip()); test.skip('two', () => {})`)
  expect(lines).toEqual(['Nothing ran, so nothing is shown', '0 passed, 1 failed, 2 skipped'])
  expect(exit).toBe(1)
})
