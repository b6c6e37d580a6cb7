import {string as text} from '@oclif/core/args'
import {reportFlags} from '../../cli/audit-flags.ts'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'

export default class ReportMerge extends PatrolCommand<object> {
  static override summary = 'Put the shares of one audit together.'
  static override description =
    'Reads what `audit --shard K/N --report blob=FILE` wrote on each machine and makes the reports, and the exit code, of the whole audit. The agents of a share that is missing are unknown (exit 5). No server is called.'
  static override examples = [
    {
      description: 'After a CI matrix',
      command: '<%= config.bin %> report merge *.blob --exit-zero --report html=audit.html',
    },
    {description: 'The same, for a script', command: '<%= config.bin %> report merge *.blob --exit-zero --json'},
  ]
  static override strict = false
  static override args = {blob: text({description: 'files with one share each', required: true, ignoreStdin: true})}
  static override flags = reportFlags

  async run(): Promise<Outcome<object>> {
    const {argv, flags} = await this.parse(ReportMerge)
    const fleet = await import('../../fleet/index.ts')
    const {blobFile} = await import('../../context/audit.ts')
    const {baselineOf} = await import('../../cli/baseline-file.ts')
    const {runAudit, showingOf} = await import('../../cli/audit-run.ts')
    const files = argv.map(String)
    const {baseline} = await baselineOf(flags, fleet, (said) => this.talk(said))
    const how = showingOf(flags, [...files, flags.baseline], await this.reporter(), fleet.RULES)

    return await runAudit(() => fleet.merge(files.map(blobFile), {now: Date.now, ...(baseline && {baseline})}), how)
  }
}
