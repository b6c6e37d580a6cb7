import {run} from '../advice.ts'
import {kind, nothing, type Texts} from '../kind.ts'

/** What the journal has of rotations and onboardings, and what not. */
export const RECORDS = {
  ROTATION_UNKNOWN: kind('usage', {
    meaning: 'No rotation of this id in the journal. Nothing was called.',
    says: {
      none: () => ['No rotation is unfinished.', nothing('changed'), run`patrol rotation list`],
      name: ({name}: Texts<'name'>) => [missing(name), nothing('changed'), run`patrol rotation list`],
      /** To whom only looks. */
      look: ({name}: Texts<'name'>) => [missing(name), run`patrol rotation list`],
      elsewhere: ({id, agent}: Texts<'id' | 'agent'>) => ({
        what: `Rotation ${id} of ${agent} was made on other servers than those that patrol.yaml names, or before patrol kept servers apart.`,
        state: nothing('changed'),
        advice: [run`patrol rotation show ${id}`],
        ref: 'docs/runbooks/other-servers.md',
      }),
    },
  }),
  ABORT_REFUSED: kind('refused', {
    meaning:
      'The workspace may hold the new token: a person has to say what stays, or nothing shows that the agent outlives the deletion of that side.',
    says: {
      completed: ({id, agent}: Texts<'id' | 'agent'>) => [
        `Rotation ${id} of ${agent} is completed: there is nothing to abort.`,
        nothing('changed'),
        run`patrol rotation show ${id}`,
      ],
    },
  }),
  ONBOARDING_OPEN: kind('refused', {
    meaning: 'An onboarding of this agent is unfinished; the same onboard command goes on.',
    ref: 'docs/runbooks/onboarding-incomplete.md',
    says: ({id, agent, stands}: Texts<'id' | 'agent' | 'stands'>) => [
      `Onboarding ${id} of ${agent} is unfinished. ${stands}`,
      run`patrol onboard ${agent}`,
      run`patrol onboarding abort ${agent}`,
    ],
    state: nothing('changed'),
  }),
}

function missing(name: string): string {
  return `The journal has no rotation of "${name}".`
}
