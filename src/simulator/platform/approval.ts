import {randomUUID} from 'node:crypto'
import {json} from './router.ts'
import type {Answer} from '../wire.ts'
import type {Approval, Caller, Workspace, World} from './world.ts'

const SECRET_WRITE = 'secret_write'

/** Enters a pending approval. */
export function requestApproval(
  world: World,
  workspace: Workspace,
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
  world: World,
  approval: Approval,
  status: 'approved' | 'denied' | 'withdrawn',
  by: string | null,
): void {
  approval.status = status
  approval.decidedBy = by
  approval.decidedAt = world.stamp()
}

/**
 * June's gate before a secret is written by the admin token: undefined lets the write through and uses up the approval
 * that allowed it; else the 202. One approval lets one value pass, whichever it is; a denied one is not remembered.
 */
export function clearedToWrite(world: World, workspace: Workspace, key: string, caller: Caller): Answer | undefined {
  const gated = !world.april && (world.settings.approvals === true || workspace.seed.approval === true)
  if (!gated || caller.kind !== 'admin') return undefined
  const mine = world.approvals.filter(
    ({workspaceId, action, key: wanted}) => workspaceId === workspace.id && action === SECRET_WRITE && wanted === key,
  )
  const granted = mine.find(({status, consumed}) => status === 'approved' && !consumed)
  if (granted) {
    granted.consumed = true
    return undefined
  }
  const {id, action, reason} =
    mine.find(({status}) => status === 'pending') ??
    requestApproval(world, workspace, {action: SECRET_WRITE, reason: `write secret ${key}`, key})
  return json(202, {status: 'pending_approval', approval_id: id, action, reason})
}
