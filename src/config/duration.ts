const UNIT_MS = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000}

/** `24h` in milliseconds; undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text.trim()) ?? []
  const ms = Object.entries(UNIT_MS).find(([name]) => name === unit)?.[1]
  return ms === undefined ? undefined : Number(count) * ms
}

/** Milliseconds in the largest unit that divides them, as people would write them. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`
  }
  return ms >= 1000 ? formatDuration(Math.round(ms / 1000) * 1000) : `${ms}ms`
}
