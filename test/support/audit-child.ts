/** `patrol audit` in a process of its own, from its sources: what follows are its arguments. */
import {resolve} from 'node:path'
import Audit from '../../src/commands/audit.ts'

await Audit.run(process.argv.slice(2), resolve(import.meta.dirname, '../..'))
