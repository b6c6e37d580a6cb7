import {distance} from 'fastest-levenshtein'
import {OpsError, orElse} from '../errors.ts'
import type {RestartOutcome, Workspace, WorkspaceEvent} from '../rotation/ports.ts'
import {unexpected} from './faults.ts'
import {EVENTS, NOOP, RESTARTING, WORKSPACE} from './shapes.ts'
import type {PlatformReply, Wire} from './wire.ts'
import {RESTART} from './writes.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** The server stops a machine inside the request and waits up to 120 s for its control plane. */
const RESTART_TIMEOUT_MS = 180_000

/** The platform's own words for an id that nobody has; any other 404 says nothing of the workspace (handlers/workspace.go). */
const NOT_THERE = /^(?:invalid workspace ID|workspace not found|workspace removed)$/

/** The path of one workspace; ids go out in lower case, for several routes accept no other (platform: secrets). */
export function workspacePath(id: string, rest = ''): string {
  return `/workspaces/${encodeURIComponent(id.toLowerCase())}${rest}`
}

/** The list comes whole, some 500 bytes for each; 4 MiB would end at about 8,000. */
const LIST_BYTES = 64 * 1024 * 1024

/**
 * All workspaces that are not removed, oldest first; an empty list is believed the second time. Wants an admin or org token.
 */
export async function listWorkspaces(wire: Wire): Promise<Workspace[]> {
  const asked = {method: 'GET', path: '/workspaces'}
  const read = async () => {
    const reply = await wire.read(asked.path, {maxBytes: LIST_BYTES})
    if (reply.status === 200 && Array.isArray(reply.body)) return {reply, rows: reply.body}
    throw unexpected(wire.url, asked, reply.status, 'no list')
  }
  const first = await read()
  const {reply, rows} = first.rows.length > 0 ? first : await read()
  return rows.map((row: unknown) => toWorkspace(wire, asked.path, row, reply))
}

/** What a fleet has to know of each of its workspaces. */
export type WorkspaceBrief = Pick<
  Workspace,
  'id' | 'name' | 'status' | 'kind' | 'runtime' | 'lastSampleError' | 'parentId'
>

/** The same in short. */
export async function listBriefly(wire: Wire): Promise<WorkspaceBrief[]> {
  const asked = {method: 'GET', path: '/workspaces'}
  const reply = await wire.read(asked.path, {maxBytes: LIST_BYTES})
  if (reply.status !== 200 || !Array.isArray(reply.body)) throw unexpected(wire.url, asked, reply.status, 'no list')
  return reply.body.map((row: unknown) => {
    const {id, name, status, kind, runtime, lastSampleError, parentId} = toWorkspace(wire, asked.path, row, reply)
    return {id, name, status, kind, runtime, lastSampleError, parentId}
  })
}

/** A workspace by UUID in any case, or by its one exact name. */
export async function resolveWorkspace(wire: Wire, ref: string): Promise<Workspace> {
  const wanted = ref.trim()
  if (UUID.test(wanted)) return readWorkspace(wire, wanted)
  const all = await listWorkspaces(wire)
  const found = all.filter((workspace) => workspace.name === wanted)
  if (found.length > 1) throw new OpsError('WORKSPACE_AMBIGUOUS', {name: wanted, found})
  const only = found[0]
  if (only !== undefined) return only
  const near = nearest(wanted, [...new Set(all.map((workspace) => workspace.name))])
  throw new OpsError('WORKSPACE_NOT_FOUND', {case: 'name', name: wanted, near})
}

/** At most three names that were probably meant. */
function nearest(wanted: string, names: string[]): string[] {
  const far = (name: string) => distance(wanted.toLowerCase(), name.toLowerCase())
  const limit = Math.max(2, Math.floor(wanted.length / 3))
  return names
    .filter((name) => far(name) <= limit)
    .toSorted((a, b) => far(a) - far(b))
    .slice(0, 3)
}

/** One workspace's state now, removed ones included; with `detail` also what only the admin list tells. */
export async function readWorkspace(wire: Wire, id: string, detail = false): Promise<Workspace> {
  const path = workspacePath(id)
  const [reply, rows] = await Promise.all([readRow(wire, path, id), detail ? rowsIfAllowed(wire) : []])
  const workspace = toWorkspace(wire, path, reply.body, reply)
  const row = rows.find((listed) => listed.id === workspace.id)
  return row === undefined ? workspace : {...workspace, lastSampleError: row.lastSampleError}
}

async function readRow(wire: Wire, path: string, id: string): Promise<PlatformReply> {
  const reply = await wire.read(path)
  if (reply.status === 200) return reply
  // Newest releases hide removed workspaces behind a 410 unless they are asked for.
  const removed = reply.status === 410 ? await wire.read(path, {query: {include_removed: 'true'}}) : reply
  if (removed.status === 200) return removed
  if (NOT_THERE.test(removed.error)) throw notFound(id)
  throw unexpected(wire.url, {method: 'GET', path}, removed.status, 'no workspace')
}

async function rowsIfAllowed(wire: Wire): Promise<Workspace[]> {
  return listWorkspaces(wire).catch(orElse(() => [], 'PLATFORM_TOKEN_REJECTED'))
}

/** No workspace of this id. */
export function notFound(id: string): OpsError {
  return new OpsError('WORKSPACE_NOT_FOUND', {case: 'id', id})
}

/** Newest first; undefined where our token may not read them (they want an admin or org token). */
export async function readEvents(wire: Wire, id: string): Promise<WorkspaceEvent[] | undefined> {
  const path = `/events/${encodeURIComponent(id.toLowerCase())}`
  const reply = await wire.read(path, {may401: true})
  if (reply.status === 401 || reply.status === 403) return undefined
  const rows = EVENTS.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of events')
  }
  return rows.data.map((row) => ({
    id: String(row.id),
    type: row.event_type,
    createdAt: row.created_at,
    payload: row.payload ?? {},
  }))
}

/**
 * Restarts once; the configuration volume is kept. Never repeated here: every accepted restart ends the agent's work.
 * Throws `RESTART_BLOCKED` (a parent is paused), `RESTART_UNAVAILABLE`, `WORKSPACE_NOT_FOUND`, or `WRITE_IN_DOUBT`.
 */
export async function restartWorkspace(wire: Wire, id: string): Promise<RestartOutcome> {
  const asked = {method: 'POST', path: workspacePath(id, '/restart')}
  const reply = await wire.write('POST', asked.path, RESTART, {timeoutMs: RESTART_TIMEOUT_MS})
  if (reply.status === 200) {
    if (RESTARTING.safeParse(reply.body).success) return {kind: 'accepted', serverTime: reply.serverTime}
    const noop = NOOP.safeParse(reply.body)
    if (noop.success) return {kind: 'noop', runtime: noop.data.runtime ?? '', message: noop.data.message ?? ''}
  }
  if (reply.status === 404) throw notFound(id)
  if (reply.status === 409) throw new OpsError('RESTART_BLOCKED', {id, why: reply.error})
  if (reply.status === 503) throw new OpsError('RESTART_UNAVAILABLE', {id, why: reply.error})
  throw unexpected(wire.url, asked, reply.status, 'not a restart')
}

function unreadable(wire: Wire, path: string, {status}: PlatformReply): never {
  throw unexpected(wire.url, {method: 'GET', path}, status, 'not a workspace')
}

function toWorkspace(wire: Wire, path: string, body: unknown, reply: PlatformReply): Workspace {
  const row = WORKSPACE.safeParse(body)
  if (!row.success) return unreadable(wire, path, reply)
  const {data} = row
  return {
    id: data.id,
    name: data.name,
    status: data.status,
    runtime: data.runtime ?? '',
    kind: data.kind ?? undefined,
    parentId: data.parent_id ?? undefined,
    activeTasks: data.active_tasks ?? 0,
    uptimeSeconds: data.uptime_seconds ?? Number.NaN,
    url: data.url ?? '',
    lastSampleError: data.last_sample_error ?? undefined,
    serverTime: reply.serverTime,
  }
}
