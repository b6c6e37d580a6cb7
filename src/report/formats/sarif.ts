import type {AuditReport, Unjudged} from '../../fleet/types.ts'
import {collecting} from './format.ts'
import type {Format, FormatContext} from './format.ts'
import {giteaShape} from '../forge.ts'
import {artifact, fingerprints, plain, rulesNamed, SARIF_LEVEL, sarifLog} from './sarif-log.ts'
import {auditedFindings, cureText} from './findings.ts'
import type {AuditedFinding} from './findings.ts'
import {applies} from './words.ts'
import {visible} from '../../visible.ts'

/**
 * SARIF 2.1.0: a result per finding on the agent's line of the inventory, accepted ones suppressed; what could not be
 * judged is a notification of the run, for a result would claim a violation.
 */
export const sarif: Pick<Format, 'audit'> = {
  audit: collecting((report, context) => {
    const findings = auditedFindings([...report.agents.flatMap((audit) => audit.findings), ...report.unclaimed])
    const unjudged = [...report.agents.flatMap((audit) => audit.unjudged), ...report.unjudged]
    const rules = rulesNamed(context.rules, findings)
    const index = new Map(rules.map(({id}, position) => [id, position]))
    return sarifLog({
      tool: context.tool,
      rules,
      id: automationId(report),
      base: 'The directory that the inventory is checked in under.',
      invocation: {
        executionSuccessful: unjudged.length === 0,
        exitCode: report.summary.exit,
        startTimeUtc: report.startedAt,
        endTimeUtc: report.finishedAt,
        ruleConfigurationOverrides: rules.flatMap((rule, position) =>
          applies(rule, report.sources)
            ? []
            : [{descriptor: {id: rule.id, index: position}, configuration: {enabled: false}}],
        ),
        properties: {gitea: giteaShape(report.gitea)},
        toolExecutionNotifications: unjudged.map((each) => notification(each, index)),
      },
      results: findings.map((finding) => result(finding, index.get(finding.rule)!, report, context)),
    })
  }),
}

/** Keeps the results of one shard from replacing those of another in a viewer. */
function automationId({shard}: AuditReport): string {
  return shard ? `patrol-audit/shard-${shard.index}-of-${shard.count}/` : 'patrol-audit/'
}

function notification({agent, rule, reason}: Unjudged, index: ReadonlyMap<string, number>): object {
  const position = index.get(rule)
  return {
    level: 'warning',
    message: {text: plain(`Could not be judged${agent ? ` for ${agent}` : ''}: ${reason}`)},
    ...(position !== undefined && {associatedRule: {id: rule, index: position}}),
    properties: {agent, rule},
  }
}

function result(finding: AuditedFinding, ruleIndex: number, report: AuditReport, context: FormatContext): object {
  const {rule, severity, agent, message, subject, fix, note, ref, fingerprint, anchor, evidence} = finding
  const {file, line, column} = anchor ?? {file: report.inventory.file, line: 1, column: 1}
  return {
    ruleId: rule,
    ruleIndex,
    level: SARIF_LEVEL[severity],
    message: {text: plain(`${agent}: ${message} ${cureText(finding)}`)},
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(file, context.root),
          region: {startLine: line, startColumn: column},
        },
        logicalLocations: [{name: visible(agent), kind: 'resource'}],
      },
    ],
    partialFingerprints: fingerprints(fingerprint),
    suppressions: suppressions(finding),
    properties: {
      agent,
      severity,
      standing: finding.standing,
      ...(fix !== undefined && {fix}),
      ...(note !== undefined && {note}),
      ref,
      ...(subject.scope !== undefined && {scope: subject.scope}),
      ...(subject.repository !== undefined && {repository: subject.repository}),
      ...(subject.token && {tokenLastEight: subject.token.lastEight}),
      ...(evidence && {evidence: `${evidence.method} ${evidence.path} ${evidence.status}: ${evidence.reason}`}),
    },
  }
}

/** An acceptance that ran out is a rejected one: viewers show the result again. */
function suppressions({standing, because}: AuditedFinding): object[] {
  if (standing === 'open') return []
  const status = standing === 'expired' ? 'rejected' : 'accepted'
  return [{kind: 'external', status, justification: visible(because)}]
}
