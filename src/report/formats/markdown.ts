import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, AuditReport, Finding, Unjudged} from '../../fleet/types.ts'
import {serverLine} from '../forge.ts'
import {collecting} from './format.ts'
import type {Format} from './format.ts'
import {auditedFindings, CommonCures, curesOf, worstFirst} from './findings.ts'
import type {AuditedFinding} from './findings.ts'
import {code, md, table, withinLimit} from './markdown-text.ts'
import {marked} from './rows.ts'
import {confinedTo, deployedToken, openOf, signOf, sourceLines, summaryLines, verdictLine} from './words.ts'

/** GitHub-flavoured Markdown: the summary first, then a section per agent with something to say. */
export const markdown: Pick<Format, 'audit'> = {
  audit: collecting((report, {rules, exit}) => {
    const {gitea, summary, failOn, sources, unclaimed, unjudged} = report
    const head = [
      `## ${signOf(summary)} patrol audit`,
      '',
      `**${verdictLine(summary, failOn, exit)}** ${summaryLines(summary).join(' ')}`,
      '',
      table(
        ['agents', 'ok', 'judged with findings', 'not fully judged', ...SEVERITIES, 'accepted', 'expired'],
        [
          [
            summary.agents,
            summary.ok,
            summary.withFindings,
            summary.unknown,
            ...SEVERITIES.map((severity) => summary.findings[severity]),
            summary.accepted,
            summary.expired,
          ].map(String),
        ],
      ),
      '',
      [md(serverLine(gitea)), ...sourceLines(sources, rules)].join(' '),
      ...atOnce(report),
    ]
    const sections = [
      ...report.agents.filter((audit) => audit.findings.length + audit.unjudged.length > 0).map(section),
      ...(unclaimed.length + unjudged.length > 0 ? [nobodys(report)] : []),
    ]
    return `${head.join('\n')}\n${withinLimit(sections)}`
  }),
}

/** What mends several agents by one command. */
function atOnce({agents}: AuditReport): string[] {
  const common = new CommonCures()
  for (const {findings} of agents) common.add(auditedFindings(findings))
  const commands = common.commands.map((command) => [code(command)])
  return commands.length > 0 ? ['', table(['several at once'], commands)] : []
}

function section(audit: AgentAudit): string {
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

function rows(audited: readonly Finding[], unjudged: readonly Unjudged[]): string[] {
  const findings = auditedFindings(audited)
  const found = worstFirst(findings).map((finding) => [
    mark(finding),
    link(finding),
    md([finding.message, ...(finding.because ? [`(${finding.because})`] : [])].join(' ')),
    code(finding.fingerprint),
  ])
  const open = openOf(unjudged).map(({rules, reason}) => ['? unknown', md(rules), md(reason), ''])
  const cures = curesOf(findings)
  return [
    table(['', 'rule', 'what', 'fingerprint'], [...found, ...open]),
    '',
    ...(cures.length > 0
      ? [
          table(
            ['type next', ''],
            cures.map(({fix, note = ''}) => [fix === undefined ? 'by hand' : code(fix), md(note)]),
          ),
          '',
        ]
      : []),
  ]
}

function mark({standing, severity}: AuditedFinding): string {
  return standing === 'accepted' ? '~ accepted' : marked(severity)
}

function link({rule, ref}: AuditedFinding): string {
  return `${md(rule)} (${md(`patrol help ${ref}`)})`
}
