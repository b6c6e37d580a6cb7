import type {Progress as Heard} from '../rotation/index.ts'
import {progress} from './progress.ts'

const ACTS: Record<Extract<Heard, {kind: 'act'}>['act'], string> = {
  guard: 'Guard',
  mint: 'Mint',
  probe: 'Probe the new token',
  push: 'Push',
  approval: 'Wait for approval',
  restart: 'Restart',
  smoke: 'Smoke test',
  revoke: 'Revoke',
  discard: 'Delete',
  rollback: 'Roll back',
}

/** Shows a rotation's acts while they happen. `end` settles what is still shown as running. */
export async function follow(shell: {json: boolean; warn(text: string): void}) {
  const shown = await progress(shell)
  const on = (heard: Heard): void => {
    if (heard.kind === 'act' && heard.state === 'started') shown.step(`${ACTS[heard.act]}: ${heard.detail}`)
    else if (heard.kind === 'waiting') shown.note(heard.detail)
    else if (heard.kind === 'warning') shell.warn(heard.message)
  }
  return {
    on,
    end: (outcome?: 'done' | 'failed') => shown.end(outcome),
    [Symbol.asyncDispose]: () => shown.end(),
  }
}
