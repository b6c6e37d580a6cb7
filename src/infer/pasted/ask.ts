import {callOf, METHOD, type PastedAsk, type PastedRequest} from '../../scopes/call.ts'
import {apiPath} from '../../scopes/catalogue.ts'
import {HOLE} from '../../syntax/types.ts'

/** A request as a text shows it: its method and status as far as they are said. */
export interface SeenRequest {
  method?: string | undefined
  /** A URL or a path. */
  target: string
  status?: number | undefined
}

const HOST = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#@]*@)?(?<host>[^/:?#]+)(?::\d+)?/i
/** Hosts that are other forges and registries. */
const FOREIGN =
  /(?:^|\.)(?:github\.com|githubusercontent\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|docker\.(?:io|com)|ghcr\.io|quay\.io|gcr\.io|pkg\.dev|amazonaws\.com|azurecr\.io|microsoft\.com|npmjs\.org|pypi\.org)$/i
/** What the first word of a path of the API can be, as far as people call it. */
export const ROOTS = '(?:admin|notifications|orgs?|packages|repos|repositories|teams|token|topics|users?|version)'
/** A variable that has to hold the API's root, and a path below it. */
const BELOW_VARIABLE = new RegExp(`^(?:${HOLE}|\\$\\{?\\w+\\}?)(?<path>/${ROOTS}(?:[/?#].*)?)$`, 's')
/** The registries lie beside the API; `/v2/` is also other programs' second version, so what follows has to be a registry's. */
const REGISTRY =
  /^\/(?:[^/]+\/){0,2}api\/packages(?:\/|$)|^\/v2(?:\/?$|\/(?:token|_catalog)\/?$|\/.+\/(?:blobs|manifests|tags|referrers)\/)/
const REGISTRY_LOGIN = /^\/v2(?:\/(?:token\/?)?)?$/
const GIT = /\.git(?:\/|$)|\/(?:info\/refs|git-(?:upload|receive|archive)-pack|info\/lfs\/)/

/** What a request asks of a Gitea: a call of its API, git, a registry; undefined for anything else. */
export function askOf({method, target, status}: SeenRequest): PastedAsk | undefined {
  const host = HOST.exec(target)
  if (FOREIGN.test(host?.groups?.['host'] ?? '')) return undefined
  const uri = target.slice(host?.[0].length ?? 0)
  const path = uri.replace(/[?#].*$/s, '')
  const other = {status, more: 0}
  if (REGISTRY.test(path)) {
    return {kind: 'package', reach: REGISTRY_LOGIN.test(path) ? 'login' : reachBy(method), ...other}
  }
  if (method !== undefined && !METHOD.test(method)) return undefined
  const below = apiPath(target) ?? belowVariable(target)
  if (below !== undefined) {
    const said = {method: method?.toUpperCase() ?? 'GET', methodSaid: method !== undefined}
    return {kind: 'call', ...said, path: below, ...other}
  }
  return GIT.test(path) ? {kind: 'git', reach: gitReach(uri, method), ...other} : undefined
}

function belowVariable(target: string): string | undefined {
  const path = BELOW_VARIABLE.exec(target)?.groups?.['path']
  return path === undefined ? undefined : apiPath(`/api/v1${path}`)
}

function reachBy(method: string | undefined): PastedRequest['reach'] {
  if (method === undefined) return undefined
  return /^(?:GET|HEAD)$/i.test(method) ? 'read' : 'write'
}

function gitReach(uri: string, method: string | undefined): PastedRequest['reach'] {
  if (uri.includes('git-receive-pack')) return 'write'
  if (/git-upload-(?:pack|archive)/.test(uri)) return 'read'
  return uri.includes('/info/lfs/') ? reachBy(method) : undefined
}

/** Whether a text names other forges and registries alone, whose words are theirs. */
export function isForeign(text: string): boolean {
  const hosts = [...text.matchAll(/\b[a-z]{2,10}:\/\/[^\s'"<>]{1,300}/gi)].map(
    ([url]) => HOST.exec(url)?.groups?.['host'],
  )
  return hosts.length > 0 && hosts.every((host = '') => FOREIGN.test(host))
}

/** METHOD and target as two words, in either order; a target that is no URL is taken for a path of the API. */
export function askOfWords(method: string, target: string): PastedAsk | undefined {
  if (!METHOD.test(method) && METHOD.test(target)) return askOfWords(target, method)
  return METHOD.test(method) ? (askOf({method, target}) ?? callOf(method, target)) : undefined
}
