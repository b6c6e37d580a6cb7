import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {strict, waived, waivers, yes} from '../cli/flags.ts'
import type {Rehearsal} from '../rotation/index.ts'

export default class Rehearse extends PatrolCommand<{rehearsals: Rehearsal[]}> {
  static override summary = 'Try on the real servers whether a rotation would work tonight.'
  static override description =
    "For each profile, with the first of its agents that has an account: looks at the agent's workspace and secret, mints a token, probes it against the profile, deletes it and sees it answer 401, each with its time. Nothing is stored and nothing restarted, and no agent gets that token. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which."
  static override examples = [
    {description: 'Before a shift, every profile', command: '<%= config.bin %> rehearse --yes'},
    {description: 'In a nightly job', command: '<%= config.bin %> rehearse --yes --json'},
    {description: 'One agent', command: '<%= config.bin %> rehearse agent-dev-a --yes'},
  ]
  static override args = {
    name: text({description: 'profile or agent of patrol.yaml (default: every profile)', ignoreStdin: true}),
  }
  static override flags = {
    'allow-dangerous-scopes': waivers['allow-dangerous-scopes'],
    'allow-site-admin': waivers['allow-site-admin'],
    strict: strict(),
    yes: yes(),
  }

  async run(): Promise<Outcome<{rehearsals: Rehearsal[]}>> {
    const {args, flags} = await this.parse(Rehearse)
    const {Context} = await import('../context.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {castOf, planRehearsals, rehearsalDeps, rehearseAll} = await import('../context/rehearsal.ts')
    const {rehearsalOutcome} = await import('../cli/rehearsal-outcome.ts')
    const {planText} = await import('../report/plan.ts')
    const {curtainText, rehearsalText} = await import('../report/rehearsal.ts')
    await using context = await Context.open(this.edges(flags))
    const cast = castOf(context, args.name)
    const choices = {waive: waived(flags), command: this.asking(flags).again('--yes').text}
    const deps = await rehearsalDeps(context, cast)

    const plan = await planRehearsals(context, cast, choices, deps)
    const server = await this.introduced(context)
    const question = plan.rehearsals.length === 1 ? 'Rehearse it?' : `Rehearse these ${plan.rehearsals.length}?`
    if (plan.calls.length > 0) await this.agreed((on) => planText('Rehearse', plan, on.tint, on.width), question, flags)
    const {tint, width} = await this.paper()
    const rehearsals = await new DueErrand(context).before(() =>
      rehearseAll(plan, deps, (each) => this.log(`${rehearsalText(each, tint, width)}\n`)),
    )

    for (const {earlier} of rehearsals) for (const left of earlier.left) this.warn(left)
    this.log(curtainText(rehearsals, server, tint, width))
    return rehearsalOutcome(rehearsals)
  }
}
