import {basename} from 'node:path'
import type {Severity} from '../fleet/types.ts'
import type {LintedFile, LintInput, LintReport, PassedOver} from './types.ts'

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low']

/**
 * A whole run, with its exit code: 5 where something could not be read, or nothing was read at all, else 3 for findings at
 * or above `failOn`, else 0.
 */
export function summarise(files: LintedFile[], failOn: Severity, inputs: readonly LintInput[] = []): LintReport {
  const findings: Record<Severity, number> = {critical: 0, high: 0, medium: 0, low: 0}
  for (const {severity} of files.flatMap((file) => file.findings)) findings[severity]++
  const sum = (count: (file: LintedFile) => number) => files.reduce((total, file) => total + count(file), 0)
  const unread = sum((file) => file.unread.length)
  const fails = ORDER.slice(0, ORDER.indexOf(failOn) + 1).some((severity) => findings[severity] > 0)
  const passed = passedOver(inputs, new Set(files.map(({file}) => file)))
  return {
    files,
    passed,
    failOn,
    summary: {
      files: files.length,
      findings,
      suppressed: sum((file) => file.suppressed.length),
      fixed: sum((file) => file.fixed),
      unread,
      passed: passed.reduce((total, kind) => total + kind.files.length, 0),
      exit: unread > 0 || files.length === 0 ? 5 : fails ? 3 : 0,
    },
  }
}

/** What was left aside, by kind and reason; what was met twice and read once was not. */
function passedOver(inputs: readonly LintInput[], seen: Set<string>): PassedOver[] {
  const kinds = new Map<string, PassedOver>()
  for (const input of inputs) {
    if (!('passed' in input) || seen.has(input.file)) continue
    seen.add(input.file)
    const name = basename(input.file)
    // A name may be anything; what is shown of it in every format is a plain ending or a plain word.
    const kind = /.(\.[\w+-]{1,16})$/.exec(name)?.[1] ?? (/^[\w.-]{1,32}$/.test(name) ? name : 'others')
    const key = JSON.stringify([kind, input.passed])
    const alike = kinds.get(key) ?? {kind, reason: input.passed, files: []}
    kinds.set(key, alike)
    alike.files.push(input.file)
  }
  return [...kinds.values()].toSorted((a, b) => b.files.length - a.files.length)
}
