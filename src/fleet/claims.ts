import type {Chosen} from './inventory.ts'
import type {ListedUser, FleetAgent, FleetWorkspace} from './ports.ts'
import type {SourceReading} from './reading.ts'
import {inShard, type Shard} from './shard.ts'
import type {WorkspaceKeeper} from './types.ts'

/** Which row of a server's list is whose; of the rows that no agent claims, those that the shard is to look at. */
export interface Claims<Row, Stray> {
  of(agent: FleetAgent): SourceReading<Row | undefined>
  /** What no agent of the inventory claims; only looked for where the whole inventory is audited. */
  strays: Stray[]
}

/** The server's users, by login in any case. */
export function claimUsers(
  fleet: Chosen,
  shard: Shard | undefined,
  users: Iterable<ListedUser>,
): Claims<ListedUser, string> {
  const claimed = new Set(fleet.agents.map(({user}) => user.toLowerCase()))
  const accounts = new Map<string, ListedUser>()
  const strays: string[] = []
  for (const account of users) {
    const login = account.login.toLowerCase()
    if (claimed.has(login)) accounts.set(login, account)
    else if (fleet.whole && inShard(account.login, shard)) strays.push(account.login)
  }
  return {of: ({user}) => ({kind: 'read', value: accounts.get(user.toLowerCase())}), strays}
}

/** A workspace as judging needs it. */
export interface Home extends Pick<FleetWorkspace, 'id' | 'name' | 'status' | 'lastSampleError'> {
  keeper: WorkspaceKeeper | undefined
  /** The platform does not tell whether it is the concierge. */
  kindUntold?: boolean
  /** The name of a paused workspace above it, without which it cannot start. */
  pausedAbove?: string | undefined
}

/** The platform's workspaces, by id or by the one exact name. The concierge is nobody's and no stray. */
export function claimWorkspaces(
  fleet: Chosen,
  shard: Shard | undefined,
  workspaces: Iterable<FleetWorkspace>,
): Claims<Home, FleetWorkspace> {
  const agents = new Map(fleet.agents.map((agent) => [agent.workspace, agent]))
  const byId = new Map<FleetAgent, Home>()
  const byName = new Map<FleetAgent, Home[]>()
  /** Agents that lead to one workspace, the one by its id and the other by its name. */
  const mates = new Map<FleetAgent, FleetAgent>()
  const strays: FleetWorkspace[] = []
  const tree = new Map<string, FleetWorkspace>()
  for (const row of workspaces) {
    const {id, name, kind, status, lastSampleError} = row
    const home = {
      id,
      name,
      status,
      lastSampleError: lastSampleError || undefined,
      keeper: keeperOf(row),
      kindUntold: kind === undefined,
    }
    tree.set(id, row)
    const [own, named] = [agents.get(id.toLowerCase()), agents.get(name)]
    if (own) byId.set(own, home)
    if (named) byName.set(named, [...(byName.get(named) ?? []), home])
    if (own && named && own !== named) mates.set(own, named).set(named, own)
    if (own || named) continue
    if (fleet.whole && kind !== 'platform' && status !== 'removed' && inShard(id, shard)) strays.push(row)
  }
  const failed = (reason: string) => ({kind: 'failed', reason, again: false, clash: true}) as const
  return {
    of(agent) {
      const mate = mates.get(agent)
      if (mate) {
        return failed(
          `${mate.name} has the same workspace, the one by its id and the other by its name; give each its own`,
        )
      }
      const [home, namesake] = byId.has(agent) ? [byId.get(agent)] : (byName.get(agent) ?? [])
      if (!namesake) return {kind: 'read', value: home && {...home, pausedAbove: pausedAbove(home, tree)}}
      return failed(`several workspaces are named ${agent.workspace}; give the agent the id of the right one`)
    },
    strays,
  }
}

/** The platform restarts nothing below a paused workspace; what runs elsewhere it does not restart at all. */
function pausedAbove({id, keeper}: Home, tree: ReadonlyMap<string, FleetWorkspace>): string | undefined {
  if (keeper === 'external') return undefined
  const seen = new Set([id])
  let above = tree.get(tree.get(id)?.parentId ?? '')
  while (above && !seen.has(above.id)) {
    if (above.status === 'paused') return above.name
    seen.add(above.id)
    above = tree.get(above.parentId ?? '')
  }
  return undefined
}

/** As rotations are guarded: the concierge's secret is stored in the canvas, and others restart what is external. */
function keeperOf({kind, runtime}: FleetWorkspace): WorkspaceKeeper | undefined {
  if (kind === 'platform') return 'concierge'
  return runtime === 'external' || runtime === 'mock' ? 'external' : undefined
}
