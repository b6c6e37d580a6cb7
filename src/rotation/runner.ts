import {OpsError, unclaimed} from '../errors.ts'
import type {Secret} from '../secret.ts'
import {driveActs, type StoryActs} from '../story/drive.ts'
import {keepLease} from '../story/lease.ts'
import type {TokenRef} from '../story/tokens.ts'
import {warn} from '../story/run.ts'
import {awaitDecision, denied, givenInVain, withdraw} from './approval.ts'
import type {ProcessBaseline, CloseReason, RotationTerms} from './events.ts'
import {TokenChanged} from './gate.ts'
import {lateOrphans, mint, probeCandidate, settleMint} from './mint.ts'
import {prove, proveRollback, rollbackLost} from './proof.ts'
import {pushOnce, storedSince} from './push.ts'
import {claim, isLost, yielded} from './rivals.ts'
import {finishReadBack} from './readback.ts'
import {awaitNewProcess, lostRestartShows, requestRestart, restartedByItself} from './restart.ts'
import {assertDead, assertServing, discard, revoke, servedBy} from './revoke.ts'
import type {RotationRun} from './run.ts'
import {isClosed, isExposed, nextAct, unreadable, type RotationStep, type Rotation} from './state.ts'

type RotationAct = Exclude<RotationStep, {act: 'wait' | 'none'}>

/** How often one run begins the same write before it leaves the rest to a resume; on the way back it counts anew. */
const MOST: StoryActs<Rotation, RotationAct>['most'] = {mint: 3, push: 3, restart: 2}

/**
 * Does one act after the other, as the machine says, until nothing is left or only a revocation that is not due yet.
 * When an act ends the rotation (a refusal, a denial), what was begun is undone first and then the reason is thrown; where
 * undoing fails as well, both are told. So is a token that had to be left alone (`TOKEN_CHANGED`), after the rest is done.
 * What was being undone before is tried twice, and a first try that failed is only warned about; so is of an approval that was given in vain. Throws `OpsError`; the rotation's journal is sound at every moment.
 */
export async function drive(run: RotationRun): Promise<void> {
  let fault: unknown
  let hitch: unknown
  await driveActs<Rotation, RotationAct>(run, {
    async next() {
      const act = nextAct(run.state, run.deps.clock.now())
      return act.act === 'none' || act.act === 'wait' ? undefined : act
    },
    most: MOST,
    errand: ({act}) => (run.state.phase === 'rolling_back' ? `${act} back` : act),
    exhausted: ({act}) => exhausted(run, act),
    perform: (act, first) => perform(run, act, first),
    failed(error, {act}, {closing}) {
      if (error instanceof TokenChanged && act !== 'prove') {
        if (fault) warn(run, error.message)
        fault ??= error
      } else if (closing && run.state.closing) {
        if (fault || hitch) throw both(fault, error)
        hitch = error
      } else {
        if (fault instanceof OpsError) warn(run, fault.message)
        if (!run.state.closing) throw error
        // A token that was left alone is something that a person has to look at, whatever else ends the run.
        fault = fault && error instanceof OpsError ? incomplete(error) : error
      }
    },
  })
  tellGiven(run)
  if (fault) throw fault
  if (hitch instanceof OpsError) warn(run, hitch.message)
}

/** What a person allowed, and what came to its end or its proof without it; then it was told by the run that had it. */
function tellGiven(run: RotationRun): void {
  const {approved, terms} = run.state
  const {phase} = run.found
  if (approved === undefined || isClosed(run.found) || phase === 'proven' || phase === 'revoking') return
  warn(run, givenInVain({workspace: terms.workspace, key: terms.secretKey}, approved))
}

function incomplete({code, message, suggestions, ref}: OpsError): OpsError {
  return new OpsError(code, message, {category: 'incomplete', suggestions, ...(ref !== undefined && {ref})})
}

/** Throws `ROLLED_BACK`, or `YIELDED`, where the rotation ended with the old token and nobody had asked for that. */
export function assertReplaced({state: rotation}: RotationRun): void {
  if (rotation.phase !== 'rolled_back' || rotation.reason === 'aborted' || rotation.reason === 'both-kept') return
  throw rolledBack(rotation, rotation.reason)
}

/** Why the rotation ends, and why what was begun could not be undone. */
function both(fault: unknown, error: unknown): unknown {
  if (!(fault instanceof OpsError) || !(error instanceof OpsError) || fault.message === error.message) return error
  return new OpsError(
    fault.code,
    `${fault.message} Undoing what was begun failed as well: ${unclaimed(error.message)}`,
    {
      category: error.category === 'interrupted' ? 'interrupted' : 'incomplete',
      suggestions: [...new Set([...fault.suggestions, ...error.suggestions])],
      ref: fault.ref,
    },
  )
}

async function perform(run: RotationRun, act: RotationAct, first: boolean): Promise<void> {
  const {state: rotation} = run
  const {workspace} = rotation.terms
  const deps = {...run.deps, rotation}
  if (rotation.phase === 'rolling_back' && (await isLost(run, rotation.target))) {
    return rollbackLost(run, rotation.target)
  }
  switch (act.act) {
    case 'mint':
      // The plan looked just before the first; any later one comes after who knows how long.
      if (rotation.mints > 0) await claim(run)
      return mint(run, rotation.terms.repositories)
    case 'settle_mint':
      return settleMint(run, act.name)
    case 'probe':
      return probeCandidate(run, act.candidate, valueOf(run, act.candidate))
    case 'push':
      return push(run, act.token)
    case 'settle_push': {
      const updatedAt = await storedSince(
        deps,
        workspace.id,
        rotation.terms.secretKey,
        act.push.updatedAt,
        run.timing.settleWaitMs,
      )
      return run.record(updatedAt ? {type: 'pushed', updatedAt} : {type: 'push_absent'})
    }
    case 'await_approval':
      return awaitApproval(run, act.approval)
    case 'restart':
      return restart(run)
    case 'settle_restart':
      return run.record({type: 'restart_settled', happened: await lostRestartShows(deps, workspace, baseline(run))})
    case 'await_process': {
      const evidence = await awaitNewProcess(deps, workspace, baseline(run), () => keepLease(run))
      return run.record({type: 'restarted', evidence})
    }
    case 'prove':
      return prove(run, act.candidate)
    case 'prove_rollback':
      return proveRollback(run, act.token)
    case 'discard':
      return discard(run, act.token)
    case 'revoke':
      return revoke(run, act.token, first)
    case 'finish':
      return finish(run)
    case 'close':
      await finishReadBack(run)
      if (!(await foundOrphans(run))) await run.record({type: 'closed'})
      return
  }
}

async function push(run: RotationRun, token: TokenRef): Promise<void> {
  const {deps, state: rotation} = run
  const {workspace, secretKey: key} = rotation.terms
  if (rotation.phase === 'rolling_back') return pushBack(run, token)
  const lastLook = (): Promise<void> => claim(run, token)
  const keep = (): Promise<void> => keepLease(run)
  // What was sent before may be what the row shows.
  const unlessNewerThan = isExposed(rotation) ? undefined : rotation.plannedOn
  const target = {workspace, key, token: token.id, value: valueOf(run, token), unlessNewerThan, lastLook, keep}
  try {
    const {outcome} = await pushOnce({...deps, rotation}, target, run.record)
    run.doubt = outcome.why
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'SECRET_OVERWRITTEN') throw error
    await run.record({type: 'push_forestalled'})
    throw forestalled(rotation.terms)
  }
}

/** A person, or a run on a machine that calls the agent by another name. */
function forestalled({agent, workspace, secretKey}: RotationTerms): OpsError {
  return new OpsError(
    'SECRET_OVERWRITTEN',
    `Somebody wrote ${secretKey} of ${workspace.name} since this rotation was planned. That was left, and this rotation's token is stored nowhere.`,
    {suggestions: [`patrol smoke ${agent}`, `patrol rotate ${agent}`], ref: 'docs/runbooks/rotation-incomplete.md'},
  )
}

/** The old value goes back only while it works, and over nothing but our own push. */
async function pushBack(run: RotationRun, token: TokenRef): Promise<void> {
  const {deps, state: rotation, values} = run
  const {workspace, secretKey: key} = rotation.terms
  const value = values.get(token.id)
  if (!value) return run.record({type: 'rollback_dropped'})
  const lastLook = async (): Promise<void> => {
    if ((await deps.prober.liveness(value)).state === 'alive') return
    throw new OpsError('OLD_TOKEN_DEAD', `The old token …${token.lastEight} does not work any more.`)
  }
  const keep = (): Promise<void> => keepLease(run)
  const target = {workspace, key, token: token.id, value, unlessNewerThan: rotation.storedAt, lastLook, keep}
  try {
    const {outcome} = await pushOnce({...deps, rotation}, target, run.record)
    run.doubt = outcome.why
  } catch (error) {
    // The proof of the new token, which follows, says so itself.
    const dropped = error instanceof OpsError && ['SECRET_OVERWRITTEN', 'OLD_TOKEN_DEAD'].includes(error.code)
    if (dropped) return run.record({type: 'rollback_dropped'})
    throw error
  }
}

async function awaitApproval(run: RotationRun, approval: string): Promise<void> {
  const {deps, state: rotation} = run
  if (rotation.phase === 'rolling_back' && !run.values.has(rotation.target.id)) {
    await withdraw(run, approval)
    return run.record({type: 'rollback_dropped'})
  }
  const {workspace, approval: mode} = rotation.terms
  const beat = (): Promise<void> => keepLease(run)
  const decision = await awaitDecision({...deps, rotation}, workspace, approval, run.approval ?? mode, beat)
  await run.record({type: 'approval_decided', approval, decision})
  if (decision !== 'approved') throw denied(workspace.name, approval, decision)
}

async function restart(run: RotationRun): Promise<void> {
  const {deps, state: rotation} = run
  const {workspace, agent} = rotation.terms
  if (workspace.external) {
    if (run.restartedByOperator) return run.record({type: 'restarted', evidence: 'operator'})
    throw new OpsError(
      'EXTERNAL_RESTART',
      `${workspace.name} is external: restart ${agent} where it runs, then resume.`,
      {ref: 'docs/runbooks/restart-stuck.md'},
    )
  }
  if (await restartedByItself({...deps, rotation}, workspace, baseline(run))) {
    return run.record({type: 'restart_observed'})
  }
  const {why} = await requestRestart({...deps, rotation}, workspace, run.record)
  run.doubt = why
}

/** A mint whose answer was lost may have come to pass after we looked. */
async function foundOrphans(run: RotationRun): Promise<boolean> {
  if (!run.state.doubted) return false
  const orphans = await lateOrphans(run)
  for (const token of orphans) await run.record({type: 'orphan_found', token})
  return orphans.length > 0
}

async function finish(run: RotationRun): Promise<void> {
  if (await foundOrphans(run)) return
  await finishReadBack(run)
  const {superseded, deployed, terms} = run.state
  const revoked = superseded.filter((token) => token.revoked)
  const replaced = deployed && revoked.some(({id}) => id === deployed.id)
  const value = replaced ? run.values.get(deployed.id) : undefined
  const oldValue = await assertDead(run.deps, terms, revoked, value, (rows) =>
    assertServing(run.deps, servedBy(run.state), rows),
  )
  await run.record({type: 'completed', oldValue})
}

function valueOf(run: RotationRun, token: TokenRef): Secret {
  return run.values.get(token.id) ?? never(run, `the value of token ${token.id} is not at hand`)
}

function baseline(run: RotationRun): ProcessBaseline {
  return run.state.baseline ?? never(run, 'no push was recorded before the restart')
}

function never(run: RotationRun, why: string): never {
  throw unreadable(run.state.terms.rotation, why)
}

function exhausted(run: RotationRun, act: RotationStep['act']): OpsError {
  const {agent, workspace} = run.state.terms
  const last = run.doubt === undefined ? '' : ` The last one: ${run.doubt}`
  const vainly = 'were sent, and none came to pass as far as anybody can tell.'
  if (act === 'mint') {
    return new OpsError('MINT_IN_DOUBT', `Several mints for ${agent} ${vainly}${last}`)
  }
  if (act === 'push') {
    const what = `Several pushes to ${workspace.name} ${vainly}${last}`
    return new OpsError('PUSH_UNCONFIRMED', what, {suggestions: ['patrol doctor']})
  }
  return new OpsError('RESTART_IN_DOUBT', `Restarts of ${workspace.name} were sent, and none shows.${last}`, {
    ref: 'docs/runbooks/restart-stuck.md',
  })
}

/** Why there is no new token, as the end of a sentence. */
const WHY: Readonly<Record<Exclude<CloseReason, 'aborted' | 'both-kept' | 'proof-failed' | 'yielded'>, string>> = {
  'mint-refused': 'the mint was refused',
  'candidate-rejected': 'the new token would not do',
  'push-refused': 'the platform refused the push',
  'push-forestalled': 'somebody wrote the secret meanwhile',
  denied: 'the approval of the push was denied',
}

function rolledBack(
  {terms, failures, rival}: Rotation,
  reason: Exclude<CloseReason, 'aborted' | 'both-kept'>,
): OpsError {
  const {agent, rotation: id} = terms
  if (reason === 'yielded') return yielded(agent, rival!)
  const what =
    reason === 'proof-failed'
      ? `${agent} did not prove itself with the new token (${failures.join('; ')}) and was put back.`
      : `Rotation ${id} of ${agent} ended without a new token: ${WHY[reason]}.`
  return new OpsError('ROLLED_BACK', what, {
    suggestions: [`patrol rotation show ${id}`, `patrol rotate ${agent}`],
    ref: 'docs/runbooks/rotation-incomplete.md',
  })
}
