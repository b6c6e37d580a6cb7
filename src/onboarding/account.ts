import {OpsError} from '../errors.ts'
import {guardAccount} from '../rotation/guards.ts'
import {inDoubt, telling} from '../rotation/run.ts'
import {pause} from '../story/polling.ts'
import type {OnboardingTerms} from './events.ts'
import type {Account} from './ports.ts'
import type {OnboardingRun} from './run.ts'

/**
 * Sees to it that the Gitea user is there. One that exists is checked, never changed. A lost answer leaves the
 * onboarding in `creating_user`, and `settleAccount` finds out. Throws `USER_UNFIT`, `USER_REFUSED`.
 */
export async function ensureAccount(run: OnboardingRun): Promise<void> {
  const {deps, state: onboarding} = run
  const {user: login, account: wanted} = onboarding.terms
  const found = await deps.accounts.account(login)
  if (found) {
    assertFit(onboarding.terms, found)
    return run.record({type: 'user_found', id: found.id, login: found.login})
  }
  await run.record({type: 'user_intended', login})
  let created
  try {
    created = await telling(deps, 'account', `creating ${login}`, () => deps.accounts.createAccount({login, ...wanted}))
  } catch (error) {
    if (inDoubt(error)) return
    if (!(error instanceof OpsError)) throw error
    // Two machines may create it at once.
    const other = error.code === 'USER_REFUSED' ? await deps.accounts.account(login) : undefined
    if (!other) {
      await run.record({type: 'user_refused', code: error.code})
      throw error
    }
    await run.record({type: 'user_found', id: other.id, login: other.login})
    return assertFit(onboarding.terms, other)
  }
  await run.record({type: 'user_created', id: created.id, login})
}

/** After a lost answer: is the user there? Throws `USER_UNFIT`. */
export async function settleAccount(run: OnboardingRun): Promise<void> {
  const found = await lateAccount(run)
  if (found) assertFit(run.state.terms, found)
  await run.record({type: 'user_settled', id: found?.id ?? null})
}

/** The account whose creation was not answered, if there is one. Looks twice, for commits come late. */
export async function lateAccount({deps, state: onboarding, timing}: OnboardingRun): Promise<Account | undefined> {
  const {user: login} = onboarding.terms
  const found = await deps.accounts.account(login)
  if (found) return found
  await pause(deps, timing.settleWaitMs)
  return deps.accounts.account(login)
}

/** Can an agent work as this account? Throws `USER_UNFIT`. */
export function assertFit({agent, waive}: Pick<OnboardingTerms, 'agent' | 'waive'>, account: Account): void {
  guardAccount(account, {user: account.login, agent}, waive)
}
