import {sameLogin} from '../rotation/names.ts'
import {OpsError} from '../errors.ts'
import {driveActs, type StoryActs} from '../story/drive.ts'
import type {TokenRef} from '../story/tokens.ts'
import {settleMint} from '../rotation/mint.ts'
import {yielded} from '../rotation/rivals.ts'
import type {Secret} from '../secret.ts'
import {warn} from '../story/run.ts'
import {settleAccess, settleEarlier} from './access.ts'
import {ensureAccount, settleAccount} from './account.ts'
import {ensureMembership} from './membership.ts'
import {prove} from './proof.ts'
import type {OnboardingRun} from './run.ts'
import {makesSame, provesSame} from './terms.ts'
import {isUnbound, nextAct, unreadable, type OnboardingStep, type Onboarding} from './state.ts'
import {takeOver} from './takeover.ts'
import {discardToken, findOrphans, mintToken, probeToken} from './token.ts'
import {assertOnlyOne, awaitOnline, createWorkspace, lookForWorkspace, settleCreate} from './workspace.ts'

type OnboardingAct = Exclude<OnboardingStep, {act: 'none'}>

/** How often one run begins the same write before it leaves the rest to the next. */
const MOST: StoryActs<Onboarding, OnboardingAct>['most'] = {account: 3, join: 3, mint: 3, create: 2, take_over: 3}

/**
 * Does one act after the other, as the machine says, until nothing is left. When an act fails, tokens that serve nobody
 * are deleted before its error is thrown. Throws `OpsError`; the journal is sound at every moment.
 */
export async function drive(run: OnboardingRun): Promise<void> {
  let fault: OpsError | undefined
  await driveActs<Onboarding, OnboardingAct>(run, {
    async next() {
      await renewTerms(run)
      const act = nextAct(run.state)
      if (fault && act.act !== 'discard') throw fault
      return act.act === 'none' ? undefined : act
    },
    most: MOST,
    errand: (act) => (act.act === 'join' ? `join ${act.index}` : act.act),
    exhausted: ({act}) => exhausted(run, act),
    perform: (act) => perform(run, act),
    failed(error) {
      if (fault || !(error instanceof OpsError)) throw fault ?? error
      fault = error
    },
  })
  const {state} = run
  if (state.phase === 'closed' && state.to) throw yielded(state.terms.agent, state.to)
}

async function perform(run: OnboardingRun, act: OnboardingAct): Promise<void> {
  switch (act.act) {
    case 'account':
      return ensureAccount(run)
    case 'settle_account':
      return settleAccount(run)
    case 'join':
      return ensureMembership(run, act.index)
    case 'look':
      return lookForWorkspace(run)
    case 'mint':
      return mintToken(run)
    case 'settle_mint':
      return settleMint(run, act.name)
    case 'probe':
      return probeToken(run, act.candidate, valueOf(run, act.candidate))
    case 'create':
      return createWorkspace(run, valueOf(run, act.candidate))
    case 'settle_create':
      return settleCreate(run, act.since)
    case 'await_online':
      return awaitOnline(run, act.workspace)
    case 'prove':
      return prove(run, act.candidate, act.workspace)
    case 'take_over':
      return takeOver(run, act.workspace, act.rotation)
    case 'discard':
      // A second workspace that came of a lost create would run on it.
      if (run.state.sent.includes(act.token.id)) await assertOnlyOne(run)
      return discardToken(run, act.token)
    case 'finish': {
      if (run.state.access) return settleEarlier(run, act.workspace)
      if (await findOrphans(run)) return
      await assertOnlyOne(run, act.workspace)
      await settleAccess(run, act.workspace)
      return run.record({type: 'completed'})
    }
    case 'close':
      return run.record({type: 'closed'})
  }
}

/** patrol.yaml may have been mended since an earlier run: what nothing that exists depends on yet is taken over. */
async function renewTerms(run: OnboardingRun): Promise<void> {
  const {state: onboarding, plan} = run
  const {terms} = onboarding
  const {repo, label, via} = plan.request
  const wanted = isUnbound(onboarding) ? {...plan.request, onboarding: terms.onboarding} : {...terms, repo, label, via}
  if (makesSame(wanted, terms) && provesSame(wanted, terms)) return
  if (!sameLogin(wanted.user, terms.user) && onboarding.user?.created) {
    warn(run, `An earlier run created the user ${terms.user}, which patrol.yaml no longer names; it was left there.`)
  }
  await run.record({type: 'replanned', terms: wanted})
}

function valueOf(run: OnboardingRun, {id}: TokenRef): Secret {
  const value = run.values.get(id)
  if (value) return value
  throw unreadable(run.state.terms.onboarding, `the value of token ${id} is not at hand`)
}

function exhausted(run: OnboardingRun, act: OnboardingStep['act']): OpsError {
  const {agent} = run.state.terms
  const what = act === 'account' ? 'creating its user' : act === 'join' ? 'granting a membership' : `"${act}"`
  return new OpsError('ONBOARDING_IN_DOUBT', `The answers to several tries of ${what} for ${agent} were lost.`, {
    suggestions: ['patrol doctor'],
    ref: 'docs/runbooks/onboarding-incomplete.md',
  })
}
