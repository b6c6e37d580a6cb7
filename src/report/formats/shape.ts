import {EXIT} from '../../errors.ts'
import type {
  AgentAudit,
  AuditHead,
  Finding,
  RotationView,
  RunView,
  Summary,
  TokenView,
  Unjudged,
} from '../../fleet/types.ts'
import {giteaShape} from '../forge.ts'

/** An audit's parts as JSON shows them: field by field, so that nothing slips in; what is not known is null. */
export type Json = null | boolean | number | string | readonly Json[] | {readonly [key: string]: Json}
type Shape = {readonly [key: string]: Json}

export function headShape({gitea, platform, inventory, shard, failOn, sources}: AuditHead): Shape {
  return {
    gitea: giteaShape(gitea),
    platform: platform ? {url: platform.url, release: platform.release ?? null} : null,
    inventory: {file: inventory.file, digest: inventory.digest, agents: inventory.agents},
    shard: shardShape(shard),
    failOn,
    sources: [...sources],
  }
}

/** The only part in which the same audit, in one run or in shards, differs from itself. */
export function runShape({shard, startedAt, finishedAt, requests}: RunView): Shape {
  return {shard: shardShape(shard), startedAt, finishedAt, requests}
}

/** Everything about an agent but what was found: that stands in `findings` and `incomplete`. */
export function agentShape(audit: AgentAudit): Shape {
  return {
    agent: audit.agent,
    user: audit.user,
    workspace: audit.workspace,
    workspaceStatus: audit.workspaceStatus ?? null,
    keeper: audit.keeper ?? null,
    profile: audit.profile,
    anchor: anchorShape(audit.anchor),
    state: audit.state,
    liveness: audit.liveness,
    scopes: Object.fromEntries(Object.entries(audit.scopes)),
    tokens: audit.tokens.map(tokenShape),
    deployedFrom: audit.deployedFrom ?? null,
  }
}

export function findingShape(finding: Finding): Shape {
  const {subject, evidence, accepted} = finding
  return {
    rule: finding.rule,
    severity: finding.severity,
    agent: finding.agent,
    subject: {
      user: subject.user ?? null,
      workspace: subject.workspace ?? null,
      token: subject.token ? tokenShape(subject.token) : null,
      scope: subject.scope ?? null,
      repository: subject.repository ?? null,
    },
    message: finding.message,
    evidence: evidence
      ? {
          method: evidence.method,
          path: evidence.path,
          status: evidence.status,
          dialect: evidence.dialect,
          reason: evidence.reason,
        }
      : null,
    fix: finding.fix ?? null,
    note: finding.note ?? null,
    ref: finding.ref,
    fingerprint: finding.fingerprint,
    anchor: anchorShape(finding.anchor),
    accepted: accepted
      ? {owner: accepted.owner, reason: accepted.reason, expires: accepted.expires, expired: accepted.expired}
      : null,
  }
}

/** The envelope's form of what stayed open (ADR 0001), with the rule that could not be judged. */
export function incompleteShape({agent, rule, reason}: Unjudged): Shape {
  const open = {rule, code: 'AUDIT_UNJUDGED', message: reason, suggestions: ['patrol doctor'], exit: EXIT.unavailable}
  return agent === '' ? open : {agent, ...open}
}

export function rotationShape({id, agent, phase, startedAt, updatedAt}: RotationView): Shape {
  return {id, agent, phase, startedAt, updatedAt}
}

export function summaryShape(summary: Summary): Shape {
  const {agents, ok, withFindings, unknown, findings, accepted, expired, exit} = summary
  const {critical, high, medium, low} = findings
  return {agents, ok, withFindings, unknown, findings: {critical, high, medium, low}, accepted, expired, exit}
}

function shardShape(shard: RunView['shard']): Shape | null {
  return shard ? {index: shard.index, count: shard.count} : null
}

function tokenShape(token: TokenView): Shape {
  return {
    id: token.id ?? null,
    name: token.name ?? null,
    lastEight: token.lastEight,
    scopes: token.scopes ? [...token.scopes] : null,
    repositories: token.repositories ?? null,
    createdAt: token.createdAt ?? null,
    lastUsedAt: token.lastUsedAt ?? null,
    source: token.source,
    deployed: token.deployed,
  }
}

function anchorShape(anchor: Finding['anchor']): Shape | null {
  return anchor ? {file: anchor.file, line: anchor.line, column: anchor.column} : null
}
