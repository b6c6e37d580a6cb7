import {OpsError} from '../errors.ts'
import {poll} from '../story/polling.ts'
import {timingOf} from '../story/timing.ts'
import type {ActDeps} from './request.ts'
import {telling} from './run.ts'
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
