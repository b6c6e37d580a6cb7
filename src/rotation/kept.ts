import type {Superseded, Terms} from './events.ts'
import {replay} from './machine.ts'
import type {Journal} from './ports.ts'
import {leftBy} from './superseded.ts'

/** What a person left of a rotation that was ended with both sides kept, and where a process may run on it. */
export interface Kept extends Pick<Terms, 'rotation' | 'workspace' | 'secretKey'> {
  left: Superseded[]
}

/** Those of an agent that no later rotation has replaced, newest first. */
export async function keptBoth(agent: string, journal: Pick<Journal, 'list' | 'read'>): Promise<Kept[]> {
  const kept: Kept[] = []
  for (const {id, phase} of await journal.list({agent})) {
    if (phase === 'completed') break
    const rotation = phase === 'rolled_back' ? replay(await journal.read(id)) : undefined
    if (rotation?.phase !== 'rolled_back' || rotation.reason !== 'both-kept') continue
    const {workspace, secretKey} = rotation.terms
    kept.push({rotation: id, workspace, secretKey, left: leftBy(rotation)})
  }
  return kept
}
