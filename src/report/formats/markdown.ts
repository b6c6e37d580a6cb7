import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, AuditReport, AuditFinding, Summary, Unjudged} from '../../fleet/types.ts'
import type {LintedFile} from '../../lint/types.ts'
import {serverLine} from '../forge.ts'
import {collecting} from './format.ts'
import type {ReportFormat} from './format.ts'
import {auditedFindings, CommonCures, curesOf, lintedFindings, sentenceOf, worstFirst} from './findings.ts'
import type {ReportedFinding} from './findings.ts'
import {code, md, table, withinLimit} from './markdown-text.ts'
import {marked} from './rows.ts'
import {
  confinedTo,
  count,
  deployedToken,
  lintLines,
  lintVerdict,
  openOf,
  placeOf,
  signOf,
  sourceLines,
  summaryLines,
  verdictLine,
} from './words.ts'

/** GitHub-flavoured Markdown: the summary first, then a section per agent or file with something to say. */
export const markdown: ReportFormat = {
  audit: collecting((report, {rules, exit}) => {
    const {gitea, summary, failOn, sources, unclaimed, unjudged} = report
    const head = [
      `## ${signOf(summary)} patrol audit`,
      '',
      `**${verdictLine(summary, failOn, exit)}** ${summaryLines(summary).join(' ')}`,
      '',
      counts({
        agents: summary.agents,
        ok: summary.ok,
        'judged with findings': summary.withFindings,
        'not fully judged': summary.unknown,
        ...graded(summary),
        accepted: summary.accepted,
        expired: summary.expired,
      }),
      '',
      [md(serverLine(gitea)), ...sourceLines(sources, rules)].join(' '),
      ...atOnce(report),
    ]
    const sections = [
      ...report.agents.filter((audit) => audit.findings.length + audit.unjudged.length > 0).map(agentSection),
      ...(unclaimed.length + unjudged.length > 0 ? [nobodys(report)] : []),
    ]
    return `${head.join('\n')}\n${withinLimit(sections)}`
  }),
  lint(report) {
    const {files, suppressed, fixed, unread} = report.summary
    const head = [
      `## ${signOf(report.summary)} patrol lint`,
      '',
      `**${lintVerdict(report)}** ${lintLines(report).join(' ')}`,
      '',
      counts({files, ...graded(report.summary), suppressed, mended: fixed, unread}),
    ]
    const sections = report.files
      .filter((file) => file.findings.length + file.suppressed.length + file.unread.length + file.fixed > 0)
      .map(fileSection)
    return `${head.join('\n')}\n${withinLimit(sections)}`
  },
}

/** What mends several agents by one command. */
function atOnce({agents}: AuditReport): string[] {
  const common = new CommonCures()
  for (const {findings} of agents) common.add(auditedFindings(findings))
  const commands = common.commands.map((command) => [code(command)])
  return commands.length > 0 ? ['', table(['several at once'], commands)] : []
}

function agentSection(audit: AgentAudit): string {
  const {agent, profile, user, workspace, workspaceStatus, liveness} = audit
  const facts = `profile ${md(profile)} · user ${md(user)} · workspace ${md(workspace)}${
    workspaceStatus ? ` (${md(workspaceStatus)})` : ''
  } · token ${deployedToken(audit)} (${[liveness, ...confinedTo(audit).map(md)].join(', ')})`
  return [`### ${md(agent)}`, '', facts, '', ...rows(audit.findings, audit.unjudged)].join('\n')
}

function nobodys({unclaimed, unjudged}: AuditReport): string {
  const named = unclaimed.map((finding) => ({...finding, message: `${finding.agent}: ${finding.message}`}))
  return [
    ...(named.length > 0 ? ['### Claimed by no agent', '', ...rows(named, [])] : []),
    ...(unjudged.length > 0 ? ['### The whole fleet', '', ...rows([], unjudged)] : []),
  ].join('\n')
}

function rows(audited: readonly AuditFinding[], unjudged: readonly Unjudged[]): string[] {
  const findings = auditedFindings(audited)
  const found = worstFirst(findings).map((finding) => [
    marked(finding),
    link(finding),
    md(sentenceOf(finding)),
    code(finding.fingerprint),
  ])
  const open = openOf(unjudged).map(({rules, reason}) => ['? unknown', md(rules), md(reason), ''])
  const cures = curesOf(findings).map(({fix, note = ''}) => [fix === undefined ? 'by hand' : code(fix), md(note)])
  return [
    ...[table(['', 'rule', 'what', 'fingerprint'], [...found, ...open]), ''],
    ...(cures.length > 0 ? [table(['type next', ''], cures), ''] : []),
  ]
}

function fileSection(linted: LintedFile): string {
  const {file, fixed, unread} = linted
  const open = unread.map(({reason, at}) => ['? unread', placeOf(at), '', md(reason), '', ''])
  const found = lintedFindings(linted).map((finding) => [
    marked(finding),
    placeOf(finding.at),
    link(finding),
    md(sentenceOf(finding)),
    md(finding.fix),
    code(finding.fingerprint),
  ])
  const body = [...open, ...found]
  return [
    ...[`### ${md(file)}`, ''],
    ...(fixed > 0 ? [`${count(fixed, 'finding')} mended.`, ''] : []),
    ...(body.length > 0 ? [table(['', 'place', 'rule', 'what', 'fix', 'fingerprint'], body), ''] : []),
  ].join('\n')
}

function link({rule, ref}: ReportedFinding): string {
  return `${md(rule)} (${md(`patrol help ${ref}`)})`
}

/** The summary as a table of one row. */
function counts(columns: Readonly<Record<string, number>>): string {
  return table(Object.keys(columns), [Object.values(columns).map(String)])
}

function graded({findings}: Pick<Summary, 'findings'>): Record<string, number> {
  return Object.fromEntries(SEVERITIES.map((severity) => [severity, findings[severity]]))
}
