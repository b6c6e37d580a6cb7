import {randomBytes, randomUUID} from 'node:crypto'
import {startGitea} from './gitea/index.ts'
import {startPlatform} from './platform/index.ts'
import {deliveredKey} from './platform/releases.ts'
import type {GiteaRepo, GiteaSeed, GiteaTeam, ForgeVersion, PlatformOptions, PlatformWorkspace} from './types.ts'
import type {RunningGitea, RunningPlatform} from './types.ts'

export interface SandboxOptions {
  /** Default 1.22.6, which cannot say which scopes a token has. */
  gitea?: ForgeVersion
  /** Default `aug14`, the newest. */
  release?: PlatformOptions['release']
  /** Default `saas`: with what the hosted service has in front, the tenant guard, a WAF and the canvas. */
  mode?: PlatformOptions['mode']
  /** Whether the hosted service shows the canvas, whose origin opens the tenant guard (default: it does). */
  canvas?: boolean
  /** Loopback ports; free ones without them. */
  ports?: {gitea?: number; platform?: number}
  /** Every secret write by the platform token waits for an approval, not only agent-pending's. */
  approvals?: boolean
  /** When the administrator's account was made, RFC 3339 (default: the start): tells one Gitea's database from another's. */
  since?: string
  /** How many agents the inventory names that neither server has heard of (default 0). */
  newAgents?: number
  /** How long a provisioning takes and how often an agent's process says that it lives, where not as usual. */
  timing?: Pick<PlatformOptions, 'provisionMs' | 'heartbeatMs'>
}

/** One member of the sandbox's fleet. */
export interface SandboxAgent {
  name: string
  /** Its Gitea user. */
  user: string
  workspaceId: string
  /** What its workspace holds in `secretKey`; Gitea does not know agent-dead's. */
  tokenValue: string
}

/** Both simulators, running and seeded with the incident. */
export interface Sandbox {
  gitea: RunningGitea
  platform: RunningPlatform
  agents: SandboxAgent[]
  /** Names of agents that stand in the inventory alone: `agent-new`, `agent-new-2`, ... */
  newAgents?: readonly string[]
  /** Site administrator of the Gitea. */
  admin: {user: string; password: string}
  /** A token of the platform's organisation, as operators use it: the admin token's writes all wait for an approval. */
  platformToken: string
  /** Sent as `X-Molecule-Org-Id`; only `saas` asks for it. */
  orgId: string
  /** The key of the workspaces' secret: not every platform lets a GITEA_TOKEN through to its agents. */
  secretKey: string
  repo: 'acme/core'
  close(): Promise<void>
}

interface SandboxMember {
  name: string
  /** Of its one token; none for a user who has no token at all. */
  scopes: string[] | undefined
  workspace?: Partial<PlatformWorkspace>
}

/** Enough for repositories, not for issues: the incident. */
const GAP = ['write:repository', 'read:user']
const HEALTHY = ['read:issue', 'write:repository', 'read:user']

const FLEET: readonly SandboxMember[] = [
  {name: 'agent-dev-a', scopes: GAP},
  {name: 'agent-dev-b', scopes: GAP},
  {name: 'agent-reviewer', scopes: HEALTHY},
  {name: 'agent-wide', scopes: ['all']},
  {name: 'agent-pending', scopes: GAP, workspace: {approval: true}},
  {name: 'concierge', scopes: HEALTHY, workspace: {kind: 'platform'}},
  {name: 'agent-external', scopes: GAP, workspace: {runtime: 'external'}},
  {name: 'agent-paused', scopes: GAP, workspace: {status: 'paused'}},
  {name: 'agent-dead', scopes: undefined},
]

/** When whoever set the fleet up minted its tokens and stored them. */
const MINTED = '2026-03-02T09:00:00Z'

/** What a new agent is called. */
const NEW = 'agent-new'

/** For those to come: today's agents are collaborators, each by themselves. */
const TEAM: GiteaTeam = {name: 'agents', permission: 'write', repos: ['core', 'handbook']}

const HANDBOOK: GiteaRepo = {
  owner: 'acme',
  name: 'handbook',
  private: true,
  labels: ['approved'],
  issues: [{title: 'Say who is on call', labels: ['approved']}],
}

const CORE: Omit<GiteaRepo, 'collaborators'> = {
  owner: 'acme',
  name: 'core',
  private: false,
  labels: ['approved', 'bug', 'needs-review'],
  issues: [
    {title: 'Login page loses the return address', labels: ['approved', 'bug']},
    {title: 'Document the release checklist'},
    {title: 'Retry uploads after a timeout', labels: ['approved']},
    {title: 'Cache the list of repositories', labels: ['approved'], pull: true},
    {title: 'Remove the old settings dialog', labels: ['approved'], state: 'closed'},
    {title: 'Search ignores umlauts', labels: ['bug']},
    {title: 'Export as CSV', labels: ['approved']},
    {title: 'Update the build image', labels: ['needs-review'], pull: true},
    {title: 'Two clicks create two orders', labels: ['approved', 'bug']},
    {title: 'Spelling in the footer', state: 'closed'},
    {title: 'Tidy up the tests', pull: true, state: 'closed'},
  ],
}

/**
 * Starts a Gitea and a platform on loopback with the incident in them: agents whose tokens cannot read issues, next to
 * every kind of agent that needs other treatment. All credentials are made up anew at each start.
 *
 * @throws what `net.Server` emits when a wanted port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {gitea: version = '1.22.6', release = 'aug14', mode = 'saas', ports = {}, approvals = false, since} = options
  const newAgents = Array.from({length: options.newAgents ?? 0}, (_, i) => (i === 0 ? NEW : `${NEW}-${i + 1}`))
  const admin = {user: 'root', password: randomBytes(18).toString('base64url')}
  const platformToken = randomBytes(32).toString('base64url')
  const orgId = randomUUID()
  const secretKey = deliveredKey({release, mode})
  const agents = FLEET.map(({name}) => ({
    name,
    user: name,
    workspaceId: randomUUID(),
    tokenValue: randomBytes(20).toString('hex'),
  }))

  const gitea = await startGitea(giteaSeed({...admin, ...(since !== undefined && {createdAt: since})}, agents), {
    version,
    ...(ports.gitea !== undefined && {port: ports.gitea}),
  })
  const started = startPlatform(
    {
      workspaces: agents.map((agent, index) => workspaceOf(agent, {secretKey, ...FLEET[index]})),
      adminToken: randomBytes(32).toString('base64url'),
      orgTokens: [platformToken],
    },
    {
      release,
      mode,
      approvals,
      giteaUrl: gitea.url,
      ...options.timing,
      ...(mode === 'saas' && {orgId, waf: true, canvas: options.canvas ?? true}),
      ...(ports.platform !== undefined && {port: ports.platform}),
    },
  )
  const platform = await started.catch(async (error: unknown) => {
    await gitea.close()
    throw error
  })
  return {
    gitea,
    platform,
    agents,
    newAgents,
    admin,
    platformToken,
    orgId,
    secretKey,
    repo: 'acme/core',
    async close() {
      await Promise.all([gitea.close(), platform.close()])
    },
  }
}

function giteaSeed(admin: {user: string; password: string; createdAt?: string}, agents: SandboxAgent[]): GiteaSeed {
  const {user: login, ...account} = admin
  const users = agents.map(({user, tokenValue}, index) => {
    const scopes = FLEET[index]?.scopes
    const tokens = scopes && [{name: `${user}-2026-03`, value: tokenValue, scopes, createdAt: MINTED}]
    return {login: user, ...(tokens && {tokens})}
  })
  const collaborators = agents.map(({user}) => ({login: user, permission: 'write' as const}))
  return {
    users: [{login, ...account, isAdmin: true}, ...users],
    orgs: [{name: 'acme', owners: [login], teams: [TEAM]}],
    repos: [{...CORE, collaborators}, HANDBOOK],
  }
}

function workspaceOf(
  agent: SandboxAgent,
  {secretKey, workspace}: {secretKey: string; workspace?: Partial<PlatformWorkspace>},
): PlatformWorkspace {
  return {
    id: agent.workspaceId,
    name: agent.name,
    uptimeSeconds: 86_400,
    secrets: {[secretKey]: agent.tokenValue},
    secretsUpdatedAt: MINTED,
    ...workspace,
  }
}
