import {HOLE} from '../../syntax/index.ts'
import type {NotUnderstood} from '../types.ts'

/** What a URL says of the API. */
export type ApiPath =
  | {is: 'path'; path: string}
  /** It may be a call of the API, and what is missing is known only when the program runs. */
  | {is: 'unclear'; reason: string; path?: string}
  /** `/api/v1` and nothing behind it. */
  | {is: 'base'}
  | {is: 'other'}

/** Reasons, in words that are the same for all of a kind. */
export const REASONS = {
  path: 'the path is known only when the program runs',
  method: 'the method is known only when the program runs',
  base: 'whether it is Gitea’s API is known only when the program runs',
  served: 'a route that the program serves itself',
  said: 'the path stands in a message',
  imported: 'what is imported here may call it, and was not read',
  broken: 'the program cannot be read here',
  cut: 'too much code to follow what it imports',
  unused: 'the path is mentioned, but no request is seen to use it',
  depends: 'whether it is called depends on what is set',
  resource: 'the provider has nothing of this name that is known',
  besides: 'git and registries ask for scopes of their own, which are not added up here',
  command: 'the command line has no command of this name that is known',
  options: 'a file of options decides what is requested',
  handed: 'a client is handed to what was not read',
  sdk: 'the client has no method of this name that is known',
} as const

const ROOTS =
  /^\/(?:repos|orgs|users|user|admin|notifications|teams|packages|repositories|version|settings|topics)(?:\/|$)/
const QUERY = /^[$#{(.]*\w*(?:query|qs|params?|search|suffix|filter|args|opts)\w*$/i

/**
 * Reads a URL, or a path, in which `HOLE`s with these names stand. `gitea`: whether the program speaks of Gitea at all,
 * which decides about a base that is not known.
 */
export function apiPathOf(url: string, holes: readonly string[], gitea: boolean): ApiPath {
  const api = /\/api\/v1(?=[/?#\uFFFC]|$)/.exec(url)
  if (api) return below(url.slice(api.index + api[0].length), holes)

  const relative = /^\uFFFC+/.exec(url)
  const rest = relative ? url.slice(relative[0].length) : ''
  if (!ROOTS.test(rest)) return {is: 'other'}
  const base = holes.slice(0, relative?.[0].length).join(' ')
  if (/github(?!_api_url)|gitlab|bitbucket/i.test(base)) return {is: 'other'}
  if (/(?:gitea|forgejo)\w*api|api\w*(?:gitea|forgejo)/i.test(base)) return below(rest, holes)
  const maybe = /api/i.test(base) || (gitea && /url|base|host|endpoint|root|server|^client /i.test(base))
  if (!maybe) return {is: 'other'}
  const suspected = below(rest, holes)
  return {is: 'unclear', reason: REASONS.base, ...(suspected.is === 'path' && {path: suspected.path})}
}

function below(rest: string, holes: readonly string[]): ApiPath {
  const path = rest
    .replace(/[?#][^]*$/, '')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
  if (path === '')
    return rest.includes('?') || !rest.includes(HOLE) ? {is: 'base'} : {is: 'unclear', reason: REASONS.path}
  const [, first = ''] = path.split('/')
  if (!path.startsWith('/') || first.startsWith(HOLE)) return {is: 'unclear', reason: REASONS.path}
  // `/issues${query}`: what is glued to the last name is no part of it.
  const behind =
    rest
      .replaceAll(/(?<!:)\/{2,}/g, '/')
      .slice(path.length)
      .split(HOLE).length - 1
  const last = holes[holes.length - 1 - behind] ?? ''
  return {is: 'path', path: /[\w}]\uFFFC$/.test(path) && QUERY.test(last) ? path.slice(0, -1) : path}
}

/** The call that it is if its base is Gitea's. */
export function suspect(method: string, path: string | undefined): Pick<NotUnderstood, 'suspected'> {
  return path !== undefined && isVerb(method) ? {suspected: {method: method.toUpperCase(), path}} : {}
}

export function isVerb(text: string): boolean {
  return /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i.test(text)
}
