/** Where something stood: the input as it was named, and the line from 1 where there are lines. */
export interface CallSource {
  file: string
  line: number | undefined
}

/** Who made a call, as far as a log tells. */
export interface Actor {
  user?: string
  /** Of the token at most its last eight. */
  token?: string
}

/** One call of Gitea's API, found in a log or in code. */
export interface FoundCall {
  /** Upper case. */
  method: string
  /** What stands behind `/api/v1`, without a query; a `HOLE` for each part that is known only at run time. */
  path: string
  count: number
  source: CallSource
  actor?: Actor
  /** What the server answered, where the input tells. */
  status?: number
}

/** Something that may be a call and could not be read as one. */
export interface NotUnderstood {
  /** Why, in words that are the same for all of a kind. */
  reason: string
  /** The piece of the input: short, and never with a secret in it. */
  text: string
  source: CallSource
  count: number
  /** Whatever it is, it asks nothing of a token: the sum is whole without it. */
  harmless?: boolean
  /** The call that it is where its base is Gitea's; the path as in `FoundCall`. */
  suspected?: {method: string; path: string}
}

/** What was found in one text. */
export interface Findings {
  calls: FoundCall[]
  notUnderstood: NotUnderstood[]
}
