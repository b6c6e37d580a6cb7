import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {outlet, strict} from '../../cli/flags.ts'
import type {HeldToken} from '../../workspace-token.ts'

type Where = HeldToken['from']

export default class WorkspaceTokenGet extends PatrolCommand<Where> {
  static override summary = "Hand this workspace's token for the platform to a program."
  static override description =
    'Reads <configs>/.auth_token, else MOLECULE_WORKSPACE_TOKEN; <configs> is $CONFIGS_DIR, else /configs where it can be written to, else ~/.molecule-workspace. The value goes to a pipe or to a new private file, to a terminal only with --print-token, and never into --json, which tells where the token lies. For curl, `workspace-token headers` keeps it out of the command line.'
  static override examples = [
    {description: 'Where does it lie?', command: '<%= config.bin %> workspace-token get --json'},
    {description: 'Give it to a program', command: '<%= config.bin %> workspace-token get | wc -c'},
  ]
  static override flags = {...outlet, strict: strict()}

  async run(): Promise<Outcome<Where>> {
    const {flags} = await this.parse(WorkspaceTokenGet)
    const {ownTokens} = await import('../../context/self.ts')
    const {outletOf} = await import('../../cli/token-file.ts')
    const where = {json: this.jsonEnabled(), line: 'patrol workspace-token get'}
    const give = await outletOf(flags, where)
    const {token, from} = await (await ownTokens(this.edges(flags))).required()
    await give(token)
    return {result: from}
  }
}
