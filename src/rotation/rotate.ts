import {OpsError, orElse, unclaimed, type ErrorCategory} from '../errors.ts'
import type {Secret} from '../secret.ts'
import {leased} from '../story/lease.ts'
import type {Lease, StorySummary} from '../story/ports.ts'
import {conduct as conductStory, loadStory} from '../story/run.ts'
import type {TokenRef} from '../story/tokens.ts'
import {cameLate, settleLate} from './announced.ts'
import type {RotationTerms, Waivers} from './events.ts'
import {guardWorkspace, isExternal, isGone} from './guards.ts'
import {sameLogin} from './names.ts'
import {planAndValue} from './plan.ts'
import type {Workspace} from './ports.ts'
import {readBack, readsBack, settleReadBack} from './readback.ts'
import type {DueReport, RotationDeps, RotationPlan, RotationRequest, RotationResult} from './request.ts'
import {assertReplaced, drive} from './runner.ts'
import {beginRun, openRun, ROTATION, type RotationRun} from './run.ts'
import {dueAt, isClosed, isExposed, supersededById, type Rotation} from './state.ts'
import {leftBy} from './superseded.ts'

/** What a resume may be given that the interrupted run had. */
export interface ResumeOptions {
  /** The value the agent ran on before: makes a rollback possible again, and the last proof of death. */
  oldValue?: Secret
  approval?: 'wait' | 'park'
  waive?: Waivers
}

/**
 * Replaces one agent's token, start to end: guards, mint, probe, push, restart, proof, revocation of what is due.
 * Ends well in phase `completed`, or `proven` while the overlap lasts. Every failure is an `OpsError` that says the
 * state it leaves; after the first write it names the command that resumes.
 */
export async function rotate(request: RotationRequest, deps: RotationDeps): Promise<RotationResult> {
  return besides(deps, undefined, (said) =>
    leased(deps, request.agent, async (lease) => {
      await clearTheWay(request.agent, deps, lease)
      const {plan, oldValue, stored} = await planAndValue(request, deps)
      const {superseded, deployed} = plan
      const run = await beginRun(deps, lease, {
        type: 'planned',
        terms: termsOf(request, plan, deps),
        superseded,
        deployed,
        stored,
      })
      run.warnings.push(...plan.warnings, ...said)
      keepOldValue(run, oldValue)
      return conduct(run, async () => {
        if (readsBack({...request, oldValue}, plan.workspace)) await readBack(run)
      })
    }),
  )
}

/**
 * Goes on with a rotation wherever it stopped; a finished one is returned as it is. Throws `ROTATION_UNKNOWN`,
 * `LEASE_HELD`, and what `rotate` throws.
 */
export async function resumeRotation(
  id: string,
  deps: RotationDeps,
  options: ResumeOptions = {},
): Promise<RotationResult> {
  const {terms} = await load(id, deps)
  return besides(deps, id, (said) =>
    leased(deps, terms.agent, async (lease) => {
      const rotation = await load(id, deps)
      const run = openRun(deps, lease, rotation)
      run.approval = options.approval
      run.waive = {...rotation.terms.waive, ...granted(options.waive)}
      run.restartedByOperator = rotation.phase === 'pushed' && terms.workspace.external
      run.warnings.push(...said)
      keepOldValue(run, options.oldValue)
      return conduct(run, () => prepare(run, options))
    }),
  )
}

/**
 * A run's errand, after what every run does besides. That is told at once, since an error of the errand would swallow it;
 * without a listener it is `said`, for the result. Throws as `afterDue`.
 */
export async function besides<T>(
  deps: RotationDeps,
  except: string | undefined,
  errand: (said: string[]) => Promise<T>,
): Promise<T> {
  const said: string[] = []
  const due = await finishDue(deps, except, (message) => {
    if (!deps.on) said.push(message)
    deps.on?.({kind: 'warning', story: undefined, message, at: deps.clock.now()})
  })
  return afterDue(due, () => errand(said))
}

/** Endings that say that nothing was changed. */
const UNCHANGED: ReadonlySet<ErrorCategory> = new Set(['usage', 'findings', 'auth', 'unavailable', 'refused'])

/** An errand after what was due: where that deleted something, whatever goes wrong with the errand leaves a run that has changed something. */
export async function afterDue<T>({wrote}: Pick<DueReport, 'wrote'>, errand: () => Promise<T>): Promise<T> {
  try {
    return await errand()
  } catch (error) {
    if (!wrote || !(error instanceof OpsError) || !UNCHANGED.has(error.category)) throw error
    const {code, message, suggestions, ref} = error
    const glue = message.includes('\n') ? '\n' : ' '
    const how = wrote === 'perhaps' ? 'may have been' : 'were'
    const said = `${unclaimed(message)}${glue}Tokens of earlier runs ${how} deleted before, as is told beside this.`
    throw new OpsError(code, said, {category: 'incomplete', suggestions, ...(ref !== undefined && {ref})})
  }
}

/**
 * Finishes every revocation that is due, and deletes what came late of mints whose answer was lost; every run does,
 * whatever its errand. Failures are reported, not thrown; `tell` hears of each revocation, failure and late mint at once, a
 * sentence each, whatever ends the run then.
 */
export async function finishDue(
  deps: RotationDeps,
  except?: string,
  tell: (sentence: string) => void = () => {},
): Promise<DueReport> {
  const report: DueReport = {revoked: [], held: [], late: [], wrote: false}
  // First, for what throws here has to have changed nothing.
  const open = await deps.journal.list({open: true})
  report.wrote = await settleLate(deps, (sentence) => {
    report.late.push(sentence)
    tell(sentence)
  })
  const now = deps.clock.now()
  for (const summary of open) {
    const {id, agent} = summary
    if (id === except || !isDue(summary, now)) continue
    try {
      await leased(deps, agent, async (lease) => {
        const run = openRun(deps, lease, await load(id, deps))
        const {record, deleted} = run
        run.record = async (fact) => {
          // It is gone, whether or not that can be written down.
          if (deleted.size > 0) report.wrote = true
          const {state: rotation} = run
          const orphan = rotation.discard.find((each) => deleted.has(each.id))
          await record(fact)
          if (fact.type === 'revoked') {
            const token = supersededById(rotation, fact.token)
            report.revoked.push({rotation: id, agent, token})
            tell(revocation(id, agent, token, deleted.has(token.id)))
          }
          if (orphan) {
            report.late.push(cameLate({agent}, orphan))
            tell(cameLate({agent}, orphan))
          }
        }
        await drive(run)
      })
    } catch (error) {
      if (error instanceof OpsError && error.category === 'interrupted') {
        throw report.wrote ? new OpsError(error.code, unclaimed(error.message), error) : error
      }
      const {code, message} = reasonOf(error)
      if (code === 'WRITE_IN_DOUBT') report.wrote ||= 'perhaps'
      report.held.push({rotation: id, agent, code, message})
      const due = `The old token of ${agent} (rotation ${id}) is still due: ${message}`
      tell(code === 'TOKEN_CHANGED' ? message : due)
    }
  }
  return report
}

/** Whatever went wrong with one of them is no reason to leave the others: a fault of ours is reported as well. */
function reasonOf(error: unknown): {code: string; message: string} {
  if (error instanceof OpsError) return {code: error.code, message: unclaimed(error.message)}
  return {code: 'BUG', message: `something that patrol did not foresee (${String(error)}); please report it.`}
}

/** Whether a rotation has nothing left but revocations whose time has come; `now` in ms since the epoch. */
export function isDue({phase, dueAt: due}: StorySummary, now: number): boolean {
  return phase === 'revoking' || (phase === 'proven' && (due === undefined || due <= now))
}

/**
 * Carries a run to where it can go, after `first`, and judges by `assertEnd` whether that was its aim; what it throws says
 * the state that is left.
 */
export async function conduct(
  run: RotationRun,
  first: () => Promise<void>,
  assertEnd: (run: RotationRun) => void = assertReplaced,
): Promise<RotationResult> {
  const work = async (): Promise<RotationResult> => {
    await settleReadBack(run)
    await first()
    await drive(run)
    assertEnd(run)
    return resultOf(run)
  }
  return conductStory(ROTATION, run, work, () => forgetIfUntouched(run))
}

/** Nothing was sent, so nothing has to be resumed: the rotation ends here rather than block the next one. */
async function forgetIfUntouched(run: RotationRun): Promise<void> {
  const {mints, closing} = run.state
  if (mints > 0 || closing) return
  try {
    await settleReadBack(run)
    if (run.state.readback) return
    await run.record({type: 'abort_requested'})
    await run.record({type: 'closed'})
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
  }
}

/**
 * What a resume does before the machine goes on: guards where nothing was pushed yet, values that are gone, and the old
 * value, which can still be read back.
 */
async function prepare(run: RotationRun, {oldValue}: ResumeOptions): Promise<void> {
  const {state: rotation, deps} = run
  if (isClosed(rotation) || rotation.closing) return
  await assertThere(run)
  let workspace: Workspace | undefined
  if (['planned', 'minting', 'minted', 'awaiting_approval'].includes(rotation.phase)) {
    workspace = await deps.platform.read(rotation.terms.workspace.id)
    await guardWorkspace(workspace, deps.platform, {
      waive: run.waive,
      ownWorkspace: deps.ownWorkspace,
      agent: rotation.terms.agent,
      fleet: deps.fleet,
    })
  }
  const holding = rotation.phase === 'minted' || rotation.phase === 'pushing' || rotation.phase === 'awaiting_approval'
  if (holding && rotation.candidate) await run.record({type: 'value_lost', token: rotation.candidate.id})
  const {terms, phase, discarding} = run.state
  const again = phase === 'planned' && discarding === undefined && !isExposed(run.state) && !run.state.readback
  const {onProofFailure} = terms
  const fits = oldValue?.lastEight === run.state.deployed?.lastEight ? oldValue : undefined
  if (again && workspace && readsBack({onProofFailure, oldValue: fits}, workspace)) await readBack(run)
}

/** What this run waives; a flag that was not given takes nothing back. */
function granted(waive: Waivers = {}): Waivers {
  return Object.fromEntries(Object.entries(waive).filter(([, given]) => given))
}

/** Before the proof everything is about the workspace. Throws `WORKSPACE_NOT_FOUND` once it is gone. */
async function assertThere({deps, state: rotation}: RotationRun): Promise<void> {
  const {phase, terms} = rotation
  if (phase === 'proven' || phase === 'revoking' || !(await isGone(deps, terms.workspace.id))) return
  const {id, name} = terms.workspace
  throw new OpsError('WORKSPACE_NOT_FOUND', `The platform has no workspace ${name} (${id}) any more.`)
}

/** What an earlier rotation left that changed nothing is forgotten; any other stands in the way of the plan. */
async function clearTheWay(agent: string, deps: RotationDeps, lease: Lease): Promise<void> {
  for (const {id} of await deps.journal.list({agent, open: true})) {
    await forgetIfUntouched(openRun(deps, lease, await load(id, deps)))
  }
}

/** A recorded rotation, under the login that its user has now. Throws `ROTATION_UNKNOWN`. */
export async function load(id: string, deps: RotationDeps): Promise<Rotation> {
  const rotation = await loadStory(ROTATION, deps, id)
  if (rotation) return {...rotation, terms: {...rotation.terms, user: await loginOf(rotation.terms, deps)}}
  throw new OpsError('ROTATION_UNKNOWN', `The journal has no rotation ${id}.`, {suggestions: ['patrol rotation list']})
}

/** What patrol.yaml calls the user of a rotation by now, where the server says that it was renamed to just that. */
async function loginOf({agent, user}: RotationTerms, {fleet, tokens}: RotationDeps): Promise<string> {
  const now = (await fleet.agents()).find((each) => each.agent === agent)?.user
  if (now === undefined || sameLogin(now, user)) return user
  const renamed = await tokens.account(user).then(
    () => undefined,
    orElse(({facts}) => facts),
  )
  return renamed && 'to' in renamed && sameLogin(renamed.to, now) ? now : user
}

function keepOldValue(run: RotationRun, oldValue: Secret | undefined): void {
  const {deployed} = run.state
  if (oldValue && deployed && deployed.lastEight === oldValue.lastEight) run.values.set(deployed.id, oldValue)
}

function termsOf(
  request: RotationRequest,
  {workspace, repositories}: Pick<RotationPlan, 'workspace' | 'repositories'>,
  {ids}: RotationDeps,
): RotationTerms {
  const {agent, user, secretKey, profile, scopes, repo, label, via, overlapMs, onProofFailure, approval, waive} =
    request
  const {id, name} = workspace
  return {
    rotation: ids.rotation(),
    agent,
    user,
    workspace: {id, name, external: isExternal(workspace)},
    secretKey,
    profile,
    scopes: [...scopes],
    ...(repositories && {repositories}),
    repo,
    label,
    via,
    overlapMs,
    onProofFailure,
    approval,
    waive: {...waive},
  }
}

function revocation(rotation: string, agent: string, {name, id, lastEight}: TokenRef, byUs: boolean): string {
  const what = byUs ? 'is revoked' : 'was found gone'
  return `The old token ${name} (id ${id}, …${lastEight}) of ${agent} was due and ${what} (rotation ${rotation}).`
}

/** How the run's rotation stands. */
export function resultOf({state: rotation, proof, warnings}: RotationRun): RotationResult {
  const {terms, superseded, phase} = rotation
  const {id, name} = terms.workspace
  return {
    id: terms.rotation,
    agent: terms.agent,
    user: terms.user,
    workspace: {id, name},
    phase,
    candidate: rotation.phase === 'proven' || rotation.phase === 'completed' ? rotation.candidate : null,
    superseded: phase === 'rolled_back' ? leftBy(rotation) : [...superseded],
    reason: phase === 'rolled_back' ? rotation.reason : null,
    takenBack: phase === 'rolled_back' && rotation.takenBack,
    dueAt: dueAt(rotation),
    proof,
    warnings,
  }
}
