import {sameLogin} from '../rotation/names.ts'
import {OpsError} from '../errors.ts'
import {replay as replayRotation} from '../rotation/machine.ts'
import {leased} from '../story/lease.ts'
import {placed} from '../story/placements.ts'
import {describe as describeRotation} from '../rotation/run.ts'
import {conduct, warn} from '../story/run.ts'
import {replay} from './machine.ts'
import type {OnboardingDeps, OnboardingPlan, OnboardingResult} from './request.ts'
import {makesSame} from './terms.ts'
import {beginRun, ONBOARDING, openRun, type OnboardingRun, whereabouts} from './run.ts'
import {drive} from './runner.ts'
import {loseValue} from './workspace.ts'
import {isUnbound, type Onboarding} from './state.ts'

/**
 * Carries out what `planOnboarding` planned, or goes on where an earlier run stopped: user, memberships, token, workspace,
 * proof. Safe to call again and again; where nothing is to be done, nothing is written. Every failure is an `OpsError`
 * that says what exists by now, and that the same command goes on. Throws `LEASE_HELD`, `ROTATION_OPEN`, and what the
 * acts throw.
 */
export async function onboard(plan: OnboardingPlan, deps: OnboardingDeps): Promise<OnboardingResult> {
  return leased(deps, plan.agent, async (lease) => {
    const open = await openOnboarding(plan.agent, deps)
    await refuseRotation(plan.agent, open, deps)
    if (!open && !plan.changes) return unchanged(plan, deps)
    const run = open ? openRun(deps, plan, lease, open) : await beginRun(deps, plan, lease)
    return conduct(ONBOARDING, run, async () => {
      await prepare(run)
      await drive(run)
      return resultOf(run)
    })
  })
}

/** The agent's onboarding that is not at its end, if there is one. */
export async function openOnboarding(
  agent: string,
  {onboardings}: Pick<OnboardingDeps, 'onboardings'>,
): Promise<Onboarding | undefined> {
  const [open] = await onboardings.list({agent, open: true})
  return open && replay(await onboardings.read(open.id))
}

/** A rotation that somebody else began has to come to its end first; our own is gone on with. */
export async function refuseRotation(
  agent: string,
  open: Onboarding | undefined,
  {journal}: Pick<OnboardingDeps, 'journal'>,
): Promise<void> {
  const ours = open?.phase === 'taking_over' ? open.rotation : undefined
  for (const {id, phase} of await journal.list({agent, open: true})) {
    if (id === ours || phase === 'proven' || phase === 'revoking') continue
    const rotation = replayRotation(await journal.read(id))
    const state = rotation ? ` ${describeRotation(rotation)}` : ''
    throw new OpsError('ROTATION_OPEN', `Rotation ${id} of ${agent} is unfinished.${state}`, {
      suggestions: [`patrol rotation resume ${id}`, `patrol onboard ${agent}`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    })
  }
}

/** Values died with the process that held them. */
async function prepare(run: OnboardingRun): Promise<void> {
  const {state: onboarding, plan} = run
  await loseValue(run)
  const early = isUnbound(run.state) || run.state.phase === 'joining'
  if (early || makesSame(plan.request, onboarding.terms)) return
  warn(
    run,
    `patrol.yaml says something else of ${onboarding.terms.agent} by now; this onboarding ends as it was begun. To begin anew: patrol onboarding abort ${onboarding.terms.agent}.`,
  )
}

/** The agent works, and everything is there: only the ledger may not know it yet. */
async function unchanged(plan: OnboardingPlan, {ledger, clock, shelf}: OnboardingDeps): Promise<OnboardingResult> {
  const {agent, user, warnings} = plan
  const {token, updatedAt, proof} = plan.working!
  const at = clock.now()
  const workspace = plan.workspace.id ?? undefined
  const deployed = await ledger.deployed(agent, workspace)
  const known =
    deployed?.workspace === workspace &&
    sameLogin(deployed?.user, user) &&
    deployed?.token === token.id &&
    deployed.secretUpdatedAt === updatedAt
  if (!known) {
    const {id, lastEight} = token
    const deployment = {agent, workspace, user, token: id, lastEight, secretUpdatedAt: updatedAt, at}
    const there = whereabouts(plan.request, {id: workspace, name: plan.workspace.name})
    await ledger.apply([{kind: 'deployed', deployment}, placed(there, token, 'heard', at)])
  }
  return {
    id: null,
    agent,
    user,
    workspace: {id: plan.workspace.id ?? '', name: plan.workspace.name},
    outcome: 'unchanged',
    token,
    proof,
    // With a shelf, a plan without changes has found a good one on it.
    workspaceToken: shelf ? {state: 'kept', place: shelf.place(agent)} : {state: 'unknown', place: null},
    warnings,
  }
}

function resultOf({state: onboarding, proof, token, warnings, workspaceToken}: OnboardingRun): OnboardingResult {
  if (onboarding.phase !== 'completed') throw new Error('an onboarding ended before its end')
  const {terms, workspace} = onboarding
  return {
    id: terms.onboarding,
    agent: terms.agent,
    user: terms.user,
    workspace: {id: workspace.id, name: workspace.name},
    outcome: 'onboarded',
    token: onboarding.token ?? token ?? null,
    proof,
    workspaceToken,
    warnings,
  }
}
