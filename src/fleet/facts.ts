import type {ProbeReport} from '../probe/types.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Holding} from './deployed.ts'
import {place, type DeployedPlace} from './deployed.ts'
import type {Claims, Home} from './claims.ts'
import type {ListedUser, AuditPorts, FleetAgent} from './ports.ts'
import {isAbsent, OFF, valueOf, type Circuit, type SourceReading} from './reading.ts'

/** All that the sources say about one agent; judging it asks nobody. */
export interface AgentFacts {
  agent: FleetAgent
  holding: Holding
  account: SourceReading<ListedUser | undefined>
  rows: SourceReading<TokenRow[]>
  /** Of the deployed token, in a list that could be read. */
  place: DeployedPlace | undefined
  /** `off` too where there is no value to probe with. */
  probe: SourceReading<ProbeReport>
  workspace: SourceReading<Home | undefined>
  /** When the deployed token was made, RFC 3339. */
  createdAt: string | undefined
  secretUpdatedAt: SourceReading<string | undefined>
  /** Whether the process surely began after that; `off` where nothing hangs on it. */
  startedSince: SourceReading<boolean>
  /** The server has no such repository as it is to find its work in; known where its token found it shut. */
  workGone?: boolean
  /** Phases of the rotations of this agent that are not finished, by their ids. */
  openRotations: ReadonlyMap<string, string>
  /** Whether a rotation that is over left it, so that nobody revokes it when its overlap is over. */
  isAbandoned: (token: Pick<TokenRow, 'id' | 'lastEight'>) => boolean
}

/** A rotation of this agent has stopped on its way: one that only has to revoke stands in nobody's way. */
export function hasStopped({openRotations}: Pick<AgentFacts, 'openRotations'>): boolean {
  return openRotations.values().some((phase) => phase !== 'proven' && phase !== 'revoking')
}

/** What the servers are asked through, and what was read for all agents at once. */
export interface Shared {
  ports: AuditPorts
  listing: Circuit
  probing: Circuit
  platform: Circuit
  /** Everyone's account, where the list of users could be read. */
  users: Claims<ListedUser, unknown> | undefined
  openRotations(agent: string): ReadonlyMap<string, string>
  isAbandoned: AgentFacts['isAbandoned']
}

/** What is known of an agent before it is looked at. */
export interface Subject {
  agent: FleetAgent
  holding: Holding
  workspace: AgentFacts['workspace']
}

/** Looks at one agent. The listing goes first, for a probe counts as a use of the token. */
export async function factsOf(lead: Subject, shared: Shared): Promise<AgentFacts> {
  const {agent, workspace} = lead
  const {ports, platform} = shared
  const {account, rows} = await listed(lead, shared)
  const recorded = (await ports.ledger?.tokens(agent.user, valueOf(rows))) ?? lead.holding.recorded
  const holding = {...lead.holding, recorded, ...(await otherPlaces(valueOf(rows) ?? [], ports))}
  const spot = rows.kind === 'read' ? place(holding.told, rows.value) : undefined
  const probe = await probed(agent, holding, spot, shared)
  const workGone = await isWorkGone(agent, probe, shared)
  const createdAt = madeAt(holding, spot)
  const id = valueOf(workspace)?.id
  const reader = ports.platform
  const secretUpdatedAt =
    reader && id !== undefined && (createdAt !== undefined || holding.deployment !== undefined)
      ? await platform.read(() => reader.secretUpdatedAt(id), {lenient: ['PLATFORM_TOKEN_REJECTED']})
      : OFF
  // Only what may be deleted beside a token that the agent named hangs on it.
  const counts = holding.told?.from === 'agent' && (valueOf(rows)?.length ?? 0) > 1
  const home = valueOf(workspace)
  const startedSince =
    reader && home && home.keeper !== 'external' && counts
      ? await platform.read(() => reader.startedSince(home.id), {lenient: ['PLATFORM_TOKEN_REJECTED']})
      : OFF
  const openRotations = shared.openRotations(agent.name)
  const {isAbandoned} = shared
  const times = {createdAt, secretUpdatedAt, startedSince}
  return {agent, holding, account, rows, place: spot, probe, workGone, workspace, ...times, openRotations, isAbandoned}
}

/** What the ledger has of the tokens of a user who has several: of an only one nothing is offered that hangs on it. */
async function otherPlaces(
  rows: readonly TokenRow[],
  {ledger}: AuditPorts,
): Promise<Pick<Holding, 'proofs' | 'places'>> {
  if (!ledger || rows.length < 2) return {}
  const [proofs, places] = await Promise.all([ledger.provenOn(rows), ledger.placesOf(rows)])
  return {proofs, places}
}

async function listed({agent}: Subject, shared: Shared): Promise<Pick<AgentFacts, 'account' | 'rows'>> {
  const {ports, listing, users} = shared
  const port = ports.listing
  if (!port) return {account: OFF, rows: OFF}
  const told = users?.of(agent)
  // Whom the directory lacks may be an organisation.
  const account = told && !isAbsent(told) ? told : await listing.read(() => port.user(agent.user))
  if (account.kind === 'read' && !account.value) return {account, rows: {kind: 'read', value: []}}
  return {account, rows: await listing.read(() => port.tokens(agent.user))}
}

async function probed(
  {repo}: FleetAgent,
  {value, unreadable}: Holding,
  spot: DeployedPlace | undefined,
  {ports, probing: circuit}: Shared,
): Promise<SourceReading<ProbeReport>> {
  const {probe} = ports
  if (!probe) return OFF
  if (!value) return unreadable === undefined ? OFF : {kind: 'failed', reason: unreadable, again: false}
  // Who lists users sees there who is an administrator.
  const options = {
    ...(repo !== undefined && {repo}),
    ...(!ports.listing && {admin: true}),
    ...(spot?.kind === 'listed' && {reachOf: async () => spot.row.repositories}),
  }
  return circuit.read(() => probe(value, options), {
    silence: ({liveness: {state, evidence}}) => (state === 'unknown' ? evidence.reason : undefined),
  })
}

async function isWorkGone(
  {repo}: FleetAgent,
  probe: SourceReading<ProbeReport>,
  {ports, listing}: Shared,
): Promise<boolean> {
  const seen = valueOf(probe)?.repo
  const isShut = [seen?.issues, seen?.pulls].some((unit) => unit?.outcome === 'role' || unit?.outcome === 'shut')
  if (repo === undefined || !isShut || !ports.listing?.hasRepository) return false
  const port = ports.listing
  return valueOf(await listing.read(async () => port.hasRepository?.(repo), {lenient: ['ADMIN_SCOPE']})) === false
}

function madeAt({told, recorded}: Holding, spot: DeployedPlace | undefined): string | undefined {
  if (spot?.kind === 'listed') {
    if (spot.row.createdAt !== undefined) return spot.row.createdAt
    return timeOf(recorded.find(({id}) => id === spot.row.id)?.mintedAt)
  }
  return spot === undefined ? timeOf(recorded.find(({id}) => id === told?.id)?.mintedAt) : undefined
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString()
}
