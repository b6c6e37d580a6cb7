import type {HttpAnswer, Auth} from '../http.ts'
import type {Secret} from '../secret.ts'
import {Codes, type CodeDeps, type OneTimeCodes} from './codes.ts'
import {isOwn401, isTooNarrow} from './meaning.ts'

/** A token that stands for password and one-time code as long as a run lasts. */
export interface CredentialPass {
  /** Undefined where none is to be had. Throws `OpsError` where asking for one shows that nothing will be had. */
  value(): Promise<Secret | undefined>
  /** The server refuses it now. */
  drop(): void
}

/** An administrator's credential. Gitea wants Basic for its token endpoints; a PAT goes there as the password. */
export type AdminCredential = {
  /** Where it was read from, for messages: `gitea.admin.password (file:secrets/admin)`, a key and its reference. */
  source?: string
} &
  /** `pass`: used in place of codes that are taken once; what it may not do is asked with a code. */
  (
    | {kind: 'password'; user: string; password: Secret; otp?: OneTimeCodes; pass?: CredentialPass}
    /** Owned by `user`, with `write:user`; Gitea then asks for no one-time code (gitea 1.22: services/auth/basic.go). */
    | {kind: 'pat'; user: string; value: Secret}
  )

type Send = (auth: Auth) => Promise<HttpAnswer>

/** Sends requests with the administrator's credential; with one-time codes one by one, as `Codes` says. */
export class AdminAuth {
  readonly #credential: AdminCredential
  readonly #codes: Codes | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #taken = false
  #asking: Promise<HttpAnswer> | undefined

  constructor(credential: AdminCredential, codes: CodeDeps) {
    this.#credential = credential
    this.#codes = credential.kind === 'password' && credential.otp ? new Codes(credential.otp, codes) : undefined
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
    return this.#codes !== undefined
  }

  /**
   * Calls `send` with the credential, a second time where only the one-time code was stale. Until the server has taken the
   * credential once, one request asks alone, and those that wait for it share its refusal: wrong passwords are counted, and
   * lock accounts.
   */
  async use(send: Send): Promise<HttpAnswer> {
    const pass = await this.#passed(send)
    if (pass) return pass
    while (!this.#taken) {
      if (!this.#asking) return this.#alone(send)
      const answer = await this.#asking.catch(() => undefined)
      if (answer && isOwn401(answer)) return answer
    }
    return this.#send(send)
  }

  /** The answer to a request by pass; undefined where there is none, or the server refused it before it did anything. */
  async #passed(send: Send): Promise<HttpAnswer | undefined> {
    const held = this.#credential
    if (held.kind === 'pat' || !held.pass || !(await this.#codes?.areTakenOnce())) return undefined
    const value = await held.pass.value()
    if (!value) return undefined
    const answer = await send({kind: 'basic', user: held.user, password: value})
    if (!isOwn401(answer)) return isTooNarrow(answer) ? undefined : answer
    held.pass.drop()
    return undefined
  }

  async #alone(send: Send): Promise<HttpAnswer> {
    this.#asking = this.#send(send)
    try {
      const answer = await this.#asking
      this.#taken = !isOwn401(answer)
      return answer
    } finally {
      this.#asking = undefined
    }
  }

  async #send(send: Send): Promise<HttpAnswer> {
    const held = this.#credential
    if (held.kind === 'pat') return send({kind: 'basic', user: held.user, password: held.value})
    const {user, password} = held
    const codes = this.#codes
    if (!codes) return send({kind: 'basic', user, password})
    const turn = this.#turn.then(() => codes.with((code) => send({kind: 'basic', user, password, otp: code}), isOwn401))
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
