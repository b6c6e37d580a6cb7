import {OpsError, unclaimed, type ErrorCategory} from '../errors.ts'
import type {At, Machine, FirstFact, StoryState} from './machine.ts'
import type {ActName, Clock, Lease, Leases, LedgerChange, RunDeps, StoryJournal, StorySummary} from './ports.ts'
import {timingOf, type Timing} from './timing.ts'

/** `intent`: it announces a write, which comes after it; `result`: anything else. */
export type Role = 'intent' | 'result'

/** What a story brings; the rest is the same for all. */
export interface Story<State extends StoryState, Fact extends {type: string}, Deps> extends Machine<State, Fact> {
  idOf(terms: State['terms']): string
  /** Every kind of fact there is. */
  facts: Readonly<Record<Fact['type'], Role>>
  journal(deps: Deps): StoryJournal<Fact>
  /** What its line in the index says besides. */
  indexed(state: State): Pick<StorySummary, 'workspace' | 'closed' | 'dueAt'>
  /** What the ledger learns from one event; written in the same transaction. */
  learns(next: State, event: At<Fact>): LedgerChange[]
  /** How it stands once the run has ended with this error. */
  leaves(run: Pick<StoryRun<State, Fact, Deps>, 'state' | 'found'>, error: OpsError): StoryEnd
  /** What listeners call one, which then hear of its phases; undefined: they hear of its acts alone. */
  called(terms: State['terms']): string | undefined
}

/** What a run that failed leaves. */
export interface StoryEnd {
  /** One sentence: what was done, by the journal. */
  state: string
  /** It is not known that nothing was changed, whatever the error says. */
  wrote: boolean
  /** Of the error, unless it says itself that somebody asked for the end, or is waited for. */
  category: ErrorCategory
  /** What of the error's advice holds, and the command that goes on. */
  suggestions: readonly string[]
  /** Its runbook, where the error names none. */
  ref: string
}

/** What every run needs. */
export type StoryDeps = RunDeps & {leases: Leases}

/** One run on one story: its state, and the lease that it writes under. */
export interface StoryRun<State, Fact, Deps> {
  readonly deps: Deps
  readonly timing: Timing
  /** Of the story. */
  readonly id: string
  /** What listeners call it. */
  readonly called: string | undefined
  state: State
  /** How it stood when this run took it up. */
  readonly found: State
  /** This run began it, so nobody else can have gone on with it. */
  begun: boolean
  lease: Lease
  readonly warnings: string[]
  /** What the latest answer was that left a write in doubt. */
  doubt: string | undefined
  /** Journals a fact. Throws `LEASE_LOST`, `JOURNAL_CONFLICT`, `STORE_*`. */
  record: (fact: Fact) => Promise<void>
}

/** A run over a story that is journalled up to `state.events`. */
export function openStory<State extends StoryState, Fact extends {type: string}, Deps extends StoryDeps>(
  story: Story<State, Fact, Deps>,
  deps: Deps,
  lease: Lease,
  state: State,
): StoryRun<State, Fact, Deps> {
  const run: StoryRun<State, Fact, Deps> = {
    deps,
    timing: timingOf(deps),
    id: story.idOf(state.terms),
    called: story.called(state.terms),
    state,
    found: state,
    begun: false,
    lease,
    warnings: [],
    doubt: undefined,
    record: (fact) => append(story, run, fact),
  }
  return run
}

/** Journals the first fact of a new story. */
export async function beginStory<State extends StoryState, Fact extends {type: string}, Deps extends StoryDeps>(
  story: Story<State, Fact, Deps>,
  deps: Deps,
  lease: Lease,
  planned: Extract<Fact, {type: 'planned'}>,
): Promise<State> {
  const event: FirstFact<Fact> = {...planned, at: deps.clock.now()}
  const state = story.advance(undefined, event)
  await write(story, deps, lease, state, event)
  tellPhase(deps, story.called(state.terms), state)
  return state
}

/** A recorded story; undefined where there is none. Throws `JOURNAL_UNREADABLE`. */
export async function loadStory<State extends StoryState, Fact extends {type: string}, Deps>(
  story: Pick<Story<State, Fact, Deps>, 'journal' | 'replay'>,
  deps: Deps,
  id: string,
): Promise<State | undefined> {
  return story.replay(await story.journal(deps).read(id))
}

/** Works on a story; what it throws says the state that is left, after `last` did what is to be done in any case. */
export async function conduct<T, State extends StoryState, Fact extends {type: string}, Deps>(
  story: Story<State, Fact, Deps>,
  run: StoryRun<State, Fact, Deps>,
  work: () => Promise<T>,
  last: () => Promise<void> = async () => {},
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await last()
    throw leavingOf(story, run, error)
  }
}

/** The same error with the state it leaves and the command that goes on. */
export function leavingOf<State extends StoryState, Fact extends {type: string}, Deps>(
  story: Pick<Story<State, Fact, Deps>, 'leaves'>,
  run: Pick<StoryRun<State, Fact, Deps>, 'state' | 'found'>,
  error: unknown,
): unknown {
  if (!(error instanceof OpsError)) return error
  const {state, wrote, category, suggestions, ref} = story.leaves(run, error)
  const said = wrote ? unclaimed(error.message) : error.message
  const glue = said.includes('\n') ? '\n' : ' '
  const asked = error.category === 'interrupted' || error.category === 'pending'
  return new OpsError(error.code, said.includes(state) ? said : `${said}${glue}${state}`, {
    category: asked ? error.category : category,
    suggestions: [...new Set(suggestions)],
    ref: error.ref ?? ref,
  })
}

/** The lease is renewed before every intent, so a run that lost it stops before it acts. */
async function append<State extends StoryState, Fact extends {type: string}, Deps extends StoryDeps>(
  story: Story<State, Fact, Deps>,
  run: StoryRun<State, Fact, Deps>,
  fact: Fact,
): Promise<void> {
  const {deps, timing, state} = run
  const at = deps.clock.now()
  const type: Fact['type'] = fact.type
  if (story.facts[type] === 'intent') run.lease = await deps.leases.renew(run.lease, timing.leaseTtlMs, at)
  const event = {...fact, at}
  const next = story.advance(state, event)
  await write(story, deps, run.lease, next, event)
  run.state = next
  if (next.phase !== state.phase) tellPhase(deps, run.called, next)
}

async function write<State extends StoryState, Fact extends {type: string}, Deps>(
  story: Story<State, Fact, Deps>,
  deps: Deps,
  lease: Lease,
  next: State,
  event: At<Fact>,
): Promise<void> {
  const {terms, phase, startedAt, updatedAt, events} = next
  const {agent, user} = terms
  const id = story.idOf(terms)
  await story.journal(deps).append({
    id,
    seq: events - 1,
    event,
    lease,
    summary: {id, agent, user, ...story.indexed(next), phase, startedAt, updatedAt, events},
    ledger: story.learns(next, event),
  })
}

function tellPhase({on, clock}: RunDeps, called: string | undefined, {phase, terms}: StoryState): void {
  if (called !== undefined) on?.({kind: 'phase', story: called, agent: terms.agent, phase, at: clock.now()})
}

/** Tells the listener that an act begins, does it, and tells that it is done. */
export async function tell<T>(
  {deps, called}: {deps: Pick<RunDeps, 'on'> & {clock: Pick<Clock, 'now'>}; called: string | undefined},
  act: ActName,
  detail: string,
  work: () => Promise<T>,
): Promise<T> {
  deps.on?.({kind: 'act', story: called, act, state: 'started', detail, at: deps.clock.now()})
  const result = await work()
  deps.on?.({kind: 'act', story: called, act, state: 'done', detail, at: deps.clock.now()})
  return result
}

/** Tells people at once, since an error would swallow the result's warnings; without a listener they go there. */
export function warn(
  {deps, called, warnings}: {deps: RunDeps; called: string | undefined; warnings: string[]},
  text: string,
): void {
  const message = unclaimed(text)
  if (!deps.on) warnings.push(message)
  deps.on?.({kind: 'warning', story: called, message, at: deps.clock.now()})
}
