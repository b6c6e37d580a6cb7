import {resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {AuditReport, Severity, Unjudged} from '../../fleet/types.ts'
import type {Edit, LintFinding} from '../../lint/types.ts'
import {visible, visibleJson} from '../../visible.ts'
import {giteaShape} from '../forge.ts'
import {auditedFindings, cureText, lintedFindings} from './findings.ts'
import type {AuditedFinding, ReportedFinding} from './findings.ts'
import {collecting} from './format.ts'
import type {ReportFormat, FormatContext, LintContext, RuleText} from './format.ts'
import {applies, pathWithin, wholePath} from './words.ts'

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
 * SARIF 2.1.0: a result per finding, on the agent's line of the inventory or at its place in a file, accepted and
 * suppressed ones as such; what could not be judged is a notification of the run, for a result would claim a violation.
 */
export const sarif: ReportFormat = {
  audit: collecting((report, context) => {
    const findings = auditedFindings([...report.agents.flatMap((audit) => audit.findings), ...report.unclaimed])
    const unjudged = [...report.agents.flatMap((audit) => audit.unjudged), ...report.unjudged]
    const rules = rulesNamed(context.rules, findings)
    return sarifLog(context.tool, {
      rules,
      id: automationId(report),
      base: 'The directory that the inventory is checked in under.',
      invocation: {
        executionSuccessful: unjudged.length === 0,
        exitCode: report.summary.exit,
        startTimeUtc: report.startedAt,
        endTimeUtc: report.finishedAt,
        ruleConfigurationOverrides: rules.flatMap((rule, index) =>
          applies(rule, report.sources) ? [] : [{descriptor: {id: rule.id, index}, configuration: {enabled: false}}],
        ),
        properties: {gitea: giteaShape(report.gitea)},
        toolExecutionNotifications: unjudged.map((each) => notification(each, rules)),
      },
      findings,
      result: (finding) => auditResult(finding, report, context),
    })
  }),
  lint(report, context) {
    const findings = report.files.flatMap(lintedFindings)
    const unread = report.files.flatMap(({file, unread: parts}) => parts.map((part) => ({file, ...part})))
    return sarifLog(context.tool, {
      rules: rulesNamed(context.rules, findings),
      id: 'patrol-lint/',
      base: 'The checkout that the files are in.',
      invocation: {
        executionSuccessful: unread.length === 0,
        exitCode: report.summary.exit,
        toolExecutionNotifications: unread.map(({file, reason, at}) => ({
          level: 'warning',
          message: {text: plain(`Could not be read: ${reason}`)},
          locations: [location(file, at, context)],
        })),
      },
      findings,
      result: (finding) => ({
        text: `${finding.message} Fix: ${finding.fix}`,
        location: location(finding.file, finding.at, context),
        suppressed: {kind: 'inSource', why: finding.reason},
        ...(finding.edit && {fixes: [replacement(finding, finding.edit, context)]}),
        properties: {severity: finding.severity, fix: finding.fix, ref: finding.ref},
      }),
    })
  },
}

/** Keeps the results of one shard from replacing those of another in a viewer. */
function automationId({shard}: AuditReport): string {
  return shard ? `patrol-audit/shard-${shard.index}-of-${shard.count}/` : 'patrol-audit/'
}

function notification({agent, rule, reason}: Unjudged, rules: readonly RuleText[]): object {
  const index = rules.findIndex(({id}) => id === rule)
  return {
    level: 'warning',
    message: {text: plain(`Could not be judged${agent ? ` for ${agent}` : ''}: ${reason}`)},
    ...(index >= 0 && {associatedRule: {id: rule, index}}),
    properties: {agent, rule},
  }
}

function auditResult(finding: AuditedFinding, report: AuditReport, {root}: FormatContext): SarifResult {
  const {severity, agent, message, subject, fix, note, ref, anchor, evidence, standing, because} = finding
  const {file, line, column} = anchor ?? {file: report.inventory.file, line: 1, column: 1}
  return {
    text: `${agent}: ${message} ${cureText(finding)}`,
    location: {
      physicalLocation: {artifactLocation: artifact(file, root), region: {startLine: line, startColumn: column}},
      logicalLocations: [{name: visible(agent), kind: 'resource'}],
    },
    suppressed: {kind: 'external', why: because},
    properties: {
      agent,
      severity,
      standing,
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

function location(file: string, at: LintFinding['at'] | undefined, context: LintContext): object {
  const artifactLocation = artifact(wholePath(file, context), context.root)
  return {physicalLocation: {artifactLocation, ...(at && {region: region(at)})}}
}

function region({start, end}: LintFinding['at']): object {
  return {startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column}
}

function replacement({file, fix, at}: LintFinding, {from, to, text}: Edit, context: LintContext): object {
  const lines = from === at.from && to === at.to ? region(at) : {}
  return {
    description: {text: plain(fix)},
    artifactChanges: [
      {
        artifactLocation: artifact(wholePath(file, context), context.root),
        replacements: [{deletedRegion: {...lines, charOffset: from, charLength: to - from}, insertedContent: {text}}],
      },
    ],
  }
}

/** What a result says besides what every finding has. */
interface SarifResult {
  text: string
  location: object
  /** How and why it is suppressed, where it is. */
  suppressed: {kind: 'external' | 'inSource'; why: string}
  fixes?: readonly object[]
  properties: object
}

interface SarifRun<Found extends ReportedFinding> {
  rules: readonly RuleText[]
  /** Keeps the results of one run from replacing those of another in a viewer. */
  id: string
  /** What paths are relative to, in words. */
  base: string
  invocation: object
  findings: readonly Found[]
  result: (finding: Found) => SarifResult
}

function sarifLog<Found extends ReportedFinding>({name, version}: FormatContext['tool'], run: SarifRun<Found>): string {
  const index = new Map(run.rules.map(({id}, position) => [id, position]))
  const seen = new Map<string, number>()
  const results = run.findings.map((finding) => {
    const {rule, severity, fingerprint, standing} = finding
    const {text, location: at, suppressed, fixes, properties} = run.result(finding)
    const nth = (seen.get(fingerprint) ?? 0) + 1
    seen.set(fingerprint, nth)
    // An acceptance that ran out is a rejected one: viewers show the result again.
    const status = standing === 'expired' ? 'rejected' : 'accepted'
    return {
      ruleId: rule,
      ruleIndex: index.get(rule),
      level: LEVEL[severity],
      message: {text: plain(text)},
      locations: [at],
      // GitHub tells alerts apart by the first name only, and would else hash the line, which several findings may share.
      partialFingerprints: {primaryLocationLineHash: `${fingerprint}:${nth}`, 'patrolFinding/v1': fingerprint},
      suppressions:
        standing === 'open' ? [] : [{kind: suppressed.kind, status, justification: visible(suppressed.why)}],
      ...(fixes && {fixes}),
      properties,
    }
  })
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name, version, rules: run.rules.map(descriptor)}},
        automationDetails: {id: run.id},
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: {[BASE]: {description: {text: run.base}}},
        invocations: [run.invocation],
        results,
      },
    ],
  }
  return `${visibleJson(log, 2)}\n`
}

/** The table of rules, with a bare entry for a rule that a finding names and the table lacks. */
function rulesNamed(table: readonly RuleText[], findings: readonly ReportedFinding[]): RuleText[] {
  const known = new Map(table.map((rule) => [rule.id, rule]))
  for (const {rule, severity, ref} of findings) {
    if (!known.has(rule)) known.set(rule, {id: rule, severity, title: rule, explains: rule, ref})
  }
  return [...known.values()]
}

function descriptor({id, severity, title, explains, ref}: RuleText): object {
  return {
    id,
    shortDescription: {text: title},
    fullDescription: {text: explains},
    help: {text: `${explains} Read: patrol help ${ref}`},
    defaultConfiguration: {level: LEVEL[severity]},
    properties: {severity, 'security-severity': SCORE[severity], tags: ['security', 'token']},
  }
}

/** A file as SARIF names it: relative to the checkout, or whole where it lies outside. */
function artifact(file: string, root: string): object {
  // Half a surrogate pair cannot stand in an address.
  const whole = file.toWellFormed()
  const path = pathWithin(root, whole)
  return path === undefined
    ? {uri: pathToFileURL(resolve(root, whole)).href}
    : {uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: BASE}
}

/** Plain text by SARIF 3.11: a name such as `[x](http://y)` must not become a link. */
function plain(text: string): string {
  const clean = visible(text)
  return clean.includes('](') ? clean.replaceAll(/[[\]]/g, String.raw`\$&`) : clean
}
