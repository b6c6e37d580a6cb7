import {OpsError} from '../errors.ts'
import {unconfinedWarning} from '../rotation/confinement.ts'
import {attempt, findDespite, findLate, unfitness} from '../rotation/mint.ts'
import {unused} from '../rotation/gate.ts'
import {mintedFor, tokenName} from '../rotation/names.ts'
import {assertGone, assertServing, removeRecorded} from '../rotation/revoke.ts'
import {telling, type Record} from '../rotation/run.ts'
import {isKnown} from '../story/minting.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import type {Secret} from '../secret.ts'
import {warn} from '../story/run.ts'
import type {Run} from './run.ts'

/** Mints a token under a name that is journalled before. A lost answer leaves it to `settleMint`. */
export async function mintToken(run: Run): Promise<void> {
  const {deps, state: onboarding} = run
  const {terms} = onboarding
  const {user, agent, scopes, profile, onboarding: id} = terms
  const repositories = terms.repositories === 'all' ? undefined : terms.repositories
  const name = tokenName(agent, id, onboarding.startedAt, onboarding.mints + 1)
  await run.record({type: 'mint_intended', name})
  const outcome = await telling(deps, 'mint', `${name} for ${user}`, () =>
    attempt(deps, terms, name, {scopes, repositories}),
  )
  if ('token' in outcome) {
    run.values.set(outcome.token.id, outcome.value)
    run.reaches.set(outcome.token.id, outcome.repositories ?? 'all')
    await run.record({type: 'minted', token: outcome.token})
    const unconfined = unconfinedWarning({profile, repositories}, outcome)
    if (unconfined !== undefined && !run.plan.warnings.includes(unconfined)) warn(run, unconfined)
    return
  }
  const {error} = outcome
  if (error.category === 'incomplete') return
  const orphan = await findDespite(deps, user, name)
  if (orphan) await run.record({type: 'mint_settled', name, token: orphan})
  else await run.record({type: 'mint_refused', code: error.code})
  throw error
}

/** After a lost answer: is there a token of that name? Its value is lost either way. */
export async function settleMint(run: Run, name: string): Promise<void> {
  const token = await findLate(run.deps, run.state.terms.user, name, run.timing.settleWaitMs)
  await run.record({type: 'mint_settled', name, token: token ?? null})
}

/**
 * Holds the new token against its profile, and its user against the repository, before anybody gets it. Throws
 * `CANDIDATE_REJECTED`, `CANDIDATE_UNPROVEN`, `MEMBERSHIP_MISSING`.
 */
export async function probeToken(run: Run, candidate: TokenRef, value: Secret): Promise<void> {
  const {deps, state: onboarding} = run
  const {user, scopes, profile, repo} = onboarding.terms
  const detail = `…${candidate.lastEight} against profile ${profile}`
  const report = await telling(deps, 'probe', detail, () =>
    deps.prober.probe(value, {repo, reachOf: async () => run.reaches.get(candidate.id)}),
  )
  const unfit = unfitness(report, candidate, {user, scopes, profile})
  const shut = report.repo && ['role', 'shut', 'confinement'].includes(report.repo.issues.outcome)
  if (!unfit && !shut) return run.record({type: 'probed', granted: report.granted})
  await run.record({type: 'candidate_rejected', missing: unfit?.missing ?? [], unknown: unfit?.unknown ?? []})
  throw unfit?.error ?? outside(user, repo, profile)
}

/** A team need not have the repository, and issues may be switched off: the proof would fail, with a workspace made. */
function outside(user: string, repo: string, profile: string): OpsError {
  return new OpsError(
    'MEMBERSHIP_MISSING',
    `${user} has every membership of profile ${profile}, yet may not read the issues of ${repo}, where it is to find its work.`,
    {
      suggestions: [
        `give the team of the profile ${repo} on the server, or name ${repo} under "repos" of profile ${profile} in patrol.yaml`,
        `see that ${repo} has its issues switched on`,
      ],
      ref: 'docs/runbooks/onboarding-incomplete.md',
    },
  )
}

/**
 * Deletes one token that this onboarding minted, by id. Throws `TOKEN_CHANGED` where it is another by now, and
 * `TOKENS_DOUBTED` for a list that lacks the token which the agent was proven on, or this one while Gitea takes it.
 */
export async function discardToken(run: Run, token: TokenRef): Promise<void> {
  const {deps, state: onboarding} = run
  const record: Record = async (fact) => {
    if (fact.type === 'discard_intended' || fact.type === 'discarded' || fact.type === 'token_left') {
      await run.record(fact)
    }
  }
  await removeRecorded(deps, onboarding.terms, token, 'discard', record, async (rows) => {
    if (onboarding.lost.includes(token.id)) await unused(onboarding.terms, token)(rows)
    await assertGone(deps, onboarding.terms, token, run.values.get(token.id), rows)
    if (onboarding.phase !== 'proven') return
    const {terms, workspace, token: served} = onboarding
    await assertServing(deps, {...terms, workspace, token: served}, rows)
  })
}

/** Mints of this onboarding that came to pass after they had been taken for lost or refused. True if there were any. */
export async function findOrphans(run: Run): Promise<boolean> {
  const {state: onboarding} = run
  const {terms} = onboarding
  const rows = await run.deps.tokens.list(terms.user)
  const late = rows.filter(
    ({id, name}) => mintedFor(terms.agent, name)?.rotation === terms.onboarding && !isKnown(onboarding, id),
  )
  for (const row of late) await run.record({type: 'orphan_found', token: ref(row)})
  return late.length > 0
}
