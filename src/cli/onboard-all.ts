import type {OnboardingPlan, OnboardingRequest, OnboardingResult} from '../onboarding/index.ts'
import type {Server} from '../report/forge.ts'
import {onboardedText} from '../report/onboard.ts'
import {planText} from '../report/plan.ts'
import {together} from '../together.ts'
import {Attempts, type Shell} from './attempts.ts'
import type {Outcome} from './envelope.ts'

/** The domain's calls, wired. */
export interface OnboardingActs {
  plan(request: OnboardingRequest): Promise<OnboardingPlan>
  /** The server that all is done on, asked once a plan is there. */
  server(): Promise<Server>
  /** What every writing run does besides its errand. */
  prepare(): Promise<void>
  onboard(plan: OnboardingPlan): Promise<OnboardingResult>
}

/** A plan as it is shown under `--json`. */
export type ShownPlan = Pick<
  OnboardingPlan,
  'agent' | 'user' | 'workspace' | 'begun' | 'calls' | 'changes' | 'warnings'
>

export interface Onboarded {
  plans: ShownPlan[]
  onboardings: OnboardingResult[]
}

/** What the operator's flags say. */
interface Choices {
  'dry-run'?: boolean
  concurrency: number
}

/**
 * Plans all, asks once where anything is to be changed, then onboards so many at a time; failures are told as `Attempts`
 * says.
 */
export async function onboardAll(
  requests: readonly OnboardingRequest[],
  acts: OnboardingActs,
  shell: Shell & Choices,
): Promise<Outcome<Onboarded>> {
  const attempts = new Attempts(requests, shell)
  const planned = new Map<string, OnboardingPlan>()
  await several(requests, shell.concurrency, (request) =>
    attempts.attempt(request.agent, async () => void planned.set(request.agent, await acts.plan(request))),
  )
  await shell.end('done')
  const plans = requests.flatMap(({agent}) => planned.get(agent) ?? [])
  const onboardings: OnboardingResult[] = []
  const server = plans.length > 0 ? await acts.server() : undefined
  if (server && (await agreed(plans, shell))) {
    if (plans.some(({changes}) => changes)) await acts.prepare()
    await several(plans, shell.concurrency, (plan) =>
      attempts.attempt(plan.agent, async () => {
        // A document about a failure shows no plan.
        if (shell.json) for (const warning of plan.warnings) shell.warn(warning)
        const result = await acts.onboard(plan)
        await shell.end('done')
        onboardings.push(result)
        for (const warning of result.warnings) if (!plan.warnings.includes(warning)) shell.warn(warning)
        shell.log(onboardedText(result, shell.paper.tint, server))
      }),
    )
  }
  return {result: {plans: plans.map(shown), onboardings}, ...attempts.ending()}
}

/** Where nothing is to be changed nobody is asked. */
async function agreed(plans: readonly OnboardingPlan[], shell: Shell & Choices): Promise<boolean> {
  const todo = plans.filter(({changes}) => changes)
  if (todo.length === 0 && !shell['dry-run']) return true
  const question = todo.length === 1 ? `Onboard ${todo[0]!.agent}?` : `Onboard these ${todo.length} agents?`
  const listed = shell['dry-run'] ? plans : todo
  return shell.agreed(
    (on) => listed.map((plan) => planText(`Onboard ${plan.agent}`, plan, on.tint, on.width)).join('\n\n'),
    question,
  )
}

function shown({agent, user, workspace, begun, calls, changes, warnings}: OnboardingPlan): ShownPlan {
  return {agent, user, workspace, begun, calls, changes, warnings}
}

/** Does the work for each, so many at a time, in their order; begins no more once one has thrown. */
async function several<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]()
  let thrown = false
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (thrown) return
      await work(item).catch((error: unknown) => {
        thrown = true
        throw error
      })
    }
  }
  await together(Array.from({length: Math.min(atOnce, items.length)}, worker))
}
