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
    "Lists the tokens of the agent's user when no --id is given. Refuses a token unless every agent of its user is known to run on another that suffices: by an earlier proof that still holds, or because the agent, asked now, says so. Deleting can't be undone, so the agent's name has to be typed, or given as --confirm. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which."
  static override examples = [
    {description: 'See which call that is', command: '<%= config.bin %> revoke agent-dev-a --id 1 --dry-run'},
    {description: 'Delete it', command: '<%= config.bin %> revoke agent-dev-a --id 1 --confirm agent-dev-a'},
  ]
  static override args = {agent: word({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    'agent-may-stop': boolean({
      description: "delete it although an agent that can't be asked may run on it, and would stop; never the only one",
    }),
    confirm: string({description: "the agent's name, instead of typing it", helpValue: 'NAME'}),
    'dry-run': dryRun(),
    id: integer({description: "the server's id of the token", helpValue: 'ID', min: 1, max: MOST}),
    strict: strict(),
  }

  async run(): Promise<Outcome<RevokeResult | OneCall>> {
    const {args, flags} = await this.parse(Revoke)
    const {Context} = await import('../context.ts')
    const {revokeDeps} = await import('../context/acts.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {clearedRevocation, revocation} = await import('../context/revocation.ts')
    const {revokeToken} = await import('../rotation/index.ts')
    const {confirmByName} = await import('../cli/ask.ts')
    const {planText} = await import('../report/plan.ts')
    const acts = await import('../report/acts.ts')
    await using context = await Context.open(this.edges(flags))
    const agent = context.agent(args.agent)
    const asked = {id: flags.id, agentMayStop: flags['agent-may-stop']}
    const {request, row} = await revocation(context, agent, asked)
    const deps = await revokeDeps(context)
    const cleared = await clearedRevocation(context, request, deps)
    for (const unchecked of cleared.unchecked) this.warn(`Not ruled out: ${unchecked}.`)
    for (const left of cleared.others?.left ?? []) this.warn(left)

    const server = await this.introduced(context)
    const {tint} = await this.paper()
    const changes = `${row.name} (…${row.lastEight}, ${row.scopes.join(', ')}) stops working`
    const plan = acts.oneCall('revoke', 'DELETE', `/api/v1/users/${agent.user}/tokens/${row.id}`, changes)
    const ask = (): Promise<void> => confirmByName(agent.name, flags.confirm, this.asking(flags))
    if (!(await this.agreed((on) => planText(`Revoke a token of ${agent.name}`, plan, on.tint, on.width), ask, flags)))
      return {result: plan}
    const result = await new DueErrand(context).before(() => revokeToken(cleared, deps))

    this.log(acts.revokedText(result, row, server, tint))
    return {result}
  }
}
