import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome, Paper} from '../cli/base.ts'
import {allowBrokenAgent, dryRun, noWait, strict, tokenFile, waived, waivers, yes} from '../cli/flags.ts'
import type {PushPlan, PushResult} from '../rotation/index.ts'

type Pushed = PushResult | Omit<PushPlan, 'workspace'>

export default class Push extends PatrolCommand<Pushed> {
  static override summary = "Store a token as an agent's workspace secret."
  static override description =
    "Asks the server about the token first: one that is dead, blocked, another user's or short of the profile of the agent is refused, and so is one that nothing is known about. Writes the secret once and believes it only when the platform lists the row as changed. Where a person has to approve, it waits, or with --no-wait ends with exit 8. The process of the agent goes on with its old token until it is restarted. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which."
  static override examples = [
    {description: 'See what would be written', command: '<%= config.bin %> push agent-reviewer --dry-run'},
    {description: 'Another token', command: '<%= config.bin %> push agent-reviewer --token-file "$TOKEN_FILE" --yes'},
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    'allow-broken-agent': allowBrokenAgent(),
    'allow-active-tasks': waivers['allow-active-tasks'],
    'allow-unknown-kind': waivers['allow-unknown-kind'],
    'dry-run': dryRun(),
    'no-wait': noWait(),
    strict: strict(),
    'token-file': tokenFile('the token (default: the token reference of the agent)'),
    yes: yes(),
  }

  async run(): Promise<Outcome<Pushed>> {
    const {args, flags} = await this.parse(Push)
    const {Context} = await import('../context.ts')
    const {pushDeps} = await import('../context/acts.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {pushRequest} = await import('../context/subjects.ts')
    const {keeperOf, planPush, pushSecret} = await import('../rotation/index.ts')
    const {follow} = await import('../cli/follow.ts')
    const {planText} = await import('../report/plan.ts')
    const {pushedText} = await import('../report/acts.ts')
    await using context = await Context.open(this.edges(flags))
    const choices = {approval: flags['no-wait'] ? 'park' : 'wait', insist: flags['allow-broken-agent']} as const
    const request = await pushRequest(context, args.agent, flags['token-file'], {...choices, waive: waived(flags)})

    const {workspace, ...plan} = await planPush(request, await pushDeps(context))
    const server = await this.introduced(context)
    const {tint} = await this.paper()
    const told = (on: Paper) => planText(`Push to ${request.agent}`, plan, on.tint, on.width)
    if (!(await this.agreed(told, 'Write it?', flags))) return {result: plan}
    await using shown = await follow(this.teller())
    const result = await new DueErrand(context).before(
      async () => pushSecret(request, await pushDeps(context, shown.on)),
      shown.on,
    )

    await shown.end('done')
    this.log(pushedText(result, request.agent, {keeper: keeperOf(workspace), server}, tint))
    return {result}
  }
}
