import {OpsError} from '../errors.ts'
import {replay, resumeRotation, rotate, type RotationDeps, type RotationRequest} from '../rotation/index.ts'
import {keepLease} from '../story/lease.ts'
import type {Lease, Leases} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import {isClosed} from '../rotation/state.ts'
import type {Room, OnboardingTerms} from './events.ts'
import {workingToken} from './proof.ts'
import {gaveWay} from './rivals.ts'
import type {OnboardingRun} from './run.ts'
import {assertOnlyOne} from './workspace.ts'

/**
 * What becomes of a workspace that is there already: an agent that proves to work is left as it is; any other gets its
 * token by a rotation, which guards, mints, pushes, restarts and proves, and replaces only earlier tokens of patrol's.
 */
export async function takeOver(run: OnboardingRun, workspace: Room, rotation: string | undefined): Promise<void> {
  if (rotation !== undefined) return conduct(run, workspace, rotation)
  const {plan, deps, state: onboarding} = run
  if (plan.working && plan.workspace.id === workspace.id) return leave(run, plan.working)
  if (await gaveWay(run)) return
  if (!plan.asked) {
    const {terms} = onboarding
    const [fresh, rows] = [await deps.platform.read(workspace.id), await deps.tokens.list(terms.user)]
    const {working} = await workingToken(terms, fresh, rows, deps, () => keepLease(run))
    if (working) return leave(run, working)
  }
  // It replaces our own earlier tokens, and a create that was lost may have sent one of them somewhere.
  await assertOnlyOne(run, workspace)
  const id = deps.ids.rotation()
  await run.record({type: 'rotation_intended', rotation: id})
  return conduct(run, workspace, id)
}

async function leave(
  run: OnboardingRun,
  {token, updatedAt, proof}: NonNullable<OnboardingRun['plan']['working']>,
): Promise<void> {
  run.proof = proof
  run.token = token
  await run.record({type: 'works', token, updatedAt})
}

/** Begins the rotation of this id, or goes on with it; what ended without a proof is begun anew by the next run. */
async function conduct(run: OnboardingRun, workspace: Room, id: string): Promise<void> {
  const {deps} = run
  const rotating: RotationDeps = {...deps, leases: lent(run), ids: {rotation: () => id}}
  const begun = (await deps.journal.read(id)).length > 0
  let result
  try {
    result = begun ? await resumeRotation(id, rotating) : await rotate(requestOf(run.state.terms, workspace), rotating)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    const rotation = replay(await deps.journal.read(id))
    if (!rotation || isClosed(rotation)) await run.record({type: 'rotation_ended', proven: false})
    throw anew(error, run.state.terms)
  }
  const {candidate, proof, phase, warnings} = result
  run.warnings.push(...warnings)
  run.proof = proof
  await run.record({type: 'rotation_ended', proven: phase !== 'rolled_back'})
  // One that was aborted, or overtaken by another machine's, leaves the agent on another token.
  if (!candidate) return
  run.token = candidate
  await nameOthers(run, candidate)
}

/** Another rotation has no place before the onboarding's end. */
function anew({code, category, message, suggestions, ref}: OpsError, {agent}: OnboardingTerms): OpsError {
  const ours = suggestions.map((each) =>
    each === `patrol rotate ${agent}` ? `patrol onboarding abort ${agent}` : each,
  )
  return new OpsError(code, message, {category, suggestions: ours, ref})
}

/** Whoever set the agent up before minted its tokens: they are named, and left to people. */
async function nameOthers({deps, state: onboarding, warnings}: OnboardingRun, token: TokenRef): Promise<void> {
  const {agent, user} = onboarding.terms
  const others = (await deps.tokens.list(user)).filter(({id}) => id !== token.id)
  for (const {id, name} of others) {
    warnings.push(`${name} (id ${id}) of ${user} still works; once nobody needs it: patrol revoke ${agent} --id ${id}`)
  }
}

/** The rotation works under the lease that this run holds already; those of other agents, whose revocations are due, it takes. */
function lent(run: OnboardingRun): Leases {
  const {leases} = run.deps
  const ours = ({name}: Pick<Lease, 'name'>): boolean => name === run.lease.name
  return {
    look: async (name, now) => (ours({name}) ? undefined : leases.look(name, now)),
    acquire: async (name, ttlMs, now) => (ours({name}) ? run.lease : leases.acquire(name, ttlMs, now)),
    renew: (lease, ttlMs, now) => leases.renew(lease, ttlMs, now),
    async release(lease) {
      if (!ours(lease)) await leases.release(lease)
    },
  }
}

function requestOf(terms: OnboardingTerms, workspace: Room): RotationRequest {
  const {agent, user, secretKey, profile, scopes, repositories, repo, label, via, approval, waive} = terms
  return {
    agent,
    user,
    workspace: workspace.id,
    secretKey,
    profile,
    scopes,
    repositories,
    repo,
    label,
    via,
    approval,
    waive,
    overlapMs: 0,
    onProofFailure: 'keep',
    // Beside tokens of patrol's own nothing of the user is touched.
    supersede: [],
  }
}
