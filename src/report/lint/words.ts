import {resolve} from 'node:path'
import {SEVERITIES} from '../../fleet/types.ts'
import type {LintedFile, LintFinding, LintReport} from '../../lint/types.ts'
import {count, pathWithin, verdictLine} from '../formats/words.ts'
import type {LintContext} from '../formats/format.ts'

/** A finding, with the reason of the comment that suppresses it where one does. */
export interface Found {
  finding: LintFinding
  reason: string | undefined
}

/** All that was found in a file, in its order, suppressed or not. */
export function foundIn({findings, suppressed}: LintedFile): Found[] {
  return [...findings.map((finding) => ({finding, reason: undefined})), ...suppressed].toSorted(
    (a, b) => a.finding.at.from - b.finding.at.from || a.finding.at.to - b.finding.at.to,
  )
}

/** `12:3`, as compilers and editors write a place; nothing for a file as a whole. */
export function placeOf(at: LintFinding['at'] | undefined): string {
  return at ? `${at.start.line}:${at.start.column}` : ''
}

/** The file's whole path. */
export function wholePath(file: string, {from}: Pick<LintContext, 'from'>): string {
  return resolve(from, file)
}

/** The file as a checkout of it names it; undefined outside. */
export function inCheckout(file: string, context: Pick<LintContext, 'from' | 'root'>): string | undefined {
  return pathWithin(context.root, wholePath(file, context))
}

/** What a run comes to, in plain sentences without any name: the same words in every format for people. */
export function lintLines({files, summary}: LintReport): string[] {
  const {findings, suppressed, fixed, unread} = summary
  const found = open(summary)
  const fixable = files.flatMap((file) => file.findings).filter(({edit}) => edit).length
  return [
    found === 0
      ? `${count(summary.files, 'file')}: no findings.`
      : `${count(summary.files, 'file')}: ${count(found, 'finding')}, ${SEVERITIES.map((severity) => `${findings[severity]} ${severity}`).join(', ')}.`,
    ...(fixable > 0 ? [`${fixable} of them can be mended by --fix.`] : []),
    ...(fixed > 0 ? [`${fixed} mended by --fix.`] : []),
    ...(suppressed > 0 ? [`${suppressed} more suppressed, each with a reason.`] : []),
    ...(unread > 0 ? [`${count(unread, 'part')} could not be read.`] : []),
  ]
}

/** Why the run exits as it does; where it passes, whatever was found is too mild to fail it. */
export function lintVerdict({failOn, summary}: LintReport): string {
  const verdict = verdictLine(summary, failOn)
  const mild = open(summary)
  if (summary.exit !== 0 || mild === 0) return verdict
  return `${verdict.slice(0, -1)}; ${count(mild, 'milder finding')} ${mild === 1 ? 'does' : 'do'} not fail it.`
}

function open({findings}: LintReport['summary']): number {
  return SEVERITIES.reduce((sum, severity) => sum + findings[severity], 0)
}

/** How the run ended, in a sign. */
export function lintSign({summary}: LintReport): string {
  return summary.exit === 0 ? '✓' : summary.exit === 5 ? '?' : '✗'
}
