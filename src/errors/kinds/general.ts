import {run, type Advice} from '../advice.ts'
import {kind, nothing, text, type Texts, type ToldError} from '../kind.ts'

/** What can happen anywhere. */
export const GENERAL = {
  BUG: kind('bug', {
    meaning: 'Something happened that patrol did not foresee. Please report it.',
    says: text`The drill went wrong: ${'drill'}. Please report it with what was shown above.`,
  }),
  /** Every flag and argument is wrong in its own way, so this one is told where it is made. */
  USAGE: kind('usage', {
    meaning: 'A flag, argument or command is wrong. Nothing was called.',
    says: (told: ToldError) => told,
  }),
  INTERRUPTED: kind('interrupted', {
    meaning: 'Ctrl-C or a signal stopped the run. The journal is sound.',
    says: {
      acts: () => 'Stopped on request, between two acts.',
      request: ({why}: Texts<'why'>) => why,
      call: ({method, path}: Texts<'method' | 'path'>) => `${method} ${path.split('?')[0]} was interrupted.`,
      pause: () => 'Interrupted while waiting to ask the platform again. Nothing was in flight.',
      code: () => ['The wait for the next one-time code was interrupted.', nothing('sent')],
      probe: () => ['Probing was interrupted.', nothing('changed')],
      audit: () => 'The audit was interrupted. It sends no writes, so nothing was changed.',
      infer: () => ['Stopped before all was read, so no scopes are told.', nothing('changed')],
      watch: () => 'Ended before the first audit was complete. It sends no writes, so nothing was changed.',
      lint: ({done, of, state, mended}: Texts<'state'> & {done: number; of: number; mended: boolean}) => [
        `Stopped after ${done} of ${of} files; ${state}.`,
        ...(mended ? [run`git diff`] : []),
        run`patrol lint .`,
      ],
      rehearsal: ({became, advice}: Texts<'became'> & {advice?: Advice}) => [
        `Stopped on request, amid a rehearsal. ${became}`,
        ...(advice ? [advice] : []),
      ],
      secret: text`Stopped at the question for ${'label'}.`,
      question: () => ['Stopped at the question.', nothing('changed')],
      smoke: text`${'why'} Nothing of its schedule ${'schedule'} is left in workspace ${'workspace'}.`,
    },
  }),
  WRITE_IN_DOUBT: kind('incomplete', {
    meaning: 'A write was sent, and no answer of the server tells whether it happened.',
    ref: 'docs/runbooks/rotation-incomplete.md',
    says: {
      gitea: ({what, why}: Texts<'what' | 'why'>) => [
        `${what}: sent, but ${why}`,
        {leaves: 'in-doubt', says: 'It may have happened; it was not sent again.'},
        run`patrol rotation list`,
        run`patrol rotation resume`,
      ],
      platform: ({method, path, why}: Texts<'method' | 'path' | 'why'>) => [
        `${method} ${path.split('?')[0]} was sent to the platform, but whether it took effect is not known: ${why}`,
        run`patrol doctor`,
        run`patrol rotation list`,
      ],
    },
  }),
}
