import {statSync} from 'node:fs'
import {join} from 'node:path'
import {nearest} from './config/nearest.ts'
import {
  checkoutOf,
  configCandidates,
  configsDirectory,
  findConfig,
  stateDirectory,
  workspaceTokenFiles,
} from './config/places.ts'
import type {SecretRef, SecretSources} from './config/references.ts'
import type {Agent, PatrolConfig} from './config/types.ts'
import {OpsError} from './errors.ts'
import type {Proxy} from './http.ts'

export type {Answers} from './config/draft.ts'
export {formatDuration, parseDuration} from './config/duration.ts'
export {builtInProfiles} from './config/profiles.ts'
export {atHome, findToken, parseReference, readBearer, readSecret, readToken, spoken} from './config/references.ts'
export type {SecretRef, SecretSources} from './config/references.ts'
export type {Problem} from './config/check.ts'
export type {Agent, GiteaConfig, PatrolConfig, PlatformConfig} from './config/types.ts'

/** The process's environment and directory: the only place where patrol reads them. */
export function processPlaces(): {env: NodeJS.ProcessEnv; cwd: string} {
  return {env: process.env, cwd: process.cwd()}
}

/** Where journal, ledger and leases live. */
export function stateDir(places = processPlaces()): string {
  return stateDirectory(places)
}

/**
 * Reads the configuration: the named one, else the first that is found; undefined where there is none. Throws
 * `CONFIG_NOT_FOUND` for a named one that is not there, `CONFIG_INVALID` with every mistake's line and column, and
 * `INVENTORY_DUPLICATE` for agents that share a user or a workspace.
 */
export async function loadConfig(named?: string, places = processPlaces()): Promise<PatrolConfig | undefined> {
  const found = findConfig(named, places)
  if (!found) return undefined
  const {readConfig} = await import('./config/read.ts')
  return readConfig(found.file)
}

/** The configuration that a run would read; undefined where none is found. It may be unreadable all the same. */
export function configInUse(places = processPlaces()): string | undefined {
  return findConfig(undefined, places)?.file
}

/** What to say where a command can't go on without a configuration. */
export function configMissing(places = processPlaces()): OpsError {
  const candidates = configCandidates(places)
  return new OpsError('CONFIG_NOT_FOUND', {case: 'needed', first: candidates[0]!, last: candidates.at(-1)!})
}

/** The agent of this name; throws `AGENT_UNKNOWN` with the nearest names. */
export function requireAgent(config: PatrolConfig, name: string): Agent {
  const agent = config.agents.get(name)
  if (agent) return agent
  const known = [...config.agents.keys()]
  throw new OpsError('AGENT_UNKNOWN', {case: 'name', name, file: config.file, known, near: nearest(name, known)})
}

/** Where an agent's own token lies inside its workspace, best first; those that exist and are not empty. */
export function workspaceToken(places = processPlaces()): SecretRef | undefined {
  if (places.env.GITEA_TOKEN) return {kind: 'env', name: 'GITEA_TOKEN'}
  const file = workspaceTokenFiles(places).find((path) => statSync(path, {throwIfNoEntry: false})?.isFile())
  return file ? {kind: 'file', path: file} : undefined
}

/** The Gitea that a workspace is told about, for use without any configuration. */
export function workspaceGiteaUrl({env} = processPlaces()): string | undefined {
  return env.GITEA_URL || env.GITEA_SERVER_URL || undefined
}

/** Id of the workspace that this process runs in, if it runs in one. */
export function ownWorkspace({env} = processPlaces()): string | undefined {
  return env.WORKSPACE_ID || undefined
}

/** The file in which a workspace keeps its token for the platform. */
export function ownTokenFile(places = processPlaces()): string {
  return join(configsDirectory(places), '.auth_token')
}

/** What a workspace is told about its platform. */
export function workspacePlatform({env} = processPlaces()): {url: string | undefined; org: string | undefined} {
  return {url: env.PLATFORM_URL || undefined, org: env.MOLECULE_ORG_ID || undefined}
}

/** The directory that paths in reports start at. */
export function reportRoot(places = processPlaces()): string {
  return checkoutOf(places)
}

/** The file in which a CI host collects what it shows of a job, where there is one. */
export function stepSummaryFile({env} = processPlaces()): string | undefined {
  return env.GITHUB_STEP_SUMMARY || undefined
}

const PROXIES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']

/** See `proxyFor`; undefined where the environment names no proxy. */
export async function proxyOf(baseUrl: string, {env} = processPlaces()): Promise<Proxy | undefined> {
  if (!PROXIES.some((name) => env[name])) return undefined
  const {proxyFor} = await import('./config/proxy.ts')
  return proxyFor(baseUrl, env)
}

/** Where `env:` and `-` are read from. */
export function secretSources(): Pick<SecretSources, 'env' | 'stdin'> {
  return {env: process.env, stdin: process.stdin}
}
