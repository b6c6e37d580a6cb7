import {OpsError, orElse} from '../errors.ts'
import {leased} from '../story/lease.ts'
import {warn} from '../story/run.ts'
import {pendingApproval, withdraw} from './approval.ts'
import type {CloseReason, RotationFact, RotationTerms, Superseded} from './events.ts'
import {tokensOfUser} from './gate.ts'
import {settleMint} from './mint.ts'
import type {RotationDeps, RotationResult} from './request.ts'
import {discard} from './revoke.ts'
import {besides, conduct, load, resultOf} from './rotate.ts'
import {describe, openRun, type RotationRun} from './run.ts'
import {canAbort, isClosed, isExposed} from './state.ts'
import {isDeserted, objection, survey, unseenIn, type Keep, type Survey} from './survey.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'

/** An end that was decided before, of which something is left to do. */
export interface DecidedEnding {
  ending: CloseReason
}

/** What a person decides about a rotation that can't be taken back by itself. */
export interface AbortOptions {
  /** What survives; the rest of the rotation's tokens is deleted. */
  keep?: Keep | undefined
}

/**
 * Ends a rotation. One that reached no workspace yet is undone: its candidate is deleted. So is one that nobody can run
 * on any more, since its workspace or all tokens are gone. Any other needs a person's word what survives (`keep`): one side
 * only where the agent itself speaks for that (`objection`), both sides always, which leaves them to the next rotation. Any
 * end is what it is for. Throws `ABORT_REFUSED`.
 */
export async function abortRotation(
  id: string,
  deps: RotationDeps,
  {keep}: AbortOptions = {},
): Promise<RotationResult> {
  const {terms} = await load(id, deps)
  return besides(deps, id, (said) =>
    leased(deps, terms.agent, async (lease) => {
      const run = openRun(deps, lease, await load(id, deps))
      run.warnings.push(...said)
      if (isClosed(run.state)) return (await withoutDead(run, resultOf(run))).result
      const ended = async (first: () => Promise<void>): Promise<RotationResult> => {
        const {result, dead} = await withoutDead(run, await conduct(run, first, () => {}))
        for (const token of dead) warn(run, goneBefore(token))
        return result
      }
      if (run.state.closing) return ended(async () => {})
      const undone = canAbort(run.state) && keep !== 'new'
      const standing = undone ? undefined : await survey(run)
      const kept = standing && decide(run, standing, keep)
      const end: RotationFact = kept
        ? {type: 'decided', keep: kept, unseen: unseenIn(standing)}
        : {type: 'abort_requested'}
      run.heard = standing !== undefined && isHeard(standing, terms)
      const stays = standing?.secret === 'new'
      const approval = pendingApproval(run.state)
      return ended(async () => {
        if (approval !== undefined) await withdraw(run, approval)
        await settle(run)
        await run.record(end)
        if (kept === 'old' && stays) warn(run, stillStored(run))
      })
    }),
  )
}

/**
 * How a rotation stands, for the person who is to decide; undefined where an abort needs no decision, why it ends where that
 * was decided before and only what follows from it is left. Changes nothing.
 */
export async function surveyRotation(id: string, deps: RotationDeps): Promise<Survey | DecidedEnding | undefined> {
  const rotation = await load(id, deps)
  if (!isClosed(rotation) && rotation.closing) return {ending: rotation.closing}
  if (isClosed(rotation) || canAbort(rotation)) return undefined
  return leased(deps, rotation.terms.agent, async (lease) => survey(openRun(deps, lease, await load(id, deps))))
}

function decide({state: rotation}: RotationRun, standing: Survey, keep: Keep | undefined): Keep {
  const {rotation: id, agent, workspace} = rotation.terms
  const {secret, word, tokens} = standing
  const against = (each: Keep): string | undefined => objection(standing, each, agent)
  const wanted = keep ?? (isDeserted(standing) ? 'old' : undefined)
  const refusal = wanted && against(wanted)
  if (wanted && refusal === undefined) return wanted
  const ways = (['new', 'old', 'both'] as const).filter((each) => against(each) === undefined)
  const isStuck = ways.every((each) => each === 'both')
  const [toNew, toOld] = [against('new'), against('old')]
  const reasons = toNew === toOld ? toNew : `The new: ${toNew} The old: ${toOld}`
  const why = refusal ?? (isStuck ? `Neither side alone can be kept. ${reasons}` : 'A person has to say what stays.')
  // It runs on another token than is stored for it, so its next start brings it to the new one.
  const isApart = isStuck && secret === 'new' && word.holds !== 'unknown' && !workspace.external
  const restarts = isApart && tokens.some(({side, alive}) => side === 'new' && alive)
  throw new OpsError('ABORT_REFUSED', `Rotation ${id} of ${agent} can't be taken back. ${why} ${describe(rotation)}`, {
    suggestions: [
      `patrol rotation resume ${id}`,
      ...ways.map((each) => `patrol rotation abort ${id} --keep ${each}`),
      ...(restarts ? [`patrol restart ${agent}`] : []),
    ],
    ref: REF,
  })
}

/**
 * It spoke for the new token, or for one that is none of this rotation's; which of one that runs elsewhere tells nothing of
 * what it is started with next.
 */
function isHeard({word, tokens}: Survey, {workspace}: RotationTerms): boolean {
  if (word.holds === 'another') return !workspace.external
  return word.holds === 'going' && tokens.some(({id, side}) => side === 'new' && id === word.token.id)
}

/** It left alive what it did not revoke, and what somebody deleted all the same is not kept. */
async function withoutDead(
  {deps, state: {phase, terms}}: RotationRun,
  result: RotationResult,
): Promise<{result: RotationResult; dead: Superseded[]}> {
  const {superseded: tokens} = result
  if (phase !== 'rolled_back') return {result, dead: []}
  const rows = (await tokensOfUser(deps, terms.user).catch(orElse(() => tokens))) ?? []
  const dead = tokens.filter(({id, revoked}) => !revoked && !rows.some((row) => row.id === id))
  return {result: {...result, superseded: tokens.filter((token) => !dead.includes(token))}, dead}
}

function goneBefore({id, name, lastEight}: Superseded): string {
  return `${name} (id ${id}, …${lastEight}), which this rotation was to replace, is not listed any more: somebody else deleted it.`
}

/** patrol deletes no secret of a workspace: something else may read it. */
function stillStored({state: rotation}: RotationRun): string {
  const {workspace, secretKey} = rotation.terms
  return `${secretKey} of ${workspace.name} goes on holding the deleted token: delete that secret in the canvas, or store one there that works.`
}

/** What is under way at Gitea is finished before anything is decided. */
async function settle(run: RotationRun): Promise<void> {
  const {state: rotation} = run
  if (rotation.phase === 'minting' && isExposed(rotation)) await settleMint(run, rotation.name)
  const {discarding, discard: unwanted} = run.state
  const token = unwanted.find(({id}) => id === discarding)
  if (token) await discard(run, token)
}
