import {createHash} from 'node:crypto'
import {matchesGlob} from 'node:path'
import {OpsError} from '../errors.ts'
import type {FleetAgent, Inventory} from './ports.ts'

/** Which agents are meant: names or globs (any of them), and a profile; empty means all. */
export interface Selection {
  names?: readonly string[] | undefined
  profile?: string | undefined
}

/** The agents to audit, in the order of the inventory. */
export interface Chosen {
  inventory: Inventory
  agents: readonly FleetAgent[]
  /** Nobody was left out, so that what no agent claims can be told. */
  whole: boolean
}

/**
 * Picks the agents that are meant; the profile is one that there is. Throws `INVENTORY_EMPTY` and `AGENT_UNKNOWN`; nothing
 * was called then.
 */
export function choose(inventory: Inventory, selection: Selection = {}): Chosen {
  if (inventory.agents.length === 0) throw new OpsError('INVENTORY_EMPTY', {file: inventory.file})
  const {names = [], profile} = selection
  const named = names.length === 0 ? inventory.agents : byName(inventory, names)
  const agents = profile === undefined ? named : named.filter((agent) => agent.profile === profile)
  if (agents.length > 0) return {inventory, agents, whole: agents.length === inventory.agents.length}
  throw new OpsError('AGENT_UNKNOWN', {
    case: 'profile',
    profile: profile!,
    file: inventory.file,
    named: names.length > 0,
  })
}

/** SHA-256 of what is audited, so that only shards of one inventory are merged. Not of where the file lies. */
export function digestOf({agents}: Chosen, giteaUrl: string): string {
  const hash = createHash('sha256').update(`[${JSON.stringify(giteaUrl)},[`)
  let comma = ''
  for (const {name, user, workspace, profile, scopes, repositories, maxAgeMs, repo} of agents) {
    const reach = repositories === undefined ? [] : [repositories]
    const row = [name, user, workspace, profile, scopes, maxAgeMs ?? null, repo ?? null, ...reach]
    hash.update(comma + JSON.stringify(row))
    comma = ','
  }
  return hash.update(']]').digest('hex')
}

function byName(inventory: Inventory, names: readonly string[]): readonly FleetAgent[] {
  const known = new Set(inventory.agents.map(({name}) => name))
  const wanted = new Set<string>()
  for (const name of names) {
    const found = known.has(name) ? [name] : [...known].filter((each) => matchesGlob(each, name))
    if (found.length === 0)
      throw new OpsError('AGENT_UNKNOWN', {case: 'audit', name, file: inventory.file, known: [...known]})
    for (const each of found) wanted.add(each)
  }
  return inventory.agents.filter(({name}) => wanted.has(name))
}
