import {string as text} from '@oclif/core/args'
import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {strict} from '../cli/flags.ts'

export default class CanI extends PatrolCommand<object> {
  static override summary = 'Tell whether the token of an agent can make a call: yes or no.'
  static override description =
    "Probes the token as `probe` does and holds it against the calls of the server's own version, as `explain` knows them; the call itself is never sent. Where patrol does not have the token's value, the administrator's listing tells. Exit 0 is yes, 3 is no, with the scope that is missing and what cures it, and 5 is not known: a right of the user may still refuse, or nothing tells what the call needs."
  static override examples = [
    {
      description: 'Can this agent see the issues?',
      command: '<%= config.bin %> can-i agent-reviewer GET /repos/acme/core/issues',
    },
    {
      description: 'With the URL of a failed call, in a script',
      command: '<%= config.bin %> can-i agent-dev-a GET "$GITEA_URL/api/v1/repos/acme/core/pulls?state=open" --json',
    },
  ]
  static override args = {
    agent: text({description: 'agent of patrol.yaml', required: true, ignoreStdin: true}),
    method: text({description: 'method of the call', required: true, ignoreStdin: true}),
    path: text({description: 'its path or URL, with or without /api/v1', required: true, ignoreStdin: true}),
  }
  static override flags = {strict: strict()}

  async run(): Promise<Outcome<object>> {
    const {args, flags} = await this.parse(CanI)
    const {Context} = await import('../context.ts')
    const {canI} = await import('../context/can-i.ts')
    const {canIExit, canILine, canIResult} = await import('../report/can-i.ts')
    await using context = await Context.open(this.edges(flags))

    const shown = await canI(context, args.agent, args.method, args.path)

    this.about(shown.server)
    for (const note of shown.notes) this.talk(note)
    const {tint, width} = await this.paper()
    this.log(canILine(shown, tint, width))
    return {result: canIResult(shown), exit: canIExit(shown)}
  }
}
