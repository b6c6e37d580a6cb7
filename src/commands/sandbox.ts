import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {word} from '../errors.ts'
import {populationFlags, sandboxFlags} from '../cli/flags.ts'
import {string} from '@oclif/core/flags'

interface OpenedSandbox {
  directory: string
  config: string
  state: string
  gitea: string
  platform: string
  agents: string[]
  /** In the inventory alone. */
  newAgents: readonly string[]
}

export default class Sandbox extends PatrolCommand<OpenedSandbox> {
  static override summary = 'Run a Gitea and a platform on this machine, with the incident in them.'
  static override description =
    'Both are simulators on loopback. patrol.yaml and made-up credentials are written to a directory, so that every command can be tried in another terminal. Runs until Ctrl-C.'
  static override examples = [
    {description: 'Start it, then type the line it prints in another terminal', command: '<%= config.bin %> sandbox'},
    {description: 'Two thousand generated agents to audit', command: '<%= config.bin %> sandbox --agents 2000'},
    {description: 'A Gitea that tells scopes itself', command: '<%= config.bin %> sandbox --gitea 1.27.0'},
    {
      description: 'A Forgejo, where tokens can be confined to repositories',
      command: '<%= config.bin %> sandbox --gitea forgejo-15',
    },
  ]
  static override flags = {
    dir: string({description: 'directory to write to (default: a new temporary one)', helpValue: 'DIR'}),
    ...populationFlags,
    ...sandboxFlags,
  }

  async run(): Promise<Outcome<OpenedSandbox>> {
    const {flags} = await this.parse(Sandbox)
    const {openSandbox} = await import('../drill/sandbox.ts')
    const {sandboxText} = await import('../report/sandbox.ts')
    const opened = await openSandbox({...flags, newAgents: flags['new-agents']}, flags.dir, this.signal)
    const {sandbox, home, directory} = opened

    const names = sandbox.agents.map(({name}) => name)
    const [gitea, platform] = [sandbox.gitea.url, sandbox.platform.url]
    const written = {directory, config: home.config, state: home.state}
    const result = {...written, gitea, platform, agents: names, newAgents: sandbox.newAgents ?? []}
    const exported = `export PATROL_CONFIG=${word(home.config)} PATROL_STATE_DIR=${word(home.state)}`
    const truth = flags.agents === undefined ? undefined : `${directory}/truth.json`
    this.log(sandboxText(result, {exported, truth, versions: [sandbox.gitea.named, flags.release, flags.mode]}))
    this.talk('\nRunning until Ctrl-C.')
    this.announce(result)
    await opened.closed
    return {result}
  }
}
