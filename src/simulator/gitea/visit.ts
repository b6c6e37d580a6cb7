import {json} from '../wire.ts'
import type {Answer, Call} from '../wire.ts'
import type {Access} from './access.ts'
import type {Dialect} from './dialect.ts'
import type {Form} from './form.ts'
import type {Category} from './scopes.ts'
import type {Account, Repo, Team, Token, World} from './world.ts'

/** Server-wide settings of a simulated Gitea. */
export interface Settings {
  federation: boolean
  quota: boolean
  flags: boolean
  requireSignin: boolean
  subPath: string
  maxResponseItems: number
  defaultPagingNum: number
  basicAuthentication: boolean
  emailConfirm: boolean
}

/** How the request was authenticated. Only a token that is itself the credential carries a scope. */
export interface Session {
  user: Account
  via: 'password' | 'basic token' | 'header token' | 'query token'
  token: Token | undefined
}

/** One request on its way through the stages of its route; each stage may add what it found. */
export interface Visit {
  call: Call
  world: World
  dialect: Dialect
  settings: Settings
  /** ROOT_URL without trailing slash, sub-path included. */
  root: string
  params: Record<string, string>
  session: Session | undefined
  /** Acts: the session's user, or whom they became by sudo. */
  doer: Account | undefined
  /** Set by the last scope gate that a token passed. */
  gate: {categories: readonly Category[]; publicOnly: boolean} | undefined
  contextUser: Account | undefined
  org: Account | undefined
  team: Team | undefined
  repo: {owner: Account; repo: Repo; access: Access} | undefined
  form: Form
}

/** One middleware: an answer stops the chain. `args` are those of its call in the route table. */
export type Stage = (visit: Visit, args: readonly string[]) => Answer | undefined
/** The end of a chain. */
export type Handler = (visit: Visit) => Answer

/** The standard error, with the canonical `url`. A 500 hides its message from all but site admins. */
export function refuse(visit: Visit, status: number, message: string): Answer {
  const hidden = status === 500 && !visit.doer?.isAdmin
  return json(status, {message: hidden ? '' : message, url: `${visit.root}/api/swagger`})
}

/** The errors of account state, sign-in and sudo: no `url`. */
export function bareRefusal(message: string): Answer {
  return json(403, {message})
}

/**
 * The generic 404: up to 1.26 with its alphabetical keys, in 1.27 without what was looked up; Forgejo's has a list of
 * errors always (`forgejo 11.0.15, run`).
 */
export function notFound(visit: Visit, message?: string, error?: string): Answer {
  const {notFound: generic, notFoundDetails, isForgejo} = visit.dialect
  if (!notFoundDetails) return refuse(visit, 404, (error === undefined ? message : undefined) ?? generic)
  const [told, url] = [message ?? generic, `${visit.root}/api/swagger`]
  const errors = error === undefined ? [] : [error]
  if (isForgejo) return json(404, {message: told, url, errors})
  return json(404, {errors: errors.length > 0 ? errors : null, message: told, url})
}

/** What an assignment stage found. */
export function assigned<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('a handler ran without its assignment stage')
  return found
}

/** 204. */
export const done: Answer = {status: 204}

/** A query or path value as a whole number; 0 for anything else, as Gitea reads it. */
export function integer(text: string | null | undefined): number {
  return text && /^[+-]?\d+$/.test(text) ? Number(text) : 0
}

/**
 * `page` and `limit` as Gitea reads them, and the slice of a list they stand for. Without `page` most lists ignore
 * `limit` and give everything (`gitea 1.20 to 1.25: models/db/list.go`); `always` is for those that page anyway.
 */
export function page<T>(
  visit: Visit,
  items: readonly T[],
  {always = false} = {},
): {items: T[]; number: number; size: number} {
  const {defaultPagingNum, maxResponseItems} = visit.settings
  const asked = integer(visit.call.query.get('limit'))
  const size = asked > 0 ? Math.min(asked, maxResponseItems) : defaultPagingNum
  const wanted = integer(visit.call.query.get('page'))
  const unpaged = wanted === 0 || (wanted < 0 && !visit.dialect.negativePageIsFirst)
  if (unpaged && !always) return {items: [...items], number: 0, size}
  const number = Math.max(wanted, 1)
  return {items: items.slice((number - 1) * size, number * size), number, size}
}

/** The `Link` header of a paged list; undefined when one page holds everything. */
export function pageLinks(visit: Visit, total: number, size: number, current: number): Record<string, string> {
  const last = Math.max(Math.ceil(total / size), 1)
  const here = Math.min(Math.max(current, 1), last)
  const link = (number: number, rel: string): string => {
    const query = new URLSearchParams(visit.call.query)
    query.set('page', String(number))
    query.sort()
    return `<${visit.root}${visit.call.path}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(here < last ? [link(here + 1, 'next'), link(last, 'last')] : []),
    ...(here > 1 ? [link(1, 'first'), link(here - 1, 'prev')] : []),
  ]
  return links.length > 0 ? {link: links.join(',')} : {}
}
