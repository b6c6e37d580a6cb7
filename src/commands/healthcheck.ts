import {boolean, string} from '@oclif/core/flags'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {giteaUrl, insecureHttp, repo, tokenFile} from '../cli/flags.ts'
import type {WorkHealth} from '../probe/health.ts'
import {redacted} from '../secret.ts'

export default class Healthcheck extends PatrolCommand<WorkHealth> {
  static override summary = 'Let an agent see whether its token can list issues and pull requests.'
  static override description =
    'Two GETs in one repository, one line (a third names the server where something is wrong), and exit 0 with a warning where the token lacks something: an agent should start all the same. A token that no longer works exits 3, an answer that says nothing exits 5. Inside a workspace it needs no configuration: the token is found as `probe` finds it, the server in GITEA_URL.'
  static override examples = [
    {description: 'Inside a workspace', command: '<%= config.bin %> healthcheck --repo acme/core'},
    {
      description: 'With a file for a textfile collector',
      command: '<%= config.bin %> healthcheck --token-file "$TOKEN_FILE" --metrics patrol.prom',
    },
  ]
  static override flags = {
    'gitea-url': giteaUrl(),
    'insecure-http': insecureHttp(),
    metrics: string({description: 'write the result as OpenMetrics to this file as well', helpValue: 'FILE'}),
    repo: repo(),
    strict: boolean({
      description: 'no warnings: exit 3 for a missing scope or role, refuse secret files that other users can read',
    }),
    'token-file': tokenFile('the token to check'),
  }

  async run(): Promise<Outcome<WorkHealth>> {
    const {flags} = await this.parse(Healthcheck)
    const {Context} = await import('../context.ts')
    const {checked} = await import('../context/look.ts')
    const {healthSubject} = await import('../context/subjects.ts')
    const {healthLine, healthMetrics} = await import('../report/health.ts')
    const {judgeHealth} = await import('../probe/health-judgement.ts')
    const {prepareOutputs} = await import('../cli/outputs.ts')
    await using context = await Context.open(this.edges(flags))
    const {token, repo: where} = await healthSubject(context, flags)
    const metrics = {format: 'openmetrics', path: flags.metrics} as const
    const outputs = await prepareOutputs(flags.metrics === undefined ? [] : [metrics], {stdout: process.stdout})
    await using ends = new AsyncDisposableStack()
    ends.defer(() => outputs.abort())

    const [health, server] = await checked(context, token, where)

    this.about(server)
    const {findings, unjudged, exit} = judgeHealth(health, flags.strict)
    for (const {message, note} of findings) this.warn(`${message}. To mend it, ${note}.`)
    if (metrics.path !== undefined) await outputs.write(metrics, healthMetrics(redacted(health), Date.now()))
    await outputs.commit()
    this.log(healthLine(health, server, (await this.paper()).tint))
    return {result: health, exit, findings, ...(unjudged.length > 0 && {incomplete: unjudged})}
  }
}
