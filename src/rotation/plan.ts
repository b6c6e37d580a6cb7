import {OpsError, unclaimed, untouched, word} from '../errors.ts'
import {lostMints} from './announced.ts'
import {arrivalDoubts} from './arrival.ts'
import {guardAccount, guardForeign, guardGrant, guardMint, guardOpen, guardWorkspace, isExternal} from './guards.ts'
import {confinementOf, reachBefore, reachesToKeep, type Confinement} from './confinement.ts'
import {formerTokens} from './former.ts'
import {holdersOf} from './holders.ts'
import {keptBoth} from './kept.ts'
import {isProofOf, tokenName} from './names.ts'
import {leftBehind} from './left-behind.ts'
import {own} from './push.ts'
import {readsBack} from './readback.ts'
import type {Superseded} from './events.ts'
import type {TokenRow, Workspace} from './ports.ts'
import type {PlannedCall, RotationDeps, RotationPlan, RotationRequest} from './request.ts'
import {reachText} from '../scopes/repositories.ts'
import type {Secret} from '../secret.ts'
import {assertFree} from '../story/lease.ts'
import {chooseSuperseded, type Choice} from './superseded.ts'

/**
 * What a rotation would do, after all its guards: every call with what it changes, and who else may run on what it
 * replaces. Reads only. Throws the guards' codes, `SUPERSEDED_*`, `OLD_TOKEN_FOREIGN`, and what the clients throw; each
 * says that nothing was changed. Throws `ROTATION_OPEN` with the state that an earlier rotation left, and `LEASE_HELD`.
 */
export async function planRotation(request: RotationRequest, deps: RotationDeps): Promise<RotationPlan> {
  await assertFree(deps, request.agent)
  return (await planAndValue(request, deps)).plan
}

/**
 * The same, with the old value where the one that was given is what the agent runs on, for any other is of no use, and
 * when the secret was stored (null: it has no row of its own).
 */
export async function planAndValue(
  request: RotationRequest,
  deps: RotationDeps,
): Promise<{plan: RotationPlan; oldValue: Secret | undefined; stored: string | null}> {
  await guardOpen(request.agent, deps)
  return read(request, deps).catch((error: unknown) => untouched(error))
}

async function read(asked: RotationRequest, deps: RotationDeps) {
  const {agent, user, scopes, secretKey} = asked
  guardMint(asked, deps.tokens.adminUser, asked.waive)
  await guardGrant(asked, deps.tokens)
  const warnings: string[] = []
  const [account, workspace, listed, announced, latest] = await Promise.all([
    deps.tokens.account(user),
    deps.platform.resolve(asked.workspace),
    deps.tokens.list(user),
    deps.ledger.announced(user),
    deps.ledger.deployed(agent),
    warnOfLabel(asked, deps, warnings),
  ])
  const known = await deps.ledger.tokens(user, listed)
  const lost = await lostMints(asked, listed, deps)
  const rows = listed.filter(({id}) => lost.every((token) => token.id !== id))
  if (account) guardAccount(account, asked, asked.waive)
  await guardWorkspace(workspace, deps.platform, {
    waive: asked.waive,
    ownWorkspace: deps.ownWorkspace,
    agent,
    fleet: deps.fleet,
  })
  // A workspace is shown to anybody, its secrets are not: a platform token that won't do has to show before the mint.
  const row = own(await deps.platform.secretRow(workspace.id, secretKey))
  const proven = await deps.ledger.deployed(agent, workspace.id, user)
  const earlier = proven && isProofOf(user, proven, rows) ? proven : undefined
  const runsOn = row && row.updatedAt === earlier?.secretUpdatedAt ? earlier.lastEight : undefined
  const current = rows.some((each) => each.lastEight === runsOn) ? runsOn : undefined
  const provenOn = current === undefined ? undefined : {lastEight: current, external: isExternal(workspace)}
  const oldValue = await usableOldValue(asked, rows, provenOn, deps, warnings)
  const request = {...asked, oldValue}
  const given = oldValue ? oldValue.lastEight : (current ?? asked.oldValue?.lastEight)
  const lastEight = given || asked.deployedLastEight || earlier?.lastEight
  const since = current === undefined ? undefined : earlier?.at
  guardForeign(agent, rows, [...known, ...announced], {lastEight, since}, request.waive)
  const former = await formerTokens({agent, user, workspace}, rows, deps)
  const kept = await keptBoth(agent, deps.journal)
  const guessed = chooseSuperseded(request, rows, lastEight, known, kept, former.own)
  // The only token may be what runs in the workspace that the agent was moved away from.
  const left = !lastEight && latest !== undefined && guessed.deployed?.id === latest.token
  const chosen = left ? {...guessed, deployed: null} : guessed
  const had = {rows, lastEights: [runsOn, lastEight, earlier?.lastEight], stored: row !== undefined}
  const {replaced, beside} = await reachBefore(asked, chosen, had, {...deps, known}, warnings)
  const keeps = reachesToKeep(asked, replaced)
  const choice = keeps ? {...chosen, superseded: chosen.superseded.map((each) => keeping(each, keeps))} : chosen
  const confinement = await confinementOf(asked, replaced, rows, deps.tokens, beside)
  warnings.push(...confinement.warnings)
  const owner = {agent, user, secretKey, workspace}
  const holders = await holdersOf(owner, choice.superseded, deps)
  warnings.push(...(await leftBehind(owner, choice.superseded, deps)))
  warnings.push(...leftAlone(agent, former.strange, choice.superseded))
  if (!choice.deployed) {
    const unless = readsBack(request, workspace) ? ', unless the value that is read back tells' : ''
    warnings.push(`Which token ${agent} runs on now is not known, so a failed proof can't be rolled back${unless}.`)
    if (keeps) {
      const least = confinement.repositories ? reachText(confinement.repositories) : 'not confined'
      warnings.push(
        `The tokens that it may run on do not reach the same repositories: the new one is ${least}${unless && `${unless}: then it reaches what that one does`}.`,
      )
    }
  }
  warnings.push(...(await arrivalDoubts(asked, {row, earlier, known}, deps)))
  const external = isExternal(workspace)
  if (external) warnings.push(`${workspace.name} is external: after the push its operator has to restart it.`)
  const plan: RotationPlan = {
    agent,
    user,
    workspace,
    scopes,
    repositories: confinement.repositories,
    ...choice,
    held: rows.find(({id}) => id === choice.deployed?.id)?.scopes ?? null,
    holders,
    calls: callsOf(request, workspace, choice, {external, confinement, now: deps.clock.now()}),
    canRollBack: oldValue !== undefined && !external,
    warnings,
  }
  return {plan, oldValue, stored: row?.updatedAt ?? null}
}

/**
 * A label that the filter does not know is dropped from it, so agents would take every open issue for
 * approved, and the proof fails. Not fatal, for the label may be made before the proof; that there is no repository is
 * (`REPO_NOT_FOUND`).
 */
async function warnOfLabel({repo, label}: RotationRequest, {repos}: RotationDeps, warnings: string[]): Promise<void> {
  try {
    if (await repos.hasLabel(repo, label)) return
    warnings.push(
      `${repo} has no label "${label}" that its issue list can be filtered by (an organisation's counts from Forgejo 15 on), so the proof will fail: create it there, or set "label" in patrol.yaml.`,
    )
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted' || error.code === 'REPO_NOT_FOUND') throw error
    warnings.push(
      `Whether ${repo} has the label "${label}", which the proof needs, could not be read: ${unclaimed(error.message)}`,
    )
  }
}

/** What was minted for agents that patrol.yaml does not have, and is not replaced; a sentence each. */
function leftAlone(agent: string, strange: readonly TokenRow[], superseded: readonly Superseded[]): string[] {
  return strange
    .filter(({id}) => superseded.every((token) => token.id !== id))
    .map(
      ({id, name, lastEight}) =>
        `${name} (id ${id}, …${lastEight}) stays: by its name it was minted for an agent that patrol.yaml does not have. Who may run on it is told by: patrol revoke ${word(agent)} --id ${id} --dry-run`,
    )
}

/**
 * The given old value, where it can be what the agent runs on. One that is dead, or that an agent proven on another token
 * since (`provenOn`) left behind, is a stale reference: it is told, and the rotation goes on as without it. One that is no
 * token of this user's means the wrong agent or the wrong value, and neither may be guessed (`OLD_TOKEN_FOREIGN`).
 */
async function usableOldValue(
  {oldValue, user, agent}: RotationRequest,
  rows: readonly TokenRow[],
  provenOn: {lastEight: string; external: boolean} | undefined,
  {prober}: RotationDeps,
  warnings: string[],
): Promise<Secret | undefined> {
  if (!oldValue) return undefined
  const {lastEight} = oldValue
  const stale = (why: string, is = 'is'): undefined => {
    warnings.push(`The reference of the old token ${is} stale: …${lastEight} ${why}. It is left aside.`)
    return undefined
  }
  if (lastEight !== '' && rows.some((row) => row.lastEight === lastEight)) {
    if (provenOn === undefined || provenOn.lastEight === lastEight) return oldValue
    const {external, lastEight: proven} = provenOn
    if (!external) return stale(`is not what ${agent} runs on, which was proven on …${proven}`)
    // Who runs elsewhere is started with what his operator likes.
    return stale(
      `is not what ${agent} was last proven on (…${proven}), and what it was started with since is not known`,
      'may be',
    )
  }
  const {state} = await prober.liveness(oldValue)
  if (state === 'dead') return stale('is dead already')
  throw new OpsError(
    'OLD_TOKEN_FOREIGN',
    `The old value …${lastEight} is none of the tokens of ${user} (it is ${state}), so it is not what ${agent} should run on. Nothing was changed.`,
    {
      suggestions: [
        `take "token:" of ${agent} out of patrol.yaml and rotate it again, so that it gets a token of its own`,
        `or have that refer to a token of ${user}, or set the right "user" for ${agent}`,
        `patrol probe ${agent}`,
      ],
    },
  )
}

function callsOf(
  request: RotationRequest,
  workspace: Workspace,
  {superseded}: Choice,
  {external, confinement, now}: {external: boolean; confinement: Confinement; now: number},
): PlannedCall[] {
  const {agent, user, secretKey, profile, scopes, overlapMs, via} = request
  const tokens = `/api/v1/users/${user}/tokens`
  const room = `/workspaces/${workspace.id}`
  const name = tokenName(agent, '<id>', now, 1)
  const later = overlapMs > 0 ? `, ${hours(overlapMs)} after the proof` : ', after the proof'
  const restart: PlannedCall = external
    ? {
        act: 'restart',
        method: '-',
        path: room,
        changes: `${workspace.name} is restarted by its operator, not by patrol`,
      }
    : {
        act: 'restart',
        method: 'POST',
        path: `${room}/restart`,
        changes: `${workspace.name} gets a new process, unless the platform restarts it by itself`,
      }
  const readingBack: PlannedCall = {
    act: 'read-back',
    method: 'POST',
    path: `${room}/tokens`,
    changes: `nothing that lasts: a workspace token reads the old ${secretKey} back, for a rollback, and is revoked`,
  }
  return [
    ...(readsBack(request, workspace) ? [readingBack] : []),
    {
      act: 'mint',
      method: 'POST',
      path: tokens,
      changes: `a new token ${name} with ${scopes.join(', ')}${confinement.said}`,
    },
    {
      act: 'probe',
      method: 'GET',
      path: '/api/v1/...',
      changes: `nothing: the new token is held against profile ${profile}`,
    },
    {
      act: 'push',
      method: 'POST',
      path: `${room}/secrets`,
      changes: `${secretKey} of ${workspace.name} becomes the new token`,
    },
    restart,
    {
      act: 'smoke',
      method: 'POST',
      path: `${room}/a2a`,
      changes:
        via === 'none'
          ? 'nothing: the agent is not asked'
          : `nothing: ${agent} is asked which work it finds, and with which token`,
    },
    ...superseded.map((token): PlannedCall => ({
      act: 'revoke',
      method: 'DELETE',
      path: `${tokens}/${token.id}`,
      changes: `${token.name} (…${token.lastEight}) stops working${later}`,
    })),
  ]
}

function keeping(token: Superseded, reaches: ReadonlyMap<number, 'all' | string[]>): Superseded {
  const keeps = reaches.get(token.id)
  return keeps === undefined ? token : {...token, keeps}
}

function hours(ms: number): string {
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : `${Math.ceil(ms / 60_000)} min`
}
