import {sameLogin} from '../rotation/names.ts'
import {orElse} from '../errors.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Secret} from '../secret.ts'
import {NO_TOKEN} from '../smoke/protocol.ts'
import type {Announcement, Deployment, LedgerToken, PlacementAnywhere, Proof} from '../story/ports.ts'
import type {Home} from './claims.ts'
import type {AuditPorts, FleetAgent} from './ports.ts'
import {reasonOf, valueOf, type SourceReading} from './reading.ts'

/** What tells the token that an agent runs on, before Gitea is asked. */
export interface ToldToken {
  lastEight: string
  from: 'reference' | 'agent' | 'ledger'
  /** Its id, where the ledger has it and it is of this agent's user. */
  id: number | undefined
}

/** What an agent and its reference say, each asked once. */
export interface AgentWord {
  /** The value behind the reference. */
  value?: Secret | undefined
  /** Why the reference could not be read. */
  unreadable?: string | undefined
  /** The last eight that the agent itself reported. */
  reported?: string | undefined
  /** Why the agent, that was asked, did not say. */
  silent?: string | undefined
}

/** Who runs on what. */
export interface Holding {
  told: ToldToken | undefined
  /** Last eight of what its reference gives, whatever it runs on. */
  reference?: string | undefined
  /** The latest proof of it as this user. */
  deployment?: Deployment | undefined
  /** What the row of its secret said when the agent was proven on that, where it ever was. */
  provenAt?: string | undefined
  /** The deployed value, where a reference gives it. */
  value: Secret | undefined
  /** Why the reference could not be read. */
  unreadable: string | undefined
  /** Why the agent, that was asked, did not say. */
  silent: string | undefined
  recorded: readonly LedgerToken[]
  announced: readonly Announcement[]
  /** Of the tokens of its user, where there are several: who was last proven on one, wherever that is. */
  proofs?: readonly Proof[]
  /** Of the same: where one may be in use. */
  places?: readonly PlacementAnywhere[]
}

/** Reads the agent's reference, and asks the agent where that is wanted. */
export async function wordOf(
  agent: FleetAgent,
  home: SourceReading<Home | undefined>,
  ports: AuditPorts,
): Promise<AgentWord> {
  const [reference, report] = await Promise.all([read(agent, ports), ask(agent, home, ports)])
  return {...reference, ...report}
}

/** What is known of an agent's token from these words, and from what patrol recorded. */
export async function holdingOf(
  agent: FleetAgent,
  word: AgentWord,
  home: SourceReading<Home | undefined>,
  {ledger}: AuditPorts,
): Promise<Holding> {
  const {name, user} = agent
  const [deployment, recorded, announced] = ledger
    ? await Promise.all([ledger.deployed(name, valueOf(home)?.id, user), ledger.tokens(user), ledger.announced(user)])
    : [undefined, [], []]
  const {value, reported, unreadable, silent} = word
  const told = agreed(agent, reported, value, deployment, recorded)
  const deployed = !told || told.lastEight === value?.lastEight ? value : undefined
  const own = sameLogin(deployment?.user, user) ? deployment : undefined
  const provenAt = own?.lastEight === told?.lastEight ? own?.secretUpdatedAt : undefined
  const reference = value?.lastEight || undefined
  return {told, reference, deployment: own, provenAt, value: deployed, unreadable, silent, recorded, announced}
}

/** The agent's own word goes first; a reference to a token that we know was replaced is out of date. */
function agreed(
  agent: FleetAgent,
  reported: string | undefined,
  value: Secret | undefined,
  deployment: Deployment | undefined,
  recorded: readonly LedgerToken[],
): ToldToken | undefined {
  const idOf = (lastEight: string) => {
    const known = recorded.filter((token) => token.lastEight === lastEight)
    return known.length === 1 ? known[0]?.id : undefined
  }
  if (reported !== undefined) return {lastEight: reported, from: 'agent', id: idOf(reported)}
  const own = deployment && sameLogin(deployment.user, agent.user) ? deployment.token : undefined
  const proven = deployment && ({lastEight: deployment.lastEight, from: 'ledger', id: own} as const)
  if (!value || value.lastEight === '') return proven
  const replaced = recorded.some(
    (token) =>
      token.lastEight === value.lastEight && (token.supersededAt !== undefined || token.revokedAt !== undefined),
  )
  if (proven && replaced && proven.lastEight !== value.lastEight) return proven
  return {lastEight: value.lastEight, from: 'reference', id: idOf(value.lastEight)}
}

async function read(agent: FleetAgent, ports: AuditPorts): Promise<AgentWord> {
  if (!agent.hasReference) return {value: undefined}
  const had = ports.tokenOf(agent).then((value) => ({value}))
  return had.catch(orElse(({message}) => ({unreadable: message})))
}

/** Asks the agent, where its workspace is up; one that sleeps or is gone is not called silent. */
async function ask(
  agent: FleetAgent,
  workspace: SourceReading<Home | undefined>,
  {askAgent}: AuditPorts,
): Promise<AgentWord> {
  if (!askAgent || workspace.kind === 'off') return {}
  const found = valueOf(workspace)
  if (!found) return workspace.kind === 'failed' ? {silent: `the agent was not asked: ${reasonOf(workspace)}`} : {}
  if (found.status !== 'online' && found.status !== 'degraded') return {}
  const mute = 'the agent was asked and did not say which token it holds'
  const worded = (reported: string | undefined): AgentWord => {
    if (reported === undefined) return {silent: mute}
    return reported === NO_TOKEN
      ? {silent: 'the agent says that it has no token where it was told to look'}
      : {reported}
  }
  return askAgent(agent, {id: found.id, name: found.name, external: found.keeper === 'external'}).then(
    worded,
    orElse(({message}) => ({silent: `${mute}: ${message}`})),
  )
}

/** Where the deployed token stands among those of its user. */
export type DeployedPlace =
  /** This row; `only`: nothing tells, but there is no other. */
  | {kind: 'listed'; row: TokenRow; from: ToldToken['from'] | 'only'}
  /** Known, and not among them. */
  | {kind: 'unlisted'; told: ToldToken}
  /** Several rows could be it. */
  | {kind: 'unclear'; told: ToldToken | undefined}
  /** Nothing tells of a token, and there is none. */
  | {kind: 'none'}

/** Finds the deployed token in a complete list of its user's tokens. */
export function place(told: ToldToken | undefined, rows: readonly TokenRow[]): DeployedPlace {
  if (!told) {
    const [only, another] = rows
    if (!only) return {kind: 'none'}
    return another ? {kind: 'unclear', told} : {kind: 'listed', row: only, from: 'only'}
  }
  const alike = rows.filter((row) => row.lastEight === told.lastEight)
  const [row, another] = alike.length > 1 ? alike.filter(({id}) => id === told.id) : alike
  if (row && !another) return {kind: 'listed', row, from: told.from}
  return alike.length === 0 ? {kind: 'unlisted', told} : {kind: 'unclear', told}
}

/** What tells two agents' deployed tokens apart. */
export interface DeployedRunner {
  agent: string
  told: ToldToken | undefined
  value: Secret | undefined
}

/** For every agent that shares its token, the others on it, by name. */
export function sharers(runners: readonly DeployedRunner[]): Map<string, string[]> {
  const shared = new Map<string, string[]>()
  const byEnd = Map.groupBy(
    runners.filter(({told}) => told !== undefined),
    ({told}) => told!.lastEight,
  )
  for (const alike of byEnd.values()) {
    if (alike.length < 2) continue
    for (const one of alike) {
      const others = alike.filter((other) => other !== one && same(one, other)).map(({agent}) => agent)
      if (others.length > 0) shared.set(one.agent, others.toSorted())
    }
  }
  return shared
}

function same(a: DeployedRunner, b: DeployedRunner): boolean {
  if (a.value && b.value) return a.value.equals(b.value)
  const [one, other] = [a.told?.id, b.told?.id]
  return one === undefined || other === undefined || one === other
}
