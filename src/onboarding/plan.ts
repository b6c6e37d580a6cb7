import {OpsError, unclaimed} from '../errors.ts'
import {arrivalDoubts} from '../rotation/arrival.ts'
import {confinementOf, reachBefore, type Confinement} from '../rotation/confinement.ts'
import {guardForeign, guardGrant, guardMint, guardWorkspace, isExternal} from '../rotation/guards.ts'
import type {PlannedCall} from '../rotation/index.ts'
import {mintedFor, sameLogin, tokenName} from '../rotation/names.ts'
import type {TokenRow, Workspace} from '../rotation/ports.ts'
import {own} from '../rotation/push.ts'
import {chooseSuperseded} from '../rotation/superseded.ts'
import {compareReach, reachText} from '../scopes/repositories.ts'
import {compare} from '../scopes/sets.ts'
import {assertFree} from '../story/lease.ts'
import {assertFit} from './account.ts'
import type {Membership} from './events.ts'
import {spell, standing} from './membership.ts'
import {openOnboarding, refuseRotation} from './onboard.ts'
import type {Account, TokenShelf} from './ports.ts'
import {workingToken} from './proof.ts'
import type {OnboardingDeps, OnboardingPlan, OnboardingRequest, Working} from './request.ts'
import {describe, type Onboarding} from './state.ts'
import {findWorkspace} from './workspace.ts'

/**
 * What an onboarding would do, after its guards. Reads only; with `ask` an agent that is there already is asked whether it
 * works. Throws the guards' codes, `USER_UNFIT`, `MEMBERSHIP_REFUSED`, `WORKSPACE_AMBIGUOUS`, `ROTATION_OPEN`, `LEASE_HELD`, and what
 * the clients throw; each says that nothing was changed, or what an earlier run left.
 */
export async function planOnboarding(
  request: OnboardingRequest,
  deps: OnboardingDeps,
  {ask}: {ask: boolean},
): Promise<OnboardingPlan> {
  await assertFree(deps, request.agent)
  const open = await openOnboarding(request.agent, deps)
  try {
    return await look(request, deps, ask, open)
  } catch (error) {
    throw untouched(error, open)
  }
}

async function look(
  request: OnboardingRequest,
  deps: OnboardingDeps,
  ask: boolean,
  open: Onboarding | undefined,
): Promise<OnboardingPlan> {
  const {agent, user, waive} = request
  await refuseRotation(agent, open, deps)
  guardMint(request, deps.tokens.adminUser, waive)
  await guardGrant(request, deps.tokens)
  const warnings: string[] = []
  const account = await deps.accounts.account(user)
  if (account) assertFit(request, account)
  if (account && account.login !== user) warnings.push(`The server spells the user ${account.login}.`)
  const workspace = await findWorkspace(deps, request.workspace, agent)
  const [rows, missing] = await Promise.all([
    account ? deps.tokens.list(user) : [],
    missingMemberships(request, account, deps),
    warnOfLabel(request, deps, warnings),
    workspace ? undefined : warnOfModel(request, deps, warnings),
  ])
  const answer = workspace && ask && !open ? await workingToken(request, workspace, rows, deps) : undefined
  const working = answer?.working
  if (working) warnOfExcess(request, working, warnings)
  else await guard(request, workspace, rows, open, deps)
  const minting = !working && !settled(open, workspace)
  const had = minting ? await hadBefore(request, workspace, deps) : undefined
  const confinement = had && (await confinementFor(request, {...had, workspace, rows}, deps, warnings))
  warnings.push(...(confinement?.warnings ?? []))
  if (had) warnings.push(...(await arrivalDoubts(request, had, deps)))
  const shelf = await shelfToFill(workspace, agent, deps)
  const calls = [
    ...(account ? [] : [userCall(request)]),
    ...missing.map((membership) => joinCall(request, membership)),
    ...discardCalls(request, open, rows),
    ...(confinement ? tokenCalls(request, workspace, confinement.said, deps.clock.now()) : []),
    ...(workspace && !settled(open, workspace) ? [] : [onlineCall(workspace)]),
    proofCall(request, workspace, working !== undefined),
    ...(shelf ? [keepCall(agent, workspace, shelf)] : []),
  ]
  // Said of what was, before this run changes things.
  const state = (open && unclaimed(describe(open))) || 'It had changed nothing yet.'
  return {
    request,
    agent,
    user,
    workspace: {name: workspace?.name ?? request.workspace, id: workspace?.id ?? null},
    beside: rows.map(({id}) => id),
    begun: open ? {id: open.terms.onboarding, state} : null,
    calls,
    working,
    asked: answer?.asked ?? false,
    // Without a user, and in an onboarding that was begun, no agent is known to work.
    changes: missing.length > 0 || !working || shelf !== undefined,
    warnings: [...(open ? [`An earlier run is gone on with. ${state}`] : []), ...warnings],
  }
}

/** What is on record of the agent and its user, and its secret's row where the workspace is there. */
async function hadBefore(
  {agent, user, secretKey}: OnboardingRequest,
  workspace: Workspace | undefined,
  {ledger, platform}: OnboardingDeps,
) {
  const [deployed, known, row] = await Promise.all([
    ledger.deployed(agent, workspace?.id, user),
    ledger.tokens(user),
    workspace && platform.secretRow(workspace.id, secretKey),
  ])
  return {earlier: sameLogin(deployed?.user, user) ? deployed : undefined, known, row: own(row)}
}

/**
 * What the new token is to be confined to. In a workspace that is there it comes by a rotation, which keeps what the agent may
 * have; a new one gets what the profile says, so what the agent was confined to before has to be said there (`CONFINEMENT_LOST`).
 */
async function confinementFor(
  request: OnboardingRequest,
  {
    workspace,
    rows,
    earlier,
    known,
    row,
  }: {workspace: Workspace | undefined; rows: readonly TokenRow[]} & Awaited<ReturnType<typeof hadBefore>>,
  deps: OnboardingDeps,
  warnings: string[],
): Promise<Confinement> {
  const {agent, user, profile, repositories} = request
  const lastEight = earlier?.lastEight
  const stored = workspace ? row : lastEight
  const its = workspace ? rows : rows.filter((each) => each.lastEight === lastEight)
  const choice = chooseSuperseded({agent, user, supersede: []}, its, lastEight, known)
  const had = {rows: its, lastEights: [lastEight], stored: stored !== undefined}
  const {replaced, beside} = await reachBefore(request, choice, had, {...deps, known}, warnings)
  const confinement = await confinementOf(request, replaced, rows, deps.tokens, beside)
  if (workspace || repositories !== undefined || !confinement.repositories) return confinement
  const before = reachText(confinement.repositories)
  const why = `The token that ${agent} was last proven on was ${before}, and the new one would not be: profile ${profile} names no repositories.`
  throw new OpsError('CONFINEMENT_LOST', `${why} Nothing was changed.`, {
    suggestions: [`say which ones, or "repositories: all", in profile ${profile}`],
    ref: 'docs/forges.md',
  })
}

/** Which of them are to be granted. For a user who is yet to be created it is asked whether there is anything to join. */
async function missingMemberships(
  {user, memberships}: OnboardingRequest,
  account: Account | undefined,
  {accounts}: OnboardingDeps,
): Promise<Membership[]> {
  const missing = await Promise.all(
    memberships.map(async (membership) => {
      if (account) return (await standing(accounts, user, membership)).enough ? [] : [membership]
      if (membership.kind === 'team') await accounts.team(membership.organisation, membership.team)
      // Its owner is there where it is.
      else await accounts.permissionOf(membership.repo, membership.repo.split('/')[0]!)
      return [membership]
    }),
  )
  return missing.flat()
}

/** An earlier run made the workspace with its token already, or it seems so. */
function settled(open: Onboarding | undefined, workspace: Workspace | undefined): boolean {
  const made = ['creating', 'created', 'online', 'proven']
  return open !== undefined && workspace !== undefined && made.includes(open.phase)
}

/**
 * Gitea drops an unknown label from its filter, and the proof then fails. Not fatal: it may be made before that. Throws
 * `REPO_NOT_FOUND`.
 */
async function warnOfLabel({repo, label}: OnboardingRequest, {repos}: OnboardingDeps, warnings: string[]) {
  try {
    if (await repos.hasLabel(repo, label)) return
    warnings.push(
      `${repo} has no label "${label}" that its issue list can be filtered by, so the proof will fail: create it there first.`,
    )
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted' || error.code === 'REPO_NOT_FOUND') throw error
    warnings.push(`Whether ${repo} has the label "${label}" could not be read: ${unclaimed(error.message)}`)
  }
}

/**
 * From june02 on the platform makes no workspace without a model that it can use (422), and says so only to the create
 * itself: after user, memberships and token. Servers that tell their build are of that time or later. External ones want
 * none.
 */
async function warnOfModel({spec}: OnboardingRequest, {platform}: OnboardingDeps, warnings: string[]): Promise<void> {
  if (spec.model !== undefined || spec.runtime === 'external' || (await platform.build()) === undefined) return
  const otherwise = 'the create is refused after user, memberships and token were made'
  warnings.push(
    `patrol.yaml names no model for new workspaces. Set "onboarding.workspace.model", unless their template or runtime brings one that the platform can use: else ${otherwise}.`,
  )
}

function warnOfExcess(request: OnboardingRequest, {scopes, reach}: Working, warnings: string[]) {
  const {agent, profile, repositories: named} = request
  const fitting = `"patrol rotate ${agent}" gives it one that fits.`
  const {excess} = compare(scopes, request.scopes)
  if (excess.length > 0) {
    warnings.push(`${agent} works, but its token has more than profile ${profile}: ${excess.join(', ')}. ${fitting}`)
  }
  const {excess: beyond} = named && reach ? compareReach(reach, named) : {excess: []}
  if (beyond.length > 0) {
    const what = beyond === 'all' ? reachText(beyond) : beyond.join(', ')
    warnings.push(`${agent} works, but its token reaches more than profile ${profile} names: ${what}. ${fitting}`)
  }
}

/** A rotation's guards for a workspace that exists; for a new one only that no other machine is at it. */
async function guard(
  {agent, user, waive}: OnboardingRequest,
  workspace: Workspace | undefined,
  rows: readonly TokenRow[],
  open: Onboarding | undefined,
  {platform, ledger, ownWorkspace, fleet}: OnboardingDeps,
): Promise<void> {
  if (workspace && !settled(open, workspace))
    await guardWorkspace(workspace, platform, {waive, ownWorkspace, agent, fleet})
  if (workspace) return
  const deployed = await ledger.deployed(agent)
  const others = open ? rows.filter(({name}) => !isOf(open, name)) : rows
  guardForeign(
    agent,
    others,
    [...(await ledger.tokens(user, rows)), ...(await ledger.announced(user))],
    {lastEight: deployed?.lastEight},
    waive,
  )
}

/** Whether a token's name says that this onboarding minted it. */
function isOf({terms}: Onboarding, name: string): boolean {
  return mintedFor(terms.agent, name)?.rotation === terms.onboarding
}

/** Where the workspace's own token is to be kept, and none that the platform accepts is yet. */
async function shelfToFill(
  workspace: Workspace | undefined,
  agent: string,
  {shelf, maker}: OnboardingDeps,
): Promise<TokenShelf | undefined> {
  const held = await shelf?.held(agent)
  return held && workspace && (await maker.accepts(workspace.id, held)) ? undefined : shelf
}

function userCall({user, account}: OnboardingRequest): PlannedCall {
  const {email, visibility, restricted} = account
  const extra = [...(visibility ? [`visibility ${visibility}`] : []), ...(restricted ? ['restricted'] : [])]
  const how = [email, ...extra].join(', ')
  const changes = `a new user ${user} (${how}), who signs in with tokens only`
  return {act: 'account', method: 'POST', path: '/api/v1/admin/users', changes}
}

function joinCall({user}: OnboardingRequest, membership: Membership): PlannedCall {
  const path =
    membership.kind === 'team'
      ? `/api/v1/teams/<${membership.team}>/members/${user}`
      : `/api/v1/repos/${membership.repo}/collaborators/${user}`
  return {act: 'join', method: 'PUT', path, changes: `${user} gets into ${spell(membership)}`}
}

/** What an earlier run minted and nobody has: its value died with that run. One that somebody gave another value is theirs. */
function discardCalls(
  {user}: OnboardingRequest,
  open: Onboarding | undefined,
  rows: readonly TokenRow[],
): PlannedCall[] {
  if (!open) return []
  const kept = [...open.sent, ...open.left.map(({token}) => token.id)]
  const lost = rows.filter(({id, name}) => !kept.includes(id) && isOf(open, name))
  return lost.map(({id, name}) => ({
    act: 'discard',
    method: 'DELETE',
    path: `/api/v1/users/${user}/tokens/${id}`,
    changes: `${name} goes: an earlier run minted it, and nobody has its value`,
  }))
}

function tokenCalls(
  request: OnboardingRequest,
  workspace: Workspace | undefined,
  confined: string,
  now: number,
): PlannedCall[] {
  const {agent, user, scopes, profile, secretKey} = request
  const name = tokenName(agent, '<id>', now, 1)
  const minting: PlannedCall[] = [
    {
      act: 'mint',
      method: 'POST',
      path: `/api/v1/users/${user}/tokens`,
      changes: `a new token ${name} with ${scopes.join(', ')}${confined}`,
    },
    {
      act: 'probe',
      method: 'GET',
      path: '/api/v1/...',
      changes: `nothing: the new token is held against profile ${profile}`,
    },
  ]
  if (!workspace) {
    const spec = Object.entries(request.spec).map(([key, value]) => `${key} ${value}`)
    const how = [`${secretKey} in it`, ...spec].join(', ')
    const changes = `a new workspace ${request.workspace} with ${how}`
    return [...minting, {act: 'create', method: 'POST', path: '/workspaces', changes}]
  }
  const room = `/workspaces/${workspace.id}`
  const external = isExternal(workspace)
  const restart = external
    ? `${workspace.name} is restarted by its operator, not by patrol`
    : `${workspace.name} gets a new process, unless the platform restarts it by itself`
  return [
    ...minting,
    {
      act: 'push',
      method: 'POST',
      path: `${room}/secrets`,
      changes: `${secretKey} of ${workspace.name} becomes the new token`,
    },
    {act: 'restart', method: external ? '-' : 'POST', path: external ? room : `${room}/restart`, changes: restart},
  ]
}

function onlineCall(workspace: Workspace | undefined): PlannedCall {
  const path = `/workspaces/${workspace?.id ?? '<new>'}`
  return {act: 'online', method: 'GET', path, changes: 'nothing: waits until the workspace is online'}
}

function proofCall({agent}: OnboardingRequest, workspace: Workspace | undefined, proven: boolean): PlannedCall {
  const path = `/workspaces/${workspace?.id ?? '<new>'}/a2a`
  const changes = proven
    ? `nothing: ${agent} was asked, and works`
    : `nothing: ${agent} is asked which work it finds, and with which token`
  return {act: 'smoke', method: 'POST', path, changes}
}

function keepCall(agent: string, workspace: Workspace | undefined, shelf: TokenShelf): PlannedCall {
  const path = `/workspaces/${workspace?.id ?? '<new>'}/tokens`
  const how = workspace ? 'a workspace token is minted' : 'the token that comes with the workspace, or else a new one,'
  return {act: 'keep', method: 'POST', path, changes: `${how} and kept in ${shelf.place(agent)}`}
}

/** Errors of the plan come before this run's first write: they keep their kind and say what is there. */
function untouched(error: unknown, open: Onboarding | undefined): unknown {
  if (!(error instanceof OpsError)) return error
  const {code, category, suggestions, ref, message: said} = error
  const left = open ? unclaimed(describe(open)) : ''
  const state = left === '' ? '' : ` An earlier run left this: ${left}`
  const message = /[Nn]othing was/.test(said) ? said : `${said} Nothing was changed.`
  return new OpsError(code, `${message}${state}`, {category, suggestions, ...(ref ? {ref} : {})})
}
