import {OpsError} from '../errors.ts'
import {isForm, judge, TransportError, type HttpAnswer, type Http, type WriteContract} from '../http.ts'
import type {Secret} from '../secret.ts'
import {inDoubt, noAnswer, notJson, rateLimited, shapeOf, tokenRejected, unexpected} from './faults.ts'
import {field} from './shapes.ts'
import {codeOf, errorOf, GUARDS, LIMITED, STORE_AWAY, UNAUTHORISED} from './writes.ts'

/** Time, so that tests need not wait. `sleep` rejects once its signal is aborted. */
export interface WireClock {
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface PlatformWireOptions {
  http: Http
  /** Admin, org or workspace token; sent as a bearer. */
  token: Secret
  /** UUID of the organisation, where the server hosts several. */
  orgId?: string | undefined
  clock: WireClock
  signal?: AbortSignal | undefined
  /** Set where the token is a workspace's own. */
  self?: WorkspaceSelf | undefined
}

/** A workspace that speaks for itself. */
export interface WorkspaceSelf {
  /** UUID of the workspace. */
  id: string
  /** Another token than the rejected one, where somebody has put one in its place. */
  renewed(rejected: Secret): Promise<Secret | undefined>
}

/** A JSON answer of the platform's own API. `error` and `code` are those of its error bodies. */
export interface PlatformReply {
  status: number
  body: unknown
  error: string
  code: string
  retryAfterMs: number | undefined
  /** The server's clock at the answer; ours where it sent none. Ms since the epoch. */
  serverTime: number
}

interface ApiCall {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  query?: Readonly<Record<string, string | number | undefined>>
  json?: unknown
  timeoutMs?: number
  maxBytes?: number
  /** A 401 of the platform's own is an answer to the caller instead of an error. */
  may401?: boolean
  /** Any answer may be an agent's, passed through. */
  agents?: boolean
  /** The body's texts are wanted as they came: they are kept or parsed, never shown. */
  raw?: boolean
  /** Id of the workspace in whose name this is asked, where the platform wants to be told. */
  as?: string
}

const ONE_TRY = {attempts: 1, maxWaitMs: 0}
/** A rate-limit window lasts 60 s (platform: fixed window, shared by all behind one address). */
const LONGEST_WAIT_MS = 65_000
const UNAUTHORISED_PAUSE_MS = 2000
const READ_TRIES = 4

/** The platform's transport rules, kept for every call: routing headers, patience, and nothing but JSON let through. */
export class Wire {
  readonly #options: PlatformWireOptions
  #token: Secret
  #renewed = false

  constructor(options: PlatformWireOptions) {
    this.#options = options
    this.#token = options.token
  }

  /** The base URL, for messages. */
  get url(): string {
    return this.#options.http.url
  }

  get clock(): WireClock {
    return this.#options.clock
  }

  /** The same line with another credential, or with another end than the run's (undefined changes nothing). */
  with({token, signal}: {token?: Secret; signal?: AbortSignal | undefined}): Wire {
    const credential = token ? {token, self: undefined} : {token: this.#token}
    return new Wire({...this.#options, ...credential, ...(signal && {signal})})
  }

  /** A read. Throws `OpsError` unless the API itself answered in JSON, with a status other than 401, 429 and 503. */
  async read(path: string, call: Omit<ApiCall, 'path' | 'method' | 'json'> = {}): Promise<PlatformReply> {
    const full: ApiCall = {...call, method: 'GET', path}
    return this.#reply(await this.#patiently(full), full)
  }

  /**
   * A write, sent again only where the server itself said that it stopped before the handler (rate limit, rejected token,
   * store away). Returns what `contract` documents, a success or a refusal; throws the error of a guard, and
   * `WRITE_IN_DOUBT` for a lost answer and for any other.
   */
  async write(
    method: 'POST' | 'DELETE',
    path: string,
    {accepted, refused}: WriteContract,
    call: Omit<ApiCall, 'path' | 'method'> = {},
  ): Promise<PlatformReply> {
    const full: ApiCall = {...call, method, path}
    const answer = await this.#patiently(full)
    if (judge(answer, {accepted, refused: [...GUARDS, ...refused]}) === 'doubt')
      throw inDoubt(full, `${shapeOf(answer)}.`)
    return this.#reply(answer, full)
  }

  /**
   * A question to an agent, whose own answers and refusals come through as they are; without a body where it was cut off.
   * Throws `WRITE_IN_DOUBT` as `write`.
   */
  async ask(path: string, call: Omit<ApiCall, 'path' | 'method'>): Promise<PlatformReply> {
    const full: ApiCall = {...call, method: 'POST', path, agents: true}
    const answer = await this.#patiently(full)
    if (answer.isJson) return this.#reply(answer, full)
    // The platform cuts what is longer than 10 MiB, and still calls it JSON.
    const cut = answer.status === 200 && answer.contentType.endsWith('json')
    if (!cut) throw inDoubt(full, `${shapeOf(answer)}.`)
    return {status: 200, body: undefined, error: '', code: '', retryAfterMs: undefined, serverTime: this.clock.now()}
  }

  /** One request as it is, for telling what answers there at all. Throws only if nothing does. */
  async peek(path: string): Promise<HttpAnswer> {
    const call: ApiCall = {method: 'GET', path}
    try {
      return await this.#once(call)
    } catch (error) {
      throw this.#translated(error, call)
    }
  }

  async #once(call: ApiCall): Promise<HttpAnswer> {
    const {http, orgId, signal} = this.#options
    const {may401: _, agents: __, raw: ___, as: ____, ...ask} = call
    return http.request({
      ...ask,
      auth: {kind: 'bearer', value: this.#token},
      headers: {
        origin: http.origin,
        ...(orgId === undefined ? {} : {'x-molecule-org-id': orgId}),
        ...this.#sender(call),
      },
      retry: ONE_TRY,
      redirects: 0,
      ...(signal === undefined ? {} : {signal}),
    })
  }

  async #patiently(call: ApiCall): Promise<HttpAnswer> {
    let waited = 0
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#onceOrBroken(call, tries)
      if (answer && (await this.#retaken(answer))) {
        // The new token has all its tries before it.
        tries = 0
        continue
      }
      const pause = answer === undefined ? backoff(tries) : pauseAfter(answer, call, tries)
      if (answer !== undefined && (pause === undefined || waited + pause > LONGEST_WAIT_MS)) return answer
      waited += pause ?? 0
      await this.#pause(pause ?? 0)
    }
  }

  /** A write of secrets must not name its sender: the platform would leave out the restart (release June). */
  #sender({method, path, as = this.#options.self?.id}: ApiCall): Record<string, string> {
    const secret = method !== 'GET' && /\/secrets(?:\/|$)/.test(path)
    return as !== undefined && !secret ? {'x-workspace-id': as} : {}
  }

  /** Whether a rejected token was another one meanwhile, which happens once; the guard stands before every handler. */
  async #retaken(answer: HttpAnswer): Promise<boolean> {
    const {self} = this.#options
    if (!isForm(answer, UNAUTHORISED) || !self || this.#renewed) return false
    const other = await self.renewed(this.#token)
    if (other === undefined) return false
    this.#renewed = true
    this.#token = other
    return true
  }

  async #pause(ms: number): Promise<void> {
    const {clock, signal} = this.#options
    try {
      await clock.sleep(ms, signal)
    } catch (error) {
      if (!signal?.aborted) throw error
      throw new OpsError('INTERRUPTED', {case: 'pause'})
    }
  }

  /** Undefined: a read's connection broke, and it may be tried again. */
  async #onceOrBroken(call: ApiCall, tries: number): Promise<HttpAnswer | undefined> {
    try {
      return await this.#once(call)
    } catch (error) {
      const broke = error instanceof TransportError && error.kind === 'reset'
      if (broke && call.method === 'GET' && tries < READ_TRIES) return undefined
      throw this.#translated(error, call)
    }
  }

  #translated(error: unknown, call: ApiCall): unknown {
    return error instanceof TransportError ? noAnswer(this.url, call, error) : error
  }

  #reply(answer: HttpAnswer, call: ApiCall): PlatformReply {
    if (!answer.isJson) throw notJson(this.url, answer, call, this.#options.orgId !== undefined)
    const [error, code] = [errorOf(answer), codeOf(answer)]
    if (code === 'TENANT_ORG_HEADER_REQUIRED') throw new OpsError('TENANT_HEADER_MISSING', {url: this.url})
    if (isForm(answer, UNAUTHORISED) && call.may401 !== true) throw tokenRejected(this.url, call, error)
    if (answer.status === 401 && !isForm(answer, UNAUTHORISED) && !call.agents) {
      throw unexpected(this.url, call, 401, "a refusal that is not the platform's own, as of a gateway before it")
    }
    if (isRateLimit(answer)) throw rateLimited(this.url, retryAfterMs(answer))
    if (isForm(answer, STORE_AWAY)) throw unexpected(this.url, call, 503, error)
    return {
      status: answer.status,
      body: call.raw ? answer.raw() : answer.json(),
      error,
      code,
      retryAfterMs: retryAfterMs(answer),
      serverTime: answer.date ?? this.clock.now(),
    }
  }
}

/** How long to wait before the same request goes out again; undefined when the answer stands. */
function pauseAfter(answer: HttpAnswer, call: ApiCall, tries: number): number | undefined {
  if (isRateLimit(answer)) return Math.max(1000, retryAfterMs(answer) ?? 0)
  if (isForm(answer, UNAUTHORISED) && call.may401 !== true) return tries === 1 ? UNAUTHORISED_PAUSE_MS : undefined
  const beforeHandler = isForm(answer, STORE_AWAY)
  const flaky = call.method === 'GET' && [502, 503, 504].includes(answer.status)
  return (beforeHandler || flaky) && tries < READ_TRIES ? backoff(tries) : undefined
}

function backoff(tries: number): number {
  return 500 * 2 ** tries
}

/** Whoever limits a read, it had no effect; a write is sent again only after the platform's own word. */
function isRateLimit(answer: HttpAnswer): boolean {
  return isForm(answer, LIMITED) || (answer.method === 'GET' && answer.status === 429)
}

function retryAfterMs(answer: HttpAnswer): number | undefined {
  const header = answer.headers['retry-after']
  if (header !== undefined && /^\d+$/.test(header)) return Number(header) * 1000
  const inBody = field(answer.json(), 'retry_after')
  return typeof inBody === 'number' && Number.isFinite(inBody) ? Math.max(0, inBody * 1000) : undefined
}
