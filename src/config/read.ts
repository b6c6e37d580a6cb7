import {readFileSync, statSync} from 'node:fs'
import {dirname, resolve} from 'node:path'
import {OpsError, word} from '../errors.ts'
import {parseScope} from '../scopes/parse.ts'
import {PROFILES} from '../scopes/profiles.ts'
import {normalise} from '../scopes/sets.ts'
import {checkConfig} from './check.ts'
import type {Problem, Vocabulary} from './check.ts'
import {assertDistinct} from './distinct.ts'
import {readSource} from './document.ts'
import type {KeyPlace} from './document.ts'
import {parseDuration} from './duration.ts'
import {onboardingOf} from './onboarding.ts'
import {builtInProfiles} from './profiles.ts'
import {parseReference} from './references.ts'
import type {SecretRef} from './references.ts'
import type {RawConfig} from './schema.ts'
import type {Agent, PatrolConfig} from './types.ts'

export {draftConfig} from './draft.ts'

/** Room for some 50,000 agents. */
const MAX_BYTES = 16 * 1024 * 1024
const DEFAULT_PROFILE = 'engineer'

/**
 * Reads a patrol.yaml. Throws `CONFIG_NOT_FOUND`, `CONFIG_INVALID` with every mistake's line and column, and
 * `INVENTORY_DUPLICATE` for agents that share a user or a workspace.
 */
export function readConfig(file: string): PatrolConfig {
  return configText(readText(file), file)
}

/** The same of a text that stands at `file`, or is to. Throws `CONFIG_INVALID` and `INVENTORY_DUPLICATE`. */
export function configText(text: string, file: string): PatrolConfig {
  const {config, problems} = configIn(text, file)
  if (!config) throw invalid(file, problems)
  assertDistinct(file, [...config.agents.values()])
  return config
}

/** The configuration that a text at `file` would be, or its mistakes in their order. */
export function configIn(text: string, file: string): {problems: readonly Problem[]; config?: PatrolConfig} {
  const source = readSource(text)
  const {problems, raw} = checkConfig(source, vocabulary)
  if (!raw) return {problems}
  return {problems, config: configOf(raw, file, source.keysOf(['agents']))}
}

/** Checks the text of a patrol.yaml that will stand at `file`; throws `CONFIG_INVALID` as `readConfig` does. */
export function checkText(text: string, file: string): void {
  const {problems} = checkConfig(readSource(text), vocabulary)
  if (problems.length > 0) throw invalid(file, problems)
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
  if (!stat.isFile() && !stat.isFIFO())
    throw new OpsError('CONFIG_NOT_FOUND', `${file} is not a file.`, {suggestions: ['patrol init']})
  if (stat.size > MAX_BYTES) {
    throw new OpsError('CONFIG_INVALID', `${file} is far too large for a patrol.yaml.`, {
      suggestions: [`ls -l ${word(file)}`],
    })
  }
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

function configOf(raw: RawConfig, file: string, places: ReadonlyMap<string, KeyPlace>): PatrolConfig {
  const base = dirname(file)
  const reference = (text: string): SecretRef => parseReference(text, base, file)!
  const path = (text: string | undefined): string | undefined => (text === undefined ? undefined : resolve(base, text))
  const profiles = builtInProfiles()
  for (const [name, profile] of Object.entries(raw.profiles ?? {})) {
    const scopes = normalise(profile.scopes.map(parseScope))
    profiles.set(name, {scopes, repositories: profile.repositories, maxAgeMs: duration(profile['max-age'])})
  }
  const agents = new Map<string, Agent>()
  for (const [name, agent] of Object.entries(raw.agents ?? {})) {
    const {user = name, workspace = name, profile = DEFAULT_PROFILE, token, repo} = agent
    agents.set(name, {
      name,
      user,
      workspace: lowerUuid(workspace),
      profile,
      ...profiles.get(profile)!,
      token: token === undefined ? undefined : reference(token),
      repo,
      ...(places.get(name) ?? {line: 1, column: 1}),
    })
  }
  const {admin} = raw.gitea
  return {
    file,
    gitea: {
      url: urlOf(raw.gitea.url),
      formerly: (raw.gitea.formerly ?? []).map(urlOf),
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
      url: urlOf(raw.platform.url),
      formerly: (raw.platform.formerly ?? []).map(urlOf),
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
    onboarding: onboardingOf(raw),
    agents,
  }
}

function urlOf(text: string): string {
  return text.trim().replace(/\/+$/, '')
}

function duration(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text)
}

function lowerUuid(text: string): string {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : text
}
