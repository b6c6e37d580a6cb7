import {pathToFileURL} from 'node:url'
import {resolve} from 'node:path'
import type {Anchor, AuditReport, Finding, Severity, Unjudged} from '../../fleet/types.ts'
import {collecting} from './collect.ts'
import type {Format, FormatContext, RuleText} from './format.ts'
import {acceptanceOf, applies, pathWithin, standing} from './words.ts'
import {visible, visibleJson} from './visible.ts'

const BASE = '%SRCROOT%'
const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
}
/** What GitHub's code scanning sorts by; the middle of each of its bands. */
const SCORE: Readonly<Record<Severity, string>> = {critical: '9.5', high: '8.0', medium: '5.5', low: '2.0'}

/**
 * SARIF 2.1.0: a result per finding on the agent's line of the inventory, accepted ones suppressed; what could not be
 * judged is a notification of the run, for a result would claim a violation.
 */
export const format: Format = collecting('sarif', (report, context) => {
  const rules = rulesOf(report, context.rules)
  const index = new Map(rules.map(({id}, position) => [id, position]))
  const findings = [...report.agents.flatMap((audit) => audit.findings), ...report.unclaimed]
  const unjudged = [...report.agents.flatMap((audit) => audit.unjudged), ...report.unjudged]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name: context.tool.name, version: context.tool.version, rules: rules.map(descriptor)}},
        automationDetails: {id: automationId(report)},
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: {[BASE]: {description: {text: 'The directory that the inventory is checked in under.'}}},
        invocations: [
          {
            executionSuccessful: unjudged.length === 0,
            exitCode: report.summary.exit,
            startTimeUtc: report.startedAt,
            endTimeUtc: report.finishedAt,
            ruleConfigurationOverrides: rules.flatMap((rule, position) =>
              applies(rule, report.sources)
                ? []
                : [{descriptor: {id: rule.id, index: position}, configuration: {enabled: false}}],
            ),
            toolExecutionNotifications: unjudged.map((each) => notification(each, index)),
          },
        ],
        results: findings.map((finding) => result(finding, index.get(finding.rule)!, report, context)),
      },
    ],
  }
  return `${visibleJson(log, 2)}\n`
})

/** The table of rules, with a bare entry for a rule that a finding names and the table lacks. */
function rulesOf(report: AuditReport, table: readonly RuleText[]): RuleText[] {
  const known = new Map(table.map((rule) => [rule.id, rule]))
  for (const {rule, severity, ref} of [...report.agents.flatMap((audit) => audit.findings), ...report.unclaimed]) {
    if (!known.has(rule)) known.set(rule, {id: rule, severity, title: rule, explains: rule, ref})
  }
  return [...known.values()]
}

function descriptor({id, severity, title, explains, ref}: RuleText): object {
  return {
    id,
    shortDescription: {text: title},
    fullDescription: {text: explains},
    help: {text: `${explains} See ${ref}.`},
    defaultConfiguration: {level: LEVEL[severity]},
    properties: {severity, 'security-severity': SCORE[severity], tags: ['security', 'token']},
  }
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

function result(finding: Finding, ruleIndex: number, report: AuditReport, context: FormatContext): object {
  const {rule, severity, agent, message, subject, fix, ref, fingerprint, anchor, evidence} = finding
  return {
    ruleId: rule,
    ruleIndex,
    level: LEVEL[severity],
    message: {text: plain(`${agent}: ${message} Fix: ${fix}`)},
    locations: [
      {
        physicalLocation: location(anchor ?? {file: report.inventory.file, line: 1, column: 1}, context.root),
        logicalLocations: [{name: visible(agent), kind: 'resource'}],
      },
    ],
    // GitHub tells alerts apart by the first name only, and would else hash the line, which an agent's findings share.
    partialFingerprints: {primaryLocationLineHash: `${fingerprint}:1`, 'patrolFinding/v1': fingerprint},
    suppressions: suppressions(finding),
    properties: {
      agent,
      severity,
      standing: standing(finding),
      fix,
      ref,
      ...(subject.scope !== undefined && {scope: subject.scope}),
      ...(subject.token && {tokenLastEight: subject.token.lastEight}),
      ...(evidence && {evidence: `${evidence.method} ${evidence.path} ${evidence.status}: ${evidence.reason}`}),
    },
  }
}

function location(anchor: Anchor, root: string): object {
  const path = pathWithin(root, anchor.file)
  const artifactLocation =
    path === undefined
      ? {uri: pathToFileURL(resolve(root, anchor.file)).href}
      : {uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: BASE}
  return {artifactLocation, region: {startLine: anchor.line, startColumn: anchor.column}}
}

/** An acceptance that ran out is a rejected one: viewers show the result again. */
function suppressions(finding: Finding): object[] {
  if (!finding.accepted) return []
  const status = finding.accepted.expired ? 'rejected' : 'accepted'
  return [{kind: 'external', status, justification: visible(acceptanceOf(finding))}]
}

/** Plain text by SARIF 3.11: a name such as `[x](http://y)` must not become a link. */
function plain(text: string): string {
  const clean = visible(text)
  return clean.includes('](') ? clean.replaceAll(/[[\]]/g, String.raw`\$&`) : clean
}
