import {OpsError} from '../errors.ts'
import type {Secret} from '../secret.ts'
import {assertFree, leased} from '../story/lease.ts'
import {isSame, type TokenRef} from '../story/tokens.ts'
import {removeToken, TokenChanged, wasUsed} from './gate.ts'
import {guardWorkspace} from './guards.ts'
import {holdersOf, OUTSIDE, type TokenHolder, type TokensOwner} from './holders.ts'
import {agentsThat, lookAtHolders, otherwiseNamed, type HolderSighting} from './hold.ts'
import {leftBehind} from './left-behind.ts'
import {replay} from './machine.ts'
import {isRehearsal, mintedElsewhere, mintedFor, sameLogin} from './names.ts'
import type {Platform, TokenRow} from './ports.ts'
import type {RotationDeps} from './request.ts'
import {assertDead, assertGone} from './revoke.ts'
import {describe, endedBy, telling} from './run.ts'
import {isClosed, type Rotation} from './state.ts'
import {ARRIVED_MS} from './survey.ts'
import type {Going} from './word.ts'
import {standingOf, type WorkerStanding, type Worker, type WorkerDeps} from './worker.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/** Revoking by hand needs no platform where the operator answers for what could not be asked. */
export type RevokeDeps = Pick<RotationDeps, 'tokens' | 'prober' | 'ledger' | 'journal' | 'leases' | 'fleet'> &
  WorkerDeps

/** A revocation by hand. */
export interface RevokeRequest {
  /** The agent that it was asked for, for what is suggested. */
  agent: string
  user: string
  /** The token as it was shown to whoever decides. */
  token: TokenRef
  /** Its value, where at hand: must answer dead afterwards. */
  value?: Secret
  /** Every agent of the inventory that works as this user. */
  workers: readonly Worker[]
  /** The operator accepts that an agent which can't be asked may stop (`--agent-may-stop`). */
  agentMayStop?: boolean
}

/** A revocation that nothing speaks against, as far as could be found out. */
export interface Cleared {
  request: RevokeRequest
  /** What shows that each worker runs on another token, where that could be shown. */
  standings: readonly {worker: Worker; standing: WorkerStanding}[]
  /** Who else may hold it, and what could be found out; undefined where it was not listed, so nobody was asked at all. */
  others: Others | undefined
  /** What could not be checked and the operator answers for, a sentence each. */
  unchecked: string[]
}

export interface RevokeResult {
  user: string
  token: TokenRef
  outcome: 'removed' | 'absent'
  value: 'dead' | 'not-at-hand'
  unchecked: string[]
}

/**
 * May this token go? Only where every agent of its user is known to run on another live token that suffices, and whoever
 * else may hold it on another one: by an earlier proof that still holds, or by asking now. Where that can't be told the
 * operator has to answer for it, but never for the only live token, one that somebody runs on, or one that an open rotation
 * needs. Changes nothing on a server, so a dry run ends as the revocation would; what agents name is noted. Throws `GUARD_SERVING_TOKEN`, which names all that speaks
 * against it, `TOKEN_CHANGED` and `LEASE_HELD`.
 */
export async function clearRevocation(request: RevokeRequest, deps: RevokeDeps): Promise<Cleared> {
  const {user, agent, token, workers, agentMayStop} = request
  await assertFree(deps, agent)
  const rows = await deps.tokens.list(user)
  const row = rows.find(({id}) => id === token.id)
  if (!row) return {request, standings: [], others: undefined, unchecked: []}
  if (!isSame(row, token)) throw new TokenChanged({user, agent}, token, row)
  await assertNotNeeded(request, deps)
  if (rows.length === 1 && workers.length > 0) throw await onlyOne(request, rows, deps)
  const standings = await Promise.all(
    workers.map(async (worker) => ({worker, standing: await standingOf(worker, going(request), rows, deps)})),
  )
  const others = await othersOn(request, deps)
  const own = standings.flatMap(({standing}) => (standing.runs === 'on-it' ? [standing.why] : []))
  const running = [...own, ...linesOf('held', others)]
  const ownDoubts = standings.flatMap(({worker, standing}) =>
    standing.runs === 'unknown' ? [`what ${worker.agent} runs on is not known: ${standing.why}`] : [],
  )
  const arriving = running.length > 0 ? [] : await underWay(request, deps)
  const doubts = [...ownDoubts, ...arriving, ...(await betrayed(request, rows, deps))]
  const reasons = [...running, ...doubts, ...linesOf('unproven', others), ...others.unseen]
  if (reasons.length === 0) return {request, standings, others, unchecked: []}
  const named = [...reasons, ...(await likelihoods(request, rows, deps))]
  if (running.length > 0) {
    const held = agentsThat('held', others.sighted)
    const rotations = own.length > 0 ? await replacing(request, deps, held) : rotating(held)
    const advice = [...rotations, ...otherwiseNamed(others.sighted, user)]
    throw serving(request, named, advice.length > 0 ? advice : [ADOPT])
  }
  if (agentMayStop) return {request, standings, others, unchecked: named}
  throw serving(request, named, [
    ...(ownDoubts.length > 0 ? await replacing(request, deps) : []),
    ...agentsThat('unproven', others.sighted).map((other) => `patrol smoke ${other}`),
    `patrol revoke ${agent} --id ${token.id} --agent-may-stop`,
  ])
}

/** Who besides the agents of its user may hold a token. */
interface Others {
  sighted: readonly HolderSighting[]
  /** Why nobody could look for more, a sentence; empty where somebody could. */
  unseen: readonly string[]
  /** What goes on holding it, as `leftBehind` says it. */
  left: readonly string[]
}

const ADOPT = 'put that workspace into patrol.yaml as an agent, so that a rotation can give it a token of its own'

function linesOf(wanted: HolderSighting['kind'], {sighted}: Others): string[] {
  return sighted.flatMap(({kind, line}) => (kind === wanted ? [line] : []))
}

async function othersOn(request: RevokeRequest, deps: RevokeDeps): Promise<Others> {
  const {workers, agent} = request
  const {repo, label = ''} = workers.find((worker) => worker.agent === agent) ?? {}
  try {
    const {owner, within, homes} = await searchOf(request, deps)
    const sighted = await lookAtHolders(owner, [going(request)], {repo, label}, within)
    const left = await leftBehind(owner, [request.token], within)
    return {sighted: sighted.filter(({holder}) => isBeside(request, homes, holder)), unseen: [], left}
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return {sighted: [], unseen: [`who else may run on it is not known: ${error.message}`], left: []}
  }
}

function going({token, value}: RevokeRequest): Going {
  return {...token, value}
}

/** Whose token it is and where others are looked for; without a platform in the inventory and the ledger alone. `homes`: the workspaces of the workers. */
async function searchOf({agent, user, workers}: RevokeRequest, {reach, ledger, fleet, tokens, clock}: RevokeDeps) {
  const worker = workers.find((each) => each.agent === agent)
  const platform = worker && typeof reach !== 'string' ? reach.platform : undefined
  const homes = platform ? await Promise.all(workers.map((each) => homeOf(each, platform))) : []
  const owner: TokensOwner = {
    agent,
    user,
    secretKey: worker?.secretKey ?? '',
    workspace: worker && homes[workers.indexOf(worker)],
  }
  return {owner, within: {platform, ledger, fleet, tokens, clock}, homes: homes.map((home) => home?.id)}
}

/** The one workspace in which it is asked by itself; undefined where there is none, or none that its entry tells from others. */
async function homeOf({workspace}: Worker, platform: Platform): Promise<TokensOwner['workspace']> {
  try {
    return await platform.resolve(workspace)
  } catch (error) {
    if (error instanceof OpsError && ['WORKSPACE_NOT_FOUND', 'WORKSPACE_AMBIGUOUS'].includes(error.code))
      return undefined
    throw error
  }
}

/** Not one of the agents of the token's user, who are looked at by themselves: in the workspace of today, and for the secret of today. */
function isBeside(
  {workers}: RevokeRequest,
  homes: readonly (string | undefined)[],
  {agent, workspace, secretKey}: TokenHolder,
): boolean {
  if (!workspace) return !workers.some((worker) => worker.agent === agent)
  return workspace.status === OUTSIDE || secretKey !== undefined || !homes.includes(workspace.id)
}

/**
 * Deletes a token that was cleared, and proves it dead. Right before, Gitea, the secrets and our own rotations must still
 * say what cleared it. Throws `GUARD_SERVING_TOKEN`, `TOKEN_CHANGED`, `OLD_TOKEN_ALIVE` when it outlives its deletion,
 * `LEASE_HELD` while another run is at the agent.
 */
export async function revokeToken(cleared: Cleared, deps: RevokeDeps): Promise<RevokeResult> {
  return leased(deps, cleared.request.agent, (_, keep) => revoke(cleared, deps, keep))
}

async function revoke(cleared: Cleared, deps: RevokeDeps, keep: () => Promise<void>): Promise<RevokeResult> {
  const {request, unchecked} = cleared
  const {user, token, value} = request
  const doubt = async (rows: readonly TokenRow[]): Promise<void> => {
    await assertGone(deps, request, token, value, rows)
    await assertStillClear(cleared, rows, deps)
    await keep()
  }
  const outcome = await telling(deps, 'revoke', `${token.name} (id ${token.id}) of ${user}`, () =>
    removeToken(deps, request, token, doubt),
  ).catch((error: unknown) => {
    const isOpen = error instanceof OpsError && ['WRITE_IN_DOUBT', 'INTERRUPTED'].includes(error.code)
    throw isOpen ? undecided(error, request) : error
  })
  let open = 'that could not be written down'
  try {
    await deps.ledger.apply([{kind: 'revoked', user, token: token.id, at: deps.clock.now()}])
    open = 'whether it is dead could not be seen'
    return {user, token, outcome, value: await assertDead(deps, request, [token], value), unchecked}
  } catch (error) {
    throw outcome === 'removed' ? halfDone(error, request, open) : error
  }
}

/** No rotation stands behind it that could be gone on with: the same command looks, and deletes what is still there. */
function undecided({code, message, ref}: OpsError, {agent, token}: RevokeRequest): OpsError {
  return new OpsError(code, message, {suggestions: [`patrol revoke ${agent} --id ${token.id}`], ref})
}

/** The token is deleted, whatever was still `open` then: no run that ends so changed nothing. */
function halfDone(error: unknown, {token}: RevokeRequest, open: string): unknown {
  if (!(error instanceof OpsError) || error.category === 'incomplete') return error
  const {code, category, suggestions, ref} = error
  const message = `${token.name} (id ${token.id}) is deleted, but ${open}: ${endedBy(error)}`
  return new OpsError(code, message, {
    category: category === 'interrupted' ? category : 'incomplete',
    suggestions,
    ref,
  })
}

/** An open rotation of this machine that may need the token: until its proof either side may be what the agent runs on. */
async function neededBy(user: string, id: number, {journal}: RevokeDeps): Promise<Rotation | undefined> {
  for (const summary of await journal.list({open: true})) {
    if (!sameLogin(summary.user, user)) continue
    const rotation = replay(await journal.read(summary.id))
    if (!rotation || isClosed(rotation)) continue
    const {superseded, minted, deployed} = rotation
    const replaced = rotation.phase === 'proven' || rotation.phase === 'revoking'
    const needed = replaced ? [rotation.candidate] : [...superseded, ...minted, deployed]
    if (needed.some((token) => token?.id === id)) return rotation
  }
  return undefined
}

async function assertNotNeeded(request: RevokeRequest, deps: RevokeDeps): Promise<void> {
  const open = await neededBy(request.user, request.token.id, deps)
  if (!open) return
  const {rotation} = open.terms
  const state = `${describe(open)} The token was left as it is.`
  throw serving(request, [`rotation ${rotation} is unfinished`], [`patrol rotation resume ${rotation}`], state)
}

/** Where it was sent a moment ago: that may arrive yet, whatever is stored there now, and be what the next start brings. */
async function underWay({token}: RevokeRequest, {ledger, clock}: RevokeDeps): Promise<string[]> {
  const since = clock.now() - ARRIVED_MS
  const places = await ledger.placesOf([token])
  return places.flatMap(({how, at, workspace: {name}}) =>
    how === 'found' || how === 'heard' || at <= since
      ? []
      : [`it was sent to ${name} less than a minute ago, and may arrive there yet`],
  )
}

/** A name that shows that this token was minted elsewhere, and may be in use there, or about to be. */
async function betrayed(
  {user, token, workers}: RevokeRequest,
  rows: readonly TokenRow[],
  {ledger}: RevokeDeps,
): Promise<string[]> {
  const known = [...(await ledger.tokens(user, rows)), ...(await ledger.announced(user))]
  return workers.flatMap(({agent}) => {
    const foreign = mintedElsewhere(agent, rows, known).find(({id}) => id === token.id)
    if (!foreign) return []
    const used = wasUsed(foreign) ? `; it was last used at ${foreign.lastUsedAt}` : ''
    return [
      `its name shows that another machine minted it for ${agent}, and may be about to use it, or for an agent of that name elsewhere, which may run on it${used}`,
    ]
  })
}

/** What makes it likely that an agent runs on the token, for whoever has to decide. */
async function likelihoods(
  {token, workers}: RevokeRequest,
  rows: readonly TokenRow[],
  {ledger}: RevokeDeps,
): Promise<string[]> {
  const reasons: string[] = []
  for (const {agent, user, configured} of workers) {
    if (configured === token.lastEight) reasons.push(`patrol.yaml names it as the token of ${agent}`)
    const lasting = rows.filter(({name}) => mintedFor(agent, name) && !isRehearsal(name))
    const minted = lasting.toSorted((a, b) => b.id - a.id)
    if (minted[0]?.id === token.id) reasons.push(`it is the newest that patrol minted for ${agent}`)
    const deployed = await ledger.deployed(agent)
    if (deployed && sameLogin(deployed.user, user) && deployed.token === token.id)
      reasons.push(`${agent} was last proven on it`)
  }
  return reasons
}

/** A list without the tokens on which the agents run is not believed. Of a token that is gone nothing has to be asked any more. */
async function assertStillClear(cleared: Cleared, rows: readonly TokenRow[], deps: RevokeDeps): Promise<void> {
  const {request, standings, others} = cleared
  const {token, workers, agent} = request
  const {reach} = deps
  const look = `patrol revoke ${agent} --id ${token.id} --dry-run`
  for (const {worker, standing} of standings) {
    if (standing.runs !== 'on-another' || rows.some((row) => isSame(row, standing.token))) continue
    throw serving(
      request,
      [`…${standing.token.lastEight}, on which ${worker.agent} runs, is not listed any more`],
      [look],
    )
  }
  if (!rows.some(({id}) => id === token.id)) return
  if (!others) throw serving(request, ['it was not listed a moment ago, so nobody was asked about it'], [look])
  if (workers.length > 0 && rows.length === 1) throw await onlyOne(request, rows, deps)
  await assertNotNeeded(request, deps)
  for (const {worker, standing} of standings) {
    if (standing.runs !== 'on-another' || typeof reach === 'string') continue
    const {workspace, updatedAt} = standing
    if ((await reach.platform.secretRow(workspace, worker.secretKey))?.updatedAt !== updatedAt) {
      throw serving(request, [`${worker.secretKey} of ${worker.workspace} was written meanwhile`], [look])
    }
  }
  // Where nobody could look before either, the operator answers for that.
  if (others.unseen.length === 0) await assertOthersStillClear(request, others, deps, look)
}

/** Nobody has come to the token since, and who was elsewhere has the secret that he had. */
async function assertOthersStillClear(
  request: RevokeRequest,
  others: Others,
  deps: RevokeDeps,
  look: string,
): Promise<void> {
  const {owner, within, homes} = await searchOf(request, deps)
  for (const holder of await holdersOf(owner, [request.token], within)) {
    if (!isBeside(request, homes, holder)) continue
    const before = others.sighted.find(
      (each) => each.holder.who === holder.who && each.holder.secretKey === holder.secretKey,
    )
    if (!before) throw serving(request, [`${holder.who} ${holder.why}, since a moment ago`], [look])
    if (before.kind !== 'elsewhere' || !holder.workspace) continue
    const {secretKey = owner.secretKey} = holder
    const row = await within.platform?.secretRow(holder.workspace.id, secretKey)
    if (row?.updatedAt === before.updatedAt) continue
    throw serving(request, [`${secretKey} of ${holder.who} was written meanwhile`], [look])
  }
}

async function onlyOne(request: RevokeRequest, rows: readonly TokenRow[], deps: RevokeDeps): Promise<OpsError> {
  const why = `it is the only live token of ${request.user}, which goes once another has replaced it`
  const more = [...(await betrayed(request, rows, deps)), ...(await likelihoods(request, rows, deps))]
  return serving(request, [why, ...more], await replacing(request, deps))
}

/**
 * How its agent, and others, get another token: by a rotation, an onboarding where it has no workspace, or as the guard that
 * would refuse it one says. Which flag waives that guard is the rotation's to say, which has it.
 */
async function replacing(
  {agent, workers}: RevokeRequest,
  {reach, fleet}: RevokeDeps,
  others: readonly string[] = [],
): Promise<string[]> {
  const worker = workers.find((each) => each.agent === agent)
  const all = rotating([agent, ...others])
  if (typeof reach === 'string' || !worker) return all
  const {platform} = reach
  try {
    await guardWorkspace(await platform.resolve(worker.workspace), platform, {agent, fleet})
    return all
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    if (error.code === 'WORKSPACE_NOT_FOUND') {
      const mended = `or set the right "workspace" for ${agent} in patrol.yaml`
      return [`patrol onboard ${agent}`, mended, ...rotating(others)]
    }
    if (error.category !== 'refused') return all
    const ways = error.suggestions.filter((way) => !/^(?:or )?add --/.test(way))
    return [...ways, ...(error.code === 'GUARD_CONCIERGE' ? rotating(others) : all)]
  }
}

function rotating(onIt: readonly string[]): string[] {
  return onIt.length > 0 ? [`patrol rotate ${onIt.join(' ')}`] : []
}

function serving(
  {token, workers, agent}: RevokeRequest,
  reasons: readonly string[],
  suggestions: string[],
  state = 'Nothing was revoked.',
): OpsError {
  const whom = workers.map((worker) => worker.agent).join(', ') || agent
  return new OpsError(
    'GUARD_SERVING_TOKEN',
    `${token.name} (id ${token.id}, …${token.lastEight}) may serve ${whom}: ${reasons.map((reason) => reason.replace(/\.$/, '')).join('; ')}. ${state}`,
    {suggestions, ref: REF},
  )
}
