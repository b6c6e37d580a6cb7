import {OpsError} from '../errors.ts'
import {timingOf, type ActDeps} from './request.ts'
import {pause} from './run.ts'
import type {Sighting} from './process.ts'

/**
 * Looks again and again, from fast to slow, until `look` gives something or the time is over; then undefined. A look
 * that the server could not answer (category `unavailable`) is taken as nothing seen.
 */
export async function poll<T>(
  deps: ActDeps,
  forMs: number,
  look: () => Promise<T | undefined>,
  beat: () => Promise<void> = async () => {},
): Promise<T | undefined> {
  const {pollFastMs, pollSlowMs} = timingOf(deps)
  const end = deps.clock.now() + forMs
  let wait = pollFastMs
  for (;;) {
    const seen = await patiently(look)
    if (seen !== undefined) return seen
    const left = end - deps.clock.now()
    if (left <= 0) return undefined
    await beat()
    await pause(deps, Math.min(wait, left))
    wait = Math.min(Math.round(wait * 1.6), pollSlowMs)
  }
}

async function patiently<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof OpsError && error.category === 'unavailable') return undefined
    throw error
  }
}

/** State and events of a workspace at once. */
export async function sight({platform}: ActDeps, workspaceId: string): Promise<Sighting> {
  const [workspace, events] = await Promise.all([platform.read(workspaceId), platform.events(workspaceId)])
  return {workspace, events}
}
