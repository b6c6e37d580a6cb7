import type {ActName, RotationPhase, StoryProgress as Heard} from '../rotation/index.ts'
import {progress} from './progress.ts'
import type {StepEnding} from './progress.ts'

/** What each act is called while it runs. */
export const ACTS: Record<ActName, string> = {
  guard: 'Guard',
  mint: 'Mint',
  probe: 'Probe the new token',
  push: 'Push',
  approval: 'Wait for approval',
  restart: 'Restart',
  smoke: 'Smoke test',
  ask: 'Ask',
  revoke: 'Revoke',
  discard: 'Delete',
  rollback: 'Roll back',
  account: 'User',
  join: 'Membership',
  create: 'Create workspace',
  online: 'Wait for online',
  keep: 'Keep the workspace token',
}

/** Acts that have succeeded once their call has; the others still have to be seen in what follows. */
const DONE_WHEN_ANSWERED: readonly ActName[] = ['ask', 'revoke', 'discard']
/** Phases that are entered because the running act reached its aim, and those entered because it did not. */
const REACHED: ReadonlySet<string> = new Set<RotationPhase>([
  'minted',
  'awaiting_approval',
  'pushed',
  'restarted',
  'proven',
  'completed',
])
const MISSED: ReadonlySet<string> = new Set<RotationPhase>(['planned', 'rolling_back', 'rolled_back', 'overtaken'])

/** Shows a rotation's acts while they happen. `end` settles what is still shown as running. */
export async function follow(shell: {json: boolean; warn(text: string): void}) {
  const shown = await progress(shell)
  let running: ActName | undefined
  /** Whose act that is: a rotation within an onboarding has its own. */
  let story: string | undefined
  let waits = false
  const settle = (ending: StepEnding): void => {
    shown.settle(ending)
    running = undefined
    waits = false
  }
  const begin = (heard: Heard & {act: ActName}, title: string): void => {
    shown.step(title)
    running = heard.act
    story = heard.story
    waits = false
  }
  const on = (heard: Heard): void => {
    if (heard.kind === 'warning') shell.warn(heard.message)
    else if (heard.kind === 'phase') {
      // Another story begins, or ended, once what ran had done its part.
      if (REACHED.has(heard.phase) || heard.story !== story) settle('done')
      else if (MISSED.has(heard.phase)) settle('stopped')
    } else if (heard.kind === 'waiting') {
      if (running !== heard.act) begin(heard, ACTS[heard.act])
      shown.note(heard.detail)
      waits = heard.act === 'approval'
    } else if (heard.state === 'done') {
      if (DONE_WHEN_ANSWERED.includes(heard.act)) settle('done')
    } else if (running === heard.act && running === 'restart') shown.note(`asking for a restart of ${heard.detail}`)
    else begin(heard, `${ACTS[heard.act]}: ${heard.detail}`)
  }
  const end = async (ending: 'done' | 'stopped'): Promise<void> => {
    settle(ending === 'stopped' && waits ? 'waits' : ending)
    await shown.end()
  }
  return {on, end, /** Left without an end, the running act stopped. */ [Symbol.asyncDispose]: () => end('stopped')}
}

/** The same for several at once: one live list for one at a time, else a plain line for each act, with its agent. */
export async function followSeveral(
  shell: {json: boolean; warn(text: string): void; talk(text: string): void},
  atOnce: number,
) {
  if (atOnce <= 1) {
    const {on, ...shown} = await follow(shell)
    return {...shown, on: () => on}
  }
  const on =
    (agent: string) =>
    (heard: Heard): void => {
      if (heard.kind === 'warning') shell.warn(`${agent}: ${heard.message}`)
      else if (heard.kind === 'act' && heard.state === 'started') {
        shell.talk(`- ${agent}: ${ACTS[heard.act]}: ${heard.detail}`)
      }
    }
  return {on, end: async () => {}, [Symbol.asyncDispose]: async () => {}}
}
