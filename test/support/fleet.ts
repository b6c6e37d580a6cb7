import {randomUUID} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {furnishFleet, siteOf} from '../../src/drill/fleet.ts'
import type {SandboxHome} from '../../src/drill/home.ts'
import {askForToken} from '../../src/fleet/index.ts'
import {abandonedTokens} from '../../src/rotation/index.ts'
import type {AuditPorts, AuditReport, AuditFinding, FleetAgent, Inventory} from '../../src/fleet/index.ts'
import {Gitea} from '../../src/gitea/client.ts'
import {AdminAuth} from '../../src/gitea/credential.ts'
import type {AdminCredential} from '../../src/gitea/credential.ts'
import {GiteaLine} from '../../src/gitea/line.ts'
import {readUser} from '../../src/gitea/shapes.ts'
import {Http} from '../../src/http.ts'
import {PlatformClient} from '../../src/platform/client.ts'
import {Secret} from '../../src/secret.ts'
import {normalise} from '../../src/scopes/sets.ts'
import {isScope} from '../../src/scopes/vocabulary.ts'
import {OWN_PROFILES, startFleet} from '../../src/simulator/fleet.ts'
import type {FleetOptions, FleetSandbox, OwnProfile, Truth, TruthFinding} from '../../src/simulator/fleet.ts'
import {NEEDS} from '../../src/simulator/fleet/member.ts'
import {openStore} from '../../src/store/index.ts'
import type {Store} from '../../src/store/index.ts'
import {patientClock} from './patient-clock.ts'

export type Source = Exclude<keyof Truth, 'all'>

/** A generated fleet with its ledger, and what an audit of it needs. */
export interface Parade {
  fleet: FleetSandbox
  home: SandboxHome
  inventory: Inventory
  /** Ports to real clients over HTTP, with their own connections. */
  open: (source: Source) => Opened
  end: () => Promise<void>
}

export interface Opened {
  ports: AuditPorts
  close: () => Promise<void>
}

/** Starts a fleet and writes its ledger into a temporary directory. */
export async function parade(options: FleetOptions): Promise<Parade> {
  const fleet = await startFleet(options)
  const directory = await mkdtemp(join(tmpdir(), 'patrol-fleet-'))
  const home = await furnishFleet(fleet, directory)
  const store = await openStore(join(home.state, 'patrol.db'), {site: siteOf(fleet)})
  return {
    fleet,
    home,
    inventory: inventoryOf(fleet, home.config),
    open: (source) => openPorts(fleet, store, source),
    async end() {
      store.close()
      await fleet.close()
      await rm(directory, {recursive: true})
    },
  }
}

function inventoryOf(fleet: FleetSandbox, file: string): Inventory {
  const own: Partial<Record<string, OwnProfile>> = OWN_PROFILES
  const agents = fleet.members.map((member): FleetAgent => ({
    name: member.name,
    user: member.user,
    workspace: member.workspace,
    profile: member.profile,
    scopes: normalise(NEEDS[member.profile].filter(isScope)),
    repositories: own[member.profile]?.repositories,
    maxAgeMs: member.profile === 'dated' ? 90 * 86_400_000 : undefined,
    repo: member.repo ?? fleet.repo,
    hasReference: member.referenced,
    anchor: undefined,
  }))
  return {file, agents}
}

function openPorts(fleet: FleetSandbox, store: Store, source: Source): Opened {
  let requests = 0
  const retry = {attempts: 3, maxWaitMs: 200}
  const options = {userAgent: 'patrol/test', onRequest: () => requests++, retry, maxBytes: 64 * 1024 * 1024}
  const giteaHttp = new Http({baseUrl: fleet.gitea.url, ...options})
  const platformHttp = new Http({baseUrl: fleet.platform.url, ...options})
  const password = new Secret(fleet.admin.password)
  const admin: AdminCredential = {kind: 'password', user: fleet.admin.user, password}
  const gitea = new Gitea({http: giteaHttp, admin})
  const line = new GiteaLine(
    giteaHttp,
    new AdminAuth(admin, {clock: {now: Date.now, sleep: async () => {}}, isSingleUse: async () => false}),
    undefined,
  )
  const platform = new PlatformClient({http: platformHttp, token: new Secret(fleet.platformToken), orgId: fleet.orgId})
  const values = new Map(
    fleet.members.filter(({referenced}) => referenced).map(({name, held, written}) => [name, written ?? held]),
  )
  const usersOf = (body: unknown) => (Array.isArray(body) ? body.flatMap((row) => readUser(row) ?? []) : undefined)
  const asking = {
    agent: platform,
    newId: randomUUID,
    newNonce: () => randomUUID().replaceAll('-', ''),
  }
  const ports: AuditPorts = {
    gitea: {url: fleet.gitea.url, version: () => gitea.version()},
    ...(source !== 'probing' && {
      listing: {
        tokens: (user) => gitea.list(user),
        user: (login) => gitea.user(login),
        users: () => line.all({path: '/admin/users'}, usersOf, ({id}) => id),
      },
    }),
    ...(source !== 'listing' && {probe: (value, target) => gitea.probe(value, target)}),
    platform: {
      url: fleet.platform.url,
      release: async () => undefined,
      workspaces: () => platform.listBriefly(),
      secretUpdatedAt: async (id) => (await platform.secretRow(id, 'GITEA_TOKEN'))?.updatedAt,
      startedSince: async () => false,
    },
    ledger: {
      tokens: (user) => store.ledger.tokens(user),
      announced: (user) => store.ledger.announced(user),
      deployed: (agent, workspace, user) => store.ledger.deployed(agent, workspace, user),
      provenOn: (tokens) => store.ledger.provenOn(tokens),
      placesOf: (tokens) => store.ledger.placesOf(tokens),
      beingOnboarded: async () => [],
      rotations: () => store.journal.list(),
      abandoned: () => abandonedTokens(store.journal),
    },
    async tokenOf({name}) {
      const value = values.get(name)
      return value === undefined ? undefined : new Secret(value)
    },
    ...(source === 'asking' && {
      askAgent: ({repo = fleet.repo}, {id}) =>
        askForToken(
          {...asking, clock: patientClock(20)},
          id,
          {giteaUrl: fleet.gitea.url, repo, label: 'approved', secretKey: 'GITEA_TOKEN'},
          2_000,
        ),
    }),
    requests: () => requests,
    now: Date.now,
  }
  return {
    ports,
    async close() {
      await Promise.all([giteaHttp.close(), platformHttp.close()])
    },
  }
}

/** Rules that may hit several tokens of one agent. */
const PER_TOKEN = new Set([
  'superseded-alive',
  'token-orphan',
  'token-too-old',
  'token-unused',
  'empty-scope',
  'public-only',
])

/** A finding as one line: agent, rule, and what it is about (scope, repository, token) where a rule can hit an agent twice. */
export function lineOf({rule, agent, subject}: Pick<AuditFinding, 'rule' | 'agent' | 'subject'>): string {
  const token = PER_TOKEN.has(rule) ? subject.token?.lastEight : undefined
  return [agent, rule, subject.scope ?? subject.repository ?? token ?? ''].join(' ').trim()
}

/** The truth in the same lines. */
export function truthLine({rule, agent, subject}: TruthFinding): string {
  const token = PER_TOKEN.has(rule) ? subject.token : undefined
  return [agent, rule, subject.scope ?? subject.repository ?? token ?? ''].join(' ').trim()
}

/** All findings of a report as sorted lines. */
export function linesOf({agents, unclaimed}: Pick<AuditReport, 'agents' | 'unclaimed'>): string[] {
  return [...agents.flatMap(({findings}) => findings), ...unclaimed].map(lineOf).toSorted()
}

/** What is reported and not true, and what is true and not reported; doubles count. */
export function differences(
  reported: readonly string[],
  truth: readonly string[],
): {wrong: string[]; absent: string[]} {
  const left = new Map<string, number>()
  for (const line of truth) left.set(line, (left.get(line) ?? 0) + 1)
  const wrong = reported.filter((line) => {
    const count = left.get(line) ?? 0
    left.set(line, count - 1)
    return count <= 0
  })
  return {wrong, absent: [...left].flatMap(([line, count]) => Array.from({length: Math.max(0, count)}, () => line))}
}
