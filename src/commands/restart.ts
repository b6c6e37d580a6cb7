import {string as text} from '@oclif/core/args'
import {boolean} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {dryRun, strict, waived, waivers, yes} from '../cli/flags.ts'
import type {RestartPlan, RestartResult} from '../rotation/index.ts'

type Restarted = RestartResult | Omit<RestartPlan, 'workspace'>

export default class Restart extends PatrolCommand<Restarted> {
  static override summary = "Restart an agent's workspace and prove a new process."
  static override description =
    'Asks for one restart, or follows the one that is under way already, and waits until events or uptime prove a new process. A workspace that is merely online proves nothing. One that the platform restarted by itself since its secret was last written is left alone. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which.'
  static override examples = [
    {description: 'See what would be done', command: '<%= config.bin %> restart agent-dev-a --dry-run'},
    {description: 'Restart it', command: '<%= config.bin %> restart agent-dev-a --yes'},
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    again: boolean({description: 'restart it even if it was restarted since its secret was last written'}),
    'allow-active-tasks': waivers['allow-active-tasks'],
    'allow-unknown-kind': waivers['allow-unknown-kind'],
    'dry-run': dryRun(),
    strict: strict(),
    yes: yes(),
  }

  async run(): Promise<Outcome<Restarted>> {
    const {args, flags} = await this.parse(Restart)
    const {Context} = await import('../context.ts')
    const {handDeps} = await import('../context/acts.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {planRestart, restartedSinceWrite, restartWorkspace} = await import('../rotation/index.ts')
    const {follow} = await import('../cli/follow.ts')
    const {planText} = await import('../report/plan.ts')
    const {restartedText} = await import('../report/acts.ts')
    await using context = await Context.open(this.edges(flags))
    const agent = context.agent(args.agent)
    const server = this.unasked(context.requireConfig().gitea.url)
    const acts = await handDeps(context)
    const workspace = await acts.platform.resolve(agent.workspace)

    const {tint} = await this.paper()
    const earlier = flags.again ? undefined : await restartedSinceWrite(workspace, context.requireConfig().secret, acts)
    if (earlier) this.log(restartedText(earlier, agent.name, server, tint))
    if (earlier) return {result: earlier}
    const request = {workspace: workspace.id, agent: agent.name, again: flags.again, waive: waived(flags)}
    const plan = {calls: (await planRestart(request, acts)).calls}
    if (!(await this.agreed((on) => planText(`Restart ${agent.name}`, plan, on.tint, on.width), 'Restart it?', flags)))
      return {result: plan}
    await using shown = await follow(this.teller())
    const restart = async () => restartWorkspace(request, await handDeps(context, shown.on))
    const result = await new DueErrand(context).before(restart, shown.on)

    await shown.end('done')
    this.log(restartedText(result, agent.name, server, tint))
    return {result}
  }
}
