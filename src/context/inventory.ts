import {readFile} from 'node:fs/promises'
import type {PatrolConfig} from '../config.ts'
import {withAgent, type EntryWishes} from '../config/entry.ts'
import {configText} from '../config/read.ts'
import {nothing, OpsError, run} from '../errors.ts'
import {profileNamed} from './profile-named.ts'

/** An inventory with an agent more. */
interface Enlarged {
  /** The text of the file as it is, and as it is to be. */
  before: string
  after: string
  /** Where the new entry stands. */
  line: number
}

/**
 * What patrol.yaml is to be with this agent in it. Throws `USAGE` for a name that is taken, `PROFILE_UNKNOWN`, and
 * `CONFIG_INVALID` and `INVENTORY_DUPLICATE` as reading the new file would.
 */
export async function enlarged(
  {file, agents, profiles}: PatrolConfig,
  name: string,
  {user, workspace, profile, repo, token}: EntryWishes,
): Promise<Enlarged> {
  const taken = agents.get(name)
  if (taken) {
    throw new OpsError('USAGE', {
      what: `${file} has an agent ${name} already, in line ${taken.line}.`,
      state: nothing('written'),
      advice: [run`patrol onboard ${name} --dry-run`],
    })
  }
  if (profile !== undefined) profileNamed(profile, profiles, ['patrol', 'agent', 'add', name])
  const before = await readFile(file, 'utf8')
  const after = withAgent(before, name, {user, workspace, profile, repo, token})
  const {line} = configText(after, file).agents.get(name)!
  return {before, after, line}
}
