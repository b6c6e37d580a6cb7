import {execFileSync, spawn} from 'node:child_process'
import {existsSync, readFileSync, renameSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {expectNothingSecret, openDesk} from '../support/binary.ts'
import type {Desk} from '../support/binary.ts'
import {reached} from '../support/reached.ts'

const BIN = resolve(import.meta.dirname, '../../bin/run.js')

/** util-linux' `script` gives a command a terminal of its own; other systems' take other flags. */
function hasPseudoTerminal(): boolean {
  try {
    return execFileSync('script', ['--version']).toString().includes('util-linux')
  } catch {
    return false
  }
}

test('eight shares, merged, are the whole audit', async () => {
  await using desk = await openDesk()
  const whole = await desk.patrol(['audit', '--json'])
  expect(whole.exit).toBe(3)
  for (const share of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const {exit} = await desk.patrol([
      'audit',
      '--exit-zero',
      '--shard',
      `${share}/8`,
      '--report',
      `blob=${share}.blob`,
    ])
    expect(exit).toBe(0)
  }
  const blobs = [8, 3, 1, 2, 7, 5, 4, 6].map((share) => `${share}.blob`)
  const merged = await desk.patrol([
    'report',
    'merge',
    ...blobs,
    '--report',
    'json=merged.json',
    '--report',
    'html=a.html',
  ])
  expect(merged.exit).toBe(3)
  const [one, other] = [whole.stdout, readFileSync(join(desk.dir, 'merged.json'), 'utf8')].map((text) =>
    JSON.parse(text),
  )
  expect(other.result.agents).toEqual(one.result.agents)
  expect(other.findings).toEqual(one.findings)
  expect(other.result.summary).toEqual(one.result.summary)
  expect(readFileSync(join(desk.dir, 'a.html'), 'utf8')).toMatch(/^<!doctype html>/i)
})

test('what comes on standard input is nobody’s name', async () => {
  await using desk = await openDesk()
  const {exit, stdout} = await desk.patrol(['audit', '--exit-zero', '--json'], {input: 'agent-dev-a\n'})
  expect(exit).toBe(0)
  expect(JSON.parse(stdout).result.summary.agents).toBe(9)
})

test('Ctrl-C ends it with 130 and leaves no half report', async () => {
  await using desk = await openDesk()
  const third = {method: 'GET', path: /./, nth: 3, kind: 'hold'} as const
  desk.sandbox.gitea.fail(third)
  const run = desk.start(['audit', '--concurrency', '1', '--report', 'ndjson=a.ndjson'])
  await reached(desk.sandbox.gitea, third, run)
  run.child.kill('SIGINT')
  const {exit, stderr} = await run.ended
  expect(exit).toBe(130)
  expect(stderr).not.toContain('BUG')
  expect(execFileSync('ls', ['-A', desk.dir], {encoding: 'utf8'})).not.toContain('a.ndjson')
})

/** `audit --watch` at a terminal of its own; `each` sees all that was written and may press a key. */
async function watched(desk: Desk, each: (raw: string, press: (key: string) => void) => void) {
  const line = `stty cols 100 rows 30 && exec '${process.execPath}' '${BIN}' audit agent-dev-a --watch --interval 200ms`
  const child = spawn('script', ['-qec', line, join(desk.dir, 'typescript')], {
    cwd: desk.dir,
    env: {...desk.env, TERM: 'xterm-256color', SHELL: '/bin/sh'},
    stdio: 'pipe',
  })
  let raw = ''
  let pressed = false
  const press = (key: string): void => {
    if (!pressed) child.stdin.write(key)
    pressed = true
  }
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString()
    each(raw, press)
  })
  const exit = await new Promise((done) => child.once('close', done))
  expectNothingSecret(desk.sandbox, [raw])
  expect(raw).toContain('\u001B[?25h')
  const [during = '', after = ''] = raw.split('\u001B[?1049l')
  return {exit, during, after}
}

describe.skipIf(!hasPseudoTerminal())('--watch at a terminal', () => {
  test.each([
    ['q', 'q'],
    ['Ctrl-C', '\u0003'],
  ])('audits again and again in place until %s, and ends as the last audit did', async (_, key) => {
    await using desk = await openDesk()
    const {exit, during, after} = await watched(desk, (raw, press) => {
      if (raw.split('q ends.').length >= 4) press(key)
    })
    expect(exit).toBe(3)
    // The terminal's own screen comes back, with the last table on it.
    expect(during.split('\u001B[H').length).toBeGreaterThanOrEqual(4)
    expect(during).toContain('scope-missing')
    expect(after).toContain('1 agent: 0 ok, 1 judged with findings')
    expect(after).not.toContain('q ends')
  })

  test('recovers from a round that failed', async () => {
    await using desk = await openDesk()
    const [password, aside] = ['admin-password', 'aside'].map((name) => join(desk.dir, 'secrets', name))
    renameSync(password!, aside!)
    const {exit, during, after} = await watched(desk, (raw, press) => {
      if (raw.includes('SECRET_UNREADABLE') && existsSync(aside!)) renameSync(aside!, password!)
      if (raw.includes('scope-missing')) press('q')
    })
    expect({exit, during}).toMatchObject({exit: 3, during: expect.stringContaining('SECRET_UNREADABLE')})
    expect(after).toContain('1 agent: 0 ok, 1 judged with findings')
  })

  test('that only ever failed ends with that failure', async () => {
    await using desk = await openDesk()
    renameSync(join(desk.dir, 'secrets/admin-password'), join(desk.dir, 'secrets/aside'))
    const {exit, after} = await watched(desk, (raw, press) => {
      if (raw.split('q ends.').length >= 3) press('q')
    })
    expect({exit, after}).toMatchObject({exit: 4, after: expect.stringContaining('SECRET_UNREADABLE')})
  })

  test('is no pass when it is ended before the first audit was complete', async () => {
    await using desk = await openDesk()
    desk.sandbox.gitea.fail({path: /./, kind: 'hold'})
    const {exit, after} = await watched(desk, (raw, press) => {
      if (raw.includes('\u001B[?1049h')) press('q')
    })
    expect({exit, after}).toMatchObject({exit: 130, after: expect.stringContaining('before the first audit')})
  })
})
