import {SEVERITIES} from '../../fleet/types.ts'
import {exposition, family, plain, tally} from '../formats/metrics.ts'
import type {LintFormat} from './format.ts'

/** OpenMetrics text: how many findings of which rule and severity. Labels carry no file's name. */
export const openmetrics: LintFormat = ({files, summary}, {tool}) => {
  const open = files.flatMap(({findings}) => findings)
  return exposition([
    family('patrol_tool', 'The patrol that linted.', [{labels: {version: tool.version}, value: 1}]),
    family('patrol_lint_files', 'Files linted.', [plain(summary.files)]),
    family(
      'patrol_lint_findings',
      'Findings that count, by severity.',
      SEVERITIES.map((severity) => ({labels: {severity}, value: summary.findings[severity]})),
    ),
    family('patrol_lint_suppressed', 'Findings that a comment with a reason suppresses.', [plain(summary.suppressed)]),
    family('patrol_lint_fixed', 'Findings that this run mended.', [plain(summary.fixed)]),
    family('patrol_lint_unread', 'Parts that could not be read.', [plain(summary.unread)]),
    family('patrol_lint_exit_code', 'Exit code: 0 clean, 3 findings, 5 not all read.', [plain(summary.exit)]),
    family(
      'patrol_lint_finding',
      'Findings that count, by rule and severity.',
      tally(open.map(({rule, severity}) => ({rule, severity}))),
    ),
  ])
}
