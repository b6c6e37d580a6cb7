import type {Dispatcher} from 'undici'
import {OpsError} from './errors.ts'
import {parseBaseUrl} from './http/address.ts'
import type {Pace} from './http/pace.ts'
import {HttpAnswer, classify, flat, retryAfter, TransportError} from './http/answer.ts'
import {memo} from './memo.ts'
import {remember, Secret} from './secret.ts'

export {HttpAnswer, TransportError, type TransportKind} from './http/answer.ts'
export {parseBaseUrl, type BaseUrl} from './http/address.ts'
export {isForm, judge, type AnswerForm, type WriteVerdict, type WriteContract} from './http/write.ts'
export {Pace} from './http/pace.ts'

/** A credential and the way it travels. Values are revealed only here, in the header of one request. */
export type Auth =
  | {kind: 'token'; value: Secret}
  | {kind: 'bearer'; value: Secret}
  /** `otp` is the six-digit code, sent as `X-Gitea-OTP`. */
  | {kind: 'basic'; user: string; password: Secret; otp?: Secret}

/** How often a safe request may be tried in all, and how long it may wait between tries together (ms). */
export interface Retry {
  attempts: number
  maxWaitMs: number
}

/** One request as it goes over the wire: retries and redirects count separately. */
export interface Sent {
  method: string
  path: string
}

/** An HTTP proxy: https is asked through a tunnel (CONNECT), plain http forwarded. */
export interface Proxy {
  /** Without credentials. */
  url: string
  /** `user:password` in base64, as it travels. */
  auth?: Secret
}

export interface HttpOptions {
  /** `https://host[:port][/prefix]`; checked by `parseBaseUrl`. */
  baseUrl: string
  userAgent: string
  /** Allow `http:` outside loopback. */
  insecureHttp?: boolean
  /** PEM certificates to trust besides the system's. */
  ca?: string
  /** Through which the server is asked; directly without it. */
  proxy?: Proxy | undefined
  /** Limit of one try, connection and whole body included, in ms. Default 15 000. */
  timeoutMs?: number
  /** Largest body accepted, in bytes. Default 4 MiB. */
  maxBytes?: number
  /** Most connections at once. Default 32. */
  connections?: number
  /** For GET, HEAD and OPTIONS only. Default 3 tries, 5 s of waiting. */
  retry?: Retry
  /** Holds requests back; without it they go out as they come. */
  pace?: Pace
  /** Hears of every request that is put on the wire. */
  onRequest?: (sent: Sent) => void
}

export interface HttpRequest {
  method: string
  /** Below the base URL, starting with `/`; segments already percent-encoded. */
  path: string
  query?: Readonly<Record<string, string | number | boolean | undefined>>
  headers?: Readonly<Record<string, string>>
  json?: unknown
  auth?: Auth
  timeoutMs?: number
  maxBytes?: number
  retry?: Retry
  /** How many same-origin redirects a GET follows; writes follow none. Default 3. */
  redirects?: number
  /** Ctrl-C. */
  signal?: AbortSignal
  onRequest?: (sent: Sent) => void
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
const BUSY = new Set([429, 502, 503, 504])
const MOVED = new Set([301, 302, 307, 308])

/** One server's HTTP, over one pool of connections that is opened with the first request. */
export class Http {
  readonly origin: string
  /** Path prefix of the base URL (`/gitea`), or empty. */
  readonly prefix: string
  readonly #options: HttpOptions
  readonly #running = new Set<Promise<unknown>>()
  readonly #pool = memo(() => this.#open())
  #opened: Dispatcher | undefined
  #closing: Promise<void> | undefined

  /** Throws as `parseBaseUrl`. Nothing is opened yet. */
  constructor(options: HttpOptions) {
    const base = parseBaseUrl(options.baseUrl, options.insecureHttp)
    this.origin = base.origin
    this.prefix = base.prefix
    this.#options = options
  }

  /** The base URL, without a slash at its end. */
  get url(): string {
    return this.origin + this.prefix
  }

  /**
   * Asks and reads the whole answer, whatever its status. Safe methods are tried again on 429, 502, 503, 504 and resets,
   * as long as `Retry-After` fits into the policy; a write is sent once. Throws `TransportError` when no usable answer
   * came and `OpsError` `CREDENTIAL_MALFORMED` for a credential that cannot travel in a header, `TOKEN_MALFORMED` for one of
   * kind `token` that no Gitea hands out.
   */
  async request(ask: HttpRequest): Promise<HttpAnswer> {
    const path = ask.path + queryString(ask.query)
    if (this.#closing)
      throw new TransportError('cancelled', false, `${ask.method} ${path} was not sent: the connection is closed.`)
    const run = this.#persist(ask, path)
    this.#running.add(run)
    try {
      return await run
    } finally {
      this.#running.delete(run)
    }
  }

  /** Waits for requests under way, then closes all connections. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#running)
      await this.#opened?.destroy()
    })()
    return this.#closing
  }

  async #persist(ask: HttpRequest, path: string): Promise<HttpAnswer> {
    const policy = SAFE.has(ask.method)
      ? (ask.retry ?? this.#options.retry ?? {attempts: 3, maxWaitMs: 5000})
      : {attempts: 1, maxWaitMs: 0}
    let left = policy.maxWaitMs
    for (let attempt = 1; ; attempt++) {
      const end = await this.#follow(ask, path).catch((error: unknown) => {
        if (error instanceof TransportError && error.kind === 'reset') return error
        throw error
      })
      const answered = end instanceof HttpAnswer
      if (answered && !BUSY.has(end.status)) return end
      const pause = (answered ? retryAfter(end) : undefined) ?? 100 * 2 ** (attempt - 1)
      if (attempt >= policy.attempts || pause > left) {
        if (answered) return end
        throw end
      }
      left -= pause
      await this.#pause(pause, ask, () => {
        throw new TransportError('cancelled', true, `${ask.method} ${path} was interrupted while waiting to try again.`)
      })
    }
  }

  async #pause(ms: number, ask: HttpRequest, interrupted: () => never): Promise<void> {
    const {setTimeout: sleep} = await import('node:timers/promises')
    await sleep(ms, undefined, {signal: ask.signal}).catch(interrupted)
  }

  async #inTurn(ask: HttpRequest, path: string, exchange: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const {pace} = this.#options
    if (!pace) return exchange()
    let answer: HttpAnswer | undefined
    const wait = pace.take()
    try {
      if (wait > 0) {
        await this.#pause(wait, ask, () => {
          throw new TransportError('cancelled', false, `${ask.method} ${path} was not sent: interrupted while waiting.`)
        })
      }
      answer = await exchange()
      return answer
    } finally {
      pace.done(answer?.headers)
    }
  }

  async #follow(ask: HttpRequest, path: string): Promise<HttpAnswer> {
    let target = this.prefix + path
    for (let hops = ask.redirects ?? 3; ; hops--) {
      const answer = await this.#inTurn(ask, path, () => this.#exchange(ask, path, target))
      const location = answer.headers['location']
      if (!MOVED.has(answer.status) || !SAFE.has(ask.method) || hops <= 0 || location === undefined) return answer
      const next = URL.parse(location, this.origin + target)
      if (next?.origin !== this.origin) return answer
      target = next.pathname + next.search
    }
  }

  async #exchange(ask: HttpRequest, path: string, target: string): Promise<HttpAnswer> {
    const headers = this.#headers(ask)
    const body = ask.json === undefined ? null : JSON.stringify(ask.json)
    const timeoutMs = ask.timeoutMs ?? this.#options.timeoutMs ?? 15_000
    const maxBytes = ask.maxBytes ?? this.#options.maxBytes ?? 4 * 1024 * 1024
    const pool = await this.#pool()
    const {proxy} = this.#options
    const way = proxy ? ` through the proxy ${proxy.url}` : ''
    const what = `${ask.method} ${this.origin}${target.split('?')[0]}${way}`
    const sent: Sent = {method: ask.method, path}
    const began = performance.now()

    return new Promise<HttpAnswer>((resolve, reject) => {
      let started = false
      let status = 0
      let size = 0
      let answerHeaders: Record<string, string> = {}
      const chunks: Buffer[] = []
      let stop: (() => void) | undefined
      const deadline = AbortSignal.timeout(timeoutMs)

      const fail = (error: Error) => {
        detach()
        reject(error)
        stop?.()
      }
      const late = () =>
        fail(new TransportError('timeout', started, `${what}: no complete answer within ${timeoutMs / 1000} s.`))
      const cancel = () => fail(new TransportError('cancelled', started, `${what}: interrupted.`))
      const detach = () => {
        deadline.removeEventListener('abort', late)
        ask.signal?.removeEventListener('abort', cancel)
      }
      if (ask.signal?.aborted) return cancel()
      deadline.addEventListener('abort', late)
      ask.signal?.addEventListener('abort', cancel)

      pool.dispatch(
        {method: ask.method, origin: this.origin, path: target, headers, body},
        {
          onRequestStart: (controller) => {
            stop = () => controller.abort(new Error('stopped'))
            if (deadline.aborted || ask.signal?.aborted) return stop()
            started = true
            this.#options.onRequest?.(sent)
            ask.onRequest?.(sent)
          },
          onResponseStart: (_controller, code, incoming) => {
            status = code
            answerHeaders = flat(incoming)
          },
          onResponseData: (_controller, chunk) => {
            size += chunk.length
            if (size > maxBytes)
              fail(
                new TransportError(
                  'too-large',
                  true,
                  `${what}: the answer is larger than ${maxBytes} bytes; the rest was not read.`,
                ),
              )
            else chunks.push(chunk)
          },
          onResponseEnd: () => {
            detach()
            const text = Buffer.concat(chunks).toString('utf8')
            resolve(
              new HttpAnswer({
                method: ask.method,
                path,
                status,
                headers: answerHeaders,
                text,
                ms: performance.now() - began,
              }),
            )
          },
          onResponseError: (_controller, error) => fail(classify(error, what, started, status > 0)),
        },
      )
    })
  }

  #headers(ask: HttpRequest): Record<string, string> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...ask.headers,
    }
    if (ask.json !== undefined) headers['content-type'] = 'application/json'
    if (ask.auth?.kind === 'basic') {
      const pair = Buffer.from(`${ask.auth.user}:${ask.auth.password.reveal()}`).toString('base64')
      remember(pair)
      headers['authorization'] = `Basic ${pair}`
      if (ask.auth.otp) headers['x-gitea-otp'] = headerSafe(ask.auth.otp)
    } else if (ask.auth) {
      if (ask.auth.kind === 'token') refuseMalformed(ask.auth.value)
      headers['authorization'] = `${ask.auth.kind === 'token' ? 'token' : 'Bearer'} ${headerSafe(ask.auth.value)}`
    }
    return headers
  }

  async #open(): Promise<Dispatcher> {
    this.#opened = await this.#dispatcher()
    return this.#opened
  }

  async #dispatcher(): Promise<Dispatcher> {
    const {ca, proxy, connections = 32} = this.#options
    // One protocol to reason about, and Node's HTTP/2 costs start-up time.
    const common = {connections, allowH2: false, headersTimeout: 0, bodyTimeout: 0}
    const tls = {allowH2: false, ...(ca !== undefined && {ca: [...(await trusted()), ca]})}
    if (!proxy) {
      const undici = await import('undici')
      return new undici.Pool(this.origin, {...common, connect: tls})
    }
    const {ProxyAgent} = await import('./http/proxy-agent.ts')
    const token = proxy.auth && {token: `Basic ${proxy.auth.reveal()}`}
    return new ProxyAgent({...common, uri: proxy.url, ...token, requestTls: tls, proxyTls: tls})
  }
}

async function trusted(): Promise<readonly string[]> {
  const tls = await import('node:tls')
  return tls.getCACertificates('default')
}

/**
 * The six-digit code (TOTP, 30 s) that a base32 seed gives at a time in ms since the epoch. Throws `OpsError`
 * `CREDENTIAL_MALFORMED` for a seed that is not base32.
 */
export async function oneTimeCode(seed: Secret, at: number): Promise<Secret> {
  const otpauth = await import('otpauth')
  try {
    const totp = new otpauth.TOTP({secret: otpauth.Secret.fromBase32(seed.reveal().replaceAll(/[\s-]/g, ''))})
    return new Secret(totp.generate({timestamp: at}))
  } catch {
    throw new OpsError('CREDENTIAL_MALFORMED', {case: 'seed'})
  }
}

/** The last door: what no Gitea hands out is sent to none, and no server's word on it is taken for one on a token. */
function refuseMalformed({tokenFlaw}: Secret): void {
  if (tokenFlaw !== undefined) throw new OpsError('TOKEN_MALFORMED', {case: 'sent', flaw: tokenFlaw})
}

function headerSafe(value: Secret): string {
  const text = value.reveal()
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new OpsError('CREDENTIAL_MALFORMED', {case: 'header'})
}

function queryString(query: HttpRequest['query']): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) params.set(name, String(value))
  return params.size === 0 ? '' : `?${params.toString()}`
}
