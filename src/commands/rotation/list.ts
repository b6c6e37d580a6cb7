import {boolean, string} from '@oclif/core/flags'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import type {RecordsElsewhere} from '../../report/rotation.ts'
import type {StorySummary} from '../../story/ports.ts'

interface ListedRotations {
  rotations: StorySummary[]
  next: string[]
  /** What this machine has of other servers than those that patrol.yaml names. */
  elsewhere: RecordsElsewhere[]
}

export default class RotationList extends PatrolCommand<ListedRotations> {
  static override summary = 'List recorded rotations, newest first.'
  static override description = 'Reads the journal of this machine; nothing is called and nothing is changed.'
  static override examples = [
    {description: 'All of them', command: '<%= config.bin %> rotation list'},
    {description: 'Those that have to be resumed', command: '<%= config.bin %> rotation list --unfinished --json'},
  ]
  static override flags = {
    agent: string({description: 'only of this agent', helpValue: 'NAME'}),
    unfinished: boolean({description: 'only those with something left to do'}),
  }

  async run(): Promise<Outcome<ListedRotations>> {
    const {flags} = await this.parse(RotationList)
    const {Context} = await import('../../context.ts')
    const {rotationsText, waysOn} = await import('../../report/rotation.ts')
    await using context = await Context.open(this.edges(flags))
    const {journal, elsewhere} = await context.state.records()

    const rotations = await journal.list({
      ...(flags.unfinished && {open: true}),
      ...(flags.agent !== undefined && {agent: flags.agent}),
    })

    const next = waysOn(rotations, Date.now())
    const {tint, width} = await this.paper()
    this.log(rotationsText(rotations, {...flags, next, elsewhere}, tint, width))
    return {result: {rotations, next, elsewhere: [...elsewhere]}}
  }
}
