import {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import type {TokenRef} from './events.ts'
import {removeToken} from './gate.ts'
import {leased} from './lease.ts'
import {own} from './push.ts'
import type {LedgerToken} from './ports.ts'
import type {RotationDeps} from './request.ts'
import {tokensOf} from './rivals.ts'
import {describe, telling, type Record, type Run} from './run.ts'
import {isClosed, type Rotation} from './state.ts'
import {replay} from './machine.ts'
import {ref} from './superseded.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/** The acts of deleting need no platform. */
export type RevokeDeps = Pick<
  RotationDeps,
  'tokens' | 'prober' | 'ledger' | 'journal' | 'clock' | 'on' | 'signal' | 'platform'
>

/** Deletes one token, with its intent and its result on record. */
export async function removeRecorded(
  deps: RevokeDeps & {rotation?: Rotation},
  user: string,
  token: TokenRef,
  kind: 'revoke' | 'discard',
  record: Record,
): Promise<'removed' | 'absent'> {
  await record({type: `${kind}_intended`, token: token.id})
  const result = await telling(deps, kind, `${token.name} (id ${token.id}) of ${user}`, () =>
    removeToken(deps, user, token),
  )
  await record({type: kind === 'revoke' ? 'revoked' : 'discarded', token: token.id})
  return result
}

/**
 * May the superseded tokens go? Only while the secret is as we left it at the proof, or as a later proven rotation left
 * it with a token that is not in our set: somebody may have put an old token back by hand during the overlap.
 * A workspace that is gone runs on nothing. Throws `REVOCATION_HELD`.
 */
export async function assertReplaced({deps, rotation}: Run): Promise<void> {
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

/** Whether the platform has no such workspace any more. */
export async function isGone({platform}: Pick<RotationDeps, 'platform'>, id: string): Promise<boolean> {
  try {
    return (await platform.read(id)).status === 'removed'
  } catch (error) {
    if (error instanceof OpsError && error.code === 'WORKSPACE_NOT_FOUND') return true
    throw error
  }
}

/** The proof of death: a deleted token must not be listed, and its value, where we have it, must answer 401. */
export async function assertDead(
  {tokens, prober}: Pick<RevokeDeps, 'tokens' | 'prober'>,
  user: string,
  removed: readonly TokenRef[],
  value: Secret | undefined,
): Promise<'dead' | 'not-at-hand'> {
  const listed = new Set((await tokensOf({tokens}, user)).map((row) => row.id))
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

/** A revocation by hand. */
export interface RevokeRequest {
  /** Whose lease is taken. */
  agent: string
  user: string
  /** Gitea's id of the token. */
  token: number
  /** Its value, where at hand: must answer dead afterwards. */
  value?: Secret
  /** Revoke even what an agent was last proven to run on, or what an open rotation needs. */
  evenIfServing?: boolean
}

export interface RevokeResult {
  user: string
  token: TokenRef | {id: number}
  outcome: 'removed' | 'absent'
  value: 'dead' | 'not-at-hand'
}

/**
 * Deletes one token by id and proves it dead. Throws `GUARD_SERVING_TOKEN` when the ledger or an open rotation says
 * that an agent runs on it, `OLD_TOKEN_ALIVE` when it outlives its deletion, `LEASE_HELD` while another run is at the
 * agent.
 */
export async function revokeToken(
  request: RevokeRequest,
  deps: RevokeDeps & Pick<RotationDeps, 'leases'>,
): Promise<RevokeResult> {
  return leased(deps, request.agent, () => revoke(request, deps))
}

async function revoke(request: RevokeRequest, deps: RevokeDeps): Promise<RevokeResult> {
  const {user, token: id, value} = request
  const row = (await deps.tokens.list(user)).find((candidate) => candidate.id === id)
  if (!request.evenIfServing) await guardServing(deps, user, id)
  const token = row ? ref(row) : {id, name: `token ${id}`, lastEight: ''}
  const outcome = await telling(deps, 'revoke', `${token.name} (id ${id}) of ${user}`, () =>
    removeToken(deps, user, token),
  )
  await deps.ledger.apply([{kind: 'revoked', user, token: id, at: deps.clock.now()}])
  const dead = await assertDead(deps, user, [token], value)
  return {user, token: row ? token : {id}, outcome, value: dead}
}

async function guardServing({ledger, journal}: RevokeDeps, user: string, id: number): Promise<void> {
  const known = (await ledger.tokens(user)).find((token: LedgerToken) => token.id === id)
  const open = await journal.list({open: true})
  for (const {id: rotationId, user: owner, agent} of open.filter((summary) => summary.user === user)) {
    const rotation = replay(await journal.read(rotationId))
    if (!rotation || isClosed(rotation) || owner !== user) continue
    const serving =
      rotation.phase === 'proven' || rotation.phase === 'revoking' ? [rotation.candidate] : involved(rotation)
    if (serving.some((token) => token.id === id)) throw stillServes(agent, id, describe(rotation), rotationId)
  }
  for (const {agent} of await journal.list()) {
    const deployed = await ledger.deployed(agent)
    if (deployed?.user === user && deployed.token === id && !known?.revokedAt) {
      throw stillServes(agent, id, `${agent} was last proven on it.`, undefined)
    }
  }
}

/** Until the proof, either side may be what the workspace runs on. */
function involved(rotation: Rotation): TokenRef[] {
  return [...rotation.superseded, ...rotation.minted, ...(rotation.deployed ? [rotation.deployed] : [])]
}

function stillServes(agent: string, id: number, why: string, rotation: string | undefined): OpsError {
  return new OpsError('GUARD_SERVING_TOKEN', `Token ${id} may serve ${agent}: ${why} Nothing was revoked.`, {
    suggestions: rotation ? [`patrol rotation resume ${rotation}`] : [`patrol rotate ${agent}`],
    ref: REF,
  })
}
