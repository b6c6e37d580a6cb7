import {requestApproval, settle} from '../approval.ts'
import {json} from '../router.ts'
import type {WireAnswer} from '../../wire.ts'
import type {PlatformVisit, PlatformRoute} from '../router.ts'
import type {PlatformWorld} from '../world.ts'

const LISTED = 50
const EXPIRY_MS = 600_000

/** Asking for approvals, listing and deciding them. */
export const approvalRoutes: PlatformRoute[] = [
  {method: 'GET', path: '/approvals/pending', guard: 'admin', act: pending},
  {method: 'GET', path: '/workspaces/:id/approvals', guard: 'workspace', act: list},
  {method: 'POST', path: '/workspaces/:id/approvals', guard: 'workspace', act: create},
  {method: 'POST', path: '/workspaces/:id/approvals/:approvalId/decide', guard: 'workspace', act: decide},
  {
    method: 'POST',
    path: '/workspaces/:id/approvals/:approvalId/withdraw',
    guard: 'workspace',
    since: 'june28',
    act: withdraw,
  },
]

function pending({world}: PlatformVisit): WireAnswer {
  if (world.facts.expiresApprovals) expireOld(world)
  const waiting = world.approvals.filter(({status}) => status === 'pending').slice(0, LISTED)
  return json(
    200,
    waiting.map(({id, workspaceId, action, reason, status, createdAt}) => ({
      id,
      workspace_id: workspaceId,
      workspace_name: world.workspaces.get(workspaceId)?.name ?? '',
      action,
      reason,
      status,
      created_at: createdAt,
    })),
  )
}

/** A side effect of merely looking: whatever waits longer than ten minutes is denied. */
function expireOld(world: PlatformWorld): void {
  for (const approval of world.approvals) {
    if (approval.status === 'pending' && Date.now() - approval.createdMs > EXPIRY_MS) {
      settle(world, approval, 'denied', 'auto-expired')
    }
  }
}

function list({world, id: asked}: PlatformVisit): WireAnswer {
  const own = world.approvals.filter(({workspaceId}) => workspaceId === asked).slice(0, LISTED)
  return json(
    200,
    own.map(({id, taskId, action, reason, status, decidedBy, decidedAt, createdAt}) => ({
      id,
      task_id: taskId,
      action,
      reason,
      status,
      decided_by: decidedBy,
      decided_at: decidedAt,
      created_at: createdAt,
    })),
  )
}

function create({world, workspace, body}: PlatformVisit): WireAnswer {
  const {action, reason, task_id: taskId} = body ?? {}
  if (typeof action !== 'string' || action === '') return json(400, {error: 'invalid request body'})
  if (!workspace) return json(500, {error: 'failed to create approval'})
  const approval = requestApproval(world, workspace, {
    action,
    reason: typeof reason === 'string' ? reason : null,
    taskId: typeof taskId === 'string' ? taskId : null,
  })
  world.event(workspace, 'APPROVAL_REQUESTED', {approval_id: approval.id, action})
  return json(201, {approval_id: approval.id, status: 'pending'})
}

function decide({world, params, workspace, body}: PlatformVisit): WireAnswer {
  const {decision, decided_by: by} = body ?? {}
  if (typeof decision !== 'string' || decision === '') return json(400, {error: 'invalid request body'})
  if (decision !== 'approved' && decision !== 'denied') {
    return json(400, {error: "decision must be 'approved' or 'denied'"})
  }
  const approval = world.approvals.find(({id, workspaceId}) => id === params.approvalId && workspaceId === params.id)
  if (approval?.status !== 'pending') return json(404, {error: 'approval not found or already decided'})
  settle(world, approval, decision, typeof by === 'string' && by ? by : 'human')
  if (workspace) world.event(workspace, `APPROVAL_${decision.toUpperCase()}`, {approval_id: approval.id})
  return json(200, {status: decision, approval_id: approval.id})
}

function withdraw({world, params, workspace}: PlatformVisit): WireAnswer {
  const approval = world.approvals.find(({id}) => id === params.approvalId)
  if (!approval) return json(404, {error: 'approval not found'})
  if (approval.workspaceId !== params.id) return json(403, {error: 'not the requester'})
  if (approval.status !== 'pending') {
    return json(409, {error: 'approval not pending (already decided or withdrawn)'})
  }
  settle(world, approval, 'withdrawn', null)
  if (workspace) world.event(workspace, 'APPROVAL_WITHDRAWN', {approval_id: approval.id})
  return json(200, {status: 'withdrawn', approval_id: approval.id})
}
