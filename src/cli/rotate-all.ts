import type {Agent} from '../config.ts'
import type {Server} from '../report/forge.ts'
import {planText} from '../report/plan.ts'
import {rotationText} from '../report/rotation.ts'
import type {RotationPlan, RotationRequest, RotationResult} from '../rotation/index.ts'
import {Attempts, type Shell} from './attempts.ts'
import type {Outcome} from './envelope.ts'

/** The domain's two calls, wired. */
export interface RotationActs {
  plan(agent: Agent): Promise<PlannedRotation>
  /** The server that all is done on, asked once a plan is there. */
  server(): Promise<Server>
  rotate(request: RotationRequest): Promise<RotationResult>
}

interface PlannedRotation {
  request: RotationRequest
  plan: RotationPlan
}

/** Plans all, asks once, then rotates one after another; failures are told as `Attempts` says. */
export async function rotateAll(
  agents: readonly Agent[],
  acts: RotationActs,
  shell: Shell,
): Promise<Outcome<{plans: RotationPlan[]; rotations: RotationResult[]}>> {
  const attempts = new Attempts(agents, shell)
  const planned: PlannedRotation[] = []
  const attempt = (agent: string, work: () => Promise<void>): Promise<void> =>
    attempts.attempt(agent, async () => {
      await work()
      await shell.end('done')
    })

  for (const agent of agents) await attempt(agent.name, async () => void planned.push(await acts.plan(agent)))
  const {tint} = shell.paper
  const plans = planned.map(({plan}) => plan)
  const text: Parameters<Shell['agreed']>[0] = (on) =>
    plans.map((plan) => planText(`Rotate ${plan.agent}`, plan, on.tint, on.width)).join('\n\n')
  const question = plans.length === 1 ? `Rotate ${plans[0]!.agent}?` : `Rotate these ${plans.length} agents?`
  const rotations: RotationResult[] = []
  const server = plans.length > 0 ? await acts.server() : undefined
  if (server && (await shell.agreed(text, question))) {
    for (const {request, plan} of planned) {
      await attempt(request.agent, async () => {
        // A document about a failure shows no plan.
        if (shell.json) for (const warning of plan.warnings) shell.warn(warning)
        const result = await acts.rotate(request)
        await shell.end('done')
        rotations.push(result)
        for (const warning of result.warnings) if (!plan.warnings.includes(warning)) shell.warn(warning)
        shell.log(rotationText(result, tint, server))
      })
    }
  }
  return {result: {plans, rotations}, ...attempts.ending()}
}
