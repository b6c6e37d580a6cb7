import {OpsError} from '../errors.ts'
import {oneTimeCode} from '../http.ts'
import type {Secret} from '../secret.ts'

/** Where one-time codes come from: computed from a base32 seed, or asked from a person. */
export type OneTimeCodes = {seed: Secret} | {ask: () => Promise<Secret>}

/** Time, so that tests need not wait for it. */
export interface CodeClock {
  now(): number
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** What codes need besides their source. */
export interface CodeDeps {
  clock: CodeClock
  /** Whether the server takes each code once; undefined where that is not known before it is tried. */
  isSingleUse: () => Promise<boolean | undefined>
  /** Reserves a step of time for this process: the wanted one, or the first later one that no other process has. */
  reserve?: ((step: number) => Promise<number>) | undefined
  /** Is told before each wait, in ms. */
  onWait?: ((ms: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** How long a code is the current one (RFC 6238). */
const STEP = 30_000

interface Used {
  code: Secret
  step: number
  at: number
}

/**
 * One-time codes, one request after the other. A code is used again as long as the server takes it. Gitea 1.26.3 and newer
 * take each once (models/auth/twofactor.go: ValidateAndConsumeTOTP), over all processes and browsers, and say of a repeated
 * one what they say of a wrong password; there every request gets a step of its own and waits for it.
 */
export class Codes {
  readonly #source: OneTimeCodes
  readonly #deps: CodeDeps
  #learned: boolean | undefined
  #last: Used | undefined

  constructor(source: OneTimeCodes, deps: CodeDeps) {
    this.#source = source
    this.#deps = deps
  }

  /** Whether the server takes each once, as far as is known by now. */
  async areTakenOnce(): Promise<boolean> {
    return (this.#learned ?? (await this.#deps.isSingleUse())) === true
  }

  /**
   * Calls `send` with a code, and a second time with a later one where the first may only have been used before: by us, or
   * where each is taken once by anybody. `isRefused`: the answer is the server's own 401.
   */
  async with<T>(send: (code: Secret) => Promise<T>, isRefused: (answer: T) => boolean): Promise<T> {
    const before = this.#last
    const single = this.#learned ?? (await this.#deps.isSingleUse())
    const reused = single !== true && before !== undefined && this.#isCurrent(before)
    const first = reused ? before : await this.#fresh(single === true)
    const answer = await send(first.code)
    if (!isRefused(answer)) {
      this.#last = first
      return answer
    }
    if (!reused && (single === false || 'ask' in this.#source)) return answer
    this.#learned = !reused || this.#deps.clock.now() - before.at < STEP
    const second = await this.#fresh(true, first.step)
    const settled = await send(second.code)
    if (!isRefused(settled)) this.#last = second
    return settled
  }

  /** A person's code is used until the server refuses it. */
  #isCurrent({step}: Used): boolean {
    return 'ask' in this.#source || step === this.#now()
  }

  #now(): number {
    return Math.floor(this.#deps.clock.now() / STEP)
  }

  /** A code that this process has not sent, later than `after`; with `own`, one that no other process sends either. */
  async #fresh(own: boolean, after = this.#last?.step): Promise<Used> {
    const {clock, reserve} = this.#deps
    if ('ask' in this.#source) return {code: await this.#source.ask(), step: this.#now(), at: clock.now()}
    const wanted = own && after !== undefined ? Math.max(this.#now(), after + 1) : this.#now()
    const step = own && reserve ? await reserve(wanted) : wanted
    await this.#until(step)
    return {code: await oneTimeCode(this.#source.seed, step * STEP), step, at: clock.now()}
  }

  async #until(step: number): Promise<void> {
    const {clock, onWait, signal} = this.#deps
    const left = step * STEP - clock.now()
    if (left <= 0) return
    onWait?.(left)
    try {
      await clock.sleep(left, signal)
    } catch (error) {
      if (signal?.aborted !== true) throw error
      throw new OpsError('INTERRUPTED', {case: 'code'})
    }
  }
}
