import {randomUUID} from 'node:crypto'
import {json} from './router.ts'
import type {WireAnswer} from '../wire.ts'
import type {Approval, Caller, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** Enters a pending approval. */
export function requestApproval(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  wanted: {action: string; reason: string | null; taskId?: string | null; key?: string},
): Approval {
  const approval: Approval = {
    id: randomUUID(),
    workspaceId: workspace.id,
    taskId: wanted.taskId ?? null,
    action: wanted.action,
    reason: wanted.reason,
    status: 'pending',
    decidedBy: null,
    decidedAt: null,
    createdAt: world.stamp(),
    createdMs: Date.now(),
    key: wanted.key,
    consumed: false,
  }
  world.approvals.unshift(approval)
  return approval
}

export function settle(
  world: PlatformWorld,
  approval: Approval,
  status: 'approved' | 'denied' | 'withdrawn',
  by: string | null,
): void {
  approval.status = status
  approval.decidedBy = by
  approval.decidedAt = world.stamp()
}

/**
 * The gate before a secret is written: undefined lets the write through and uses up the approval that allowed it; else
 * the 202. It is there for the admin token, and where that is switched on for org tokens. One approval lets one value
 * pass, whichever it is; a denied one is not remembered.
 */
export function clearedToWrite(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  key: string,
  caller: Caller,
): WireAnswer | undefined {
  if (!world.facts.approvals) return undefined
  const wanted = {action: 'secret_write', reason: `write secret ${key}`, key}
  const asksOrg = world.settings.approvals === true || workspace.seed.approval === true
  if (caller.kind !== 'admin' && !(caller.kind === 'org' && asksOrg)) return undefined
  const mine = world.approvals.filter(
    (one) => one.workspaceId === workspace.id && one.action === wanted.action && one.key === key,
  )
  const granted = mine.find(({status, consumed}) => status === 'approved' && !consumed)
  if (granted) {
    granted.consumed = true
    return undefined
  }
  const {id, action, reason} =
    mine.find(({status}) => status === 'pending') ?? requestApproval(world, workspace, wanted)
  return json(202, {status: 'pending_approval', approval_id: id, action, reason})
}
