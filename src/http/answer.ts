import {excerpt} from '../secret.ts'
import {harmless, inStrings} from '../visible.ts'
import {parseJson} from './json.ts'

/** What went wrong between us and the server. */
export type TransportKind =
  | 'unreachable'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'reset'
  | 'truncated'
  | 'too-large'
  | 'cancelled'

/** No usable answer came. `sent` says whether the server may have acted; false means that it certainly did not. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly kind: TransportKind
  readonly sent: boolean

  constructor(kind: TransportKind, sent: boolean, message: string) {
    super(message)
    this.kind = kind
    this.sent = sent
  }
}

/** An HTTP answer, read to its end. */
export class HttpAnswer {
  readonly method: string
  /** As asked for: below the base URL, with the query. */
  readonly path: string
  readonly status: number
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** From sending to the last byte, in ms. */
  readonly ms: number
  #raw: {value: unknown} | undefined
  #parsed: {value: unknown} | undefined

  constructor(from: {
    method: string
    path: string
    status: number
    headers: Record<string, string>
    text: string
    ms: number
  }) {
    this.method = from.method
    this.path = from.path
    this.status = from.status
    this.headers = from.headers
    this.text = from.text
    this.ms = from.ms
  }

  /** Media type in lower case without parameters; empty when the server named none. */
  get contentType(): string {
    return excerpt((this.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase(), 80)
  }

  /** Whether the server says it is JSON and it is. */
  get isJson(): boolean {
    return this.raw() !== undefined
  }

  /**
   * The parsed body; undefined unless `isJson`. Its texts are harmless: what a terminal would obey, and every line break,
   * is written out, so that none of them can deceive wherever it is shown.
   */
  json(): unknown {
    this.#parsed ??= {value: inStrings(this.raw(), harmless)}
    return this.#parsed.value
  }

  /** The same of a body that the server does not call JSON. */
  asJson(): unknown {
    return inStrings(parsed(this.text), harmless)
  }

  /** The same with its texts as they came: for what is kept or parsed, never shown. */
  raw(): unknown {
    this.#raw ??= {value: this.contentType.endsWith('json') ? parsed(this.text) : undefined}
    return this.#raw.value
  }

  /** The server's clock (`Date` header) in ms since the epoch. */
  get date(): number | undefined {
    const time = Date.parse(this.headers['date'] ?? '')
    return Number.isNaN(time) ? undefined : time
  }
}

/** Node's header object with one harmless string per name. */
export function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), harmless(Array.isArray(value) ? value.join(', ') : value)]],
    ),
  )
}

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** What the server asks us to wait, in ms; undefined when it does not say. */
export function retryAfter(answer: HttpAnswer): number | undefined {
  const value = answer.headers['retry-after'] ?? ''
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

/** How undici tells that a proxy answered in the server's place. */
const PROXY = /^Proxy (?:response|Authentication Required) \((\d+)\)/
const TLS =
  /^(?:UND_ERR_PRX_TLS|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|INVALID_CA|EPROTO)/
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
])

/** What a socket's error means. `started`: the request was on the wire; `answering`: its headers had come back. */
export function classify(error: Error, what: string, started: boolean, answering: boolean): Error {
  const code = codeOf(error)
  const [, refusal] = PROXY.exec(error.message) ?? []
  if (refusal !== undefined) {
    const why = refusal === '407' ? 'it wants other credentials, or some' : 'it does not connect to that server'
    return new TransportError('unreachable', false, `${what}: the proxy refuses (${refusal}): ${why}.`)
  }
  if (code === 'UND_ERR_INVALID_ARG') return error
  if (code === 'ENOTFOUND' || code.startsWith('EAI_'))
    return new TransportError('dns', false, `${what}: the host name cannot be resolved (${code}).`)
  if (TLS.test(code)) return new TransportError('tls', started, `${what}: no trusted TLS connection (${code}).`)
  if (UNREACHABLE.has(code))
    return new TransportError('unreachable', started, `${what}: nothing answers there (${code}).`)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT')
    return new TransportError('timeout', started, `${what}: no connection in time (${code}).`)
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new TransportError('too-large', started, `${what}: the headers are too large.`)
  if (answering) return new TransportError('truncated', true, `${what}: the answer broke off in the middle (${code}).`)
  return new TransportError('reset', started, `${what}: the connection broke before an answer came (${code}).`)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? error.name : codeOf(error.cause)
}
