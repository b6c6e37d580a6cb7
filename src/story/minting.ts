import type {Scope} from '../scopes/vocabulary.ts'
import type {At} from './machine.ts'
import type {LedgerChange} from './ports.ts'
import type {Role} from './run.ts'
import type {TokenRef} from './tokens.ts'

/** A fact about a token that a story mints; it is written alike whatever the story. */
export type MintingFact =
  | {type: 'mint_intended'; name: string}
  | {type: 'minted'; token: TokenRef}
  | {type: 'mint_refused'; code: string}
  /** The answer was lost and a list by name told: the orphan, or null when nothing had been minted. */
  | {type: 'mint_settled'; name: string; token: TokenRef | null}
  | {type: 'probed'; granted: Scope[]}
  | {type: 'candidate_rejected'; missing: Scope[]; unknown: Scope[]}
  /** The process that held this token's value is gone. */
  | {type: 'value_lost'; token: number}
  | {type: 'discard_intended'; token: number}
  | {type: 'discarded'; token: number}
  /** The row of the token to be deleted is another one by now, and was left alone. */
  | {type: 'token_left'; token: number; seen: TokenRef}
  /** A token with this story's name turned up after its mint had been taken for absent. */
  | {type: 'orphan_found'; token: TokenRef}

export const MINTING_ROLES = {
  mint_intended: 'intent',
  minted: 'result',
  mint_refused: 'result',
  mint_settled: 'result',
  probed: 'result',
  candidate_rejected: 'result',
  value_lost: 'result',
  discard_intended: 'intent',
  discarded: 'result',
  token_left: 'result',
  orphan_found: 'result',
} as const satisfies Record<MintingFact['type'], Role>

/** For whom tokens are minted. */
interface MintedFor {
  agent: string
  user: string
  scopes: Scope[]
  /** The rotation that mints them, if it is one. */
  rotation?: string
}

type Learnt = Extract<MintingFact, {type: 'minted' | 'orphan_found' | 'mint_settled' | 'discarded'}>

/** What the ledger learns of minted tokens. */
export function mintingChanges({agent, user, scopes, rotation}: MintedFor, event: At<Learnt>): LedgerChange[] {
  const {at} = event
  const minted = (token: TokenRef): LedgerChange => ({kind: 'minted', user, token, scopes, rotation, at})
  if (event.type === 'orphan_found') return [minted(event.token), {kind: 'settled', user, name: event.token.name}]
  if (event.type === 'discarded') return [{kind: 'revoked', user, token: event.token, at}]
  if (event.type === 'minted') return [minted(event.token)]
  if (event.token) return [minted(event.token)]
  // It may come yet, even when this story is long over.
  return [{kind: 'announced', announcement: {agent, user, name: event.name, at, handingOver: false}}]
}

/** What a story knows of the tokens that it mints. */
export interface Minting {
  /** Those that it minted and has not deleted. */
  readonly minted: readonly TokenRef[]
  /** Those of them that serve nobody and are to be deleted, one after the other. */
  readonly discard: readonly TokenRef[]
  /** The one of these whose deletion is under way. */
  readonly discarding: number | undefined
  /** Tokens that were to be deleted and were given another value by somebody: theirs by now, left alone, and told. */
  readonly left: readonly {readonly token: TokenRef; readonly seen: TokenRef}[]
  /** Ids of tokens whose values nobody ever got, for the answers to their mints were lost. */
  readonly lost: readonly number[]
  /** Ids of tokens that went out, and that a workspace may hold. */
  readonly sent: readonly number[]
  /** How many mints were begun: numbers the token names. */
  readonly mints: number
}

export const NOTHING_MINTED: Minting = {
  minted: [],
  discard: [],
  discarding: undefined,
  left: [],
  lost: [],
  sent: [],
  mints: 0,
}

/** A token whose mint came to pass although its answer was lost: it is of no use. */
export function withLost<S extends Minting>(state: S, token: TokenRef): S {
  const {minted, lost, discard} = state
  return {...state, minted: [...minted, token], lost: [...lost, token.id], discard: [...discard, token]}
}

/** The token whose deletion is under way is gone, or not ours any more. */
export function without<S extends Minting>(state: S, id: number): S {
  const others = (tokens: readonly TokenRef[]): TokenRef[] => tokens.filter((token) => token.id !== id)
  return {...state, discarding: undefined, discard: others(state.discard), minted: others(state.minted)}
}

/** Its row is another one by now. */
export function leftAlone<S extends Minting>(state: S, {id, name, lastEight}: TokenRef, seen: TokenRef): S {
  return {...without(state, id), left: [...state.left, {token: {id, name, lastEight}, seen}]}
}

/** Of which token it is on record what became of it, or what is to become of it. */
export function isKnown({minted, left}: Pick<Minting, 'minted' | 'left'>, id: number): boolean {
  return minted.some((token) => token.id === id) || left.some(({token}) => token.id === id)
}
