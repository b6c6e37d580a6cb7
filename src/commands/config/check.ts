import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'

interface Checked {
  file: string
  agents: string[]
  profiles: string[]
}

export default class ConfigCheck extends PatrolCommand<Checked> {
  static override summary = 'Check patrol.yaml.'
  static override description =
    'Reads patrol.yaml as every command would and names all mistakes with line, column and the nearest right word, and agents that share a user or a workspace. Nothing is called, and no secret is read.'
  static override examples = [
    {description: 'Check the configuration that would be used here', command: '<%= config.bin %> config check'},
    {description: 'The same, for a script', command: '<%= config.bin %> config check --json'},
  ]

  async run(): Promise<Outcome<Checked>> {
    const {flags} = await this.parse(ConfigCheck)
    const {configMissing, loadConfig} = await import('../../config.ts')
    const config = await loadConfig(flags.config)
    if (!config) throw configMissing()
    const result = {file: config.file, agents: [...config.agents.keys()], profiles: [...config.profiles.keys()]}
    this.log(`${config.file} is sound: ${result.agents.length} agents, profiles ${result.profiles.join(', ')}.`)
    return {result}
  }
}
