import {EXIT, worstExit} from '../errors.ts'
import type {Rehearsal} from '../rotation/index.ts'
import type {Outcome} from './envelope.ts'

/** How rehearsals end a run: the gravest problem's exit, and each problem as a finding, or as what could not be judged. */
export function rehearsalOutcome(rehearsals: Rehearsal[]): Outcome<{rehearsals: Rehearsal[]}> {
  const problems = rehearsals.flatMap(({profile, agent, exit, steps}) =>
    steps
      .filter(({state}) => state === 'problem')
      .map(({step, code, says: message, suggestions}) => ({profile, agent, step, code, message, suggestions, exit})),
  )
  const findings = problems.filter(({exit}) => exit === EXIT.findings)
  const incomplete = problems.filter(({exit}) => exit !== EXIT.findings)
  const exit = worstExit(rehearsals.map((each) => each.exit))
  return {result: {rehearsals}, exit, findings, ...(incomplete.length > 0 && {incomplete})}
}
