import type {PathResult, SmokeReport} from '../smoke/types.ts'
import {serverText, type Server} from './forge.ts'
import type {Tint} from './tint.ts'
import {wrapped} from './wrap.ts'

const INDENT = 28

/** The proof for people: one line for each path, with its word. */
export function smokeText(report: SmokeReport, tint: Tint, width?: number, server?: Server): string {
  const lines = report.paths.map(({path, outcome, message}) =>
    wrapped(`  ${word(outcome, tint)}  ${path.padEnd(10)}  ${message}`, width, INDENT),
  )
  const token = report.reportedLastEight ? `The agent says it runs on …${report.reportedLastEight}.` : undefined
  const where = server ? ` (${serverText(server)})` : ''
  return [`${report.agent} in ${report.repo}${where}:`, ...lines, ...(token ? [token] : [])].join('\n')
}

function word(outcome: PathResult['outcome'], tint: Tint): string {
  const words = {
    passed: tint.good('✓ passed    '),
    failed: tint.bad('✗ failed    '),
    'not-proven': tint.warn('! not proven'),
    unknown: tint.warn('? unknown   '),
  }
  return words[outcome]
}
