import {resolve} from 'node:path'
import {builtInProfiles, loadConfig, processPlaces} from '../config.ts'
import type {PatrolConfig} from '../config.ts'
import {OpsError} from '../errors.ts'
import type {Severity} from '../fleet/index.ts'
import {filesToLint, lint, summarise} from '../lint/index.ts'
import type {InventoryMistake, Linted, LintedFile, LintInput, LintOptions, LintReport} from '../lint/types.ts'
import {commandOn, DEFAULTS, nearestNote, releaseNamed, type ReleaseFlags} from './named.ts'
import {profileNamed} from './profile-named.ts'

/** What an operator's flags say about a lint run. */
export interface LintWishes extends ReleaseFlags {
  config?: string | undefined
  profile?: string | undefined
  exclude?: string[] | undefined
  'fail-on': Severity
}

/** A lint run that is ready to begin. */
export interface LintRun {
  /** What was named, found and read. */
  inputs: AsyncIterable<LintInput>
  /** Whether this very file was typed. */
  named(file: string): boolean
  lint(inputs: readonly LintInput[], fix: boolean): AsyncIterable<Linted>
  summarise(files: LintedFile[], inputs: readonly LintInput[]): LintReport
}

/**
 * Sets the linter up from the flags and, where there is one, patrol.yaml. A broken patrol.yaml that nobody named is
 * only warned about, for it may be the very file to lint. Throws `CONFIG_NOT_FOUND`, `CONFIG_INVALID`,
 * `PROFILE_UNKNOWN` and `USAGE`; no server is ever called.
 */
export async function lintRun(
  paths: readonly string[],
  wishes: LintWishes,
  warn: (text: string) => void,
): Promise<LintRun> {
  const {cwd} = processPlaces()
  const options = await optionsFor(wishes, commandOn('lint', paths), warn)
  const typed = new Set(paths.map((path) => resolve(cwd, path)))
  return {
    inputs: filesToLint(paths, {cwd, exclude: wishes.exclude ?? []}),
    named: (file) => typed.has(resolve(cwd, file)),
    lint: (inputs, fix) => lint(inputs, {...options, fix}),
    summarise: (files, inputs) => summarise(files, wishes['fail-on'], inputs),
  }
}

async function optionsFor(
  wishes: LintWishes,
  command: readonly string[],
  warn: (text: string) => void,
): Promise<Omit<LintOptions, 'fix'>> {
  const config = await configFor(wishes.config, warn)
  const profiles = new Map(
    [...(config?.profiles ?? builtInProfiles())].map(([name, {scopes}]) => [name, {name, scopes}] as const),
  )
  const {profile, forge, 'gitea-version': version} = wishes
  if (profile !== undefined) profileNamed(profile, profiles, command)
  const release = version === undefined ? undefined : releaseNamed(version, forge, command)
  const note = release && nearestNote(release)
  if (note !== undefined) warn(`${note} Which ones it lacks is not judged.`)
  const {configIn} = await import('../config/read.ts')
  return {
    profiles,
    profile,
    version: release?.version ?? DEFAULTS[forge ?? 'gitea'].version,
    ...(release && !release.exact && {nearest: true}),
    secretKey: config?.secret ?? 'GITEA_TOKEN',
    checkInventory(text) {
      const {problems, config: read} = configIn(text, 'patrol.yaml')
      return read ? doubles(read) : problems
    },
  }
}

async function configFor(named: string | undefined, warn: (text: string) => void): Promise<PatrolConfig | undefined> {
  try {
    return await loadConfig(named)
  } catch (error) {
    const mistaken = error instanceof OpsError && ['CONFIG_INVALID', 'INVENTORY_DUPLICATE'].includes(error.code)
    if (named !== undefined || !mistaken) throw error
    warn(`${error.message}\nIts profiles are left aside; the built-in ones are used.`)
    return undefined
  }
}

/** Agents that share a user or a workspace, as `config check` refuses them, each at the second one's place. */
function doubles({agents}: PatrolConfig): InventoryMistake[] {
  const first = new Map<string, string>()
  return [...agents.values()].flatMap(({name, user, workspace, line, column}) =>
    [
      {key: 'user', what: 'the user', value: user, id: user.toLowerCase()},
      {key: 'workspace', what: 'the workspace', value: workspace, id: workspace},
    ].flatMap(({key, what, value, id}) => {
      const other = first.get(`${key} ${id}`)
      if (other === undefined) first.set(`${key} ${id}`, name)
      return other === undefined
        ? []
        : [
            {
              place: {line, column},
              at: `agents.${name}.${key}`,
              message: `${what} "${value}" is shared by ${other} and ${name}; give each one of its own`,
            },
          ]
    }),
  )
}
