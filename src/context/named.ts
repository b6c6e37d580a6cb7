import {nothing, OpsError, run} from '../errors.ts'
import {forgeOf, type Forge} from '../forge.ts'
import {catalogueFor, catalogueName, numberOf} from '../scopes/catalogue.ts'
import type {CatalogueVersion, ForgeName} from '../scopes/catalogue.ts'

/** What is spoken of where nobody names another: the Gitea that most fleets run, and Forgejo's long-term release. */
export const DEFAULTS: Readonly<Record<ForgeName, {version: CatalogueVersion; server: string}>> = {
  gitea: {version: '1.22', server: '1.22.6'},
  forgejo: {version: 'forgejo-15', server: '15.0.3'},
}
/** More paths than that are not repeated. */
const MOST_PATHS = 3
/** Forgejo's own numbers begin here; Gitea's have never come this far. */
const FIRST_FORGEJO = 7

/** A release by what a flag or a server says, with the catalogue that it goes by. */
export interface NamedRelease {
  version: CatalogueVersion
  /** For a sentence: `Forgejo 11.0.15`. */
  shown: string
  /** Whether it is this release's own catalogue, not the nearest before it. */
  exact: boolean
}

/** What there is to say where a release goes by the catalogue of another one. */
export function nearestNote({version, shown, exact}: NamedRelease): string | undefined {
  if (exact) return undefined
  return `The routes of ${shown} are not known; these are those of ${catalogueName(version)}, the nearest before it.`
}

/** What the flags that name a release say. */
export interface ReleaseFlags {
  forge?: ForgeName | undefined
  'gitea-version'?: string | undefined
}

/** The release that a server is; undefined where no catalogue is known for it. */
export function releaseOf(forge: Forge): NamedRelease | undefined {
  const version = catalogueFor(forge)
  if (version === undefined || forge.name === 'unknown') return undefined
  const number = forge.name === 'gitea' ? forge.minor : forge.major
  return {version, shown: forge.named, exact: numberOf(version) === number}
}

/**
 * The release that `--gitea-version` names: `1.22`, `1.25.4`, `11`, `15.0.3`, `11.0.15+gitea-1.22.0`. Throws `USAGE` for
 * what is none that is known, and where `--forge` names the other forge; `command` is what was typed, whole and without
 * those flags.
 */
export function releaseNamed(text: string, forge: ForgeName | undefined, command: readonly string[]): NamedRelease {
  const typed = typedForge(text)
  const release = releaseOf(typed)
  const {gitea, forgejo} = DEFAULTS
  if (!release || typed.name === 'unknown') {
    const wanted = forge === 'forgejo' ? forgejo : gitea
    throw new OpsError('USAGE', {
      what: `"${text}" is no version of Gitea from 1.20 on and none of Forgejo from 7 on; write it as 1.22, ${gitea.server} or ${forgejo.server}.`,
      state: nothing('read or called'),
      advice: [run`${command} --gitea-version ${wanted.server}`],
    })
  }
  if (forge === undefined || forge === typed.name) return release
  throw new OpsError('USAGE', {
    what: `${release.shown} is no release of what --forge names (${forge}).`,
    state: nothing('read or called'),
    advice: [text, DEFAULTS[forge].server].map((each) => run`${command} --gitea-version ${each}`),
  })
}

/** A version as one types it: the number alone tells Forgejo's from Gitea's. */
function typedForge(text: string): Forge {
  const forge = forgeOf(text)
  const [, major, rest = ''] = /^v?(\d{1,4})((?:\.\d.*)?)$/.exec(text.trim()) ?? []
  if (forge.name !== 'unknown' || Number(major ?? 0) < FIRST_FORGEJO) return forge
  const known = forgeOf(`${major}${rest === '' ? '.0' : rest}+gitea-`)
  return known.name === 'unknown' ? known : {...known, named: `Forgejo ${major}${rest}`}
}

/** The words of a command with the paths that were typed; with many of them, with the directory that one is in. */
export function commandOn(name: string, paths: readonly string[]): string[] {
  return ['patrol', name, ...(paths.length > MOST_PATHS ? ['.'] : paths)]
}
