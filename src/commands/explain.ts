import {string as text} from '@oclif/core/args'
import {boolean, string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {forge, giteaUrl, giteaVersion, insecureHttp} from '../cli/flags.ts'

export default class Explain extends PatrolCommand<object> {
  static override summary = 'Tell which scopes a call of the Gitea API needs, and who has them.'
  static override description =
    'Knows every call of Gitea 1.20 to 1.27 and of Forgejo 7 to 15 without asking a server. Takes METHOD and PATH, or in quotes, or on standard input, what people paste: a URL, a curl line, a line of a log or an error in which a call stands, what the server answered, and both together; pushes to git and to the registries of packages, too. With --live it asks the server as well, only with requests that can change nothing.'
  static override examples = [
    {description: 'What does an issue list need?', command: '<%= config.bin %> explain GET /repos/acme/core/issues'},
    {
      description: 'A line from a log',
      command:
        '<%= config.bin %> explain \'"POST /api/v1/repos/acme/core/issues/7/comments HTTP/1.1" 403\' --gitea-version 1.25',
    },
    {description: 'On Forgejo', command: '<%= config.bin %> explain DELETE /repos/acme/core --gitea-version 15.0.3'},
    {
      description: 'Is the server of the same opinion?',
      command: '<%= config.bin %> explain PUT /repos/acme/core/topics --live agent-dev-b',
    },
    {description: 'Every call there is', command: '<%= config.bin %> explain --table'},
  ]
  static override args = {
    method: text({description: 'method of the call, or the pasted text, in quotes', ignoreStdin: true}),
    path: text({description: 'its path or URL, with or without /api/v1', ignoreStdin: true}),
  }
  static override flags = {
    forge: forge({exclusive: ['live']}),
    'gitea-url': giteaUrl(),
    'gitea-version': giteaVersion("to explain for (default: the configured server's, else 1.22.6)"),
    'insecure-http': insecureHttp(),
    live: string({
      description: 'ask the server too, with the token of this agent',
      helpValue: 'AGENT',
      exclusive: ['gitea-version', 'table'],
    }),
    table: boolean({description: 'print every call with its scopes'}),
  }

  async run(): Promise<Outcome<object>> {
    const {args, flags} = await this.parse(Explain)
    const imports = [import('../context.ts'), import('../context/explain.ts'), import('../report/explain.ts')] as const
    const [{Context}, explain, report] = await Promise.all(imports)
    await using context = await Context.open(this.edges(flags))
    const {tint, width} = await this.paper()
    if (flags.table) {
      const all = await explain.tables(context, flags, this.jsonEnabled())
      if (all.note !== undefined) this.talk(all.note)
      this.log(report.tableText(all.catalogues[0]!, width))
      return {result: report.tableResult(all.catalogues)}
    }
    const shown = await explain.explained(context, {...args, ...flags, stdin: process.stdin})
    for (const note of shown.notes) this.talk(note)
    this.log(report.explainText(shown, tint, width))
    return {result: report.explainResult(shown)}
  }
}
