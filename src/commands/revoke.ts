import {string as word} from '@oclif/core/args'
import {boolean, integer, string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {MOST, dryRun, strict} from '../cli/flags.ts'
import type {OneCall} from '../report/acts.ts'
import type {RevokeResult} from '../rotation/index.ts'

export default class Revoke extends PatrolCommand<RevokeResult | OneCall> {
  static override summary = "Delete one of an agent's Gitea tokens by its id."
  static override description =
    "Lists the tokens of the agent's user when no --id is given. Refuses a token that the agent was last proven on or that an open rotation needs. Deleting can't be undone, so the agent's name has to be typed, or given as --confirm."
  static override examples = [
    {description: 'See which call that is', command: '<%= config.bin %> revoke agent-wide --id 4 --dry-run'},
    {description: 'Delete it', command: '<%= config.bin %> revoke agent-wide --id 4 --confirm agent-wide'},
  ]
  static override args = {agent: word({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    confirm: string({description: "the agent's name, instead of typing it", helpValue: 'NAME'}),
    'dry-run': dryRun(),
    'even-if-serving': boolean({description: 'delete it even if the agent may run on it'}),
    id: integer({description: "Gitea's id of the token", helpValue: 'ID', min: 1, max: MOST}),
    strict: strict(),
  }

  async run(): Promise<Outcome<RevokeResult | OneCall>> {
    const {args, flags} = await this.parse(Revoke)
    const [{Context}, {tokenToRevoke}, {revokeToken}, {confirmByName}, {planText}, {oneCall, revokedText}] =
      await Promise.all([
        import('../context.ts'),
        import('../context/subjects.ts'),
        import('../rotation/index.ts'),
        import('../cli/ask.ts'),
        import('../report/plan.ts'),
        import('../report/acts.ts'),
      ])
    await using context = await Context.open(this.edges(flags))
    const agent = context.agent(args.agent)
    const {row, value} = await tokenToRevoke(context, agent, flags.id)

    const {tint} = await this.paper()
    const changes = `${row.name} (…${row.lastEight}, ${row.scopes.join(', ')}) stops working`
    const plan = oneCall('revoke', 'DELETE', `/api/v1/users/${agent.user}/tokens/${row.id}`, changes)
    const ask = (): Promise<void> => confirmByName(agent.name, flags.confirm, this.asking(flags))
    if (!(await this.agreed((on) => planText(`Revoke a token of ${agent.name}`, plan, on.tint, on.width), ask, flags)))
      return {result: plan}
    const request = {
      agent: agent.name,
      user: agent.user,
      token: row.id,
      evenIfServing: flags['even-if-serving'],
      ...(value && {value}),
    }
    await context.finishDue()
    const result = await revokeToken(request, await context.rotation())

    this.log(revokedText(result, row, tint))
    return {result}
  }
}
