import type {Scope} from '../scopes/vocabulary.ts'
import type {ProbeReport, ScopeVerdict} from './types.ts'

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

function openness({scopes, repo}: ProbeReport, unit: 'issues' | 'pulls'): {open: boolean | undefined; because: string} {
  const scope: Scope = unit === 'issues' ? 'read:issue' : 'read:repository'
  const is = (said: ScopeVerdict['verdict']) => scopes.some((one) => one.scope === scope && one.verdict === said)
  if (is('missing')) return {open: false, because: `the token lacks \`${scope}\``}
  if (repo && repo[unit].outcome === 'role') {
    const what = unit === 'issues' ? 'issues' : 'pull requests'
    return {open: false, because: `the token has \`${scope}\`, but its user cannot read ${what} in ${repo.repo}`}
  }
  if (repo && ['scope', 'confinement', 'shut'].includes(repo[unit].outcome))
    return {open: false, because: repo[unit].evidence.reason}
  return {open: is('granted') ? true : undefined, because: ''}
}
