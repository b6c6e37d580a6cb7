/** How long that is, in the largest unit that is full: `5 min`, `3 h`, `2 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  const days = Math.floor(seconds / 86_400)
  return days === 1 ? '1 day' : `${days} days`
}

/** The end of the calendar: what lies behind it can't be written as a date. */
const END_OF_TIME = 8_640_000_000_000_000

/** RFC 3339 with milliseconds; `at` in ms since the epoch, at the latest the end of the calendar. Never throws. */
export function rfc3339(at: number): string {
  return new Date(Math.min(Number.isNaN(at) ? END_OF_TIME : at, END_OF_TIME)).toISOString()
}
