import {OpsError} from '../errors.ts'
import type {PutOutcome, SecretRow} from '../rotation/ports.ts'
import {remember, Secret} from '../secret.ts'
import {inDoubt, tokenRejected, unexpected} from './faults.ts'
import {APPROVALS, GLOBAL_SECRETS, PENDING, SAVED, SECRET_ROWS, SECRET_VALUES} from './shapes.ts'
import type {PlatformReply, Wire} from './wire.ts'
import {readWorkspace, workspacePath} from './workspaces.ts'
import {PUT_SECRET, WITHDRAW_APPROVAL} from './writes.ts'

const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The row of one secret; the workspace's own where a global one bears the same name. An empty list is believed the second
 * time, for a rotation takes a row that is gone for somebody else's doing.
 */
export async function readSecretRow(wire: Wire, id: string, key: string): Promise<SecretRow | undefined> {
  const path = workspacePath(id, '/secrets')
  const read = async () => {
    const reply = await wire.read(path)
    const rows = SECRET_ROWS.safeParse(reply.body)
    if (reply.status === 200 && rows.success) return rows.data
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of secrets')
  }
  const first = await read()
  const named = (first.length > 0 ? first : await read()).filter((row) => row.key === key)
  const row = named.find((candidate) => candidate.scope === 'workspace') ?? named[0]
  return row === undefined ? undefined : {key: row.key, scope: row.scope, updatedAt: row.updated_at}
}

/**
 * Whether every workspace without a secret of this key gets a global one; an empty list is believed the second time. Wants an
 * admin or org token.
 */
export async function hasGlobalSecret(wire: Wire, key: string): Promise<boolean> {
  const path = '/settings/secrets'
  const read = async () => {
    const reply = await wire.read(path)
    const rows = GLOBAL_SECRETS.safeParse(reply.body)
    if (reply.status === 200 && rows.success) return rows.data
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of secrets')
  }
  const first = await read()
  return (first.length > 0 ? first : await read()).some((row) => row.key === key)
}

/**
 * The value of one secret, which only a workspace's own token may read. The answer holds all of its secrets: the others
 * are told to the redactor and dropped. Undefined where the answer lacks the key (a database fault can shorten it).
 */
export async function readSecretValue(wire: Wire, id: string, key: string): Promise<Secret | undefined> {
  const path = workspacePath(id, '/secrets/values')
  const reply = await wire.read(path, {raw: true})
  const values = SECRET_VALUES.safeParse(reply.body)
  if (reply.status !== 200 || !values.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no values of secrets')
  }
  for (const value of Object.values(values.data)) if (typeof value === 'string' && !isPlain(value)) remember(value)
  const wanted = Object.hasOwn(values.data, key) ? values.data[key] : undefined
  return typeof wanted === 'string' && wanted !== '' ? new Secret(wanted) : undefined
}

/** Addresses without a password, words and paths, names such as `agent-dev-12`, UUIDs. */
const PLAIN = [
  /^https?:\/\/[^@\s]*$/,
  /^(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,20})?(?:[-_./:@]+(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,20}))*$/,
  /^[a-z]+\d{0,3}(?:[-_./@][a-z]*\d{0,3})+$/i,
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
]

/**
 * Not everything that is stored as a secret is one. A redactor that knew the names and addresses which our own output is
 * about would blot them out.
 */
function isPlain(value: string): boolean {
  return value.length < 12 || PLAIN.some((kind) => kind.test(value))
}

/**
 * Stores one secret. Only 200 with `saved` counts as stored; 202 stores nothing. No caller id is ever sent along, for
 * it would suppress the platform's own restart. Throws `SECRET_KEY_INVALID` and `SECRET_VALUE_INVALID` before sending,
 * `SECRET_NOT_SAVED` or `WORKSPACE_NOT_FOUND` when nothing was stored, `WRITE_IN_DOUBT` when that is not known.
 */
export async function writeSecret(wire: Wire, id: string, key: string, value: Secret): Promise<PutOutcome> {
  const asked = {method: 'POST', path: workspacePath(id, '/secrets')}
  const reply = await wire.write('POST', asked.path, PUT_SECRET, {json: checked(key, value)})
  switch (reply.status) {
    case 200:
      if (SAVED.safeParse(reply.body).success) return {kind: 'saved'}
      break
    case 202: {
      const pending = PENDING.safeParse(reply.body)
      if (!pending.success) break
      return {kind: 'pending', approvalId: pending.data.approval_id, reason: pending.data.reason ?? ''}
    }
    case 400:
      return badRequest(wire, asked, reply)
    case 403:
      return forbidden(wire, asked, id, reply)
    case 500:
      if (/^(?:failed to (?:encrypt|save) secret|approval gate failed)$/.test(reply.error)) {
        await readWorkspace(wire, id)
        throw new OpsError('SECRET_NOT_SAVED', {key, id, why: reply.error})
      }
      break
    default:
      if (reply.status >= 400 && reply.status < 500) throw unexpected(wire.url, asked, reply.status, 'not stored')
  }
  throw inDoubt(asked, `HTTP ${reply.status} that says neither stored, waiting nor refused.`)
}

/** The secrets of a workspace that is to be created. Throws as `writeSecret` before sending. */
export function environment(secret: {key: string; value: Secret}): Record<string, string> {
  const {key, value} = checked(secret.key, secret.value)
  return {[key]: value}
}

/** What an environment variable can hold (platform: the server checks neither, and a bad one breaks provisioning). */
function checked(key: string, value: Secret): {key: string; value: string} {
  if (!KEY.test(key)) throw new OpsError('SECRET_KEY_INVALID', {key})
  const text = value.reveal()
  if (text === '' || /[\0\r\n]/.test(text)) throw new OpsError('SECRET_VALUE_INVALID', {key})
  return {key, value: text}
}

function badRequest(wire: Wire, asked: {method: string; path: string}, reply: PlatformReply): PutOutcome {
  if (reply.error.startsWith('direct vendor key writes')) {
    return {kind: 'refused', code: 'VENDOR_KEY_BLOCKED', reason: reply.error}
  }
  throw unexpected(wire.url, asked, reply.status, reply.error === '' ? 'not stored' : reply.error)
}

/** The concierge guard also fires for an id that does not exist, so that is looked at first. */
async function forbidden(
  wire: Wire,
  asked: {method: string; path: string},
  id: string,
  reply: PlatformReply,
): Promise<PutOutcome> {
  if (reply.code === '') throw tokenRejected(wire.url, asked, reply.error)
  await readWorkspace(wire, id)
  return {kind: 'refused', code: reply.code, reason: reply.error}
}

/**
 * What became of an approval. Only the workspace's own list is read: the global one marks old rows as denied on some
 * releases. `unknown`: not among its newest 50, or a status that we do not know.
 */
export async function readApproval(
  wire: Wire,
  id: string,
  approvalId: string,
): Promise<'pending' | 'approved' | 'denied' | 'withdrawn' | 'unknown'> {
  const path = workspacePath(id, '/approvals')
  const reply = await wire.read(path)
  const rows = APPROVALS.safeParse(reply.body)
  if (reply.status !== 200 || !rows.success) {
    throw unexpected(wire.url, {method: 'GET', path}, reply.status, 'no list of approvals')
  }
  const status = rows.data.find((row) => row.id === approvalId)?.status
  switch (status) {
    case 'pending':
    case 'approved':
    case 'denied':
    case 'withdrawn':
      return status
    case 'escalated':
      return 'pending'
    default:
      return 'unknown'
  }
}

/**
 * Takes back what we asked a person for. `decided`: it waits no longer. Throws `WRITE_IN_DOUBT` for what tells nothing, such
 * as the page of a release that has no such route.
 */
export async function withdrawApproval(
  wire: Wire,
  id: string,
  approvalId: string,
): Promise<'withdrawn' | 'decided' | 'absent'> {
  const path = workspacePath(id, `/approvals/${encodeURIComponent(approvalId)}/withdraw`)
  const reply = await wire.write('POST', path, WITHDRAW_APPROVAL)
  if (reply.status === 200) return 'withdrawn'
  if (reply.status === 409) return 'decided'
  if (reply.status === 404) return 'absent'
  throw unexpected(wire.url, {method: 'POST', path}, reply.status, 'the approval was not withdrawn')
}
