import {apiPath, type Catalogue} from '../../scopes/catalogue.ts'
import {HOLE} from '../../syntax/types.ts'
import {hostOf} from '../read/url.ts'
import type {ReadRequest} from '../reading.ts'
import {holdsPassword} from './value.ts'

/**
 * What stands behind `/api/v1`, of a request to Gitea. Others have an `/api/v1` too (Prometheus, n8n): unless the
 * address speaks of git, the path has to begin as one of Gitea's does.
 */
export function giteaPath(request: ReadRequest, catalogue: Catalogue): string | undefined {
  const {url} = request
  const path = apiPath(url)
  if (path === undefined || /^api\./.test(hostOf(url) ?? '')) return undefined
  return speaksOfGit(request) || beginsLikeGitea(path, catalogue) ? path : undefined
}

/** Of all forges only Gitea and Forgejo have an `/api/v1`. */
export function speaksOfGit({address}: ReadRequest): boolean {
  return /git(?!hub|lab)|forge|\btea\b|codeberg/i.test(address)
}

function beginsLikeGitea(path: string, catalogue: Catalogue): boolean {
  const [, first = '', second] = path.split('/')
  const seconds = beginningsOf(catalogue).get(first)
  if (seconds === undefined) return first.includes(HOLE)
  return second === undefined || second.includes(HOLE) || seconds.has('*') || seconds.has(second)
}

const BEGINNINGS = new WeakMap<Catalogue, ReadonlyMap<string, ReadonlySet<string>>>()

/** The first segments of all routes, and what may follow each; `*` where that is a parameter. */
function beginningsOf(catalogue: Catalogue): ReadonlyMap<string, ReadonlySet<string>> {
  const known = BEGINNINGS.get(catalogue)
  if (known) return known
  const found = new Map<string, Set<string>>()
  for (const {path} of catalogue.routes) {
    const [, first = '', second = ''] = path.split('/')
    const seconds = found.get(first) ?? new Set()
    seconds.add(/[{*]/.test(second) ? '*' : second)
    found.set(first, seconds)
  }
  BEGINNINGS.set(catalogue, found)
  return found
}

/** No scope applies to a password: what is sent as one by its name, or literally and is no token. */
export function isPassword({command}: ReadRequest): boolean {
  if (!command?.call.user) return false
  const {user} = command.call
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(command.script.resolve(user)) ?? []
  const name = user.holes.at(-1) ?? ''
  if (password.includes(HOLE)) return holdsPassword(/\w+/.exec(name)?.[0] ?? '')
  return password !== '' && !/^[0-9a-f]{40}$/.test(password)
}
