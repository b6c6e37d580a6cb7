import {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import type {TokenRef} from './events.ts'
import {removeToken, TokenChanged, type Doubter, type GateDeps, type Owner} from './gate.ts'
import {assertUnheld} from './holders.ts'
import {own} from './push.ts'
import type {TokenRow} from './ports.ts'
import type {ActDeps, RotationDeps} from './request.ts'
import {telling, type Record, type Run} from './run.ts'
import type {Rotation} from './state.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/**
 * Deletes one token, with its intent and its result on record. Throws `TOKEN_CHANGED`, also recorded, for one that is
 * another by now, and what `doubt` throws.
 */
export async function removeRecorded(
  deps: GateDeps & Pick<ActDeps, 'on' | 'clock'> & {rotation?: Rotation},
  owner: Owner,
  token: TokenRef,
  kind: 'revoke' | 'discard',
  record: Record,
  doubt?: Doubter,
): Promise<void> {
  const {id, name} = token
  await record({type: `${kind}_intended`, token: id})
  try {
    await telling(deps, kind, `${name} (id ${id}) of ${owner.user}`, () => removeToken(deps, owner, token, doubt))
  } catch (error) {
    if (error instanceof TokenChanged) await record({type: 'token_left', token: id, seen: error.seen})
    throw error
  }
  await record({type: kind === 'revoke' ? 'revoked' : 'discarded', token: id})
}

/** Deletes a token that this rotation minted and nobody runs on. Throws as `removeRecorded`. */
export async function discard(run: Run, token: TokenRef): Promise<void> {
  const {deps, rotation} = run
  const {phase, closing, terms} = rotation
  const proven = phase === 'proven' || phase === 'revoking' || closing === 'proof-failed'
  const doubt = proven ? (rows: readonly TokenRow[]) => assertServing(deps, terms, rows) : undefined
  await removeRecorded({...deps, rotation}, terms, token, 'discard', run.record, doubt)
}

/**
 * Deletes a token that the proven one replaces; `first`: others who may run on one of them have yet to be asked in this
 * run. Throws `REVOCATION_HELD`, `TOKENS_DOUBTED`, and as `removeRecorded`.
 */
export async function revoke(run: Run, token: TokenRef, first: boolean): Promise<void> {
  const {deps, rotation} = run
  await assertReplaced(run)
  if (first) await assertUnheld(run)
  const doubt = (rows: readonly TokenRow[]): Promise<void> => assertServing(deps, rotation.terms, rows)
  await removeRecorded({...deps, rotation}, rotation.terms, token, 'revoke', run.record, doubt)
}

/**
 * The token that the agent was last proven on has to stand in a list that is to be believed; a workspace that is gone
 * runs on nothing. Throws `TOKENS_DOUBTED`.
 */
export async function assertServing(
  deps: Pick<RotationDeps, 'ledger' | 'platform'>,
  {agent, user, workspace}: Owner & {workspace: {id: string}},
  rows: readonly TokenRow[],
): Promise<void> {
  const deployed = await deps.ledger.deployed(agent)
  if (deployed?.user !== user) return
  const {token, lastEight} = deployed
  if (rows.some((row) => row.id === token && row.lastEight === lastEight)) return
  if (await isGone(deps, workspace.id)) return
  throw new OpsError(
    'TOKENS_DOUBTED',
    `Gitea's list of the tokens of ${user} lacks …${lastEight} (id ${token}), on which ${agent} was last proven: the list is not whole, or somebody deleted that token. Nothing more was deleted.`,
    {suggestions: [`patrol smoke ${agent}`, `patrol rotate ${agent}`], ref: REF},
  )
}

/**
 * May the superseded tokens go? Only while the secret is as we left it at the proof, or as a later proven rotation left
 * it with a token that is not in our set: somebody may have put an old token back by hand during the overlap.
 * A workspace that is gone runs on nothing. Throws `REVOCATION_HELD`.
 */
async function assertReplaced({deps, rotation}: Run): Promise<void> {
  const {agent, workspace, secretKey} = rotation.terms
  if (await isGone(deps, workspace.id)) return
  const row = own(await deps.platform.secretRow(workspace.id, secretKey))
  if (row?.updatedAt === rotation.storedAt) return
  const deployed = await deps.ledger.deployed(agent)
  const explained = row !== undefined && deployed?.secretUpdatedAt === row.updatedAt
  if (explained && !rotation.superseded.some((token) => token.id === deployed.token)) return
  throw new OpsError(
    'REVOCATION_HELD',
    `${secretKey} of ${workspace.name} was written since ${agent} was proven, so it may hold an old token again. Nothing was revoked.`,
    {suggestions: [`patrol smoke ${agent}`, `patrol rotate ${agent}`], ref: REF},
  )
}

async function isGone({platform}: Pick<RotationDeps, 'platform'>, id: string): Promise<boolean> {
  try {
    return (await platform.read(id)).status === 'removed'
  } catch (error) {
    if (error instanceof OpsError && error.code === 'WORKSPACE_NOT_FOUND') return true
    throw error
  }
}

/**
 * The proof of death: a deleted token must not be listed, and its value, where we have it, must answer 401. Throws
 * `OLD_TOKEN_ALIVE`, and what `doubt` throws.
 */
export async function assertDead(
  {tokens, prober}: Pick<RotationDeps, 'tokens' | 'prober'>,
  user: string,
  removed: readonly TokenRef[],
  value: Secret | undefined,
  doubt: Doubter = () => {},
): Promise<'dead' | 'not-at-hand'> {
  const rows = await tokens.list(user)
  await doubt(rows)
  const listed = new Set(rows.map((row) => row.id))
  const left = removed.find((token) => listed.has(token.id))
  if (left) {
    throw new OpsError(
      'OLD_TOKEN_ALIVE',
      `Gitea still lists ${left.name} (id ${left.id}) of ${user} after its deletion.`,
      {
        ref: REF,
      },
    )
  }
  if (!value) return 'not-at-hand'
  const {state, evidence} = await prober.liveness(value)
  if (state === 'dead') return 'dead'
  throw new OpsError(
    'OLD_TOKEN_ALIVE',
    `The old token …${value.lastEight} of ${user} is deleted, yet Gitea does not answer 401 for it (${state}, HTTP ${evidence.status}).`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}
