import {randomBytes, randomUUID} from 'node:crypto'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import {startPlatform} from '../../src/simulator/platform/index.ts'
import {deliveredKey} from '../../src/simulator/platform/releases.ts'
import {BRISK} from './brisk.ts'
import type {Sandbox} from '../../src/simulator/sandbox.ts'
import type {
  GiteaRepo,
  GiteaSeed,
  SeedUser,
  ForgeVersion,
  PlatformOptions,
  PlatformWorkspace,
} from '../../src/simulator/types.ts'

/** What the sandbox's own seed cannot express. */
export interface Differences {
  /** Of the one agent's token; by default those that the profile asks for. */
  scopes?: string[]
  /** What its token is confined to (Forgejo 15). */
  repositories?: string[]
  /** Whether the repository is closed to strangers. */
  private?: boolean
  /** More repositories beside it. */
  repos?: GiteaRepo[]
  /** The agent's workspace. */
  workspace?: Partial<PlatformWorkspace>
  /** More workspaces beside it. */
  neighbours?: PlatformWorkspace[]
  platform?: Partial<PlatformOptions>
  /** The key of its secret; one that reaches its agent without it. */
  secretKey?: string
  version?: ForgeVersion
  settings?: GiteaSeed['settings']
  admin?: Partial<SeedUser>
  /** How many open approved issues there are besides the usual two. */
  moreWork?: number
}

/** A sandbox with one agent, agent-dev-a, that differs from the usual one as told. */
export async function smallSandbox(differs: Differences = {}): Promise<Sandbox> {
  const name = 'agent-dev-a'
  const workspaceId = differs.workspace?.id ?? randomUUID()
  const agent = {name, user: name, workspaceId, tokenValue: randomBytes(20).toString('hex')}
  const admin = {user: 'root', password: randomBytes(18).toString('base64url')}
  const platformToken = randomBytes(32).toString('base64url')
  const scopes = differs.scopes ?? ['read:issue', 'write:repository', 'read:user']
  const {repositories} = differs
  const token = {name: `${name}-2026-03`, value: agent.tokenValue, scopes, ...(repositories && {repositories})}
  const gitea = await startGitea(
    {
      users: [
        {login: admin.user, password: admin.password, isAdmin: true, ...differs.admin},
        {login: name, tokens: [token]},
      ],
      orgs: [{name: 'acme', owners: [admin.user]}],
      repos: [
        {
          owner: 'acme',
          name: 'core',
          ...(differs.private && {private: true}),
          collaborators: [{login: name, permission: 'write'}],
          labels: ['approved', 'bug'],
          issues: [
            {title: 'Retry uploads after a timeout', labels: ['approved']},
            {title: 'Search ignores umlauts', labels: ['bug']},
            {title: 'Cache the list of repositories', labels: ['approved'], pull: true},
            {title: 'Export as CSV', labels: ['approved']},
            ...Array.from({length: differs.moreWork ?? 0}, (_, i) => ({title: `Task ${i}`, labels: ['approved']})),
          ],
        },
        ...(differs.repos ?? []),
      ],
      ...(differs.settings && {settings: differs.settings}),
    },
    {version: differs.version ?? '1.22.6'},
  )
  // An agent that keeps people waiting is to be seen at it, and that is a matter of beats.
  const timing = differs.workspace?.agent?.delivery ? {} : BRISK
  const deployed = {release: 'aug14', mode: 'saas', ...timing, ...differs.platform} as const
  const secretKey = differs.secretKey ?? deliveredKey(deployed)
  const own: PlatformWorkspace = {
    name,
    uptimeSeconds: 86_400,
    secrets: {[secretKey]: agent.tokenValue},
    ...differs.workspace,
    id: workspaceId,
  }
  const platform = await startPlatform(
    {
      workspaces: [own, ...(differs.neighbours ?? [])],
      adminToken: 'not-a-real-admin-token-of-anybody',
      orgTokens: [platformToken],
    },
    {giteaUrl: gitea.url, ...deployed},
  )
  const close = async (): Promise<void> => {
    await Promise.all([gitea.close(), platform.close()])
  }
  return {
    gitea,
    platform,
    agents: [agent],
    admin,
    platformToken,
    orgId: randomUUID(),
    secretKey,
    repo: 'acme/core',
    close,
  }
}
