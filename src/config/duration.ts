const UNIT_MS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** The longest that each of patrol's durations may be: beyond it a mistake is likelier than a wish. In ms. */
export const LONGEST = {
  /** Of a wait while a command runs. */
  wait: UNIT_MS.d,
  /** Of an overlap of two live tokens. */
  overlap: 365 * UNIT_MS.d,
  /** Of a token's age or idleness, and of anything else. */
  age: 3650 * UNIT_MS.d,
}

/** `24h` in milliseconds; undefined for what is no duration, or one of more than `longest`. */
export function parseDuration(text: string, longest = LONGEST.age): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const each = Object.entries(UNIT_MS).find(([name]) => name === unit)?.[1]
  const ms = each === undefined ? Number.NaN : Number(count) * each
  return ms <= longest ? ms : undefined
}

/** Milliseconds in the largest unit that divides them, as people would write them. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`
  }
  return ms >= 1000 ? formatDuration(Math.round(ms / 1000) * 1000) : `${ms}ms`
}
