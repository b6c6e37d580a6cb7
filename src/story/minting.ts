import type {TokenRef} from './tokens.ts'

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
  /** Ids of tokens that went out, and that a workspace may hold; twice where it went out twice. */
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
