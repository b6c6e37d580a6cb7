import {adviceOf, EXIT, OpsError, pageName, run, unclaimed, worstExit, type ErrorCategory} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {leased} from '../story/lease.ts'
import {heed} from '../story/polling.ts'
import type {Lease} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {SettledMints} from './announced.ts'
import {afterEarlier, mintAnnounced, planMint, type AnnouncedMint, type MintDeps, type MintRequest} from './by-hand.ts'
import {unconfinedWarning} from './confinement.ts'
import {removeToken, TokenChanged} from './gate.ts'
import {guardWorkspace, keeperOf, type SecretKeeper} from './guards.ts'
import {unfitness} from './mint.ts'
import {rehearsalName} from './names.ts'
import type {Prober, Workspace} from './ports.ts'
import type {HandDeps, PlannedCall} from './request.ts'
import {assertDead, assertGone} from './revoke.ts'

/** Whom a rehearsal mints for. */
export interface RehearsalRequest extends MintRequest {
  /** UUID or exact name of the agent's workspace. */
  workspace: string
  /** Name of the secret that holds its token. */
  secretKey: string
  /** Where the agent finds its work, as `owner/name`. */
  repo: string | undefined
  /** How many agents have the profile. */
  agents: number
}

/** What a rehearsal needs. `tokens` and `prober` go on for some seconds after `signal`, so that nothing is left. */
export interface RehearsalDeps extends MintDeps {
  prober: Prober
  /** The platform, opened when its turn comes. */
  rooms(): Promise<Pick<HandDeps, 'platform' | 'fleet' | 'ownWorkspace'>>
  /** Ctrl-C. */
  signal: AbortSignal
}

/** What is tried, in this order. */
export type RehearsalStep = 'workspace' | 'mint' | 'probe' | 'delete' | 'dead'

/** How one of them went. */
export interface StepReport {
  step: RehearsalStep
  state: 'ok' | 'note' | 'problem'
  /** How long it took. */
  ms: number
  /** A sentence or more. */
  says: string
  /** Of a problem, as of the error that it was; `ref` is the name of a page. */
  code?: string
  suggestions?: readonly string[]
  ref?: string | undefined
}

/** What a rehearsal showed of one profile. */
export interface Rehearsal {
  profile: string
  /** How many agents have it. */
  agents: number
  /** Whom it was rehearsed with. */
  agent: string
  user: string
  scopes: readonly Scope[]
  /** What was minted; null where nothing was. */
  token: TokenRef | null
  /** The same where it is still there, or may be. */
  leftover: TokenRef | null
  /** What became of what earlier runs left. */
  earlier: SettledMints
  steps: StepReport[]
  /** What that means for a rotation, as a clause without a full stop. */
  verdict: string
  /** 0, or that of the gravest problem. */
  exit: number
}

/** What `rehearse` would write, after the guards of its mint; reads only. Throws as `planMint`. */
export async function planRehearsal(
  request: RehearsalRequest,
  deps: MintDeps,
): Promise<{calls: PlannedCall[]; warnings: string[]}> {
  const {calls, warnings} = await planMint(request, deps, rehearsalName)
  const path = `/api/v1/users/${request.user}/tokens/<id>`
  const changes = 'the same token is deleted again, once it was probed'
  return {warnings, calls: [...calls, {act: 'discard', method: 'DELETE', path, changes}]}
}

/** A rehearsal under way. */
interface Play {
  request: RehearsalRequest
  deps: RehearsalDeps
  steps: StepReport[]
  exits: number[]
  token: TokenRef | null
  deleted: boolean
  /** What nobody foresaw: thrown once the token is gone. */
  bug: unknown
}

/**
 * Looks at the agent's workspace, then mints a token for its user, probes it, deletes it and sees it dead: what a rotation
 * does, but that nothing is stored and nothing restarted. What goes wrong is told, never thrown, and whatever does, the token is
 * deleted. `refusal`: why nothing may be minted. Throws `INTERRUPTED` after a request to stop, with what became of the token.
 */
export async function rehearse(request: RehearsalRequest, deps: RehearsalDeps, refusal?: OpsError): Promise<Rehearsal> {
  const play: Play = {request, deps, steps: [], exits: [], token: null, deleted: false, bug: undefined}
  heed(deps.signal)
  await take(play, 'workspace', () => look(request, deps))
  const earlier = await minted(play, refusal)
  if (play.bug !== undefined) throw play.bug
  if (deps.signal.aborted) throw stopped(play)
  const {profile, agents, agent, user, scopes} = request
  const {token, steps, exits} = play
  const leftover = play.deleted ? null : token
  const verdict = verdictOf(request, steps)
  return {profile, agents, agent, user, scopes, token, leftover, earlier, steps, verdict, exit: worstExit(exits)}
}

/** The steps of the token; what stops them before there is one is a problem of the mint. */
async function minted(play: Play, refusal: OpsError | undefined): Promise<SettledMints> {
  const {request, deps} = play
  const began = deps.clock.now()
  try {
    heed(deps.signal)
    if (refusal) throw refusal
    return await leased(deps, request.agent, (lease) =>
      afterEarlier(request, deps, lease, () => withToken(play, lease, began)),
    )
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    fail(play, 'mint', began, error)
    return {deleted: [], left: []}
  }
}

async function withToken(play: Play, lease: Lease, began: number): Promise<object> {
  const {request, deps} = play
  const {agent, profile, repositories} = request
  const name = rehearsalName(agent, deps.ids.rotation(), deps.clock.now())
  const fresh = await mintAnnounced(request, deps, lease, name)
  play.token = fresh.token
  const confined = {profile, repositories: repositories === 'all' ? undefined : repositories}
  const unconfined = unconfinedWarning(confined, fresh)
  const says = `${name} (id ${fresh.token.id}): ${fresh.scopes.join(', ')}`
  pass(play, 'mint', began, unconfined === undefined ? {says} : {says: `${says}. ${unconfined}`, isNote: true})
  if (!deps.signal.aborted) await take(play, 'probe', () => probed(request, deps, fresh))
  await take(play, 'delete', () => deleted(play, fresh))
  if (play.deleted && !deps.signal.aborted) await take(play, 'dead', () => seenDead(request, deps, fresh))
  return {}
}

/** States in which an agent answers. */
const UP: ReadonlySet<string> = new Set(['online', 'degraded'])

/** What came of a step that went well. */
interface Well {
  says: string
  /** There is something to know of it. */
  isNote?: boolean
}

async function take(play: Play, step: RehearsalStep, work: () => Promise<Well>): Promise<void> {
  const began = play.deps.clock.now()
  try {
    pass(play, step, began, await work())
  } catch (error) {
    if (error instanceof OpsError && error.category !== 'bug') fail(play, step, began, error)
    else play.bug ??= error
  }
}

function pass({steps, deps}: Play, step: RehearsalStep, began: number, {says, isNote = false}: Well): void {
  steps.push({step, state: isNote ? 'note' : 'ok', ms: deps.clock.now() - began, says})
}

/** Kinds of endings that a rehearsal ends with as anything else does; all else is a finding of it. */
const KEPT: ReadonlySet<ErrorCategory> = new Set(['auth', 'unavailable', 'incomplete'])

function fail({steps, exits, deps, request}: Play, step: RehearsalStep, began: number, error: OpsError): void {
  const {code, category, ref} = error
  const isLeft = step === 'delete'
  const kept = code === 'LEASE_HELD' ? EXIT.refused : KEPT.has(category) ? EXIT[category] : EXIT.findings
  exits.push(isLeft ? EXIT.incomplete : kept)
  const ms = deps.clock.now() - began
  // Of one call it may be so, of the run it is not.
  const said = unclaimed(error.leaves === 'untouched' ? error.what : error.message)
  const says = isLeft ? `${said} Nobody has its value; the next run that writes deletes it.` : said
  const suggestions = isLeft ? [request.command] : waysOut(error, request)
  steps.push({step, state: 'problem', ms, says, code, suggestions, ref: ref && pageName(ref)})
}

function waysOut({code, suggestions}: OpsError, {agent}: RehearsalRequest): readonly string[] {
  return code === 'GITEA_USER_UNKNOWN' ? [run`patrol onboard ${agent}`.text] : suggestions
}

/** What a rotation would read of its workspace before it writes; what speaks against it is thrown. */
async function look({agent, workspace: wanted, secretKey}: RehearsalRequest, deps: RehearsalDeps): Promise<Well> {
  const {platform, fleet, ownWorkspace} = await deps.rooms()
  const workspace = await platform.resolve(wanted)
  const {name, status} = workspace
  const keeper = keeperOf(workspace)
  // What is so at this moment alone, or by the platform's release, is said, and stops no nightly job.
  const waive = {activeTasks: true, unknownKind: true}
  if (keeper === 'platform') await guardWorkspace(workspace, platform, {waive, ownWorkspace, agent, fleet})
  const row = await platform.secretRow(workspace.id, secretKey)
  const stored = row ? `${secretKey} was stored at ${row.updatedAt}` : `no ${secretKey} is stored for it`
  const notes = notesOf(workspace, keeper)
  return {says: [`${name} is ${status}; ${stored}`, ...notes].join('; '), isNote: notes.length > 0 || !row}
}

function notesOf({kind, activeTasks, status}: Workspace, keeper: SecretKeeper): string[] {
  switch (keeper) {
    case 'concierge':
      return ['it is the concierge: patrol mints for it, and a person stores its secret in the canvas']
    case 'external':
      return ['it runs elsewhere: patrol stores its secret, and its operator restarts it']
    default:
      return [
        ...(kind === undefined ? ['the platform tells no kind, so a rotation wants its flag for that'] : []),
        ...(activeTasks > 0 ? ['it is at work, so a rotation right now wants its flag for that'] : []),
        ...(UP.has(status) ? [] : ['its agent may not answer']),
      ]
  }
}

async function probed(
  {user, scopes, profile, repo}: RehearsalRequest,
  {prober}: RehearsalDeps,
  {token, value, repositories}: AnnouncedMint,
): Promise<Well> {
  const options = {...(repo !== undefined && {repo}), reachOf: async () => repositories ?? ('all' as const)}
  const report = await prober.probe(value, options)
  const unfit = unfitness(report, token, {user, scopes, profile})
  if (unfit) throw unfit.error
  return {says: `…${token.lastEight} can do what profile ${profile} asks for`}
}

async function deleted(play: Play, {token, value, errand}: AnnouncedMint): Promise<Well> {
  const {request, deps} = play
  const {user} = request
  const over = (): Promise<void> => errand.note({kind: 'settled', user, name: token.name}).catch(forgiven)
  try {
    const outcome = await removeToken(deps, request, token, (rows) => assertGone(deps, request, token, value, rows))
    play.deleted = true
    await over()
    return {says: outcome === 'removed' ? `id ${token.id} is deleted` : `id ${token.id} was gone before`}
  } catch (error) {
    // It is somebody's now, and no later run may take it for what this one left.
    if (error instanceof TokenChanged) await over()
    throw error
  }
}

/** A note that only spares the next run a look. */
function forgiven(error: unknown): void {
  if (!(error instanceof OpsError)) throw error
}

async function seenDead(request: RehearsalRequest, deps: RehearsalDeps, {token, value}: AnnouncedMint): Promise<Well> {
  await assertDead(deps, request, [token], value)
  return {says: 'it is not listed any more, and its value answers 401'}
}

/** What speaks against one agent alone, whoever else has its profile. */
const OF_ONE: ReadonlySet<string> = new Set([
  'USER_UNFIT',
  'GUARD_OWN_CREDENTIAL',
  'GITEA_USER_UNKNOWN',
  'GITEA_USER_RENAMED',
])

const STOPS: Readonly<Record<RehearsalStep, string>> = {
  workspace: 'would stop before its mint: nothing would change',
  mint: 'would stop at its mint: nothing would change',
  probe: 'would stop at the probe of its new token, and delete that again: nothing would change',
  delete: 'would leave the token that it replaces',
  dead: 'would end without a proof that the token it replaces is dead',
}

function verdictOf({agent, agents, profile}: RehearsalRequest, steps: readonly StepReport[]): string {
  const worst = steps.find(({state}) => state === 'problem')
  const of = agents === 1 ? agent : `any of the ${agents} agents of ${profile}`
  if (!worst) return `a rotation of ${of} could mint, probe and revoke`
  if (worst.code === 'LEASE_HELD') return `not rehearsed, for another run is at ${agent}`
  const isOfOne = worst.step === 'workspace' || OF_ONE.has(worst.code ?? '')
  return `a rotation of ${isOfOne ? agent : of} ${STOPS[worst.step]}`
}

function stopped({request, steps, token, deleted: isDeleted}: Play): OpsError {
  const said = (step: RehearsalStep): string => steps.find((each) => each.step === step)?.says ?? ''
  if (!token) return new OpsError('INTERRUPTED', {case: 'rehearsal', became: said('mint')})
  const what = `${token.name} (id ${token.id}) of ${request.user}`
  if (isDeleted) return new OpsError('INTERRUPTED', {case: 'rehearsal', became: `${what} was deleted again.`})
  const became = `${what} is left: ${said('delete')}`
  return new OpsError('INTERRUPTED', {case: 'rehearsal', became, advice: adviceOf(request.command)})
}
