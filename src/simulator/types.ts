/** What both simulators share: the shape of a running server, its request log, and how to break it. */

/** One request as the server saw it. Credentials are never logged: `auth` says only which kind was sent. */
export interface LoggedRequest {
  at: number
  method: string
  /** Path and query, percent-encoded as received. */
  path: string
  auth: 'none' | 'token' | 'bearer' | 'basic' | 'query' | 'malformed'
  /** The user whom the credential belongs to, where it was valid. */
  user: string | undefined
  /** Whether a one-time code came with it. */
  otp: boolean
  /** What was answered; 0 as long as nothing was. */
  status: number
  /** What the server itself came to, which a fault may have kept from the client; undefined where it never acted. */
  acted: number | undefined
  /** Whom or what the JSON body names, by `username` or `name`. */
  about: string | undefined
  /** Names of headers that matter (lower-case), with their values, never `authorization` or an OTP. */
  headers: Record<string, string>
}

/**
 * Breaks requests that match: the `nth` of them from 1, or a share drawn by chance, the same for the same seed and
 * order; without either every match.
 */
export interface FaultRule {
  method?: string
  /** Tested against path and query. */
  path?: RegExp
  nth?: number
  share?: {of: number; seed: number}
  kind:
    | 'reset-before' // connection reset, nothing happened
    | 'reset-after' // the effect happened, the answer is lost
    | 'truncate' // headers and half of the body, then reset
    | 'hold' // the effect happened, the answer comes when the rule is removed
    | 'hang' // no answer until the client gives up
    | 'status' // answers `status` with a JSON error instead of acting
    | 'html' // 200 text/html instead of acting
    | 'content-type' // right body, `text/plain`
    | 'huge' // an endless body
    | 'answer-after' // the effect happened, and something else is answered: `status`, `headers` and `body`
    | 'answer' // the same answer, without the effect
  status?: number
  /** For `answer` and `answer-after`; its type goes into `headers`. */
  body?: string
  headers?: Record<string, string>
}

/** A running simulator on loopback. */
export interface Running {
  /** Base URL without trailing slash, e.g. `http://127.0.0.1:40123`. */
  url: string
  /** Everything that was asked, oldest first. */
  requests: LoggedRequest[]
  /** Adds a fault; returns a function that removes it, and lets go of the answers that it holds. */
  fail(rule: FaultRule): () => void
  /** Back to the seed; clears the log and the faults. */
  reset(): void
  close(): Promise<void>
}

/** A Gitea user of the seed. */
export interface SeedUser {
  login: string
  password?: string
  isAdmin?: boolean
  active?: boolean
  prohibitLogin?: boolean
  mustChangePassword?: boolean
  visibility?: 'public' | 'limited' | 'private'
  /** Base32 seed: Basic with the password then needs `X-Gitea-OTP`. */
  totp?: string
  webauthn?: boolean
  /** RFC 3339; the start without it. */
  createdAt?: string
  tokens?: GiteaToken[]
  /** Old logins that redirect here. */
  formerly?: string[]
}

/** A token of the seed; `value` is 40 lower-case hex characters, made up. */
export interface GiteaToken {
  name: string
  value: string
  /** As stored by Gitea; normalised on seeding. */
  scopes: string[]
  /** Names that no mint would take, stored all the same: by another server's release, or by hand. */
  strangeScopes?: string[]
  /** Forgejo 15: the repositories that it is confined to, as `owner/name`, all of them of the seed; none: they are deleted. */
  repositories?: string[]
  createdAt?: string
  lastUsedAt?: string
}

/** A repository of the seed. */
export interface GiteaRepo {
  owner: string
  name: string
  private?: boolean
  archived?: boolean
  empty?: boolean
  mirror?: boolean
  hasIssues?: boolean
  hasPulls?: boolean
  hasCode?: boolean
  collaborators?: {login: string; permission: 'read' | 'write' | 'admin'}[]
  labels?: string[]
  /** Issues and pull requests share one numbering, in this order from 1. */
  issues?: {title: string; state?: 'open' | 'closed'; labels?: string[]; pull?: boolean; locked?: boolean}[]
  /** Old names under the same owner that redirect here. */
  formerly?: string[]
}

/** An organisation of the seed; the team `Owners` comes by itself. */
export interface GiteaOrg {
  name: string
  owners?: string[]
  visibility?: 'public' | 'limited' | 'private'
  teams?: GiteaTeam[]
  /** Its own, which issues of all its repositories may carry. */
  labels?: string[]
}

/** A team of the seed. Teams below `admin` reach only some units of a repository. */
export interface GiteaTeam {
  name: string
  permission: 'read' | 'write' | 'admin'
  /** Default: code, issues and pulls. An `admin` team has all. */
  units?: ('code' | 'issues' | 'pulls')[]
  members?: string[]
  /** Names of the organisation's repositories; `all` of them, or none without it. */
  repos?: string[] | 'all'
}

export interface GiteaSeed {
  users: SeedUser[]
  orgs?: GiteaOrg[]
  repos?: GiteaRepo[]
  settings?: {
    federation?: boolean
    /** Forgejo: `[quota] ENABLED` and `[repository] ENABLE_FLAGS`, without which their routes are not there. */
    quota?: boolean
    flags?: boolean
    requireSignin?: boolean
    /** Served under this path prefix, e.g. `/gitea`. */
    subPath?: string
    maxResponseItems?: number
    defaultPagingNum?: number
    basicAuthentication?: boolean
    emailConfirm?: boolean
  }
}

/** The versions for which there is a route table, oldest first. */
export const GITEA_VERSIONS = ['1.20.6', '1.21.11', '1.22.6', '1.23.8', '1.24.7', '1.25.4', '1.26.4', '1.27.0'] as const

export type GiteaVersion = (typeof GITEA_VERSIONS)[number]

/** The releases of Forgejo that are simulated, oldest first: 11.0.15 and 15.0.3. */
export const FORGEJO_VERSIONS = ['forgejo-11', 'forgejo-15'] as const

export type ForgejoVersion = (typeof FORGEJO_VERSIONS)[number]

/** The releases of Forgejo for which there is a route table, oldest first: 7.0.16, 11.0.15, 13.0.5 and 15.0.3, each held against a real server. */
export const FORGEJO_TABLES = ['forgejo-7', 'forgejo-11', 'forgejo-13', 'forgejo-15'] as const

/** What a simulated Gitea can be. */
export type ForgeVersion = GiteaVersion | ForgejoVersion

/** A release with a route table, simulated or not. */
export type TableVersion = GiteaVersion | (typeof FORGEJO_TABLES)[number]

/** A running Gitea simulator; the look-ups see its state as a test's witness, past every gate. */
export interface RunningGitea extends Running {
  version: ForgeVersion
  /** What it calls itself at `/api/v1/version`: `1.22.6`, `15.0.3+gitea-1.22.0`. */
  named: string
  /** The tokens of a user as stored, oldest first. */
  tokens(login: string): {
    id: number
    name: string
    scopes: string[]
    /** Full names of the repositories that it is confined to (Forgejo 15); undefined where it is not confined. */
    repositories: string[] | undefined
    lastEight: string
    lastUsedAt: number
  }[]
  /** Gives a token's row a new value, as a button of Gitea after 1.27 and of Forgejo does; returns it. */
  regenerate(login: string, id: number): string
  /** As an administrator renames a user: the login of before leads to the new one. */
  rename(login: string, to: string): void
  /** Whether this value authenticates now. */
  isLive(value: string): boolean
}

/** How a simulated agent behaves when asked over A2A. */
export interface AgentBehaviour {
  /**
   * `honest`: does what it is asked with the token it got when last provisioned. `old-token`: keeps the token of its
   * first process for ever (a file that the secrets API does not write). `liar`: claims success and made-up numbers.
   * `mute`: answers without the line asked for. `forgetful`: wrong nonce. `leaky`: prints the token itself.
   * `error`: JSON-RPC error in a 200. `unreachable`: 502.
   */
  kind: 'honest' | 'old-token' | 'liar' | 'mute' | 'forgetful' | 'leaky' | 'error' | 'unreachable'
  /**
   * In which shape it answers. `message` without it, in one part; `pieces`: in parts that end within words. `task`, as
   * LangGraph does: the whole text in the status, pieces in the artifacts, the question in the history; `artifacts`: a
   * task with those alone; `begun`: one that is still worked on. `twice`: the same text several times; `differing`: the
   * artifacts say something else; `echo`: the question before the answer; `huge`: longer than the platform lets through.
   */
  shape?: 'message' | 'pieces' | 'task' | 'artifacts' | 'begun' | 'twice' | 'differing' | 'echo' | 'huge'
  /**
   * How a message reaches it, on releases that know this way; on others straight. `direct` without it. `busy`: 202, until
   * it has worked off what is queued; until June 2 no answer shows anywhere, in June in the queue alone, then in the
   * activity too. `endless`: 202, and it
   * never has time. `polls`: 200 queued, and it fetches its messages and answers by a notice. `slow`: 200 queued after
   * 90 s of the real ones, and the answer is in the activity later. `boots`: 200 with a place in the queue, as long as the
   * turn after its start lasts. `dropped`: 503 busy once, as for a connection that broke.
   */
  delivery?: 'direct' | 'busy' | 'endless' | 'polls' | 'slow' | 'boots' | 'dropped'
}

export interface PlatformWorkspace {
  /** Lower-case canonical UUID. */
  id: string
  name: string
  status?: 'provisioning' | 'online' | 'offline' | 'degraded' | 'failed' | 'removed' | 'paused' | 'hibernated'
  runtime?: string
  kind?: 'workspace' | 'platform'
  parentId?: string
  activeTasks?: number
  /** Age of the process that runs at the start, in seconds. */
  uptimeSeconds?: number
  secrets?: Record<string, string>
  /** When the secrets were last written, RFC 3339; now without it. */
  secretsUpdatedAt?: string
  agent?: AgentBehaviour
  /** Plain workspace tokens that are live at the start. */
  tokens?: string[]
  /**
   * What a restart does: `normal`; `pretend` (goes to provisioning and back to online by a heartbeat of the old
   * process: no register, uptime goes on growing); `stuck` (stays provisioning); `fails` (ends failed); `refused` (fails
   * too, and the old process could not be stopped).
   */
  restart?: 'normal' | 'pretend' | 'stuck' | 'fails' | 'refused'
  /** Org tokens wait for an approval to write secrets of this one, even where `PlatformOptions.approvals` is off. */
  approval?: boolean
  /** What a failed restart leaves in last_sample_error; the release's own words without it. */
  restartError?: string
  /**
   * Where schedules live in the runtime: `later`, its first answer is that it registers anew; `never`, the daemon that
   * serves them does not start.
   */
  schedules?: 'later' | 'never'
}

export interface PlatformSeed {
  workspaces: PlatformWorkspace[]
  adminToken: string
  orgTokens?: string[]
  globalSecrets?: Record<string, string>
}

/** The platform's releases, oldest first, each named by the day in 2026 to which its public history was built. */
export const PLATFORM_RELEASES = ['april', 'june02', 'june13', 'june28', 'aug14'] as const

export type PlatformRelease = (typeof PLATFORM_RELEASES)[number]

export interface PlatformOptions {
  /** What it does stands in `platform/releases.ts`. */
  release: PlatformRelease
  /** Self-hosted, or hosted: each workspace is a machine of its own. */
  mode: 'docker' | 'saas'
  /** Set: every path but the exempt ones needs `X-Molecule-Org-Id` with this UUID. */
  orgId?: string
  /** The hosted edge: requests without `Origin` to /workspaces/* get the canvas web app. */
  waf?: boolean
  /** Unregistered paths are answered by the web app (HTML 200) instead of 404 text. */
  canvas?: boolean
  /** From July on the admin token waits for approvals; here whether org tokens do too. */
  approvals?: boolean
  /** `false` where the answer to a creation holds the workspace's token: its mint failed. */
  inlineToken?: false
  /** From June on: creations are refused (409) while there are this many workspaces. */
  workspaceLimit?: number
  /**
   * From June on: the models that runtimes have; creations with another are refused (422). The platform serves them all,
   * so that it takes no vendor's key for them (400). Without it every model is there, served by its vendor.
   */
  models?: string[]
  /** April outside production: `GET /admin/workspaces/:id/test-token`. */
  testTokens?: boolean
  /** Agents call this Gitea with the token they really hold. */
  giteaUrl?: string
  /** How long a provisioning takes, in ms (default 200). */
  provisionMs?: number
  /** Pause between heartbeats of a process, in ms (default 1000; the real one is 30 s). */
  heartbeatMs?: number
  /** From June on: restarts by a write within this time after the last such one are dropped (default 60 000). */
  debounceMs?: number
  /** Requests in a minute; `unlimited` as in development, from June 13 on (before, only without an admin token). */
  rateLimit?: number | 'unlimited'
  /** Loopback port; a free one without it. */
  port?: number
}

/** A running platform simulator; the look-ups are a test's witness, past every gate. */
export interface RunningPlatform extends Running {
  options: PlatformOptions
  /** What the process in this workspace has in its environment, and which process (1, 2, ...) it is. */
  process(id: string): {generation: number; env: Record<string, string>; startedAt: number} | undefined
  /** The stored secrets of a workspace, as the next provisioning would hand them over. */
  secrets(id: string): Record<string, string>
  /** Decides a pending approval as a human would. */
  decide(approvalId: string, decision: 'approved' | 'denied' | 'withdrawn'): void
  /** Approvals that wait for a human. */
  pending(): {id: string; workspaceId: string; key: string}[]
  /** How many times each workspace was (re)provisioned since the start. */
  restarts(id: string): number
}
