import {execFileSync, spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {stripVTControlCharacters} from 'node:util'
import {describe, expect, test} from 'vitest'
import {BIN, expectNothingSecret, openDesk, type Desk} from '../support/binary.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const QUESTION = /Rotate agent-dev-a\?/

/** util-linux' `script` gives a command a terminal of its own; other systems' take other flags. */
function hasPseudoTerminal(): boolean {
  try {
    return execFileSync('script', ['--version']).toString().includes('util-linux')
  } catch {
    return false
  }
}

interface Shown {
  exit: number | null
  /** Everything that came to the screen, both streams, as it came. */
  raw: string
}

interface Typing {
  columns?: number
  env?: Record<string, string>
  /** Where standard output goes instead of the terminal, as in `patrol ... > FILE`. */
  into?: string
  /** Keys to type as soon as something stands on the screen. */
  when?: readonly (readonly [shown: string | RegExp, keys: string])[]
}

/** Runs the binary at a terminal of its own, types what is to be typed, and waits for its end. */
async function atTerminal(
  desk: Desk,
  args: readonly string[],
  {columns = 100, env = {}, into, when = []}: Typing = {},
) {
  const line = ['stty cols', columns, 'rows 40 &&', 'exec', quoted(process.execPath), quoted(BIN), ...args.map(quoted)]
  if (into !== undefined) line.push('>', quoted(into))
  const {NO_COLOR: _, ...inherited} = desk.env
  const child = spawn('script', ['-qec', line.join(' '), join(desk.dir, 'typescript')], {
    cwd: desk.dir,
    env: {...inherited, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env},
    stdio: 'pipe',
  })
  const left = [...when]
  let raw = ''
  let seen = 0
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString()
    const [next] = left
    const at = next === undefined ? -1 : plain(raw).slice(seen).search(next[0])
    if (next === undefined || at === -1) return
    left.shift()
    seen = plain(raw).length
    child.stdin.write(next[1])
  })
  const shown = await new Promise<Shown>((done, fail) => {
    child.once('error', fail)
    child.once('close', (exit) => done({exit, raw}))
  })
  expectNothingSecret(desk.sandbox, [shown.raw])
  expect(left, `never came: ${plain(raw)}`).toEqual([])
  return {...shown, screen: plain(shown.raw)}
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** The text without what moves the cursor or colours it. */
function plain(raw: string): string {
  return stripVTControlCharacters(raw).replaceAll('\r', '')
}

function writes({sandbox: {gitea, platform}}: Desk): string[] {
  return [...gitea.requests, ...platform.requests]
    .filter(({method, path}) => method !== 'GET' && !path.includes('~scope-probe~'))
    .map(({method, path}) => `${method} ${path}`)
}

describe.skipIf(!hasPseudoTerminal())('at a terminal', () => {
  test('init offers the secret that arrives on that platform', async () => {
    await using desk = await openDesk({mode: 'docker'})
    const line = ['init', '--output', 'new.yaml', '--gitea-url', desk.sandbox.gitea.url, '--repo', 'acme/core']
    const more = ['--admin-user', 'root', '--admin-password', 'env:NONE', '--agent', 'agent-dev-a']
    const platform = ['--platform-url', desk.sandbox.platform.url, '--org', desk.sandbox.orgId]
    const asked = [...line, ...more, ...platform, '--platform-token', 'env:NONE']
    const {exit, screen} = await atTerminal(desk, asked, {when: [[/Which workspace secret holds .*\?:/, '\r']]})
    expect(screen).toContain('GIT_HTTP_PASSWORD')
    expect(exit).toBe(0)
    expect(readFileSync(join(desk.dir, 'new.yaml'), 'utf8')).toMatch(/^secret: GIT_HTTP_PASSWORD$/m)
    expect(desk.sandbox.platform.requests.map(({path}) => path)).toEqual(
      expect.arrayContaining(['/buildinfo', '/org/identity']),
    )
  })

  test('"n" declines with exit 6, and nothing was changed', async () => {
    await using desk = await openDesk()
    const {exit, screen} = await atTerminal(desk, ['rotate', 'agent-dev-a'], {when: [[QUESTION, 'n\r']]})
    expect(screen).toMatch(/POST .*\/secrets/)
    expect(screen).toContain('Code: DECLINED')
    expect(exit).toBe(6)
    expect(writes(desk)).toEqual([])
  })

  test('so does Enter alone: the safe answer is the one that is offered', async () => {
    await using desk = await openDesk()
    const {exit} = await atTerminal(desk, ['rotate', 'agent-dev-a'], {when: [[QUESTION, '\r']]})
    expect(exit).toBe(6)
    expect(writes(desk)).toEqual([])
  })

  test('"y" goes on to the end', async () => {
    await using desk = await openDesk()
    const {exit, screen} = await atTerminal(desk, ['rotate', 'agent-dev-a'], {when: [[QUESTION, 'y\r']]})
    for (const act of ['Mint', 'Probe the new token', 'Push', 'Restart', 'Smoke test', 'Revoke']) {
      expect(screen).toMatch(new RegExp(`✓ ${act}`))
    }
    expect(screen).toMatch(/✓ done: agent-dev-a: rotation \w{10} is completed/)
    expect(exit).toBe(0)
  })

  test.each(['xterm', 'dumb'])('Ctrl-C at the question (%s) ends with 130, and nothing was changed', async (TERM) => {
    await using desk = await openDesk()
    const typing = {env: {TERM}, when: [[QUESTION, '\u0003']]} as const
    const {exit, screen} = await atTerminal(desk, ['rotate', 'agent-dev-a'], typing)
    expect(screen).toContain('Code: INTERRUPTED')
    expect(screen).toContain('Nothing was changed')
    expect(exit).toBe(130)
    expect(writes(desk)).toEqual([])
  })

  test.each(['xterm', 'dumb'])('input that ends at the question (%s) is no answer', async (TERM) => {
    await using desk = await openDesk()
    const typing = {env: {TERM}, when: [[QUESTION, '\u0004']]} as const
    const {exit, screen} = await atTerminal(desk, ['rotate', 'agent-dev-a'], typing)
    expect(screen).toContain('Code: CONFIRMATION_NEEDED')
    expect(screen).toMatch(/Input ended at the question.*Nothing was changed/s)
    expect(screen).toContain('patrol rotate agent-dev-a --yes')
    expect(exit).toBe(6)
    expect(writes(desk)).toEqual([])
  })

  test('a terminal that is closed ends a run as Ctrl-C does: no schedule is left behind', async () => {
    await using desk = await openDesk(smallSandbox())
    const {platform, platformToken, agents} = desk.sandbox
    const schedules = `${platform.url}/workspaces/${agents[0]!.workspaceId}/schedules`
    const left = async () => (await fetch(schedules, {headers: {authorization: `Bearer ${platformToken}`}})).json()
    const line = `exec "${process.execPath}" "${BIN}" smoke agent-dev-a --swarm-via schedule`
    const terminal = spawn('script', ['-qec', line, join(desk.dir, 'typescript')], {
      cwd: desk.dir,
      env: {...desk.env, TERM: 'xterm', SHELL: '/bin/sh'},
      stdio: 'pipe',
    })
    await expect.poll(left).toHaveLength(1)
    terminal.kill('SIGKILL')
    await expect.poll(left).toEqual([])
  })

  test.each(['agent-dev-a', 'agent-wide', 'agent-dead'])('probe %s fits 60 columns', async (agent) => {
    await using desk = await openDesk()
    const {screen} = await atTerminal(desk, ['probe', agent], {columns: 60})
    expect(screen).toContain('Gitea ')
    expect(screen.split('\n').filter((line) => line.length > 60)).toEqual([])
  })

  test.each([60, 80, 140])('a plan at %i columns is whole: every call, and nothing cut off', async (columns) => {
    await using desk = await openDesk()
    const {screen} = await atTerminal(desk, ['rotate', 'agent-dev-a', '--dry-run'], {columns})
    expect(screen.split('\n').filter((line) => line.length > columns)).toEqual([])
    for (const call of ['POST .*/tokens', 'POST .*/secrets', 'POST .*/restart', 'POST .*/a2a', 'DELETE .*/tokens/1']) {
      expect(screen).toMatch(new RegExp(call))
    }
    const words = screen.replaceAll(/\s+/g, ' ')
    expect(words).toContain('with read:issue, write:repository, read:user')
    expect(words).toMatch(/agent-dev-a-2026-03 \(…\w{8}\) stops working, after the proof/)
  })

  test('a plan fits the terminal that it is shown on, although the result goes to a file', async () => {
    await using desk = await openDesk()
    const into = join(desk.dir, 'result')
    const {screen, exit} = await atTerminal(desk, ['rotate', 'agent-dev-a', '--yes'], {columns: 80, into})
    expect(exit).toBe(0)
    const plan = screen.slice(0, screen.indexOf('after the proof'))
    expect(plan).toMatch(/POST .*\/secrets/)
    expect(plan.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test.each([
    ['NO_COLOR', {NO_COLOR: '1'}],
    ['TERM=dumb', {TERM: 'dumb'}],
  ])('%s: no escape code in what is shown', async (_, env) => {
    await using desk = await openDesk()
    for (const args of [['probe', 'agent-dev-a'], ['doctor'], ['rotate', 'agent-nobody']]) {
      expect((await atTerminal(desk, args, {env})).raw).not.toContain('\u001B')
    }
  })

  test('colour is there where it is welcome', async () => {
    await using desk = await openDesk()
    expect((await atTerminal(desk, ['probe', 'agent-dev-a'])).raw).toContain('\u001B[31m✗ missing')
  })

  test('NO_COLOR: a whole rotation without colour; TERM=dumb: without any escape code, question included', async () => {
    await using desk = await openDesk()
    const muted = {env: {NO_COLOR: '1'}, when: [[QUESTION, 'y\r']]} as const
    const {raw, exit} = await atTerminal(desk, ['rotate', 'agent-dev-a'], muted)
    const colours = raw.split('\u001B[').filter((after, index) => index > 0 && /^[0-9;]*m/.test(after))
    expect(colours).toEqual([])
    expect(exit).toBe(0)
    const dumb = {env: {TERM: 'dumb'}, when: [['Rotate agent-dev-b?', 'y\r']]} as const
    const plainly = await atTerminal(desk, ['rotate', 'agent-dev-b'], dumb)
    expect(plainly.raw).not.toContain('\u001B')
    expect(plainly.exit).toBe(0)
  })
})
