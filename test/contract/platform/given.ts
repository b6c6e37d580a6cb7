import {readFileSync} from 'node:fs'
import {request} from 'undici'
import {TestRunner} from 'vitest'
import type {PlatformOptions, PlatformSeed} from '../../../src/simulator/types.ts'
import {namedBy} from '../environment.ts'

/** A server that somebody else runs, and the hook that makes workspaces on it (CONTRIBUTING.md has its protocol). */
export interface Given {
  url: string
  release: string
  mode: string
  adminToken: string
  hook: string
}

/** The server of `PATROL_CONTRACT_PLATFORM_…`; undefined where the cases run on simulators. */
export const given: Given | undefined = givenBy(process.env)

/** What the hook answers to `POST /reset`. */
interface Reset {
  url?: string
  adminToken?: string
  orgToken: string
  orgId?: string
  headers?: Record<string, string>
  workspaces: Record<string, {id: string; tokens: string[]}>
}

/** What the hook tells of a workspace at `GET /workspaces/ID`. */
interface Row {
  secrets: Record<string, string>
  process: {generation: number; env: Record<string, string>} | null
  restarts: number
}

/** Options that only a simulator has: they bend time, or are about what no server is known to let one choose. */
const SIMULATED: readonly (keyof PlatformOptions)[] = ['debounceMs', 'port']

/**
 * Has the hook put exactly these workspaces on the server. Skips the running test where the hook says that the server
 * can't be given something that the case asks for.
 */
export async function reset(
  {url, release, mode, hook}: Given,
  settings: Partial<PlatformOptions>,
  {workspaces, globalSecrets}: Pick<PlatformSeed, 'workspaces' | 'globalSecrets'>,
  keys: Readonly<Record<string, string>>,
): Promise<Reset & {url: string}> {
  const bent = SIMULATED.find((option) => settings[option] !== undefined)
  if (bent !== undefined) return skip(`${bent} can be chosen on a simulator alone`)
  const keyOf = (id: string) => Object.entries(keys).find(([, own]) => own === id)?.[0]
  const seeds = workspaces.map(({id, parentId, tokens = [], ...seed}) => ({
    key: keyOf(id),
    ...seed,
    ...(parentId !== undefined && {parent: keyOf(parentId)}),
    tokens: tokens.length,
  }))
  const json = {release, mode, settings, globalSecrets, workspaces: seeds}
  const {status, body} = await call<Reset & {cannot?: string}>('POST', `${hook}/reset`, json)
  if (status === 422 && body.cannot !== undefined) return skip(body.cannot)
  if (status !== 200) throw new Error(`the hook answered ${status}: ${JSON.stringify(body)}`)
  return {...body, url: body.url ?? url}
}

/** What the hook knows of a workspace, past every gate of the server. */
export async function witnessed({hook}: Given, id: string): Promise<Row> {
  const {status, body} = await call<Row>('GET', `${hook}/workspaces/${id}`)
  if (status !== 200) throw new Error(`the hook tells nothing of ${id}: ${status} ${JSON.stringify(body)}`)
  return body
}

/** Ends the running test as skipped, with the reason. */
export function skip(why: string): never {
  const test = TestRunner.getCurrentTest()
  if (!test) throw new Error(`outside of a test: ${why}`)
  return test.context.skip(why)
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
async function call<T>(method: 'GET' | 'POST', url: string, json?: object): Promise<{status: number; body: T}> {
  const answer = await request(url, {
    method,
    // A hook may start servers and machines; it has all the time that a test has.
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(json && {headers: {'content-type': 'application/json'}, body: JSON.stringify(json)}),
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return {status: answer.statusCode, body: (await answer.body.json()) as T}
}

/** The server that an environment names; undefined without a hook: an address alone is for the cases that are safe anywhere. */
export function givenBy(env: Readonly<Record<string, string | undefined>>): Given | undefined {
  const {
    PLATFORM_HOOK: hook,
    PLATFORM_URL: url,
    PLATFORM_RELEASE: release,
    PLATFORM_MODE: mode,
    PLATFORM_ADMIN_TOKEN_FILE: file,
  } = namedBy(env)
  if (!hook || !url || !release || !mode || !file) return undefined
  return {
    url: url.replace(/\/+$/, ''),
    release,
    mode,
    adminToken: readFileSync(file, 'utf8').trim(),
    hook: hook.replace(/\/+$/, ''),
  }
}
