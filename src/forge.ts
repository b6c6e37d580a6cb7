import {excerpt, redact} from './secret.ts'

/** A server by what it calls itself. */
export type Forge = KnownForge | UnknownForge

interface KnownForge {
  name: 'gitea' | 'forgejo'
  /** Its own version, whole, without the API level behind `+gitea-`: `1.25.4+rc1`, `11.0.15`. */
  version: string
  major: number
  minor: number
  /** 0 where it names none. */
  patch: number
  /** For a sentence: `Forgejo 11.0.15`. */
  named: string
}

interface UnknownForge {
  name: 'unknown'
  /** What it said, without secrets, cut and on one line; empty where it said nothing. */
  version: string
  major: undefined
  minor: undefined
  patch: undefined
  /** For a sentence: `a server that calls itself "9.1-acme"`. */
  named: string
}

const WORDS = {gitea: 'Gitea', forgejo: 'Forgejo', unknown: 'Server'} as const

/** What a reader calls a forge without its release. Sentences about what a server does say "the server". */
export function forgeWord(name: Forge['name']): string {
  return WORDS[name]
}

/** A server, and what it calls itself. */
export interface Server {
  url: string
  /** Undefined where it does not tell. */
  version?: string | undefined
  /** Nobody asked it, or it gave no answer: there is nothing to know of it but its address. */
  unmet?: true
}

/** No release is called anything longer. */
const LONGEST = 60

/** What the answer to a request for its version calls a server: on one line, without secrets, cut. Undefined where it is no text. */
export function versionIn(body: unknown): string | undefined {
  const version = typeof body === 'object' && body !== null && 'version' in body ? body.version : undefined
  // Twice, for a Forgejo's own is followed by its API level.
  return typeof version === 'string' ? excerpt(version, 2 * LONGEST) : undefined
}

/**
 * Which forge and release says `version` of itself, by the answer to `/api/v1/version` or `/api/forgejo/v1/version`. Only
 * Forgejo (7.0.0 on) ends with `+gitea-` and the Gitea whose API it has, which tells nothing of how it behaves; Gitea's own
 * have been 1.x since ever. Forks that count as these do go by what they forked; whatever else is said is `unknown`.
 */
export function forgeOf(version: string | undefined): Forge {
  const said = (version ?? '').trim()
  const [own = '', level] = said.split('+gitea-', 2)
  const [, major, minor, patch = '0'] = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/.exec(own) ?? []
  const name = level === undefined ? 'gitea' : 'forgejo'
  if (major === undefined || !isPlain(own) || (name === 'gitea' && Number(major) !== 1)) return unknown(said)
  const bare = own.replace(/^v/, '')
  const named = `${forgeWord(name)} ${bare}`
  return {name, version: bare, major: Number(major), minor: Number(minor), patch: Number(patch), named}
}

function unknown(said: string): Forge {
  // A secret is known by all its characters, so they stay until it is out.
  const version = excerpt(redact(said).replaceAll(/[^\x20-\x7e]+/g, ' '), LONGEST)
  const named = version === '' ? 'a server that does not tell its version' : `a server that calls itself "${version}"`
  return {name: 'unknown', version, major: undefined, minor: undefined, patch: undefined, named}
}

const isPlain = (text: string): boolean => text.length <= LONGEST && /^[\w.+~-]+$/.test(text)

/**
 * Whether it is that forge, of that release or a later one: `reaches(forge, 'forgejo', '11.0.4')`. Release candidates and
 * development builds count as the release that they lead to; what is unknown reaches nothing.
 */
export function reaches(forge: Forge, name: KnownForge['name'], release: string): boolean {
  if (forge.name === 'unknown' || forge.name !== name) return false
  const [major = 0, minor = 0, patch = 0] = release.split('.').map(Number)
  const steps = [forge.major - major, forge.minor - minor, forge.patch - patch]
  return (steps.find((step) => step !== 0) ?? 0) >= 0
}
