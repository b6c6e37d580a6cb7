import {OpsError} from '../errors.ts'
import {unexpected} from './faults.ts'
import {field} from './shapes.ts'
import type {Wire} from './wire.ts'
import {workspacePath} from './workspaces.ts'

/** What the platform tells a workspace about itself. */
export interface OwnState {
  status: string
  paused: boolean
}

/**
 * `GET /workspaces/:id/state`, which only the workspace's own token opens (platform contract 4). Throws
 * `PLATFORM_TOKEN_REJECTED` for any other, and `WORKSPACE_NOT_FOUND` once it is removed.
 */
export async function readOwnState(wire: Wire, id: string): Promise<OwnState> {
  const path = workspacePath(id, '/state')
  const {status, body} = await wire.read(path)
  const told = field(body, 'status')
  if (status === 200 && typeof told === 'string') return {status: told, paused: field(body, 'paused') === true}
  if (status === 404 && field(body, 'deleted') === true) {
    throw new OpsError('WORKSPACE_NOT_FOUND', {case: 'removed', url: wire.url, id})
  }
  throw unexpected(wire.url, {method: 'GET', path}, status, 'no state of a workspace')
}
