import {forgeOf} from '../forge.ts'

/** A server and what it says of itself; undefined where it did not tell, or was not asked. */
export interface Server {
  url: string
  version: string | undefined
}

/** Which server that is, for JSON: the same wherever one is named. */
export function giteaShape({url, version}: Server) {
  return {url, version: version ?? null, forge: forgeShape(version)}
}

/** The same in words: `https://git.example, Forgejo 15.0.3`. Whatever it says of itself is cut and on one line. */
export function serverText({url, version}: Server): string {
  return `${url}, ${forgeOf(version).named}`
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
