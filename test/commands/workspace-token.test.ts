import {spawn} from 'node:child_process'
import {mkdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import Smoke from '../../src/commands/smoke.ts'
import Check from '../../src/commands/workspace-token/check.ts'
import Get from '../../src/commands/workspace-token/get.ts'
import Headers from '../../src/commands/workspace-token/headers.ts'
import Save from '../../src/commands/workspace-token/save.ts'
import type {SandboxOptions} from '../../src/simulator/sandbox.ts'
import {stage, typed} from './harness.ts'
import type {Stage} from './harness.ts'

const DEAD = 'not-a-real-workspace-token-00000001'
const AGENT = 'agent-reviewer'

let at: Stage
let running: Stage | undefined
let configs: string
let env: NodeJS.ProcessEnv

beforeEach(() => begin())
afterEach(() => end())

async function begin(options: SandboxOptions = {}): Promise<void> {
  await end()
  running = at = await stage(options)
  configs = join(at.dir, 'configs')
  await mkdir(configs)
  env = {
    HOME: at.dir,
    CONFIGS_DIR: configs,
    PLATFORM_URL: at.sandbox.platform.url,
    WORKSPACE_ID: at.id(AGENT),
    ...(options.mode === 'saas' && {MOLECULE_ORG_ID: at.sandbox.orgId}),
  }
}

async function end(): Promise<void> {
  await running?.[Symbol.asyncDispose]()
  running = undefined
}

const keep = (value: string, mode = 0o600) => writeFile(join(configs, '.auth_token'), value, {mode})
const kept = () => readFile(join(configs, '.auth_token'), 'utf8')

/** A token of the workspace, minted by the platform's admin. */
async function minted(): Promise<{value: string; revoke(): Promise<void>}> {
  const headers = {
    authorization: `Bearer ${at.sandbox.platformToken}`,
    origin: at.sandbox.platform.url,
    'x-molecule-org-id': at.sandbox.orgId,
  }
  const path = `${at.sandbox.platform.url}/workspaces/${at.id(AGENT)}/tokens`
  const {auth_token: value} = await told<{auth_token: string}>(fetch(path, {method: 'POST', headers}))
  const {tokens} = await told<{tokens: {id: string; prefix: string}[]}>(fetch(path, {headers}))
  const row = tokens.find(({prefix}) => prefix === value.slice(0, 8))
  return {
    value,
    async revoke() {
      await fetch(`${path}/${row?.id}`, {method: 'DELETE', headers})
    },
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
async function told<T>(asked: Promise<Response>): Promise<T> {
  return JSON.parse(await (await asked).text())
}

const states = () => at.sandbox.platform.requests.filter(({path}) => path.endsWith('/state'))

describe('workspace-token check', () => {
  test('says that the platform accepts the token, and where it is from', async () => {
    await keep((await minted()).value)
    const {exit, stdout} = await typed(Check, '', env)
    expect(exit).toBe(0)
    expect(stdout).toContain(`workspace ${at.id(AGENT)} is online`)
    expect(stdout).toContain(join(configs, '.auth_token'))
    expect(states()).toMatchObject([
      {status: 200, headers: {origin: at.sandbox.platform.url, 'x-workspace-id': at.id(AGENT)}},
    ])
  })

  test('takes the environment’s token where there is no file, and flags before the environment', async () => {
    const {value} = await minted()
    const others = {...env, MOLECULE_WORKSPACE_TOKEN: value, PLATFORM_URL: 'http://127.0.0.1:1', WORKSPACE_ID: 'x'}
    const line = `--platform-url ${at.sandbox.platform.url} --workspace ${at.id(AGENT).toUpperCase()} --json`
    const {exit, document} = await typed(Check, line, others)
    expect([exit, document.result]).toEqual([
      0,
      {
        workspace: at.id(AGENT),
        platform: at.sandbox.platform.url,
        status: 'online',
        paused: false,
        from: {kind: 'env', name: 'MOLECULE_WORKSPACE_TOKEN'},
        renewed: false,
      },
    ])
  })

  test('names the organisation where the platform has tenants', async () => {
    await begin({mode: 'saas'})
    await keep((await minted()).value)
    expect((await typed(Check, '', env)).exit).toBe(0)
  })

  test('ends with 4 where the token stays rejected, asked twice', async () => {
    await keep(DEAD)
    const {exit, document} = await typed(Check, '--json', env)
    expect([exit, document.error?.code]).toEqual([4, 'WORKSPACE_TOKEN_REJECTED'])
    expect(document.error?.message).toContain(join(configs, '.auth_token'))
    expect(states().map(({status}) => status)).toEqual([401, 401])
  })

  test('reads the token again where another process has replaced it meanwhile', async () => {
    const [old, fresh] = [await minted(), await minted()]
    await keep(old.value)
    await old.revoke()
    const answer = at.sandbox.platform.fail({path: /\/state$/, nth: 1, kind: 'hold'})
    const checking = typed<{renewed: boolean}>(Check, '--json', env)
    await expect.poll(() => states()[0]?.acted).toBe(401)
    await keep(fresh.value)
    answer()
    const {exit, document} = await checking
    expect([exit, document.result.renewed]).toEqual([0, true])
    expect(states().map(({status}) => status)).toEqual([401, 200])
  })

  test('does so once only', async () => {
    await keep(DEAD)
    const answer = at.sandbox.platform.fail({path: /\/state$/, nth: 1, kind: 'hold'})
    const checking = typed(Check, '--json', env)
    await expect.poll(() => states()[0]?.acted).toBe(401)
    await keep(DEAD.replace('1', '2'))
    answer()
    expect((await checking).document.error?.code).toBe('WORKSPACE_TOKEN_REJECTED')
    expect(states().map(({status}) => status)).toEqual([401, 401, 401])
  })

  test('ends with 4 without any token, and calls nobody', async () => {
    const {exit, document} = await typed(Check, '--json', env)
    expect([exit, document.error?.code]).toEqual([4, 'SECRET_UNREADABLE'])
    expect(states()).toEqual([])
  })

  test.each(['PLATFORM_URL', 'WORKSPACE_ID'])('ends with 2 where %s is not known', async (name) => {
    await keep(DEAD)
    const {exit, document} = await typed(Check, '--json', {...env, [name]: ''})
    expect([exit, document.error?.code]).toEqual([2, 'CONFIG_INCOMPLETE'])
    expect(document.error?.message).toContain(name)
  })

  test('does not call a web page a rejection', async () => {
    await keep(DEAD)
    at.sandbox.platform.fail({path: /\/state$/, kind: 'html'})
    const {exit, document} = await typed(Check, '--json', env)
    expect([exit, document.error?.code]).toEqual([5, 'PLATFORM_NOT_JSON'])
  })

  test('warns about a file that others can read, and with --strict refuses it', async () => {
    await keep((await minted()).value, 0o644)
    expect((await typed(Check, '', env)).stderr).toContain('chmod 600')
    const {exit, document} = await typed(Check, '--strict --json', env)
    expect([exit, document.error?.code]).toEqual([6, 'SECRET_EXPOSED'])
  })
})

describe('workspace-token save', () => {
  test('keeps a file’s token as the runtime reads it, once', async () => {
    const source = join(at.dir, 'given')
    await writeFile(source, `${DEAD}\r\n`, {mode: 0o600})
    const line = ['--token-file', source, '--json']
    const first = await typed<{change: string}>(Save, line, env)
    expect([first.exit, first.document.result.change, await kept()]).toEqual([0, 'written', DEAD])
    expect((await stat(join(configs, '.auth_token'))).mode & 0o777).toBe(0o600)
    expect((await typed<{change: string}>(Save, line, env)).document.result.change).toBe('unchanged')
    await writeFile(source, DEAD.replace('1', '2'))
    expect((await typed<{change: string}>(Save, line, env)).document.result.change).toBe('replaced')
  })

  test('refuses an empty one', async () => {
    const source = join(at.dir, 'given')
    await writeFile(source, '\n', {mode: 0o600})
    const {exit, document} = await typed(Save, ['--token-file', source, '--json'], env)
    expect([exit, document.error?.code]).toEqual([4, 'SECRET_UNREADABLE'])
    await expect(kept()).rejects.toThrow('ENOENT')
  })

  test.each([`"${DEAD}"`, `AUTH_TOKEN=${DEAD}`, `Bearer ${DEAD}`])('keeps nothing of %s', async (text) => {
    const source = join(at.dir, 'given')
    await writeFile(source, `${text}\n`, {mode: 0o600})
    const {exit, document} = await typed(Save, ['--token-file', source, '--json'], env)
    expect([exit, document.error?.code]).toEqual([2, 'CREDENTIAL_MALFORMED'])
    expect(document.error?.message).toContain(`${source} holds ${text.length} characters`)
    await expect(kept()).rejects.toThrow('ENOENT')
  })

  test('makes the home’s directory where nothing else is named', async () => {
    const source = join(at.dir, 'given')
    await writeFile(source, DEAD, {mode: 0o600})
    const {document} = await typed<{file: string}>(Save, ['--token-file', source, '--json'], {HOME: at.dir})
    // A machine with a /configs of its own keeps it there; then there is nothing to see below the home.
    if (document.result.file.startsWith('/configs')) return rm(document.result.file)
    expect(document.result.file).toBe(join(at.dir, '.molecule-workspace/.auth_token'))
    expect((await stat(join(at.dir, '.molecule-workspace'))).mode & 0o777).toBe(0o700)
  })
})

describe('workspace-token get', () => {
  test('hands the value to a program, with nothing around it but the line’s end', async () => {
    await keep(DEAD)
    expect(await typed(Get, '', env)).toMatchObject({exit: 0, stdout: `${DEAD}\n`, stderr: ''})
  })

  test('never puts it into a document', async () => {
    await keep(DEAD)
    const {stdout, document} = await typed(Get, '--json', env)
    expect(document.result).toEqual({kind: 'file', path: join(configs, '.auth_token')})
    expect(stdout).not.toContain(DEAD)
  })

  test('writes it to a new private file, and never over one', async () => {
    await keep(DEAD)
    const file = join(at.dir, 'copy')
    expect(await typed(Get, ['--output-file', file], env)).toMatchObject({exit: 0, stdout: ''})
    expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual([`${DEAD}\n`, 0o600])
    expect((await typed(Get, ['--output-file', file], env)).exit).toBe(6)
  })

  test('shows it on a terminal only when told to', async () => {
    await keep(DEAD)
    const before = Object.getOwnPropertyDescriptor(process.stdout, 'isTTY')
    Object.defineProperty(process.stdout, 'isTTY', {value: true, configurable: true})
    try {
      const refused = await typed(Get, '', env)
      expect([refused.exit, refused.stdout]).toEqual([2, ''])
      expect(refused.stderr).toContain('--print-token')
      expect((await typed(Get, '--print-token', env)).stdout).toContain(DEAD)
    } finally {
      if (before) Object.defineProperty(process.stdout, 'isTTY', before)
      else Reflect.deleteProperty(process.stdout, 'isTTY')
    }
  })
})

describe('workspace-token headers', () => {
  test.each([
    ['WORKSPACE_ID', 'a\nurl = "https://elsewhere.invalid"'],
    ['WORKSPACE_ID', 'agent-reviewer'],
    ['MOLECULE_ORG_ID', 'acme'],
  ])('refuses what is no id, since curl would read on in the next line: %s', async (name, value) => {
    await keep(DEAD)
    const {exit, stdout, stderr} = await typed(Headers, '', {...env, [name]: value})
    expect({exit, stdout}).toEqual({exit: 2, stdout: ''})
    expect(stderr).toContain('that is a UUID. Nothing was called.')
    expect(stderr).not.toContain(DEAD)
  })

  test('let curl speak as the workspace, with the token in no command line', async () => {
    await keep((await minted()).value)
    const {stdout, exit} = await typed(Headers, '', env)
    expect(exit).toBe(0)
    const url = `${at.sandbox.platform.url}/workspaces/${at.id(AGENT)}/state`
    expect(await curl(['--fail', '--silent', '-K', '-', url], stdout)).toMatchObject({exit: 0})
    expect(states()).toMatchObject([
      {status: 200, headers: {origin: at.sandbox.platform.url, 'x-workspace-id': at.id(AGENT)}},
    ])
  })

  test('as a file do the same', async () => {
    await keep((await minted()).value)
    const file = join(at.dir, 'headers')
    expect((await typed(Headers, ['--for', 'file', '--output-file', file], env)).stdout).toBe('')
    const url = `${at.sandbox.platform.url}/workspaces/${at.id(AGENT)}/state`
    expect(await curl(['--fail', '--silent', '-H', `@${file}`, url], '')).toMatchObject({exit: 0})
    expect(states()).toMatchObject([{headers: {'x-workspace-id': at.id(AGENT)}}])
  })

  test('for secrets do not name the workspace', async () => {
    await keep(DEAD)
    const {stdout} = await typed(Headers, '--for-secrets', env)
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `header = "Authorization: Bearer ${DEAD}"`,
      `header = "Origin: ${at.sandbox.platform.url}"`,
    ])
    expect(stdout).not.toContain('X-Workspace-ID')
  })

  test('in a document are names only', async () => {
    await keep(DEAD)
    const {stdout, document} = await typed(Headers, '--json', {...env, MOLECULE_ORG_ID: at.sandbox.orgId})
    expect(document.result).toEqual({headers: ['Authorization', 'Origin', 'X-Workspace-ID', 'X-Molecule-Org-Id']})
    expect(stdout).not.toContain(DEAD)
  })

  test('without a platform have no Origin, and that is said', async () => {
    await keep(DEAD)
    const {stdout, stderr} = await typed(Headers, '', {...env, PLATFORM_URL: ''})
    expect(stdout).not.toContain('Origin')
    expect(stderr).toContain('PLATFORM_URL')
  })
})

describe('inside a workspace, where patrol.yaml knows no platform', () => {
  test('commands speak to it as that workspace', async () => {
    await keep((await minted()).value)
    const config = join(at.dir, 'patrol.yaml')
    const yaml = await readFile(config, 'utf8')
    await writeFile(config, yaml.replace(/^platform:\n(?: .*\n)+/m, ''))
    const {exit, document} = await typed(Smoke, `${AGENT} --json`, {...env, ...at.env})
    expect({exit, error: document.error}).toEqual({exit: 0, error: undefined})
    const {requests} = at.sandbox.platform
    const asked = requests.filter(({method, path}) => method === 'POST' && path.endsWith('/a2a'))
    expect(asked).toMatchObject([{status: 200, headers: {'x-workspace-id': at.id(AGENT)}}])
    expect(requests.filter(({user}) => user === 'org').map(({path}) => path)).toEqual([
      `/workspaces/${at.id(AGENT)}/tokens`,
      `/workspaces/${at.id(AGENT)}/tokens`,
    ])
  })

  test('without a token there is nobody to speak as', async () => {
    const config = join(at.dir, 'patrol.yaml')
    await writeFile(config, (await readFile(config, 'utf8')).replace(/^platform:\n(?: .*\n)+/m, ''))
    const {document} = await typed(Smoke, `${AGENT} --json`, {...env, ...at.env})
    expect(document.error?.code).toBe('SECRET_UNREADABLE')
    const outside = await typed(Smoke, `${AGENT} --json`, at.env)
    expect(outside.document.error?.code).toBe('CONFIG_INCOMPLETE')
  })
})

function curl(argv: string[], input: string): Promise<{exit: number | null; output: string}> {
  const child = spawn('curl', argv, {stdio: ['pipe', 'pipe', 'inherit'], env: {PATH: '/usr/bin:/bin'}})
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stdin.end(input)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (exit) => done({exit, output}))
  })
}
