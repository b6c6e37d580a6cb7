import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {exitZero, strict} from '../cli/flags.ts'
import type {Check} from '../doctor/doctor.ts'

export default class Doctor extends PatrolCommand<{checks: Check[]}> {
  static override summary = 'Check everything that a rotation will need.'
  static override description =
    'Looks at the configuration, Gitea or Forgejo and its version, clocks, the administrator and what it may do, the repositories in which agents find their work, the platform, its credential, organisation and release, and the state directory. Each problem comes with what mends it; nothing is changed.'
  static override examples = [
    {description: 'Check the set-up', command: '<%= config.bin %> doctor'},
    {description: 'The same in a nightly job', command: '<%= config.bin %> doctor --json'},
  ]
  static override flags = {'exit-zero': exitZero(), strict: strict()}

  async run(): Promise<Outcome<{checks: Check[]}>> {
    const {flags} = await this.parse(Doctor)
    const {Context} = await import('../context.ts')
    const {doctorPorts} = await import('../context/doctor.ts')
    const {examine} = await import('../doctor/doctor.ts')
    const {doctorText} = await import('../report/doctor.ts')
    await using context = await Context.open(this.edges(flags))

    const {checks, exit} = await examine(doctorPorts(context))

    const {tint, width} = await this.paper()
    this.log(doctorText(checks, tint, width))
    const findings = checks.filter(({state}) => state === 'problem')
    return {result: {checks}, exit: flags['exit-zero'] && exit === 3 ? 0 : exit, findings}
  }
}
