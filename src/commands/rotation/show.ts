import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import type {RotationEvent} from '../../rotation/index.ts'
import type {StorySummary} from '../../story/ports.ts'

interface Shown {
  rotation: StorySummary
  state: string
  events: RotationEvent[]
  next: string[]
}

export default class RotationShow extends PatrolCommand<Shown> {
  static override summary = 'Show one rotation: where it stands and what was done.'
  static override description =
    'Reads the journal of this machine; nothing is called and nothing is changed. It never holds a value.'
  static override examples = [
    {description: "An agent's latest", command: '<%= config.bin %> rotation show agent-dev-a'},
    {description: 'The same, for a script', command: '<%= config.bin %> rotation show agent-dev-a --json'},
  ]
  static override args = {
    rotation: text({
      description: "a rotation's id, or an agent's name for its latest",
      required: true,
      ignoreStdin: true,
    }),
  }

  async run(): Promise<Outcome<Shown>> {
    const {args, flags} = await this.parse(RotationShow)
    const {Context} = await import('../../context.ts')
    const {shown} = await import('../../context/subjects.ts')
    const {describe, replay} = await import('../../rotation/index.ts')
    const {journalText} = await import('../../report/journal.ts')
    const {rotationPage, waysOn} = await import('../../report/rotation.ts')
    await using context = await Context.open(this.edges(flags))

    const {rotation, events} = await shown(context, args.rotation)

    const now = replay(events)
    const state = now ? describe(now) : ''
    const next = waysOn([rotation], Date.now())
    const {tint, width} = await this.paper()
    this.log(rotationPage(rotation, {state, journal: journalText(events, width), next}, tint))
    return {result: {rotation, state, events, next}}
  }
}
