import {OpsError, orElse} from '../errors.ts'
import type {RunDeps} from './ports.ts'
import {timingOf} from './timing.ts'

/**
 * Looks again and again, from fast to slow, until `look` gives something or the time is over; then undefined. A look
 * that the server could not answer (category `unavailable`) is taken as nothing seen.
 */
export async function poll<T>(
  deps: RunDeps,
  forMs: number,
  look: () => Promise<T | undefined>,
  beat: () => Promise<void> = async () => {},
): Promise<T | undefined> {
  const {pollFastMs, pollSlowMs} = timingOf(deps)
  const end = deps.clock.now() + forMs
  let wait = pollFastMs
  for (;;) {
    const seen = await look().catch(orElse(() => undefined, 'unavailable'))
    if (seen !== undefined) return seen
    const left = end - deps.clock.now()
    if (left <= 0) return undefined
    await beat()
    await pause(deps, Math.min(wait, left))
    wait = Math.min(Math.round(wait * 1.6), pollSlowMs)
  }
}

/** Throws `INTERRUPTED` once somebody asked to stop. */
export function heed(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted()
}

export function interrupted(): OpsError {
  return new OpsError('INTERRUPTED', {case: 'acts'})
}

/** Sleeps; a request to stop ends it with `INTERRUPTED`. */
export async function pause({clock, signal}: Pick<RunDeps, 'clock' | 'signal'>, ms: number): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (signal?.aborted) throw interrupted()
    throw error
  }
}
