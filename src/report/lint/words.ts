import type {LintedFile, LintFinding} from '../../lint/types.ts'

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
