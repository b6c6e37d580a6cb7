import {string as text} from '@oclif/core/args'
import {option} from '@oclif/core/flags'
import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'
import {strict, yes} from '../../cli/flags.ts'
import type {RotationResult} from '../../rotation/index.ts'

export default class RotationAbort extends PatrolCommand<RotationResult> {
  static override summary = 'End a rotation that is not to be gone on with.'
  static override description =
    'One that reached no workspace is undone: its new token is deleted; nothing else is touched. One whose workspace or user is gone is ended too. Any other is shown token by token, and --keep says what stays: "new" or "old" deletes the other side, and is refused unless the agent itself, asked now, names a token that stays and its next start brings no other, or was proven on the new one. "both" is open wherever anybody can still run on one: it deletes only what was never sent to the agent, whose next rotation revokes all that is left, after its proof.'
  static override examples = [
    {description: "An agent's unfinished one", command: '<%= config.bin %> rotation abort agent-pending --yes'},
    {description: 'The only unfinished one', command: '<%= config.bin %> rotation abort --yes'},
    {description: 'Keeping both sides', command: '<%= config.bin %> rotation abort agent-external --keep both --yes'},
  ]
  static override args = {
    rotation: text({
      description: "a rotation's id, or an agent's name; may be left out if only one is unfinished",
      ignoreStdin: true,
    }),
  }
  static override flags = {
    keep: option({description: 'what stays', options: ['new', 'old', 'both'] as const})(),
    strict: strict(),
    yes: yes(),
  }

  async run(): Promise<Outcome<RotationResult>> {
    const {args, flags} = await this.parse(RotationAbort)
    const {Context} = await import('../../context.ts')
    const {rotationDeps} = await import('../../context/acts.ts')
    const {abortable} = await import('../../context/subjects.ts')
    const {abortRotation, isDeserted, surveyRotation} = await import('../../rotation/index.ts')
    const {follow} = await import('../../cli/follow.ts')
    const {rotationText} = await import('../../report/rotation.ts')
    const {abortText} = await import('../../report/survey.ts')
    await using context = await Context.open(this.edges(flags))
    const rotation = await abortable(context, args.rotation)
    await using shown = await follow(this.teller())
    const deps = await rotationDeps(context, shown.on)
    const survey = await surveyRotation(rotation.id, deps)
    const server = await this.introduced(context)
    await shown.end('done')
    const {id, agent, closed} = rotation
    const plan = (width?: number): string => abortText(rotation, survey, flags.keep, width)
    const undecided = survey && !('ending' in survey) && flags.keep === undefined && !isDeserted(survey)
    if (closed) this.talk(`Rotation ${id} of ${agent} was given up before: there is nothing to abort.`)
    else if (undecided) this.talk(plan((await this.paper(process.stderr)).width))
    else await this.agreed(({width}) => plan(width), 'End it?', flags)

    const result = await abortRotation(id, deps, {keep: flags.keep})
    for (const warning of result.warnings) this.warn(warning)
    await shown.end('done')
    this.log(rotationText(result, (await this.paper()).tint, server))
    return {result}
  }
}
