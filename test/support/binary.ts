import {spawn, type ChildProcess} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {expect} from 'vitest'
import {furnish} from '../../src/drill/home.ts'
import {startSandbox, type Sandbox, type SandboxOptions} from '../../src/simulator/sandbox.ts'
import {BRISK, BRISK_WAIT} from './brisk.ts'
import {strangeFlags} from './told-flags.ts'
import {witness} from './witness.ts'
import {noteAdvice} from './seen-advice.ts'
import {noteCodes} from './seen-codes.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** The command as users start it. */
export const BIN = join(ROOT, 'bin/run.js')

/** How a run of the binary ended. */
export interface Ended {
  exit: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A sandbox in this process, and a directory from which the built binary is used against it. */
export interface Desk extends AsyncDisposable {
  sandbox: Sandbox
  dir: string
  env: Record<string, string>
  /** Rewrites patrol.yaml. */
  configure(change: (text: string) => string): void
  /** Starts the binary; `ended` settles with its output. */
  start(
    args: readonly string[],
    options?: {env?: Record<string, string>; input?: string},
  ): {child: ChildProcess; ended: Promise<Ended>}
  /** Runs it to its end; checks what it says of its changes, and that nothing secret came out or lies in the state directory. */
  patrol(args: readonly string[], options?: {env?: Record<string, string>; input?: string}): Promise<Ended>
}

/** Opens a desk at a sandbox, a ready one or one to be started; all of it is gone when it is disposed of. */
export async function openDesk(at: SandboxOptions | Promise<Sandbox> = {}): Promise<Desk> {
  const sandbox = await (at instanceof Promise ? at : startSandbox({timing: BRISK, ...at}))
  const dir = mkdtempSync(join(tmpdir(), 'patrol-desk-'))
  const home = await furnish(sandbox, dir, {autoRestartWait: BRISK_WAIT})
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    PATROL_CONFIG: home.config,
    PATROL_STATE_DIR: home.state,
    NO_COLOR: '1',
  }
  const children = new Set<ChildProcess>()

  const start: Desk['start'] = (args, {env: extra = {}, input} = {}) => {
    const child = spawn(process.execPath, [BIN, ...args], {cwd: dir, env: {...env, ...extra}, stdio: 'pipe'})
    children.add(child)
    const output = {stdout: '', stderr: ''}
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
    child.stdin.end(input)
    const ended = new Promise<Ended>((done, fail) => {
      child.once('error', fail)
      child.once('close', (exit, signal) => {
        children.delete(child)
        noteCodes(output.stdout + output.stderr)
        noteAdvice(output.stdout + output.stderr)
        done({exit, signal, ...output})
      })
    })
    return {child, ended}
  }

  return {
    sandbox,
    dir,
    env,
    configure: (change) => writeFileSync(home.config, change(readFileSync(home.config, 'utf8'))),
    start,
    async patrol(args, run) {
      await home.follow()
      const hold = witness(sandbox)
      const ended = await start(args, run).ended
      hold(ended.stdout + ended.stderr)
      expect(await strangeFlags(args, ended.stderr + ended.stdout)).toEqual([])
      expectNothingSecret(sandbox, [ended.stdout, ended.stderr, ...files(home.state)])
      return ended
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      await sandbox.close()
      rmSync(dir, {recursive: true, force: true})
    },
  }
}

/**
 * Every output comes by here: takes note of its codes, and fails if a text holds a credential of the sandbox in any form in
 * which it could leak.
 */
export function expectNothingSecret(sandbox: Sandbox, texts: readonly string[]): void {
  for (const text of texts) noteCodes(text)
  const values = new Set([sandbox.admin.password, sandbox.platformToken])
  for (const {workspaceId, tokenValue} of sandbox.agents) {
    values.add(tokenValue)
    const {platform} = sandbox
    for (const held of [platform.secrets(workspaceId), platform.process(workspaceId)?.env ?? {}]) {
      if (held['GITEA_TOKEN']) values.add(held['GITEA_TOKEN'])
    }
  }
  for (const value of values) {
    const forms = [value, encodeURIComponent(value), Buffer.from(value).toString('base64').replace(/=+$/, '')]
    forms.push(Buffer.from(`${sandbox.admin.user}:${value}`).toString('base64').replace(/=+$/, ''))
    for (const text of texts) {
      expect(
        forms.some((form) => text.includes(form)),
        'a secret came out',
      ).toBe(false)
    }
  }
}

function files(directory: string): string[] {
  return readdirSync(directory, {recursive: true, encoding: 'utf8'})
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
}
