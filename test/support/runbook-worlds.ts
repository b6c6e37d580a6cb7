import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {parse} from 'yaml'
import {furnish} from '../../src/drill/home.ts'
import {startPlatform} from '../../src/simulator/platform/index.ts'
import {startSandbox, type Sandbox} from '../../src/simulator/sandbox.ts'
import type {FaultRule} from '../../src/simulator/types.ts'
import {BRISK, BRISK_WAIT} from './brisk.ts'
import {reached} from './reached.ts'

const RUN = resolve(import.meta.dirname, '../../bin/run.js')

interface Desk {
  dir: string
  env: Record<string, string>
  close(): Promise<void>
}

/** Where the blocks of one page can be typed. */
export interface World extends Desk {
  /** What a person does elsewhere: one step for each `console` block of the page, in order. */
  person: readonly (() => Promise<unknown>)[]
}

/** The situation of each page, by its path below `docs`. */
export const WORLDS: Readonly<Record<string, () => Promise<World>>> = {
  // The page's first block is typed in another terminal: `sandbox` has done that.
  sandbox: async () => ({...(await sandbox()), person: [async () => {}]}),

  'runbooks/token-scope-gap': async () => ({...(await sandbox()), person: []}),

  'runbooks/approval-pending': async () => {
    const place = await sandbox()
    return {...place, person: [() => approve(place, 'agent-pending')]}
  },

  'runbooks/concierge-refused': async () => {
    const place = await sandbox()
    return {...place, person: [() => saveInCanvas(place, 'concierge', join(place.dir, 'concierge.token'))]}
  },

  'runbooks/restart-stuck': async () => {
    const place = await embedded(await slowSandbox(5000))
    edit(place, 'restart-deadline: 1m', 'restart-deadline: 2s')
    return {...place, person: [() => untilOnline(place, 'agent-dev-a')]}
  },

  'runbooks/rotation-incomplete': async () => {
    const sandboxed = await startSandbox({timing: BRISK})
    const place = await embedded(sandboxed)
    // Nobody knows whether the secret was stored.
    await killedAt(place, sandboxed, ['rotate', 'agent-dev-a', '--yes'], {
      method: 'POST',
      path: /\/secrets$/,
      kind: 'hang',
    })
    // The resume mends it, so nobody has to end it.
    return {...place, person: [async () => {}]}
  },

  'runbooks/other-servers': async () => {
    const sandboxed = await startSandbox({timing: BRISK})
    const place = await embedded(sandboxed)
    const run = spawn('patrol', ['rotate', 'agent-pending', '--yes', '--no-wait'], {cwd: place.dir, env: place.env})
    await once(run, 'close')
    // The servers move; loopback has two names.
    const moves = [sandboxed.gitea.url, sandboxed.platform.url].map((url) => ({
      url,
      to: url.replace('127.0.0.1', 'localhost'),
    }))
    for (const {url, to} of moves) edit(place, url, to)
    const person = async (): Promise<void> => {
      for (const {url, to} of moves) edit(place, `url: ${to}`, `url: ${to}\n  formerly: [${url}]`)
    }
    return {...place, person: [person]}
  },

  'runbooks/onboarding-incomplete': async () => {
    const sandboxed = await startSandbox({timing: BRISK})
    const place = await embedded(sandboxed)
    edit(place, 'agents:\n', 'agents:\n  agent-new: {}\n')
    const late = {path: /^\/workspaces$/, method: 'POST', kind: 'hold'} as const
    await killedAt(place, sandboxed, ['onboard', 'agent-new', '--yes'], late)
    return {...place, person: []}
  },

  'runbooks/admin-credential-rejected': async () => {
    const place = await sandbox()
    const {file, value} = secretOf(place, ({gitea}) => gitea.admin.password)
    writeFileSync(file, 'not-a-real-password\n')
    return {...place, person: [async () => writeFileSync(file, `${value}\n`)]}
  },

  'runbooks/platform-unreachable': async () => {
    const place = await sandbox('--mode', 'saas')
    const {url} = configOf(place).platform
    edit(place, url, `${url}/agents`)
    return {...place, person: [async () => edit(place, `${url}/agents`, url)]}
  },
}

/** An empty directory and environment, but for a `patrol` that runs this checkout's build. */
function desk(): Desk {
  const dir = mkdtempSync(join(tmpdir(), 'patrol-runbook-'))
  mkdirSync(join(dir, 'bin'))
  writeFileSync(join(dir, 'bin/patrol'), `#!/bin/sh\nexec "${process.execPath}" "${RUN}" "$@"\n`)
  chmodSync(join(dir, 'bin/patrol'), 0o755)
  const env = {PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, HOME: dir, XDG_STATE_HOME: join(dir, 'state')}
  return {dir, env, close: async () => rmSync(dir, {recursive: true, force: true})}
}

/** `patrol sandbox` in another terminal, and what it says to export. */
async function sandbox(...flags: string[]): Promise<Desk> {
  const place = desk()
  const line = [RUN, 'sandbox', '--dir', join(place.dir, 'sandbox'), ...flags]
  const child = spawn(process.execPath, line, {cwd: place.dir, env: place.env})
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    await place.close()
  }
  for (;;) {
    const exported = /^\s*export (PATROL_CONFIG=.*)\n/m.exec(said)?.[1]
    if (exported) return {...place, env: {...place.env, ...assignments(exported)}, close}
    if (child.exitCode !== null || child.signalCode !== null) {
      await close()
      throw new Error(`patrol sandbox did not say what to export: ${said}`)
    }
    await sleep(20)
  }
}

function assignments(words: string): Record<string, string> {
  return Object.fromEntries(
    [...words.matchAll(/(\w+)=(?:'([^']*)'|(\S+))/g)].map(([, name, quoted, bare]) => [name, quoted ?? bare]),
  )
}

/** The same in this process, where its servers can be broken. */
async function embedded(sandboxed: Sandbox): Promise<Desk> {
  const place = desk()
  const home = await furnish(sandboxed, place.dir, {autoRestartWait: BRISK_WAIT})
  const close = async (): Promise<void> => {
    await sandboxed.close()
    await place.close()
  }
  return {...place, env: {...place.env, PATROL_CONFIG: home.config, PATROL_STATE_DIR: home.state}, close}
}

/** The sandbox with its first agent in a workspace whose machine takes `provisionMs` to come up. */
async function slowSandbox(provisionMs: number): Promise<Sandbox> {
  const fast = await startSandbox()
  const [agent] = fast.agents
  await fast.platform.close()
  const platform = await startPlatform(
    {
      workspaces: [{id: agent!.workspaceId, name: agent!.name, secrets: {GITEA_TOKEN: agent!.tokenValue}}],
      adminToken: 'not-a-real-admin-token-of-anybody',
      orgTokens: [fast.platformToken],
    },
    {release: 'aug14', mode: 'saas', giteaUrl: fast.gitea.url, provisionMs},
  )
  const close = async (): Promise<void> => {
    await Promise.all([fast.gitea.close(), platform.close()])
  }
  return {...fast, agents: [agent!], platform, close}
}

/** A run that dies with this request to the platform on the way. */
async function killedAt(
  {dir, env}: Desk,
  {platform}: Sandbox,
  line: readonly string[],
  rule: FaultRule & {path: RegExp},
): Promise<void> {
  const mend = platform.fail(rule)
  const child = spawn('patrol', line, {cwd: dir, env, stdio: 'ignore'})
  const ended = once(child, 'close')
  await reached(platform, rule, {child, ended})
  child.kill('SIGKILL')
  await ended
  mend()
}

interface Settings {
  gitea: {url: string; admin: {user: string; password: string}}
  platform: {url: string; org?: string; token: string}
  agents: Record<string, {workspace: string}>
}

function configOf({env}: Desk): Settings {
  const settings: Settings = parse(readFileSync(env.PATROL_CONFIG!, 'utf8'))
  return settings
}

function edit({env}: Desk, from: string, to: string): void {
  const text = readFileSync(env.PATROL_CONFIG!, 'utf8')
  if (!text.includes(from)) throw new Error(`patrol.yaml has no ${from}`)
  writeFileSync(
    env.PATROL_CONFIG!,
    text.replace(from, () => to),
  )
}

function secretOf(place: Desk, reference: (settings: Settings) => string): {file: string; value: string} {
  const file = resolve(dirname(place.env.PATROL_CONFIG!), reference(configOf(place)).replace(/^file:/, ''))
  return {file, value: readFileSync(file, 'utf8').trim()}
}

/** The platform as the canvas uses it, with the admin token unless another is given. */
async function canvas<T>(place: Desk, method: string, path: string, body?: object, bearer?: string): Promise<T> {
  const {platform} = configOf(place)
  const answer = await fetch(`${platform.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${bearer ?? secretOf(place, (settings) => settings.platform.token).value}`,
      origin: platform.url,
      ...(platform.org && {'x-molecule-org-id': platform.org}),
      ...(body && {'content-type': 'application/json'}),
    },
    ...(body && {body: JSON.stringify(body)}),
  })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${said}`)
  return JSON.parse(said)
}

async function idOf(place: Desk, name: string): Promise<string> {
  const rows = await canvas<{id: string; name: string}[]>(place, 'GET', '/workspaces')
  return rows.find((row) => row.name === name)!.id
}

async function approve(place: Desk, agent: string): Promise<void> {
  const path = `/workspaces/${await idOf(place, agent)}/approvals`
  const rows = await canvas<{id: string; status: string}[]>(place, 'GET', path)
  const waiting = rows.find(({status}) => status === 'pending')!
  await canvas(place, 'POST', `${path}/${waiting.id}/decide`, {decision: 'approved', decided_by: 'a person'})
}

/** A person's session is not the admin token, so the concierge guard lets it through; so does a workspace token. */
async function saveInCanvas(place: Desk, agent: string, tokenFile: string): Promise<void> {
  const path = `/workspaces/${await idOf(place, agent)}`
  const session = await canvas<{auth_token: string}>(place, 'POST', `${path}/tokens`)
  const value = readFileSync(tokenFile, 'utf8').trim()
  await canvas(place, 'POST', `${path}/secrets`, {key: 'GITEA_TOKEN', value}, session.auth_token)
  await canvas(place, 'POST', `${path}/restart`)
  await untilOnline(place, agent)
}

async function untilOnline(place: Desk, agent: string): Promise<void> {
  const path = `/workspaces/${await idOf(place, agent)}`
  for (let status = ''; status !== 'online'; await sleep(50)) {
    status = (await canvas<{status: string}>(place, 'GET', path)).status
  }
}
