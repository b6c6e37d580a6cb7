import type {Severity} from '../../fleet/types.ts'
import type {Tint} from '../tint.ts'
import {wrap} from './columns.ts'
import type {ReportedFinding} from './findings.ts'

const same = (text: string): string => text
/** No colour at all. */
export const PLAIN: Tint = {good: same, bad: same, warn: same, dim: same, strong: same, command: same}

/** How a severity is coloured. */
export const COLOUR = {critical: 'bad', high: 'bad', medium: 'warn', low: 'dim'} as const

/** `✗ critical`, the widest mark with its word. */
export const MARK = 10

/** A message squeezed narrower than this reads worse than one on a line of its own. */
export const NARROWEST = 24

/** A severity in a word, with a sign for those who skim; of what does not count, why. */
export function marked({severity, standing}: {severity: Severity; standing?: ReportedFinding['standing']}): string {
  if (standing === 'accepted' || standing === 'suppressed') return `~ ${standing}`
  return `${severity === 'critical' || severity === 'high' ? '✗' : '!'} ${severity}`
}

/** A text behind a margin, wrapped to the width. */
export function indented(margin: string, text: string, width: number | undefined): string[] {
  const lines = width === undefined ? [text] : wrap(text, Math.max(NARROWEST, width - margin.length))
  return lines.map((line) => `${margin}${line}`)
}
