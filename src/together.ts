import {isInterrupt, OpsError, type ErrorCategory} from './errors.ts'

/** What is known to be so goes before what is a consequence of stopping. */
const GRAVEST_FIRST: readonly ErrorCategory[] = [
  'incomplete',
  'pending',
  'bug',
  'interrupted',
  'auth',
  'unavailable',
  'refused',
  'usage',
  'findings',
]

/**
 * Waits for all that was begun, whatever becomes of each: nobody goes on, cleans up or ends while a part still writes.
 * Then throws the gravest error, and tells the others with it; among equals it is the first.
 */
export async function together<T extends readonly unknown[] | []>(
  work: T,
): Promise<{-readonly [P in keyof T]: Awaited<T[P]>}> {
  const ended = await Promise.allSettled(work)
  const errors = ended.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []))
  if (errors.length > 0) throw gravest(errors)
  // Nothing was rejected, so this only takes the values out.
  return Promise.all(work)
}

function gravest(errors: readonly unknown[]): unknown {
  const [worst, ...others] = errors.toSorted((a, b) => rank(a) - rank(b))
  if (!(worst instanceof OpsError)) return worst
  const told = others.flatMap((other) => (other instanceof OpsError && !isInterrupt(other) ? [other.message] : []))
  const besides = [...new Set(told)].filter((message) => message !== worst.message)
  if (besides.length === 0) return worst
  return worst.with({what: [worst.message, ...besides].join(' Besides: '), state: undefined, lines: []})
}

function rank(error: unknown): number {
  const ops = error instanceof OpsError ? error.category : 'bug'
  return GRAVEST_FIRST.indexOf(isInterrupt(error) ? 'interrupted' : ops)
}
