import type {GiteaSeed} from '../types.ts'
import {json} from '../wire.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import type {GiteaDialect} from './dialect.ts'
import type {Form} from './form.ts'
import type {Category} from './scopes.ts'
import type {UserOrOrganisation, Repo, Team, TeamUnit, Token, GiteaWorld} from './world.ts'

/** Server-wide settings of a simulated Gitea. */
export type GiteaSettings = Required<NonNullable<GiteaSeed['settings']>>

/** What a right is about: a unit that teams are let into, or any other. */
export type Unit = TeamUnit | 'other'
/** Rights, each with those before it. */
export const MODES = ['none', 'read', 'write', 'admin', 'owner'] as const
export type Mode = (typeof MODES)[number]

/** What a user may do in a repository. */
export interface Access {
  /** In the repository as a whole, as `/collaborators/{user}/permission` tells it. */
  mode: Mode
  /** Whether anything of it may be read: what makes a repository exist for somebody. */
  any: boolean
  /** Reading an enabled unit; a disabled one is unreadable even for owners. */
  canRead(unit: Unit): boolean
  canWrite(unit: Unit): boolean
  atLeast(mode: Mode): boolean
}

/** How the request was authenticated. Only a token that is itself the credential carries a scope. */
export interface Session {
  user: UserOrOrganisation
  via: 'password' | 'basic token' | 'header token' | 'query token'
  token: Token | undefined
}

/** One request on its way through the stages of its route; each stage may add what it found. */
export interface Visit {
  call: WireCall
  world: GiteaWorld
  dialect: GiteaDialect
  settings: GiteaSettings
  /** ROOT_URL without trailing slash, sub-path included. */
  root: string
  params: Record<string, string>
  session: Session | undefined
  /** Acts: the session's user, or whom they became by sudo. */
  doer: UserOrOrganisation | undefined
  /** Set by the last scope gate that a token passed. */
  gate: {categories: readonly Category[]; publicOnly: boolean} | undefined
  contextUser: UserOrOrganisation | undefined
  org: UserOrOrganisation | undefined
  team: Team | undefined
  repo: {owner: UserOrOrganisation; repo: Repo; access: Access} | undefined
  form: Form
}

/** One middleware: an answer stops the chain. `args` are those of its call in the route table. */
export type VisitStage = (visit: Visit, args: readonly string[]) => WireAnswer | undefined
/** The end of a chain. */
export type Handler = (visit: Visit) => WireAnswer

/** The standard error, with the canonical `url`. A 500 hides its message from all but site admins. */
export function refuse(visit: Visit, status: number, message: string): WireAnswer {
  const hidden = status === 500 && !visit.doer?.isAdmin
  return json(status, {message: hidden ? '' : message, url: `${visit.root}/api/swagger`})
}

/** The errors of account state, sign-in and sudo: no `url`. */
export function bareRefusal(message: string): WireAnswer {
  return json(403, {message})
}

/**
 * The generic 404: up to 1.26 with its alphabetical keys, in 1.27 without what was looked up; Forgejo's has a list of
 * errors always (`forgejo 11.0.15, run`).
 */
export function notFound(visit: Visit, message?: string, error?: string): WireAnswer {
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
export const done: WireAnswer = {status: 204}

/** A query or path value as a whole number; 0 for anything else, as Gitea reads it. */
export function integer(text: string | null | undefined): number {
  return text && /^[+-]?\d+$/.test(text) ? Number(text) : 0
}

/**
 * `page` and `limit` as Gitea reads them, and the slice of a list they stand for. Without `page` most lists ignore
 * `limit` and give everything (`gitea 1.20 to 1.25: models/db/list.go`); these say `always: false`.
 */
export function page<T>(visit: Visit, items: readonly T[], {always = true} = {}): readonly T[] {
  const {number, size} = pageAsked(visit)
  const unpaged = number === 0 || (number < 0 && !visit.dialect.negativePageIsFirst)
  if (unpaged && !always) return items
  const end = Math.max(number, 1) * size
  return items.slice(end - size, end)
}

function pageAsked({settings, call}: Visit): {number: number; size: number} {
  const limit = integer(call.query.get('limit'))
  const size = limit > 0 ? Math.min(limit, settings.maxResponseItems) : settings.defaultPagingNum
  return {number: integer(call.query.get('page')), size}
}

/** A page of a list as JSON, with the number of all in its header. */
export function listed<T>(
  visit: Visit,
  items: readonly T[],
  shape: (item: T) => unknown,
  paging: {always?: boolean} = {},
): WireAnswer {
  return json(200, page(visit, items, paging).map(shape), total(items.length))
}

/** The header that tells how many there are in all. */
export function total(count: number): Record<string, string> {
  return {'x-total-count': String(count)}
}

/** The `Link` header of a list that is always paged; none when one page holds everything. */
export function pageLinks(visit: Visit, count: number): Record<string, string> {
  const {number, size} = pageAsked(visit)
  const last = Math.max(Math.ceil(count / size), 1)
  const here = Math.min(Math.max(number, 1), last)
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(visit.call.query)
    query.set('page', String(to))
    query.sort()
    return `<${visit.root}${visit.call.path}?${query.toString()}>; rel="${rel}"`
  }
  const links = [
    ...(here < last ? [link(here + 1, 'next'), link(last, 'last')] : []),
    ...(here > 1 ? [link(1, 'first'), link(here - 1, 'prev')] : []),
  ]
  return links.length > 0 ? {link: links.join(',')} : {}
}
