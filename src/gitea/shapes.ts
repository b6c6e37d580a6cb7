import * as z from 'zod/mini'
import type {TokenRow} from '../rotation/ports.ts'
import type {ToldReach} from '../scopes/repositories.ts'
import {readStored} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {tokenFlaw} from '../secret/shape.ts'

/** Go's zero time, which Gitea 1.24 and newer put into the answer to a mint. */
const ZERO_TIME = '0001-01-01T00:00:00Z'

const token = z.object({
  id: z.int().check(z.positive()),
  name: z.string(),
  token_last_eight: z.string(),
  scopes: z.nullish(z.array(z.string())),
  repositories: z.optional(z.unknown()),
  created_at: z.nullish(z.string()),
  last_used_at: z.nullish(z.string()),
})
const tokens = z.array(token)
const minted = z.object({
  id: z.int().check(z.positive()),
  sha1: z.string().check(z.refine((value) => tokenFlaw(value) === undefined)),
})
const labels = z.array(z.object({id: z.number(), name: z.string()}))
const items = z.array(
  z.object({
    number: z.int(),
    labels: z.nullish(z.array(z.object({name: z.string()}))),
    pull_request: z.nullish(z.looseObject({})),
  }),
)

const user = z.object({
  id: z.int(),
  login: z.string(),
  is_admin: z.nullish(z.boolean()),
  active: z.nullish(z.boolean()),
  prohibit_login: z.nullish(z.boolean()),
})
const witness = z.object({
  id: z.int().check(z.positive()),
  login: z.string().check(z.minLength(1)),
  created: z.string(),
})

/** An open issue or pull request as listed. */
export type Item = z.infer<typeof items>[number]

/** Rows of `GET /users/{u}/tokens`; undefined when it is not such a list. Timestamps only where the server has them. */
export function readTokens(body: unknown): TokenRow[] | undefined {
  return tokens.safeParse(body).data?.map((listed) => {
    const {scopes, strange} = readStored(listed.scopes)
    const row: TokenRow = {id: listed.id, name: listed.name, scopes, lastEight: listed.token_last_eight}
    if (strange.length > 0) row.strange = strange
    const reach = readReach(listed.repositories)
    if (reach !== undefined) row.repositories = reach
    if (isTime(listed.created_at)) row.createdAt = listed.created_at
    if (isTime(listed.last_used_at)) row.lastUsedAt = listed.last_used_at
    return row
  })
}

const confined = z.nullable(z.array(z.object({full_name: z.string()})))

/**
 * What a token is confined to, as its row tells (forgejo 15.0.3: null is every repository; also, where all of its
 * repositories were deleted, or the asker may see none of them). Undefined where the server has no such field; `unknown` where it tells it in another form.
 */
export function readReach(repositories: unknown): ToldReach | undefined {
  if (repositories === undefined) return undefined
  const {data} = confined.safeParse(repositories)
  return data === null ? 'all' : (data?.map(({full_name: name}) => name) ?? 'unknown')
}

/** Id and value from the answer to a mint; its `scopes` are never looked at. */
export function readMinted(body: unknown): {id: number; sha1: string} | undefined {
  return minted.safeParse(body).data
}

/** The scopes in a token's own description; undefined when it is none. */
export function readOwnScopes(body: unknown): Scope[] | undefined {
  const described = token.safeParse({token_last_eight: '', ...Object(body)}).data
  return described?.scopes ? readStored(described.scopes).scopes : undefined
}

export function readLabels(body: unknown): {id: number; name: string}[] | undefined {
  return labels.safeParse(body).data
}

export function readItems(body: unknown): Item[] | undefined {
  return items.safeParse(body).data
}

function isTime(value: string | null | undefined): value is string {
  return value !== null && value !== undefined && value !== ZERO_TIME
}

/** A user; flags that the asker may not see are false, as Gitea sends them. */
export function readUser(body: unknown) {
  const data = user.safeParse(body).data
  if (!data) return undefined
  const {id, login} = data
  return {
    id,
    login,
    isAdmin: data.is_admin === true,
    active: data.active === true,
    prohibitLogin: data.prohibit_login === true,
  }
}

/** An account by what never changes of it; `created` in ms since the epoch, for servers write it in their own time zone. */
export function readWitness(body: unknown): {id: number; login: string; created: number} | undefined {
  const {data} = witness.safeParse(body)
  const created = data && isTime(data.created) ? Date.parse(data.created) : Number.NaN
  return data && !Number.isNaN(created) ? {id: data.id, login: data.login, created} : undefined
}

/** Rows of `GET /admin/users`; undefined when it is not such a list. */
export function readUsers(body: unknown) {
  if (!Array.isArray(body)) return undefined
  const rows = body.map(readUser).filter((row) => row !== undefined)
  return rows.length === body.length ? rows : undefined
}

/** The users that `GET /users/search` found; undefined when it is no such answer. */
export function readFound(body: unknown) {
  return readUsers(z.object({data: z.unknown()}).safeParse(body).data?.data)
}

const teams = z.array(z.object({id: z.int().check(z.positive()), name: z.string()}))

/** Rows of `GET /orgs/{org}/teams`; undefined when it is not such a list. */
export function readTeams(body: unknown): {id: number; name: string}[] | undefined {
  return teams.safeParse(body).data
}

/** What Gitea calls the levels of access to a repository. */
export const PERMISSION_NAMES = ['none', 'read', 'write', 'admin', 'owner'] as const
const permission = z.object({permission: z.enum(PERMISSION_NAMES)})

/** The level in the answer of `GET .../collaborators/{u}/permission`; undefined when it is none. */
export function readPermission(body: unknown): (typeof PERMISSION_NAMES)[number] | undefined {
  return permission.safeParse(body).data?.permission
}
