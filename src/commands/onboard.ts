import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {onboardFlags, waived} from '../cli/flags.ts'
import type {Context} from '../context.ts'
import type {OnboardingActs, Onboarded} from '../cli/onboard-all.ts'
import type {StorySummary} from '../story/ports.ts'

type ListedOnboardings = {onboardings: StorySummary[]}

export default class Onboard extends PatrolCommand<Onboarded | ListedOnboardings> {
  static override summary = 'Take agents from an inventory entry to working.'
  static override description =
    'For each agent: a user, memberships, a token that is probed before anybody gets it, a workspace that has it from the start, and the proof from inside the agent. What is there already is checked and left. Interrupted anywhere, the same command goes on. Like every run that writes, it first revokes old tokens whose overlap is over, of whatever agent, and says which.'
  static override examples = [
    {description: 'See every call', command: '<%= config.bin %> onboard agent-dev-a --dry-run'},
    {description: 'Carry it out', command: '<%= config.bin %> onboard agent-dev-a --yes'},
    {description: 'What is unfinished', command: '<%= config.bin %> onboard --list'},
  ]
  static override strict = false
  static override args = {agent: text({description: 'agents of patrol.yaml', ignoreStdin: true})}
  static override flags = onboardFlags

  async run(): Promise<Outcome<Onboarded | ListedOnboardings>> {
    const {argv, flags} = await this.parse(Onboard)
    const {Context} = await import('../context.ts')
    const {DueErrand} = await import('../context/due.ts')
    const {onboardingDeps, onboardingRequest} = await import('../context/onboard.ts')
    const {onboard, planOnboarding} = await import('../onboarding/index.ts')
    const {onboardAll} = await import('../cli/onboard-all.ts')
    const {followSeveral} = await import('../cli/follow.ts')
    const papers = {paper: await this.paper(), aside: await this.paper(process.stderr)}
    await using context = await Context.open(this.edges(flags))
    const due = new DueErrand(context)
    if (flags.list) return this.listed(context, argv.map(String))
    const {agentsNamed} = await import('../cli/names.ts')
    const names = await agentsNamed(argv.map(String), flags.from, context.requireConfig())
    const requests = names.map((it) => onboardingRequest(context, context.agent(it), {...flags, waive: waived(flags)}))
    await using shown = await followSeveral(this.teller(), flags.concurrency)
    const deps = await onboardingDeps(context, flags['workspace-token-dir'])
    const acts: OnboardingActs = {
      plan: (request) => planOnboarding(request, {...deps, on: shown.on(request.agent)}, {ask: !flags['dry-run']}),
      server: () => this.introduced(context),
      prepare: () => due.finish(),
      onboard: (plan) => due.after(() => onboard(plan, {...deps, on: shown.on(plan.agent)})),
    }
    const agreed: Parameters<typeof onboardAll>[2]['agreed'] = (plan, question) => this.agreed(plan, question, flags)
    return await onboardAll(requests, acts, {...flags, ...this.teller(), ...shown, ...papers, agreed})
  }

  private async listed(context: Context, names: string[]): Promise<Outcome<ListedOnboardings>> {
    const [{onboardingsText}, {tint, width}] = [await import('../report/onboard.ts'), await this.paper()]
    const open = await (await context.state.records()).onboardings.list({open: true})
    const onboardings = open.filter(({agent}) => names.length === 0 || names.includes(agent))
    this.log(onboardingsText(onboardings, context.config?.agents, tint, width))
    return {result: {onboardings}}
  }
}
