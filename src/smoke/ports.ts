import type {Secret} from '../secret.ts'

/** Time, so that tests need not wait. `sleep` may reject (an interrupt); what was begun is then undone. */
export interface SmokeClock {
  /** Milliseconds since the epoch. */
  now(): number
  /** `signal`: the end of this pause instead of the run's, so that cleaning up goes on after an interrupt. */
  sleep(ms: number, options?: {signal?: AbortSignal}): Promise<void>
}

/** An open issue as Gitea lists it; with `type=issues` no pull request is among them, but the client checks. */
export interface ListedIssue {
  number: number
  labels: readonly string[]
  isPull: boolean
}

/** What a list call with a given token showed. */
export type Listing<T> =
  | {kind: 'listed'; items: readonly T[]}
  /** 403 with the text of the scope gate; `required` are the scopes it names. */
  | {kind: 'scope'; required: readonly string[]}
  /** 404, or a 403 about the user's rights: the token is fine, its user is not let in. */
  | {kind: 'role'; status: number}
  /** 401: the token does not authenticate. */
  | {kind: 'dead'}
  /** No usable answer: why, in a few words for people. */
  | {kind: 'unknown'; reason: string}

/** The query of the one request for work that the agent and we make alike: see `workQuery`. */
export type WorkQuery = Readonly<Record<string, string | number>>

/** The approved work of a repository as one request shows it. */
export interface Work {
  /** Whether the server's filter knows the label; an organisation's counts from Forgejo 15 on. */
  labelExists: boolean
  /** Numbers of the issues on that page that carry the label, ascending. */
  issues: readonly number[]
}

/** Gitea as an agent sees it, with the agent's token. `repo` is `owner/name`. Nothing is thrown for an HTTP answer. */
export interface RepoLists {
  /** `GET /repos/{repo}/issues`, once, with this query. */
  issues(token: Secret, repo: string, query: WorkQuery): Promise<Listing<ListedIssue>>
  /** `GET /repos/{repo}/pulls?state=open&limit=1`. */
  pulls(token: Secret, repo: string): Promise<Listing<{number: number}>>
  /** Whether the filter of its issue lists knows a label of exactly this name. */
  label(token: Secret, repo: string, name: string): Promise<'exists' | 'absent' | 'unknown'>
}

/** One question to an agent. */
export interface AgentQuestion {
  /** Chosen by us; sent again with the same id, so that a reply can be found later. */
  messageId: string
  text: string
  timeoutMs: number
}

/** What an agent's own answer says, in whatever shape it came. */
export type AgentSaid =
  /** Every reading of it, one after another; untrusted. `meanwhile`: it may be said on the way, with the answer to come. */
  | {kind: 'replied'; text: string; meanwhile?: true}
  /** A JSON-RPC error inside a 200. */
  | {kind: 'rpc-error'; code: number | undefined}
  /** It has begun a task, and says nothing yet. */
  | {kind: 'begun'}
  /** It holds no text that could be looked through; `why` in a few words. */
  | {kind: 'unreadable'; why: string}

/** What became of a question put to an agent. The last three were surely not delivered. */
export type AskOutcome =
  | AgentSaid
  /** The agent's own HTTP error, passed through. */
  | {kind: 'agent-error'; status: number}
  /** The platform will not deliver it, and asking again does not help: budget spent, no such workspace, bad URL. */
  | {kind: 'refused'; status: number; why: string}
  /** The platform has taken it on: it answers later. `queueId`: where in its queue; `why` in a few words. */
  | {kind: 'queued'; queueId: string | undefined; why: string}
  /** The answer is lost. `delivered`: the platform says the agent has it; otherwise it may have. */
  | {kind: 'lost'; delivered: boolean}
  /** The agent is busy and may or may not have it. */
  | {kind: 'busy'; retryAfterMs: number}
  /** Not delivered: the workspace is not up (no URL, or waking from hibernation). */
  | {kind: 'not-ready'; status: string; retryAfterMs: number | undefined}
  /** Not delivered: the platform found the agent's machine gone and restarts it. */
  | {kind: 'restarting'}
  /** Not delivered: the platform could not reach the agent (its address may be cached for minutes after a restart). */
  | {kind: 'unreachable'}

/** A reply found in the workspace's activity list. */
export type FoundReply =
  | AgentSaid
  | {kind: 'none'}
  /** The activity row says that the delivery or the run went wrong. */
  | {kind: 'failed'}

/** How a question stands in the platform's queue. */
export type QueueState =
  | AgentSaid
  | {kind: 'waiting'}
  /** It has left the queue, and no answer of it is to be had; `why` in a few words. */
  | {kind: 'over'; why: string}

/** A cron row of a workspace. */
export interface Schedule {
  id: string
  name: string
  /** Undefined where nobody counts. */
  runCount: number | undefined
  lastStatus: string | undefined
  /** How long ago it was created, all by the platform's clock; undefined where it does not tell. */
  ageMs: number | undefined
}

/**
 * The way to an agent. Throws `OpsError`: category `unavailable` where the platform gave no usable answer, `auth`
 * where it rejects our credential, code `WRITE_IN_DOUBT` where a schedule may or may not have been made or deleted.
 */
export interface AgentLine {
  askAgent(workspaceId: string, question: AgentQuestion): Promise<AskOutcome>
  /** Looks through the activity list: for the answers to questions with this nonce, and for notices that bear it. */
  findReply(workspaceId: string, nonce: string): Promise<FoundReply>
  /** Throws category `unavailable` also where the release shows no queue. */
  queueState(workspaceId: string, queueId: string): Promise<QueueState>
  createSchedule(workspaceId: string, schedule: {name: string; cron: string; prompt: string}): Promise<string>
  /** `signal`: the end of this call instead of the run's, so that cleaning up goes on after an interrupt. */
  schedules(workspaceId: string, options?: {signal?: AbortSignal}): Promise<Schedule[]>
  /** `signal` as in `schedules`. */
  deleteSchedule(
    workspaceId: string,
    scheduleId: string,
    options?: {signal?: AbortSignal},
  ): Promise<'deleted' | 'absent'>
}

/** One entry of a workspace's event list; a register's `WORKSPACE_ONLINE` has no `recovered_from`. */
export interface ProcessEvent {
  type: string
  createdAt: string
  payload: Record<string, unknown>
}

/** Who keeps a workspace, and whether it is awake, as far as the platform tells. */
export interface Keeping {
  /** `platform`: the concierge, whose secrets are written in the canvas alone. */
  kind?: string | undefined
  /** An `external` one is restarted by its operator, not by the platform. */
  runtime?: string
  status?: string
}

/** What the platform knows about the process that answers: enough to say why it holds an old token. */
export interface ProcessClues {
  /** An uptime that is not told is `NaN`. */
  read(workspaceId: string): Promise<{uptimeSeconds: number; serverTime: number} & Keeping>
  secretRow(workspaceId: string, key: string): Promise<{scope: 'workspace' | 'global'; updatedAt: string} | undefined>
  events(workspaceId: string): Promise<readonly ProcessEvent[] | undefined>
}

/** All that a smoke test needs from outside. `rotation`'s Platform plus the agent line is one object in production. */
export interface SmokePorts {
  lists: RepoLists
  agent: AgentLine
  clues: ProcessClues
  /** What the request that the agent is asked to make shows us now; throws `OpsError` when it shows nothing. */
  work(query: WorkQuery): Promise<Work>
  clock: SmokeClock
  /** Told before each pause what is waited for: for progress, and to keep a lease. */
  onWait?: ((why: string) => Promise<void> | void) | undefined
  /** A fresh UUID: message ids. */
  newId(): string
  /** A fresh nonce: letters and digits only. */
  newNonce(): string
}
