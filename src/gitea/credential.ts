import {oneTimeCode, type Answer, type Auth} from '../http.ts'
import type {Secret} from '../secret.ts'
import {isOwn401} from './meaning.ts'

/** Where one-time codes come from: computed from a base32 seed, or asked from a person. */
export type OneTimeCodes = {seed: Secret} | {ask: () => Promise<Secret>}

/** An administrator's credential. Gitea wants Basic for its token endpoints; a PAT goes there as the password. */
export type AdminCredential = {
  /** Where it was read from, for messages: `gitea.admin.password (file:secrets/admin)`, a key and its reference. */
  source?: string
} & (
  | {kind: 'password'; user: string; password: Secret; otp?: OneTimeCodes}
  /** Owned by `user`, with `write:user`; Gitea then asks for no one-time code (gitea 1.22: services/auth/basic.go). */
  | {kind: 'pat'; user: string; value: Secret}
)

/** Time, so that tests need not wait for it. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

const STEP = 30_000

/**
 * Sends requests with the administrator's credential. With one-time codes they go one by one, and a code is used again
 * as long as the server takes it. Gitea 1.27 takes each code once: the 401 that a repeated code earns is no harm (nothing
 * ran), teaches us that, and from then on every request waits for the next code (up to 30 s) or asks for one.
 */
export class AdminAuth {
  readonly #credential: AdminCredential
  readonly #clock: Clock
  #turn: Promise<unknown> = Promise.resolve()
  #singleUse = false
  #last: {code: Secret; step: number; at: number} | undefined

  constructor(credential: AdminCredential, clock: Clock) {
    this.#credential = credential
    this.#clock = clock
  }

  get user(): string {
    return this.#credential.user
  }

  get kind(): AdminCredential['kind'] {
    return this.#credential.kind
  }

  /** Where the credential was read from, where that is known. */
  get source(): string | undefined {
    return this.#credential.source
  }

  /** The token, where the credential is one. */
  get token(): Secret | undefined {
    return this.#credential.kind === 'pat' ? this.#credential.value : undefined
  }

  /** Whether one-time codes are at hand. */
  get hasCodes(): boolean {
    return this.#credential.kind === 'password' && this.#credential.otp !== undefined
  }

  /** Calls `send` with the credential, a second time where only the one-time code was stale. */
  async use(send: (auth: Auth) => Promise<Answer>): Promise<Answer> {
    const held = this.#credential
    if (held.kind === 'pat') return send({kind: 'basic', user: held.user, password: held.value})
    const {user, password, otp} = held
    if (!otp) return send({kind: 'basic', user, password})
    const turn = this.#turn.then(() => this.#withCode(otp, (code) => send({kind: 'basic', user, password, otp: code})))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #withCode(otp: OneTimeCodes, send: (code: Secret) => Promise<Answer>): Promise<Answer> {
    const before = this.#last
    const {code, again} = await this.#code(otp, this.#singleUse)
    const answer = await send(code)
    if (!isOwn401(answer) || !again) {
      this.#remember(code, answer)
      return answer
    }
    this.#singleUse = before !== undefined && this.#clock.now() - before.at < STEP
    const fresh = await this.#code(otp, true)
    const second = await send(fresh.code)
    this.#remember(fresh.code, second)
    return second
  }

  /** A code, and whether it was used before. */
  async #code(otp: OneTimeCodes, fresh: boolean): Promise<{code: Secret; again: boolean}> {
    if ('ask' in otp)
      return this.#last && !fresh ? {code: this.#last.code, again: true} : {code: await otp.ask(), again: false}
    const step = () => Math.floor(this.#clock.now() / STEP)
    const next = fresh && this.#last ? (this.#last.step + 1) * STEP : 0
    if (next > this.#clock.now()) await this.#clock.sleep(next - this.#clock.now())
    return {code: await oneTimeCode(otp.seed, this.#clock.now()), again: this.#last?.step === step()}
  }

  #remember(code: Secret, answer: Answer): void {
    if (answer.status === 401) return
    const at = this.#last?.code.equals(code) ? this.#last.at : this.#clock.now()
    this.#last = {code, step: Math.floor(this.#clock.now() / STEP), at}
  }
}
