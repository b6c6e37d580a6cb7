import {OpsError} from '../errors.ts'
import type {Ledger} from '../story/ports.ts'
import {isSame, ref, type TokenRef} from '../story/tokens.ts'
import {warn} from '../story/run.ts'
import {isByHand, isRehearsal, mintedFor, sameLogin} from './names.ts'
import {claimOf, type Claim} from './claim.ts'
import {tokensOfUser} from './gate.ts'
import type {TokenAdmin, TokenRow} from './ports.ts'
import type {RotationRun} from './run.ts'
import {isKnown, toRevoke} from './state.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

type ListingDeps = {tokens: Pick<TokenAdmin, 'list'>}

/** A user's tokens; none where Gitea has no such user any more, for they went with it. */
export async function tokensOf(deps: ListingDeps, user: string): Promise<TokenRow[]> {
  return (await tokensOfUser(deps, user)) ?? []
}

/** Gitea lists other tokens of the user, and not the one that is being put back: it is dead, and nothing to go back to. */
export async function isLost({deps, state: rotation}: RotationRun, token: TokenRef): Promise<boolean> {
  const rows = await tokensOf(deps, rotation.terms.user)
  return rows.length > 0 && !rows.some((row) => isSame(row, token))
}

/**
 * The last look before a mint or a push: gives way to a rotation that announced itself first, unless the workspace may
 * have a live token of ours. Throws `YIELDED` after journalling it, and `CANDIDATE_GONE` where somebody deleted
 * the candidate.
 */
export async function claim(run: RotationRun, candidate?: TokenRef): Promise<void> {
  const {state: rotation, deps} = run
  const rows = await tokensOf(deps, rotation.terms.user)
  const turn = turnOf(run, rows)
  if (turn.is === 'theirs' && !rows.some(({id}) => rotation.sent.includes(id))) {
    await run.record({type: 'yielded', to: ref(turn.to)})
    throw yielded(rotation.terms.agent, turn.to)
  }
  if (candidate) assertListed(rows, candidate)
}

/** The last look before a new token goes anywhere. Throws `CANDIDATE_GONE` where somebody deleted it. */
export function assertListed(rows: readonly TokenRow[], candidate: TokenRef): void {
  if (rows.some((row) => isSame(row, candidate))) return
  throw new OpsError(
    'CANDIDATE_GONE',
    `The new token ${candidate.name} (id ${candidate.id}, …${candidate.lastEight}) is not listed any more, so it was handed to nobody.`,
    {ref: REF},
  )
}

/**
 * Before the proof: what other rotations minted after us gives way to us. Their runs delete it themselves; whatever is
 * left of it, because its run died, goes with the superseded tokens. What somebody minted by hand since the plan is theirs,
 * and is told.
 */
export async function outbid(run: RotationRun): Promise<void> {
  const {terms} = run.state
  const rows = await tokensOf(run.deps, terms.user)
  for (const {id, name} of rows) {
    if (isKnown(run.state, id) || isRehearsal(name)) continue
    if (!isByHand(mintedFor(terms.agent, name)?.rotation ?? '')) continue
    warn(run, `${name} (id ${id}) was minted by hand for ${terms.agent} since this rotation was planned. It was left.`)
  }
  const turn = turnOf(run, rows)
  if (turn.is === 'ours') await run.record({type: 'outbid', tokens: turn.over.map(ref)})
}

/**
 * The look before the first revocation. `gone`: nothing that could be revoked is alive. `overtaken`, journalled: nor is
 * our own token, since another rotation put its own in place. Throws `REVOCATION_HELD` where our own token is gone,
 * an old one is not, and no later proof of ours says what the agent runs on.
 */
export async function leftToRevoke(run: RotationRun): Promise<'some' | 'gone' | 'overtaken'> {
  const {state: rotation, deps} = run
  const {terms} = rotation
  const rows = await tokensOfUser(deps, terms.user)
  if (!rows) return 'gone'
  const listed = new Set(rows.map(({id}) => id))
  const left = toRevoke(rotation).filter(({id}) => listed.has(id))
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  if (!candidate || listed.has(candidate.id)) return left.length > 0 ? 'some' : 'gone'
  const turn = turnOf(run, rows)
  if (left.length === 0 && turn.is === 'theirs') {
    await run.record({type: 'overtaken', by: ref(turn.to)})
    return 'overtaken'
  }
  if (await servesLater(terms, rows, deps)) return left.length > 0 ? 'some' : 'gone'
  throw new OpsError(
    'REVOCATION_HELD',
    `The new token ${candidate.name} (id ${candidate.id}) of ${terms.agent} is not listed any more. Nothing was revoked.`,
    {suggestions: [`patrol rotate ${terms.agent}`], ref: REF},
  )
}

/**
 * Whether a later proof of ours is on one of these tokens: of the agent wherever it is by now, or of its user in this workspace, for patrol.yaml
 * may call the agent otherwise.
 */
export async function servesLater(
  {agent, user, workspace}: {agent: string; user: string; workspace: {id: string}},
  rows: readonly TokenRow[],
  {ledger}: {ledger: Pick<Ledger, 'deployed'>},
): Promise<boolean> {
  const proofs = await Promise.all([ledger.deployed(agent), ledger.deployed(agent, workspace.id, user)])
  return proofs.some(
    (proof) =>
      sameLogin(proof?.user, user) &&
      rows.some(({id, lastEight}) => id === proof?.token && lastEight === proof.lastEight),
  )
}

function turnOf({state: rotation}: RotationRun, rows: readonly TokenRow[]): Claim {
  const {agent, rotation: run} = rotation.terms
  return claimOf(rows, {agent, run, settled: new Set(rotation.superseded.map(({id}) => id))})
}

/** The later of two runs gave way: to whom. */
export function yielded(agent: string, {name, id}: TokenRef): OpsError {
  const why = `Another run gave ${agent} a token meanwhile, and was first: it minted ${name} (id ${id}). This run gave way.`
  return new OpsError('YIELDED', why, {ref: REF})
}
