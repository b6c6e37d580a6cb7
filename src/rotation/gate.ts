import {OpsError} from '../errors.ts'
import {interrupted} from '../story/polling.ts'
import {isSame, type TokenRef} from '../story/tokens.ts'
import type {RotationTerms} from './events.ts'
import type {Platform, TokenAdmin, TokenRow, WorkspaceToken} from './ports.ts'

/** How often one deletion is asked for before it is left to a later run. */
const TRIES = 3

const passed: unique symbol = Symbol('passed the gate')

/** Leave to delete one token. Only the gate makes one, so no deletion goes around it. */
export interface Warrant {
  readonly user: string
  /** Gitea's id of the token. */
  readonly id: number
  readonly [passed]: true
}

/** What every deletion of a Gitea token needs. */
export interface GateDeps {
  tokens: Pick<TokenAdmin, 'list' | 'remove'>
  signal?: AbortSignal
}

/** Whose token it is, and for which agent it was minted. */
export type TokenOwner = Pick<RotationTerms, 'user' | 'agent'>

/** The same of any token; a run's own is no agent's. */
export type AnyTokenOwner = Pick<TokenOwner, 'user'> & Partial<TokenOwner>

/** Throws where Gitea's list of a user's tokens is not to be believed. */
export type Doubter = (rows: readonly TokenRow[]) => Promise<void> | void

/**
 * Deletes one token by id, as often as it takes. Right before each try the tokens are listed: nothing is sent for a row
 * that is gone, and a row that bears another name or other last eight than the record is left alone (Gitea after 1.27
 * and Forgejo can give a row a new value), which throws `TOKEN_CHANGED`. A deletion whose answer was lost stays in doubt
 * where no list settles it, and so does one that was answered with a 404 (`TOKENS_DOUBTED`). The only place that calls a
 * client's `remove`.
 */
export async function removeToken(
  deps: GateDeps,
  owner: AnyTokenOwner,
  token: TokenRef,
  doubt: Doubter = () => {},
): Promise<'removed' | 'absent'> {
  const {tokens, signal} = deps
  let inDoubt: OpsError | undefined
  for (let attempt = 1; ; attempt++) {
    let rows: TokenRow[]
    try {
      rows = (await tokensOfUser(deps, owner.user)) ?? []
      await doubt(rows)
    } catch (error) {
      throw inDoubt && error instanceof OpsError ? notAgain(inDoubt, error) : error
    }
    const row = rows.find(({id}) => id === token.id)
    if (!row) return attempt === 1 ? 'absent' : 'removed'
    if (!isSame(row, token)) throw new TokenChanged(owner, token, row)
    if (inDoubt && attempt > TRIES) throw inDoubt
    try {
      if ((await tokens.remove({user: owner.user, id: token.id, [passed]: true})) === 'removed') return 'removed'
      inDoubt = denied(owner, token)
    } catch (error) {
      if (!(error instanceof OpsError) || error.category !== 'incomplete') throw error
      inDoubt = error
    }
    if (signal?.aborted) throw notAgain(inDoubt, interrupted())
  }
}

/** Of a token that is listed: by that word alone nothing is taken for dead. */
function denied({user}: AnyTokenOwner, {id, name}: TokenRef): OpsError {
  return new OpsError(
    'TOKENS_DOUBTED',
    `The server lists ${name} (id ${id}) of ${user}, and says that there is none when it is to be deleted.`,
    {suggestions: ['patrol doctor'], ref: 'docs/runbooks/rotation-incomplete.md'},
  )
}

/** What speaks against sending a deletion again says nothing of the one that was sent: that may still take effect. */
function notAgain(inDoubt: OpsError, why: OpsError): OpsError {
  const stopped = why.category === 'interrupted'
  const reason = stopped
    ? 'stopped on request.'
    : why.message.replace(/ Nothing (?:more )?was (?:revoked|deleted)\./, '')
  const {suggestions, ref} = inDoubt
  return new OpsError(stopped ? why.code : inDoubt.code, `${inDoubt.message} It was not sent again: ${reason}`, {
    category: stopped ? why.category : inDoubt.category,
    suggestions,
    ref,
  })
}

/** A user's tokens; undefined where Gitea has no such user any more, for they went with it. */
export async function tokensOfUser(
  {tokens}: {tokens: Pick<TokenAdmin, 'list'>},
  user: string,
): Promise<TokenRow[] | undefined> {
  try {
    return await tokens.list(user)
  } catch (error) {
    if (error instanceof OpsError && error.code === 'GITEA_USER_UNKNOWN') return undefined
    throw error
  }
}

/** Whether somebody has used a token. */
export function wasUsed({createdAt, lastUsedAt}: TokenRow): boolean {
  // gitea 1.24.0: the same until the token is used. Of what is not told neither is later.
  return Date.parse(lastUsedAt ?? '') > Date.parse(createdAt ?? '')
}

/** What a verdict on last use carries: later servers than gitea 1.27.2 write it only when the last one is that old. */
const USED_LATE_MS = 30_000

/** Whether somebody has used a token after this time (ms since the epoch), beyond doubt; false where either is not known. */
export function usedSince({lastUsedAt}: Pick<TokenRow, 'lastUsedAt'>, since = Infinity): boolean {
  return Date.parse(lastUsedAt ?? '') > since + USED_LATE_MS
}

/**
 * Of a token whose value nobody is known to have: throws `TOKEN_CHANGED` once it was used, for then somebody gave its row
 * another value before it was on record, or got it although its delivery failed.
 */
export function unused(owner: TokenOwner, token: TokenRef): Doubter {
  return (rows) => {
    const row = rows.find((each) => isSame(each, token))
    if (row && wasUsed(row)) throw new TokenChanged(owner, token, row)
  }
}

/**
 * Somebody gave the row of a token a new value, or uses one of which nobody is known to have the value; or it is another token
 * altogether. It was left alone.
 */
export class TokenChanged extends OpsError {
  readonly seen: TokenRef

  /** `why`: what tells that somebody has its value. */
  constructor(
    {user, agent}: AnyTokenOwner,
    token: TokenRef,
    {id, name, lastEight}: TokenRef,
    why = 'was used since, though nobody is known to have its value',
  ) {
    const seen = {id, name, lastEight}
    const what = isSame(seen, token)
      ? `(${told(token)}) ${why}`
      : `is not the one on record any more: that was ${told(token)}, this is ${told(seen)}`
    super('TOKEN_CHANGED', `Token ${token.id} of ${user} ${what}. It was not deleted.`, {
      suggestions: agent === undefined ? [] : [`patrol revoke ${agent} --id ${id} --dry-run`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    })
    this.seen = seen
  }
}

function told({name, lastEight}: TokenRef): string {
  return `${name} …${lastEight}`
}

/**
 * Revokes a workspace token that we minted ourselves: the one row that came since (`known` were there before) and bears
 * our prefix; none where that prefix is not known. What comes back are ids of rows that may be ours as well and are left: several of our prefix, none of which
 * is touched, and those that came since and were never used, for a mint that was delivered twice made two. The only place
 * that calls a platform's `revokeWorkspaceToken`.
 */
export async function revokeOwnWorkspaceToken(
  platform: Pick<Platform, 'workspaceTokens' | 'revokeWorkspaceToken'>,
  workspaceId: string,
  {prefix, known}: {prefix: string | undefined; known: readonly string[]},
  end?: {signal: AbortSignal},
): Promise<string[]> {
  const look = async (): Promise<WorkspaceToken[]> =>
    (await platform.workspaceTokens(workspaceId, end)).filter((row) => !known.includes(row.id))
  const isOwn = (row: WorkspaceToken): boolean => row.prefix === prefix
  const seen = await look()
  // That it is gone is believed the second time: a cache may answer with the list of before.
  const fresh = seen.some(isOwn) ? seen : await look()
  const [own, ...others] = fresh.filter(isOwn)
  const left = fresh.filter((row) => isOwn(row) || !row.used)
  if (!own || others.length > 0) return left.map(({id}) => id)
  await platform.revokeWorkspaceToken(workspaceId, own.id, end)
  return left.flatMap(({id}) => (id === own.id ? [] : [id]))
}
