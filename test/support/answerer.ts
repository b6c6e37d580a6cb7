import type {IncomingMessage, ServerResponse} from 'node:http'
import {json, serve, type Loopback} from './loopback.ts'

/** A Gitea reduced to what a probe touches: gates from a table, texts by dialect. */
export interface Answerer {
  /** How it speaks: `plain` (up to 1.22), `lists` (1.23 to 1.26), `self` (1.27). */
  speaks: 'plain' | 'lists' | 'self'
  value: string
  /** As stored, in normal form. */
  scopes: readonly string[]
  /** Overrides any answer; return true when it has answered. */
  first?: (request: IncomingMessage, response: ServerResponse) => boolean
  federation?: boolean
  visibility?: string
  /** The rows of the user's token list; without it there is one, of this token. */
  list?: {token_last_eight: string; scopes: readonly string[] | null}[]
}

const GATES: readonly [RegExp, string][] = [
  [/^\w+ \/user(\/|$)|^\w+ \/users\//, 'user'],
  [/^\w+ \/repos\/[^/]+\/[^/]+\/issues/, 'issue'],
  [/^\w+ \/repos\/[^/]+\/[^/]+\/notifications/, 'notification'],
  [/^\w+ \/repos\//, 'repository'],
  [/^\w+ \/orgs\//, 'organization'],
  [/^\w+ \/packages\//, 'package'],
  [/^\w+ \/admin\//, 'admin'],
  [/^\w+ \/activitypub\//, 'activitypub'],
]

/** Starts one. Unsafe requests that pass their gate find nobody, as with the real sentinel. */
export function startAnswerer(options: Answerer): Promise<Loopback> {
  return serve((request, response) => {
    if (options.first?.(request, response)) return
    answer(options, request, response)
  })
}

function answer(options: Answerer, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').replace(/^\/api\/v1/, '').replace(/\?.*/, '')
  const method = request.method ?? ''
  const fail = (status: number, message: string) => json(response, status, {message, url: 'http://git/api/swagger'})
  if (!accepted(options, request.headers.authorization ?? '')) return fail(401, 'user does not exist [uid: 0, name: ]')
  if (path === '/version') return json(response, 200, {version: '1.x'})
  if (path === '/token' && options.speaks === 'self') {
    return json(response, 200, {id: 7, name: 't', scopes: options.scopes, user: {id: 2, login: 'bob'}})
  }
  const gate = GATES.find(([pattern]) => pattern.test(`${method} ${path}`))?.[1]
  if (!gate || (gate === 'activitypub' && !options.federation)) {
    return void response.writeHead(404, {'content-type': 'text/plain'}).end('404 page not found\n')
  }
  const needed = `${method === 'GET' ? 'read' : 'write'}:${gate}`
  if (!holds(options.scopes, needed)) return fail(403, denial(options, needed))
  if (path === '/user')
    return json(response, 200, {id: 2, login: 'bob', is_admin: false, visibility: options.visibility ?? 'public'})
  if (path === '/users/bob/tokens') return tokenList(options, response)
  if (gate === 'admin') return fail(403, 'user should be the site admin')
  fail(404, 'user redirect does not exist [name: ~scope-probe~]')
}

function tokenList(options: Answerer, response: ServerResponse): void {
  if (options.scopes.includes('public-only') && (options.visibility ?? 'public') !== 'public') {
    return json(response, 403, {message: 'token scope is limited to public users', url: 'http://git/api/swagger'})
  }
  json(response, 200, options.list ?? [{id: 7, token_last_eight: options.value.slice(-8), scopes: options.scopes}])
}

function accepted({value}: Answerer, header: string): boolean {
  const [scheme = '', rest = ''] = header.split(' ')
  if (scheme === 'token') return rest === value
  return scheme === 'Basic' && Buffer.from(rest, 'base64').toString().endsWith(`:${value}`)
}

function holds(scopes: readonly string[], needed: string): boolean {
  return scopes.includes('all') || scopes.includes(needed) || scopes.includes(needed.replace('read:', 'write:'))
}

function denial({speaks, scopes}: Answerer, needed: string): string {
  const start = 'token does not have at least one of required scope(s)'
  return speaks === 'plain'
    ? `${start}: [${needed}]`
    : `${start}, required=[${needed}], token scope=${scopes.join(',')}`
}
