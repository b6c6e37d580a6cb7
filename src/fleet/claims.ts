import type {Chosen} from './inventory.ts'
import type {Account, FleetAgent, FleetWorkspace} from './ports.ts'
import type {Reading} from './reading.ts'
import {inShard, type Shard} from './shard.ts'
import type {Keeper} from './types.ts'

/**
 * Which row of a server's list is whose: of the rows that agents claim only what judging asks for is kept, in a few
 * bytes for each, and of the others those that the shard is to look at.
 */
export interface Claims<Row, Stray> {
  /** The row of the agent at this place of the fleet. */
  of(at: number, agent: FleetAgent): Reading<Row | undefined>
  /** What no agent of the inventory claims; only looked for where the whole inventory is audited. */
  strays: Stray[]
}

const [KNOWN, ADMIN, ACTIVE, SHUT] = [1, 2, 4, 8]

/** The server's users, by login in any case. */
export function claimUsers(fleet: Chosen, shard: Shard | undefined, users: Iterable<Account>): Claims<Account, string> {
  const places = placesBy(fleet, ({user}) => user.toLowerCase())
  const flags = new Uint8Array(fleet.agents.length)
  const strays: string[] = []
  for (const {login, isAdmin, active, prohibitLogin} of users) {
    const at = places.get(login.toLowerCase())
    if (at !== undefined) {
      flags[at] = KNOWN | (isAdmin ? ADMIN : 0) | (active ? ACTIVE : 0) | (prohibitLogin ? SHUT : 0)
    } else if (fleet.whole && inShard(login, shard)) strays.push(login)
  }
  return {
    of(at, {user: login}) {
      const flag = flags[at] ?? 0
      const is = (bit: number) => (flag & bit) !== 0
      const account = {login, isAdmin: is(ADMIN), active: is(ACTIVE), prohibitLogin: is(SHUT)}
      return {kind: 'read', value: is(KNOWN) ? account : undefined}
    },
    strays,
  }
}

/** A workspace as judging needs it. */
export interface Home extends Pick<FleetWorkspace, 'id' | 'status' | 'lastSampleError'> {
  keeper: Keeper | undefined
}

/** The platform's workspaces, by id or by the one exact name. The concierge is nobody's and no stray. */
export function claimWorkspaces(
  fleet: Chosen,
  shard: Shard | undefined,
  workspaces: Iterable<FleetWorkspace>,
): Claims<Home, FleetWorkspace> {
  const places = placesBy(fleet, ({workspace}) => workspace)
  // The status alone where the agent names the id, which it nearly always does.
  const homes: (string | Home | undefined)[] = Array.from({length: fleet.agents.length})
  const byId = new Set<number>()
  const namesakes = new Set<number>()
  /** Agents that lead to one workspace, the one by its id and the other by its name. */
  const mates = new Map<number, number>()
  // One text for all that are alike.
  const statuses = new Map<string, string>()
  const strays: FleetWorkspace[] = []
  for (const row of workspaces) {
    const {id, name, kind} = row
    const lastSampleError = row.lastSampleError || undefined
    const keeper = keeperOf(row)
    const status = statuses.get(row.status) ?? row.status
    statuses.set(status, status)
    const [own, named] = [places.get(id.toLowerCase()), places.get(name)]
    if (own !== undefined) {
      byId.add(own)
      const plain = !lastSampleError && !keeper && fleet.agents.at(own)?.workspace === id
      homes[own] = plain ? status : {id, status, lastSampleError, keeper}
    }
    if (named !== undefined && !byId.has(named)) {
      if (homes[named] !== undefined) namesakes.add(named)
      homes[named] = {id, status, lastSampleError, keeper}
    }
    if (own !== undefined && named !== undefined && own !== named) mates.set(own, named).set(named, own)
    if (own !== undefined || named !== undefined) continue
    if (fleet.whole && kind !== 'platform' && status !== 'removed' && inShard(id, shard)) strays.push(row)
  }
  return {
    of(at, {workspace}) {
      const mate = mates.get(at)
      if (mate !== undefined) {
        const reason = `${fleet.agents.at(mate)?.name} has the same workspace, the one by its id and the other by its name; give each its own`
        return {kind: 'failed', reason, again: false}
      }
      if (namesakes.has(at) && !byId.has(at)) {
        const reason = `several workspaces are named ${workspace}; give the agent the id of the right one`
        return {kind: 'failed', reason, again: false}
      }
      const home = homes[at]
      const value = typeof home === 'string' ? {id: workspace, status: home, ...PLAIN} : home
      return {kind: 'read', value}
    },
    strays,
  }
}

const PLAIN = {lastSampleError: undefined, keeper: undefined}

/** As rotations are guarded: the concierge's secret is stored in the canvas, and others restart what is external. */
function keeperOf({kind, runtime}: FleetWorkspace): Keeper | undefined {
  if (kind === 'platform') return 'concierge'
  return runtime === 'external' || runtime === 'mock' ? 'external' : undefined
}

/** Where each agent stands in the fleet. */
function placesBy({agents}: Chosen, keyOf: (agent: FleetAgent) => string): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  let at = 0
  for (const agent of agents) places.set(keyOf(agent), at++)
  return places
}
