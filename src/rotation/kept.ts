import type {Superseded} from './events.ts'
import {replay} from './machine.ts'
import type {Journal} from './ports.ts'
import {leftBy} from './superseded.ts'

/** What a person left of the agent's latest rotation that replaced nothing, and was ended with both sides kept. */
export async function keptBoth(agent: string, journal: Pick<Journal, 'list' | 'read'>): Promise<Superseded[]> {
  for (const {id, phase} of await journal.list({agent})) {
    if (phase !== 'rolled_back' && phase !== 'planned') return []
    const rotation = replay(await journal.read(id))
    if (rotation?.phase === 'rolled_back' && rotation.reason === 'both-kept') return leftBy(rotation)
  }
  return []
}
