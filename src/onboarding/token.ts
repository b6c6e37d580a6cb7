import {OpsError} from '../errors.ts'
import {mint, probeCandidate} from '../rotation/mint.ts'
import {isIn} from '../rotation/guards.ts'
import {namesOf} from '../rotation/names.ts'
import {assertNobodys} from '../rotation/nobodys.ts'
import type {TokenRow} from '../rotation/ports.ts'
import {assertGone, assertServing, removeRecorded} from '../rotation/revoke.ts'
import type {Record} from '../rotation/run.ts'
import {isKnown} from '../story/minting.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import type {Secret} from '../secret.ts'
import type {OnboardingRun} from './run.ts'

/** Mints the token that the new agent is to work with. */
export async function mintToken(run: OnboardingRun): Promise<void> {
  const {repositories} = run.state.terms
  return mint(run, repositories === 'all' ? undefined : repositories)
}

/**
 * Holds the new token against its profile, and its user against the repository, before anybody gets it. Throws
 * `CANDIDATE_REJECTED`, `CANDIDATE_UNPROVEN`, `MEMBERSHIP_MISSING`.
 */
export async function probeToken(run: OnboardingRun, candidate: TokenRef, value: Secret): Promise<void> {
  const {user, repo, profile} = run.state.terms
  return probeCandidate(run, candidate, value, (report) => {
    const shut = report.repo && ['role', 'shut', 'confinement'].includes(report.repo.issues.outcome)
    return shut ? outside(user, repo, profile) : undefined
  })
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
export async function discardToken(run: OnboardingRun, token: TokenRef): Promise<void> {
  const {deps, state: onboarding} = run
  const record: Record = async (fact) => {
    if (fact.type === 'discard_intended' || fact.type === 'discarded' || fact.type === 'token_left') {
      await run.record(fact)
    }
  }
  await removeRecorded(deps, onboarding.terms, token, 'discard', record, async (rows) => {
    if (onboarding.lost.includes(token.id)) await assertLost(run, token, rows)
    await assertGone(deps, onboarding.terms, token, run.values.get(token.id), rows)
    if (onboarding.phase !== 'proven') return
    const {terms, workspace, token: served} = onboarding
    await assertServing(deps, {...terms, workspace, token: served}, rows)
  })
}

/** Throws as `assertNobodys` of a token whose mint was not answered. */
async function assertLost({deps, state: onboarding}: OnboardingRun, token: TokenRef, rows: readonly TokenRow[]) {
  const {terms, startedAt, mints} = onboarding
  const known = 'workspace' in onboarding ? onboarding.workspace : undefined
  const workspace = known ?? (await deps.platform.list()).find((room) => isIn(terms, room))
  const lost = {token, names: namesOf(terms.agent, terms.onboarding, startedAt, mints), since: startedAt}
  await assertNobodys({...terms, workspace}, lost, terms, rows, deps)
}

/** Mints of this onboarding that came to pass after they had been taken for lost or refused. True if there were any. */
export async function findOrphans(run: OnboardingRun): Promise<boolean> {
  const {state: onboarding} = run
  const {terms, startedAt, mints} = onboarding
  const served = 'token' in onboarding ? onboarding.token?.id : undefined
  const names = namesOf(terms.agent, terms.onboarding, startedAt, mints)
  const rows = await run.deps.tokens.list(terms.user)
  const late = rows.filter(({id, name}) => names.has(name) && id !== served && !isKnown(onboarding, id))
  for (const row of late) await run.record({type: 'orphan_found', token: ref(row)})
  return late.length > 0
}
