import {OpsError} from '../errors.ts'
import type {CreatedWorkspace} from '../onboarding/ports.ts'
import type {WorkspaceSpec} from '../onboarding/events.ts'
import type {Workspace} from '../rotation/ports.ts'
import {Secret} from '../secret.ts'
import {inDoubt, unexpected} from './faults.ts'
import {environment} from './secrets.ts'
import {CREATED, TOKEN_MINTED} from './shapes.ts'
import {mintToken} from './tokens.ts'
import type {Reply, Wire} from './wire.ts'
import {listWorkspaces, workspacePath} from './workspaces.ts'

/** Rejected templates and machines show late; the server stores the row first and answers after it. */
const CREATE_TIMEOUT_MS = 180_000
/** The platform's own rules for names (platform: create). */
const NAME = /^[^{}[\]|>*&!\r\n]{1,255}$/
const PREFIX = 8

/** All workspaces of exactly this name that are not removed; the platform itself keeps names apart by nothing. */
export async function workspacesNamed(wire: Wire, name: string): Promise<Workspace[]> {
  return (await listWorkspaces(wire)).filter((workspace) => workspace.name === name)
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
  if (!NAME.test(name)) throw refused(name, 'the platform takes no such name; nothing was sent')
  const asked = {method: 'POST', path: '/workspaces'}
  const json = {name, ...spec, ...(parent !== undefined && {parent_id: parent}), secrets: environment(secret)}
  const reply = await wire.write('POST', asked.path, {json, timeoutMs: CREATE_TIMEOUT_MS, mayBeEmpty: true})
  const created = CREATED.safeParse(reply.body)
  if (reply.status === 201 && created.success) {
    const {id, auth_token: token, connection} = created.data
    // An external workspace's token stands with its connection, and may be empty.
    const text = token || connection?.auth_token || ''
    return {id, token: text === '' ? undefined : new Secret(text)}
  }
  if (madeNone(reply)) throw refused(name, reply.error === '' ? `HTTP ${reply.status}` : reply.error)
  // April answers 200 with nothing where it stored the row and then did not like the template.
  throw inDoubt(asked, `HTTP ${reply.status} with an answer outside the contract.`)
}

/** Client errors, and the handler's own failures before its transaction was committed. */
function madeNone({status, error}: Reply): boolean {
  if (status >= 400 && status < 500) return true
  return status === 500 && /^failed to (?:create workspace|encrypt secret|save secret)/.test(error)
}

function refused(name: string, why: string): OpsError {
  return new OpsError('WORKSPACE_REFUSED', `The platform creates no workspace "${name}": ${why}. None was created.`, {
    suggestions: ['check "onboarding.workspace" in patrol.yaml', 'patrol doctor'],
    ref: 'docs/runbooks/onboarding-incomplete.md',
  })
}

/**
 * Whether a workspace's own token is good now (platform: state answers nobody else while the workspace has a live token).
 * Throws as `Wire.read`.
 */
export async function acceptsToken(wire: Wire, id: string): Promise<boolean> {
  const path = workspacePath(id, '/state')
  const {status} = await wire.read(path, {may401: true})
  if (status === 200) return true
  if (status === 401 || status === 403 || status === 404) return false
  throw unexpected(wire.url, {method: 'GET', path}, status, 'no state of the workspace')
}

/**
 * Mints a token of a workspace: by the administrators' route, or, on releases that lack it, by the workspace's. The route
 * for external runtimes is no way out, for it revokes every token there is. Throws as `mintToken`.
 */
export async function mintAnyToken(wire: Wire, id: string): Promise<{prefix: string; value: Secret}> {
  const path = `/admin${workspacePath(id, '/tokens')}`
  try {
    const reply = await wire.write('POST', path, {may401: true})
    const minted = TOKEN_MINTED.safeParse(reply.body)
    if (reply.status === 201 && minted.success) {
      const text = minted.data.auth_token
      return {prefix: text.slice(0, PREFIX), value: new Secret(text)}
    }
    if (!mintedNone(reply))
      throw inDoubt({method: 'POST', path}, `HTTP ${reply.status} with an answer outside the contract.`)
  } catch (error) {
    // No such route: the web app's page, or a plain 404.
    if (!(error instanceof OpsError) || error.code !== 'PLATFORM_NOT_JSON') throw error
  }
  return mintToken(wire, id)
}

/** A second mint is tried only where the first one surely made no token. */
function mintedNone({status, error}: Reply): boolean {
  if (status >= 400 && status < 500) return true
  return status === 500 && /^(?:workspace lookup failed|failed to (?:count tokens|create token))$/.test(error)
}
