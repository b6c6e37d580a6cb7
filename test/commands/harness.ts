import {globSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {captureOutput} from '@oclif/test'
import {expect} from 'vitest'
import {furnish} from '../../src/drill/home.ts'
import type {SandboxHome} from '../../src/drill/home.ts'
import {startSandbox} from '../../src/simulator/sandbox.ts'
import type {Sandbox, SandboxOptions} from '../../src/simulator/sandbox.ts'
import {BRISK, BRISK_WAIT} from '../support/brisk.ts'
import {documentOf, type Document} from '../support/envelope.ts'
import {noteAdvice} from '../support/seen-advice.ts'
import {noteCodes} from '../support/seen-codes.ts'
import {strangeFlags} from '../support/told-flags.ts'
import {witness} from '../support/witness.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

/** A command class, as oclif runs it. */
export interface Runnable {
  id?: string
  name: string
  run(argv: string[], root: string): Promise<unknown>
}

export interface Ended<R> {
  exit: number
  stdout: string
  stderr: string
  /** What was printed under `--json`, validated. */
  readonly document: Document<R>
}

const IDS = globSync('**/*.ts', {cwd: join(ROOT, 'src/commands')}).map((file) =>
  file.replace(/\.ts$/, '').replaceAll('/', ':'),
)

const OURS = /^(?:PATROL|GITEA|XDG|MOLECULE|CONFIGS_DIR|PLATFORM_URL|WORKSPACE_ID)/

/** Runs a command line in this process, as a script would: no terminal, and only the environment given. */
export async function typed<R = object>(
  command: Runnable,
  line: string | string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended<R>> {
  // Run by its class, a command would take its class's name for its own.
  command.id ??= IDS.find((id) => id.replaceAll(/[:-]/g, '') === command.name.toLowerCase())
  const argv = typeof line === 'string' ? line.split(' ').filter(Boolean) : line
  const before = {...process.env}
  for (const name of Object.keys(process.env)) if (OURS.test(name)) delete process.env[name]
  Object.assign(process.env, env)
  process.exitCode = undefined
  try {
    const {stdout, stderr, error} = await captureOutput(() => command.run(argv, ROOT))
    if (error) throw error
    expect(await strangeFlags([...command.id!.split(':'), ...argv], stderr + stdout)).toEqual([])
    return ending(stdout, stderr)
  } finally {
    process.exitCode = undefined
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, before)
  }
}

/** A command that runs until it is stopped. */
export interface Going<R> {
  /** Everything printed so far on stdout. */
  printed(): string
  /** Presses Ctrl-C and waits for its end. */
  stop(): Promise<Ended<R>>
}

/**
 * Starts a command that runs until it is stopped, and waits until it has said that it runs, or has ended. What it prints
 * later is its own only while no other command runs in this process.
 */
export async function going<R = object>(
  command: Runnable,
  line: string | string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Going<R>> {
  const ended = typed<R>(command, line, env)
  const capture = process.stdout.write.bind(process.stdout)
  let printed = ''
  const saidSo = new Promise<void>((said) => {
    process.stdout.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      printed += String(chunk)
      said()
      return capture(chunk, ...rest)
    }
  })
  await Promise.race([saidSo, ended])
  return {
    printed: () => printed,
    stop() {
      process.emit('SIGINT', 'SIGINT')
      return ended
    },
  }
}

/** How a run ended, by what it printed and by the exit code that it set. */
export function ending<R>(stdout: string, stderr: string): Ended<R> {
  noteCodes(stdout + stderr)
  noteAdvice(stdout + stderr)
  const exit = typeof process.exitCode === 'number' ? process.exitCode : 0
  return {
    exit,
    stdout,
    stderr,
    get document() {
      return documentOf<R>({exit, stdout})
    },
  }
}

/** A sandbox with a directory to use it from, and everything that was printed about it. */
export interface Stage extends AsyncDisposable {
  sandbox: Sandbox
  home: SandboxHome
  dir: string
  env: NodeJS.ProcessEnv
  /** Runs a command against this sandbox; what it says of its changes is held to the logs, and it is searched for secrets at the end. */
  patrol<R = object>(command: Runnable, line: string | string[]): Promise<Ended<R>>
  id(agent: string): string
  token(agent: string): string
}

export async function stage(options: SandboxOptions | Promise<Sandbox> = {}): Promise<Stage> {
  const sandbox = await (options instanceof Promise ? options : startSandbox({timing: BRISK, ...options}))
  const dir = await mkdtemp(join(tmpdir(), 'patrol-stage-'))
  const home = await furnish(sandbox, dir, {autoRestartWait: BRISK_WAIT})
  const env = {PATROL_CONFIG: home.config, PATROL_STATE_DIR: home.state, HOME: dir}
  const agent = (name: string) => sandbox.agents.find((each) => each.name === name)!
  const values = new Set([
    sandbox.admin.password,
    sandbox.platformToken,
    ...sandbox.agents.map((each) => each.tokenValue),
  ])
  let printed = ''
  return {
    sandbox,
    home,
    dir,
    env,
    async patrol<R>(command: Runnable, line: string | string[]) {
      const hold = witness(sandbox)
      const ended = await typed<R>(command, line, env)
      hold(ended.stdout + ended.stderr)
      for (const {workspaceId} of sandbox.agents) {
        for (const value of Object.values(sandbox.platform.secrets(workspaceId))) values.add(value)
      }
      printed += ended.stdout + ended.stderr
      return ended
    },
    id: (name) => agent(name).workspaceId,
    token: (name) => sandbox.platform.secrets(agent(name).workspaceId)[sandbox.secretKey] ?? agent(name).tokenValue,
    async [Symbol.asyncDispose]() {
      await sandbox.close()
      await rm(dir, {recursive: true, force: true})
      const leaks = [...values].filter((value) => printed.includes(value))
      expect(leaks).toHaveLength(0)
    },
  }
}

/** The writes that a server saw. */
export function writes({requests}: {requests: readonly {method: string; path: string}[]}): string[] {
  return requests
    .filter(({method}) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
    .map(({method, path}) => `${method} ${path}`)
}
