import {OpsError} from '../errors.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Acceptances} from './baseline.ts'
import type {Claims, Home} from './claims.ts'
import {byRule, byRuleOpen, findingOf} from './docket.ts'
import type {Chosen} from './inventory.ts'
import {inOrder} from './pool.ts'
import type {ListedUser, ListingPort, AuditPorts, FleetWorkspace} from './ports.ts'
import {isAbsent, reasonOf, valueOf, type Circuit, type SourceReading} from './reading.ts'
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
  let claimedAnew: Set<string> | undefined
  const work = async (login: string) => ({login, rows: await listing.read(() => port.tokens(login))})
  for await (const {login, rows} of inOrder(users.value.strays, concurrency, work)) {
    if (rows.kind !== 'read') {
      unjudged.push({agent: login, rule, reason: reasonOf(rows) ?? ''})
      continue
    }
    const ours = rows.value.filter(({name}) => OURS.test(name))
    if (ours.length === 0) continue
    claimedAnew ??= await renamedUsers(search, port)
    if (claimedAnew.has(login.toLowerCase())) continue
    const tokens = ours.map(({name, lastEight}) => `"${name}" (…${lastEight})`).join(', ')
    const party = {agent: login, user: login, workspace: undefined, repo: undefined, anchor: undefined, unclaimed: true}
    const held = await heldBy(ours, ports)
    const message = `no agent claims the user ${login}, who holds ${tokens}${held === undefined ? '' : `; ${held}`}`
    findings.push(findingOf(rule, party, {message, held}, accepted))
  }
  return {findings, unjudged}
}

/** What the users of agents are called now who had another name before, in lower case: their agents are told of it. */
async function renamedUsers({fleet, listing, users}: UnclaimedSearch, port: ListingPort): Promise<Set<string>> {
  const names = new Set<string>()
  const claims = valueOf(users)
  for (const agent of fleet.agents.filter((each) => claims && isAbsent(claims.of(each)))) {
    await listing.read(async () => {
      try {
        await port.user(agent.user)
      } catch (error) {
        const name = calledNow(error)
        if (name === undefined) throw error
        names.add(name.toLowerCase())
      }
    })
  }
  return names
}

function calledNow(error: unknown): string | undefined {
  if (!(error instanceof OpsError) || error.code !== 'GITEA_USER_RENAMED') return undefined
  const facts: unknown = error.facts
  return typeof facts === 'object' && facts && 'to' in facts && typeof facts.to === 'string' ? facts.to : undefined
}

/** Who may run on one of these as far as is on record, a clause. */
async function heldBy(rows: readonly TokenRow[], {ledger}: AuditPorts): Promise<string | undefined> {
  const [proof] = (await ledger?.provenOn(rows)) ?? []
  if (proof) {
    const {agent, workspace, elsewhere, lastEight} = proof
    const where = elsewhere ?? (workspace && `workspace ${workspace}`)
    return `${agent}${where === undefined ? '' : ` of ${where}`} was last proven on …${lastEight}`
  }
  const [place] = (await ledger?.placesOf(rows)) ?? []
  return place && `…${place.token.lastEight} was sent to or seen in workspace ${place.workspace.name}`
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
