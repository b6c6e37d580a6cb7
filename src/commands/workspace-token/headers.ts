import {boolean, option} from '@oclif/core/flags'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {outlet, self, strict} from '../../cli/flags.ts'

interface Carried {
  /** Names of the headers, without their values. */
  headers: string[]
}

export default class WorkspaceTokenHeaders extends PatrolCommand<Carried> {
  static override summary = 'Give curl the headers of a request that this workspace sends.'
  static override description =
    "Authorization, the platform's Origin, X-Workspace-ID and, where there is one, the organisation: as a configuration for `curl -K -`, or plain for `curl -H @FILE`, so that the token is in no command line. Of writes of secrets the platform must not learn the sender, or it leaves out the restart: take --for-secrets for them."
  static override examples = [
    {
      description: 'Read the own state',
      command:
        '<%= config.bin %> workspace-token headers | curl --fail --silent -K - "$PLATFORM_URL/workspaces/$WORKSPACE_ID/state"',
    },
    {description: 'Which headers?', command: '<%= config.bin %> workspace-token headers --for-secrets --json'},
  ]
  static override flags = {
    for: option({
      description: 'what reads them: curl -K, or curl -H @FILE',
      options: ['curl', 'file'] as const,
      default: 'curl' as const,
    })(),
    'for-secrets': boolean({description: 'leave X-Workspace-ID out, as writes of secrets want it'}),
    ...outlet,
    ...self,
    strict: strict(),
  }

  async run(): Promise<Outcome<Carried>> {
    const {flags} = await this.parse(WorkspaceTokenHeaders)
    const {Context} = await import('../../context.ts')
    const {ownHeaders} = await import('../../context/workspace.ts')
    const {headersFor, namesOf} = await import('../../workspace-token.ts')
    const {outletOf} = await import('../../cli/token-file.ts')
    const give = await outletOf(flags, {json: this.jsonEnabled(), line: 'patrol workspace-token headers'})
    await using context = await Context.open(this.edges(flags))

    const headers = await ownHeaders(context, flags)

    if (headers.origin === undefined)
      this.warn('PLATFORM_URL is not set, so there is no Origin: a hosted edge wants one')
    await give(headersFor(headers, flags.for === 'curl' ? 'curl' : 'lines'))
    return {result: {headers: namesOf(headers)}}
  }
}
