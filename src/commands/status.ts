import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {strict} from '../cli/flags.ts'
import {EXIT} from '../errors.ts'

export default class Status extends PatrolCommand<object> {
  static override summary = 'Show on one screen where everything stands, and what to type next.'
  static override description =
    'Both servers, the fleet as audits and probes last saw it, its worst agents, what is unfinished on this machine, approvals that wait and revocations that are due. Reads only, asks the servers no more than whether they are there, and waits four seconds for that at most: all else shows without a network. Judges nothing anew, so the exit is 0 whatever shows, and 5 where a server gave no answer or the records could not be read.'
  static override examples = [
    {description: 'Where do we stand?', command: '<%= config.bin %> status'},
    {description: 'The same for a script', command: '<%= config.bin %> status --json'},
  ]
  static override flags = {strict: strict()}

  async run(): Promise<Outcome<object>> {
    const {flags} = await this.parse(Status)
    const {Context} = await import('../context.ts')
    const {hurried, statusNow} = await import('../context/status.ts')
    const {statusResult, statusText} = await import('../report/status.ts')
    await using context = await Context.open(hurried(this.edges(flags)))

    const shown = await statusNow(context, this.signal)

    const {tint, width} = await this.paper()
    this.log(statusText(shown, Date.now(), tint, width))
    const isWhole = shown.unread === undefined && shown.status.servers.every(({state}) => state === 'up')
    return {result: statusResult(shown), exit: isWhole ? 0 : EXIT.unavailable}
  }
}
