import type {Severity} from '../fleet/types.ts'
import type {LintedFile, LintReport} from './types.ts'

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/** A whole run, with its exit code: 5 where something could not be read, else 3 for findings at or above `failOn`, else 0. */
export function summarise(files: LintedFile[], failOn: Severity): LintReport {
  const findings: Record<Severity, number> = {critical: 0, high: 0, medium: 0, low: 0}
  for (const {severity} of files.flatMap((file) => file.findings)) findings[severity]++
  const sum = (count: (file: LintedFile) => number) => files.reduce((total, file) => total + count(file), 0)
  const unread = sum((file) => file.unread.length)
  const fails = ORDER.slice(0, ORDER.indexOf(failOn) + 1).some((severity) => findings[severity] > 0)
  return {
    files,
    failOn,
    summary: {
      files: files.length,
      findings,
      suppressed: sum((file) => file.suppressed.length),
      fixed: sum((file) => file.fixed),
      unread,
      exit: unread > 0 ? 5 : fails ? 3 : 0,
    },
  }
}
