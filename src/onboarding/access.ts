import {OpsError, unclaimed} from '../errors.ts'
import {revokeOwnWorkspaceToken} from '../rotation/gate.ts'
import type {WorkspaceToken} from '../rotation/ports.ts'
import {newcomer} from '../rotation/readback.ts'
import {inDoubt, telling} from '../rotation/run.ts'
import {warn} from '../story/run.ts'
import type {Room} from './events.ts'
import type {TokenShelf} from './ports.ts'
import type {OnboardingRun} from './run.ts'
import type {OwnWorkspaceToken} from './state.ts'

const REF = 'docs/runbooks/onboarding-incomplete.md'

/** A token of ours that has come, by its prefix, and the rows that were there before it. */
type ArrivedToken = OwnWorkspaceToken & {prefix: string}

/**
 * The workspace's own token, which its machine and whoever acts as the workspace need. Kept only where the operator asked
 * for it; what came with the create is tried all the same, since provisioning may have revoked it. Only ever after the
 * workspace was online: a token minted earlier keeps a machine from registering (platform: one kind of token, SaaS).
 * Throws `WORKSPACE_TOKEN_UNUSABLE`.
 */
export async function settleAccess(run: OnboardingRun, workspace: Room): Promise<void> {
  const {shelf, maker} = run.deps
  const inline = run.inline?.workspace === workspace.id ? run.inline.token : undefined
  const good = inline && (await maker.accepts(workspace.id, inline)) ? inline : undefined
  const place = shelf?.place(run.state.terms.agent) ?? null
  if (!shelf) {
    run.workspaceToken = {state: inline === undefined ? 'unknown' : good ? 'good' : 'dead', place}
    return
  }
  if (!(await liesThere(run, shelf, workspace))) {
    if (good) await shelf.keep(run.state.terms.agent, good)
    else await mintAndKeep(run, shelf, workspace)
  }
  run.workspaceToken = {state: 'kept', place}
}

async function liesThere(run: OnboardingRun, shelf: TokenShelf, {id}: Room): Promise<boolean> {
  const held = await shelf.held(run.state.terms.agent)
  return held !== undefined && (await run.deps.maker.accepts(id, held))
}

async function mintAndKeep(run: OnboardingRun, shelf: TokenShelf, workspace: Room): Promise<void> {
  const {platform, maker} = run.deps
  const {agent} = run.state.terms
  const known = await platform.workspaceTokens(workspace.id)
  await run.record({type: 'access_intended', known: idsOf(known)})
  let minted
  try {
    minted = await telling(run.deps, 'keep', workspace.name, () => platform.mintWorkspaceToken(workspace.id))
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    if (inDoubt(error)) return dropNewcomer(run, workspace, known, error)
    await run.record({type: 'access_settled', left: []})
    throw error
  }
  await run.record({type: 'access_minted', prefix: minted.prefix})
  if (!(await maker.accepts(workspace.id, minted.value))) {
    const message = `${agent} works, but ${workspace.name} does not accept the token that was minted for it.`
    const trouble = new OpsError('WORKSPACE_TOKEN_UNUSABLE', message, {ref: REF})
    return takeBack(run, workspace, {prefix: minted.prefix, known: idsOf(known)}, trouble)
  }
  await shelf.keep(agent, minted.value)
  await run.record({type: 'access_settled', left: []})
}

/** The mint's answer was lost, and with it the value: the token that came of it is of no use. */
async function dropNewcomer(
  run: OnboardingRun,
  workspace: Room,
  known: readonly WorkspaceToken[],
  trouble: OpsError,
): Promise<never> {
  const prefix = await newcomer(run.deps, workspace.id, known)
  if (prefix === undefined) throw trouble
  await run.record({type: 'access_minted', prefix})
  return takeBack(run, workspace, {prefix, known: idsOf(known)}, trouble)
}

/** Revokes a token of no use, and throws its trouble, with what became of the token: both errors where that failed as well. */
async function takeBack(run: OnboardingRun, workspace: Room, minted: ArrivedToken, trouble: OpsError): Promise<never> {
  const {prefix} = minted
  let became = `Its token ${prefix}… was revoked again.`
  try {
    await revokeOwn(run, workspace, minted)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    became = `Its token ${prefix}… is left in ${workspace.name}; the same command revokes it. ${unclaimed(error.message)}`
  }
  throw new OpsError(trouble.code, `${trouble.message} ${became}`, trouble)
}

/**
 * What an earlier run left, which `settleAccess` needs out of its way: a token that was kept stays, one that was not is
 * revoked. Where the mint's answer never came, the rows that came since and nobody used yet are named.
 */
export async function settleEarlier(run: OnboardingRun, workspace: Room): Promise<void> {
  const {access} = run.state
  if (!access) return
  const {shelf} = run.deps
  if (shelf && (await liesThere(run, shelf, workspace))) return run.record({type: 'access_settled', left: []})
  await revokeOwn(run, workspace, access)
}

/** Rows that may be ours and can't be told from others' are named. */
async function settleLeft(run: OnboardingRun, workspace: Room, left: string[]): Promise<void> {
  if (left.length > 0) {
    const which = left.join(', ')
    warn(run, `One of these workspace tokens of ${workspace.name} may be ours; revoke it unless you know it: ${which}.`)
  }
  await run.record({type: 'access_settled', left})
}

/** Only the row of our own prefix, and none that was there before. */
async function revokeOwn(run: OnboardingRun, workspace: Room, minted: OwnWorkspaceToken): Promise<void> {
  await settleLeft(run, workspace, await revokeOwnWorkspaceToken(run.deps.platform, workspace.id, minted))
}

function idsOf(rows: readonly WorkspaceToken[]): string[] {
  return rows.map(({id}) => id)
}
