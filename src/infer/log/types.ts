import type {Actor} from '../types.ts'

/** What one line of a log says. */
export type LogLine =
  | {kind: 'request'; method: string; uri: string; status: number | undefined; actor: Actor}
  /** A log line without a request that can be counted: a start-up message, an interim report on a slow request. */
  | {kind: 'other'}
