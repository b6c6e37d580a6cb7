import {OpsError} from '../errors.ts'
import type {StorySummary} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {Superseded, Terms} from './events.ts'
import {replay} from './machine.ts'
import {sameLogin} from './names.ts'
import type {Journal} from './ports.ts'
import type {Rotation} from './state.ts'
import {leftBy} from './superseded.ts'

type Journals = Pick<Journal, 'list' | 'read'>

/** What a person left of the agent's latest rotation that replaced nothing, and was ended with both sides kept. */
export async function keptBoth(agent: string, journal: Journals): Promise<Superseded[]> {
  for (const {id, phase} of await journal.list({agent})) {
    if (phase !== 'rolled_back' && phase !== 'planned') return []
    const rotation = replay(await journal.read(id))
    if (rotation?.phase === 'rolled_back' && rotation.reason === 'both-kept') return leftBy(rotation)
  }
  return []
}

/** Where a rotation stored or replaced one of these tokens, so that a process may run on it there, whoever has it proven. */
export type Visit = Pick<Terms, 'rotation' | 'workspace' | 'secretKey'>

/**
 * All rotations of this user that did, open or ended, of whatever agent. One that can't be read is passed over: it
 * must not stand in the way of all others. Throws `STORE_*`.
 */
export async function visitsOf(tokens: readonly TokenRef[], user: string, journal: Journals): Promise<Visit[]> {
  const visits: Visit[] = []
  for (const summary of await journal.list()) {
    const rotation = sameLogin(summary.user, user) ? await readable(summary, journal) : undefined
    if (!rotation) continue
    const {sent, superseded, deployed} = rotation
    const had = new Set([...sent, ...superseded.map(({id}) => id), deployed?.id])
    if (tokens.some(({id}) => had.has(id))) visits.push(rotation.terms)
  }
  return visits
}

/** Undefined too for a damaged row, whatever it makes of its reader; throws where the store itself can't be read. */
async function readable({id}: StorySummary, journal: Journals): Promise<Rotation | undefined> {
  try {
    return replay(await journal.read(id))
  } catch (error) {
    if (error instanceof OpsError && error.code !== 'JOURNAL_UNREADABLE') throw error
    return undefined
  }
}
