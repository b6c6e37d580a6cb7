import type {Scope} from '../scopes/vocabulary.ts'
import type {ProbeReport} from './types.ts'

/**
 * The incident in plain words: one of the two ways to work open, the other shut, and by what. Undefined when both work,
 * neither does, or not enough is known.
 */
export function asymmetry(report: ProbeReport): string | undefined {
  if (report.liveness.state !== 'alive') return undefined
  const issues = openness(report, 'issues')
  const pulls = openness(report, 'pulls')
  if (issues.open === undefined || pulls.open === undefined || issues.open === pulls.open) return undefined
  if (pulls.open) return `pull requests work, issue lists do not: ${issues.because}`
  return `issue lists work, pull requests do not: ${pulls.because}`
}

function openness(report: ProbeReport, unit: 'issues' | 'pulls'): {open: boolean | undefined; because: string} {
  const scope: Scope = unit === 'issues' ? 'read:issue' : 'read:repository'
  const verdict = report.scopes.find((one) => one.scope === scope)?.verdict
  if (verdict === 'missing') return {open: false, because: `the token lacks \`${scope}\``}
  const access = report.repo?.[unit].outcome
  if (access === 'role') {
    const what = unit === 'issues' ? 'issues' : 'pull requests'
    return {
      open: false,
      because: `the token has \`${scope}\`, but its user cannot read ${what} in ${report.repo?.repo}`,
    }
  }
  if (access === 'scope') return {open: false, because: report.repo?.[unit].evidence.reason ?? ''}
  return {open: verdict === 'granted' ? true : undefined, because: ''}
}
