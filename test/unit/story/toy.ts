import {OpsError} from '../../../src/errors.ts'
import {driveActs} from '../../../src/story/drive.ts'
import {leased} from '../../../src/story/lease.ts'
import {machineOf, senseless, stageOf, type StoryState} from '../../../src/story/machine.ts'
import type {StoryJournal} from '../../../src/story/ports.ts'
import {beginStory, conduct, loadStory, openStory, type Story, type StoryDeps} from '../../../src/story/run.ts'

/** A third story, of a postman: each letter is brought once, whatever becomes of the process and of the answers. */
interface Terms {
  round: string
  agent: string
  user: string
  letters: string[]
}

type Fact =
  | {type: 'planned'; terms: Terms}
  | {type: 'delivery_intended'; letter: string}
  | {type: 'delivered'; letter: string}
  | {type: 'delivery_settled'; letter: string; arrived: boolean}
  | {type: 'completed'}

type Round = StoryState & {
  terms: Terms
  phase: 'walking' | 'completed'
  delivered: string[]
  underway: string | undefined
}
type Act = {act: 'deliver'; letter: string} | {act: 'settle'; letter: string} | {act: 'finish'}
export type ToyFact = Fact

/** Where letters go. */
export interface Houses {
  /** Throws `WRITE_IN_DOUBT` where the answer was lost. */
  bring(letter: string): Promise<void>
  has(letter: string): Promise<boolean>
}

type Deps = StoryDeps & {houses: Houses; rounds: StoryJournal<Fact>}

const idOf = ({round}: Pick<Terms, 'round'>): string => round
const shown = {noun: 'round', look: () => 'patrol doctor', ref: 'docs/runbooks/rotation-incomplete.md'}

const ROUND: Story<Round, Fact, Deps> = {
  ...machineOf<Round, Fact>({
    idOf,
    begin: (first) => ({...stageOf(first), phase: 'walking', delivered: [], underway: undefined}),
    step(round, event) {
      const {delivered, underway, terms} = round
      if (event.type === 'planned') return undefined
      if (event.type === 'completed') {
        return delivered.length === terms.letters.length ? {...round, phase: 'completed'} : undefined
      }
      const {letter} = event
      if (event.type === 'delivery_intended') return underway === undefined ? {...round, underway: letter} : undefined
      if (underway !== letter) return undefined
      const arrived = event.type === 'delivered' || event.arrived
      return {...round, underway: undefined, delivered: arrived ? [...delivered, letter] : delivered}
    },
    unreadable: (id, why) => senseless(shown, id, why),
  }),
  idOf,
  facts: {
    planned: 'result',
    delivery_intended: 'intent',
    delivered: 'result',
    delivery_settled: 'result',
    completed: 'result',
  },
  journal: ({rounds}) => rounds,
  indexed: ({phase}) => ({workspace: '', closed: phase === 'completed', dueAt: undefined}),
  learns: () => [],
  called: idOf,
  leaves: ({state: {delivered, terms, events}}, {category}) => ({
    state: `${delivered.length} of ${terms.letters.length} letters are delivered.`,
    wrote: events > 1,
    category: events > 1 ? 'incomplete' : category,
    suggestions: ['patrol doctor'],
    ref: shown.ref,
  }),
}

function nextAct({phase, underway, delivered, terms}: Round): Act | undefined {
  if (phase === 'completed') return undefined
  if (underway !== undefined) return {act: 'settle', letter: underway}
  const letter = terms.letters.find((each) => !delivered.includes(each))
  return letter === undefined ? {act: 'finish'} : {act: 'deliver', letter}
}

/** Begins the round, or goes on with it, under the agent's lease. */
export async function walk(terms: Terms, deps: Deps): Promise<Round> {
  return leased(deps, terms.agent, async (lease) => {
    const begun = await loadStory(ROUND, deps, terms.round)
    const run = openStory(ROUND, deps, lease, begun ?? (await beginStory(ROUND, deps, lease, {type: 'planned', terms})))
    const perform = async (act: Act): Promise<void> => {
      if (act.act === 'finish') return run.record({type: 'completed'})
      const {letter} = act
      if (act.act === 'settle') {
        return run.record({type: 'delivery_settled', letter, arrived: await deps.houses.has(letter)})
      }
      await run.record({type: 'delivery_intended', letter})
      try {
        await deps.houses.bring(letter)
      } catch (error) {
        if (error instanceof OpsError && error.code === 'WRITE_IN_DOUBT') return
        throw error
      }
      return run.record({type: 'delivered', letter})
    }
    return conduct(ROUND, run, async () => {
      await driveActs<Round, Act>(run, {
        next: async () => nextAct(run.state),
        most: {deliver: 2},
        errand: (act) => JSON.stringify(act),
        exhausted: () => new OpsError('WRITE_IN_DOUBT', 'A letter was brought twice, and did not arrive.'),
        perform,
        failed(error) {
          throw error
        },
      })
      return run.state
    })
  })
}
