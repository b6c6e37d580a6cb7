import type {TokenRef} from '../rotation/index.ts'
import {attempt, findByName, findLate, unfitness} from '../rotation/mint.ts'
import {mintedFor, tokenName} from '../rotation/names.ts'
import {removeToken} from '../rotation/revoke.ts'
import {telling} from '../rotation/run.ts'
import {ref} from '../rotation/superseded.ts'
import type {Secret} from '../secret.ts'
import type {Run} from './run.ts'

/** Mints a token under a name that is journalled before. A lost answer leaves it to `settleMint`. */
export async function mintToken(run: Run): Promise<void> {
  const {deps, onboarding} = run
  const {user, agent, scopes, onboarding: id} = onboarding.terms
  const name = tokenName(agent, id, onboarding.startedAt, onboarding.mints + 1)
  await run.record({type: 'mint_intended', name})
  const outcome = await telling(deps, 'mint', `${name} for ${user}`, () => attempt(deps.tokens, user, name, scopes))
  if ('token' in outcome) {
    run.values.set(outcome.token.id, outcome.value)
    return run.record({type: 'minted', token: outcome.token})
  }
  const {error} = outcome
  if (error.category === 'incomplete') return
  const surelyNot = error.category === 'auth' || error.category === 'usage'
  const orphan = surelyNot ? undefined : await findByName(deps, user, name)
  if (orphan) await run.record({type: 'mint_settled', name, token: orphan})
  else await run.record({type: 'mint_refused', code: error.code})
  throw error
}

/** After a lost answer: is there a token of that name? Its value is lost either way. */
export async function settleMint(run: Run, name: string): Promise<void> {
  const token = await findLate(run.deps, run.onboarding.terms.user, name, run.timing.settleWaitMs)
  await run.record({type: 'mint_settled', name, token: token ?? null})
}

/** Holds the new token against its profile before anybody gets it. Throws `CANDIDATE_REJECTED`, `CANDIDATE_UNPROVEN`. */
export async function probeToken(run: Run, candidate: TokenRef, value: Secret): Promise<void> {
  const {deps, onboarding} = run
  const {scopes, profile, repo} = onboarding.terms
  const detail = `…${candidate.lastEight} against profile ${profile}`
  const report = await telling(deps, 'probe', detail, () => deps.prober.probe(value, {repo}))
  const unfit = unfitness(report, candidate, {scopes, profile})
  if (!unfit) return run.record({type: 'probed', granted: report.granted})
  await run.record({type: 'candidate_rejected', missing: unfit.missing, unknown: unfit.unknown})
  throw unfit.error
}

/** Deletes one token that this onboarding minted, by id. */
export async function discardToken(run: Run, token: TokenRef): Promise<void> {
  await removeToken(run.deps, run.onboarding.terms.user, token, 'discard', async (fact) => {
    if (fact.type === 'discard_intended' || fact.type === 'discarded') await run.record(fact)
  })
}

/** Mints of this onboarding that came to pass after they had been taken for lost. True if there were any. */
export async function findOrphans(run: Run): Promise<boolean> {
  const {doubted, minted, terms} = run.onboarding
  if (!doubted) return false
  const known = new Set(minted.map(({id}) => id))
  const rows = await run.deps.tokens.list(terms.user)
  const late = rows.filter(
    ({id, name}) => mintedFor(terms.agent, name)?.rotation === terms.onboarding && !known.has(id),
  )
  for (const row of late) await run.record({type: 'orphan_found', token: ref(row)})
  return late.length > 0
}
