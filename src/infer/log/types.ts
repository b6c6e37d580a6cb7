import type {Actor} from '../types.ts'

/** What one line of a log says. */
export type LogLine =
  | {
      kind: 'request'
      method: string
      uri: string
      status: number | undefined
      actor: Actor
      /** The check that answered was the registry's, of scopes and rights: it says 401 where the API says 403. */
      unfit?: boolean
    }
  /** A log line without a request that can be counted: a start-up message, an interim report on a slow request. */
  | {kind: 'other'}
