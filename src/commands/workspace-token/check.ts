import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {insecureHttp, self, strict} from '../../cli/flags.ts'
import type {OwnCheck} from '../../context/workspace.ts'

export default class WorkspaceTokenCheck extends PatrolCommand<OwnCheck> {
  static override summary = "Ask the platform whether it accepts this workspace's token."
  static override description =
    'One GET of the state that only the workspace itself may read. A token that is rejected is read again once, for another process may have replaced it; one that stays rejected exits 4.'
  static override examples = [
    {description: 'Inside a workspace', command: '<%= config.bin %> workspace-token check'},
    {
      description: 'From elsewhere, saying what its environment would',
      command:
        '<%= config.bin %> workspace-token check --platform-url "$PLATFORM_URL" --workspace "$WORKSPACE_ID" --json',
    },
  ]
  static override flags = {'insecure-http': insecureHttp(), ...self, strict: strict()}

  async run(): Promise<Outcome<OwnCheck>> {
    const {flags} = await this.parse(WorkspaceTokenCheck)
    const {Context} = await import('../../context.ts')
    const {checkSelf, placeOf} = await import('../../context/workspace.ts')
    await using context = await Context.open(this.edges(flags))

    const check = await checkSelf(context, flags)

    const {tint} = await this.paper()
    const {workspace, status, from, renewed} = check
    this.log(`${tint.good('✓ accepted')}  workspace ${workspace} is ${status}`)
    this.log(`The token is from ${placeOf(from)}${renewed ? ', where it was replaced meanwhile' : ''}.`)
    return {result: check}
  }
}
