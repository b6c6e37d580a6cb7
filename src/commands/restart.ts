import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {dryRun, strict, waived, waivers, yes} from '../cli/flags.ts'
import type {OneCall} from '../report/acts.ts'
import type {RestartResult} from '../rotation/index.ts'

export default class Restart extends PatrolCommand<RestartResult | OneCall> {
  static override summary = "Restart an agent's workspace and prove a new process."
  static override description =
    'Asks for one restart, or follows the one that is under way already, and waits until events or uptime prove a new process. A workspace that is merely online proves nothing.'
  static override examples = [
    {description: 'See what would be done', command: '<%= config.bin %> restart agent-dev-a --dry-run'},
    {description: 'Restart it', command: '<%= config.bin %> restart agent-dev-a --yes'},
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true})}
  static override flags = {
    'allow-active-tasks': waivers['allow-active-tasks'],
    'allow-unknown-kind': waivers['allow-unknown-kind'],
    'dry-run': dryRun(),
    strict: strict(),
    yes: yes(),
  }

  async run(): Promise<Outcome<RestartResult | OneCall>> {
    const {args, flags} = await this.parse(Restart)
    const [{Context}, {restartWorkspace}, {follow}, {planText}, {oneCall, restartedText}] = await Promise.all([
      import('../context.ts'),
      import('../rotation/index.ts'),
      import('../cli/follow.ts'),
      import('../report/plan.ts'),
      import('../report/acts.ts'),
    ])
    await using context = new Context(this.edges(flags))
    const agent = context.agent(args.agent)
    const workspace = await (await context.platform()).resolve(agent.workspace)

    const {tint, width} = await this.paper()
    const changes = `${workspace.name} gets a new process; what it works on now is lost`
    const plan = oneCall('restart', 'POST', `/workspaces/${workspace.id}/restart`, changes)
    if (!(await this.agreed(planText(`Restart ${agent.name}`, plan, tint, width), 'Restart it?', flags)))
      return {result: plan}
    await using shown = await follow(this.teller())
    const result = await restartWorkspace({workspace: workspace.id, waive: waived(flags)}, await context.acts(shown.on))

    this.log(restartedText(result, agent.name, tint))
    return {result}
  }
}
