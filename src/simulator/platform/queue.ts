import {randomUUID} from 'node:crypto'
import {bearerOf, isAdminToken, isOrgToken} from './auth.ts'
import {json} from './router.ts'
import type {Answer} from '../wire.ts'
import type {Ask} from './router.ts'
import type {Queued, Workspace, World} from './world.ts'

/** Queues a message for an agent; the same message is queued once while it waits. `body` tells of the row. */
export function enqueue(
  world: World,
  workspace: Workspace,
  messageId: string,
): {row: Queued; fresh: boolean; body: {queued: true; queue_id: string; queue_depth: number; message: string}} {
  const waiting = [...workspace.queue.values()].filter(({status}) => status === 'queued')
  const known = waiting.find((row) => row.messageId === messageId)
  const row = known ?? {id: randomUUID(), messageId, status: 'queued' as const, enqueuedAt: world.stamp()}
  workspace.queue.set(row.id, row)
  const depth = waiting.length + (known ? 0 : 1)
  const message = 'workspace agent busy — request queued, will dispatch when capacity available'
  return {row, fresh: !known, body: {queued: true, queue_id: row.id, queue_depth: depth, message}}
}

/**
 * `GET /workspaces/:id/a2a/queue/:queue`: how a queued message stands, and the answer once it is there. The caller has to
 * say which workspace it asks as: the bearer's own, or the header's.
 */
export function queueStatus({world, call, params}: Ask): Answer {
  const bearer = bearerOf(call)
  const named = call.headers['x-workspace-id']
  const own = [...world.workspaces.values()].find((workspace) => bearer !== '' && world.accepts(workspace, bearer))
  const caller = typeof named === 'string' && named !== '' ? named : own?.id
  const known = isAdminToken(world, bearer) || isOrgToken(world, bearer) || own !== undefined
  if (!known || caller === undefined) return json(401, {error: 'caller identity required'})
  const row = world.workspaces.get(params.id ?? '')?.queue.get(params.queue ?? '')
  if (!row) return json(404, {error: 'queue item not found', retryable: true})
  if (caller !== params.id) return json(403, {error: 'access denied'})
  return json(200, {
    queue_id: row.id,
    workspace_id: params.id,
    status: row.status,
    priority: 50,
    attempts: row.status === 'queued' ? 0 : 1,
    enqueued_at: row.enqueuedAt,
    ...(row.answer && {completed_at: world.stamp(), response_body: row.answer}),
  })
}
