import {EXIT} from '../../errors.ts'
import type {LintedFile, LintReport} from '../../lint/types.ts'
import {envelope} from '../formats/envelope.ts'
import type {EnvelopeParts} from '../formats/envelope.ts'
import type {Json} from '../formats/shape.ts'
import {visibleJson} from '../../visible.ts'
import type {LintFormat} from './format.ts'
import {foundIn} from './words.ts'
import type {Found} from './words.ts'

type Shape = {readonly [key: string]: Json}

/** What a lint run puts into the envelope of `--json` and of `--report json`, which are one document. */
export function lintParts(report: LintReport): EnvelopeParts {
  return {
    result: {
      failOn: report.failOn,
      summary: summaryShape(report),
      files: report.files.map((each) => ({
        ...fileShape(each),
        findings: each.findings.map(({fingerprint}) => fingerprint),
      })),
    },
    findings: report.files.flatMap(foundIn).map(findingShape),
    incomplete: report.files.flatMap(incompleteShapes),
  }
}

/** The envelope of `patrol lint --json` (docs/schemas/lint.schema.json). */
export const json: LintFormat = (report, context) => envelope('lint', lintParts(report), report.summary.exit, context)

/** One line per file, then one `summary` line. */
export const ndjson: LintFormat = (report, {tool, warnings}) => {
  const lines: Shape[] = [
    ...report.files.map((each) => ({
      kind: 'file',
      ...fileShape(each),
      findings: foundIn(each).map(findingShape),
      incomplete: incompleteShapes(each),
    })),
    {
      kind: 'summary',
      schema: 'patrol/lint-lines/1',
      tool: {name: tool.name, version: tool.version},
      failOn: report.failOn,
      summary: summaryShape(report),
      warnings: warnings?.() ?? [],
    },
  ]
  return lines.map((line) => `${visibleJson(line)}\n`).join('')
}

function summaryShape({summary}: LintReport): Shape {
  const {files, findings, suppressed, fixed, unread, exit} = summary
  const {critical, high, medium, low} = findings
  return {files, findings: {critical, high, medium, low}, suppressed, fixed, unread, exit}
}

function fileShape({file, language, fixed}: LintedFile): Shape {
  return {file, language, fixed}
}

function findingShape({finding, reason}: Found): Shape {
  const {rule, severity, file, at, message, fix, edit, ref, fingerprint} = finding
  return {
    rule,
    severity,
    file,
    at: spanShape(at),
    message,
    fix,
    edit: edit ? {from: edit.from, to: edit.to, text: edit.text} : null,
    ref,
    fingerprint,
    suppressed: reason === undefined ? null : {reason},
  }
}

/** The envelope's form of what stayed open (ADR 0001). */
function incompleteShapes({file, unread}: LintedFile): Shape[] {
  return unread.map(({reason, at}) => ({
    file,
    at: at ? spanShape(at) : null,
    code: 'LINT_UNREAD',
    message: reason,
    suggestions: [],
    exit: EXIT.unavailable,
  }))
}

function spanShape({start, end, from, to}: Found['finding']['at']): Shape {
  return {
    start: {line: start.line, column: start.column},
    end: {line: end.line, column: end.column},
    from,
    to,
  }
}
