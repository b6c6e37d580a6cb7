/** The end of the calendar: what lies behind it can't be written as a date. */
const END_OF_TIME = 8_640_000_000_000_000

/** RFC 3339 with milliseconds; `at` in ms since the epoch, at the latest the end of the calendar. Never throws. */
export function rfc3339(at: number): string {
  return new Date(Math.min(Number.isNaN(at) ? END_OF_TIME : at, END_OF_TIME)).toISOString()
}
