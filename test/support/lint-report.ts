import type {LintedFile, LintFinding, LintReport} from '../../src/lint/types.ts'
import type {RuleText} from '../../src/report/formats/format.ts'
import {formats} from '../../src/report/formats/index.ts'
import type {LintContext, LintFormatName} from '../../src/report/formats/index.ts'

/** A rule table of its own, so that a change of the real one changes no expectation here. */
const rule = (id: string, severity: RuleText['severity']): RuleText => ({
  id,
  severity,
  title: `about ${id}`,
  explains: `Why ${id} matters.`,
  ref: id,
})
export const LINT_RULE_TEXTS: readonly RuleText[] = [
  rule('secret-in-file', 'critical'),
  rule('scope-unknown', 'high'),
  rule('write-unchecked', 'medium'),
  rule('status-hidden', 'low'),
  rule('route-unknown', 'high'),
]

/** Every kind of thing a lint report can show, once: the counts in `summary` are made by hand. */
export function richLint(): LintReport {
  return {
    failOn: 'low',
    passed: [{kind: '.py', reason: 'in no language that is linted', files: ['a.py', 'b.py', 'c.py']}],
    files: [
      linted('clean.sh', 'shell'),
      linted('scripts/mint.sh', 'shell', {
        findings: [
          finding('scripts/mint.sh', 'scope-unknown', [3, 12], 'There is no scope "write:pull"', {
            fix: 'write:repository',
            edit: {from: 312, to: 322, text: 'write:repository'},
          }),
          finding('scripts/mint.sh', 'write-unchecked', [9, 1], 'curl exits 0 on 400 and 500', {
            fix: 'curl --fail-with-body',
            edit: {from: 905, to: 905, text: ' --fail-with-body'},
          }),
          finding('scripts/mint.sh', 'write-unchecked', [12, 1], 'curl exits 0 on 400 and 500', {
            fix: 'curl --fail-with-body',
            fingerprint: fingerprintOf('write-unchecked', 9),
          }),
        ],
        suppressed: [
          {
            finding: finding('scripts/mint.sh', 'status-hidden', [5, 1], 'a 403 looks like null'),
            reason: 'the next line checks',
          },
        ],
      }),
      linted('docs/runbook.md', 'markdown', {
        findings: [
          finding('docs/runbook.md', 'secret-in-file', [40, 7], 'a token stands in the file'),
          finding('docs/runbook.md', 'status-hidden', [41, 2], 'a 403 looks like null'),
        ],
        fixed: 2,
      }),
      linted('broken.tf', 'hcl', {
        unread: [
          {reason: 'this block has no end', at: spanOf(7, 1)},
          {reason: 'it is no UTF-8', at: undefined},
        ],
      }),
      linted('mended.sh', 'shell', {fixed: 1}),
    ],
    summary: {
      files: 5,
      findings: {critical: 1, high: 1, medium: 2, low: 1},
      suppressed: 1,
      fixed: 3,
      unread: 2,
      passed: 3,
      exit: 5,
    },
  }
}

/** A run without anything to say. */
export function cleanLint(): LintReport {
  return {
    failOn: 'low',
    passed: [],
    files: [linted('clean.sh', 'shell')],
    summary: {
      files: 1,
      findings: {critical: 0, high: 0, medium: 0, low: 0},
      suppressed: 0,
      fixed: 0,
      unread: 0,
      passed: 0,
      exit: 0,
    },
  }
}

/** The same report with this text in every place that somebody else may have written. */
export function hostileLint(text: string): LintReport {
  const report = richLint()
  const name = (file: string, index: number): string => (index === 1 ? text : `${index}${text}${file}`)
  const spoilt = (each: LintFinding, file: string): LintFinding => ({
    ...each,
    file,
    message: `about ${text}`,
    fix: `write '${text}'`,
    edit: each.edit && {...each.edit, text},
  })
  return {
    ...report,
    passed: report.passed.map((each) => ({...each, files: [text]})),
    files: report.files.map((each, index) => {
      const file = name(each.file, index)
      return {
        ...each,
        file,
        findings: each.findings.map((found) => spoilt(found, file)),
        suppressed: each.suppressed.map((found) => ({finding: spoilt(found.finding, file), reason: text})),
        unread: each.unread.map((part) => ({...part, reason: text})),
      }
    }),
  }
}

export const LINT_CONTEXT: LintContext = {
  tool: {name: 'patrol', version: '9.9.9'},
  root: '/srv/repo',
  from: '/srv/repo/ops',
  rules: LINT_RULE_TEXTS,
}

/** The whole text of a report in one format. */
export async function renderLint(name: LintFormatName, report: LintReport, context: Partial<LintContext> = {}) {
  const {lint} = await formats[name]()
  return lint(report, {...LINT_CONTEXT, ...context})
}

/** Told apart by the rule's place in the table and the line. */
export function fingerprintOf(id: string, line: number): string {
  const position = LINT_RULE_TEXTS.findIndex((each) => each.id === id)
  return `${'a'.repeat(17)}${position}${String(line).padStart(2, '0')}`
}

function linted(file: string, language: LintedFile['language'], changes: Partial<LintedFile> = {}): LintedFile {
  return {file, language, findings: [], suppressed: [], fixed: 0, unread: [], ...changes}
}

function finding(
  file: string,
  id: string,
  [line, column]: [number, number],
  message: string,
  changes: Partial<LintFinding> = {},
): LintFinding {
  return {
    rule: id,
    severity: LINT_RULE_TEXTS.find((each) => each.id === id)!.severity,
    file,
    at: spanOf(line, column),
    message,
    fix: `look at ${id}`,
    edit: undefined,
    ref: id,
    fingerprint: fingerprintOf(id, line),
    ...changes,
  }
}

/** Ten characters on one line, each line a hundred long. */
function spanOf(line: number, column: number): LintFinding['at'] {
  const from = line * 100 + column
  return {start: {line, column}, end: {line, column: column + 10}, from, to: from + 10}
}
