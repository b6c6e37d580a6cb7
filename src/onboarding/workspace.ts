import {OpsError} from '../errors.ts'
import {placeOf} from '../rotation/guards.ts'
import type {Workspace} from '../rotation/ports.ts'
import {own} from '../rotation/push.ts'
import {waitedNoLonger} from '../rotation/process.ts'
import {FINAL, lasting, spoken, wentToFailed} from '../rotation/restart.ts'
import {inDoubt, telling} from '../rotation/run.ts'
import type {Secret} from '../secret.ts'
import {keepLease} from '../story/lease.ts'
import {poll} from '../story/polling.ts'
import type {Room} from './events.ts'
import type {OnboardingDeps} from './request.ts'
import {gaveWay} from './rivals.ts'
import type {OnboardingRun} from './run.ts'

const REF = 'docs/runbooks/onboarding-incomplete.md'
/** Two deliveries of one create lie closer together than this, and none comes later: no gateway waits longer. */
export const ONE_CREATE_MS = 10 * 60_000
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The workspace that the inventory means; undefined where one of that name is to be created. Throws
 * `WORKSPACE_AMBIGUOUS`, and `WORKSPACE_NOT_FOUND` for an id that nobody has: ids are the platform's to give.
 */
export async function findWorkspace(
  {platform, maker}: Pick<OnboardingDeps, 'platform' | 'maker'>,
  wanted: string,
  agent: string,
): Promise<Workspace | undefined> {
  if (!UUID.test(wanted)) {
    const found = await maker.named(wanted)
    return found.length > 1 ? ambiguous(wanted, found) : found[0]
  }
  try {
    return await platform.resolve(wanted)
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'WORKSPACE_NOT_FOUND') throw error
    throw new OpsError('WORKSPACE_NOT_FOUND', `${error.message} A workspace is created by name, never by id.`, {
      suggestions: [`put the name of the new workspace into patrol.yaml as the workspace of ${agent}`],
    })
  }
}

function ambiguous(name: string, found: readonly Workspace[], options: {category?: 'incomplete'} = {}): never {
  const rows = found
    .map((each) => `${each.id} (${each.name === name ? '' : `"${each.name}", `}${each.status})`)
    .join(', ')
  throw new OpsError('WORKSPACE_AMBIGUOUS', `${found.length} workspaces are named "${name}": ${rows}.`, {
    suggestions: [
      'put the id of the right one into patrol.yaml as the workspace of the agent, and delete the other in the canvas',
    ],
    ref: REF,
    ...options,
  })
}

/** Looks whether the workspace is there, and says so to the journal. */
export async function lookForWorkspace(run: OnboardingRun): Promise<void> {
  const {workspace: wanted, agent} = run.state.terms
  const found = await findWorkspace(run.deps, wanted, agent)
  if (found) await run.record({type: 'workspace_found', workspace: placeOf(found)})
  else await run.record({type: 'workspace_absent'})
}

/**
 * Creates the workspace with the token in the create itself, once. The names are looked at right before, for the platform
 * takes the same name any number of times; a lost answer is left to `settleCreate`. Throws `WORKSPACE_REFUSED`.
 */
export async function createWorkspace(run: OnboardingRun, value: Secret): Promise<void> {
  const {deps, state: onboarding} = run
  const {workspace: name, spec, secretKey: key} = onboarding.terms
  if (await gaveWay(run)) return
  const [found, ...more] = await deps.maker.named(name)
  if (found && more.length > 0) ambiguous(name, [found, ...more])
  if (found) return run.record({type: 'workspace_found', workspace: placeOf(found)})
  await run.record({type: 'create_intended', name})
  let created
  try {
    created = await telling(deps, 'create', name, () => deps.maker.create(name, spec, {key, value}))
  } catch (error) {
    if (inDoubt(error)) return
    if (error instanceof OpsError) await run.record({type: 'create_refused', code: error.code})
    throw error
  }
  const {id, token} = created
  run.inline = {workspace: id, token}
  await run.record({type: 'created', workspace: {id, name}})
}

/**
 * After a lost answer: looks by name for as long as a create may take to show. There was none before
 * the intent, so one that holds the secret is ours, with the token that went out. Throws `WORKSPACE_AMBIGUOUS` where several came.
 */
export async function settleCreate(run: OnboardingRun, since: number): Promise<void> {
  const {deps, state: onboarding, timing} = run
  const {workspace: name, secretKey} = onboarding.terms
  const patience = Math.min(timing.lostRestartWaitMs, timing.restartTimeoutMs)
  const left = Math.max(timing.settleWaitMs, since + patience - deps.clock.now())
  tell(run, `looking whether ${name} was created`)
  const look = async (): Promise<Workspace[] | undefined> => {
    const found = await deps.maker.named(name)
    return found.length > 0 ? found : undefined
  }
  const [found, ...more] = (await poll(deps, left, look, () => keepLease(run))) ?? []
  if (!found) {
    await run.record({type: 'create_settled', workspace: null, stored: false})
    return loseValue(run)
  }
  if (more.length > 0) ambiguous(name, [found, ...more], {category: 'incomplete'})
  const stored = own(await deps.platform.secretRow(found.id, secretKey)) !== undefined
  await run.record({type: 'create_settled', workspace: placeOf(found), stored})
}

/** What an earlier process minted and did not hand over is of no use any more: values die with their process. */
export async function loseValue(run: OnboardingRun): Promise<void> {
  const {state: onboarding} = run
  if (onboarding.phase !== 'minted' || run.values.has(onboarding.candidate.id)) return
  await run.record({type: 'value_lost', token: onboarding.candidate.id})
}

/**
 * Waits until the new workspace is online; `failed` is told once it has stood for a while, unless the platform says that it
 * only stopped waiting. Throws `ONLINE_FAILED`, `ONLINE_TIMEOUT`.
 */
export async function awaitOnline(run: OnboardingRun, {id, name}: Room): Promise<void> {
  const {deps, state: onboarding, timing} = run
  tell(run, `waiting for ${name} to come online`)
  let status = 'unknown'
  const fallen = lasting(deps)
  const seen = await poll(
    deps,
    timing.restartTimeoutMs,
    async () => {
      const workspace = await deps.platform.read(id)
      status = workspace.status
      const stands = status === 'failed' && !waitedNoLonger(await deps.platform.events(id))
      const stood = fallen(stands) >= timing.failedAfterMs
      if (status === 'failed') await giveUpIfOver(run, {id, name}, stood)
      if (status === 'removed') throw failed(`${name} (${id}) was removed while it was being set up.`, [])
      return status === 'online' ? true : undefined
    },
    () => keepLease(run),
  )
  if (!seen && status === 'failed') await giveUpIfOver(run, {id, name}, true)
  if (!seen) {
    const waited = spoken(timing.restartTimeoutMs)
    throw new OpsError('ONLINE_TIMEOUT', `${name} (${id}) did not come online in ${waited}; it is ${status}.`, {
      // Some never come (june02, hosted), and the same command would wait for ever.
      suggestions: [`patrol onboarding abort ${onboarding.terms.agent}`],
      ref: REF,
    })
  }
  const row = own(await deps.platform.secretRow(id, onboarding.terms.secretKey))
  await run.record({type: 'online', updatedAt: row?.updatedAt ?? null})
}

/** The next run only looks again: another start has to be asked for, unless the platform would refuse that one too. */
async function giveUpIfOver({deps, state: onboarding}: OnboardingRun, {id, name}: Room, stood: boolean): Promise<void> {
  const {lastSampleError: reason} = await deps.platform.read(id, {detail: true})
  const isFinal = FINAL.test(reason ?? '')
  if (!stood && !isFinal) return
  throw failed(wentToFailed(name, reason), isFinal ? [] : [`patrol restart ${onboarding.terms.agent}`])
}

function failed(message: string, suggestions: string[]): OpsError {
  return new OpsError('ONLINE_FAILED', message, {suggestions, ref: REF})
}

/**
 * No second workspace may have come of a create that was lost, or that a gateway delivered twice. Throws
 * `WORKSPACE_AMBIGUOUS`, and `PLATFORM_UNEXPECTED` for a list without `ours`.
 */
export async function assertOnlyOne(run: OnboardingRun, ours?: Room): Promise<void> {
  const {workspace: name} = run.state.terms
  if (run.state.sent.length === 0) return
  const found: Workspace[] = []
  for (const each of await run.deps.maker.alike(name)) {
    if (each.name === name || (await isTwin(run, each))) found.push(each)
  }
  if (found.length > 1) ambiguous(name, found, {category: 'incomplete'})
  if (ours && !found.some(({id}) => id === ours.id)) {
    throw new OpsError(
      'PLATFORM_UNEXPECTED',
      `The platform's list lacks the workspace ${name} (${ours.id}). So it can't tell whether a second one came of it.`,
      {category: 'incomplete', ref: REF},
    )
  }
}

/** Whether a workspace with a number behind its name got its secret when ours did: from the same create. */
async function isTwin({deps, state: onboarding}: OnboardingRun, {id}: Workspace): Promise<boolean> {
  const {storedAt, terms} = onboarding
  const row = own(await deps.platform.secretRow(id, terms.secretKey))
  const apart = Date.parse(row?.updatedAt ?? '') - Date.parse(storedAt ?? '')
  return Math.abs(apart) < ONE_CREATE_MS
}

function tell({deps}: OnboardingRun, detail: string): void {
  deps.on?.({kind: 'waiting', story: undefined, act: 'online', detail, at: deps.clock.now()})
}
