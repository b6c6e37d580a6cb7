import {formatDuration, type Agent} from '../config.ts'
import type {Selected} from '../context/selection.ts'
import {EXIT, worstExit} from '../errors.ts'
import type {Server} from '../report/forge.ts'
import {planText, rotationPlansText} from '../report/plan.ts'
import {rotationText} from '../report/rotation.ts'
import type {RotationPlan, RotationRequest, RotationResult} from '../rotation/index.ts'
import {Attempts, type Shell} from './attempts.ts'
import type {Outcome} from './envelope.ts'
import type {FailureBudget} from './flags.ts'

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

/**
 * Plans all, asks once, then rotates one after another; failures are told as `Attempts` says. Several plans are shown a row
 * each, with `--verbose` every call as well. Once as many have failed as `--max-failures` says of those planned, nothing more is
 * begun.
 */
export async function rotateAll(
  {agents, said, unjudged}: Pick<Selected, 'agents' | 'said' | 'unjudged'>,
  acts: RotationActs,
  shell: Shell & {flags: {verbose: boolean; 'max-failures'?: FailureBudget | undefined}},
): Promise<Outcome<{plans: RotationPlan[]; rotations: RotationResult[]}>> {
  for (const sentence of said) shell.talk(sentence)
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
  const text: Parameters<Shell['agreed']>[0] = (on) => {
    const each = () => plans.map((plan) => planText(`Rotate ${plan.agent}`, plan, on.tint, on.width))
    if (plans.length === 1) return each().join('')
    const whole = rotationPlansText(plans, overlapIn(planned), on.tint, on.width)
    return [...(shell.flags.verbose ? each() : []), whole].join('\n\n')
  }
  const question = plans.length === 1 ? `Rotate ${plans[0]!.agent}?` : `Rotate these ${plans.length} agents?`
  const rotations: RotationResult[] = []
  const server = plans.length > 0 ? await acts.server() : undefined
  if (server && (await shell.agreed(text, question))) {
    const refused = attempts.failures
    const most = shell.flags['max-failures']?.(planned.length) ?? Infinity
    const names = planned.map(({request}) => request.agent)
    for (const [at, {request, plan}] of planned.entries()) {
      const failed = attempts.failures - refused
      if (failed >= most) {
        await attempts.leave(names.slice(at), failed)
        break
      }
      const rotating = attempt(request.agent, async () => {
        // A document about a failure shows no plan.
        if (shell.json) for (const warning of plan.warnings) shell.warn(warning)
        const result = await acts.rotate(request)
        await shell.end('done')
        rotations.push(result)
        for (const warning of result.warnings) if (!plan.warnings.includes(warning)) shell.warn(warning)
        shell.log(rotationText(result, tint, server))
      })
      await rotating.catch((error: unknown) => {
        if (at + 1 < names.length) shell.talk(`Nothing was begun for ${names.slice(at + 1).join(', ')}.`)
        throw error
      })
    }
  }
  if (agents.length === 0) shell.log('There is nobody to rotate.')
  const {exit = 0, ...ending} = attempts.ending()
  return {
    result: {plans, rotations},
    ...ending,
    exit: worstExit(unjudged.length > 0 ? [exit, EXIT.unavailable] : [exit]),
  }
}

function overlapIn(planned: readonly PlannedRotation[]): string | undefined {
  const overlapMs = planned[0]?.request.overlapMs ?? 0
  return overlapMs === 0 ? undefined : formatDuration(overlapMs)
}
