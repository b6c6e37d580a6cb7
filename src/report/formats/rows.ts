import type {Severity} from '../../fleet/types.ts'
import type {Tint} from '../tint.ts'
import type {ReportedFinding} from './findings.ts'

const same = (text: string): string => text
/** No colour at all. */
export const PLAIN: Tint = {good: same, bad: same, warn: same, dim: same, strong: same, command: same}

/** How a severity is coloured. */
export const COLOUR = {critical: 'bad', high: 'bad', medium: 'warn', low: 'dim'} as const

/** `✗ critical`, the widest mark with its word. */
export const MARK = 10

/** A severity in a word, with a sign for those who skim; of what does not count, why. */
export function marked({severity, standing}: {severity: Severity; standing?: ReportedFinding['standing']}): string {
  if (standing === 'accepted' || standing === 'suppressed') return `~ ${standing}`
  return `${severity === 'critical' || severity === 'high' ? '✗' : '!'} ${severity}`
}
