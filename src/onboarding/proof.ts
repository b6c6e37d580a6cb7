import {OpsError} from '../errors.ts'
import type {RotationDeps} from '../rotation/index.ts'
import {proofOf} from '../rotation/asking.ts'
import type {SmokeTarget, TokenRow} from '../rotation/ports.ts'
import {proofFailed, reasonsOf, saying, suggestionsOf} from '../rotation/proof.ts'
import {own} from '../rotation/push.ts'
import {compareReach, understood} from '../scopes/repositories.ts'
import {compare} from '../scopes/sets.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {keepLease} from '../story/lease.ts'
import {isSame, ref, type TokenRef} from '../story/tokens.ts'
import type {Room} from './events.ts'
import type {OnboardingRequest, Working} from './request.ts'
import type {OnboardingRun} from './run.ts'

const REF = 'docs/runbooks/onboarding-incomplete.md'

/**
 * Has the new agent prove all three paths, with the last eight of the token it was given. Throws `PROOF_MISSING` where
 * nobody could judge, `PROOF_FAILED` where it does not work. A secret that was written since, or a token that is gone or has another value,
 * is journalled as `overtaken`: what the agent runs on has to be found out anew.
 */
export async function prove(run: OnboardingRun, candidate: TokenRef, workspace: Room): Promise<void> {
  const {deps, state: onboarding} = run
  const {terms, storedAt, minted} = onboarding
  const row = own(await deps.platform.secretRow(workspace.id, terms.secretKey))
  const rows = await deps.tokens.list(terms.user)
  const listed = rows.find(({id}) => id === candidate.id)
  if ((row?.updatedAt ?? null) !== storedAt || (listed && !isSame(listed, candidate))) {
    return run.record({type: 'overtaken'})
  }
  const others = minted.filter(({id}) => id !== candidate.id)
  const target = {...targetOf(terms, workspace.id, candidate, others), confinedTo: understood(listed?.repositories)}
  const hand = {token: run.values.get(candidate.id), others: rows.map(({lastEight}) => lastEight)}
  const report = await proofOf(deps, {...target, ...hand}, () => keepLease(run))
  run.proof = report
  run.warnings.push(...(report.warnings ?? []))
  if (report.passed && report.reportedLastEight === candidate.lastEight) {
    run.token = candidate
    return run.record({type: 'proven', lastEight: candidate.lastEight})
  }
  // A list that lacks the token is believed together with an agent that can't work.
  if (!listed && report.paths.some(({outcome}) => outcome === 'failed')) return run.record({type: 'overtaken'})
  await run.record({type: 'proof_failed', reasons: reasonsOf(report)})
  if (report.paths.some(({outcome}) => outcome === 'failed')) {
    const afresh = [`patrol onboarding abort ${terms.agent}`, `patrol onboard ${terms.agent}`]
    throw proofFailed(terms.agent, report, {secretKey: terms.secretKey, afresh})
  }
  throw new OpsError(
    'PROOF_MISSING',
    `It is not proven that ${terms.agent} works with the new token: ${saying(report)}.`,
    {
      suggestions: suggestionsOf(report),
      ref: REF,
    },
  )
}

/**
 * The token of its user that an agent in this workspace proves to work with: one that Gitea lists with all scopes of the
 * profile. Undefined where there is none, where the workspace is not online, and where the agent does not prove it.
 * `asked`: whether the agent had to be asked; `beat` as for `proofOf`.
 */
export async function workingToken(
  request: OnboardingRequest,
  workspace: {id: string; status: string},
  rows: readonly TokenRow[],
  deps: RotationDeps,
  beat?: () => Promise<void>,
): Promise<{asked: boolean; working: Working | undefined}> {
  const fit = rows.filter((token) => isFit(token, request))
  const stored = own(await deps.platform.secretRow(workspace.id, request.secretKey))
  if (fit.length === 0 || !stored || workspace.status !== 'online') return {asked: false, working: undefined}
  const deployed = await deps.ledger.deployed(request.agent, workspace.id, request.user)
  const likely =
    fit.find(({id}) => id === deployed?.token) ?? fit.find(({name}) => name.startsWith('patrol.')) ?? fit[0]!
  let expected: TokenRow | undefined = likely
  for (let tries = 1; expected && tries <= 2; tries++) {
    const {id: asked} = expected
    const others = rows.filter(({id}) => id !== asked)
    const target = {...targetOf(request, workspace.id, expected, others), confinedTo: understood(expected.repositories)}
    const proof: SmokeReport = await proofOf(deps, target, beat)
    const heard = proof.reportedLastEight
    if (proof.passed && heard === expected.lastEight) {
      const {scopes, repositories: told} = expected
      const {updatedAt} = stored
      return {asked: true, working: {token: ref(expected), scopes, reach: understood(told), updatedAt, proof}}
    }
    expected = fit.find(({id, lastEight}) => lastEight === heard && id !== likely.id)
  }
  return {asked: true, working: undefined}
}

/** Whether a token has what the profile needs, by its row. */
function isFit({scopes, strange, repositories: told = 'all'}: TokenRow, request: OnboardingRequest): boolean {
  if (strange) return false
  const lacking = compare(scopes, request.scopes).missing
  return lacking.length === 0 && compareReach(understood(told) ?? [], request.repositories ?? []).missing.length === 0
}

function targetOf(
  {agent, repo, label, secretKey, via}: OnboardingRequest,
  workspaceId: string,
  {lastEight: expectLastEight}: TokenRef,
  others: readonly TokenRef[],
): SmokeTarget {
  const superseded = [...new Set(others.map(({lastEight}) => lastEight))]
  return {agent, workspaceId, repo, label, secretKey, via, expectLastEight, superseded}
}
