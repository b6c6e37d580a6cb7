import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, AuditReport, Finding, Unjudged} from '../../fleet/types.ts'
import {collecting} from './collect.ts'
import type {Format} from './format.ts'
import {
  acceptanceOf,
  count,
  deployedToken,
  fixesOf,
  ruleOf,
  sourceLines,
  standing,
  summaryLines,
  verdictLine,
  worstFirst,
} from './words.ts'
import {visible} from './visible.ts'

/** GitHub drops a step summary above 1 MiB altogether, so the list ends before, and says so. */
const LIMIT = 900 * 1024

/** GitHub-flavoured Markdown: the summary first, then a section per agent with something to say. */
export const format: Format = collecting('markdown', (report, {rules}) => {
  const {summary, failOn, sources, unclaimed, unjudged} = report
  const head = [
    `## ${summary.exit === 0 ? '✓' : summary.exit === 5 ? '?' : '✗'} patrol audit`,
    '',
    `**${verdictLine(summary, failOn)}** ${summaryLines(summary).join(' ')}`,
    '',
    table(
      ['agents', 'ok', 'with findings', 'unknown', ...SEVERITIES, 'accepted', 'expired'],
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
    sourceLines(sources, rules).join(' '),
  ]
  const sections = [
    ...report.agents.filter((audit) => audit.findings.length + audit.unjudged.length > 0).map(section),
    ...(unclaimed.length + unjudged.length > 0 ? [nobodys(report)] : []),
  ]
  return `${head.join('\n')}\n${withinLimit(sections)}`
})

function section(audit: AgentAudit): string {
  const {agent, profile, user, workspace, workspaceStatus, liveness} = audit
  const facts = `profile ${md(profile)} · user ${md(user)} · workspace ${md(workspace)}${
    workspaceStatus ? ` (${md(workspaceStatus)})` : ''
  } · token ${deployedToken(audit)} (${liveness})`
  return [`### ${md(agent)}`, '', facts, '', ...rows(audit.findings, audit.unjudged)].join('\n')
}

function nobodys({unclaimed, unjudged}: AuditReport): string {
  const named = unclaimed.map((finding) => ({...finding, message: `${finding.agent}: ${finding.message}`}))
  return ['### Claimed by no agent', '', ...rows(named, unjudged)].join('\n')
}

function rows(findings: readonly Finding[], unjudged: readonly Unjudged[]): string[] {
  const found = worstFirst(findings).map((finding) => [
    mark(finding),
    link(finding),
    md([finding.message, ...(finding.accepted ? [`(${acceptanceOf(finding)})`] : [])].join(' ')),
    code(finding.fingerprint),
  ])
  const open = unjudged.map((each) => ['? unknown', md(ruleOf(each)), md(each.reason), ''])
  const fixes = fixesOf(findings)
  return [
    table(['', 'rule', 'what', 'fingerprint'], [...found, ...open]),
    '',
    ...(fixes.length > 0
      ? [
          table(
            ['type next'],
            fixes.map((fix) => [code(fix)]),
          ),
          '',
        ]
      : []),
  ]
}

function mark(finding: Finding): string {
  const how = standing(finding)
  if (how === 'accepted') return '~ accepted'
  const sign = finding.severity === 'critical' || finding.severity === 'high' ? '✗' : '!'
  return `${sign} ${finding.severity}`
}

function link({rule, ref}: Finding): string {
  return `${md(rule)} (${md(ref)})`
}

function withinLimit(sections: readonly string[]): string {
  const kept: string[] = []
  let size = 0
  for (const each of sections) {
    size += Buffer.byteLength(each) + 1
    if (size > LIMIT) {
      kept.push(
        `…and ${count(sections.length - kept.length, 'section')} more: too long for one page, see the JSON report.`,
      )
      break
    }
    kept.push(each)
  }
  return kept.map((each) => `\n${each}`).join('')
}

function table(titles: readonly string[], body: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [row(titles), row(titles.map(() => '---')), ...body.map(row)].join('\n')
}

/** Text that Markdown takes for nothing but text: no tag, link, image, mention, table cell or emphasis. */
function md(text: string): string {
  return (
    visible(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_{}[\]#+!|~$]/g, String.raw`\$&`)
      // A word joiner keeps addresses and @names from becoming links.
      .replaceAll(/:(?=\/\/)|\bwww(?=\.)/gi, '$&\u2060')
      .replaceAll(/@(?=\w)/g, '\u2060@\u2060')
  )
}

/** A code span of a table's cell: the fence is longer than any inside, and only `|` needs escaping. */
function code(text: string): string {
  const clean = visible(text).replaceAll('|', String.raw`\|`)
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest > 0 ? `${fence} ${clean} ${fence}` : `${fence}${clean}${fence}`
}
