import {forgeOf} from '../../forge.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import type {AuditReport, Summary} from '../../fleet/types.ts'
import {collecting} from './format.ts'
import type {ReportFormat} from './format.ts'
import {exposition, family, plain, tally} from './metrics.ts'
import type {Sample} from './metrics.ts'
import {auditedFindings, countingFindings} from './findings.ts'

/**
 * OpenMetrics text; gauges only, so that the Prometheus text collector, which predates it, reads it too. Labels carry
 * names, never a token, and of a lint none. Whoever writes the file replaces it whole, so the series of a removed agent end.
 */
export const openmetrics: ReportFormat = {
  audit: collecting((report, {tool}) => {
    const {gitea, summary, agents} = report
    const {name, version} = forgeOf(gitea.version)
    const open = countingFindings(auditedFindings([...agents.flatMap(({findings}) => findings), ...report.unclaimed]))
    const families = [
      family('patrol_tool', 'The patrol that audited.', [{labels: {version: tool.version}, value: 1}]),
      family('patrol_server', 'The server whose tokens were audited, as it calls itself.', [
        {labels: {forge: name, version}, value: 1},
      ]),
      family('patrol_audit_agents', 'Agents audited, by how they stand.', [
        {labels: {state: 'ok'}, value: summary.ok},
        {labels: {state: 'findings'}, value: summary.withFindings},
        {labels: {state: 'unknown'}, value: summary.unknown},
      ]),
      bySeverity('patrol_audit_findings', summary),
      family('patrol_audit_accepted', 'Findings that the baseline accepts.', [plain(summary.accepted)]),
      family('patrol_audit_expired', 'Findings whose acceptance ran out.', [plain(summary.expired)]),
      family('patrol_audit_requests', 'Requests that the audit made.', [plain(summary.requests)]),
      family('patrol_audit_exit_code', 'Exit code: 0 clean, 3 findings, 5 not fully judged.', [plain(summary.exit)]),
      family('patrol_audit_started_seconds', 'When the audit began.', [plain(seconds(report.startedAt))]),
      family('patrol_audit_finished_seconds', 'When the audit ended; alert when it gets old.', [
        plain(seconds(report.finishedAt)),
      ]),
      family(
        'patrol_agent_ok',
        '1: all judged and nothing found that counts; else 0.',
        agents.map(({agent, state}) => ({labels: {agent}, value: state === 'ok' ? 1 : 0})),
      ),
      family(
        'patrol_agent_unknown',
        '1: something about the agent could not be judged.',
        agents.map(({agent, state}) => ({labels: {agent}, value: state === 'unknown' ? 1 : 0})),
      ),
      family(
        'patrol_agent_token_alive',
        'Whether the deployed token works: 1 alive, 0 dead or blocked; no series when unknown.',
        agents
          .filter(({liveness}) => liveness !== 'unknown')
          .map(({agent, liveness}) => ({labels: {agent}, value: liveness === 'alive' ? 1 : 0})),
      ),
      family('patrol_agent_token_created_seconds', 'When the deployed token was made, where known.', created(report)),
      family(
        'patrol_finding',
        'Findings that count, by agent, rule and severity.',
        // An agent and an unclaimed user may share their name.
        tally(open.map(({agent, rule, severity}) => ({agent, rule, severity}))),
      ),
    ]
    return exposition(families)
  }),
  lint({files, summary}, {tool}) {
    const open = files.flatMap(({findings}) => findings)
    return exposition([
      family('patrol_tool', 'The patrol that linted.', [{labels: {version: tool.version}, value: 1}]),
      family('patrol_lint_files', 'Files linted.', [plain(summary.files)]),
      bySeverity('patrol_lint_findings', summary),
      family('patrol_lint_suppressed', 'Findings that a comment with a reason suppresses.', [
        plain(summary.suppressed),
      ]),
      family('patrol_lint_fixed', 'Findings that this run mended.', [plain(summary.fixed)]),
      family('patrol_lint_unread', 'Parts that could not be read.', [plain(summary.unread)]),
      family('patrol_lint_exit_code', 'Exit code: 0 clean, 3 findings, 5 not all read.', [plain(summary.exit)]),
      family(
        'patrol_lint_finding',
        'Findings that count, by rule and severity.',
        tally(open.map(({rule, severity}) => ({rule, severity}))),
      ),
    ])
  },
}

function bySeverity(name: string, {findings}: Pick<Summary, 'findings'>): string {
  const samples = SEVERITIES.map((severity) => ({labels: {severity}, value: findings[severity]}))
  return family(name, 'Findings that count, by severity.', samples)
}

function created({agents}: AuditReport): Sample[] {
  return agents.flatMap(({agent, tokens}) => {
    const createdAt = tokens.find(({deployed}) => deployed)?.createdAt
    return createdAt === undefined ? [] : [{labels: {agent}, value: seconds(createdAt)}]
  })
}

function seconds(time: string): number {
  return Date.parse(time) / 1000
}
