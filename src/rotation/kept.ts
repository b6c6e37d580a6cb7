import type {StorySummary} from '../story/ports.ts'
import {isSame} from '../story/tokens.ts'
import type {Superseded} from './events.ts'
import {replay} from './machine.ts'
import type {Journal} from './ports.ts'
import {isClosed, toRevoke, type Rotation} from './state.ts'
import {leftBy} from './superseded.ts'

type Journals = Pick<Journal, 'list' | 'read'>
type RolledBack = Extract<Rotation, {phase: 'rolled_back'}>

/** What a person left of the agent's rotations that were ended with both sides kept, and no other one revoked or is to revoke. */
export async function keptBoth(agent: string, journal: Journals): Promise<Superseded[]> {
  return left(await journal.list({agent}), journal, ({reason}) => reason === 'both-kept')
}

/** The same of every end without a replacement, and of all agents: what nobody revokes any more. Throws `JOURNAL_UNREADABLE`. */
export async function abandonedTokens(journal: Journals): Promise<Superseded[]> {
  return left(await journal.list(), journal, () => true)
}

async function left(
  rows: readonly StorySummary[],
  journal: Journals,
  counts: (rotation: RolledBack) => boolean,
): Promise<Superseded[]> {
  const ended = await readAll(
    rows.filter(({phase}) => phase === 'rolled_back'),
    journal,
  )
  const leaving = ended.filter((rotation) => rotation.phase === 'rolled_back').filter(counts)
  if (leaving.length === 0) return []
  const agents = new Set(leaving.map(({terms}) => terms.agent))
  const others = rows.filter(({agent, phase}) => agents.has(agent) && phase !== 'rolled_back' && phase !== 'planned')
  const settled = (await readAll(others, journal)).flatMap((rotation) => [
    ...rotation.superseded.filter(({revoked}) => revoked),
    ...(isClosed(rotation) ? [] : toRevoke(rotation)),
  ])
  return leaving.flatMap(leftBy).filter((token) => !settled.some((each) => isSame(each, token)))
}

async function readAll(rows: readonly {id: string}[], journal: Journals): Promise<Rotation[]> {
  const rotations = await Promise.all(rows.map(async ({id}) => replay(await journal.read(id))))
  return rotations.filter((rotation) => rotation !== undefined)
}
