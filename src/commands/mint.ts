import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {delivery, dryRun, strict, waived, waivers, yes} from '../cli/flags.ts'
import type {OneCall} from '../report/acts.ts'
import type {MintResult} from '../rotation/index.ts'

export default class Mint extends PatrolCommand<MintResult | OneCall> {
  static override summary = 'Mint a new Gitea token for an agent.'
  static override description =
    "The administrator mints a token with the scopes of the agent's profile, lists it and compares what is stored with what was asked. The value goes to a new file that only you can read; nothing is pushed. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which."
  static override examples = [
    {
      description: 'See what would be minted',
      command: '<%= config.bin %> mint agent-dev-a --output-file new.token --dry-run',
    },
    {description: 'Mint it', command: '<%= config.bin %> mint agent-dev-a --output-file new.token --yes'},
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    'allow-dangerous-scopes': waivers['allow-dangerous-scopes'],
    'allow-site-admin': waivers['allow-site-admin'],
    'dry-run': dryRun(),
    ...delivery,
    strict: strict(),
    yes: yes(),
  }

  async run(): Promise<Outcome<MintResult | OneCall>> {
    const {args, flags} = await this.parse(Mint)
    const {Context} = await import('../context.ts')
    const {mintDeps} = await import('../context/acts.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {mintToken, planMint} = await import('../rotation/index.ts')
    const {deliveryOf} = await import('../cli/token-file.ts')
    const {planText} = await import('../report/plan.ts')
    const {mintedText} = await import('../report/acts.ts')
    const deliver = await deliveryOf(args.agent, flags, this.jsonEnabled())
    await using context = await Context.open(this.edges(flags))
    const agent = context.agent(args.agent)
    const {name, user, profile, scopes, repositories} = agent
    const asked = {waive: waived(flags), command: this.asking(flags).again('--yes').text}
    const request = {agent: name, user, profile, scopes, repositories, ...asked}
    const deps = await mintDeps(context)

    const {tint} = await this.paper()
    const plan = await planMint(request, deps)
    const server = await this.introduced(context)
    if (!(await this.agreed((on) => planText(`Mint for ${name}`, plan, on.tint, on.width), 'Mint it?', flags)))
      return {result: plan}
    const result = await new DueErrand(context).before(() => mintToken(request, deps, deliver))

    const shown = this.jsonEnabled() ? [] : plan.warnings
    for (const each of [...result.warnings, ...result.left]) if (!shown.includes(each)) this.warn(each)
    const keeper = await context.platform.keeper(agent)
    const shownTo = {file: flags['output-file'], key: context.requireConfig().secret, keeper, server}
    this.log(mintedText(result, shownTo, tint))
    return {result}
  }
}
