import {OpsError} from '../errors.ts'
import {TransportError} from '../http.ts'
import type {MintedToken, TokenRow} from '../rotation/ports.ts'
import {parseScope} from '../scopes/parse.ts'
import {compareReach, reachText} from '../scopes/repositories.ts'
import {compare, normalise} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {Secret} from '../secret.ts'
import type {GiteaLine} from './line.ts'
import {inDoubt, isNotFound, messageOf, shapeOf, unusable} from './meaning.ts'
import {DELETE_TOKEN, MINT} from './writes.ts'

/** Names that Gitea can never take for a number when a token is deleted by path (gitea 1.22: app.go, ParseInt base 0). */
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/

/** Whose tokens, and how the server is told. */
export interface ListOwner {
  user: string
  /** Act as the user: before 1.21.1 the path's user is ignored and a token would land on the administrator. */
  sudo: boolean
}

/** All tokens of a user, newest first as Gitea lists them; an empty list is read twice. Throws as `Line.all` and `assertUnknown`, and `GITEA_USER_UNKNOWN`. */
export async function list(line: GiteaLine, owner: ListOwner): Promise<TokenRow[]> {
  return rows(line, owner)
}

/** A token to mint, checked: made by `order`. */
export interface Order {
  name: string
  scopes: readonly Scope[]
  /** What it is to be confined to; undefined: nothing is said of that. */
  repositories: readonly string[] | undefined
}

/** Checks what is asked for. Throws `TOKEN_NAME_INVALID`, `SCOPE_UNKNOWN` or `SCOPES_EMPTY`; nothing is sent. */
export function order(name: string, asked: readonly Scope[], repositories?: readonly string[]): Order {
  if (!NAME.test(name)) throw new OpsError('TOKEN_NAME_INVALID', {name})
  const scopes = normalise(asked.map(parseScope))
  if (scopes.length > 0) return {name, scopes, repositories}
  throw new OpsError('SCOPES_EMPTY', {name})
}

/**
 * Mints a token, then lists it and compares what is stored with what was asked. Throws `ADMIN_SUBSET`
 * or an error about the credential when nothing was minted; `WRITE_IN_DOUBT` where there may be a token. One that was
 * minted and can't be confirmed is told with the reason (`MINT_MISMATCH`, or why the list could not be read).
 */
export async function mint(line: GiteaLine, owner: ListOwner, wanted: Order): Promise<MintedToken> {
  const {id, value} = await minted(line, owner, wanted)
  const row = await confirm(line, owner, {...wanted, id, value}, minting(wanted, owner))
  if (!(row instanceof OpsError)) return {row, value}
  return {unconfirmed: {id, name: wanted.name, lastEight: value.lastEight}, trouble: row}
}

/** The same, and nobody lists it. `signal`: the end of this call instead of the run's. */
export async function minted(
  line: GiteaLine,
  owner: ListOwner,
  wanted: Order,
  signal?: AbortSignal,
): Promise<{id: number; value: Secret}> {
  const {name, scopes, repositories} = wanted
  const {readMinted} = await import('./shapes.ts')

  const what = minting(wanted, owner)
  const answer = await line.write(
    {
      method: 'POST',
      path: path(owner),
      headers: headers(owner),
      // Servers that know no such field ignore it (gitea 1.20 to 1.27, forgejo up to 14).
      json: {name, scopes, ...(repositories && {repositories: repositories.map(ownerAndName)})},
      ...(signal && {signal}),
    },
    what,
    MINT,
  )
  if (answer.status !== 201) throw notMinted(answer.status, messageOf(answer) ?? '', owner) ?? unusable(answer)
  const told = readMinted(answer.json())
  if (!told) throw inDoubt(what, `the answer was ${shapeOf(answer)} and names no token.`)
  return {id: told.id, value: new Secret(told.sha1)}
}

function minting({name}: Order, {user}: ListOwner): string {
  return `Minting token "${name}" for ${user}`
}

/** Deletes a token by its id, never by name. `absent`: the server has none of this id for this user, or no such user. */
export async function remove(line: GiteaLine, owner: ListOwner, id: number): Promise<'removed' | 'absent'> {
  if (!Number.isSafeInteger(id) || id <= 0) throw new RangeError(`a token id is a positive integer, not ${id}`)
  const what = `Deleting token ${id} of ${owner.user}`
  const ask = {method: 'DELETE', path: `${path(owner)}/${id}`, headers: headers(owner)}
  const answer = await line.write(ask, what, DELETE_TOKEN)
  if (answer.status === 204) return 'removed'
  if (isNotFound(answer)) return 'absent'
  throw unusable(answer)
}

/**
 * What the administrator's credential can hand out, where Gitea limits it and tells: a token's scopes bound those of the
 * tokens that it mints, from the very version on that has `GET /token` (gitea 1.27). Undefined: no limit, or not told.
 */
export async function grantable(line: GiteaLine): Promise<readonly Scope[] | undefined> {
  const {token} = line.admin
  if (!token) return undefined
  try {
    const answer = await line.send({method: 'GET', path: '/token', auth: {kind: 'token', value: token}, redirects: 0})
    const {readOwnScopes} = await import('./shapes.ts')
    return answer.status === 200 ? readOwnScopes(answer.json()) : undefined
  } catch (error) {
    if (error instanceof TransportError) return undefined
    throw error
  }
}

interface Expected extends Order {
  id: number
  value: Secret
}

/** The listed row of a fresh token, or why there is none that will do. */
async function confirm(
  line: GiteaLine,
  owner: ListOwner,
  expected: Expected,
  what: string,
): Promise<TokenRow | OpsError> {
  try {
    const found = (await rows(line, owner)).find(({id}) => id === expected.id)
    if (!found) return new OpsError('MINT_MISMATCH', {what, wrong: 'it is not in the list of its user'})
    const wrong = mismatch(found, expected)
    return wrong === undefined ? found : new OpsError('MINT_MISMATCH', {what, wrong})
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
}

function mismatch(row: TokenRow, expected: Expected): string | undefined {
  if (row.name !== expected.name) return `it was stored under another name ("${row.name}")`
  if (row.lastEight !== expected.value.lastEight) return 'the listed last eight characters are not those of the value'
  return wrongReach(row, expected) ?? wrongScopes(row, expected)
}

/** A server that tells no reach has none to give, and ignored what was asked; what it tells in an unknown form proves nothing. */
function wrongReach({repositories: stored}: TokenRow, {repositories}: Expected): string | undefined {
  if (!repositories || stored === undefined || stored === 'unknown') return undefined
  const {missing, excess} = compareReach(stored, repositories)
  if (missing.length === 0 && excess.length === 0) return undefined
  return `the stored token is to reach ${repositories.join(', ')} and nothing else, but is not: its list says ${reachText(stored)}`
}

function wrongScopes({scopes, strange = []}: TokenRow, expected: Expected): string | undefined {
  const {missing, excess} = compare(scopes, expected.scopes)
  const surplus = [...excess, ...strange]
  if (missing.length === 0 && surplus.length === 0) return undefined
  const parts = [
    ...(missing.length > 0 ? [`lacks ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`has ${surplus.join(', ')}`] : []),
  ]
  return `the stored token ${parts.join(' and ')} against what was asked`
}

/**
 * An empty list is believed the second time, and only where it is counted: much is concluded from it, and a cache or a
 * proxy can give one too. Gitea always counts (X-Total-Count: gitea 1.20 to 1.27, forgejo 7 to 15).
 */
async function rows(line: GiteaLine, owner: ListOwner): Promise<TokenRow[]> {
  const {readTokens} = await import('./shapes.ts')
  const read = (least: number): Promise<TokenRow[]> =>
    line.all({path: path(owner), headers: headers(owner)}, readTokens, ({id}) => id, {least})
  try {
    const listed = await read(0)
    return listed.length > 0 ? listed : await read(1)
  } catch (error) {
    if (error instanceof OpsError && error.code === 'GITEA_USER_UNKNOWN') await assertUnknown(line, owner.user)
    throw error
  }
}

/**
 * Tokens are taken for dead with their user, so one 404 is no proof: the user itself must not be shown either. Throws
 * `GITEA_UNUSABLE`, and `GITEA_USER_RENAMED`.
 */
async function assertUnknown(line: GiteaLine, user: string): Promise<void> {
  const {find} = await import('./accounts.ts')
  if (!(await find(line, user))) return
  throw new OpsError('GITEA_UNUSABLE', {case: 'contradiction', path: path({user}), user})
}

function ownerAndName(repo: string): {owner: string; name: string} {
  const [owner = '', name = ''] = repo.split('/')
  return {owner, name}
}

function path({user}: Pick<ListOwner, 'user'>): string {
  return `/users/${encodeURIComponent(user)}/tokens`
}

function headers({user, sudo}: ListOwner): Record<string, string> {
  return sudo ? {sudo: user} : {}
}

function notMinted(status: number, message: string, {user}: ListOwner): OpsError | undefined {
  if (status === 400 && /^repository \S+ does not exist$/.test(message)) {
    return new OpsError('REPOSITORY_UNKNOWN', {user, message})
  }
  if (status === 400 && /scope/.test(message)) return new OpsError('SCOPE_UNKNOWN', {case: 'server', message})
  return status === 404 ? new OpsError('GITEA_USER_UNKNOWN', {case: 'mint', user}) : undefined
}
