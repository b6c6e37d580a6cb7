import {OpsError} from '../errors.ts'
import {acceptances, type AcceptedBaseline} from './baseline.ts'
import {Causes} from './causes.ts'
import {claimUsers, claimWorkspaces, type Claims, type Home} from './claims.ts'
import {holdingOf, sharers, wordOf, type DeployedRunner, type AgentWord} from './deployed.ts'
import {factsOf, type Shared} from './facts.ts'
import {digestOf, type Chosen} from './inventory.ts'
import {judge} from './judge.ts'
import {inOrder} from './pool.ts'
import type {ListedUser, AuditPorts, FleetAgent, FleetWorkspace} from './ports.ts'
import {Circuit, OFF, reasonOf, valueOf, type SourceReading} from './reading.ts'
import {inShard, type Shard} from './shard.ts'
import {AuditTally} from './summary.ts'
import type {AuditEvent, AuditHead, AuditReport, AuditSource, RotationView, Severity} from './types.ts'
import {unclaimed} from './unclaimed.ts'

/** How an audit is to go. */
export interface AuditOptions {
  /** The mildest severity that makes it exit 3. Default `low`. */
  failOn?: Severity | undefined
  /** Only this share of the agents. */
  shard?: Shard | undefined
  baseline?: AcceptedBaseline | undefined
  /** From how long without use a token counts as unused, in ms. Default 30 days. */
  unusedMs?: number | undefined
  /** How many agents are looked at at once. Default 16. */
  concurrency?: number | undefined
  /** After so many reads in a row without a usable answer a server is left alone. Default 8. */
  giveUpAfter?: number | undefined
  onProgress?: ((progress: AuditProgress) => void) | undefined
  /** Ctrl-C: nothing more is begun, and `INTERRUPTED` is thrown. */
  signal?: AbortSignal | undefined
}

/** How far an audit is. `preparing` goes over the agents once as well: who runs on which token. */
export interface AuditProgress {
  phase: 'preparing' | 'auditing'
  done: number
  total: number
  /** The agent that was last finished. */
  agent: string
  requests: number
}

const UNUSED_MS = 30 * 86_400_000
/** Reads that all agents need are worth asking for again. */
const SHARED_TRIES = 3

/**
 * Audits the chosen agents and yields what it finds in the order of the inventory, as it goes. Sends no write. What a
 * server does not answer becomes unjudged; a rejected credential of ours shows in the summary's exit. Throws `OpsError`
 * only for an interrupt, a store that cannot be read, or a probe that had an effect.
 */
export async function* audit(fleet: Chosen, ports: AuditPorts, options: AuditOptions = {}): AsyncGenerator<AuditEvent> {
  const run = new AuditUnderWay(fleet, ports, options)
  const head = await run.head()
  yield {kind: 'head', head}
  const tally = new AuditTally(run.failOn)
  for await (const agent of run.agents()) {
    tally.agent(agent)
    yield {kind: 'agent', audit: agent}
  }
  const loose = await run.unclaimed()
  const rest = {unclaimed: loose.findings, unjudged: loose.unjudged}
  const rotations = await run.rotations()
  const [finishedAt, requests] = [iso(ports.now()), ports.requests()]
  const summary = tally.close(rest, requests, run.rejected)
  const runs = [{shard: head.shard, startedAt: head.startedAt, finishedAt, requests}]
  yield {kind: 'tail', tail: {finishedAt, ...rest, rotations, runs, summary}}
}

/** Puts an audit's events together, for whoever needs all of it at once. */
export async function collect(events: AsyncIterable<AuditEvent>): Promise<AuditReport> {
  let head: AuditHead | undefined
  const agents: AuditReport['agents'] = []
  for await (const event of events) {
    if (event.kind === 'head') head = event.head
    else if (event.kind === 'agent') agents.push(event.audit)
    else if (head) return {...head, agents, ...event.tail}
  }
  throw new Error('the audit ended before its end')
}

/** One agent of this run. */
interface AuditMember {
  agent: FleetAgent
  /** Its place in the fleet. */
  index: number
}

/** With what was learnt of its token before the first is judged: only all together tell who shares one. */
interface Lead extends AuditMember {
  word: AgentWord
  lastEight: string | undefined
}

class AuditUnderWay {
  readonly failOn: Severity
  readonly #fleet: Chosen
  readonly #ports: AuditPorts
  readonly #options: AuditOptions
  /** This shard's. */
  readonly #mine: readonly AuditMember[]
  readonly #concurrency: number
  readonly #listing: Circuit
  readonly #probing: Circuit
  readonly #platform: Circuit
  readonly #accepted
  readonly #causes = new Causes()
  readonly #now: number
  #users: SourceReading<Claims<ListedUser, string>> = OFF
  #workspaces: SourceReading<Claims<Home, FleetWorkspace>> = OFF

  constructor(fleet: Chosen, ports: AuditPorts, options: AuditOptions) {
    this.#fleet = fleet
    this.#ports = ports
    this.#options = options
    this.failOn = options.failOn ?? 'low'
    this.#mine = fleet.agents
      .map((agent, index) => ({agent, index}))
      .filter(({agent}) => inShard(agent.name, options.shard))
    this.#concurrency = options.concurrency ?? 16
    const giveUpAfter = options.giveUpAfter ?? 8
    this.#listing = new Circuit('the forge', giveUpAfter)
    this.#probing = new Circuit('the forge', giveUpAfter)
    this.#platform = new Circuit('the platform', giveUpAfter)
    this.#now = ports.now()
    this.#accepted = acceptances(options.baseline, this.#now)
  }

  /** A credential of ours was rejected. */
  get rejected(): boolean {
    return this.#listing.rejected || this.#platform.rejected
  }

  async head(): Promise<AuditHead> {
    const {gitea, platform} = this.#ports
    const {inventory, agents} = this.#fleet
    const [version, release] = await Promise.all([
      new Circuit('the forge', 1).read(() => gitea.version()),
      platform ? new Circuit('the platform', 1).read(() => platform.release()) : OFF,
    ])
    return {
      startedAt: iso(this.#now),
      gitea: {url: gitea.url, version: valueOf(version)},
      platform: platform && {url: platform.url, release: valueOf(release)},
      inventory: {file: inventory.file, digest: digestOf(this.#fleet, gitea.url), agents: agents.length},
      shard: this.#options.shard,
      failOn: this.failOn,
      sources: sourcesOf(this.#ports),
    }
  }

  async *agents(): AsyncGenerator<ReturnType<typeof judge>> {
    // One after the other, so that two long lists are never in memory at once.
    this.#users = await this.#readUsers()
    this.#workspaces = await this.#readWorkspaces()
    const leads = await this.#leads()
    const byEnd = Map.groupBy(
      leads.filter(({lastEight}) => lastEight !== undefined),
      ({lastEight}) => lastEight!,
    )
    const shared = sharers(await this.#runners([...byEnd.values()].filter(({length}) => length > 1).flat()))
    const open = await this.#openRotations()
    const abandoned = (await this.#ports.ledger?.abandoned()) ?? []
    const onboarding = new Set(await this.#ports.ledger?.beingOnboarded())
    const sources: Shared = {
      ports: this.#ports,
      listing: this.#listing,
      probing: this.#probing,
      platform: this.#platform,
      users: valueOf(this.#users),
      openRotations: (agent) => open.get(agent) ?? new Map(),
      isAbandoned: (token) => abandoned.some(({id, lastEight}) => id === token.id && lastEight === token.lastEight),
    }
    const bench = {
      now: this.#now,
      unusedMs: this.#options.unusedMs ?? UNUSED_MS,
      accepted: this.#accepted,
      entries: this.#fleet.inventory.agents.map(({name}) => name),
      runsOn: (lastEight: string) =>
        (byEnd.get(lastEight) ?? []).map(({agent: {name, user}, word: {value}}) => {
          return {name, user, refers: value?.lastEight === lastEight}
        }),
      adminUser: this.#ports.adminUser,
      ownWorkspace: this.#ports.ownWorkspace,
      onboarding: (agent: string) => onboarding.has(agent),
    }
    let done = 0
    const work = async ({agent, index, word}: Lead) => {
      this.#checkSignal()
      const workspace = this.#workspaceOf(agent)
      const holding = await holdingOf(agent, word, workspace, this.#ports)
      const facts = await factsOf({agent, holding, workspace}, sources)
      this.#progress('auditing', ++done, agent.name)
      const rejected = {admin: this.#listing.rejected, platform: this.#platform.rejected}
      const judged = judge(index, facts, {...bench, rejected, sharedWith: shared.get(agent.name) ?? []})
      return {...judged, unjudged: this.#causes.settle(judged.unjudged, this.#sharedReasons())}
    }
    yield* inOrder(leads, this.#concurrency, work)
  }

  /** What failed for everybody so far. */
  #sharedReasons(): Set<string> {
    const left = [this.#listing, this.#probing, this.#platform].map(({leftAlone}) => leftAlone)
    const lists = [reasonOf(this.#users), reasonOf(this.#workspaces)]
    return new Set([...left, ...lists].filter((reason) => reason !== undefined))
  }

  async unclaimed() {
    this.#checkSignal()
    const {findings, unjudged} = await unclaimed({
      fleet: this.#fleet,
      ports: this.#ports,
      listing: this.#listing,
      users: this.#users,
      workspaces: this.#workspaces,
      concurrency: this.#concurrency,
      accepted: this.#accepted,
    })
    return {findings, unjudged: this.#causes.close(unjudged)}
  }

  /** The history of the audited agents, newest first. */
  async rotations(): Promise<RotationView[]> {
    const all = (await this.#ports.ledger?.rotations()) ?? []
    const mine = new Set(this.#mine.map(({agent}) => agent.name))
    return all
      .filter(({agent}) => mine.has(agent))
      .map(({id, agent, phase, startedAt, updatedAt}) => ({
        id,
        agent,
        phase,
        startedAt: iso(startedAt),
        updatedAt: iso(updatedAt),
      }))
      .toSorted(newestFirst)
  }

  /** Everyone's account at once where the whole fleet is audited; some pages are cheaper than a request each. */
  async #readUsers(): Promise<SourceReading<Claims<ListedUser, string>>> {
    const port = this.#ports.listing
    if (!port || !this.#fleet.whole) return OFF
    const ask = async () => claimUsers(this.#fleet, this.#options.shard, await port.users())
    return this.#persist(() => this.#listing.read(ask, {lenient: ['ADMIN_SCOPE']}))
  }

  async #readWorkspaces(): Promise<SourceReading<Claims<Home, FleetWorkspace>>> {
    const port = this.#ports.platform
    if (!port) return OFF
    const ask = async () => claimWorkspaces(this.#fleet, this.#options.shard, await port.workspaces())
    return this.#persist(() => this.#platform.read(ask))
  }

  async #persist<T>(read: () => Promise<SourceReading<T>>): Promise<SourceReading<T>> {
    for (let attempt = 1; ; attempt++) {
      this.#checkSignal()
      const reading = await read()
      if (reading.kind !== 'failed' || !reading.again || attempt === SHARED_TRIES) return reading
    }
  }

  /** Goes over the agents once, for what only all of them together tell. */
  async #leads(): Promise<Lead[]> {
    const work = async (member: AuditMember): Promise<Lead> => {
      this.#checkSignal()
      const {agent} = member
      const home = this.#workspaceOf(agent)
      const word = await wordOf(agent, home, this.#ports)
      const {told} = await holdingOf(agent, word, home, this.#ports)
      return {...member, word, lastEight: told?.lastEight}
    }
    const leads: Lead[] = []
    for await (const lead of inOrder(this.#mine, this.#concurrency, work)) {
      this.#progress('preparing', leads.push(lead), lead.agent.name)
    }
    return leads
  }

  /** Those who may be on one token. */
  #runners(leads: readonly Lead[]): Promise<DeployedRunner[]> {
    return Promise.all(
      leads.map(async ({agent, word}) => {
        return {agent: agent.name, ...(await holdingOf(agent, word, this.#workspaceOf(agent), this.#ports))}
      }),
    )
  }

  #workspaceOf(agent: FleetAgent): SourceReading<Home | undefined> {
    const list = this.#workspaces
    return list.kind === 'read' ? list.value.of(agent) : list
  }

  async #openRotations(): Promise<Map<string, Map<string, string>>> {
    const all = (await this.#ports.ledger?.rotations()) ?? []
    const open = Map.groupBy(
      all.filter(({closed}) => !closed),
      ({agent}) => agent,
    )
    return new Map([...open].map(([agent, rotations]) => [agent, new Map(rotations.map(({id, phase}) => [id, phase]))]))
  }

  #progress(phase: AuditProgress['phase'], done: number, agent: string): void {
    this.#options.onProgress?.({phase, done, total: this.#mine.length, agent, requests: this.#ports.requests()})
  }

  #checkSignal(): void {
    if (!this.#options.signal?.aborted) return
    throw new OpsError('INTERRUPTED', {case: 'audit'})
  }
}

/** What an audit through these ports looks at. */
export function sourcesOf({listing, probe, platform, ledger, askAgent}: AuditPorts): AuditSource[] {
  return [
    ...(listing ? (['listing'] as const) : []),
    ...(probe ? (['probe'] as const) : []),
    ...(platform ? (['platform'] as const) : []),
    ...(ledger ? (['ledger'] as const) : []),
    ...(askAgent ? (['agents'] as const) : []),
  ]
}

/** Orders a history; ids settle what began at the same time. */
export function newestFirst(a: RotationView, b: RotationView): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1
  return a.id < b.id ? -1 : 1
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
