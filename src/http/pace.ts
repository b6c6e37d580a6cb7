/** Larger values of `X-RateLimit-Reset` are a time (Unix seconds), smaller ones a wait in seconds. */
const LONGEST_RESET = 1_000_000_000
/** No server is taken at its word for a longer wait than this. */
const LONGEST_WAIT_MS = 10 * 60_000

/**
 * Keeps requests to one server to a rate: at most `rps` a second where that is set, and never more than what the
 * server's own `X-RateLimit-Remaining` still allows until `X-RateLimit-Reset`.
 */
export class Pace {
  readonly #gapMs: number
  readonly #now: () => number
  #nextAt = 0
  #inFlight = 0
  /** How many more requests the server takes until `until`; undefined while it tells no limit. */
  #window: {left: number; until: number} | undefined

  constructor(rps: number | undefined, now: () => number = Date.now) {
    this.#gapMs = rps === undefined ? 0 : 1000 / rps
    this.#now = now
  }

  /** Takes a turn: how long to wait before the request may go out, in ms. */
  take(): number {
    const now = this.#now()
    this.#inFlight++
    let at = Math.max(now, this.#nextAt)
    const window = this.#window
    if (window && at < window.until) {
      if (window.left <= 0) at = window.until
      else window.left--
    }
    this.#nextAt = at + this.#gapMs
    return at - now
  }

  /** The request that took a turn has ended; `headers` (lower-case) are its answer's, where one came. */
  done(headers: Readonly<Record<string, string>> | undefined): void {
    this.#inFlight--
    const remaining = number(headers?.['x-ratelimit-remaining'])
    const reset = number(headers?.['x-ratelimit-reset'])
    if (remaining === undefined || reset === undefined) return
    const now = this.#now()
    const until = Math.min(now + LONGEST_WAIT_MS, reset > LONGEST_RESET ? reset * 1000 : now + reset * 1000)
    const left = Math.max(0, remaining - this.#inFlight)
    const last = this.#window
    // Answers of one window come back in any order: the lowest count is the true one.
    const same = last !== undefined && last.until > now && Math.abs(last.until - until) < 2000
    this.#window = same ? {left: Math.min(last.left, left), until: Math.max(last.until, until)} : {left, until}
  }
}

function number(text = ''): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined
}
