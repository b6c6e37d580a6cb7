import {chmod, mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Healthcheck from '../../src/commands/healthcheck.ts'
import {stage, typed} from './harness.ts'
import type {Stage} from './harness.ts'

/** The package has no types of its own. */
const parsePrometheus: (text: string) => {
  name: string
  metrics: {value: string; labels?: Record<string, string>}[]
}[] = createRequire(import.meta.url)('parse-prometheus-text-format')

interface Checked {
  state: string
  access: Record<'issues' | 'pulls', {outcome: string; evidence: {status: number}}>
  requests: number
}

/** What a workspace knows: its token, the server, and nothing of patrol. */
function inside(at: Stage, agent: string): NodeJS.ProcessEnv {
  return {XDG_CONFIG_HOME: at.dir, HOME: at.dir, GITEA_URL: at.sandbox.gitea.url, GITEA_TOKEN: at.token(agent)}
}

const asked = ({sandbox}: Stage) => sandbox.gitea.requests.map(({method, path}) => `${method} ${path.split('?')[0]}`)
const LISTS = ['GET /api/v1/repos/acme/core/issues', 'GET /api/v1/repos/acme/core/pulls']

describe('inside a workspace, without configuration', () => {
  test('a sound token: two GETs, one line, nothing on stderr, exit 0', async () => {
    await using at = await stage()
    const ended = await typed(Healthcheck, '--repo acme/core', inside(at, 'agent-reviewer'))
    expect(asked(at).toSorted()).toEqual(LISTS)
    expect(ended.stdout).toMatch(/^✓ ok {2}token …[0-9a-f]{8}, acme\/core at .*: issues ok \(200\), .*\n$/)
    expect(ended.stderr).toBe('')
    expect(ended.exit).toBe(0)
  })

  test('a token without read:issue: exit 0 all the same, with a warning on stderr', async () => {
    await using at = await stage()
    const ended = await typed(Healthcheck, '--repo acme/core', inside(at, 'agent-dev-a'))
    expect(ended.stdout).toMatch(/^! gap .*issues scope \(403\), pull requests ok \(200\)\n$/)
    expect(ended.stderr).toMatch(
      /^Warning: issues of acme\/core cannot be listed: .*read:issue.*rotate the agent whose token it is\.\n$/,
    )
    expect(ended.exit).toBe(0)
  })

  test('with --strict the same token exits 3', async () => {
    await using at = await stage()
    const {exit, document} = await typed(Healthcheck, '--repo acme/core --strict --json', inside(at, 'agent-dev-a'))
    expect(exit).toBe(3)
    expect(document.findings).toEqual([
      expect.objectContaining({rule: 'scope-missing', evidence: expect.objectContaining({status: 403})}),
    ])
  })

  test('finds the token in secrets.d; --strict refuses the file when others can read it', async () => {
    await using at = await stage()
    await mkdir(join(at.dir, 'secrets.d'))
    const file = join(at.dir, 'secrets.d/GITEA_TOKEN')
    await writeFile(file, at.token('agent-reviewer'), {mode: 0o600})
    const env = {...inside(at, 'agent-reviewer'), GITEA_TOKEN: undefined, CONFIGS_DIR: at.dir}
    expect((await typed(Healthcheck, '--repo acme/core --strict', clean(env))).exit).toBe(0)
    await chmod(file, 0o644)
    const loose = await typed(Healthcheck, '--repo acme/core --strict --json', clean(env))
    expect(loose.document.error?.code).toBe('SECRET_EXPOSED')
    expect(loose.exit).toBe(6)
  })

  test('without a repository says which flag names one, and asks nothing', async () => {
    await using at = await stage()
    const {exit, document} = await typed(Healthcheck, '--json', inside(at, 'agent-reviewer'))
    expect(document.error).toMatchObject({
      code: 'CONFIG_INCOMPLETE',
      message: expect.stringContaining('Name it with --repo'),
    })
    expect(exit).toBe(2)
    expect(asked(at)).toEqual([])
  })
})

describe('what else may come back', () => {
  test('a dead token exits 3, proven by the one request that can prove it; then strangers are told of the server', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<Checked>(Healthcheck, [
      '--json',
      '--token-file',
      join(at.dir, 'secrets/agent-dead'),
    ])
    expect(document.result.state).toBe('dead')
    expect(document.findings).toEqual([expect.objectContaining({rule: 'token-dead'})])
    expect(exit).toBe(3)
    expect(asked(at)).toEqual([...LISTS, 'GET /api/v1/version', 'GET /api/v1/version'])
    expect(at.sandbox.gitea.requests.map(({auth, status}) => [auth, status]).slice(2)).toEqual([
      ['token', 401],
      ['none', 200],
    ])
  })

  test('a user without a role in the repository is told apart from a missing scope', async () => {
    await using at = await stage()
    const line = ['--repo', 'acme/elsewhere', '--json', '--token-file', join(at.dir, 'secrets/agent-reviewer')]
    const {exit, document} = await at.patrol<Checked>(Healthcheck, line)
    expect(document.findings?.map(({rule}) => rule)).toEqual(['role-gap', 'role-gap'])
    expect(exit).toBe(0)
    expect((await at.patrol(Healthcheck, [...line, '--strict'])).exit).toBe(3)
  })

  test.each([
    ['a web page', {kind: 'html' as const}],
    ['an error of the server', {kind: 'status' as const, status: 500}],
    ['a web page for one of the lists', {kind: 'html' as const, path: /\/pulls/}],
  ])('%s exits 5 and is never a pass, nor a gap', async (_, fault) => {
    await using at = await stage()
    at.sandbox.gitea.fail(fault)
    const line = ['--json', '--token-file', join(at.dir, 'secrets/agent-reviewer')]
    const {exit, document} = await at.patrol<Checked>(Healthcheck, line)
    expect(document.result.state).toBe('unknown')
    expect(document.findings).toEqual([])
    expect(document.incomplete).toContainEqual(expect.objectContaining({code: 'GITEA_UNUSABLE', exit: 5}))
    expect(exit).toBe(5)
  })
})

describe('--metrics', () => {
  test('leaves a readable OpenMetrics file that the next run replaces, and nothing else', async () => {
    await using at = await stage()
    const file = join(at.dir, 'metrics/patrol.prom')
    await mkdir(join(at.dir, 'metrics'))
    const run = (agent: string) =>
      at.patrol(Healthcheck, ['--metrics', file, '--token-file', join(at.dir, 'secrets', agent)])
    await run('agent-dev-a')
    const gap = await samples(file)
    expect(gap['patrol_healthcheck_state gap']).toBe('1')
    expect(gap['patrol_healthcheck_state ok']).toBe('0')
    expect(gap['patrol_healthcheck_listable issues']).toBe('0')
    expect(gap['patrol_healthcheck_listable pull requests']).toBe('1')
    await run('agent-reviewer')
    expect((await samples(file))['patrol_healthcheck_state ok']).toBe('1')
    expect((await readFile(file, 'utf8')).endsWith('\n# EOF\n')).toBe(true)
    expect(((await stat(file)).mode & 0o044).toString(8)).toBe('44')
    expect(await readdir(join(at.dir, 'metrics'))).toEqual(['patrol.prom'])
  })

  test.each([
    ['in no directory', 'nowhere/patrol.prom'],
    ['that is a directory', '.'],
  ])('a file %s is refused before anything is asked', async (_, file) => {
    await using at = await stage()
    const {exit, document} = await at.patrol(Healthcheck, [
      '--json',
      '--metrics',
      join(at.dir, file),
      '--token-file',
      join(at.dir, 'secrets/agent-reviewer'),
    ])
    expect(document.error?.code).toBe('REPORT_UNWRITABLE')
    expect(exit).toBe(2)
    expect(asked(at)).toEqual([])
  })
})

function clean(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}

/** Each sample by its name and its telling label. */
async function samples(file: string): Promise<Record<string, string>> {
  const families = parsePrometheus(await readFile(file, 'utf8'))
  return Object.fromEntries(
    families.flatMap(({name, metrics}) =>
      metrics.map(({labels, value}) => [`${name} ${labels?.state ?? labels?.unit ?? ''}`.trim(), value]),
    ),
  )
}
