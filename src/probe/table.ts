import type {ScopeCategory, ScopeLevel} from '../scopes/vocabulary.ts'
import type {ProbeRequest} from './ports.ts'

/** An owner that cannot exist: no version of Gitea allows `~` in a name, so every look-up stops before a handler. */
export const SENTINEL = '~scope-probe~'
/** The greatest id there can be. */
export const NO_ID = '9223372036854775807'

/** Categories that some request is gated by; `misc` gates none (gitea 1.20.2 and newer). */
export type Probeable = Exclude<ScopeCategory, 'misc'>

const get = (path: string): ProbeRequest => ({method: 'GET', path, auth: 'token'})
const write = (method: 'PUT' | 'POST' | 'DELETE', path: string): ProbeRequest => ({method, path, auth: 'token'})
const S = SENTINEL

/**
 * One harmless request per category and level. In each the scope gate comes first and the look-up of the sentinel (or of
 * the greatest possible id) right after it, so the answer tells the scope and the handler cannot run
 * (gitea 1.20, 1.22, 1.25, 1.26 and 1.27: routers/api/v1/api.go).
 */
export const PROBES: Readonly<Record<Probeable, Readonly<Record<ScopeLevel, ProbeRequest>>>> = {
  admin: {read: get('/admin/cron?page=1&limit=1'), write: write('DELETE', `/admin/users/${S}/keys/${NO_ID}`)},
  repository: {read: get(`/repos/${S}/${S}`), write: write('DELETE', `/repos/${S}/${S}/subscription`)},
  issue: {read: get(`/repos/${S}/${S}/issues`), write: write('DELETE', `/repos/${S}/${S}/issues/1/subscriptions/${S}`)},
  user: {read: get('/user'), write: write('DELETE', `/user/following/${S}`)},
  organization: {read: get(`/orgs/${S}`), write: write('DELETE', `/orgs/${S}/public_members/${S}`)},
  notification: {read: get(`/repos/${S}/${S}/notifications`), write: write('PUT', `/repos/${S}/${S}/notifications`)},
  package: {read: get(`/packages/${S}`), write: write('DELETE', `/packages/${S}/generic/${S}/0`)},
  activitypub: {
    read: get(`/activitypub/user-id/${NO_ID}`),
    write: write('POST', `/activitypub/user-id/${NO_ID}/inbox`),
  },
}

/** The token's own description, scopes included (gitea 1.27 and newer; 404 text before). */
export const OWN_TOKEN = get('/token')
/** Needs no scope at all, so its 401 is the only proof of a dead token. */
export const VERSION = get('/version')

/**
 * The tokens of the token's own user, asked with the token as a Basic password: with `read:user` every version up to
 * 1.26 shows the exact scopes (gitea 1.20 to 1.25: reqBasicOrRevProxyAuth accepts it). No `page`, because up to 1.25 the
 * list then comes whole.
 */
export function ownTokens(login: string): ProbeRequest {
  return {method: 'GET', path: `/users/${encodeURIComponent(login)}/tokens?limit=50`, auth: 'basic'}
}

const HARMLESS = new Set(Object.values(PROBES).map(({write: {method, path}}) => `${method} ${path}`))

/** Whether a probe may send this: a GET, or one of the table's writes. */
export function isHarmless(request: ProbeRequest): boolean {
  return request.method === 'GET' || (request.auth === 'token' && HARMLESS.has(`${request.method} ${request.path}`))
}
