import {SEVERITIES} from '../../fleet/types.ts'
import type {LintedFile} from '../../lint/types.ts'
import {code, md, table, withinLimit} from '../formats/markdown-text.ts'
import {marked} from '../formats/rows.ts'
import {count, lintLines, signOf, lintVerdict, placeOf} from '../formats/words.ts'
import type {LintFormat} from './format.ts'
import {foundIn} from './words.ts'

/** GitHub-flavoured Markdown: the summary first, then a section per file with something to say. */
export const markdown: LintFormat = (report) => {
  const {files, findings, suppressed, fixed, unread} = report.summary
  const head = [
    `## ${signOf(report.summary)} patrol lint`,
    '',
    `**${lintVerdict(report)}** ${lintLines(report).join(' ')}`,
    '',
    table(
      ['files', ...SEVERITIES, 'suppressed', 'mended', 'unread'],
      [[files, ...SEVERITIES.map((severity) => findings[severity]), suppressed, fixed, unread].map(String)],
    ),
  ]
  const sections = report.files
    .filter((file) => file.findings.length + file.suppressed.length + file.unread.length + file.fixed > 0)
    .map(section)
  return `${head.join('\n')}\n${withinLimit(sections)}`
}

function section(linted: LintedFile): string {
  const {file, fixed, unread} = linted
  const found = foundIn(linted).map(({finding, reason}) => [
    reason === undefined ? marked(finding.severity) : '~ suppressed',
    placeOf(finding.at),
    `${md(finding.rule)} (${md(`patrol help ${finding.ref}`)})`,
    md(reason === undefined ? finding.message : `${finding.message} (suppressed: ${reason})`),
    md(finding.fix),
    code(finding.fingerprint),
  ])
  const open = unread.map(({reason, at}) => ['? unread', placeOf(at), '', md(reason), '', ''])
  return [
    `### ${md(file)}`,
    '',
    ...(fixed > 0 ? [`${count(fixed, 'finding')} mended.`, ''] : []),
    ...(found.length + open.length > 0
      ? [table(['', 'place', 'rule', 'what', 'fix', 'fingerprint'], [...open, ...found]), '']
      : []),
  ].join('\n')
}
