import type {OpsError} from '../errors.ts'
import {isExternal} from '../rotation/guards.ts'
import type {ToldReach} from '../scopes/repositories.ts'
import type {Secret} from '../secret.ts'
import type {SmokeReport} from '../smoke/types.ts'
import type {Lease, LedgerChange} from '../story/ports.ts'
import {placed, type Whereabouts} from '../story/placements.ts'
import {mintingChanges} from '../story/minting.ts'
import {beginStory, openStory, type StoryEnd, type Story, type StoryRun} from '../story/run.ts'
import type {TokenRef} from '../story/tokens.ts'
import {ROLES, type OnboardingFact, type OnboardingEvent, type OnboardingTerms, type Room} from './events.ts'
import {advance, replay} from './machine.ts'
import type {Inline, OnboardingDeps, OnboardingPlan, WorkspaceTokenResult} from './request.ts'
import {describe, idOf, isClosed, writesInDoubt, type Onboarding} from './state.ts'

/** What a run takes from its plan. */
export type PlannedOnboarding = Pick<
  OnboardingPlan,
  'request' | 'workspace' | 'working' | 'asked' | 'beside' | 'warnings'
>

/** What an onboarding is to the engine of stories. */
export const ONBOARDING: Story<Onboarding, OnboardingFact, OnboardingDeps> = {
  advance,
  replay,
  idOf,
  facts: ROLES,
  called: () => undefined,
  journal: ({onboardings}) => onboardings,
  indexed: (onboarding) => ({workspace: onboarding.terms.workspace, closed: isClosed(onboarding), dueAt: undefined}),
  learns: ledgerChanges,
  leaves,
}

/** One run on one onboarding: besides, the values that this process still holds, and what it has seen. */
export interface OnboardingRun extends StoryRun<Onboarding, OnboardingFact, OnboardingDeps> {
  readonly plan: PlannedOnboarding
  /** Values of Gitea tokens by id; they die with the process. */
  readonly values: Map<number, Secret>
  /** What a minted token is confined to, by its id, as the server listed it. */
  readonly reaches: Map<number, ToldReach>
  inline: Inline | undefined
  proof: SmokeReport | undefined
  token: TokenRef | undefined
  workspaceToken: WorkspaceTokenResult
}

/** A run over an onboarding that is journalled up to `onboarding.events`. */
export function openRun(
  deps: OnboardingDeps,
  plan: PlannedOnboarding,
  lease: Lease,
  onboarding: Onboarding,
): OnboardingRun {
  const workspaceToken: WorkspaceTokenResult = {state: 'unknown', place: null}
  const run = openStory(ONBOARDING, deps, lease, onboarding)
  run.warnings.push(...plan.warnings)
  return Object.assign(run, {
    plan,
    values: new Map(),
    reaches: new Map(),
    inline: undefined,
    proof: undefined,
    token: undefined,
    workspaceToken,
  })
}

/** Journals the first event of a new onboarding and opens the run on it. */
export async function beginRun(deps: OnboardingDeps, plan: PlannedOnboarding, lease: Lease): Promise<OnboardingRun> {
  const terms = {...plan.request, onboarding: deps.ids.rotation()}
  const begun = await beginStory(ONBOARDING, deps, lease, {type: 'planned', terms})
  return Object.assign(openRun(deps, plan, lease, begun), {begun: true})
}

/** What the ledger learns from one event; written in the same transaction. */
function ledgerChanges(next: Onboarding, event: OnboardingEvent): LedgerChange[] {
  const {user, agent} = next.terms
  const {at} = event
  switch (event.type) {
    case 'minted':
    case 'orphan_found':
    case 'mint_settled':
    case 'discarded':
      return mintingChanges(next.terms, event)
    case 'create_intended':
    case 'created':
    case 'create_settled':
      return made(next, at)
    case 'works':
    case 'proven': {
      if (next.phase !== 'proven' || !next.token) return []
      const {id, lastEight} = next.token
      const secretUpdatedAt = next.storedAt ?? undefined
      const {workspace} = next
      const deployment = {agent, workspace: workspace.id, user, token: id, lastEight, secretUpdatedAt, at}
      return [{kind: 'deployed', deployment}, placed(whereabouts(next.terms, workspace), next.token, 'heard', at)]
    }
    default:
      return []
  }
}

/** The workspace that is made with the candidate; under its name alone until somebody has seen it. */
function made(next: Onboarding, at: number): LedgerChange[] {
  if (next.phase !== 'creating' && next.phase !== 'created') return []
  const workspace = next.phase === 'created' ? next.workspace : {id: undefined, name: next.terms.workspace}
  return [placed(whereabouts(next.terms, workspace), next.candidate, 'created', at)]
}

/** Where the ledger is to keep that a token of this onboarding is. */
export function whereabouts(
  terms: Pick<OnboardingTerms, 'agent' | 'user' | 'secretKey' | 'spec'>,
  {id, name, external}: Omit<Room, 'id'> & {id: string | undefined},
): Whereabouts {
  const outside = external ?? isExternal({runtime: terms.spec.runtime ?? ''})
  return {...terms, workspace: {id, name, external: outside}}
}

/** Before the first write an error keeps its kind; after it the onboarding is incomplete. */
function leaves({state: onboarding}: Pick<OnboardingRun, 'state'>, error: OpsError): StoryEnd {
  const {agent} = onboarding.terms
  const wrote = onboarding.wrote || writesInDoubt(onboarding).length > 0
  // Advice about rotations in general leads nowhere here; that about a certain one does.
  const others = error.suggestions.filter((suggestion) => !/^patrol rotation (?:list|resume)$/.test(suggestion))
  return {
    state: describe(onboarding),
    wrote,
    category: wrote && onboarding.phase !== 'closed' ? 'incomplete' : error.category,
    suggestions: [
      ...others,
      error.code === 'STATE_OUTDATED' ? `patrol onboarding abort ${agent}` : `patrol onboard ${agent}`,
    ],
    ref: 'docs/runbooks/onboarding-incomplete.md',
  }
}
