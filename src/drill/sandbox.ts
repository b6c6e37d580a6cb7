import {mkdtemp, rmdir} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {startFleet} from '../simulator/fleet.ts'
import {startSandbox} from '../simulator/sandbox.ts'
import type {Sandbox, SandboxOptions} from '../simulator/sandbox.ts'
import {furnishFleet} from './fleet.ts'
import {furnish, strip} from './home.ts'
import type {SandboxHome} from './home.ts'

const FOLLOW_MS = 250

/** A sandbox of the incident, or of `agents` generated ones with every rule violated; the same seed, the same fleet. */
export interface OpenOptions extends SandboxOptions {
  agents?: number | undefined
  seed?: number | undefined
}

/** A sandbox with a directory to use it from. */
export interface OpenSandbox {
  sandbox: Sandbox
  home: SandboxHome
  directory: string
  /** Settles when everything is closed; what was written is then gone again. */
  closed: Promise<void>
  close(): Promise<void>
}

/**
 * Starts a sandbox, furnishes `directory` (or a new temporary one), and undoes both when `signal` is aborted. Throws
 * `FILE_EXISTS` for a directory that is furnished already.
 */
export async function openSandbox(
  options: OpenOptions,
  directory: string | undefined,
  signal: AbortSignal,
): Promise<OpenSandbox> {
  const place = directory === undefined ? await mkdtemp(join(tmpdir(), 'patrol-sandbox-')) : resolve(directory)
  const {sandbox, home} = await open(options, place)
  let round: Promise<void> = Promise.resolve()
  const following = setInterval(
    () => {
      round = home.follow().catch(() => {})
    },
    Math.max(FOLLOW_MS, sandbox.agents.length),
  )
  const {promise: closed, resolve: settle, reject} = Promise.withResolvers<void>()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= shut())
  const shut = async (): Promise<void> => {
    clearInterval(following)
    await round
    await sandbox.close()
    await strip(place)
    if (directory === undefined) await rmdir(place)
  }
  const end = (): void => void close().then(settle, reject)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, {once: true})
  return {sandbox, home, directory: place, closed, close}
}

async function open(
  {agents, seed, ...options}: OpenOptions,
  place: string,
): Promise<{sandbox: Sandbox; home: SandboxHome}> {
  const undo = async (sandbox: Sandbox, error: unknown): Promise<never> => {
    await sandbox.close()
    throw error
  }
  if (agents === undefined) {
    const sandbox = await startSandbox(options)
    return {sandbox, home: await furnish(sandbox, place).catch((error: unknown) => undo(sandbox, error))}
  }
  const fleet = await startFleet({...options, agents, ...(seed !== undefined && {seed})})
  return {sandbox: fleet, home: await furnishFleet(fleet, place).catch((error: unknown) => undo(fleet, error))}
}
