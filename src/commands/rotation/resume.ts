import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {noWait, strict, waived, waivers} from '../../cli/flags.ts'
import type {RotationResult} from '../../rotation/index.ts'

/** `id` is null where nothing was unfinished. */
type Resumed = RotationResult | {id: null}

export default class RotationResume extends PatrolCommand<Resumed> {
  static override summary = 'Go on with a rotation, wherever it stopped.'
  static override description =
    'Looks first and repeats no write blindly. It finishes what somebody agreed to when the rotation began, so it does not ask again; it can be typed any number of times. Without a name, and with nothing unfinished, it says so and ends with exit 0, so a cron job can type it.'
  static override examples = [
    {description: "An agent's unfinished one", command: '<%= config.bin %> rotation resume agent-dev-a'},
    {description: 'The only unfinished one', command: '<%= config.bin %> rotation resume'},
  ]
  static override args = {
    rotation: text({
      description: "a rotation's id, or an agent's name; may be left out if only one is unfinished",
      ignoreStdin: true,
    }),
  }
  static override flags = {...waivers, 'no-wait': noWait(), strict: strict()}

  async run(): Promise<Outcome<Resumed>> {
    const {args, flags} = await this.parse(RotationResume)
    const {Context} = await import('../../context.ts')
    const {rotationDeps} = await import('../../context/acts.ts')
    const {DueErrand} = await import('../../context/due.ts')
    const {resumable} = await import('../../context/subjects.ts')
    const {resumeRotation} = await import('../../rotation/index.ts')
    const {follow} = await import('../../cli/follow.ts')
    const {rotationText} = await import('../../report/rotation.ts')
    await using context = await Context.open(this.edges({...flags, yes: true}))
    const due = new DueErrand(context)
    const open = await resumable(context, args.rotation)
    if (!open) this.log('No rotation is unfinished: there is nothing to resume.')
    if (!open) await due.finish()
    if (!open) return {result: {id: null}}
    const {id, agent, closed} = open
    if (closed) this.talk(`Rotation ${id} of ${agent} came to its end before: there is nothing to resume.`)
    const oldValue = await context.secrets.oldValue(agent)
    await using shown = await follow(this.teller())

    const options = {approval: flags['no-wait'] ? ('park' as const) : ('wait' as const), waive: waived(flags)}
    const result = await resumeRotation(id, await rotationDeps(context, shown.on), {
      ...options,
      ...(oldValue && {oldValue}),
    })

    const server = await this.introduced(context)
    for (const warning of result.warnings) this.warn(warning)
    const {tint} = await this.paper()
    await shown.end('done')
    this.log(rotationText(result, tint, server))
    return {result}
  }
}
