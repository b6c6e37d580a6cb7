import type {Scope} from '../scopes/vocabulary.ts'
import type {Actor, FoundCall, NotUnderstood} from './types.ts'

/** One kind of requests that are none of the API. */
export type OtherRequest = 'git-fetch' | 'git-push' | 'package-read' | 'package-write' | 'preflight' | 'web'

/**
 * What each kind needs of a token that stands in for the password (gitea 1.20 to 1.27: git over HTTP and the package
 * registries check scopes too). A log does not tell whether one did, so this is no part of the least scopes.
 */
export const WITH_TOKEN: Readonly<Record<OtherRequest, Scope | undefined>> = {
  'git-fetch': 'read:repository',
  'git-push': 'write:repository',
  'package-read': 'read:package',
  'package-write': 'write:package',
  preflight: undefined,
  web: undefined,
}

/** Where readers put what they find. */
export interface Sink {
  call(call: FoundCall): void
  notUnderstood(found: NotUnderstood): void
  /** A request that is none of the API; `uri` where it found what it asked for. */
  other(kind: OtherRequest, actor: Actor, uri?: string): void
  /** Lines read that say nothing of a request. */
  passed(lines: number): void
}

/** One text to be read: where it came from, and what reading it may need. */
export interface InputText {
  file: string
  chunks: AsyncIterable<Buffer>
  signal: AbortSignal
}

const GIT =
  /\/(?:info\/refs\?service=git-|git-(?:upload|receive)-pack(?:\?|$)|info\/lfs\/)|\.git\/(?:info\/refs|HEAD|objects\/)/
const PACKAGES = /^(?:https?:\/\/[^/]+)?\/(?:v2|(?:[^/]+\/){0,2}?api\/packages)\//

/** What a request outside `/api/v1` was; those of git and of packages need scopes too when they bring a token. */
export function otherRequest(method: string, uri: string): OtherRequest {
  if (method === 'OPTIONS') return 'preflight'
  if (GIT.test(uri)) return uri.includes('git-receive-pack') ? 'git-push' : 'git-fetch'
  if (PACKAGES.test(uri)) return method === 'GET' || method === 'HEAD' ? 'package-read' : 'package-write'
  return 'web'
}

const GIT_REPOSITORY =
  /([^/?#]+\/[^/?#]+?)(?:\.wiki)?(?:\.git)?\/(?:info\/(?:refs|lfs)|git-(?:upload|receive)-pack|HEAD|objects\/)/

/** The repository, still percent-encoded, that git asked for over HTTP. */
export function gitRepository(uri: string): string | undefined {
  return GIT_REPOSITORY.exec(uri)?.[1]
}
