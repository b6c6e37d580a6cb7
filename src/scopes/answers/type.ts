/** What decides where a server says no; only for `scope` does another scope help. */
export type DecidedBy = 'account' | 'credential' | 'request' | 'right' | 'scope' | 'state'

/** One message that a server sends, or a client about its credential, and what to make of it. */
export interface KnownAnswer {
  /** Takes in as much of the message as is shown again: never a value that may be secret. */
  says: RegExp
  by: DecidedBy
  /** The statuses that it comes with; empty where it is not the server that says it. */
  status: readonly number[]
  /** Who sends it, as one can search for it in the server's own code. */
  source: string
  /** The releases that send it. */
  on: string
  /** A clause. */
  means: string
  /** What to do, as a clause. */
  cure: string
}

/** Every release whose messages are known. */
export const ALL = 'Gitea 1.20 to 1.27, Forgejo 7 to 15'
