import {forgeOf, type Server} from '../forge.ts'

export type {Server} from '../forge.ts'

/** Which server that is, for JSON: the same wherever one is named. One that was not met has an address and no more. */
export function giteaShape({
  url,
  version,
  unmet,
}: Server): {url: string} | {url: string; version: string | null; forge: ReturnType<typeof forgeShape>} {
  return unmet ? {url} : {url, version: version ?? null, forge: forgeShape(version)}
}

/** The same in words: `https://git.example, Forgejo 15.0.3`. Whatever it says of itself is cut and on one line. */
export function serverText({url, version, unmet}: Server): string {
  return unmet ? url : `${url}, ${forgeOf(version).named}`
}

/** The same as a sentence. */
export function serverLine(server: Server): string {
  return `Server: ${serverText(server)}.`
}

/** Which forge says this of itself, for JSON; null where that is not known. */
export function forgeShape(version: string | undefined): {name: string; version: string} | null {
  const forge = forgeOf(version)
  return forge.name === 'unknown' ? null : {name: forge.name, version: forge.version}
}
