import {forgeOf} from '../forge.ts'

/** Which forge says this of itself, for JSON; null where that is not known. */
export function forgeShape(version: string | undefined): {name: string; version: string} | null {
  const forge = forgeOf(version)
  return forge.name === 'unknown' ? null : {name: forge.name, version: forge.version}
}
