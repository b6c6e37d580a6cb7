import {audit, choose, collect} from '../../../src/fleet/index.ts'
import type {
  ListedUser,
  AgentAudit,
  AuditOptions,
  AuditPorts,
  AuditReport,
  FleetAgent,
  FleetWorkspace,
  Inventory,
} from '../../../src/fleet/index.ts'
import type {Evidence, ProbeReport, RepoAccess} from '../../../src/probe/types.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import {expand, normalise} from '../../../src/scopes/sets.ts'
import {SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'
import {OpsError} from '../../../src/errors.ts'
import {Secret} from '../../../src/secret.ts'
import type {Deployment, LedgerToken, PlacementAnywhere, Proof, StorySummary} from '../../../src/story/ports.ts'

export const NOW = Date.parse('2026-11-22T12:00:00Z')
export const DAY = 86_400_000
export const ENGINEER: readonly Scope[] = ['read:issue', 'write:repository', 'read:user']

export const ago = (days: number): string => new Date(NOW - days * DAY).toISOString()
export const value = (end: string): string => `${'a'.repeat(32)}${end}`

/** One agent with everything about it in order; a test breaks what it is about. */
export interface Member extends FleetAgent {
  rows: TokenRow[]
  account: ListedUser | undefined
  /** The reference's value. */
  held: string | undefined
  probe: ProbeReport
  workspaceRow: FleetWorkspace | undefined
  secretAt: string | undefined
  /** Whether its process surely began after that, as it did without it. */
  startedSince?: boolean | OpsError
  deployment: Deployment | undefined
  recorded: LedgerToken[]
  /** What the agent answers when asked. */
  reported: string | undefined
}

export function row(name: string, end: string, more: Partial<TokenRow> = {}): TokenRow {
  return {id: Number.parseInt(end, 16), name, lastEight: end, scopes: [...ENGINEER], ...more}
}

export function recorded(user: string, token: TokenRow, more: Partial<LedgerToken> = {}): LedgerToken {
  const {id, name, lastEight} = token
  const none = {
    rotation: undefined,
    mintedAt: undefined,
    supersededAt: undefined,
    deadline: undefined,
    revokedAt: undefined,
  }
  return {user, id, name, lastEight, scopes: [], ...none, ...more}
}

export function member(name: string, at: number, change: (member: Member) => void = () => {}): Member {
  const end = (0x1000 + at).toString(16).padStart(8, '0')
  const token = row(`tool-${at}`, end, {createdAt: ago(3), lastUsedAt: ago(1)})
  const made: Member = {
    name,
    user: `u-${name}`,
    workspace: `w-${name}`,
    profile: 'engineer',
    scopes: ENGINEER,
    maxAgeMs: undefined,
    repo: 'org/app',
    hasReference: true,
    anchor: {file: 'patrol.yaml', line: 10 + at, column: 3},
    rows: [token],
    account: {login: `u-${name}`, isAdmin: false, active: true, prohibitLogin: false},
    held: value(end),
    probe: report(`u-${name}`, end, ENGINEER),
    workspaceRow: {
      id: `id-${name}`,
      name: `w-${name}`,
      status: 'online',
      kind: 'workspace',
      lastSampleError: undefined,
    },
    secretAt: ago(2),
    deployment: undefined,
    recorded: [],
    reported: end,
  }
  change(made)
  return made
}

const evidence = (reason: string): Evidence => ({
  method: 'GET',
  path: '/api/v1/x',
  status: 200,
  dialect: 'self',
  reason,
})

export function report(login: string, end: string, granted: readonly Scope[]): ProbeReport {
  const held = expand(granted)
  const ok: RepoAccess['issues'] = {outcome: 'ok', evidence: evidence('can be listed')}
  return {
    giteaUrl: 'https://gitea.example.org',
    version: undefined,
    dialect: 'self',
    liveness: {state: 'alive', evidence: evidence('answered')},
    identity: {login, id: 1, isAdmin: false},
    scopes: SCOPES.filter((scope) => scope !== 'all').map((scope) => ({
      scope,
      verdict: held.has(scope) ? 'granted' : 'missing',
      evidence: evidence('told'),
    })),
    granted: normalise(granted),
    confinement: {reach: 'all', reason: 'made up'},
    repo: {repo: 'org/app', issues: ok, pulls: ok},
    lastEight: end,
    requests: 1,
  }
}

/** The probe of a token that tells no more than this about its life. */
export function lifeless(end: string, state: 'dead' | 'blocked' | 'unknown', reason: string): ProbeReport {
  const {scopes, ...rest} = report('nobody', end, [])
  const unknown = scopes.map(({scope}) => ({scope, verdict: 'unknown' as const, evidence: evidence(reason)}))
  return {...rest, liveness: {state, evidence: evidence(reason)}, identity: undefined, repo: undefined, scopes: unknown}
}

export type Sources = 'listing' | 'probe' | 'both'

export interface World {
  members: Member[]
  sources?: Sources
  platform?: boolean
  ledger?: boolean
  ask?: boolean
  users?: ListedUser[]
  workspaces?: FleetWorkspace[]
  /** Tokens of users that no agent claims. */
  others?: Record<string, TokenRow[]>
  rotations?: StorySummary[]
  /** The server has none. */
  noRepositories?: boolean
  /** What rotations left that are over. */
  abandoned?: {id: number; lastEight: string}[]
  /** Of whichever site. */
  proofs?: Proof[]
  places?: PlacementAnywhere[]
  adminUser?: string
  ownWorkspace?: string
  /** Agents with an unfinished onboarding. */
  onboarding?: string[]
}

export function inventory(members: readonly FleetAgent[]): Inventory {
  return {file: 'patrol.yaml', agents: members}
}

export const down = (what = 'nothing answers there'): OpsError => new OpsError('GITEA_UNREACHABLE', what)

/** In-memory ports; every call is counted and can be replaced. */
export function portsOf(world: World): AuditPorts & {calls: string[]} {
  const {members, sources = 'both', platform = true, ledger = true, ask = false} = world
  const calls: string[] = []
  const byUser = new Map(members.map((each) => [each.user.toLowerCase(), each]))
  const byName = new Map(members.map((each) => [each.name, each]))
  const accounts = () => [...members.flatMap(({account}) => account ?? []), ...(world.users ?? [])]
  return {
    calls,
    adminUser: world.adminUser,
    ownWorkspace: world.ownWorkspace,
    gitea: {url: 'https://gitea.example.org', version: async () => '1.25.4'},
    listing:
      sources === 'probe'
        ? undefined
        : {
            async tokens(user) {
              calls.push(`tokens ${user}`)
              return byUser.get(user.toLowerCase())?.rows ?? world.others?.[user] ?? []
            },
            async user(login) {
              calls.push(`user ${login}`)
              return byUser.get(login.toLowerCase())?.account
            },
            async users() {
              calls.push('users')
              return accounts()
            },
            async hasRepository(repo) {
              calls.push(`repository ${repo}`)
              return !world.noRepositories
            },
          },
    probe:
      sources === 'listing'
        ? undefined
        : async (secret) => {
            calls.push(`probe ${secret.lastEight}`)
            return members.find(({held}) => held === secret.reveal())!.probe
          },
    platform: platform
      ? {
          url: 'https://platform.example.org',
          release: async () => undefined,
          async workspaces() {
            calls.push('workspaces')
            return [...members.flatMap(({workspaceRow}) => workspaceRow ?? []), ...(world.workspaces ?? [])]
          },
          secretUpdatedAt: async (id) => members.find(({workspaceRow}) => workspaceRow?.id === id)?.secretAt,
          async startedSince(id) {
            calls.push(`started ${id}`)
            const {startedSince = true} = members.find(({workspaceRow}) => workspaceRow?.id === id)!
            if (startedSince instanceof OpsError) throw startedSince
            return startedSince
          },
        }
      : undefined,
    ledger: ledger
      ? {
          tokens: async (user) => byUser.get(user.toLowerCase())?.recorded ?? [],
          announced: async () => [],
          async deployed(agent, workspace) {
            const {deployment} = byName.get(agent) ?? {}
            return [undefined, workspace].includes(deployment?.workspace) ? deployment : undefined
          },
          provenOn: async (tokens) =>
            (world.proofs ?? []).filter(({token, lastEight}) =>
              tokens.some((each) => each.id === token && each.lastEight === lastEight),
            ),
          placesOf: async (tokens) =>
            (world.places ?? []).filter(({token}) =>
              tokens.some(({id, lastEight}) => (token.id ?? id) === id && lastEight === token.lastEight),
            ),
          rotations: async () => world.rotations ?? [],
          abandoned: async () => world.abandoned ?? [],
          beingOnboarded: async () => world.onboarding ?? [],
        }
      : undefined,
    async tokenOf({name}) {
      const held = byName.get(name)?.held
      return held === undefined ? undefined : new Secret(held)
    },
    askAgent: ask ? async ({name}) => byName.get(name)?.reported : undefined,
    requests: () => calls.length,
    now: () => NOW,
  }
}

export async function audited(world: World, options: AuditOptions = {}): Promise<AuditReport> {
  return collect(audit(choose(inventory(world.members)), portsOf(world), options))
}

/** The audit of one agent in a world of its own. */
export async function auditOf(change: (member: Member) => void, world: Partial<World> = {}): Promise<AgentAudit> {
  const {agents} = await audited({...world, members: [member('dev-a', 1, change)]})
  return agents[0]!
}

export const found = ({findings}: Pick<AgentAudit, 'findings'>): string[] =>
  findings.map(({rule, subject}) => (subject.scope ? `${rule} ${subject.scope}` : rule))

export const open = ({unjudged}: Pick<AgentAudit, 'unjudged'>): string[] => unjudged.map(({rule}) => rule)
