import {execFileSync} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import Audit from '../../src/commands/audit.ts'
import ConfigCheck from '../../src/commands/config/check.ts'
import ConfigSchema from '../../src/commands/config/schema.ts'
import Doctor from '../../src/commands/doctor.ts'
import Drill from '../../src/commands/drill.ts'
import Init from '../../src/commands/init.ts'
import Sandbox from '../../src/commands/sandbox.ts'
import {secretKeyAt} from '../../src/context/secret-key.ts'
import {jsonSchema} from '../../src/config/schema.ts'
import type {AuditFinding} from '../../src/fleet/index.ts'
import {differences, lineOf, truthLine} from '../support/fleet.ts'
import {smallSandbox} from '../support/small-sandbox.ts'
import {going, stage, typed, writes} from './harness.ts'
import type {Stage} from './harness.ts'

interface Check {
  area: string
  what: string
  state: string
  code?: string
  fix?: string
}

const NOBODY: Pick<AuditFinding, 'rule' | 'agent' | 'subject'> = {rule: '', agent: '', subject: {}}

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'patrol-setup-'))))
afterEach(() => rm(dir, {recursive: true, force: true}))

async function edit({home}: Stage, from: string | RegExp, to: string): Promise<void> {
  await writeFile(home.config, (await readFile(home.config, 'utf8')).replace(from, to))
}

async function checkUp(at: Stage) {
  const {exit, document} = await at.patrol<{checks: Check[]}>(Doctor, '--json')
  const {checks} = document.result
  return {exit, checks, problems: checks.filter(({state}) => state === 'problem'), findings: document.findings}
}

describe('doctor', () => {
  test.each(['docker', 'saas'] as const)(
    'finds nothing wrong with a sound set-up (%s), and changes nothing',
    async (mode) => {
      await using at = await stage({mode})
      const {exit, problems, checks} = await checkUp(at)
      expect(problems).toEqual([])
      expect(exit).toBe(0)
      expect(new Set(checks.map(({area}) => area))).toEqual(new Set(['config', 'gitea', 'admin', 'platform', 'state']))
      expect([...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)]).toEqual([])
    },
  )

  test('exits 4 for a wrong administrator password, and looks at the rest all the same', async () => {
    await using at = await stage()
    await writeFile(join(at.dir, 'secrets/admin-password'), 'not-a-real-password\n', {mode: 0o600})
    const {exit, problems, checks} = await checkUp(at)
    expect(problems).toEqual([
      expect.objectContaining({area: 'admin', code: 'ADMIN_REJECTED', fix: expect.any(String)}),
    ])
    expect(checks.filter(({area, state}) => area === 'platform' && state === 'ok').length).toBeGreaterThan(2)
    expect(exit).toBe(4)
  })

  test('exits 3 for an administrator who is none', async () => {
    await using at = await stage()
    await edit(
      at,
      /admin:\n {4}user: root\n {4}password: .*/,
      'admin: {user: agent-wide, token: "file:secrets/agent-wide"}',
    )
    const {exit, problems} = await checkUp(at)
    expect(problems).toEqual([expect.objectContaining({area: 'admin', code: 'ADMIN_NOT_ADMIN'})])
    expect(exit).toBe(3)
  })

  test.each([
    // Only where no web app stands before the platform: its own origin, which patrol sends, opens the tenant guard.
    ['no organisation', /\n {2}org: .*/, '', false, 'TENANT_HEADER_MISSING'],
    ['a path in the URL', /(platform:\n {2}url: .*)/, '$1/agents', true, 'PLATFORM_NOT_JSON'],
  ])('exits 5 when the hosted platform is told %s', async (_, from, to, canvas, code) => {
    await using at = await stage({canvas})
    await edit(at, from, to)
    const {exit, problems} = await checkUp(at)
    expect(problems).toEqual([expect.objectContaining({area: 'platform', code})])
    expect(exit).toBe(5)
  })

  test('exits 5 for a Gitea that cannot be reached', async () => {
    await using at = await stage()
    await at.sandbox.gitea.close()
    const {exit, problems} = await checkUp(at)
    expect(problems.map(({area, code}) => `${area} ${code}`)).toEqual([
      'gitea GITEA_UNREACHABLE',
      'admin GITEA_UNREACHABLE',
    ])
    expect(exit).toBe(5)
  })

  test('names a repository that is not there, and one without the label, each asked for once', async () => {
    await using at = await stage()
    await edit(at, 'acme/core', 'acme/nope')
    const {exit, problems} = await checkUp(at)
    expect(problems).toEqual([
      expect.objectContaining({
        area: 'admin',
        code: 'REPO_NOT_FOUND',
        message: expect.stringContaining('no repository acme/nope is shown to root'),
      }),
    ])
    expect(exit).toBe(3)
    expect(at.sandbox.gitea.requests.filter(({path}) => path.includes('/labels'))).toHaveLength(1)
    await edit(at, 'acme/nope', 'acme/core')
    await edit(at, 'label: approved', 'label: ready')
    expect((await checkUp(at)).problems).toEqual([
      expect.objectContaining({code: 'LABEL_NOT_FOUND', message: expect.stringContaining('no label "ready"')}),
    ])
  })

  test('names agents without a workspace', async () => {
    await using at = await stage()
    await edit(at, at.id('agent-dev-b'), 'agent-nowhere')
    const {exit, problems} = await checkUp(at)
    expect(problems).toEqual([
      expect.objectContaining({
        area: 'platform',
        code: 'WORKSPACE_NOT_FOUND',
        message: expect.stringContaining('agent-dev-b'),
      }),
    ])
    expect(exit).toBe(3)
  })

  test('says which command makes a configuration when there is none', async () => {
    const {exit, document} = await typed(Doctor, '--json', {HOME: dir, XDG_CONFIG_HOME: dir, PATROL_STATE_DIR: dir})
    expect(document.findings).toEqual([expect.objectContaining({area: 'config', fix: 'patrol init'})])
    expect(exit).toBe(3)
  })
})

describe('config', () => {
  test('check tells what it found, or every mistake with its place', async () => {
    await using at = await stage()
    expect((await at.patrol(ConfigCheck, '')).stdout).toContain('9 agents')
    await edit(at, 'agents:', 'agnets:')
    await edit(at, 'label: approved', 'label: 7')
    const {exit, stderr} = await at.patrol(ConfigCheck, '')
    expect(stderr).toMatch(/patrol\.yaml:\d+:8: "label" has to be text/)
    expect(stderr).toMatch(/patrol\.yaml:\d+:1: unknown key "agnets"; did you mean "agents"\?/)
    expect(exit).toBe(2)
    expect([...at.sandbox.gitea.requests, ...at.sandbox.platform.requests]).toEqual([])
  })

  test('schema prints what the check checks', async () => {
    const {exit, stdout} = await typed(ConfigSchema, '')
    expect(JSON.parse(stdout)).toEqual(jsonSchema())
    expect(exit).toBe(0)
    expect((await typed(ConfigSchema, '--json')).document.result).toEqual(jsonSchema())
  })
})

describe('init', () => {
  const ORG = '3f2b8c1e-7a54-4d1b-9b11-0c5d6e7f8a90'
  const flags = ['--yes', '--gitea-url', 'https://git.example.org', '--repo', 'acme/core', '--admin-user', 'root']

  test('writes a patrol.yaml that is sound, from flags alone', async () => {
    const file = join(dir, 'patrol.yaml')
    const line = [
      ...flags,
      '--platform-url',
      'https://agents.example.org',
      '--agent',
      'agent-a',
      '--agent',
      'agent-b',
      '--output',
      file,
    ]
    expect((await typed(Init, line)).exit).toBe(0)
    expect(parse(await readFile(file, 'utf8'))).toMatchObject({
      gitea: {
        url: 'https://git.example.org',
        repo: 'acme/core',
        admin: {user: 'root', password: 'env:GITEA_ADMIN_PASSWORD'},
      },
      platform: {token: 'env:PLATFORM_TOKEN'},
      agents: {'agent-a': {}, 'agent-b': {}},
    })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await typed(ConfigCheck, ['--config', file])).exit).toBe(0)
  })

  test.each([
    ['april', 'docker', 'GITEA_TOKEN'],
    ['june02', 'saas', 'GIT_HTTP_PASSWORD'],
    ['aug14', 'docker', 'GIT_HTTP_PASSWORD'],
    ['aug14', 'saas', 'GITEA_TOKEN'],
  ] as const)('offers the secret that arrives: %s, %s', async (release, mode, key) => {
    const signal = new AbortController().signal
    const edges = {insecureHttp: false, version: 'test', signal}
    const sandbox = await smallSandbox({platform: {release, mode, ...(mode === 'saas' && {orgId: ORG})}})
    expect(await secretKeyAt({url: sandbox.platform.url, org: mode === 'saas' ? ORG : undefined}, edges)).toBe(key)
    await sandbox.close()
    expect(await secretKeyAt({url: sandbox.platform.url, org: undefined}, edges)).toBe('GITEA_TOKEN')
    expect(await secretKeyAt({url: 'no address', org: undefined}, edges)).toBe('GITEA_TOKEN')
  })

  test.each([
    [[], undefined],
    [['--secret', 'GITEA_TOKEN'], undefined],
    [['--secret', 'GIT_HTTP_PASSWORD'], 'GIT_HTTP_PASSWORD'],
  ])('names the secret that holds the tokens where it is not the usual one: %j', async (more, secret) => {
    const file = join(dir, 'patrol.yaml')
    expect((await typed(Init, [...flags, ...more, '--output', file])).exit).toBe(0)
    const line = secret && `secret: ${secret}`
    expect((await readFile(file, 'utf8')).match(/^secret: .*$/m)?.[0]).toBe(line)
  })

  test.each([
    ['an existing file', [...flags, '--output', 'FILE'], 'FILE_EXISTS', 6],
    ['a URL without scheme', ['--yes', '--gitea-url', 'git.example.org', '--output', 'NEW'], 'CONFIG_INVALID', 2],
    [
      'a value for a reference',
      [...flags, '--admin-password', 'not-a-real-password', '--output', 'NEW'],
      'CONFIG_INVALID',
      2,
    ],
    ['nobody to ask', ['--output', 'NEW'], 'USAGE', 2],
  ])('writes nothing for %s', async (_, line, code, exit) => {
    await writeFile(join(dir, 'there.yaml'), 'mine')
    const argv = line.map((word) => word.replace('FILE', join(dir, 'there.yaml')).replace('NEW', join(dir, 'new.yaml')))
    const ended = await typed(Init, [...argv, '--json'])
    expect(ended.document.error?.code).toBe(code)
    expect(ended.exit).toBe(exit)
    expect(ended.stdout).not.toContain('not-a-real-password')
    expect(await readdir(dir)).toEqual(['there.yaml'])
    expect(await readFile(join(dir, 'there.yaml'), 'utf8')).toBe('mine')
  })

  test('says which directory can’t be written', async () => {
    const line = [...flags, '--output', join(dir, 'none/patrol.yaml'), '--json']
    expect((await typed(Init, line)).document.error).toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining('none'),
    })
  })
})

describe('sandbox', () => {
  test('writes what it prints, runs until it is stopped, and leaves nothing', async () => {
    const place = join(dir, "a box, it's")
    const sandbox = await going(Sandbox, ['--dir', place], {HOME: dir})
    expect(await readFile(join(place, 'patrol.yaml'), 'utf8')).toContain('agent-dev-a')
    for (const name of ['admin-password', 'platform-token', 'agent-dev-a']) {
      expect((await stat(join(place, 'secrets', name))).mode & 0o777).toBe(0o600)
    }
    const {exit, stdout} = await sandbox.stop()
    const line = /export .*/.exec(stdout)![0]
    const said = execFileSync('sh', ['-c', `${line}; printf '%s\n' "$PATROL_CONFIG" "$PATROL_STATE_DIR"`]).toString()
    expect(said).toBe(`${join(place, 'patrol.yaml')}\n${join(place, 'state')}\n`)
    expect(exit).toBe(0)
    expect(await readdir(place)).toEqual([])
  })

  test('gives a script its document at the start, on one line, and nothing after it', async () => {
    const place = join(dir, 'box')
    const sandbox = await going(Sandbox, ['--dir', place, '--json'], {HOME: dir})
    const printed = sandbox.printed()
    expect(printed.split('\n')).toHaveLength(2)
    expect(JSON.parse(printed)).toMatchObject({status: 0, result: {config: join(place, 'patrol.yaml')}})
    const {exit, stdout} = await sandbox.stop()
    expect([exit, stdout]).toEqual([0, printed])
  })

  test.each([
    ['1.22.6', 12, /scope-/],
    ['forgejo-15', 60, /repository-excess acme\/vault/],
  ])('generates a fleet on %s, and says what an audit of it has to find', async (gitea, count, among) => {
    const place = join(dir, 'fleet')
    const line = ['--dir', place, '--gitea', gitea, '--agents', String(count), '--seed', '7', '--json']
    const sandbox = await going<{agents: string[]}>(Sandbox, line, {HOME: dir})
    const env = {PATROL_CONFIG: join(place, 'patrol.yaml'), PATROL_STATE_DIR: join(place, 'state'), HOME: dir}
    const audited = await typed(Audit, ['--json'], env)
    const truth = await readFile(join(place, 'truth.json'), 'utf8')
    const {exit, document} = await sandbox.stop()

    const wanted = JSON.parse(truth).both.findings.map(truthLine)
    expect(wanted.length).toBeGreaterThan(3)
    expect(wanted.join('\n')).toMatch(among)
    const found = (audited.document.findings ?? []).map((finding) => lineOf({...NOBODY, ...finding}))
    expect(differences(found, wanted)).toEqual({wrong: [], absent: []})
    expect(document.result.agents).toHaveLength(count)
    expect(exit).toBe(0)
    expect(await readdir(place)).toEqual([])
  })

  test('touches nothing in a directory that is furnished already', async () => {
    await mkdir(join(dir, 'secrets'))
    await writeFile(join(dir, 'secrets/mine'), 'mine')
    await chmod(join(dir, 'secrets'), 0o755)
    const {exit, document} = await typed(Sandbox, ['--dir', dir, '--json'], {HOME: dir})
    expect(document.error?.code).toBe('FILE_EXISTS')
    expect(exit).toBe(6)
    expect(await readFile(join(dir, 'secrets/mine'), 'utf8')).toBe('mine')
  })
})

describe('drill', () => {
  test('shows the incident, mends it, and finds the old token dead', async () => {
    const {exit, document} = await typed(Drill, '--json', {HOME: dir, TMPDIR: dir})
    expect(document.result).toMatchObject({
      before: {issues: 403, pulls: 200},
      after: {issues: 200, pulls: 200, 'swarm-pull': 'passed'},
      superseded: {status: 401},
    })
    expect(exit).toBe(0)
    expect(await readdir(dir)).toEqual([])
  })

  test.each([
    ['1.27.0', 'Gitea 1.27.0'],
    ['forgejo-15', 'Forgejo 15.0.3'],
  ])('tells people the same, in its four parts, on %s', async (gitea, named) => {
    const {exit, stdout} = await typed(Drill, `--gitea ${gitea}`, {HOME: dir})
    expect(stdout).toContain(`Sandbox: ${named} at http`)
    const parts = [
      '1. The incident',
      'issues 403',
      'pulls 200',
      '2. The rotation',
      'is completed',
      '3. The proof',
      'swarm-pull',
      '4. The old token',
      '401',
      'Summary',
    ]
    const places = parts.map((part, index) => stdout.indexOf(part, index === 0 ? 0 : stdout.indexOf(parts[index - 1]!)))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(exit).toBe(0)
  })
})
