import {OpsError} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {interpret, type ReplyReading} from './interpret.ts'
import {evidenceOf} from './knowledge.ts'
import type {ProbePort, ProbeRequest, ProbeReply} from './ports.ts'
import {isHarmless} from './table.ts'
import type {Evidence} from './types.ts'

/** One answer with what it means. */
export interface HeardReply {
  reply: ProbeReply
  reading: ReplyReading
  evidence: Evidence
}

/** The probed token's only way out: counts requests and lets nothing through that could have an effect. */
export class ProbeLine {
  requests = 0
  readonly #port: ProbePort
  readonly #value: Secret
  readonly #mayAsk: (request: ProbeRequest) => boolean

  /** `mayAsk` says which requests can have no effect; the table's alone by default. */
  constructor(port: ProbePort, value: Secret, mayAsk: (request: ProbeRequest) => boolean = isHarmless) {
    this.#port = port
    this.#value = value
    this.#mayAsk = mayAsk
  }

  /**
   * Throws `OpsError` `PROBE_UNSAFE` before sending what the table does not hold, and `PROBE_HAD_EFFECT` when a request
   * that can only fail was answered with success. A web page is no success of Gitea's API: something else answered.
   */
  async ask(request: ProbeRequest, probed?: Scope): Promise<HeardReply> {
    const what = `${request.method} /api/v1${request.path}`
    if (!this.#mayAsk(request)) throw new OpsError('PROBE_UNSAFE', {request: what})
    const reply = await this.#port.ask(request, this.#value)
    const {status} = reply
    this.requests += reply.requests
    const succeeded = status >= 200 && status < 300 && reply.contentType !== 'text/html'
    if (request.method !== 'GET' && succeeded) {
      throw new OpsError('PROBE_HAD_EFFECT', {request: what, url: this.#port.url, status})
    }
    const reading = interpret(reply, probed)
    return {reply, reading, evidence: evidenceOf(request, reply, reading)}
  }
}
