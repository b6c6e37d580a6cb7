import {createHash} from 'node:crypto'
import {matchesGlob} from 'node:path'
import {OpsError, word} from '../errors.ts'
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
 * Picks the agents that are meant. Throws `INVENTORY_EMPTY`, `PROFILE_UNKNOWN` and `AGENT_UNKNOWN`; nothing was called
 * then.
 */
export function choose(inventory: Inventory, selection: Selection = {}): Chosen {
  refuseEmpty(inventory)
  const {names = [], profile} = selection
  const named = names.length === 0 ? inventory.agents : byName(inventory, names)
  const wanted = profile === undefined ? undefined : knownProfile(inventory, profile)
  const agents = wanted === undefined ? named : named.filter((agent) => agent.profile === wanted)
  if (agents.length > 0) return {inventory, agents, whole: agents.length === inventory.agents.length}
  throw new OpsError(
    'AGENT_UNKNOWN',
    `No agent of ${inventory.file} has the profile "${profile}". Nothing was called.`,
    {
      suggestions: ['patrol audit', 'patrol config check'],
    },
  )
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

function refuseEmpty({file, agents}: Inventory): void {
  if (agents.length > 0) return
  throw new OpsError('INVENTORY_EMPTY', `${file} names no agents, so there is nothing to audit. Nothing was called.`, {
    suggestions: ['patrol init', 'patrol config schema'],
    ref: 'docs/config.md',
  })
}

function byName(inventory: Inventory, names: readonly string[]): readonly FleetAgent[] {
  const known = new Set(inventory.agents.map(({name}) => name))
  const wanted = new Set<string>()
  for (const name of names) {
    const found = known.has(name) ? [name] : [...known].filter((each) => matchesGlob(each, name))
    if (found.length === 0) throw unknownAgent(inventory, name)
    for (const each of found) wanted.add(each)
  }
  return inventory.agents.filter(({name}) => wanted.has(name))
}

function unknownAgent({file, agents}: Inventory, name: string): OpsError {
  const known = agents.slice(0, 12).map((agent) => agent.name)
  const list = `It knows ${known.join(', ')}${agents.length > known.length ? ', ...' : ''}.`
  const what = /[*?[{]/.test(name)
    ? `No agent of ${file} matches "${name}".`
    : `There is no agent "${name}" in ${file}.`
  return new OpsError('AGENT_UNKNOWN', `${what} ${list} Nothing was called.`, {
    suggestions: ['patrol config check', 'patrol audit'],
  })
}

function knownProfile({profiles, file}: Inventory, profile: string): string {
  if (profiles.includes(profile)) return profile
  const list = profiles.join(', ')
  throw new OpsError('PROFILE_UNKNOWN', `${file} has no profile "${profile}"; known: ${list}. Nothing was called.`, {
    suggestions: profiles.slice(0, 2).map((known) => `patrol audit --profile ${word(known)}`),
  })
}
