import {OpsError} from '../errors.ts'
import type {CreatedWorkspace} from '../onboarding/ports.ts'
import type {WorkspaceSpec} from '../onboarding/events.ts'
import type {Workspace} from '../rotation/ports.ts'
import {Secret} from '../secret.ts'
import {unexpected} from './faults.ts'
import {environment} from './secrets.ts'
import {CREATED, field} from './shapes.ts'
import type {Wire} from './wire.ts'
import {listWorkspaces, workspacePath} from './workspaces.ts'
import {CREATE_WORKSPACE} from './writes.ts'

/** Rejected templates and machines show late; the server stores the row first and answers after it. */
const CREATE_TIMEOUT_MS = 180_000
/** The platform's own rules for names (platform: create). */
const NAME = /^[^{}[\]|>*&!\r\n]{1,255}$/

/** All workspaces of exactly this name that are not removed; the platform itself keeps names apart by nothing. */
export async function workspacesNamed(wire: Wire, name: string): Promise<Workspace[]> {
  return (await listWorkspaces(wire)).filter((workspace) => workspace.name === name)
}

/** The same, and those whose name got a number since it was taken (platform: june02 and later). */
export async function workspacesAlike(wire: Wire, name: string): Promise<Workspace[]> {
  const numbered = (other: string): boolean => other.startsWith(name) && /^ \(\d+\)$/.test(other.slice(name.length))
  return (await listWorkspaces(wire)).filter((workspace) => workspace.name === name || numbered(workspace.name))
}

/**
 * Creates a workspace that has its secret from the start. Never repeated here, for every call makes another one. Throws
 * `WORKSPACE_REFUSED` where none was made, `WRITE_IN_DOUBT` where one may be.
 */
export async function createWorkspace(
  wire: Wire,
  name: string,
  {parent, ...spec}: WorkspaceSpec,
  secret: {key: string; value: Secret},
): Promise<CreatedWorkspace> {
  if (!NAME.test(name)) {
    throw new OpsError('WORKSPACE_REFUSED', {name, why: 'the platform takes no such name; nothing was sent'})
  }
  const json = {name, ...spec, ...(parent !== undefined && {parent_id: parent}), secrets: environment(secret)}
  const reply = await wire.write('POST', '/workspaces', CREATE_WORKSPACE, {json, timeoutMs: CREATE_TIMEOUT_MS})
  const created = CREATED.safeParse(reply.body)
  if (reply.status === 201 && created.success) {
    const {id, auth_token: token, connection} = created.data
    // An external workspace's token stands with its connection, and may be empty.
    const text = token || connection?.auth_token || ''
    return {id, token: text === '' ? undefined : new Secret(text)}
  }
  throw new OpsError('WORKSPACE_REFUSED', {name, why: reply.error})
}

/**
 * Whether a workspace's own token is good now (platform: state answers nobody else while the workspace has a live token).
 * Throws as `Wire.read`.
 */
export async function acceptsToken(wire: Wire, id: string): Promise<boolean> {
  const path = workspacePath(id, '/state')
  const {status, body} = await wire.read(path, {may401: true})
  if (status === 200) return true
  if (status === 401 || (status === 404 && field(body, 'deleted') === true)) return false
  throw unexpected(wire.url, {method: 'GET', path}, status, 'no state of the workspace')
}
