import {compare, expand, normalise, type Difference} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {ProbeReport} from './types.ts'

/** A profile held against a report. `unknown`: wanted, but nobody could tell; never counted as held or missing. */
export interface ProfileGap extends Difference {
  unknown: Scope[]
}

/** What the token lacks of a profile, and has beyond it. Both empty and nothing unknown: it is exactly the profile. */
export function compareWithProfile(report: ProbeReport, profile: {scopes: readonly Scope[]}): ProfileGap {
  const {missing, excess} = compare(report.granted, profile.scopes)
  const open = new Set(
    report.scopes.filter(({verdict}) => verdict !== 'granted' && verdict !== 'missing').map((v) => v.scope),
  )
  const lacking = expand(missing)
  return {missing: normalise(lacking.difference(open)), excess, unknown: normalise(lacking.intersection(open))}
}

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
