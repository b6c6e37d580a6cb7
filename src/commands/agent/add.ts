import {string as text} from '@oclif/core/args'
import {string} from '@oclif/core/flags'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {dryRun} from '../../cli/flags.ts'

interface AddedAgent {
  file: string
  agent: string
  /** Where its entry stands. */
  line: number
}

export default class AgentAdd extends PatrolCommand<AddedAgent> {
  static override summary = 'Add an agent to patrol.yaml.'
  static override description =
    'Writes one entry behind the others; comments, order and all else of the file stay as they are. No server is called: patrol onboard makes what the entry says.'
  static override examples = [
    {description: 'One more engineer', command: '<%= config.bin %> agent add agent-dev-d'},
    {
      description: 'Whose user and workspace have other names',
      command:
        '<%= config.bin %> agent add agent-rev-b --profile reviewer --user bot-rev-b --workspace "Reviewer B" --dry-run',
    },
  ]
  static override args = {agent: text({description: 'its name', required: true, ignoreStdin: true})}
  static override flags = {
    'dry-run': dryRun(),
    profile: string({description: 'which scopes it needs (default: engineer)', helpValue: 'NAME'}),
    repo: string({description: 'another repository than gitea.repo, as owner/name', helpValue: 'OWNER/NAME'}),
    token: string({description: 'reference to the token that it has, never the value', helpValue: 'env:NAME'}),
    user: string({description: "its login on the server (default: the agent's name)", helpValue: 'NAME'}),
    workspace: string({description: "its workspace, UUID or name (default: the agent's name)", helpValue: 'NAME'}),
  }

  async run(): Promise<Outcome<AddedAgent>> {
    const {args, flags} = await this.parse(AgentAdd)
    const {Context} = await import('../../context.ts')
    const {enlarged} = await import('../../context/inventory.ts')
    const {run} = await import('../../errors.ts')
    const {rewrite} = await import('../../files.ts')
    await using context = await Context.open(this.edges(flags))
    const config = context.requireConfig()
    const {file} = config
    const {before, after, line} = await enlarged(config, args.agent, flags)
    if (!flags['dry-run']) await rewrite(file, before, after)

    const {tint} = await this.paper()
    const done = flags['dry-run'] ? 'Would add' : tint.good('✓ added')
    this.log(`${done} ${args.agent} to ${file}, line ${line}.`)
    this.log(`Type next:\n  ${tint.command(run`patrol onboard ${args.agent} --dry-run`.text)}`)
    return {result: {file, agent: args.agent, line}}
  }
}
