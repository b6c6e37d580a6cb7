import {string as text} from '@oclif/core/args'
import {boolean, option, string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {exclude, exitZero, forge, giteaUrl, giteaVersion, insecureHttp} from '../cli/flags.ts'
import {FORMATS} from '../infer/formats.ts'

export default class Infer extends PatrolCommand<object> {
  static override summary = 'Find the least scopes that a set of calls needs.'
  static override description =
    "Reads access logs (Gitea, nginx, Caddy, Traefik), Gitea's router log, HAR files, OpenAPI documents, MCP tool lists, workflows and other YAML that runs scripts, Terraform, and code in shell, TypeScript, JavaScript, Python and Go; files, directories or standard input, also as .gz. A refused call counts as needed. What was not understood is listed, never dropped: where it may be a call, the scopes are a lower bound, none is in excess, and the run ends with 5. Nothing is called but, for its version, the configured server."
  static override examples = [
    {description: 'What does this script need?', command: '<%= config.bin %> infer scripts/find-work.sh'},
    {
      description: 'Does the profile fit what the agents do?',
      command: '<%= config.bin %> infer access.log --by user --profile engineer --exit-zero',
    },
    {description: 'From a pipe', command: 'zcat access.log.*.gz | <%= config.bin %> infer - --user agent-dev-a --json'},
  ]
  static override strict = false
  static override args = {
    input: text({
      description: 'files and directories, or - for standard input (the default in a pipe)',
      ignoreStdin: true,
    }),
  }
  static override flags = {
    as: option({description: 'read every input as this, whatever it looks like', options: FORMATS})(),
    by: option({
      description: 'one result for each user or token that the input names',
      options: ['user', 'token', 'none'] as const,
      default: 'none' as const,
    })(),
    exclude: exclude(),
    'exit-zero': exitZero(),
    forge: forge(),
    'gitea-url': giteaUrl(),
    'gitea-version': giteaVersion("to judge by (default: the configured server's, else 1.22.6)"),
    'include-tests': boolean({description: 'count tests, fixtures, mocks and what is vendored in directories, too'}),
    'insecure-http': insecureHttp(),
    profile: string({description: 'profile to compare with; exit 3 where they differ', helpValue: 'NAME'}),
    user: string({description: "only this user's calls", helpValue: 'LOGIN'}),
  }

  async run(): Promise<Outcome<object>> {
    const {argv, flags} = await this.parse(Infer)
    const {Context} = await import('../context.ts')
    const {inferred} = await import('../context/infer.ts')
    const {inferFindings} = await import('../infer/judge.ts')
    const report = await import('../report/infer.ts')
    await using context = await Context.open(this.edges(flags))
    const wishes = {...flags, stdin: process.stdin, signal: this.signal}
    const {found, note} = await inferred(context, argv.map(String), wishes)
    const {tint, width} = await this.paper()
    this.log(report.inferText(found, note, tint, width))
    const exit = flags['exit-zero'] && found.exit === 3 ? 0 : found.exit
    return {result: report.inferResult(found, note), exit, findings: inferFindings(found)}
  }
}
