import {randomUUID} from 'node:crypto'
import {bearerOf, isAdminToken, isOrgToken} from './auth.ts'
import {json} from './router.ts'
import type {WireAnswer} from '../wire.ts'
import type {PlatformVisit} from './router.ts'
import type {Queued, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** Queues a message for an agent; the same message is queued once while it waits. `body` tells of the row. */
export function enqueue(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
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
 * `GET /workspaces/:id/a2a/queue/:queue`: how a queued message stands, and the answer once it is there (june13 and later), for the workspace
 * that it waits for. In June whoever names that one in a header is believed to be it, and a bearer of the admin or an
 * organisation names nobody; in August the bearer alone counts, and these two may look at all.
 */
export function queueStatus({world, call, params, id, workspace}: PlatformVisit): WireAnswer {
  const {queueTrusts} = world.facts
  const bearer = bearerOf(call)
  const header = call.headers['x-workspace-id']
  const named = typeof header === 'string' && header !== '' ? header : undefined
  const own = [...world.workspaces.values()].find((each) => bearer !== '' && world.accepts(each, bearer))?.id
  const row = workspace?.queue.get(params.queue ?? '')
  if (queueTrusts === 'a bearer') {
    if (bearer === '') return json(401, {error: 'missing caller auth token'})
    const all = isAdminToken(world, bearer) || isOrgToken(world, bearer)
    if (!all && (own === undefined || (named ?? own) !== own)) return json(401, {error: 'invalid caller auth token'})
    if (row && !all && own !== id) return json(403, {error: 'access denied'})
  } else {
    const caller = named ?? own
    const silent = queueTrusts === 'a name, in silence'
    if (silent && (!row || caller !== id)) return json(404, {error: 'queue item not found'})
    if (caller === undefined) return json(401, {error: 'caller identity required'})
    if (row && caller !== id) return json(403, {error: 'access denied'})
  }
  if (!row) return json(404, {error: 'queue item not found', retryable: true})
  return json(200, {
    queue_id: row.id,
    workspace_id: id,
    status: row.status,
    priority: 50,
    attempts: row.status === 'queued' ? 0 : 1,
    enqueued_at: row.enqueuedAt,
    ...(row.status === 'completed' && {completed_at: world.stamp()}),
    ...(row.answer && {response_body: row.answer}),
  })
}
