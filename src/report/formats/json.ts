import type {AuditReport} from '../../fleet/types.ts'
import type {LintReport} from '../../lint/types.ts'
import {visibleJson} from '../../visible.ts'
import {lintedFindings} from './findings.ts'
import {collecting} from './format.ts'
import type {ReportFormat, FormatContext} from './format.ts'
import {
  agentShape,
  fileShape,
  findingShape,
  headShape,
  incompleteShape,
  lintFindingShape,
  lintSummaryShape,
  passedShapes,
  rotationShape,
  runShape,
  summaryShape,
  unreadShapes,
} from './shape.ts'
import type {JsonShape} from './shape.ts'

/** What a run that judges puts into the envelope of `--json` and of `--report json`, which are one document. */
interface EnvelopeParts {
  result: JsonShape
  /** All of them, those that do not count too: each says so. */
  findings: JsonShape[]
  incomplete: JsonShape[]
}

/** What an audit puts into it. */
export function auditParts(report: AuditReport): EnvelopeParts {
  const agents = report.agents
  return {
    result: {
      ...headShape(report),
      runs: report.runs.map(runShape),
      summary: summaryShape(report.summary),
      agents: agents.map((audit) => ({
        ...agentShape(audit),
        findings: audit.findings.map(({fingerprint}) => fingerprint),
      })),
      unclaimed: report.unclaimed.map(({fingerprint}) => fingerprint),
      rotations: report.rotations.map(rotationShape),
    },
    findings: [...agents.flatMap(({findings}) => findings), ...report.unclaimed].map(findingShape),
    incomplete: [...agents.flatMap(({unjudged}) => unjudged), ...report.unjudged].map(incompleteShape),
  }
}

/** What a lint puts into it. */
export function lintParts(report: LintReport): EnvelopeParts {
  return {
    result: {
      failOn: report.failOn,
      summary: lintSummaryShape(report),
      files: report.files.map((each) => ({
        ...fileShape(each),
        findings: each.findings.map(({fingerprint}) => fingerprint),
      })),
      passed: passedShapes(report),
    },
    findings: report.files.flatMap(lintedFindings).map(lintFindingShape),
    incomplete: report.files.flatMap(unreadShapes),
  }
}

/** The envelope of `patrol audit --json` and `patrol lint --json` (docs/schemas). */
export const json: ReportFormat = {
  audit: collecting((report, context) => envelope('audit', auditParts(report), report.summary.exit, context)),
  lint: (report, context) => envelope('lint', lintParts(report), report.summary.exit, context),
}

/** One line per agent as it is judged, or per file, then one `summary` line; nothing is kept in between. */
export const ndjson: ReportFormat = {
  audit: (head, context) => ({
    start: '',
    agent: (audit) =>
      line({
        kind: 'agent',
        ...agentShape(audit),
        findings: audit.findings.map(findingShape),
        incomplete: audit.unjudged.map(incompleteShape),
      }),
    end: (tail) =>
      lastLine('patrol/audit-lines/1', context, {
        ...headShape(head),
        runs: tail.runs.map(runShape),
        summary: summaryShape(tail.summary),
        findings: tail.unclaimed.map(findingShape),
        incomplete: tail.unjudged.map(incompleteShape),
      }),
  }),
  lint(report, context) {
    const files = report.files.map((each) =>
      line({
        kind: 'file',
        ...fileShape(each),
        findings: lintedFindings(each).map(lintFindingShape),
        incomplete: unreadShapes(each),
      }),
    )
    const {failOn} = report
    return `${files.join('')}${lastLine('patrol/lint-lines/1', context, {failOn, summary: lintSummaryShape(report), passed: passedShapes(report)})}`
  },
}

/** `judged` is the exit before `--exit-zero`. */
function envelope(command: string, parts: EnvelopeParts, judged: number, context: FormatContext): string {
  const {tool, warnings, exit = (same) => same} = context
  const document = {
    schema: 'patrol/envelope/1',
    tool: {name: tool.name, version: tool.version},
    command,
    status: exit(judged),
    ...parts,
    warnings: warnings?.() ?? [],
  }
  return `${visibleJson(document, 2)}\n`
}

function lastLine(schema: string, {tool, warnings}: FormatContext, parts: JsonShape): string {
  const {name, version} = tool
  return line({kind: 'summary', schema, tool: {name, version}, ...parts, warnings: warnings?.() ?? []})
}

function line(value: JsonShape): string {
  return `${visibleJson(value)}\n`
}
