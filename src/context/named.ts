import {nearest} from '../config/nearest.ts'
import {OpsError, word} from '../errors.ts'
import {catalogueVersion} from '../scopes/catalogue.ts'
import type {CatalogueVersion} from '../scopes/catalogue.ts'

/** As an example of how a version is written. */
const EXAMPLE = '1.22.6'
/** More paths than that are not repeated. */
const MOST_PATHS = 3

/**
 * The catalogue's version for the one that a flag names. Throws `USAGE` for what is no version, or one before 1.20;
 * `command` is what was typed, whole and without that flag.
 */
export function versionNamed(text: string, command: string): CatalogueVersion {
  const version = catalogueVersion(text)
  if (version) return version
  throw new OpsError(
    'USAGE',
    `"${text}" is no version of Gitea from 1.20 on; write it as 1.22 or ${EXAMPLE}. Nothing was read or called.`,
    {suggestions: [`${command} --gitea-version ${EXAMPLE}`]},
  )
}

/** The profile that a flag names. Throws `PROFILE_UNKNOWN`; `command` is what was typed, whole and without that flag. */
export function profileNamed<P>(name: string, profiles: ReadonlyMap<string, P>, command: string): P {
  const found = profiles.get(name)
  if (found) return found
  const known = [...profiles.keys()]
  const near = nearest(name, known)
  throw new OpsError(
    'PROFILE_UNKNOWN',
    `There is no profile "${name}"; known are ${known.join(', ')}. Nothing was read or called.`,
    {suggestions: (near.length > 0 ? near : known).map((each) => `${command} --profile ${word(each)}`)},
  )
}

/** A command with the paths that were typed; with many of them, with the directory that one is in. */
export function commandOn(command: string, paths: readonly string[]): string {
  return [command, ...(paths.length > MOST_PATHS ? ['.'] : paths.map(word))].join(' ')
}
