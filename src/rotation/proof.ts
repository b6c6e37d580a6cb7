import {OpsError} from '../errors.ts'
import {contradicts} from '../smoke/summary.ts'
import type {SmokeReason, SmokeReport} from '../smoke/types.ts'
import {buildAtProof} from './arrival.ts'
import {proofOf, type AskedFor} from './asking.ts'
import {TokenChanged} from './gate.ts'
import type {TokenRow} from './ports.ts'
import {overwritten, own} from './push.ts'
import type {RotationRun} from './run.ts'
import {outbid} from './rivals.ts'
import {understood} from '../scopes/repositories.ts'
import {withheld} from '../smoke/withheld.ts'
import type {RotationTerms} from './events.ts'
import {keepLease} from '../story/lease.ts'
import {placed} from '../story/placements.ts'
import {isSame, ref, type TokenRef} from '../story/tokens.ts'
import {warn} from '../story/run.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'
/** What a proof shows of an agent whose process is older than its secret. */
const NOT_RESTARTED: ReadonlySet<SmokeReason | undefined> = new Set(['not-restarted', 'stale-process', 'old-token'])

/**
 * Has the agent prove that it works with the candidate. A path that nobody could judge proves nothing and disproves
 * nothing (`PROOF_MISSING`); what speaks against the candidate itself is rolled back where the terms say so and the old
 * value is at hand, else both tokens stay (`PROOF_FAILED`). The secret must still be as we left it (`SECRET_OVERWRITTEN`).
 */
export async function prove(run: RotationRun, candidate: TokenRef): Promise<void> {
  const {deps, state: rotation} = run
  const {workspace, secretKey, agent} = rotation.terms
  const row = own(await deps.platform.secretRow(workspace.id, secretKey))
  if (row?.updatedAt !== rotation.storedAt) {
    await run.record({type: 'push_overwritten'})
    throw overwritten(workspace.name, secretKey)
  }
  const {rows, listed} = await stillThere(run, candidate)
  await outbid(run)
  const report = await askAgent(run, candidate, rows)
  const heard = report.reportedLastEight
  if (report.passed && heard === candidate.lastEight) {
    const build = await buildAtProof(secretKey, deps.platform)
    await run.record({type: 'proven', lastEight: heard, ...(build !== undefined && {build})})
    return
  }
  const cleared = run.values.has(candidate.id) ? [] : CLEARING.filter((each) => rotation.failures.includes(each))
  await run.record({type: 'proof_failed', reasons: [...new Set([...reasonsOf(report), ...cleared])]})
  if (!report.paths.some((path) => path.outcome === 'failed')) {
    throw new OpsError('PROOF_MISSING', `It is not proven that ${agent} works with the new token: ${saying(report)}.`, {
      suggestions: suggestionsOf(report),
      ref: REF,
    })
  }
  if (workspace.external && report.paths.some(({reason}) => NOT_RESTARTED.has(reason))) {
    throw new OpsError(
      'EXTERNAL_RESTART',
      `${agent} still works with a token from before the push: its process is not restarted yet. Restart it where it runs, then resume.`,
      {ref: 'docs/runbooks/restart-stuck.md'},
    )
  }
  if (cleared.length === 0 && contradicts(report) && (await canRollBack(run)))
    return run.record({type: 'rollback_started', token: run.state.deployed!})
  if (listed) throw proofFailed(agent, report, {secretKey, afresh: anew(rotation.terms)})
  await run.record({type: 'candidate_lost', seen: null})
  throw new OpsError(
    'CANDIDATE_GONE',
    `${agent} does not work with the new token …${candidate.lastEight}, and it is not listed any more: somebody deleted it. A resume mints and pushes another.`,
    {ref: REF},
  )
}

/** How to begin anew under another name of the secret: what the agent may work with under this one stays until it is proven. */
function anew({agent, rotation}: RotationTerms): string[] {
  return [`patrol rotation abort ${rotation} --keep both`, `patrol rotate ${agent}`]
}

/** What an earlier proof saw by the value itself, and a later one can't that has only the agent's word: the token is not to blame. */
const CLEARING = ['swarm-pull: wrong-status', 'swarm-pull: miscounted']

/**
 * Whether Gitea lists the candidate, before anybody is asked about it. A candidate whose row has another value by now is
 * dead: throws `TOKEN_CHANGED`, and a resume mints another. A token to be replaced that is another by now is told.
 */
async function stillThere(
  run: RotationRun,
  candidate: TokenRef,
): Promise<{rows: TokenRow[]; listed: TokenRow | undefined}> {
  const {terms, deployed} = run.state
  const rows = await run.deps.tokens.list(terms.user)
  const found = (token: TokenRef): TokenRow | undefined => rows.find(({id}) => id === token.id)
  const listed = found(candidate)
  if (listed && !isSame(listed, candidate)) {
    await run.record({type: 'candidate_lost', seen: ref(listed)})
    throw new TokenChanged(terms, candidate, listed)
  }
  const old = deployed && found(deployed)
  if (deployed && old && !isSame(old, deployed)) warn(run, new TokenChanged(terms, deployed, old).message)
  return {rows, listed}
}

/**
 * The old token is proven by the agent reporting its last eight, and by Gitea taking it: its scopes may be the very reason
 * to replace it. Throws `PROOF_MISSING`, and as `rollbackLost` and `isAlive`.
 */
export async function proveRollback(run: RotationRun, token: TokenRef): Promise<void> {
  const report = await askAgent(run, token)
  if (report.reportedLastEight === token.lastEight) {
    if (await isAlive(run, token)) return run.record({type: 'rollback_proven', lastEight: token.lastEight})
    return rollbackLost(run, token)
  }
  await run.record({type: 'proof_failed', reasons: reasonsOf(report)})
  const {agent} = run.state.terms
  throw new OpsError('PROOF_MISSING', `${agent} does not report the old token back yet: ${saying(report)}.`, {
    suggestions: [`patrol smoke ${agent}`],
    ref: REF,
  })
}

/** Asks the agent for its proof, or its word, expecting this token; `rows`: the user's, where they were listed. */
export async function askAgent(
  run: RotationRun,
  token: TokenRef,
  rows: readonly TokenRow[] = [],
  wanted: AskedFor = 'smoke',
): Promise<SmokeReport> {
  const {deps, state: rotation} = run
  const {agent, workspace, repo, label, secretKey, via} = rotation.terms
  const others = [...rotation.superseded, ...rotation.minted].filter(({id}) => id !== token.id)
  const target = {
    agent,
    workspaceId: workspace.id,
    repo,
    label,
    secretKey,
    via,
    expectLastEight: token.lastEight,
    confinedTo: understood(rows.find(({id}) => id === token.id)?.repositories),
    superseded: [...new Set(others.map(({lastEight}) => lastEight))],
    oldValues: others.flatMap(({id}) => run.values.get(id) ?? []),
    others: rows.map(({lastEight}) => lastEight),
    token: run.values.get(token.id),
  }
  const report = await proofOf({...deps, rotation}, target, () => keepLease(run), wanted)
  run.proof = report
  run.warnings.push(...(report.warnings ?? []))
  const named = [...rows, ...others, token].find(({lastEight}) => lastEight === report.reportedLastEight)
  if (named) await deps.ledger.apply([placed(rotation.terms, named, 'heard', deps.clock.now())])
  return report
}

/** There is nothing to go back to. Throws `OLD_TOKEN_DEAD`: nothing is deleted, and a resume goes forward again. */
export async function rollbackLost(run: RotationRun, token: TokenRef): Promise<never> {
  await run.record({type: 'rollback_lost'})
  throw new OpsError(
    'OLD_TOKEN_DEAD',
    `The old token …${token.lastEight} of ${run.state.terms.agent} died while it was being put back. Nothing was deleted; a resume mints and pushes another.`,
    {ref: REF},
  )
}

/**
 * Whether Gitea takes the old token: by its value where that is at hand, else by its row. Throws `TOKENS_DOUBTED` for a
 * list that lacks the candidate as well, and `GITEA_UNUSABLE` where Gitea does not say.
 */
async function isAlive(run: RotationRun, token: TokenRef): Promise<boolean> {
  const {deps, state: rotation, values} = run
  const {user} = rotation.terms
  const value = values.get(token.id)
  if (value) {
    const {state, evidence} = await deps.prober.liveness(value)
    if (state !== 'unknown') return state === 'alive'
    const why = `Whether the old token …${token.lastEight} still works is not known: no usable answer came (HTTP ${evidence.status}).`
    throw new OpsError('GITEA_UNUSABLE', why, {suggestions: ['patrol doctor']})
  }
  const rows = await deps.tokens.list(user)
  if (rows.some((row) => isSame(row, token))) return true
  const ours = new Set(rotation.minted.map(({id}) => id))
  if (rows.some(({id}) => ours.has(id))) return false
  throw new OpsError(
    'TOKENS_DOUBTED',
    `The list of the tokens of ${user} shows neither the old nor the new token of this rotation, so nothing is concluded from it.`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}

async function canRollBack(run: RotationRun): Promise<boolean> {
  const {terms, deployed} = run.state
  if (terms.onProofFailure !== 'rollback' || terms.workspace.external || !deployed) return false
  const value = run.values.get(deployed.id)
  return value !== undefined && (await run.deps.prober.liveness(value)).state === 'alive'
}

/** Ids of what went wrong, path by path. */
export function reasonsOf({paths}: SmokeReport): string[] {
  return paths
    .filter(({outcome}) => outcome !== 'passed')
    .map(({path, reason, outcome}) => `${path}: ${reason ?? outcome}`)
}

/** What is missing, in words. */
export function saying({paths}: SmokeReport): string {
  const open = paths.filter(({outcome}) => outcome !== 'passed').map(({path, message}) => `${path}: ${message}`)
  return open.length > 0 ? open.join('; ') : 'it did not say which token it holds'
}

export function suggestionsOf({paths}: SmokeReport): string[] {
  return [...new Set(paths.flatMap(({suggestions}) => suggestions ?? []))]
}

/**
 * A path failed: the agent does not work. Where it can't under that name of its secret, another name is of use only to what is
 * begun `afresh`.
 */
export function proofFailed(
  agent: string,
  report: SmokeReport,
  {secretKey, afresh}: {secretKey: string; afresh: readonly string[]},
): OpsError {
  const {remedy} = withheld(secretKey)
  const renames = suggestionsOf(report).includes(remedy)
  const failures = report.paths.filter(({outcome}) => outcome === 'failed')
  const lines = [
    ...failures.map(({path, message}) => `  ${path}: ${message}`),
    ...(renames ? [`What is begun ends with ${secretKey}: for another secret abort it, and begin anew.`] : []),
  ]
  return new OpsError('PROOF_FAILED', [`${agent} does not work with the new token:`, ...lines].join('\n'), {
    suggestions: renames ? [remedy, ...afresh] : suggestionsOf(report),
    ref: REF,
  })
}
