import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Doctor from '../../src/commands/doctor.ts'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import Rehearse from '../../src/commands/rehearse.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationResume from '../../src/commands/rotation/resume.ts'
import {openState, type StateStore} from '../../src/store/index.ts'
import {thisProcess} from '../../src/store/owner.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'
import {stage, type Runnable, type Stage} from './harness.ts'

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
/** Each code is taken once; from 1.27 on a token hands out nothing that it lacks. */
const ONCE = ['1.26.4', '1.27.0'] as const
const MINT = 'POST /api/v1/users/root/tokens'

/** An administrator with one-time codes. */
async function withCodes(differs: Differences): Promise<Stage> {
  const {admin, ...rest} = differs
  const at = await stage(smallSandbox({admin: {totp: SEED, ...admin}, ...rest}))
  await writeFile(join(at.dir, 'secrets/totp'), `${SEED}\n`, {mode: 0o600})
  const password = 'password: file:secrets/admin-password\n'
  const config = await readFile(at.home.config, 'utf8')
  expect(config).toContain(password)
  const newcomer = '  agent-new:\n    profile: engineer\n'
  await writeFile(at.home.config, config.replace(password, `${password}    totp: file:secrets/totp\n`) + newcomer)
  return at
}

/** What was asked as the administrator; `coded`: with a code, which is half a minute each where each is taken once. */
function asked({sandbox}: Stage, how: 'anyhow' | 'coded' = 'anyhow'): string[] {
  return sandbox.gitea.requests
    .filter(({auth, user, otp}) => auth === 'basic' && user === 'root' && (otp || how === 'anyhow'))
    .map(({method, path}) => `${method} ${path}`)
}

const passes = ({sandbox}: Stage): string[] => sandbox.gitea.tokens('root').map(({name}) => name)

/** The state as another process of this machine has it, which is gone by now or not. */
async function stateOf({home}: Stage, process: 'died' | 'lives'): Promise<StateStore> {
  const self = thisProcess()
  const [host, table] = self.id.split('|')
  const pid = process === 'died' ? await endedPid() : globalThis.process.ppid
  const owner = {...self, id: [host, table, pid, 'made-up'].join('|')}
  const state = await openState(join(home.state, 'patrol.db'), {owner})
  onTestFinished(() => state.close())
  return state
}

/** Of a process that is over. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], {stdio: 'ignore'})
  await once(child, 'exit')
  return child.pid ?? 0
}

describe.each(ONCE)('a run that may write on %s costs one code', (version) => {
  test.each<[string, Runnable, string]>([
    ['a rotation', Rotate, 'agent-dev-a --yes'],
    ['a mint', Mint, 'agent-dev-a --yes --output-file FILE'],
    ['a rehearsal', Rehearse, 'agent-dev-a --yes'],
    ['an onboarding', Onboard, 'agent-new --yes'],
  ])('%s', async (_, command, line) => {
    await using at = await withCodes({version, private: true})
    const {exit, stderr} = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(asked(at, 'coded')).toEqual([MINT])
    expect(passes(at)).toEqual([])
    expect(asked(at).at(-1)).toMatch(/^DELETE \/api\/v1\/users\/root\/tokens\/\d+$/)
    expect(stderr).toMatch(
      /One one-time code of root does for this whole run: with it patrol minted itself patrol-run\./,
    )
    expect((await stateOf(at, 'lives')).passes(at.sandbox.gitea.url, 'root').all()).toEqual([])
  })
})

describe('how little a pass may do', () => {
  const MINTS = ['read:user', 'read:issue', 'write:repository']
  test.each([
    ['1.26.4', Mint, 'agent-dev-a --yes --output-file FILE', []],
    ['1.27.0', Mint, 'agent-dev-a --yes --output-file FILE', MINTS],
    ['1.26.4', Rotate, 'agent-dev-a --yes', ['read:issue', 'read:repository']],
  ] as const)('on %s', async (version, command, line, more) => {
    await using at = await withCodes({version})
    const stop = at.sandbox.gitea.fail({method: 'DELETE', path: /users\/root\/tokens/, kind: 'status', status: 502})
    const {exit} = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    stop()
    const seen = at.sandbox.gitea.tokens('root')[0]?.scopes ?? []
    expect(exit).toBe(0)
    const least = ['write:user', 'read:organization', ...more].filter((scope) => scope !== 'read:user')
    expect(seen.toSorted()).toEqual(least.toSorted())
  })
})

describe("a pass that can't be deleted", () => {
  const page = (status: number) => ({
    status,
    headers: {'content-type': 'text/html'},
    body: '<html>made-up page</html>',
  })
  test.each([
    ['502', {kind: 'status', status: 502}],
    ['a page as 403', {kind: 'answer', ...page(403)}],
    ['a page as 200', {kind: 'answer', ...page(200)}],
  ] as const)('is said, and changes nothing of what the run did: %s', async (_, broken) => {
    await using at = await withCodes({version: '1.26.4'})
    at.sandbox.gitea.fail({method: 'DELETE', path: /users\/root\/tokens/, ...broken})
    const {exit, document} = await at.patrol(Rotate, 'agent-dev-a --yes --json')
    expect(exit).toBe(0)
    const [name] = passes(at)
    const said = `this run's own token of root, is left: `
    expect(document.warnings.filter((text) => text.includes(said))).toEqual([
      expect.stringMatching(
        new RegExp(`^${name} \\(id \\d+, …\\w{8}\\), .*"patrol rotation resume" does so at once\\.$`),
      ),
    ])
    const noted = (await stateOf(at, 'lives')).passes(at.sandbox.gitea.url, 'root').all()
    expect(noted).toMatchObject([{name, minted: {id: at.sandbox.gitea.tokens('root')[0]?.id}}])
  })

  test('is no nothing: a run that changed nothing else says so', async () => {
    await using at = await withCodes({version: '1.26.4', workspace: {status: 'paused'}})
    at.sandbox.gitea.fail({method: 'DELETE', path: /users\/root\/tokens/, kind: 'status', status: 502})
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(exit).toBe(6)
    expect(stderr).toMatch(/this run's own token of root, is left: [^]*GUARD_PAUSED/)
    expect(stderr).toContain('Nothing else was changed.')
  })

  test.each([
    ['after it was', {kind: 'reset-after'}],
    ['after it was, by a page', {kind: 'answer-after', ...page(200)}],
  ] as const)('so it seems, but was: the answer broke %s', async (_, broken) => {
    await using at = await withCodes({version: '1.26.4'})
    at.sandbox.gitea.fail({method: 'DELETE', path: /users\/root\/tokens/, ...broken})
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect([exit, passes(at)]).toEqual([0, []])
    expect(stderr).not.toContain('is left')
  })
})

describe('what a killed run left', () => {
  const NAME = 'patrol-run.laptop.20261201T010203Z.abcdefghij'
  const left = {name: NAME, value: 'f'.repeat(40), scopes: ['write:user']}

  async function after(process: 'died' | 'lives'): Promise<Stage> {
    const at = await withCodes({version: '1.26.4', admin: {tokens: [left]}})
    const book = (await stateOf(at, process)).passes(at.sandbox.gitea.url, 'root')
    book.announce(NAME, Date.now())
    book.minted(NAME, at.sandbox.gitea.tokens('root')[0]?.id ?? 0, 'ffffffff')
    return at
  }

  test.each<[string, Runnable, string]>([
    ['a run that has a pass', Mint, 'agent-dev-a --yes --output-file FILE'],
    ['`rotation resume`, though nothing else is to be done', RotationResume, ''],
  ])('goes with %s', async (_, command, line) => {
    await using at = await after('died')
    const {exit, stderr} = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect([exit, passes(at)]).toEqual([0, []])
    expect(stderr).toContain(`${NAME} (id `)
    expect(stderr).toContain('which an earlier run left that was stopped, was deleted: nobody had its value.')
  })

  test('is none while that run goes on', async () => {
    await using at = await after('lives')
    const {exit} = await at.patrol(Mint, `agent-dev-a --yes --output-file ${join(at.dir, 'new.token')}`)
    expect([exit, passes(at)]).toEqual([0, [NAME]])
  })

  test('on another machine, which this one has no record of, stays', async () => {
    await using at = await withCodes({version: '1.26.4', admin: {tokens: [left]}})
    const {exit} = await at.patrol(Mint, `agent-dev-a --yes --output-file ${join(at.dir, 'new.token')}`)
    expect([exit, passes(at)]).toEqual([0, [NAME]])
  })
})

describe('no pass', () => {
  test.each<[string, Runnable, string, number]>([
    ['a dry run', Mint, 'agent-dev-a --dry-run --output-file FILE', 0],
    ['a run that nobody can say yes to', Mint, 'agent-dev-a --output-file FILE', 6],
  ])('for %s', async (_, command, line, exit) => {
    await using at = await withCodes({version: '1.26.4'})
    const ended = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect(ended.exit).toBe(exit)
    expect(asked(at)).not.toContain(MINT)
    expect(asked(at, 'coded').length).toBeLessThanOrEqual(1)
  })

  test.each<[string, Runnable, string, number]>([
    ['an audit of one agent', Audit, 'agent-dev-a', 4],
    ['doctor', Doctor, '', 3],
    ['a mint where codes serve again', Mint, 'agent-dev-a --yes --output-file FILE', 4],
    ['a rotation where codes serve again', Rotate, 'agent-dev-a --yes', 14],
  ])('for %s: as many codes as requests', async (_, command, line, most) => {
    await using at = await withCodes({version: '1.22.6'})
    await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect(asked(at)).not.toContain(MINT)
    expect(asked(at, 'coded')).toEqual(asked(at))
    expect(asked(at).length).toBeLessThanOrEqual(most)
    expect(asked(at)).not.toEqual([])
  })
})

test('a run that a guard refuses leaves no pass, and has changed nothing', async () => {
  await using at = await withCodes({version: '1.26.4', workspace: {status: 'paused'}})
  const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
  expect([exit, passes(at)]).toEqual([6, []])
  expect(stderr).toContain('Nothing was changed')
})
