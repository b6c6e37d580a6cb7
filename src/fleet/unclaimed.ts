import type {Acceptances} from './baseline.ts'
import type {Claims, Home} from './claims.ts'
import {byRule, byRuleOpen, findingOf} from './docket.ts'
import type {Chosen} from './inventory.ts'
import {inOrder} from './pool.ts'
import type {ListedUser, AuditPorts, FleetWorkspace} from './ports.ts'
import {reasonOf, type Circuit, type SourceReading} from './reading.ts'
import type {AuditFinding, Unjudged} from './types.ts'

/** A name that patrol gives to tokens, whatever the agent. */
const OURS = /^patrol\.[A-Za-z0-9_-]+\.\d{8}\./

/** What looking for the unclaimed needs. */
export interface UnclaimedSearch {
  fleet: Chosen
  ports: AuditPorts
  listing: Circuit
  users: SourceReading<Claims<ListedUser, string>>
  workspaces: SourceReading<Claims<Home, FleetWorkspace>>
  concurrency: number
  accepted: Acceptances
}

/**
 * Users and workspaces that no agent of the whole inventory claims. Each falls into one shard by its name, so that
 * shards together find what one run would.
 */
export async function unclaimed(search: UnclaimedSearch): Promise<{findings: AuditFinding[]; unjudged: Unjudged[]}> {
  if (!search.fleet.whole) return {findings: [], unjudged: []}
  const users = await unclaimedUsers(search)
  const workspaces = unclaimedWorkspaces(search)
  return {
    findings: [...users.findings, ...workspaces.findings].toSorted(byRule),
    unjudged: [...users.unjudged, ...workspaces.unjudged].toSorted(byRuleOpen),
  }
}

async function unclaimedUsers(search: UnclaimedSearch): Promise<{findings: AuditFinding[]; unjudged: Unjudged[]}> {
  const {ports, listing, users, concurrency, accepted} = search
  const rule = 'user-without-workspace'
  const port = ports.listing
  if (!port || users.kind === 'off') return {findings: [], unjudged: []}
  if (users.kind === 'failed') return {findings: [], unjudged: [{agent: '', rule, reason: users.reason}]}
  const findings: AuditFinding[] = []
  const unjudged: Unjudged[] = []
  const work = async (login: string) => ({login, rows: await listing.read(() => port.tokens(login))})
  for await (const {login, rows} of inOrder(users.value.strays, concurrency, work)) {
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

function unclaimedWorkspaces(search: UnclaimedSearch): {findings: AuditFinding[]; unjudged: Unjudged[]} {
  const {workspaces, accepted} = search
  const rule = 'workspace-without-user'
  if (workspaces.kind === 'off') return {findings: [], unjudged: []}
  if (workspaces.kind === 'failed') return {findings: [], unjudged: [{agent: '', rule, reason: workspaces.reason}]}
  const findings = workspaces.value.strays.map(({id, name, status}) => {
    const party = {agent: name, user: undefined, workspace: id, repo: undefined, anchor: undefined, unclaimed: true}
    const message = `no agent claims the workspace ${name} (${id}, ${status})`
    return findingOf(rule, party, {message, names: [id]}, accepted)
  })
  return {findings, unjudged: []}
}
