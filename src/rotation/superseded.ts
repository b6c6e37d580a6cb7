import {OpsError} from '../errors.ts'
import type {LedgerToken} from '../story/ports.ts'
import {isSame, ref, type TokenRef} from '../story/tokens.ts'
import type {Superseded} from './events.ts'
import {isRehearsal, mintedFor, mintedForAnother} from './names.ts'
import type {TokenRow} from './ports.ts'
import type {RotationRequest} from './request.ts'
import type {Rotation} from './state.ts'

/** Which tokens a rotation replaces, and which of them the agent runs on. */
export interface Choice {
  superseded: Superseded[]
  deployed: TokenRef | null
}

/**
 * Fixes the superseded set before the first write, so that nothing foreign is ever revoked:
 * - the deployed token, told by its last eight (given, of the given old value, or what the ledger last proved), or the
 *   ids that the operator named in its place; and every earlier `patrol.<agent>.*`, those of its `former` name, and what is
 *   `left` of a rotation that was ended with both sides kept;
 * - every token of the user only where `all` was asked for;
 * - where the deployed one is known and no longer listed, only the earlier `patrol.<agent>.*`;
 * - where nothing tells the deployed one, what is `left`, for the agent runs on one of those; else the user's only token;
 *   with several, nobody guesses;
 * - none of what was minted for another agent of the same user, or for a rehearsal, unless it is the deployed one, or was asked
 *   for.
 * Throws `SUPERSEDED_AMBIGUOUS` (lists the tokens) and `SUPERSEDED_UNKNOWN`.
 */
export function chooseSuperseded(
  request: Pick<RotationRequest, 'agent' | 'user' | 'supersede'>,
  rows: readonly TokenRow[],
  deployedLastEight: string | undefined,
  known: readonly LedgerToken[],
  left: readonly TokenRef[] = [],
  former: readonly TokenRef[] = [],
): Choice {
  const {agent, user, supersede} = request
  const isLeft = (row: TokenRow): boolean => left.some((token) => isSame(row, token))
  const isFormer = (row: TokenRow): boolean => former.some((token) => isSame(row, token))
  const lasting = rows.filter(({name}) => !isRehearsal(name))
  const ours = lasting.filter((row) => mintedFor(agent, row.name) || isLeft(row) || isFormer(row))
  const matching = deployedLastEight ? rows.filter((row) => row.lastEight === deployedLastEight) : []
  if (matching.length > 1) throw ambiguous(agent, user, matching, `end in ${deployedLastEight}`)
  const deployed = matching[0]
  const own = lasting.filter((row) => !mintedForAnother(agent, row.name) || isFormer(row))
  const only = lasting.length === 1 ? own[0] : undefined
  if (supersede === 'all') return choice(rows, deployed ?? only, known)
  if (supersede !== 'deployed') {
    const named = supersede.map((id) => rows.find((row) => row.id === id) ?? missing(user, id))
    return choice([...ours, ...named], deployed ?? (named.length === 1 ? named[0] : undefined), known)
  }
  if (deployed) return choice([...ours, deployed], deployed, known)
  if (deployedLastEight) return choice(ours, undefined, known)
  if (ours.length === lasting.length || ours.some(isLeft))
    return choice(ours, ours.length === 1 ? ours[0] : undefined, known)
  if (only || own.length === 0) return choice(own, only, known)
  throw ambiguous(agent, user, lasting, 'could be the one it runs on')
}

/** What a rotation that replaced nothing leaves to the next one, and what it revoked before that; what was not listed any more is gone. */
export function leftBy({superseded, minted, unseen}: Pick<Rotation, 'superseded' | 'minted' | 'unseen'>): Superseded[] {
  const others: Superseded[] = minted.filter(({id}) => superseded.every((token) => token.id !== id))
  return [...superseded, ...others].filter(({id, revoked}) => revoked || !unseen.includes(id))
}

/** Deadlines that an earlier rotation fixed stay, with the value that they were fixed for. */
function choice(rows: readonly TokenRow[], deployed: TokenRow | undefined, known: readonly LedgerToken[]): Choice {
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()]
  const superseded = unique.map((row) => {
    const before = known.find((token) => token.id === row.id && token.lastEight === row.lastEight)
    return {...ref(row), deadline: before?.deadline}
  })
  return {superseded, deployed: deployed ? ref(deployed) : null}
}

function missing(user: string, id: number): never {
  throw new OpsError('SUPERSEDED_UNKNOWN', `${user} has no token with the id ${id}. Nothing was changed.`, {
    suggestions: ['leave --supersede out to see the tokens there are'],
  })
}

function ambiguous(agent: string, user: string, rows: readonly TokenRow[], why: string): OpsError {
  const list = rows.map((row) => `  ${row.id}  ${row.name}  …${row.lastEight}`).join('\n')
  return new OpsError(
    'SUPERSEDED_AMBIGUOUS',
    `${rows.length} tokens of ${user} ${why}, and revoking the wrong one would stop ${agent}. Nothing was changed.\n${list}`,
    {
      suggestions: [
        ...rows.slice(0, 3).map((row) => `patrol rotate ${agent} --supersede ${row.id}`),
        `patrol smoke ${agent}`,
      ],
    },
  )
}
