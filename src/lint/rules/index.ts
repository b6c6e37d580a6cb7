import type {Judge} from '../draft.ts'
import {judgeAnswers} from './answers.ts'
import {judgeCommands} from './commands.ts'
import {judgeDenials} from './denials.ts'
import {judgeFiles} from './files.ts'
import {judgeInventory} from './inventory.ts'
import {judgeMinting} from './minting.ts'
import {judgePlatform} from './platform.ts'
import {judgeRoutes} from './routes.ts'
import {judgeScopes} from './scopes.ts'
import {judgeSecrets} from './secrets.ts'

/** All judges but that of the suppressions, which comes last. */
export const JUDGES: readonly Judge[] = [
  judgeSecrets,
  judgeScopes,
  judgeRoutes,
  judgeMinting,
  judgeCommands,
  judgeAnswers,
  judgeDenials,
  judgePlatform,
  judgeFiles,
  judgeInventory,
]
