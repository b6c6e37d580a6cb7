import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {dryRun, noWait, strict, tokenFile, waived, waivers, yes} from '../cli/flags.ts'
import type {OneCall} from '../report/acts.ts'
import type {PushResult} from '../rotation/index.ts'

export default class Push extends PatrolCommand<PushResult | OneCall> {
  static override summary = "Store a token as an agent's workspace secret."
  static override description =
    'Writes the secret once and believes it only when the platform lists the row as changed. Where a person has to approve, it waits, or with --no-wait ends with exit 8. The process of the agent goes on with its old token until it is restarted.'
  static override examples = [
    {description: 'See what would be written', command: '<%= config.bin %> push agent-dev-a --dry-run'},
    {description: 'Another token', command: '<%= config.bin %> push agent-dev-a --token-file "$TOKEN_FILE" --yes'},
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    'allow-active-tasks': waivers['allow-active-tasks'],
    'allow-unknown-kind': waivers['allow-unknown-kind'],
    'dry-run': dryRun(),
    'no-wait': noWait(),
    strict: strict(),
    'token-file': tokenFile('the token (default: the token reference of the agent)'),
    yes: yes(),
  }

  async run(): Promise<Outcome<PushResult | OneCall>> {
    const {args, flags} = await this.parse(Push)
    const [{Context}, {holder}, {keeperOf, pushSecret}, {follow}, {planText}, {oneCall, pushedText}] =
      await Promise.all([
        import('../context.ts'),
        import('../context/subjects.ts'),
        import('../rotation/index.ts'),
        import('../cli/follow.ts'),
        import('../report/plan.ts'),
        import('../report/acts.ts'),
      ])
    await using context = await Context.open(this.edges(flags))
    const {agent, token} = await holder(context, args.agent, flags['token-file'])
    const workspace = await (await context.platform()).resolve(agent.workspace)
    const key = context.requireConfig().secret

    const {tint} = await this.paper()
    const changes = `${key} of ${workspace.name} becomes the token …${token.lastEight}; the platform may restart it`
    const plan = oneCall('push', 'POST', `/workspaces/${workspace.id}/secrets`, changes)
    if (!(await this.agreed((on) => planText(`Push to ${agent.name}`, plan, on.tint, on.width), 'Write it?', flags)))
      return {result: plan}
    await using shown = await follow(this.teller())
    const approval = flags['no-wait'] ? 'park' : 'wait'
    const secret = {workspace: workspace.id, agent: agent.name, key, value: token}
    const request = {...secret, approval, waive: waived(flags)} as const
    await context.finishDue(shown.on)
    const result = await pushSecret(request, await context.acts(shown.on))

    await shown.end('done')
    this.log(pushedText(result, agent.name, keeperOf(workspace), tint))
    return {result}
  }
}
