import {claimOf} from '../rotation/claim.ts'
import {assertListed, tokensOf} from '../rotation/rivals.ts'
import {ref} from '../story/tokens.ts'
import type {OnboardingRun} from './run.ts'

/**
 * The last look before a workspace is made or taken over. Workspace names are not unique, so the names of the user's
 * tokens are the lock: whoever minted first goes on, and the other gives way, which is journalled, unless something of
 * ours went out already. Throws `CANDIDATE_GONE` where somebody deleted the token that is to go out.
 */
export async function gaveWay(run: OnboardingRun): Promise<boolean> {
  const {deps, state: onboarding, plan} = run
  const {agent, user, onboarding: id} = onboarding.terms
  const rows = await tokensOf(deps, user)
  const claim = claimOf(rows, {agent, run: id, settled: new Set(plan.beside)})
  if (claim.is !== 'theirs' || onboarding.sent.length > 0) {
    if (onboarding.phase === 'minted') assertListed(rows, onboarding.candidate)
    return false
  }
  await run.record({type: 'yielded', to: ref(claim.to)})
  return true
}
