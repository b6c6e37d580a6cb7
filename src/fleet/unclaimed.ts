import type {Acceptances} from './baseline.ts'
import {byRule, byRuleOpen, findingOf} from './docket.ts'
import type {Chosen} from './inventory.ts'
import {inOrder} from './pool.ts'
import type {Account, AuditPorts, FleetAgent, FleetWorkspace} from './ports.ts'
import {reasonOf, type Circuit, type Reading} from './reading.ts'
import {inShard, type Shard} from './shard.ts'
import type {Finding, Unjudged} from './types.ts'

/** A name that patrol gives to tokens, whatever the agent. */
const OURS = /^patrol\.[A-Za-z0-9_-]+\.\d{8}\./

/** What looking for the unclaimed needs. */
export interface Search {
  fleet: Chosen
  ports: AuditPorts
  listing: Circuit
  users: Reading<Account[]>
  workspaces: Reading<FleetWorkspace[]>
  shard: Shard | undefined
  concurrency: number
  accepted: Acceptances
}

/**
 * Users and workspaces that no agent of the whole inventory claims. Each falls into one shard by its name, so that
 * shards together find what one run would.
 */
export async function unclaimed(search: Search): Promise<{findings: Finding[]; unjudged: Unjudged[]}> {
  if (!search.fleet.whole) return {findings: [], unjudged: []}
  const users = await unclaimedUsers(search)
  const workspaces = unclaimedWorkspaces(search)
  return {
    findings: [...users.findings, ...workspaces.findings].toSorted(byRule),
    unjudged: [...users.unjudged, ...workspaces.unjudged].toSorted(byRuleOpen),
  }
}

async function unclaimedUsers(search: Search): Promise<{findings: Finding[]; unjudged: Unjudged[]}> {
  const {fleet, ports, listing, users, shard, concurrency, accepted} = search
  const rule = 'user-without-workspace'
  const port = ports.listing
  if (!port || users.kind === 'off') return {findings: [], unjudged: []}
  if (users.kind === 'failed') return {findings: [], unjudged: [{agent: '', rule, reason: users.reason}]}
  const claimed = new Set(fleet.inventory.agents.map(({user}) => user.toLowerCase()))
  const others = users.value
    .map(({login}) => login)
    .filter((login) => !claimed.has(login.toLowerCase()) && inShard(login, shard))
  const findings: Finding[] = []
  const unjudged: Unjudged[] = []
  const work = async (login: string) => ({login, rows: await listing.read(() => port.tokens(login))})
  for await (const {login, rows} of inOrder(others, concurrency, work)) {
    if (rows.kind !== 'read') {
      unjudged.push({agent: login, rule, reason: reasonOf(rows) ?? ''})
      continue
    }
    const ours = rows.value.filter(({name}) => OURS.test(name))
    if (ours.length === 0) continue
    const tokens = ours.map(({name, lastEight}) => `"${name}" (…${lastEight})`).join(', ')
    const party = {agent: login, user: login, workspace: undefined, repo: undefined, anchor: undefined, unclaimed: true}
    findings.push(findingOf(rule, party, {message: `no agent claims the user ${login}, who holds ${tokens}`}, accepted))
  }
  return {findings, unjudged}
}

function unclaimedWorkspaces(search: Search): {findings: Finding[]; unjudged: Unjudged[]} {
  const {fleet, workspaces, shard, accepted} = search
  const rule = 'workspace-without-user'
  if (workspaces.kind === 'off') return {findings: [], unjudged: []}
  if (workspaces.kind === 'failed') return {findings: [], unjudged: [{agent: '', rule, reason: workspaces.reason}]}
  const claimed = new Set(fleet.inventory.agents.map(({workspace}) => workspace))
  const others = workspaces.value.filter(
    ({id, name, kind, status}) =>
      kind !== 'platform' &&
      status !== 'removed' &&
      !claimed.has(id.toLowerCase()) &&
      !claimed.has(name) &&
      inShard(id, shard),
  )
  const findings = others.map(({id, name, status}) => {
    const party = {agent: name, user: undefined, workspace: id, repo: undefined, anchor: undefined, unclaimed: true}
    const message = `no agent claims the workspace ${name} (${id}, ${status})`
    return findingOf(rule, party, {message, names: [id]}, accepted)
  })
  return {findings, unjudged: []}
}

/** Finds agents' workspaces in the platform's list, by id or by the one exact name. */
export function workspaceFinder(
  list: Reading<FleetWorkspace[]>,
): (agent: FleetAgent) => Reading<FleetWorkspace | undefined> {
  if (list.kind !== 'read') return () => list
  const byId = new Map(list.value.map((workspace) => [workspace.id.toLowerCase(), workspace]))
  const byName = Map.groupBy(list.value, ({name}) => name)
  return ({workspace}) => {
    const found = byId.get(workspace)
    if (found) return {kind: 'read', value: found}
    const [named, another] = byName.get(workspace) ?? []
    if (!another) return {kind: 'read', value: named}
    const reason = `several workspaces are named ${workspace}; give the agent the id of the right one`
    return {kind: 'failed', reason, again: false}
  }
}
