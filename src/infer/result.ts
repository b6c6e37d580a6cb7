import type {CatalogueVersion} from '../scopes/catalogue.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {OtherRequest} from './reading.ts'
import type {Actor, CallSource} from './types.ts'

/** What a token can be confined to (forgejo 15 and newer), or in words why to nothing. */
export type PossibleConfinement = {to: string[]} | {not: string}

/** How the repositories of a profile differ from those that were called. */
export interface ReachDifference {
  missing: string[]
  /** Only read: a confined token may do so where they are public, which no input tells. */
  unlessPublic: string[]
  excess: string[]
}

/** By whom calls are put together. */
export type By = 'user' | 'token' | 'none'

/** A route that was called. */
export interface RouteUse {
  method: string
  /** The route's template, without `/api/v1`. */
  path: string
  /** All that it needs, in normal form; empty for a route that any token may call. */
  scopes: readonly Scope[]
  /** Whether one of these scopes is enough, and which goes by who owns the repository (forgejo 15: deleting one). */
  either: boolean
  /** Whether only Basic will do: with a password, to which no scopes apply, or with a token in its place. */
  password: boolean
  /** Whether a token that is confined to repositories is refused even in these (forgejo 15 and newer). */
  closed: boolean
  count: number
  /** Of these, how many were answered 403. */
  refused: number
  /** Where it was seen first. */
  examples: CallSource[]
}

/** What one caller did, or all of them. */
export interface Group {
  /** Empty where nobody is named, or where callers are not told apart. */
  actor: Actor
  /** Whether these are all that came after the first thousand callers. */
  rest: boolean
  calls: number
  /** The least set of scopes with which every call counted here passes, but for those of `choices`; in normal form. */
  scopes: Scope[]
  /** Each of these scopes with the routes that need it. */
  needs: {scope: Scope; routes: RouteUse[]}[]
  /** Routes that need one scope of several, by who owns the repository. The input does not tell which. */
  choices: {scopes: readonly Scope[]; routes: RouteUse[]}[]
  /** Routes that need no scope. */
  free: RouteUse[]
  /** The repositories that were called, by the API and by git over HTTP, as `owner/name`, most calls first. */
  repositories: string[]
  /** Calls of a repository that the input does not name, or that came after the first thousand. */
  unnamed: number
  /** Undefined where the release confines no token, or no repository is named. */
  confinement: PossibleConfinement | undefined
  /** Calls answered 401: nobody was let in, so they tell of no need and are not counted above. */
  unauthenticated: number
  /** Requests that are none of the API, with what a token needs that is their password: no part of `scopes`. */
  others: {kind: OtherRequest; count: number; withToken: Scope | undefined}[]
  /**
   * Against a profile, where one was named. `missingOneOf` are the choices of which it has nothing; what `others` or a choice
   * may need is not excess. `repositories` where the profile names some and the release confines tokens to them.
   */
  difference:
    | {
        missing: Scope[]
        missingOneOf: (readonly Scope[])[]
        excess: Scope[]
        repositories: ReachDifference | undefined
      }
    | undefined
}

/** One kind of thing that was not understood. */
export interface Unclear {
  reason: string
  text: string
  count: number
  /** Whether it may be a call, by which the sum is too small. */
  mayCall: boolean
  /** What it needs where it is a call of Gitea's; undefined where that cannot be told. */
  suspected: readonly Scope[] | undefined
  examples: CallSource[]
}

/** A whole run: what every report is made from. */
export interface Inference {
  version: CatalogueVersion
  by: By
  profile: {name: string; scopes: readonly Scope[]; repositories?: RepositoryReach | undefined} | undefined
  /** Most calls first. With `by: 'none'` there is one. */
  groups: Group[]
  notUnderstood: {
    count: number
    /** Of these, how many may be calls. */
    calls: number
    /** What those that can be told would need besides, if they go to Gitea. */
    suspected: Scope[]
    /** Most frequent first; `more` kinds are counted and not listed. */
    kinds: Unclear[]
    more: number
  }
  read: {files: number; bytes: number; calls: number; passedLines: number}
  /** Calls and requests of others than the user asked for. */
  leftOut: number
  skipped: {count: number; examples: {file: string; reason: string}[]}
  /** Inputs that could not be read, or not to their end: the sum may be too small. */
  unread: {file: string; reason: string}[]
  /** Whether all that may be a call was read and understood. Else the scopes are a lower bound, and none is in excess. */
  complete: boolean
  /** 0; 3 where a group differs from the profile; 5 where it is not complete. The worst wins: 5, 3. */
  exit: number
}
