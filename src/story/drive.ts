import type {OpsError} from '../errors.ts'
import {heed} from './polling.ts'
import type {RunDeps} from './ports.ts'

/** How the acts of one kind of story are done. */
export interface StoryActs<State, Act extends {act: string}> {
  /** The next one; undefined where nothing is to be done now. */
  next: () => Promise<Act | undefined>
  /** How often one run begins the same write before it leaves the rest to the next. */
  most: Readonly<Partial<Record<Act['act'], number>>>
  /** What its tries are counted by. */
  errand: (act: Act) => string
  /** There were as many tries as may be. */
  exhausted: (act: Act) => OpsError
  /** `first`: this run has not tried it yet. */
  perform: (act: Act, first: boolean) => Promise<void>
  /** An act begun in the state `before` threw: throws what ends the run at once; else the next act follows. */
  failed: (error: unknown, act: Act, before: State) => void
}

/** Does one act after the other, until nothing is left to be done now. Throws what `acts` throw, and `INTERRUPTED`. */
export async function driveActs<State, Act extends {act: string}>(
  run: {readonly deps: RunDeps; readonly state: State},
  acts: StoryActs<State, Act>,
): Promise<void> {
  const tries = new Map<string, number>()
  for (;;) {
    const act = await acts.next()
    if (!act) return
    heed(run.deps.signal)
    const errand = acts.errand(act)
    const times = (tries.get(errand) ?? 0) + 1
    tries.set(errand, times)
    const kind: Act['act'] = act.act
    if (times > (acts.most[kind] ?? Infinity)) throw acts.exhausted(act)
    const before = run.state
    try {
      await acts.perform(act, times === 1)
    } catch (error) {
      acts.failed(error, act, before)
    }
  }
}
