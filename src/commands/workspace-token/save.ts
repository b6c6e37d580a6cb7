import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {tokenFile} from '../../cli/flags.ts'
import {isTerminal} from '../../cli/palette.ts'
import type {Saved} from '../../workspace-token.ts'

interface Kept {
  file: string
  change: Saved
}

const SAID: Record<Saved, string> = {
  written: 'The token is saved in',
  replaced: 'The token is saved, in the place of another one, in',
  unchanged: 'This token is saved already, in',
}

export default class WorkspaceTokenSave extends PatrolCommand<Kept> {
  static override summary = "Keep this workspace's token for the platform."
  static override description =
    'Writes <configs>/.auth_token as the runtime reads it: one line, open to nobody else at any moment, whole or not at all. A token that is kept already is not written again. The value comes from standard input, a file, or a hidden question on a terminal.'
  static override examples = [
    {
      description: 'From a file',
      command: '<%= config.bin %> workspace-token save --token-file "$TOKEN_FILE"',
    },
    {description: 'From standard input', command: '<%= config.bin %> workspace-token save < "$TOKEN_FILE"'},
  ]
  static override flags = {'token-file': tokenFile('the token')}

  async run(): Promise<Outcome<Kept>> {
    const {flags} = await this.parse(WorkspaceTokenSave)
    const {givenToken, ownTokens} = await import('../../context/self.ts')
    const edges = this.edges(flags)
    const file = flags['token-file'] ?? (isTerminal(process.stdin) ? undefined : '-')
    const token = await givenToken(edges, file)
    const tokens = await ownTokens(edges)

    const change = await tokens.save(token)

    this.log(`${SAID[change]} ${tokens.file}`)
    return {result: {file: tokens.file, change}}
  }
}
