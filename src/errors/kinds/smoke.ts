import {kind, text} from '../kind.ts'

/** The proof from inside an agent. */
export const SMOKE = {
  SCHEDULE_LEFT: kind('incomplete', {
    meaning: 'A smoke test ended early and its every-minute schedule may still be there.',
    ref: 'docs/runbooks/rotation-incomplete.md',
    says: text`${'why'} And ${'left'}`,
  }),
}
