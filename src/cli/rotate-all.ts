import type {Agent} from '../config.ts'
import {EXIT, worstExit} from '../errors.ts'
import {planText} from '../report/plan.ts'
import {rotationText} from '../report/rotation.ts'
import type {Tint} from '../report/tint.ts'
import type {RotationPlan, RotationRequest, RotationResult} from '../rotation/index.ts'
import type {Outcome} from './envelope.ts'
import {explain, failureText} from './failure.ts'

/** The domain's two calls, wired. */
export interface Acts {
  plan(agent: Agent): Promise<Planned>
  rotate(request: RotationRequest): Promise<RotationResult>
}

interface Planned {
  request: RotationRequest
  plan: RotationPlan
}

/** What the shell lends to a long command. */
/** What is written on. */
interface Paper {
  tint: Tint
  width: number | undefined
}

export interface Shell {
  json: boolean
  warn(text: string): void
  log(text: string): void
  talk(text: string): void
  /** For results, on stdout. */
  paper: Paper
  /** For talk, on stderr. */
  aside: Paper
  agreed(plan: (on: Paper) => string, question: string): Promise<boolean>
  /** Ends what progress still shows as running. */
  end(ending: 'done' | 'stopped'): Promise<void>
  /** A stop was asked for: begin nothing new. */
  stopped(): boolean
}

/** An agent whose rotation did not come to its end, and why. */
interface Unfinished {
  agent: string
  code: string
  message: string
  suggestions: readonly string[]
  exit: number
}

/**
 * Plans all, asks once, then rotates one after another. One agent's failure is thrown as it is; among several it is
 * shown, the others go on, and the worst exit wins.
 */
export async function rotateAll(
  agents: readonly Agent[],
  acts: Acts,
  shell: Shell,
): Promise<Outcome<{plans: RotationPlan[]; rotations: RotationResult[]}>> {
  const unfinished: Unfinished[] = []
  const planned: Planned[] = []
  const attempt = async (agent: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
      await shell.end('done')
    } catch (error) {
      await shell.end('stopped')
      if (agents.length === 1 || shell.stopped()) throw error
      const failure = await explain(error)
      if (failure.status === EXIT.bug) throw error
      const {code, message, suggestions, status: exit} = failure
      unfinished.push({agent, code, message, suggestions, exit})
      shell.talk(`${agent}: ${failureText(failure, shell.aside.tint, shell.aside.width)}`)
    }
  }

  for (const agent of agents) await attempt(agent.name, async () => void planned.push(await acts.plan(agent)))
  const {tint} = shell.paper
  const plans = planned.map(({plan}) => plan)
  const text = (on: Paper): string =>
    plans.map((plan) => planText(`Rotate ${plan.agent}`, plan, on.tint, on.width)).join('\n\n')
  const question = plans.length === 1 ? `Rotate ${plans[0]!.agent}?` : `Rotate these ${plans.length} agents?`
  const rotations: RotationResult[] = []
  if (plans.length > 0 && (await shell.agreed(text, question))) {
    for (const {request, plan} of planned) {
      await attempt(request.agent, async () => {
        // A document about a failure shows no plan.
        if (shell.json) for (const warning of plan.warnings) shell.warn(warning)
        const result = await acts.rotate(request)
        await shell.end('done')
        rotations.push(result)
        for (const warning of result.warnings) if (!plan.warnings.includes(warning)) shell.warn(warning)
        shell.log(rotationText(result, tint))
      })
    }
  }
  const exit = worstExit(unfinished.map((each) => each.exit))
  return {result: {plans, rotations}, exit, ...(unfinished.length > 0 && {incomplete: unfinished})}
}
