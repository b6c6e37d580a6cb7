import {PatrolCommand} from '../../cli/base.ts'
import type {Outcome} from '../../cli/base.ts'

export default class ConfigSchema extends PatrolCommand<object> {
  static override summary = 'Print the JSON Schema of patrol.yaml.'
  static override description =
    'For editors that check YAML while one types. With --json the schema is the result inside the usual envelope.'
  static override examples = [
    {description: 'Print the schema', command: '<%= config.bin %> config schema'},
    {description: 'The same inside the envelope', command: '<%= config.bin %> config schema --json'},
  ]

  async run(): Promise<Outcome<object>> {
    await this.parse(ConfigSchema)
    const {jsonSchema} = await import('../../config/schema.ts')
    const result = jsonSchema()
    this.log(JSON.stringify(result, null, 2))
    return {result}
  }
}
