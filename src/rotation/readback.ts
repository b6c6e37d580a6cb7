import {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import {heed} from '../story/polling.ts'
import {timingOf} from '../story/timing.ts'
import {ref} from '../story/tokens.ts'
import {warn} from '../story/run.ts'
import {revokeOwnWorkspaceToken} from './gate.ts'
import {isExternal} from './guards.ts'
import type {Workspace, WorkspaceToken} from './ports.ts'
import type {ActDeps, RotationRequest} from './request.ts'
import {inDoubt, type RotationRun} from './run.ts'
import {isClosed} from './state.ts'

/** How long revoking our workspace token may take, whatever became of the run. */
const CLEANUP_MS = 15_000

/**
 * Whether the old value is read back before the mint: for a rollback, where nobody gave it. Only of a workspace that is
 * online: a token minted before its first registration would keep it from registering (platform: register asks for a
 * bearer once a live token exists).
 */
export function readsBack(
  {oldValue, onProofFailure}: Pick<RotationRequest, 'oldValue' | 'onProofFailure'>,
  workspace: Workspace,
): boolean {
  const reachable = workspace.status === 'online' && workspace.kind !== 'platform' && !isExternal(workspace)
  return oldValue === undefined && onProofFailure === 'rollback' && reachable
}

/**
 * Reads the old value with a workspace token that is minted for it and revoked at once. What goes wrong on the platform is
 * a warning: the rotation goes on, and a failed proof is not rolled back. Throws what the journal throws, and `INTERRUPTED`.
 */
export async function readBack(run: RotationRun): Promise<void> {
  const {deps, state: rotation} = run
  const {workspace, secretKey, rotation: id} = rotation.terms
  heed(deps.signal)
  const detail = `reading ${secretKey} of ${workspace.name} back, for a rollback`
  deps.on?.({kind: 'waiting', story: id, act: 'guard', detail, at: deps.clock.now()})
  const rows = await heard(deps.platform.workspaceTokens(workspace.id))
  const value = rows instanceof OpsError ? rows : await readWithOwnToken(run, rows)
  if (value && !(value instanceof OpsError)) return keep(run, value)
  const why = value ? value.message : 'the platform does not list it.'
  warn(run, `No rollback after a failed proof: ${secretKey} of ${workspace.name} could not be read back: ${why}`)
}

async function readWithOwnToken(
  run: RotationRun,
  rows: readonly WorkspaceToken[],
): Promise<Secret | undefined | OpsError> {
  const {deps, state: rotation} = run
  const {workspace, secretKey} = rotation.terms
  await run.record({type: 'readback_intended', known: rows.map(({id}) => id)})
  let prefix: string | undefined
  try {
    const minted = await heard(deps.platform.mintWorkspaceToken(workspace.id))
    if (minted instanceof OpsError) {
      if (inDoubt(minted)) prefix = await newcomer(deps, workspace.id, rows)
      if (prefix !== undefined) await run.record({type: 'readback_minted', prefix})
      return minted
    }
    prefix = minted.prefix
    await run.record({type: 'readback_minted', prefix})
    return await heard(deps.platform.secretValue(workspace.id, secretKey, minted.value))
  } finally {
    await settleReadBack(run, prefix)
  }
}

/**
 * After a mint of a workspace token whose answer was lost, in the very run that sent it: the prefix of the token that came
 * of it. That is the only row since `known`, which was listed right before, that nobody has used; a machine that boots or an
 * agent uses its own at once. Undefined where none or several came, or the workspace is not online any more: then nobody's is
 * taken for ours. Looks twice, for commits come late, with an end of its own.
 */
export async function newcomer(
  deps: ActDeps,
  workspaceId: string,
  known: readonly WorkspaceToken[],
): Promise<string | undefined> {
  const {platform, clock} = deps
  const end = {signal: AbortSignal.timeout(CLEANUP_MS)}
  const since = async (): Promise<WorkspaceToken[]> =>
    (await platform.workspaceTokens(workspaceId, end)).filter((row) => known.every(({id}) => id !== row.id))
  try {
    let rows = await since()
    if (rows.length === 0) {
      await clock.sleep(timingOf(deps).settleWaitMs, end.signal)
      rows = await since()
    }
    const [only, ...others] = rows
    const certain = only && others.length === 0 && !only.used && (await platform.read(workspaceId)).status === 'online'
    return certain ? only.prefix : undefined
  } catch (error) {
    if (error instanceof OpsError || end.signal.aborted) return undefined
    throw error
  }
}

/** The value counts only as that of a token which this rotation replaces, and of none but the one the agent runs on. */
async function keep(run: RotationRun, value: Secret): Promise<void> {
  const {superseded, deployed, terms} = run.state
  const [token, another] = superseded.filter(({lastEight}) => lastEight === value.lastEight)
  const {tokenFlaw: flaw} = value
  if (!flaw && token && !another && (!deployed || deployed.id === token.id)) {
    await run.record({type: 'old_value_read', token: ref(token)})
    run.values.set(token.id, value)
    return
  }
  const secret = `${terms.secretKey} of ${terms.workspace.name}`
  if (flaw) return warn(run, `No rollback after a failed proof: ${secret} holds ${flaw}.`)
  const holds = `${secret} holds …${value.lastEight}`
  const thought = deployed ? `not the token …${deployed.lastEight}` : 'none of the tokens that are replaced'
  warn(run, `No rollback after a failed proof: ${holds}, ${thought}.`)
}

/**
 * Revokes the workspace token of a read-back, now or in a later run; does nothing where there is none. Only the row of our
 * own prefix goes. What can't be reached stays in the journal for the next run; rows that may be ours but can't be told
 * from others' are named in a warning.
 */
export async function settleReadBack(run: RotationRun, prefix = run.state.readback?.prefix): Promise<void> {
  const {state: rotation, deps} = run
  const {readback, terms} = rotation
  if (!readback || isClosed(rotation)) return
  const {id, name} = terms.workspace
  const end = {signal: AbortSignal.timeout(CLEANUP_MS)}
  let left: string[]
  try {
    const {known} = readback
    left =
      prefix === undefined
        ? (await deps.platform.workspaceTokens(id, end)).map((row) => row.id).filter((row) => !known.includes(row))
        : await revokeOwnWorkspaceToken(deps.platform, id, {prefix, known}, end)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    const which = prefix === undefined ? 'A workspace token' : `The workspace token ${prefix}…`
    const then = 'the next run on this rotation revokes it, unless this one does at its end.'
    warn(run, `${which} of ours may be left in ${name}; ${then} ${error.message}`)
    run.tokenFeared = true
    return
  }
  if (run.tokenFeared && left.length === 0) warn(run, `No workspace token of ours is left in ${name} any more.`)
  run.tokenFeared = false
  if (left.length > 0) {
    const rows = left.join(', ')
    warn(run, `One of these workspace tokens of ${name} may be ours; revoke it unless you know it: ${rows}.`)
  }
  await run.record({type: 'readback_settled', left})
}

/** The same before a rotation ends: it stays open while the token may be left. Throws `WORKSPACE_TOKEN_LEFT`. */
export async function finishReadBack(run: RotationRun): Promise<void> {
  await settleReadBack(run)
  const {readback, terms} = run.state
  if (!readback) return
  const message = `A workspace token of ours may be left in ${terms.workspace.name}; it could not be revoked.`
  throw new OpsError('WORKSPACE_TOKEN_LEFT', message, {ref: 'docs/runbooks/rotation-incomplete.md'})
}

/** The platform's error as a value. An interrupt is none. */
async function heard<T>(work: Promise<T>): Promise<T | OpsError> {
  try {
    return await work
  } catch (error) {
    if (error instanceof OpsError && error.category !== 'interrupted') return error
    throw error
  }
}
