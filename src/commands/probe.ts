import {string as text} from '@oclif/core/args'
import {string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {exitZero, giteaUrl, insecureHttp, repo, strict, tokenFile} from '../cli/flags.ts'
import type {ProbeResult} from '../report/probe.ts'

export default class Probe extends PatrolCommand<ProbeResult> {
  static override summary = 'Find out what a Gitea token can really do.'
  static override description =
    'Asks the server with requests that can change nothing, on Gitea 1.20 to 1.27 and Forgejo 7 to 15, and holds the answer against a profile. Without AGENT and flags it takes the token of the workspace it runs in.'
  static override examples = [
    {description: 'Why does this agent get 403?', command: '<%= config.bin %> probe agent-dev-a --exit-zero'},
    {description: 'The same, for a script', command: '<%= config.bin %> probe agent-dev-a --exit-zero --json'},
    {
      description: 'Any token, without configuration',
      command: '<%= config.bin %> probe --gitea-url "$GITEA_URL" --token-file "$TOKEN_FILE" --exit-zero',
    },
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml whose token to probe', ignoreStdin: true})}
  static override flags = {
    'exit-zero': exitZero(),
    'gitea-url': giteaUrl(),
    'insecure-http': insecureHttp(),
    profile: string({
      description: 'profile to compare with (default: that of the agent, else engineer)',
      helpValue: 'NAME',
    }),
    repo: repo(),
    strict: strict(),
    'token-file': tokenFile('the token to probe'),
  }

  async run(): Promise<Outcome<ProbeResult>> {
    const {args, flags} = await this.parse(Probe)
    const {Context} = await import('../context.ts')
    const {probed} = await import('../context/look.ts')
    const {probeSubject} = await import('../context/subjects.ts')
    await using context = await Context.open(this.edges(flags))
    const subject = await probeSubject(context, {agent: args.agent, ...flags})

    const [report, server] = await probed(context, subject)

    this.about(server)

    const {judge} = await import('../probe/judgement.ts')
    const {probeResult, probeText} = await import('../report/probe.ts')
    const judgement = judge(report, subject.profile, args.agent)
    const {tint, width} = await this.paper()
    this.log(probeText(report, judgement, tint, width))
    const exit = flags['exit-zero'] && judgement.exit === 3 ? 0 : judgement.exit
    return {result: probeResult(report, judgement), exit, findings: judgement.findings}
  }
}
