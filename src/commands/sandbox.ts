import {PatrolCommand} from '../cli/base.ts'
import type {Outcome} from '../cli/base.ts'
import {sandboxFlags} from '../cli/flags.ts'
import {string} from '@oclif/core/flags'

interface Opened {
  directory: string
  config: string
  state: string
  gitea: string
  platform: string
  agents: string[]
}

export default class Sandbox extends PatrolCommand<Opened> {
  static override summary = 'Run a Gitea and a platform on this machine, with the incident in them.'
  static override description =
    'Both are simulators on loopback. patrol.yaml and made-up credentials are written to a directory, so that every command can be tried in another terminal. Runs until Ctrl-C.'
  static override examples = [
    {description: 'Start it, then type the line it prints in another terminal', command: '<%= config.bin %> sandbox'},
    {description: 'A Gitea that tells scopes itself', command: '<%= config.bin %> sandbox --gitea 1.27.0'},
  ]
  static override flags = {
    dir: string({description: 'directory to write to (default: a new temporary one)', helpValue: 'DIR'}),
    ...sandboxFlags,
  }

  async run(): Promise<Outcome<Opened>> {
    const {flags} = await this.parse(Sandbox)
    const {openSandbox} = await import('../drill/sandbox.ts')
    const opened = await openSandbox(flags, flags.dir, this.signal)
    const {sandbox, home, directory} = opened

    this.log(
      `Gitea ${flags.gitea} at ${sandbox.gitea.url}, platform (${flags.release}, ${flags.mode}) at ${sandbox.platform.url}`,
    )
    this.log(`Agents: ${sandbox.agents.map(({name}) => name).join(', ')}\n`)
    this.log(`Type this in another terminal:\n  export PATROL_CONFIG=${home.config} PATROL_STATE_DIR=${home.state}`)
    this.log('Then try:\n  patrol probe agent-dev-a\n  patrol rotate agent-dev-a\n  patrol smoke agent-dev-a')
    this.talk('\nRunning until Ctrl-C.')
    await opened.closed
    const agents = sandbox.agents.map(({name}) => name)
    return {result: {directory, ...home, gitea: sandbox.gitea.url, platform: sandbox.platform.url, agents}}
  }
}
