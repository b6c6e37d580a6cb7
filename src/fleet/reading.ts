import {OpsError, type Code} from '../errors.ts'

/** What a source gave: a value; no usable answer, and why; or nothing, for it was not to be asked. */
export type SourceReading<T> =
  | {kind: 'read'; value: T}
  /** `again`: the next try may bring an answer; `clash`: it answered, and which of several is meant is not clear. */
  | {kind: 'failed'; reason: string; again: boolean; clash?: true}
  | {kind: 'off'}

export const OFF: SourceReading<never> = {kind: 'off'}

/** The value, where there is one. */
export function valueOf<T>(reading: SourceReading<T>): T | undefined {
  return reading.kind === 'read' ? reading.value : undefined
}

/** Whether the source answered that there is no such thing. */
export function isAbsent(reading: SourceReading<unknown>): boolean {
  return reading.kind === 'read' && reading.value === undefined
}

/** Why there is no value, where one was asked for. */
export function reasonOf(reading: SourceReading<unknown>): string | undefined {
  return reading.kind === 'failed' ? reading.reason : undefined
}

const OURS: ReadonlySet<Code> = new Set<Code>([
  'ADMIN_MISSING',
  'ADMIN_REJECTED',
  'ADMIN_NOT_ADMIN',
  'ADMIN_SCOPE',
  'PLATFORM_TOKEN_REJECTED',
  'CREDENTIAL_MALFORMED',
])

/**
 * Reads from one server, and leaves it alone once it has shown that it does not answer: after some reads in a row
 * without a usable answer, or at once when it rejects our credential. What is then not asked is `failed`.
 */
export class Circuit {
  readonly #server: string
  readonly #giveUpAfter: number
  #streak = 0
  #open: string | undefined
  #rejected = false

  /** `server` is for messages. */
  constructor(server: string, giveUpAfter: number) {
    this.#server = server
    this.#giveUpAfter = giveUpAfter
  }

  /** Why the server is left alone, where it is. */
  get leftAlone(): string | undefined {
    return this.#open
  }

  /** Our own credential was rejected. */
  get rejected(): boolean {
    return this.#rejected
  }

  /**
   * Asks, unless the server is left alone. Throws only what is not about this one answer: an interrupt, a probe that
   * had an effect, a bug. A rejection with one of the `lenient` codes is this read's failure alone; `silence` tells
   * why a value is no answer, where that does not throw.
   */
  async read<T>(
    ask: () => Promise<T>,
    {lenient = [], silence}: {lenient?: readonly Code[]; silence?: (value: T) => string | undefined} = {},
  ): Promise<SourceReading<T>> {
    if (this.#open !== undefined) return {kind: 'failed', reason: this.#open, again: false}
    try {
      const value = await ask()
      const reason = silence?.(value)
      if (reason === undefined) this.#streak = 0
      else this.#silent(reason)
      return {kind: 'read', value}
    } catch (error) {
      if (!(error instanceof OpsError) || ['bug', 'refused', 'interrupted', 'incomplete'].includes(error.category))
        throw error
      const unavailable = error.category === 'unavailable'
      if (OURS.has(error.code) && !lenient.includes(error.code)) this.#reject(error.message)
      else if (unavailable) this.#silent(error.message)
      else this.#streak = 0
      return {kind: 'failed', reason: error.message, again: unavailable && this.#open === undefined}
    }
  }

  #silent(reason: string): void {
    this.#streak++
    if (this.#streak < this.#giveUpAfter || this.#open !== undefined) return
    this.#open = `${this.#server} was left alone after ${this.#streak} reads in a row without a usable answer; the last: ${reason}`
  }

  #reject(reason: string): void {
    this.#rejected = true
    this.#open = reason
  }
}
