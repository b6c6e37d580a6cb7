import type {Excerpt} from '../excerpt.ts'
import type {ScopeName} from '../reading.ts'

/**
 * Finds each name in the source that it was read from, one behind the other. One that does not stand there as it is
 * (escaped, or put together) gets the place of the whole and may not be edited.
 */
export function locate(names: readonly string[], source: Excerpt): ScopeName[] {
  let cursor = 0
  return names.map((name) => {
    const from = find(name, source.text, cursor)
    if (from === -1) return {name, at: source.stretch(0, source.text.length), exact: false}
    const to = from + name.length
    cursor = to
    return {name, at: source.stretch(from, to), exact: source.exact(from, to)}
  })
}

/** Elements of a comma-separated list as Gitea would read them: nothing is trimmed but what quoting adds. */
export function split(list: string): string[] {
  return list.split(',').filter((name) => name.trim() !== '')
}

/** Keys and variables that hold scopes, as far as their names tell; not those of other services and protocols. */
export function holdsScopes(path: readonly string[]): boolean {
  return /(?:^|[_-])scopes?$/i.test(path.at(-1) ?? '') && !path.some((key) => OTHERS.test(key))
}

const OTHERS = /git[_-]?hub|git[_-]?lab|oauth|oidc|openid|slack|google|azure|keycloak|auth0/i

/** Whether a list is one of Gitea's scopes; what OpenID Connect asks for is called scopes, too. */
export function areScopes(names: readonly string[]): boolean {
  return names.some(looksLikeScope) && !names.some((name) => /^(?:openid|offline_access)$/i.test(name.trim()))
}

function find(name: string, text: string, cursor: number): number {
  for (let from = text.indexOf(name, cursor); from !== -1; from = text.indexOf(name, from + 1)) {
    const around = `${text[from - 1] ?? ''}${text[from + name.length] ?? ''}`
    if (!/[\w:-]/.test(around)) return from
  }
  return -1
}

/** Words that scopes have, here or at other forges: `read:issue`, `write:pull-request`, `repo:status`, `sudo`. */
export function looksLikeScope(name: string): boolean {
  return /^(?:read|write):[a-z][\w-]+$/i.test(name.trim()) || ELSEWHERE.has(name.trim().toLowerCase())
}

const ELSEWHERE = new Set(
  `all public-only sudo repo repo:status public_repo delete_repo
   admin:org admin:org_hook admin:public_key admin:gpg_key admin:repo_hook admin:application
   user:email user:follow delete:package`.split(/\s+/),
)
