import {OpsError} from '../errors.ts'

/** What the state of every story knows. */
export interface StoryState {
  readonly phase: string
  /** Decided before the first write. */
  readonly terms: {readonly agent: string; readonly user: string}
  /** ms since the epoch. */
  readonly startedAt: number
  /** ms since the epoch. */
  readonly updatedAt: number
  /** Events so far: the next one's number. */
  readonly events: number
}

/** A fact and when it was written, in ms since the epoch by this machine's clock. */
export type At<Fact> = Fact & {at: number}

/** The fact that every story begins with. */
export type FirstFact<Fact> = EventOf<Fact, 'planned'>

/** A fact of one type, as it was written. */
export type EventOf<Fact, Type> = At<Extract<Fact, {type: Type}>>

/** A state in one phase. */
export type InPhase<State, Phase> = Extract<State, {phase: Phase}>

/** What a story's state is made of, fact by fact. Pure: no clock, no randomness, no I/O. */
export interface Plot<State extends StoryState, Fact extends {type: string}> {
  idOf(terms: State['terms']): string
  begin(first: FirstFact<Fact>): State
  /** The state after the fact, or undefined where the fact cannot follow. */
  step(state: State, event: At<Fact>): State | undefined
  /** Of a journal that makes no sense; `?` stands for one that has no id. */
  unreadable(id: string, why: string): OpsError
}

/** A story's state from its facts. */
export interface Machine<State, Fact> {
  /**
   * The state after one more fact. Throws `JOURNAL_UNREADABLE` for a fact that cannot follow, which is how every law of the
   * order of acts is kept.
   */
  advance: (state: State | undefined, event: At<Fact>) => State
  /** Rebuilds the state from a journal; undefined for an empty one. Throws `JOURNAL_UNREADABLE`. */
  replay: (events: Iterable<At<Fact>>) => State | undefined
}

/** The machine of a plot. */
export function machineOf<State extends StoryState, Fact extends {type: string}>(
  plot: Plot<State, Fact>,
): Machine<State, Fact> {
  const isFirst = (event: At<Fact>): event is FirstFact<Fact> => event.type === 'planned'
  const advance = (state: State | undefined, event: At<Fact>): State => {
    if (isFirst(event)) {
      const begun = plot.begin(event)
      if (state) throw plot.unreadable(plot.idOf(begun.terms), 'it is planned twice')
      return begun
    }
    if (!state) throw plot.unreadable('?', `it begins with ${event.type}`)
    const next = plot.step(state, event)
    if (!next) throw plot.unreadable(plot.idOf(state.terms), `${event.type} cannot follow in phase ${state.phase}`)
    return {...next, updatedAt: event.at, events: state.events + 1}
  }
  const replay = (events: Iterable<At<Fact>>): State | undefined => {
    let state: State | undefined
    for (const event of events) state = advance(state, event)
    return state
  }
  return {advance, replay}
}

/** What every state knows after its first fact. */
export function stageOf<Terms>({terms, at}: {terms: Terms; at: number}) {
  return {terms, startedAt: at, updatedAt: at, events: 1}
}

/** Where people look at one kind of story. */
export interface StoryGuide {
  /** In a sentence: `rotation`. */
  noun: string
  /** The command that shows one; `?` stands for one that has no id. */
  look: (id: string) => string
  /** Its runbook. */
  ref: string
}

/** A journal that can't be one of this kind: damaged, or written by something else. */
export function senseless({noun, look, ref}: StoryGuide, id: string, why: string): OpsError {
  return new OpsError(
    'JOURNAL_UNREADABLE',
    `The journal of ${noun} ${id} makes no sense: ${why}. Nothing was changed by reading it.`,
    {suggestions: [look(id)], ref},
  )
}
