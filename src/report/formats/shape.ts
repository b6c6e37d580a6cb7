import {EXIT} from '../../errors.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, AuditHead, AuditFinding, RotationView, RunView, Summary, Unjudged} from '../../fleet/types.ts'
import type {LintedFile, LintFinding, LintReport} from '../../lint/types.ts'
import {giteaShape} from '../forge.ts'
import type {LintedFinding} from './findings.ts'

/** What is found and judged as JSON shows it: field by field, so that nothing slips in; what is not known is null. */
export type Json = null | boolean | number | string | readonly Json[] | JsonShape
export type JsonShape = {readonly [key: string]: Json}

export function headShape({gitea, platform, inventory, shard, failOn, sources}: AuditHead): JsonShape {
  return {
    gitea: giteaShape(gitea),
    platform: platform ? only(platform, 'url', 'release') : null,
    inventory: only(inventory, 'file', 'digest', 'agents'),
    shard: shardShape(shard),
    failOn,
    sources,
  }
}

/** The only part in which the same audit, in one run or in shards, differs from itself. */
export function runShape(run: RunView): JsonShape {
  return {shard: shardShape(run.shard), ...only(run, 'startedAt', 'finishedAt', 'requests')}
}

/** Everything about an agent but what was found: that stands in `findings` and `incomplete`. */
export function agentShape(audit: AgentAudit): JsonShape {
  return {
    ...only(audit, 'agent', 'user', 'workspace', 'workspaceStatus', 'keeper', 'profile'),
    anchor: anchorShape(audit),
    ...only(audit, 'state', 'liveness', 'scopes'),
    tokens: audit.tokens.map(tokenShape),
    deployedFrom: audit.deployedFrom ?? null,
  }
}

export function findingShape(finding: AuditFinding): JsonShape {
  const {subject, evidence, accepted} = finding
  return {
    ...only(finding, 'rule', 'severity', 'agent'),
    subject: {
      ...only(subject, 'user', 'workspace'),
      token: subject.token ? tokenShape(subject.token) : null,
      ...only(subject, 'scope', 'repository'),
    },
    message: finding.message,
    evidence: evidence ? only(evidence, 'method', 'path', 'status', 'dialect', 'reason') : null,
    ...only(finding, 'fix', 'note', 'ref', 'fingerprint'),
    anchor: anchorShape(finding),
    accepted: accepted ? only(accepted, 'owner', 'reason', 'expires', 'expired') : null,
  }
}

/** The envelope's form of what stayed open (ADR 0001), with the rule that could not be judged. */
export function incompleteShape({agent, rule, reason}: Unjudged): JsonShape {
  const open = {rule, code: 'AUDIT_UNJUDGED', message: reason, suggestions: ['patrol doctor'], exit: EXIT.unavailable}
  return agent === '' ? open : {agent, ...open}
}

export function rotationShape(rotation: RotationView): JsonShape {
  return only(rotation, 'id', 'agent', 'phase', 'startedAt', 'updatedAt')
}

export function summaryShape(summary: Summary): JsonShape {
  return {
    ...only(summary, 'agents', 'ok', 'withFindings', 'unknown'),
    findings: only(summary.findings, ...SEVERITIES),
    ...only(summary, 'accepted', 'expired', 'exit'),
  }
}

export function lintSummaryShape({summary}: LintReport): JsonShape {
  return {
    files: summary.files,
    findings: only(summary.findings, ...SEVERITIES),
    ...only(summary, 'suppressed', 'fixed', 'unread', 'passed', 'exit'),
  }
}

export function fileShape(linted: LintedFile): JsonShape {
  return only(linted, 'file', 'language', 'fixed')
}

export function lintFindingShape(finding: LintedFinding): JsonShape {
  return {
    ...only(finding, 'rule', 'severity', 'file'),
    at: spanShape(finding.at),
    ...only(finding, 'message', 'fix'),
    edit: finding.edit ? only(finding.edit, 'from', 'to', 'text') : null,
    ...only(finding, 'ref', 'fingerprint'),
    suppressed: finding.standing === 'suppressed' ? only(finding, 'reason') : null,
  }
}

/** What was left aside. */
export function passedShapes({passed}: LintReport): JsonShape[] {
  return passed.map((each) => only(each, 'kind', 'reason', 'files'))
}

/** What of a file could not be read, in the envelope's form. */
export function unreadShapes({file, unread}: LintedFile): JsonShape[] {
  return unread.map(({reason, at}) => ({
    file,
    at: at ? spanShape(at) : null,
    code: 'LINT_UNREAD',
    message: reason,
    suggestions: [],
    exit: EXIT.unavailable,
  }))
}

function shardShape(shard: RunView['shard']): Json {
  return shard ? only(shard, 'index', 'count') : null
}

function tokenShape(token: AgentAudit['tokens'][number]): JsonShape {
  const names = ['id', 'name', 'lastEight', 'scopes', 'repositories', 'createdAt', 'lastUsedAt'] as const
  return only(token, ...names, 'source', 'deployed')
}

function anchorShape({anchor}: Pick<AuditFinding, 'anchor'>): Json {
  return anchor ? only(anchor, 'file', 'line', 'column') : null
}

function spanShape(at: LintFinding['at']): JsonShape {
  return {start: only(at.start, 'line', 'column'), end: only(at.end, 'line', 'column'), ...only(at, 'from', 'to')}
}

/** These fields, in this order. */
function only<Name extends string>(
  of: {readonly [name in NoInfer<Name>]?: Json | undefined},
  ...names: readonly Name[]
): JsonShape {
  return Object.fromEntries(names.map((name) => [name, of[name] ?? null]))
}
