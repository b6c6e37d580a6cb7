import type {Context} from '../context.ts'
import {alsoTelling, orElse, unclaimed} from '../errors.ts'
import type {SecretRow, SmokeTarget} from '../rotation/ports.ts'
import type {ActDeps} from '../rotation/request.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {handDeps, smokeOf} from './acts.ts'
import {smokeTarget} from './subjects.ts'

/** How an agent is asked; `on` hears what is waited for. */
interface SmokeOptions extends Required<Pick<ActDeps, 'on' | 'signal'>> {
  via: SmokeTarget['via']
  file: string | undefined
}

/**
 * Has an agent prove itself, and notes on which token it did, where that can be told. Throws as `smokeTarget` and
 * `Smoke.prove`; what can't be noted is a warning of the report.
 */
export async function smokeAgent(
  context: Context,
  name: string,
  {via, file, signal, on}: SmokeOptions,
): Promise<SmokeReport> {
  const target = await smokeTarget(context, name, via, file)
  const platform = await context.platform.client()
  const before = await platform.secretRow(target.workspaceId, target.secretKey)
  const {proofOf} = await import('../rotation/asking.ts')
  const report = await proofOf({smoke: await smokeOf(context), clock: context.clock, signal, on}, target)
  const noted = note(context, target, report, before).then(() => report)
  const unnoted = noted.catch(
    orElse(({message}) => {
      const warnings = [...(report.warnings ?? []), `What was proven could not be noted: ${unclaimed(message)}`]
      return {...report, warnings}
    }),
  )
  return unnoted.catch(alsoTelling(report.warnings ?? []))
}

/** What it named is kept, passed or not: a process runs on it there. Which of the user's tokens it is only an administrator can tell. */
async function note(context: Context, target: SmokeTarget, report: SmokeReport, before: SecretRow | undefined) {
  if (report.reportedLastEight === undefined || !context.requireConfig().gitea.admin) return
  const {agent, workspaceId, secretKey} = target
  const {user} = context.agent(agent)
  const [{rememberProof}, acts, {ledger}, gitea] = await Promise.all([
    import('../rotation/index.ts'),
    handDeps(context),
    context.state.store(),
    context.gitea.admin(),
  ])
  const rows = await gitea.list(user)
  await rememberProof({agent, user, secretKey}, report, {workspaceId, rows, before}, {...acts, ledger})
}
