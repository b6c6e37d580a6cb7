import type {Agent} from '../config.ts'
import {nearest} from '../config/nearest.ts'
import type {Context} from '../context.ts'
import {OpsError, orElse} from '../errors.ts'
import {planRehearsal, rehearse} from '../rotation/index.ts'
import type {PlannedCall, Rehearsal, RehearsalDeps, RehearsalRequest} from '../rotation/index.ts'
import {handDeps, mintDeps} from './acts.ts'

/** How long a rehearsal that is interrupted may take to delete its token. */
const GRACE_MS = 10_000

/** One rehearsal to come. `refusal`: why nothing may be minted for it. */
export interface PlannedRehearsal {
  request: RehearsalRequest
  refusal: OpsError | undefined
}

/** All that are to come, and what they write. */
export interface RehearsalPlan {
  rehearsals: PlannedRehearsal[]
  calls: PlannedCall[]
  warnings: string[]
}

/** A profile, the agents that have it, and those among them with whom it may be rehearsed. */
interface Cast {
  agents: readonly Agent[]
  candidates: readonly Agent[]
}

/**
 * Who is meant: an agent, else a profile by that name; without a name each profile that an agent has. Throws `AGENT_UNKNOWN`
 * and `INVENTORY_EMPTY`.
 */
export function castOf(context: Context, name: string | undefined): Cast[] {
  const {file, agents, profiles} = context.requireConfig()
  const all = [...agents.values()]
  const of = (profile: string): Agent[] => all.filter((each) => each.profile === profile)
  const agent = name === undefined ? undefined : agents.get(name)
  if (agent) return [{agents: of(agent.profile), candidates: [agent]}]
  if (name === undefined) {
    if (all.length === 0) throw new OpsError('INVENTORY_EMPTY', {file})
    return [...Map.groupBy(all, ({profile}) => profile).values()].map((each) => ({agents: each, candidates: each}))
  }
  const known = [...agents.keys(), ...profiles.keys()]
  if (!profiles.has(name))
    throw new OpsError('AGENT_UNKNOWN', {case: 'rehearsal', name, file, near: nearest(name, known)})
  const theirs = of(name)
  if (theirs.length === 0) throw new OpsError('AGENT_UNKNOWN', {case: 'profile', profile: name, file})
  return [{agents: theirs, candidates: theirs}]
}

/** What rehearsals need; agents that are named here may be minted for. */
export async function rehearsalDeps(context: Context, cast: readonly Cast[]): Promise<RehearsalDeps> {
  for (const {candidates} of cast) for (const {name} of candidates) context.mayActOn(name)
  const {signal} = context.edges
  const [deps, tokens] = [await mintDeps(context), await context.gitea.lasting(GRACE_MS)]
  return {...deps, tokens, prober: tokens, signal, rooms: () => handDeps(context)}
}

/**
 * Whom each profile is rehearsed with, the first of its agents that has an account, and what that writes; reads only. What
 * speaks against one is its `refusal`, but for what speaks against all.
 */
export async function planRehearsals(
  context: Context,
  cast: readonly Cast[],
  choices: Pick<RehearsalRequest, 'waive' | 'command'>,
  deps: RehearsalDeps,
): Promise<RehearsalPlan> {
  const plan: RehearsalPlan = {rehearsals: [], calls: [], warnings: []}
  for (const each of cast) {
    const request = {...requestOf(context, each, await accountHolder(each, deps)), ...choices}
    const refusal = await planRehearsal(request, deps).then(
      ({calls, warnings}) => {
        plan.calls.push(...calls)
        plan.warnings.push(...warnings)
        return undefined
      },
      orElse((error) => error),
    )
    plan.rehearsals.push({request, refusal})
  }
  return plan
}

/** Rehearses one after the other; `tell` hears of each at its end. Throws as `rehearse`. */
export async function rehearseAll(
  {rehearsals}: RehearsalPlan,
  deps: RehearsalDeps,
  tell: (rehearsal: Rehearsal) => void,
): Promise<Rehearsal[]> {
  const done: Rehearsal[] = []
  for (const {request, refusal} of rehearsals) {
    const rehearsal = await rehearse(request, deps, refusal)
    done.push(rehearsal)
    tell(rehearsal)
  }
  return done
}

/** The first with an account; where none has one, the first. */
async function accountHolder({candidates}: Cast, {tokens}: RehearsalDeps): Promise<Agent> {
  for (const agent of candidates) {
    const account = await tokens.account(agent.user).catch(orElse(() => undefined, 'GITEA_USER_RENAMED'))
    if (account) return agent
  }
  return candidates[0]!
}

function requestOf(
  context: Context,
  {agents}: Cast,
  {name, user, workspace, profile, scopes, repositories, repo}: Agent,
): Omit<RehearsalRequest, 'command'> {
  const {secret: secretKey, gitea} = context.requireConfig()
  const whom = {agent: name, user, workspace, profile, scopes, repositories}
  return {...whom, secretKey, repo: repo ?? gitea.repo, agents: agents.length}
}
