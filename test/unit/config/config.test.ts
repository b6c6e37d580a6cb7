import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Ajv2020} from 'ajv/dist/2020.js'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {
  formatDuration,
  loadConfig,
  parseDuration,
  requireAgent,
  configMissing,
  stateDir,
  workspaceToken,
} from '../../../src/config.ts'
import {jsonSchema} from '../../../src/config/schema.ts'
import {OpsError} from '../../../src/errors.ts'
import {redact} from '../../../src/secret.ts'

const COMPLETE = `
gitea:
  url: https://git.example.org/gitea/
  repo: molecule-ai/molecule-core
  ca: certs/gitea.pem
  admin: {user: root-admin, password: 'file:secrets/admin', totp: 'prompt:'}
platform:
  url: https://agents.example.org
  org: 3F2504E0-4F89-41D3-9A0C-0305E82C3301
  token: env:PLATFORM_TOKEN
  restart-deadline: 30m
secret: GIT_TOKEN
profiles:
  triager: {scopes: ['read:issue', 'write:issue', 'read:issue'], max-age: 90d}
agents:
  agent-dev-a: {workspace: 3F2504E0-4F89-41D3-9A0C-0305E82C3302}
  agent-dev-b: {user: dev-b, workspace: dev b, profile: triager, token: 'exec:pass show b', repo: o/r}
`

let dir: string
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'patrol-config-'))))
afterEach(() => rm(dir, {recursive: true, force: true}))

const places = (env: NodeJS.ProcessEnv = {}) => ({env: {HOME: dir, ...env}, cwd: dir})
async function load(yaml: string) {
  await writeFile(join(dir, 'patrol.yaml'), yaml)
  return loadConfig(undefined, places())
}
async function mistakes(yaml: string): Promise<string> {
  const error = await load(yaml).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({code: 'CONFIG_INVALID', exit: 2})
  if (!(error instanceof OpsError)) throw error
  return error.message.replaceAll(`${join(dir, 'patrol.yaml')}:`, '')
}

describe('two agents that share something are refused', () => {
  test.each([
    {what: 'a user, whatever its case', agents: 'a: {user: Bot}\n  b: {user: bot}', says: /user "bot": a .*, b /},
    {what: 'a user that is another agent', agents: 'a: {}\n  b: {user: A}', says: /user "a": a .*, b /},
    {what: 'a workspace', agents: 'a: {workspace: w}\n  b: {workspace: w}', says: /workspace "w": a .*, b /},
    {
      what: 'a workspace by its id, whatever its case',
      agents:
        'a: {workspace: 3F2504E0-4F89-41D3-9A0C-0305E82C3301}\n  b: {workspace: 3f2504e0-4f89-41d3-9a0c-0305e82c3301}',
      says: /workspace "3f2504e0-.*": a .*, b /,
    },
  ])('$what', async ({agents, says}) => {
    const reading = load(`gitea: {url: 'https://git.example.org'}\nagents:\n  ${agents}\n`)
    await expect(reading).rejects.toMatchObject({code: 'INVENTORY_DUPLICATE', exit: 2})
    await expect(reading).rejects.toThrow(says)
    await expect(reading).rejects.toThrow(/\(line 3\).*\(line 4\)/)
  })
})

describe('a sound patrol.yaml', () => {
  test('comes back with defaults filled in, paths absolute and UUIDs in lower case', async () => {
    const config = await load(COMPLETE)
    expect(config?.gitea).toMatchObject({
      url: 'https://git.example.org/gitea',
      ca: join(dir, 'certs/gitea.pem'),
      insecureHttp: false,
      admin: {user: 'root-admin', password: {kind: 'file', path: join(dir, 'secrets/admin')}, totp: {kind: 'prompt'}},
    })
    expect(config?.platform).toMatchObject({
      org: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
      autoRestartWaitMs: 15_000,
      restartDeadlineMs: 1_800_000,
    })
    expect(config).toMatchObject({secret: 'GIT_TOKEN', label: 'approved'})
    expect(config?.agents.get('agent-dev-a')).toMatchObject({
      user: 'agent-dev-a',
      workspace: '3f2504e0-4f89-41d3-9a0c-0305e82c3302',
      profile: 'engineer',
      token: undefined,
    })
    expect(config?.agents.get('agent-dev-a')?.scopes).toContain('read:issue')
    expect(config?.agents.get('agent-dev-b')).toMatchObject({
      user: 'dev-b',
      workspace: 'dev b',
      scopes: ['write:issue'],
      maxAgeMs: 90 * 86_400_000,
      repo: 'o/r',
    })
  })

  test('satisfies the JSON Schema that config schema prints, which is strict', () => {
    const validate = new Ajv2020({strict: false}).compile(jsonSchema())
    expect(validate(parse(COMPLETE))).toBe(true)
    expect(validate({...parse(COMPLETE), agnets: {}})).toBe(false)
  })
})

describe('a mistake is named with line, column and the right word', () => {
  test.each([
    [
      'a typo in a key',
      'gitea:\n  url: https://g.example\n  rpeo: o/r\n',
      '3:3: unknown key "rpeo"; did you mean "repo"?',
    ],
    [
      'a typo at the top',
      'gitea:\n  url: https://g.example\nagnets: {}\n',
      '3:1: unknown key "agnets"; did you mean "agents"?',
    ],
    [
      'a typo in an agent',
      'gitea: {url: https://g.example}\nagents:\n  a:\n    profil: engineer\n',
      '4:5: unknown key "profil"; did you mean "profile"?',
    ],
    ['a missing key', 'gitea:\n  repo: o/r\n', '2:3: "gitea.url" is missing'],
    ['a missing part', 'label: x\n', '1:1: "gitea" is missing'],
    [
      'an agent twice',
      'gitea: {url: https://g.example}\nagents:\n  a: {}\n  b: {}\n  a: {}\n',
      '5:3: this key stands here for the second time',
    ],
    ['a tab', 'gitea:\n\turl: https://g.example\n', '2:1: a tab cannot indent YAML'],
    [
      'an unknown profile',
      'gitea: {url: https://g.example}\nagents:\n  a: {profile: enginer}\n',
      '3:16: unknown profile "enginer"; did you mean "engineer"?',
    ],
    [
      'an invented scope',
      'gitea: {url: https://g.example}\nprofiles:\n  p:\n    scopes: [read:pull-request]\n',
      '4:14: There is no scope "read:pull-request"',
    ],
    [
      'a URL without scheme',
      'gitea:\n  url: git.example.org\n',
      '2:8: "git.example.org" has no scheme (https://). did you mean https://git.example.org',
    ],
    [
      'http outside loopback',
      'gitea:\n  url: http://git.example.org\n',
      '2:8: "http://git.example.org" would send credentials in the clear',
    ],
    [
      'a bad duration',
      'gitea: {url: https://g.example}\nplatform:\n  url: https://p.example\n  token: env:T\n  restart-deadline: soon\n',
      '5:21: "platform.restart-deadline" has to be a duration',
    ],
    [
      'a wait of more than a day',
      'gitea: {url: https://g.example}\nplatform:\n  url: https://p.example\n  token: env:T\n  restart-deadline: 2d\n',
      '5:21: "platform.restart-deadline" may be 1d at most',
    ],
    [
      'an age of more than ten years',
      'gitea: {url: https://g.example}\nprofiles:\n  p:\n    scopes: [read:issue]\n    max-age: 99999999d\n',
      '5:14: "profiles.p.max-age" may be 3650d at most',
    ],
    [
      'a former address that is none',
      'gitea:\n  url: https://g.example\n  formerly: [https://old.example, old.example]\n',
      '3:35: "old.example" has no scheme',
    ],
    ['a number for text', 'gitea: {url: https://g.example}\nlabel: 7\n', '2:8: "label" has to be text'],
    [
      'two admin credentials',
      'gitea:\n  url: https://g.example\n  admin: {user: r, password: "env:A", token: "env:B"}\n',
      '3:10: "gitea.admin" needs either password or token',
    ],
    ['an empty file', '', '1:1: the file has to hold a mapping'],
    ['not a mapping', '- a\n', '1:1: the file has to hold a mapping'],
  ])('%s', async (_, yaml, expected) => {
    expect(await mistakes(yaml)).toContain(expected)
  })

  test('all of them at once, in the order of the file', async () => {
    const said = await mistakes('gitea:\n  url: git.example\nagents:\n  a: {profile: nope}\n  b: {profile: reviewr}\n')
    expect([...said.matchAll(/^ {2}(\d+):/gm)].map(([, line]) => line)).toEqual(['2', '4', '5'])
  })

  test('a literal secret is refused and never repeated', async () => {
    const value = 'not-a-real-password-7'
    const said = await mistakes(`gitea:\n  url: https://g.example\n  admin: {user: r, password: ${value}}\n`)
    expect(said).toMatch(/3:30: "gitea\.admin\.password" has to be a reference.*leaked/)
    expect(said).not.toContain(value)
    expect(redact(`a${value}b`)).not.toContain(value)
  })

  test('anchors may be shared, a bomb made of them is refused', async () => {
    const shared = 'gitea: {url: https://g.example}\nagents:\n  a: &same {profile: reviewer}\n  b: *same\n'
    expect((await load(shared))?.agents.get('b')?.profile).toBe('reviewer')
    const level = (n: number) => `x${n}: &x${n} [${`*x${n - 1},`.repeat(12)}]`
    const bomb = ['x0: &x0 [a]', level(1), level(2), level(3), level(4)].join('\n')
    expect(await mistakes(bomb)).toContain('multiply into far too much')
  })

  test('a secret in broken YAML is not repeated either', async () => {
    const said = await mistakes('gitea:\n  admin: {user: r, password: *swordfish-9}\n')
    expect(said).toContain('2:30: an alias (*) without its anchor')
    expect(said).not.toContain('swordfish')
  })
})

describe('where it is found', () => {
  test('named, then $PATROL_CONFIG, then upward, then the XDG directory', async () => {
    const minimal = (label: string) => `gitea: {url: https://g.example}\nlabel: ${label}\n`
    const deep = join(dir, 'a/b')
    await mkdir(deep, {recursive: true})
    await mkdir(join(dir, 'xdg/patrol'), {recursive: true})
    const env = {XDG_CONFIG_HOME: join(dir, 'xdg')}
    await writeFile(join(dir, 'xdg/patrol/patrol.yaml'), minimal('user'))
    expect((await loadConfig(undefined, {env, cwd: deep}))?.label).toBe('user')
    await writeFile(join(dir, 'patrol.yaml'), minimal('upward'))
    expect((await loadConfig(undefined, {env, cwd: deep}))?.label).toBe('upward')
    await writeFile(join(dir, 'env.yaml'), minimal('env'))
    expect((await loadConfig(undefined, {env: {...env, PATROL_CONFIG: '../../env.yaml'}, cwd: deep}))?.label).toBe(
      'env',
    )
    await writeFile(join(dir, 'flag.yaml'), minimal('flag'))
    expect((await loadConfig('../../flag.yaml', {env: {PATROL_CONFIG: 'x'}, cwd: deep}))?.label).toBe('flag')
  })

  test('a named file that is missing is an error, none at all is not', async () => {
    await expect(loadConfig('nope.yaml', places())).rejects.toMatchObject({code: 'CONFIG_NOT_FOUND'})
    const nowhere = {env: {XDG_CONFIG_HOME: dir}, cwd: join(dir, 'none')}
    expect(await loadConfig(undefined, nowhere)).toBeUndefined()
    expect(configMissing(nowhere)).toMatchObject({code: 'CONFIG_NOT_FOUND', message: expect.stringContaining(dir)})
  })

  test('an unknown agent brings the nearest names', async () => {
    const config = (await load(COMPLETE))!
    expect(requireAgent(config, 'agent-dev-a').name).toBe('agent-dev-a')
    expect(() => requireAgent(config, 'agent-dev-c')).toThrow(/Did you mean agent-dev-a or agent-dev-b\?/)
    expect(() => requireAgent(config, 'zebra')).toThrow(/It knows agent-dev-a, agent-dev-b/)
  })

  test('the state directory follows its variable, then XDG, then the home directory', () => {
    expect(stateDir(places({PATROL_STATE_DIR: 'here', XDG_STATE_HOME: '/x'}))).toBe(join(dir, 'here'))
    expect(stateDir(places({XDG_STATE_HOME: '/x'}))).toBe('/x/patrol')
    expect(stateDir(places())).toBe(join(dir, '.local/state/patrol'))
  })

  test('inside a workspace the token comes from the environment, then from its configs', async () => {
    expect(workspaceToken(places({GITEA_TOKEN: 'v', CONFIGS_DIR: dir}))).toEqual({kind: 'env', name: 'GITEA_TOKEN'})
    await mkdir(join(dir, 'secrets.d'))
    const file = join(dir, 'secrets.d/GITEA_TOKEN')
    await writeFile(file, 'x')
    await chmod(file, 0o600)
    expect(workspaceToken(places({CONFIGS_DIR: dir}))).toEqual({kind: 'file', path: file})
    expect(workspaceToken(places({CONFIGS_DIR: join(dir, 'none')}))).toBeUndefined()
  })
})

test.each([
  ['15s', 15_000],
  ['200ms', 200],
  ['24h', 86_400_000],
  ['90d', 7_776_000_000],
  ['1.5h', undefined],
  ['-1s', undefined],
  ['', undefined],
  ['3650d', 315_360_000_000],
  ['3651d', undefined],
  ['99999999d', undefined],
  [`${'9'.repeat(400)}ms`, undefined],
])('the duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  [86_400_000, '1d'],
  [90_000, '90s'],
  [7_200_000, '2h'],
  [1234, '1s'],
  [200, '200ms'],
])('%i ms are written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})
