import type {Edit, LintFinding} from '../../lint/types.ts'
import {artifact, fingerprints, plain, rulesNamed, SARIF_LEVEL, sarifLog} from '../formats/sarif-log.ts'
import {visible} from '../../visible.ts'
import type {LintContext} from '../formats/format.ts'
import {wholePath} from '../formats/words.ts'
import type {LintFormat} from './format.ts'
import {foundIn} from './words.ts'
import type {Found} from './words.ts'

/**
 * SARIF 2.1.0: a result per finding, with its replacement where `--fix` has one; suppressed ones carry the comment's
 * reason. What could not be read is a notification of the run, for a result would claim a violation.
 */
export const sarif: LintFormat = (report, context) => {
  const found = report.files.flatMap(foundIn)
  const rules = rulesNamed(
    context.rules,
    found.map(({finding}) => finding),
  )
  const index = new Map(rules.map(({id}, position) => [id, position]))
  const seen = new Map<string, number>()
  const unread = report.files.flatMap(({file, unread: parts}) => parts.map((part) => ({file, ...part})))
  return sarifLog({
    tool: context.tool,
    rules,
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
    results: found.map((each) => {
      const {rule, fingerprint} = each.finding
      const nth = (seen.get(fingerprint) ?? 0) + 1
      seen.set(fingerprint, nth)
      return result(each, {ruleId: rule, ruleIndex: index.get(rule)!, nth}, context)
    }),
  })
}

function result(
  {finding, reason}: Found,
  {ruleId, ruleIndex, nth}: {ruleId: string; ruleIndex: number; nth: number},
  context: LintContext,
): object {
  const {severity, file, at, message, fix, edit, ref, fingerprint} = finding
  return {
    ruleId,
    ruleIndex,
    level: SARIF_LEVEL[severity],
    message: {text: plain(`${message} Fix: ${fix}`)},
    locations: [location(file, at, context)],
    partialFingerprints: fingerprints(fingerprint, nth),
    suppressions: reason === undefined ? [] : [{kind: 'inSource', status: 'accepted', justification: visible(reason)}],
    ...(edit && {fixes: [fixOf(finding, edit, context)]}),
    properties: {severity, fix, ref},
  }
}

function location(file: string, at: LintFinding['at'] | undefined, context: LintContext): object {
  const artifactLocation = artifact(wholePath(file, context), context.root)
  return {physicalLocation: {artifactLocation, ...(at && {region: region(at)})}}
}

function region({start, end}: LintFinding['at']): object {
  return {startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column}
}

function fixOf({file, fix, at}: LintFinding, {from, to, text}: Edit, context: LintContext): object {
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
