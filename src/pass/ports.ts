import type {TokenAdmin} from '../rotation/ports.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'

/** An administrator's passes, listed (nothing else of that user is) and deleted by one credential. Throws `OpsError`. */
export type Keys = Pick<TokenAdmin, 'list' | 'remove'>

/** Where an administrator exchanges a one-time code. */
export interface ExchangeDesk {
  /** The administrator's login. */
  user: string
  /**
   * Mints a token of the administrator with the next one-time code; nobody has listed it yet. Once it is sent no Ctrl-C ends
   * it. Throws `WRITE_IN_DOUBT` where there may be one; after any other `OpsError` there is none.
   */
  mint(name: string, scopes: readonly Scope[]): Promise<{id: number; value: Secret}>
  /** By password, each request with a one-time code of its own. */
  byCode: Keys
  /** By a pass itself; `end`: the end of these calls instead of the run's. */
  by(
    value: Secret,
    end?: AbortSignal,
  ): Keys & {
    /** Whether Gitea itself says that there is no such token. Never throws. */
    isDead(): Promise<boolean>
  }
}

/** A pass as this machine has it on record; never its value. */
export interface Noted {
  name: string
  /** When its mint was announced, in ms since the epoch. */
  at: number
  /** What the mint's answer told; undefined while there was none. */
  minted: {id: number; lastEight: string} | undefined
  /** Its process is gone, for certain. */
  gone: boolean
}

/** The record of one administrator's passes on one server. Throws `STORE_*`. */
export interface PassBook {
  /** Before the mint is sent. */
  announce(name: string, at: number): void
  minted(name: string, id: number, lastEight: string): void
  /** There is none of this name any more. */
  forget(name: string): void
  /** Those of this process too; oldest first. */
  all(): Noted[]
}
