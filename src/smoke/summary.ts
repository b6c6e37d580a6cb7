import type {PathResult, SmokeReason, SmokeReport} from './types.ts'

/** A report in one word, one sentence, and what to type next. */
export interface SmokeSummary {
  verdict: PathResult['outcome']
  sentence: string
  /** Without doubles, the most pressing path's first. */
  suggestions: string[]
}

const GRAVEST_FIRST = ['failed', 'unknown', 'not-proven', 'passed'] as const

/** The report's gravest outcome decides: failed, then unknown, then not proven; passed only if all three passed. */
export function summarise(report: SmokeReport): SmokeSummary {
  const ranked = GRAVEST_FIRST.flatMap((outcome) => report.paths.filter((path) => path.outcome === outcome))
  const verdict = ranked[0]?.outcome ?? 'not-proven'
  const open = ranked.filter((path) => path.outcome !== 'passed')
  const sentence =
    open.length === 0
      ? `${report.agent}: issues, pulls and swarm-pull passed in ${report.repo}`
      : `${report.agent}: ${open.map((path) => `${path.path} ${words(path.outcome)} (${path.message})`).join('; ')}`
  return {verdict, sentence, suggestions: [...new Set(ranked.flatMap((path) => path.suggestions ?? []))]}
}

function words(outcome: PathResult['outcome']): string {
  return outcome === 'not-proven' ? 'not proven' : outcome
}

/** The agent has another token, or can't work with this one, for reasons that are this token's own. */
const AGAINST_THE_TOKEN: ReadonlySet<SmokeReason> = new Set([
  'scope-gap',
  'confinement',
  'token-dead',
  'not-restarted',
  'stale-process',
  'old-token',
  'wrong-token',
])

/**
 * Whether a proof speaks against the very token that was to be proven. One that could not be had does not, nor does what
 * every other token of that user would fail by as well: the user's rights, a label that does not exist, an agent that lists
 * other issues than there are or prints what it holds.
 */
export function contradicts({paths}: SmokeReport): boolean {
  return paths.some(({outcome, reason}) => outcome === 'failed' && reason && AGAINST_THE_TOKEN.has(reason))
}
