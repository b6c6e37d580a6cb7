import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Doctor from '../../src/commands/doctor.ts'
import Healthcheck from '../../src/commands/healthcheck.ts'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import OnboardingAbort from '../../src/commands/onboarding/abort.ts'
import Probe from '../../src/commands/probe.ts'
import Restart from '../../src/commands/restart.ts'
import Rotate from '../../src/commands/rotate.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'
import {stage, type Stage} from './harness.ts'

interface Named {
  version: string | null
  forge: object | null
  requests: number
  state: string
  gitea: object
}

const asked = ({sandbox}: Stage) => sandbox.gitea.requests.map(({path}) => path)
const versions = (at: Stage) => asked(at).filter((path) => /\/version$/.test(path))

async function dead(at: Stage): Promise<string> {
  const file = join(at.dir, 'dead.token')
  await writeFile(file, 'dead'.repeat(10), {mode: 0o600})
  return file
}

const SERVERS = [
  ['1.22.6', 'Gitea', '1.22.6', {name: 'gitea', version: '1.22.6'}],
  ['1.27.0', 'Gitea', '1.27.0', {name: 'gitea', version: '1.27.0'}],
  ['forgejo-11', 'Forgejo', '11.0.15', {name: 'forgejo', version: '11.0.15'}],
  ['forgejo-15', 'Forgejo', '15.0.3', {name: 'forgejo', version: '15.0.3'}],
] as const

describe.each(SERVERS)('a probe of %s', (version, word, shown, forge) => {
  test.each<[what: string, settings: Differences['settings']]>([
    ['that tells everybody', {}],
    ['that tells strangers nothing', {requireSignin: true}],
  ])('%s names it, and counts what that cost', async (_, settings) => {
    await using at = await stage(smallSandbox({version, settings}))
    const {exit, document} = await at.patrol<Named>(Probe, 'agent-dev-a --json')
    expect(exit).toBe(0)
    expect(document.result.forge).toEqual(forge)
    expect(document.result.gitea).toEqual({url: at.sandbox.gitea.url, version: document.result.version, forge})
    expect(document.result.requests).toBe(asked(at).length)
    const {stdout} = await at.patrol(Probe, 'agent-dev-a')
    expect(stdout.split('\n')[0]).toBe(`${word.padEnd(8)}${at.sandbox.gitea.url} (${shown})`)
  })

  test('names it of a dead token too', async () => {
    await using at = await stage(smallSandbox({version}))
    const {exit, document} = await at.patrol<Named>(Probe, ['--token-file', await dead(at), '--json'])
    expect([exit, document.result.forge]).toEqual([3, forge])
  })

  test('that was told it by the way asks no more', async () => {
    await using at = await stage(smallSandbox({version, scopes: ['read:issue', 'write:repository']}))
    const line = ['--gitea-url', at.sandbox.gitea.url, '--token-file', join(at.dir, 'secrets/agent-dev-a')]
    const {document} = await at.patrol<Named>(Probe, [...line, '--json', '--exit-zero'])
    expect([document.result.forge, versions(at).length]).toEqual([forge, 1])
  })
})

describe('a look', () => {
  test.each([
    ['probe', Probe, 'agent-dev-a --json'],
    ['healthcheck', Healthcheck, '--repo acme/core --token-file DIR/secrets/agent-dev-a --json'],
  ] as const)('%s that nothing answered asks no name, and shows the address alone', async (_, command, line) => {
    await using at = await stage(smallSandbox({version: 'forgejo-15'}))
    at.sandbox.gitea.fail({kind: 'html'})
    const {exit, document} = await at.patrol<Named>(command, line.replace('DIR', at.dir))
    expect([exit, document.result.gitea]).toEqual([5, {url: at.sandbox.gitea.url}])
    // The liveness of the token is asked of the same route; the name is not.
    expect(at.sandbox.gitea.requests.filter(({path, auth}) => /\/version$/.test(path) && auth === 'none')).toEqual([])
  })

  test.each([
    ['in trouble', {kind: 'status' as const, status: 500}],
    ['gone', {kind: 'reset-before' as const}],
    ['that lets wait', {kind: 'hang' as const}],
  ])('stands where the name is asked of a server %s', async (_, fault) => {
    await using at = await stage(smallSandbox({version: 'forgejo-15'}))
    at.sandbox.gitea.fail({path: /\/api\/v1\/version$/, ...fault})
    const {exit, document, stderr} = await at.patrol<Named>(Probe, 'agent-dev-a --json')
    expect([exit, stderr, document.result.version]).toEqual([0, '', null])
  })

  test.each([
    ['of a sound token costs two requests, and shows the address alone', ['read:issue', 'read:repository'], undefined],
    ['that finds a gap names the server', ['read:repository'], {name: 'forgejo', version: '15.0.3'}],
  ])('healthcheck %s', async (_, scopes, forge) => {
    await using at = await stage(smallSandbox({version: 'forgejo-15', scopes}))
    const line = `--repo acme/core --token-file ${at.dir}/secrets/agent-dev-a`
    const {document} = await at.patrol<Named>(Healthcheck, `${line} --json`)
    const {url} = at.sandbox.gitea
    expect(document.result.gitea).toEqual(forge ? {url, version: '15.0.3+gitea-1.22.0', forge} : {url})
    expect([asked(at).length, document.result.requests]).toEqual(forge ? [3, 3] : [2, 2])
    const shown = (await at.patrol(Healthcheck, line)).stdout
    expect(shown).toContain(`acme/core at ${url}${forge ? ', Forgejo 15.0.3' : ''}: issues`)
  })
})

test('a restart names the address of a server that it asks nothing', async () => {
  await using at = await stage(smallSandbox({version: 'forgejo-15'}))
  const {url} = at.sandbox.gitea
  const dry = await at.patrol(Restart, 'agent-dev-a --dry-run')
  expect(dry.stdout).toContain(`\nServer: ${url}.\n`)
  const done = await at.patrol(Restart, 'agent-dev-a --yes')
  expect([done.exit, done.stdout]).toEqual([0, expect.stringContaining(`\nServer: ${url}.\n`)])
  const {document} = await at.patrol<Named>(Restart, 'agent-dev-a --again --yes --json')
  expect([document.result.gitea, asked(at)]).toEqual([{url}, []])
})

describe('a failure', () => {
  test('names the server as far as the work had met it, and asks nothing for it', async () => {
    await using at = await stage(smallSandbox({version: 'forgejo-15'}))
    at.sandbox.gitea.fail({method: 'POST', path: /\/tokens/, kind: 'html'})
    const line = `agent-dev-a --output-file ${at.dir}/new.token --yes`
    const {url} = at.sandbox.gitea
    const {exit, document} = await at.patrol(Mint, `${line} --json`)
    expect(exit).toBe(7)
    expect(document.error).toMatchObject({
      code: 'WRITE_IN_DOUBT',
      gitea: {url, version: '15.0.3+gitea-1.22.0', forge: {name: 'forgejo', version: '15.0.3'}},
    })
    expect(versions(at)).toHaveLength(1)
    const {stderr} = await at.patrol(Mint, line)
    expect(stderr).toMatch(new RegExp(`\nCode: \\w+\nServer: ${url}, Forgejo 15\\.0\\.3\\.\n`))
  })

  test('of a server that is down names its address, and is no other failure for it', async () => {
    await using at = await stage(smallSandbox({version: 'forgejo-15'}))
    at.sandbox.gitea.fail({kind: 'reset-before'})
    const {url} = at.sandbox.gitea
    const line = `agent-dev-a --output-file ${at.dir}/new.token --yes`
    const {exit, document} = await at.patrol(Mint, `${line} --json`)
    expect([exit, document.error]).toEqual([5, expect.objectContaining({code: 'GITEA_UNREACHABLE', gitea: {url}})])
    expect((await at.patrol(Mint, line)).stderr).toContain(`\nServer: ${url}.\n`)
  })

  test('before any server was turned to names none', async () => {
    await using at = await stage(smallSandbox({version: 'forgejo-15'}))
    const {document, stderr} = await at.patrol(Probe, 'agent-dev-b --json')
    expect(document.error).toEqual(expect.not.objectContaining({gitea: expect.anything()}))
    expect(stderr).not.toContain('Server:')
  })
})

test.each([
  ['rotate', Rotate, 'platform-token', ', Gitea 1.22.6'],
  ['onboard', Onboard, 'platform-token', ', Gitea 1.22.6'],
  // Turned away before anything had to know which server it is.
  ['onboard', Onboard, 'admin-password', ''],
] as const)('%s whose every plan fails says on which server (%o, %s, "%s")', async (_, command, file, named) => {
  await using at = await stage()
  await writeFile(join(at.dir, 'secrets', file), 'not-a-real-secret\n', {mode: 0o600})
  const {url} = at.sandbox.gitea
  const {exit, stderr} = await at.patrol(command, 'agent-dev-a agent-dev-b --yes')
  expect([exit, stderr.split('\n').at(-2)]).toEqual([4, `Server: ${url}${named}.`])
  const {document} = await at.patrol<Named>(command, 'agent-dev-a agent-dev-b --yes --json')
  const met = {version: '1.22.6', forge: {name: 'gitea', version: '1.22.6'}}
  expect(document.result.gitea).toEqual({url, ...(named && met)})
})

test('a check-up and the end of an onboarding name it too', async () => {
  await using at = await stage(smallSandbox({version: 'forgejo-15'}))
  const forge = {name: 'forgejo', version: '15.0.3'}
  const {document} = await at.patrol<Named>(Doctor, '--json')
  expect(document.result.gitea).toMatchObject({url: at.sandbox.gitea.url, forge})
  const {stderr} = await at.patrol(OnboardingAbort, 'agent-dev-a --yes')
  expect(stderr).toContain(`\nServer: ${at.sandbox.gitea.url}, Forgejo 15.0.3.\n`)
})
