const DAY = 86_400_000

/** `1 agent`, `2 agents`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** Thousands apart, as English writes them. */
export function grouped(count: number): string {
  return count.toLocaleString('en-GB')
}

/** Whole days from one RFC 3339 time to another; undefined where either is none. */
export function daysBetween(from: string | undefined, to: string): number | undefined {
  const days = Math.floor((Date.parse(to) - Date.parse(from ?? '')) / DAY)
  return Number.isNaN(days) ? undefined : Math.max(0, days)
}

/** A duration as one says it: `8 s`, `3 min 20 s`, `2 h 5 min`, `4 days`. */
export function lasting(from: string, to: string): string {
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1000)
  if (Number.isNaN(seconds) || seconds < 0) return 'unknown'
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
  return counted(Math.floor(seconds / 86_400), 'day')
}

/** `22 Nov 2026, 03:40 UTC`; what is no time is shown as it came. */
export function readable(time: string): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return time
  const day = at.toLocaleDateString('en-GB', {day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC'})
  return `${day}, ${at.toISOString().slice(11, 16)} UTC`
}

/** Sorts names as people do: `agent-9` before `agent-10`. */
export const byName = new Intl.Collator('en', {numeric: true}).compare
