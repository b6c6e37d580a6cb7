import {OpsError, unclaimed} from '../errors.ts'
import {poll} from '../story/polling.ts'
import {timingOf} from '../story/timing.ts'
import {warn} from '../story/run.ts'
import type {ActDeps} from './request.ts'
import {telling, type RotationRun} from './run.ts'
import type {Rotation} from './state.ts'

export type Decision = 'approved' | 'denied' | 'withdrawn'

/**
 * Waits until a person has decided; never decides. `park` looks once. Throws `APPROVAL_PENDING` (exit 8) when nobody
 * has decided in time, or when the platform no longer shows the approval among the newest.
 */
export async function awaitDecision(
  deps: ActDeps & {rotation?: Rotation},
  workspace: {id: string; name: string},
  approval: string,
  mode: 'wait' | 'park',
  beat?: () => Promise<void>,
): Promise<Decision> {
  const forMs = mode === 'park' ? 0 : timingOf(deps).approvalWaitMs
  const look = async (): Promise<Decision | undefined> => {
    const state = await deps.platform.approval(workspace.id, approval)
    return state === 'pending' || state === 'unknown' ? undefined : state
  }
  const detail = `approval ${approval} of the secret write to ${workspace.name}`
  const decision = await telling(deps, 'approval', detail, () => poll(deps, forMs, look, beat))
  if (decision) return decision
  deps.on?.({
    kind: 'waiting',
    story: deps.rotation?.terms.rotation,
    act: 'approval',
    detail: 'nobody has decided yet',
    at: deps.clock.now(),
  })
  throw new OpsError(
    'APPROVAL_PENDING',
    `A person has to approve the secret write to ${workspace.name} in the canvas (approval ${approval}); nothing is stored yet.`,
    {ref: 'docs/runbooks/approval-pending.md'},
  )
}

export function denied(workspace: string, approval: string, decision: Decision): OpsError {
  return new OpsError(
    'APPROVAL_DENIED',
    `Approval ${approval} of the secret write to ${workspace} was ${decision}; nothing was stored.`,
    {ref: 'docs/runbooks/approval-pending.md'},
  )
}

/** The approval that the platform was asked for and that nobody has decided, as far as the journal tells. */
export function pendingApproval(rotation: Rotation): string | undefined {
  if (rotation.phase === 'awaiting_approval') return rotation.approval
  return rotation.phase === 'rolling_back' && rotation.step.at === 'awaiting_approval'
    ? rotation.step.approval
    : undefined
}

/**
 * Nobody is to approve what is given up: an approval is for one write of the key, whoever's it is and whatever the value
 * (platform: aug14). What can't be taken back is told, and stands in no abort's way.
 */
export async function withdraw(run: RotationRun, approval: string): Promise<void> {
  const {deps, state: rotation} = run
  const {workspace, secretKey} = rotation.terms
  const asked = `Approval ${approval} of the secret write to ${workspace.name}`
  const lets = `lets the next write of ${secretKey} through, whoever's that is.`
  const taken = await attempt(() => deps.platform.withdrawApproval(workspace.id, approval))
  if (taken === 'withdrawn' || taken === 'absent') return
  const state = await attempt(() => deps.platform.approval(workspace.id, approval))
  if (state === 'denied' || state === 'withdrawn') return
  if (state === 'approved') return warn(run, `${asked} was given meanwhile, and nothing takes that back: it ${lets}`)
  const why = taken instanceof OpsError ? ` (${unclaimed(taken.message)})` : ''
  warn(run, `${asked} stays in the canvas${why}; deny it there. Approved, it ${lets}`)
}

/** What came of it, or why nothing did; throws what ends the run. */
async function attempt<T>(work: () => Promise<T>): Promise<T | OpsError> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return error
  }
}

/** Nothing takes back what a person gave, and nobody is told who used it (platform: aug14). */
export function givenInVain({workspace, key}: {workspace: {name: string}; key: string}, approval: string): string {
  return `Approval ${approval} of the secret write to ${workspace.name} was given, this run did not use it, and nothing takes it back: unless it is used up by now, it lets the next write of ${key} through, whoever's that is.`
}
