import {createHash} from 'node:crypto'
import type {Announcement, Deployment} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'

const LONGEST_AGENT = 60
const HAND = 'hand-'
const REHEARSAL = `${HAND}rehearsal-`

/**
 * The agent's part of a token name: no dots, so that names can be read back without doubt. A name that had to be
 * changed gets a short digest of the original, so that two agents never share one.
 */
export function agentPart(agent: string): string {
  const clean = agent.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, LONGEST_AGENT)
  if (clean === agent) return clean
  return `${clean}-${createHash('sha256').update(agent).digest('hex').slice(0, 6)}`
}

/** `patrol.<agent>.<yyyymmdd>.<rotation>`, from the second mint on with `-<n>`; never a number, which Gitea takes as id. */
export function tokenName(agent: string, rotation: string, at: number, mint: number): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '')
  return `patrol.${agentPart(agent)}.${day}.${rotation}${mint > 1 ? `-${mint}` : ''}`
}

/** The names under which a run has minted so far: `mints` of them. Whatever else bears its id was minted by a copy of its state. */
export function namesOf(agent: string, run: string, at: number, mints: number): ReadonlySet<string> {
  return new Set(Array.from({length: mints}, (_, index) => tokenName(agent, run, at, index + 1)))
}

/** What a mint by hand calls its token: machines without a common store tell it from a rotation's by that alone. */
export function handName(agent: string, id: string, at: number): string {
  return tokenName(agent, `${HAND}${id}`, at, 1)
}

/**
 * What a rehearsal calls its token, which claims nothing either. Its value stays in the process that minted it, so nobody runs
 * on it, though that process has used it.
 */
export function rehearsalName(agent: string, id: string, at: number): string {
  return tokenName(agent, `${REHEARSAL}${id}`, at, 1)
}

/** Whether a token was minted for a rehearsal, for whatever agent. */
export function isRehearsal(name: string): boolean {
  return agentIn(name) !== undefined && name.split('.')[3]!.startsWith(REHEARSAL)
}

/** Whether what stands in place of the rotation in a token's name says that it was minted by hand. */
export function isByHand(rotation: string): boolean {
  return rotation.startsWith(HAND)
}

/** Which day (`yyyymmdd`) and rotation a token was minted in for this agent; undefined for any other token. */
export function mintedFor(agent: string, name: string): {day: string; rotation: string} | undefined {
  const [, , day = '', rest = ''] = name.split('.')
  return agentIn(name) === agentPart(agent)
    ? {day, rotation: rest.replace(/(?<!^hand(?:-rehearsal)?)-\d+$/, '')}
    : undefined
}

/** The agent's part of a name in patrol's form; undefined for any other token. */
export function agentIn(name: string): string | undefined {
  return /^patrol\.([A-Za-z0-9_-]*)\.\d{8}\.[^.]+$/.exec(name)?.[1]
}

/** Whether a token was minted for an agent of another name, wherever that one's patrol.yaml is. */
export function mintedForAnother(agent: string, name: string): boolean {
  const part = agentIn(name)
  return part !== undefined && part !== agentPart(agent)
}

/** Whether two logins are one user's: Gitea tells them apart by no capital. */
export function sameLogin(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase()
}

/** Whether a proof is of this user, whatever he was called then: what it is of is among his tokens. */
export function isProofOf(
  user: string,
  proof: Pick<Deployment, 'user' | 'token' | 'lastEight'>,
  rows: readonly TokenRef[],
): boolean {
  const isIt = ({id, lastEight}: TokenRef): boolean => id === proof.token && lastEight === proof.lastEight
  return sameLogin(proof.user, user) || rows.some(isIt)
}

/** A token that this machine minted: on record, or announced by a mint by hand whose end is not. */
export type OwnMint = Pick<TokenRef, 'id' | 'name'> | Announcement

/**
 * The tokens that were minted for an agent of this name elsewhere: by their name, and not among those known. A run of
 * another machine may need them still; or an agent of that name on another platform runs on one, however old it is. Nobody runs on
 * what a rehearsal minted.
 */
export function mintedElsewhere<Row extends TokenRef>(
  agent: string,
  rows: readonly Row[],
  known: readonly OwnMint[],
): Row[] {
  // An id alone tells nothing where a backup was brought back, for ids are given again then.
  const isOurs = (row: Row): boolean =>
    known.some((each) => each.name === row.name && (!('id' in each) || each.id === row.id))
  return rows.filter((row) => mintedFor(agent, row.name) && !isRehearsal(row.name) && !isOurs(row))
}
