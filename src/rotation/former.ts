import type {Ledger, LedgerToken, PlacementAnywhere, Proof} from '../story/ports.ts'
import {isSame, type TokenRef} from '../story/tokens.ts'
import {agentIn, agentPart} from './names.ts'
import type {Fleet} from './ports.ts'

/** What is known of where tokens are, and of whom patrol.yaml has. */
export interface FormerGrounds {
  /** The names of all agents of the inventory. */
  agents: readonly string[]
  /** The ledger's tokens of their user. */
  known: readonly LedgerToken[]
  places: readonly PlacementAnywhere[]
  proofs: readonly Proof[]
}

/**
 * Whether a token is the own one of the agent in this workspace, from when patrol.yaml called it otherwise: minted on this machine for an
 * agent that patrol.yaml does not have, and nowhere but in that workspace as far as is on record.
 */
export function isFormer(row: TokenRef, workspace: string, {agents, known, places, proofs}: FormerGrounds): boolean {
  if (!namesNobody(row, agents)) return false
  if (!known.some((each) => each.mintedAt !== undefined && isSame(row, each))) return false
  const there = places.filter(({token: {id, lastEight}}) =>
    id === undefined ? lastEight === row.lastEight : id === row.id,
  )
  const rooms = [
    ...there.map((place) => ({...place, room: place.workspace.id})),
    ...proofs.filter(({token}) => token === row.id).map((proof) => ({...proof, room: proof.workspace})),
  ]
  const isHere = ({room, elsewhere, gitea}: (typeof rooms)[number]): boolean =>
    room === workspace && elsewhere === undefined && gitea === undefined
  return rooms.length > 0 && rooms.every(isHere)
}

/** Whether a token was minted for an agent that is none of these. */
export function namesNobody({name}: TokenRef, agents: readonly string[]): boolean {
  const part = agentIn(name)
  return part !== undefined && !agents.some((agent) => agentPart(agent) === part)
}

/** Which of a user's tokens are so of the agent in this workspace, and which else name nobody. Throws what ledger and inventory throw. */
export async function formerTokens<Row extends TokenRef>(
  {agent, user, workspace}: {agent: string; user: string; workspace: {id: string} | undefined},
  tokens: readonly Row[],
  {ledger, fleet}: {ledger: Pick<Ledger, 'tokens' | 'placesOf' | 'provenOn'>; fleet: Pick<Fleet, 'agents'>},
): Promise<{own: Row[]; strange: Row[]}> {
  const agents = [agent, ...(await fleet.agents()).map((each) => each.agent)]
  const nameless = tokens.filter((token) => namesNobody(token, agents))
  if (nameless.length === 0) return {own: [], strange: []}
  const [known, places, proofs] = await Promise.all([
    ledger.tokens(user),
    ledger.placesOf(nameless),
    ledger.provenOn(nameless),
  ])
  const isOwn = (token: Row): boolean =>
    workspace !== undefined && isFormer(token, workspace.id, {agents, known, places, proofs})
  const {own = [], strange = []} = Object.groupBy(nameless, (token) => (isOwn(token) ? 'own' : 'strange'))
  return {own, strange}
}
