import {string as text} from '@oclif/core/args'
import {auditFlags} from '../cli/audit-flags.ts'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'

export default class Audit extends PatrolCommand<object> {
  static override summary = 'Judge the tokens of the whole fleet.'
  static override description =
    "Looks at every agent's token from two sides, the administrator's listing and a probe of the token that is deployed, and holds it against the rules (--list-rules). Nothing is changed. What could not be judged is unknown, and the exit is then 5, never 0."
  static override examples = [
    {description: 'The whole fleet', command: '<%= config.bin %> audit --exit-zero'},
    {description: 'Some agents', command: "<%= config.bin %> audit 'agent-rev*' --fail-on critical"},
    {
      description: 'In a nightly job',
      command:
        '<%= config.bin %> audit --exit-zero --report sarif=patrol.sarif --report html=patrol.html --report markdown',
    },
    {description: 'A share of eight', command: '<%= config.bin %> audit --exit-zero --shard 2/8 --report blob=2.blob'},
    {
      description: 'Accept what is known, for a while',
      command:
        '<%= config.bin %> audit --baseline baseline.json --update-baseline --owner ops --reason "before the migration" --expires 30d',
    },
    {description: 'What it looks for', command: '<%= config.bin %> audit --list-rules'},
  ]
  static override strict = false
  static override args = {
    agent: text({description: 'agents of patrol.yaml, by name or glob (default: all)', ignoreStdin: true}),
  }
  static override flags = auditFlags

  async run(): Promise<Outcome<object>> {
    const {argv, flags} = await this.parse(Audit)
    const {Context} = await import('../context.ts')
    const {auditRun} = await import('../context/audit-run.ts')
    const fleet = await import('../fleet/index.ts')
    const {runAudit, showingOf} = await import('../cli/audit-run.ts')
    const {baselineOf} = await import('../cli/baseline-file.ts')
    if (flags['list-rules']) {
      const {rulesText, ruleView} = await import('../report/rules.ts')
      this.log(rulesText(fleet.RULES, (await this.paper()).width))
      return {result: {rules: fleet.RULES.map(ruleView)}}
    }
    await using context = await Context.open({...this.edges(flags), pace: {rps: flags.rps}})
    const {file, start} = auditRun(context, argv.map(String), flags)
    const {accept, ...known} = await baselineOf(flags, fleet, (said) => this.talk(said))
    const how = {...showingOf(flags, [file, flags.baseline], await this.reporter(), fleet.RULES), accept}

    if (!flags.watch) return await runAudit((onProgress) => start({...known, onProgress, signal: this.signal}), how)
    const {watch} = await import('../cli/watch.ts')
    return await watch(
      (stdout, signal) => runAudit((onProgress) => start({...known, onProgress, signal}), {...how, stdout}),
      {intervalMs: flags.interval, signal: this.signal},
    )
  }
}
