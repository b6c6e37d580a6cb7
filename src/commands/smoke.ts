import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {exitZero, strict, swarmVia, tokenFile} from '../cli/flags.ts'
import {adviceOf} from '../errors.ts'
import type {SmokeReport} from '../smoke/types.ts'

export default class Smoke extends PatrolCommand<SmokeReport> {
  static override summary = 'Prove that an agent finds its work, with the token it really holds.'
  static override description =
    'Three paths: issues, pull requests, and swarm-pull, for which the agent itself is asked over A2A to list the open approved issues. Its answer has to equal what the API says and to carry the last eight of the expected token. What is proven is noted, so that later runs know the deployed token.'
  static override examples = [
    {description: 'Prove all three paths', command: '<%= config.bin %> smoke agent-reviewer'},
    {
      description: 'Ask through a schedule instead',
      command: '<%= config.bin %> smoke agent-reviewer --swarm-via schedule',
    },
  ]
  static override args = {agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true})}
  static override flags = {
    'exit-zero': exitZero(),
    strict: strict(),
    'swarm-via': swarmVia(),
    'token-file': tokenFile('the token that the agent should hold'),
  }

  async run(): Promise<Outcome<SmokeReport>> {
    const {args, flags} = await this.parse(Smoke)
    const {Context} = await import('../context.ts')
    const {smokeAgent} = await import('../context/smoke.ts')
    const {follow} = await import('../cli/follow.ts')
    const {smokeText} = await import('../report/smoke.ts')
    const {adviceText} = await import('../report/advice.ts')
    const {summarise} = await import('../smoke/summary.ts')
    await using context = await Context.open(this.edges(flags))
    await using shown = await follow(this.teller())
    const asked = {via: flags['swarm-via'], file: flags['token-file'], signal: this.signal, on: shown.on}
    const report = await smokeAgent(context, args.agent, asked)

    const server = await this.introduced(context)
    await shown.end('done')
    const {tint, width} = await this.paper()
    const {verdict, suggestions} = summarise(report)
    this.log(smokeText(report, tint, width, server))
    for (const warning of report.warnings ?? []) this.warn(warning)
    if (suggestions.length > 0) this.log(`\n${adviceText(suggestions.map(adviceOf), tint, width)}`)
    const exit = {passed: 0, failed: flags['exit-zero'] ? 0 : 3, unknown: 5, 'not-proven': 5}[verdict]
    return {result: report, exit, findings: report.paths.filter(({outcome}) => outcome === 'failed')}
  }
}
