import type {Evidence} from '../probe/types.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'

/** How grave a finding is, worst first. `--fail-on` names the mildest that makes the audit exit 3. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Where an agent stands in the inventory; what SARIF, JUnit and annotations point at. */
export interface Anchor {
  /** The inventory's path as given or found; reports make it relative. */
  file: string
  /** Both from 1. */
  line: number
  column: number
}

/** One violation of a rule by one agent (or by a user or workspace that no agent claims). */
export interface AuditFinding {
  /** Stable id of the rule, such as `scope-missing`. */
  rule: string
  severity: Severity
  /** Name in the inventory; for what nobody claims, the login or the workspace's name. */
  agent: string
  /** What the finding is about besides its agent: names and last eights only; of a `repository`, `owner/name`. */
  subject: {user?: string; workspace?: string; token?: TokenView; scope?: Scope; repository?: string}
  /** One sentence: what is wrong, with what. */
  message: string
  evidence: Evidence | undefined
  /** The command that mends it, to be typed as it is; undefined where none does. */
  fix: string | undefined
  /** What a person has to do before it, after it or instead. */
  note: string | undefined
  /** What `patrol help` prints of it: a runbook, or what the rule means. */
  ref: string
  /** Stable over runs; from rule, agent and subject's names, never from a token. */
  fingerprint: string
  anchor: Anchor | undefined
  /** Set where the baseline knows it. An expired acceptance counts again. */
  accepted: {owner: string; reason: string; expires: string; expired: boolean} | undefined
}

/** One token as reports show it. Times are RFC 3339 with where we know them from. */
export interface TokenView {
  id: number | undefined
  name: string | undefined
  lastEight: string
  scopes: Scope[] | undefined
  /** What it is confined to; undefined where that is not known, or the server has no such layer and nothing was probed. */
  repositories?: RepositoryReach | undefined
  createdAt: string | undefined
  lastUsedAt: string | undefined
  source: 'listing' | 'probe' | 'ledger'
  deployed: boolean
}

/** How one scope stands for one agent. */
export type ScopeState = 'needed' | 'missing' | 'excess' | 'unknown' | 'absent'

/** What could not be judged, about whom, and why. Never a pass: the audit then exits 5. */
export interface Unjudged {
  agent: string
  /** The rule, or `*` for all that depend on what the reason names. */
  rule: string
  reason: string
}

/**
 * What an audit looks at: the administrator's listing; a probe of the deployed value; the platform; what patrol itself
 * recorded; the agents' own reports.
 */
export const SOURCES = ['listing', 'probe', 'platform', 'ledger', 'agents'] as const
export type AuditSource = (typeof SOURCES)[number]

/** Whose hands a workspace is in that patrol cannot rotate all by itself. */
export type WorkspaceKeeper = 'concierge' | 'external'

/** A command that guards stand before, or that needs a server which may not let us in. */
export type Guarded = 'rotate' | 'resume' | 'onboard' | 'mint' | 'push' | 'restart' | 'revoke' | 'smoke'

/** What a guard would refuse some commands for, as far as an audit can see it, and the way past it. */
export interface Hurdle {
  stops: readonly Guarded[]
  /** What a person has to do about it, in words. */
  note: string
  /** The flag that lets it pass, after "or" or "and": it never gets into a command, for whoever waives a guard types that himself. */
  waiver?: string
  /** What makes the command one that the guard lets through. */
  flag?: string
  /** What has to be typed in its place, before it. */
  instead?: string
}

/** What the fixes of all findings about one agent hang on. */
export interface FixStanding {
  /** Its user or its workspace does not exist: only `onboard` gets it to work. */
  halfMade?: boolean | undefined
  /** A rotation of it has stopped on its way, so that no other one may begin. */
  stopped?: boolean | undefined
  hurdles?: readonly Hurdle[] | undefined
}

/** One agent as audited. */
export interface AgentAudit {
  /** Its place among the audited agents of the inventory, from 0; the same in every shard. */
  index: number
  agent: string
  user: string
  workspace: string
  workspaceStatus: string | undefined
  /** Where it is not the platform that stores its secrets for patrol and restarts it. */
  keeper?: WorkspaceKeeper | undefined
  /** What its fixes hang on besides, for the findings that only a merge of shards makes. */
  standing?: FixStanding
  profile: string
  anchor: Anchor | undefined
  /** `ok`: nothing found; `findings`; `unknown`: something could not be judged (findings may stand beside it). */
  state: 'ok' | 'findings' | 'unknown'
  liveness: 'alive' | 'dead' | 'blocked' | 'unknown'
  /** For every scope of the vocabulary but `all`, of the deployed token. */
  scopes: Partial<Record<Scope, ScopeState>>
  tokens: TokenView[]
  /** How we know which token is deployed; `only`: nothing tells, and its user's only token is judged. */
  deployedFrom: 'reference' | 'agent' | 'ledger' | 'only' | undefined
  findings: AuditFinding[]
  unjudged: Unjudged[]
}

/** One rotation of the ledger, for the history that reports show. */
export interface RotationView {
  id: string
  agent: string
  phase: string
  startedAt: string
  updatedAt: string
}

/** One process's part in an audit: all that differs between one run and another, or the same in shards. */
export interface RunView {
  shard: AuditReport['shard']
  startedAt: string
  finishedAt: string
  /** What it sent; every shard lists users and workspaces for itself. */
  requests: number
}

/** A whole audit: what every report is made from. */
export interface AuditReport {
  startedAt: string
  finishedAt: string
  gitea: {url: string; version: string | undefined}
  platform: {url: string; release: string | undefined} | undefined
  inventory: {
    file: string
    /** SHA-256 of the inventory's agents and profiles, so that only shards of one inventory are merged. */
    digest: string
    agents: number
  }
  shard: {index: number; count: number} | undefined
  failOn: Severity
  /** What was looked at. A rule that needs another source was not applied (`needs` of the rule table). */
  sources: AuditSource[]
  agents: AgentAudit[]
  /** Of users and workspaces that no agent claims. */
  unclaimed: AuditFinding[]
  /** What could not be judged about no agent in particular. */
  unjudged: Unjudged[]
  rotations: RotationView[]
  /** By shard; one, unless it was put together from shards. */
  runs: RunView[]
  summary: Summary
}

/** The counts that every report shows alike. */
export interface Summary {
  agents: number
  ok: number
  withFindings: number
  unknown: number
  /** Not counting accepted ones. */
  findings: Record<Severity, number>
  accepted: number
  expired: number
  requests: number
  /** 0 clean; 3 findings at or above `failOn`; 5 something could not be judged; 4 a credential of ours was rejected. The worst wins: 4, 5, 3. */
  exit: number
}

/** What is known before the first agent is judged. */
export type AuditHead = Pick<
  AuditReport,
  'startedAt' | 'gitea' | 'platform' | 'inventory' | 'shard' | 'failOn' | 'sources'
>

/** What is known after the last one. */
export type AuditTail = Pick<AuditReport, 'finishedAt' | 'unclaimed' | 'unjudged' | 'rotations' | 'runs' | 'summary'>

/** An audit as it runs, so that a fleet of any size needs no more memory than its formats do. */
export type AuditEvent =
  | {kind: 'head'; head: AuditHead}
  | {kind: 'agent'; audit: AgentAudit}
  | {kind: 'tail'; tail: AuditTail}
