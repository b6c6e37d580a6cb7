import {OpsError, unclaimed, type Code} from '../errors.ts'
import type {Secret} from '../secret.ts'
import {doubtsOfArrival} from '../smoke/withheld.ts'
import {assertFree, leased} from '../story/lease.ts'
import {placed} from '../story/placements.ts'
import type {Ledger} from '../story/ports.ts'
import {poll} from '../story/polling.ts'
import {timingOf} from '../story/timing.ts'
import {awaitDecision, denied, givenInVain} from './approval.ts'
import type {ProcessBaseline, RotationFact, Waivers} from './events.ts'
import {guardValue, type FitnessDeps, type ValueHolder} from './fitness.ts'
import {guardWorkspace, placeOf} from './guards.ts'
import type {SecretRow, Workspace} from './ports.ts'
import {baselineOf, type WorkspaceSighting, sight} from './process.ts'
import type {ActDeps, HandDeps, PlannedCall} from './request.ts'
import {endedBy, inDoubt, telling, type Record} from './run.ts'
import type {Rotation} from './state.ts'

/** What became of one attempt to store a secret. `doubt`: sent, and the answer told nothing, which is `why`. */
export type PushOutcome =
  | {kind: 'stored'; updatedAt: string; why?: undefined}
  | {kind: 'pending'; approval: string; why?: undefined}
  | {kind: 'doubt'; before: string | null; why: string}

interface PushTarget {
  workspace: {id: string; name: string}
  key: string
  /** Id of the token in the journal; 0 outside a rotation. */
  token: number
  value: Secret
  /** What the row has to say still (null: that there is none), where a newer write of somebody else must not be lost. */
  unlessNewerThan?: string | null | undefined
  /** Right before the write, however long it was waited for: throws where this value is not to be stored any more. */
  lastLook: () => Promise<void>
  /** Keeps the lease while the workspace comes to rest, and for the write. */
  keep: () => Promise<void>
}

const CONFIRM_MS = 5_000

/**
 * Stores a secret once: looks at its row and at the workspace's process, journals the intent, writes, and believes the
 * row's changed `updated_at`, not the answer. Throws `SECRET_OVERWRITTEN` before anything is sent, `PUSH_REFUSED` or the platform's own error when nothing was
 * stored, `PUSH_UNCONFIRMED` when the answer and the row disagree.
 */
export async function pushOnce(
  deps: ActDeps & {rotation?: Rotation},
  {workspace, key, token, value, unlessNewerThan, lastLook, keep}: PushTarget,
  record: Record,
): Promise<{outcome: PushOutcome; baseline: ProcessBaseline}> {
  const baseline = baselineOf(await atRest(deps, workspace, keep))
  await lastLook()
  const row = await deps.platform.secretRow(workspace.id, key)
  const before = own(row)?.updatedAt ?? null
  if (unlessNewerThan !== undefined && before !== unlessNewerThan) throw overwritten(workspace.name, key)
  await keep()
  await record({type: 'push_intended', token, updatedAt: before, baseline})
  const outcome = await telling(deps, 'push', `${key} to ${workspace.name}`, async () => {
    try {
      return await deps.platform.putSecret(workspace.id, key, value)
    } catch (error) {
      if (inDoubt(error)) return {kind: 'doubt' as const, why: error.message}
      if (error instanceof OpsError) await record({type: 'push_refused', code: error.code})
      throw error
    }
  })
  if (outcome.kind === 'doubt') return {outcome: {...outcome, before}, baseline}
  if (outcome.kind === 'refused') {
    await record({type: 'push_refused', code: outcome.code})
    throw refused(workspace.name, key, outcome.code, outcome.reason)
  }
  if (outcome.kind === 'pending') {
    await record({type: 'push_pending', approval: outcome.approvalId, reason: outcome.reason})
    return {outcome: {kind: 'pending', approval: outcome.approvalId}, baseline}
  }
  const updatedAt = await storedSince(deps, workspace.id, key, before, CONFIRM_MS)
  if (!updatedAt) {
    throw new OpsError(
      'PUSH_UNCONFIRMED',
      `The platform says that it saved ${key} for ${workspace.name}, but its list does not show the change.`,
      {ref: 'docs/runbooks/rotation-incomplete.md'},
    )
  }
  await record({type: 'pushed', updatedAt})
  return {outcome: {kind: 'stored', updatedAt}, baseline}
}

/** A workspace that is being provisioned got its environment already; a secret stored now may miss that process. */
async function atRest(
  deps: ActDeps,
  {id, name}: PushTarget['workspace'],
  keep: () => Promise<void>,
): Promise<WorkspaceSighting> {
  const look = async (): Promise<WorkspaceSighting | undefined> => {
    const now = await sight(deps, id)
    return now.workspace.status === 'provisioning' ? undefined : now
  }
  const sighting = await poll(deps, timingOf(deps).restartTimeoutMs, look, keep)
  if (sighting) return sighting
  throw new OpsError('RESTART_TIMEOUT', `${name} is being provisioned and does not come to rest; nothing was pushed.`, {
    ref: 'docs/runbooks/restart-stuck.md',
  })
}

/** The row's `updated_at` if it moved since `before` within the time given. */
export async function storedSince(
  deps: ActDeps,
  workspaceId: string,
  key: string,
  before: string | null,
  forMs: number,
): Promise<string | undefined> {
  return poll(deps, forMs, async () => {
    const row = own(await deps.platform.secretRow(workspaceId, key))
    return row && row.updatedAt !== before ? row.updatedAt : undefined
  })
}

/** What the secret holds now is somebody else's. */
export function overwritten(workspace: string, key: string): OpsError {
  return new OpsError(
    'SECRET_OVERWRITTEN',
    `Somebody wrote ${key} of ${workspace} after our push; a resume mints and pushes another token.`,
    {ref: 'docs/runbooks/rotation-incomplete.md'},
  )
}

/** A global secret of the same key is not the workspace's row. */
export function own(row: SecretRow | undefined): SecretRow | undefined {
  return row?.scope === 'workspace' ? row : undefined
}

function refused(workspace: string, key: string, code: string, reason: string): OpsError {
  const concierge = code === 'CONCIERGE_SELF_WRITE_BLOCKED'
  return new OpsError('PUSH_REFUSED', `The platform refuses to store ${key} for ${workspace}: ${code} (${reason}).`, {
    suggestions: concierge ? ['set it in the canvas, in its Secrets tab'] : [],
    ref: concierge ? 'docs/runbooks/concierge-refused.md' : 'docs/runbooks/rotation-incomplete.md',
  })
}

/** A push by hand. */
export interface PushRequest extends ValueHolder {
  /** UUID or exact name. */
  workspace: string
  key: string
  value: Secret
  approval: 'wait' | 'park'
  /** Store it although the agent may be unable to work with it. */
  insist?: boolean
  waive?: Waivers
}

/** What a push by hand needs: the platform, Gitea's word on the value, and where it is noted that it went there. */
export interface PushDeps extends HandDeps, FitnessDeps {
  ledger: Pick<Ledger, 'apply'>
}

/** What a push would do; nothing was written to find out. */
export interface PushPlan {
  workspace: Workspace
  calls: PlannedCall[]
  /** What is wrong with the token, where it is insisted on, and with the name of its secret. */
  warnings: string[]
}

export interface PushResult {
  workspace: {id: string; name: string}
  key: string
  updatedAt: string
  /** What a restart after this push is told apart by: give it to `restartWorkspace`. */
  baseline: ProcessBaseline
  /** What is wrong with the token, where it was insisted on: the process should not be restarted with it. */
  doubts: string[]
}

/**
 * What `pushSecret` would do, after its guards: the workspace's, and Gitea's word on the value. Reads only. Throws the
 * guards' codes, `PUSH_UNFIT`, `PUSH_UNPROVEN`, `LEASE_HELD`, and what the clients throw.
 */
export async function planPush(request: PushRequest, deps: PushDeps): Promise<PushPlan> {
  await assertFree(deps, request.agent)
  const workspace = await guarded(request, deps)
  const doubt = await fit(request, deps)
  const {key, value, agent} = request
  const withheld = await doubtsOfArrival({agent, secretKey: key}, deps.platform)
  const changes = `${key} of ${workspace.name} becomes the token …${value.lastEight}; the platform may restart it`
  const call: PlannedCall = {act: 'push', method: 'POST', path: `/workspaces/${workspace.id}/secrets`, changes}
  return {workspace, calls: [call], warnings: [...(doubt === undefined ? [] : [doubt]), ...withheld]}
}

async function guarded({workspace: wanted, waive, agent}: PushRequest, deps: PushDeps): Promise<Workspace> {
  const workspace = await deps.platform.resolve(wanted)
  await guardWorkspace(workspace, deps.platform, {...deps, waive, agent})
  return workspace
}

/** What is wrong with the value, where it is insisted on. */
async function fit(request: PushRequest, deps: PushDeps): Promise<string | undefined> {
  const {value, profile, insist = false} = request
  const detail = `…${value.lastEight} against profile ${profile}`
  return telling(deps, 'probe', detail, () => guardValue(value, request, deps, insist))
}

/**
 * Guards the workspace as `planPush` does, and the value right before each write, stores the secret and sees it stored;
 * waits for a person's approval where the platform asks for one. A lost answer is settled by the row before the one repetition. Throws what
 * `planPush` throws, `PUSH_REFUSED`, `APPROVAL_PENDING`, `APPROVAL_DENIED`, `PUSH_UNCONFIRMED`, and `LEASE_HELD` while
 * another run is at the agent.
 */
export async function pushSecret(request: PushRequest, deps: PushDeps): Promise<PushResult> {
  return leased(deps, request.agent, (_, keep) => push(request, deps, keep))
}

async function push(request: PushRequest, deps: PushDeps, keep: () => Promise<void>): Promise<PushResult> {
  const workspace = await guarded(request, deps)
  let doubts: string[] = []
  const lastLook = async (): Promise<void> => {
    const wrong = await fit(request, deps)
    doubts = wrong === undefined ? [] : [wrong]
  }
  const target = {workspace, key: request.key, token: 0, value: request.value, lastLook, keep}
  let doubt: string | undefined
  let sent = false
  let approved: string | undefined
  const note = async ({type}: RotationFact): Promise<void> => {
    if (type === 'push_intended') await noteWhere(request, workspace, deps)
    sent = type === 'push_intended'
  }
  for (;;) {
    const {outcome, baseline} = await pushOnce(deps, target, note).catch((error: unknown) => {
      if (approved !== undefined) tellWarning(deps, givenInVain(target, approved))
      if (doubt !== undefined) throw stillInDoubt(workspace.name, request.key, `${doubt} A second try: `, error)
      throw sent ? stillInDoubt(workspace.name, request.key, '', error) : error
    })
    const result = {workspace: {id: workspace.id, name: workspace.name}, key: request.key, baseline, doubts}
    if (outcome.kind === 'stored') return {...result, updatedAt: outcome.updatedAt}
    if (outcome.kind === 'pending') {
      const decision = await awaitDecision(deps, workspace, outcome.approval, request.approval, keep)
      if (decision !== 'approved') throw denied(workspace.name, outcome.approval, decision)
      approved = outcome.approval
      continue
    }
    const {settleWaitMs} = timingOf(deps)
    const updatedAt = await storedSince(deps, workspace.id, request.key, outcome.before, settleWaitMs).catch(
      (error: unknown) => {
        throw stillInDoubt(workspace.name, request.key, `${outcome.why} `, error)
      },
    )
    if (updatedAt) return {...result, updatedAt}
    if (doubt !== undefined) throw unconfirmed(workspace.name, request.key, outcome.why)
    doubt = outcome.why
  }
}

/**
 * For whoever revokes it later: a process may run on it there from now on. What keeps that from being noted does not keep
 * an agent from its token.
 */
async function noteWhere(request: PushRequest, workspace: Workspace, deps: PushDeps): Promise<void> {
  const {key: secretKey, value} = request
  const token = {id: undefined, lastEight: value.lastEight}
  try {
    await deps.ledger.apply([
      placed({...request, workspace: placeOf(workspace), secretKey}, token, 'by-hand', deps.clock.now()),
    ])
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    const where = `That …${value.lastEight} is sent to ${workspace.name} could not be noted`
    tellWarning(deps, `${where}, so no later revocation of it looks there: ${unclaimed(error.message)}`)
  }
}

function tellWarning({on, clock}: PushDeps, message: string): void {
  on?.({kind: 'warning', story: undefined, message, at: clock.now()})
}

/** Whatever came after a push was sent, it may still take effect. `told`: what is known of it, and a blank. */
function stillInDoubt(workspace: string, key: string, told: string, error: unknown): unknown {
  if (!(error instanceof OpsError) || (told === '' && error.code === 'PUSH_UNCONFIRMED')) return error
  const code = error.category === 'interrupted' ? 'INTERRUPTED' : undefined
  return unconfirmed(workspace, key, `${told}${endedBy(error)}`, code)
}

function unconfirmed(workspace: string, key: string, why: string, code: Code = 'PUSH_UNCONFIRMED'): OpsError {
  const message = `Whether ${key} of ${workspace} was stored is not known; its row shows no change so far. ${why}`
  return new OpsError(code, message, {suggestions: ['patrol doctor'], ref: 'docs/runbooks/platform-unreachable.md'})
}
