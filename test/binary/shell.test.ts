import {spawn, spawnSync} from 'node:child_process'
import {describe, expect, onTestFinished, test} from 'vitest'
import {BIN, openDesk} from '../support/binary.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

test('a reader that goes away is no error', () => {
  const line = `set -o pipefail; "${process.execPath}" "${BIN}" --help | head -1`
  const {status, stdout, stderr} = spawnSync('bash', ['-c', line], {encoding: 'utf8'})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  expect(stdout.split('\n')).toHaveLength(2)
})

test('the version is one line', () => {
  const {status, stdout} = spawnSync(process.execPath, [BIN, '--version'], {encoding: 'utf8'})
  expect(status).toBe(0)
  expect(stdout).toMatch(/^patrol \d+\.\d+\.\d+\n$/)
})

describe('where the Node of the system is too old', () => {
  const OLD = `data:text/javascript,Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.0.0'}})`

  test.each([
    ['SIGINT', 130, false],
    ['SIGTERM', 143, false],
    ['SIGHUP', 129, false],
    // A terminal tells all that run at it.
    ['SIGHUP', 129, true],
    // As from a supervisor that means all that it started: the one that is waited for passes it on as well.
    ['SIGTERM', 143, true],
    // Nobody can pass that on, and nobody would see what the other one goes on with.
    ['SIGKILL', null, false],
  ] as const)(
    '%s stops the one that does the work soundly (%i; of the whole group: %j)',
    async (signal, code, group) => {
      await using desk = await openDesk(smallSandbox())
      const {gitea} = desk.sandbox
      const mend = gitea.fail({method: 'POST', path: /\/tokens$/, kind: 'hold'})
      const args = ['--import', OLD, BIN, 'rotate', 'agent-dev-a', '--yes']
      const child = spawn(process.execPath, args, {cwd: desk.dir, env: desk.env, detached: true})
      onTestFinished(() => void (child.exitCode === null && process.kill(-child.pid!, 'SIGKILL')))
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const ended = new Promise((done) => child.once('close', (exit) => done(exit)))
      await expect
        .poll(() => gitea.requests.some(({method, path}) => method === 'POST' && /\/tokens$/.test(path)))
        .toBe(true)
      process.kill(group ? -child.pid! : child.pid!, signal)
      expect(await ended).toBe(code)
      mend()
      expect(said).toMatch(/^Error: Stopped on request/m)
      expect(said).toMatch(/patrol rotation resume \w{10}/)
    },
  )
})

describe('standard input', () => {
  test('gives a probe its token, without any configuration', async () => {
    await using desk = await openDesk()
    const [agent] = desk.sandbox.agents
    const line = ['probe', '--gitea-url', desk.sandbox.gitea.url, '--token-file', '-', '--json']
    const {exit, stdout} = await desk.patrol(line, {input: `${agent!.tokenValue}\n`, env: {PATROL_CONFIG: ''}})
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      result: {identity: {login: agent!.name}, profile: {missing: ['read:issue']}},
    })
  })
})
