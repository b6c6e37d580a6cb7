import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {strict, yes} from '../../cli/flags.ts'
import type {AbortedOnboarding} from '../../onboarding/index.ts'

export default class OnboardingAbort extends PatrolCommand<AbortedOnboarding> {
  static override summary = 'End an onboarding that is not to be gone on with.'
  static override description =
    'Also of an agent that patrol.yaml names no longer. Deletes the tokens that it minted, except those that a workspace may hold, or come to hold by a create whose answer was lost; users, memberships and workspaces stay, and are named.'
  static override examples = [
    {description: 'See what is unfinished', command: '<%= config.bin %> onboard --list'},
    {description: 'End it', command: '<%= config.bin %> onboarding abort agent-new --yes'},
  ]
  static override args = {
    agent: text({description: "the agent's name, as onboard --list shows it", required: true, ignoreStdin: true}),
  }
  static override flags = {strict: strict(), yes: yes()}

  async run(): Promise<Outcome<AbortedOnboarding>> {
    const {args, flags} = await this.parse(OnboardingAbort)
    const {Context} = await import('../../context.ts')
    const {onboardingDeps} = await import('../../context/onboard.ts')
    const {abortOnboarding} = await import('../../onboarding/index.ts')
    const {givenUpText} = await import('../../report/onboard.ts')
    await using context = await Context.open(this.edges(flags))
    const deps = await onboardingDeps(context, undefined)
    const server = await this.introduced(context)
    const plan = `End the onboarding of ${args.agent}: tokens that it minted and nobody holds are deleted.`
    await this.agreed(() => plan, 'End it?', flags)

    const result = await abortOnboarding(args.agent, deps)

    for (const warning of result.warnings) this.warn(warning)
    this.log(givenUpText(result, server, (await this.paper()).tint))
    return {result}
  }
}
