import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {sandboxFlags} from '../cli/flags.ts'
import type {DrillResult} from '../drill/drill.ts'

export default class Drill extends PatrolCommand<DrillResult> {
  static override summary = 'See the incident, mend it and prove it, in a sandbox of its own.'
  static override description =
    'Starts both simulators, shows the 403, rotates the token, proves all three paths from inside the agent and finds the old token dead. The same calls as in production; nothing leaves this machine and nothing stays.'
  static override examples = [
    {description: 'The whole incident in one go', command: '<%= config.bin %> drill'},
    {description: 'On a Gitea that tells scopes itself', command: '<%= config.bin %> drill --gitea 1.27.0 --json'},
  ]
  static override flags = {gitea: sandboxFlags.gitea}

  async run(): Promise<Outcome<DrillResult>> {
    const {flags} = await this.parse(Drill)
    const {drill} = await import('../drill/drill.ts')
    const {follow} = await import('../cli/follow.ts')
    const paper = await this.paper()
    await using shown = await follow(this.teller())
    const result = await drill(
      {gitea: flags.gitea},
      {
        edges: this.edges(flags),
        ...paper,
        log: (text) => this.log(text),
        on: shown.on,
        settle: () => shown.end('done'),
      },
    )
    return {result}
  }
}
