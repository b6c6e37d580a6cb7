import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {strict, yes} from '../../cli/flags.ts'
import type {RotationResult} from '../../rotation/index.ts'

export default class RotationAbort extends PatrolCommand<RotationResult> {
  static override summary = 'Give up a rotation that has reached no workspace yet.'
  static override description =
    'Deletes the new token, by id; the old one goes on serving. Refused once the workspace may have the new token: then the way is forward, with `rotation resume`.'
  static override examples = [
    {description: "An agent's unfinished one", command: '<%= config.bin %> rotation abort agent-pending --yes'},
    {description: 'The only unfinished one', command: '<%= config.bin %> rotation abort --yes'},
  ]
  static override args = {
    rotation: text({
      description: "a rotation's id, or an agent's name; may be left out if only one is unfinished",
      ignoreStdin: true,
    }),
  }
  static override flags = {strict: strict(), yes: yes()}

  async run(): Promise<Outcome<RotationResult>> {
    const {args, flags} = await this.parse(RotationAbort)
    const [{Context}, {abortable}, {abortRotation}, {follow}, {rotationText}] = await Promise.all([
      import('../../context.ts'),
      import('../../context/subjects.ts'),
      import('../../rotation/index.ts'),
      import('../../cli/follow.ts'),
      import('../../report/rotation.ts'),
    ])
    await using context = await Context.open(this.edges(flags))
    const {id, agent, phase, closed} = await abortable(context, args.rotation)
    const plan = `Abort rotation ${id} of ${agent} (${phase.replaceAll('_', ' ')}): its new token is deleted, the old one serves.`
    if (closed) this.talk(`Rotation ${id} of ${agent} was given up before: there is nothing to abort.`)
    else await this.agreed(() => plan, 'Give it up?', flags)
    await using shown = await follow(this.teller())

    const result = await abortRotation(id, await context.rotation(shown.on))

    for (const warning of result.warnings) this.warn(warning)
    const {tint} = await this.paper()
    await shown.end('done')
    this.log(rotationText(result, tint))
    return {result}
  }
}
