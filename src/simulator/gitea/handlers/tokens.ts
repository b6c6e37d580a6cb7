import {json} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {reachInto} from '../access.ts'
import {InvalidScope, covers, isPublicOnly, normalise, without} from '../scopes.ts'
import {ZERO_TIME, instant} from '../shapes.ts'
import {done, listed, notFound, refuse} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import type {UserOrOrganisation, Repo, Token} from '../world.ts'

/** Whose tokens the request is about: the path's user, on 1.20 whoever acts. */
function owner(visit: Visit): UserOrOrganisation {
  const account = visit.dialect.tokensActOnDoer ? visit.doer : visit.contextUser
  if (!account) throw new Error('a token endpoint ran without a user')
  return account
}

/** A stored scope as lists show it. */
function scopesShape(visit: Visit, scope: string): unknown {
  return scope === '' ? visit.dialect.emptyScopeInList : scope.split(',')
}

function row(visit: Visit, token: Token): Record<string, unknown> {
  const times = {created_at: instant(token.created), last_used_at: instant(token.lastUsed)}
  return {
    id: token.id,
    name: token.name,
    sha1: '',
    token_last_eight: token.value.slice(-8),
    scopes: scopesShape(visit, token.scope),
    ...repositoriesShape(
      visit,
      [...(token.repositories ?? [])].toSorted((a, b) => a - b),
    ),
    ...(visit.dialect.tokenTimes && times),
  }
}

/**
 * `forgejo 15.0.3: null where it is not confined; in a list without those that the viewer does not know of`. In the order
 * in which they were named; lists go by id.
 */
function repositoriesShape(visit: Visit, ids: Iterable<number> | undefined): Record<string, unknown> {
  if (!visit.dialect.confinesTokens) return {}
  const {world} = visit
  const named = [...(ids ?? [])].flatMap((id) => world.repos.find((repo) => repo.id === id) ?? [])
  const shown = named.filter((repo) => reachInto(visit, repo).any)
  const metas = shown.map((repo) => {
    const login = world.accountById(repo.ownerId)?.login
    return {id: repo.id, name: repo.name, owner: login, full_name: world.fullName(repo)}
  })
  return {repositories: metas.length > 0 ? metas : null}
}

function list(visit: Visit): WireAnswer {
  const {id} = owner(visit)
  const seconds = (token: Token): number => Math.floor(token.created / 1000)
  const own = visit.world.tokensOf(id).toSorted((a, b) => seconds(b) - seconds(a) || a.id - b.id)
  return listed(visit, own, (token) => row(visit, token), {always: visit.dialect.forcedPages})
}

function create(visit: Visit): WireAnswer {
  const {world, form, dialect, session} = visit
  const {id: ownerId} = owner(visit)
  const name = form.text('name') ?? ''
  if (world.tokensOf(ownerId).some((token) => token.name === name)) {
    return refuse(visit, 400, 'access token name has been used already')
  }
  let scope: string
  try {
    scope = normalise(without(form.texts('scopes').join(','), dialect.passedOver))
  } catch (error) {
    if (!(error instanceof InvalidScope)) throw error
    return refuse(visit, 400, `invalid access token scope provided: ${error.message}`)
  }
  if (scope === '' && dialect.emptyScopes === 'refused') return refuse(visit, 400, 'access token must have a scope')
  const confined = dialect.confinesTokens ? confinement(visit, scope) : undefined
  if (confined && 'status' in confined) return confined
  const parent = session?.token?.scope
  if (dialect.subsetRule && parent !== undefined) {
    if (!covers(parent, scope)) {
      return refuse(visit, 403, 'cannot create an access token with a broader scope than the authenticating token')
    }
    if (isPublicOnly(parent)) scope = normalise(`public-only,${scope}`)
  }
  const token = world.addToken({ownerId, name, scope, repositories: confined})
  return json(201, {
    ...row(visit, token),
    ...repositoriesShape(visit, token.repositories),
    sha1: token.value,
    scopes: dialect.emptyScopes === 'refused' ? token.scope.split(',') : null,
    ...(dialect.tokenTimes && {created_at: ZERO_TIME, last_used_at: ZERO_TIME}),
  })
}

const CONFINABLE = ['read:issue', 'write:issue', 'read:repository', 'write:repository']

/** The repositories that a mint names, or why it may not (`forgejo 15.0.3: routers/api/v1/user/app.go`). */
function confinement(visit: Visit, scope: string): Set<number> | WireAnswer | undefined {
  const named = visit.form.records('repositories')
  if (!named) return undefined
  const found: Repo[] = []
  for (const target of named) {
    const [login, name] = [target.text('owner') ?? '', target.text('name') ?? '']
    const account = visit.world.account(login)
    const repo = account && visit.world.repo(account, name)
    if (!repo || !reachInto(visit, repo).any) {
      return refuse(visit, 400, `repository ${login}/${name} does not exist`)
    }
    found.push(repo)
  }
  const broken = brokenRule(scope, found)
  if (broken) return refuse(visit, 400, `Access tokens with specified repositories ${broken}`)
  return new Set(found.map(({id}) => id))
}

function brokenRule(scope: string, found: readonly Repo[]): string | undefined {
  if (found.length === 0) return 'must have at least one repository.'
  if (isPublicOnly(scope)) return 'cannot be combined with the public-only scope.'
  if (scope.split(',').every((each) => CONFINABLE.includes(each))) return undefined
  return 'can only be used with the read:issue, write:issue, read:repository, and write:repository scopes.'
}

const INTEGER = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/

/**
 * A path segment as Go's `ParseInt(s, 0, 64)` reads it: base prefixes, underscores, sign; clamped to 64 bits.
 * 0 for anything that is no number, which makes Gitea look for a token of that name.
 */
export function parseTokenId(segment: string): bigint {
  const [, sign, digits] = INTEGER.exec(segment) ?? []
  if (digits === undefined) return 0n
  const plain = digits.replaceAll('_', '')
  const value = BigInt(/^0\d+$/.test(plain) ? `0o${plain.slice(1)}` : plain)
  const limit = 2n ** 63n
  if (sign === '-') return value > limit ? -limit : -value
  return value >= limit ? limit - 1n : value
}

function remove(visit: Visit): WireAnswer {
  const {world, params} = visit
  const {id: ownerId} = owner(visit)
  const segment = params['id'] ?? ''
  const own = world.tokensOf(ownerId)
  const id = parseTokenId(segment)
  const chosen = own.filter((token) => (id === 0n ? token.name === segment : BigInt(token.id) === id))
  const [token] = chosen
  if (!token) return id === 0n ? notFound(visit) : notFound(visit, visit.dialect.noToken)
  if (chosen.length > 1) return refuse(visit, 422, `multiple matches for token name '${segment}'`)
  world.removeToken(token)
  return done
}

/** `GET|DELETE /token` see only a token that came in the header; sudo does not change whose it is. */
function current(visit: Visit, then: (token: Token, user: UserOrOrganisation) => WireAnswer): WireAnswer {
  const {session} = visit
  if (session?.via !== 'header token' || !session.token) return refuse(visit, 404, 'access token not found')
  return then(session.token, session.user)
}

export const tokenHandlers: Readonly<Record<string, Handler>> = {
  'user.ListAccessTokens': list,
  'user.CreateAccessToken': create,
  'user.DeleteAccessToken': remove,
  'token.GetCurrentToken': (visit) =>
    current(visit, (token, user) =>
      json(200, {
        id: token.id,
        name: token.name,
        scopes: scopesShape(visit, token.scope),
        created_at: instant(token.created),
        last_used_at: instant(token.lastUsed),
        user: {id: user.id, login: user.login},
      }),
    ),
  'token.DeleteCurrentToken': (visit) =>
    current(visit, (token) => {
      visit.world.removeToken(token)
      return done
    }),
}
