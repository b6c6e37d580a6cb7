import {readFileSync, statSync} from 'node:fs'
import {dirname, resolve} from 'node:path'
import {checkConfig} from './config/check.ts'
import type {Problem, Vocabulary} from './config/check.ts'
import {readSource} from './config/document.ts'
import {parseDuration} from './config/duration.ts'
import {configCandidates, findConfig, stateDirectory, workspaceTokenFiles} from './config/places.ts'
import {parseReference} from './config/references.ts'
import type {SecretRef, SecretSources} from './config/references.ts'
import type {RawConfig} from './config/schema.ts'
import {OpsError} from './errors.ts'
import {nearest} from './config/nearest.ts'
import {parseScope} from './scopes/parse.ts'
import {PROFILES} from './scopes/profiles.ts'
import {normalise} from './scopes/sets.ts'
import type {Scope} from './scopes/vocabulary.ts'

export {draftConfig} from './config/draft.ts'
export type {Answers} from './config/draft.ts'
export {formatDuration, parseDuration} from './config/duration.ts'
export {jsonSchema} from './config/schema.ts'
export {parseReference, readSecret} from './config/references.ts'
export type {SecretRef, SecretSources} from './config/references.ts'
export type {Problem} from './config/check.ts'

const MAX_BYTES = 1024 * 1024
const DEFAULT_PROFILE = 'engineer'

/** One member of the fleet, with every default filled in. */
export interface Agent {
  name: string
  user: string
  /** UUID in lower case, or an exact name. */
  workspace: string
  profile: string
  scopes: readonly Scope[]
  maxAgeMs: number | undefined
  token: SecretRef | undefined
  repo: string | undefined
}

/** How to reach Gitea. */
export interface GiteaConfig {
  url: string
  repo: string | undefined
  admin: {user: string; password?: SecretRef; totp?: SecretRef; token?: SecretRef} | undefined
  ca: string | undefined
  insecureHttp: boolean
}

/** How to reach the platform. Durations are in ms. */
export interface PlatformConfig {
  url: string
  org: string | undefined
  token: SecretRef
  autoRestartWaitMs: number
  restartDeadlineMs: number
  ca: string | undefined
  insecureHttp: boolean
}

/** patrol.yaml, checked, with defaults. */
export interface PatrolConfig {
  file: string
  gitea: GiteaConfig
  platform: PlatformConfig | undefined
  /** Key of the workspace secret that holds the token. */
  secret: string
  label: string
  profiles: ReadonlyMap<string, {scopes: readonly Scope[]; maxAgeMs: number | undefined}>
  agents: ReadonlyMap<string, Agent>
}

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
 * `CONFIG_NOT_FOUND` for a named one that is not there and `CONFIG_INVALID` with every mistake's line and column.
 */
export function loadConfig(named?: string, places = processPlaces()): PatrolConfig | undefined {
  const found = findConfig(named, places)
  if (!found) return undefined
  const {problems, raw} = checkConfig(readSource(readText(found.file)), vocabulary)
  if (!raw) throw invalid(found.file, problems)
  return settled(raw, found.file)
}

/** Checks the text of a patrol.yaml that will stand at `file`; throws `CONFIG_INVALID` as `loadConfig` does. */
export function checkText(text: string, file: string): void {
  const {problems} = checkConfig(readSource(text), vocabulary)
  if (problems.length > 0) throw invalid(file, problems)
}

/** The same, where a command can't go on without one. */
export function requireConfig(named?: string, places = processPlaces()): PatrolConfig {
  const config = loadConfig(named, places)
  if (config) return config
  const [here, user] = [configCandidates(places)[0], configCandidates(places).at(-1)]
  throw new OpsError(
    'CONFIG_NOT_FOUND',
    `This needs a patrol.yaml; there is none at ${here}, above it, or at ${user}.`,
    {
      suggestions: ['patrol init', 'patrol sandbox'],
    },
  )
}

/** The agent of this name; throws `AGENT_UNKNOWN` with the nearest names. */
export function requireAgent(config: PatrolConfig, name: string): Agent {
  const agent = config.agents.get(name)
  if (agent) return agent
  const near = nearest(name, config.agents.keys())
  const known = [...config.agents.keys()]
  const list =
    known.length === 0
      ? 'It names no agents yet.'
      : `It knows ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', ...' : ''}.`
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : list
  throw new OpsError('AGENT_UNKNOWN', `There is no agent "${name}" in ${config.file}. ${hint}`, {
    suggestions: near.length > 0 ? near.map((other) => `patrol probe ${other}`) : ['patrol config check'],
  })
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

/** The profiles that are there without any configuration. */
export function builtInProfiles(): Map<string, {scopes: readonly Scope[]; maxAgeMs: number | undefined}> {
  return new Map(Object.values(PROFILES).map(({name, scopes}) => [name, {scopes, maxAgeMs: undefined}]))
}

/** Id of the workspace that this process runs in, if it runs in one. */
export function ownWorkspace({env} = processPlaces()): string | undefined {
  return env.WORKSPACE_ID || undefined
}

/** Where `env:` and `-` are read from. */
export function secretSources(): Pick<SecretSources, 'env' | 'stdin'> {
  return {env: process.env, stdin: process.stdin}
}

const vocabulary: Vocabulary = {
  profiles: Object.keys(PROFILES),
  complaint(scope) {
    try {
      parseScope(scope)
      return undefined
    } catch (error) {
      if (!(error instanceof OpsError)) throw error
      return [error.message.replace(' Nothing was sent.', ''), ...error.suggestions].join(' ')
    }
  },
}

function readText(file: string): string {
  const stat = statSync(file, {throwIfNoEntry: false})
  if (!stat) {
    throw new OpsError('CONFIG_NOT_FOUND', `${file} does not exist.`, {suggestions: ['patrol init']})
  }
  if (!stat.isFile() && !stat.isFIFO()) throw new OpsError('CONFIG_NOT_FOUND', `${file} is not a file.`)
  if (stat.size > MAX_BYTES) throw new OpsError('CONFIG_INVALID', `${file} is far too large for a patrol.yaml.`)
  return readFileSync(file, 'utf8')
}

function invalid(file: string, problems: readonly Problem[]): OpsError {
  const lines = problems.map(({place, message}) => `  ${file}:${place.line}:${place.column}: ${message}`)
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
  return new OpsError('CONFIG_INVALID', `${file} has ${count}; nothing was called.\n${lines.join('\n')}`, {
    suggestions: ['patrol config schema', 'patrol config check'],
    ref: 'docs/config.md',
  })
}

function settled(raw: RawConfig, file: string): PatrolConfig {
  const base = dirname(file)
  const reference = (text: string): SecretRef => parseReference(text, base, file)!
  const path = (text: string | undefined): string | undefined => (text === undefined ? undefined : resolve(base, text))
  const profiles = builtInProfiles()
  for (const [name, profile] of Object.entries(raw.profiles ?? {})) {
    const scopes = normalise(profile.scopes.map(parseScope))
    profiles.set(name, {scopes, maxAgeMs: duration(profile['max-age'])})
  }
  const {admin} = raw.gitea
  return {
    file,
    gitea: {
      url: raw.gitea.url.trim().replace(/\/+$/, ''),
      repo: raw.gitea.repo,
      admin: admin && {
        user: admin.user,
        ...(admin.password !== undefined && {password: reference(admin.password)}),
        ...(admin.totp !== undefined && {totp: reference(admin.totp)}),
        ...(admin.token !== undefined && {token: reference(admin.token)}),
      },
      ca: path(raw.gitea.ca),
      insecureHttp: raw.gitea['insecure-http'] ?? false,
    },
    platform: raw.platform && {
      url: raw.platform.url.trim().replace(/\/+$/, ''),
      org: raw.platform.org?.toLowerCase(),
      token: reference(raw.platform.token),
      autoRestartWaitMs: duration(raw.platform['auto-restart-wait']) ?? 15_000,
      restartDeadlineMs: duration(raw.platform['restart-deadline']) ?? 15 * 60_000,
      ca: path(raw.platform.ca),
      insecureHttp: raw.platform['insecure-http'] ?? false,
    },
    secret: raw.secret ?? 'GITEA_TOKEN',
    label: raw.label ?? 'approved',
    profiles,
    agents: new Map(
      Object.entries(raw.agents ?? {}).map(([name, agent]) => {
        const profile = agent.profile ?? DEFAULT_PROFILE
        const {scopes, maxAgeMs} = profiles.get(profile)!
        const workspace = lowerUuid(agent.workspace ?? name)
        const token = agent.token === undefined ? undefined : reference(agent.token)
        return [name, {name, user: agent.user ?? name, workspace, profile, scopes, maxAgeMs, token, repo: agent.repo}]
      }),
    ),
  }
}

function duration(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text)
}

function lowerUuid(text: string): string {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : text
}
