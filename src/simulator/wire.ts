import {channel} from 'node:diagnostics_channel'
import {createServer} from 'node:http'
import type {IncomingHttpHeaders, IncomingMessage, Server, ServerResponse} from 'node:http'
import type {FaultRule, LoggedRequest, Running} from './types.ts'

/** Requests with a longer body are answered 413 and never reach the simulator. */
export const BODY_LIMIT = 1024 * 1024

/** One request, its body already read. */
export interface WireCall {
  method: string
  /** Path and query, percent-encoded as received. */
  target: string
  /** The path alone, still percent-encoded. */
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
  /** Tells the request log whom a valid credential belongs to. */
  identify(user: string): void
}

/** What is told on the channel `patrol.simulator.fault`: that a rule was set, or that it broke a request. */
export interface FaultNews {
  rule: FaultRule
  struck: boolean
}

const news = channel('patrol.simulator.fault')
const tell = (told: FaultNews): void => news.publish(told)

/** A rule that stands, how many requests matched it, and its end. */
interface Fault {
  rule: FaultRule
  seen: number
  removed: PromiseWithResolvers<void>
}

/** What goes back. `Content-Length` is set from the body; an absent body is an empty one. */
export interface WireAnswer {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/** What a simulator gives to `listen`. */
export interface ListenOptions {
  /** Acts and answers. A throw becomes a 500 that says `simulator fault`. */
  answer(call: WireCall): WireAnswer | Promise<WireAnswer>
  /** Puts the simulator's own state back to its seed; log and faults are cleared by the wire. */
  reset(): void
  /** Loopback port; a free one without it. */
  port?: number
  /** Lower-case names of the request headers that the log keeps. Credentials are dropped even when listed. */
  keepHeaders?: readonly string[]
}

const NEVER_LOGGED = /^(?:proxy-)?authorization$|^cookie$|otp$|token$/
const QUERY_CREDENTIAL = /([?&](?:token|access_token)=)[^&#]*/gi

/**
 * Serves HTTP on 127.0.0.1. Every request is logged (on arrival; its status follows) and may be broken by a fault.
 *
 * @throws what `net.Server` emits when the port is taken.
 */
export async function listen(options: ListenOptions): Promise<Running> {
  const requests: LoggedRequest[] = []
  const faults = new Set<Fault>()
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/'
    const method = request.method ?? 'GET'
    const [path, search] = split(target)
    const query = new URLSearchParams(search)
    const entry: LoggedRequest = {
      at: Date.now(),
      method,
      path: target.replace(QUERY_CREDENTIAL, '$1[secret]'),
      auth: credentialKind(request.headers, query),
      user: undefined,
      status: 0,
      acted: undefined,
      otp: request.headers['x-gitea-otp'] !== undefined,
      about: undefined,
      headers: keep(request.headers, options.keepHeaders ?? []),
    }
    requests.push(entry)
    const fault = pick(faults, method, target)
    const identify = (user: string): void => {
      entry.user = user
    }
    const act = async (): Promise<WireAnswer> => {
      const body = await readBody(request)
      if (!body) return tooLarge
      entry.about = nameIn(body)
      const answer = await options.answer({method, target, path, query, headers: request.headers, body, identify})
      entry.acted = answer.status
      return answer
    }
    if (fault) tell({rule: fault.rule, struck: true})
    await (fault ? breakBy(fault, {entry, response, act}) : deliver(entry, response, act))
  }

  const port = await bound(server, options.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    fail(rule) {
      const own = {...rule}
      const fault = {rule: own, seen: 0, removed: Promise.withResolvers<void>()}
      faults.add(fault)
      tell({rule: own, struck: false})
      return () => {
        faults.delete(fault)
        fault.removed.resolve()
      }
    },
    reset() {
      requests.length = 0
      faults.clear()
      options.reset()
    },
    close() {
      const {promise, resolve} = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      return promise
    },
  }
}

/** A JSON answer as both servers write them, ended by a newline. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): WireAnswer {
  const type = {'content-type': 'application/json;charset=utf-8'}
  return {status, headers: {...type, ...headers}, body: `${JSON.stringify(value)}\n`}
}

/** A plain-text answer. */
export function text(status: number, body: string, headers: Record<string, string> = {}): WireAnswer {
  return {status, headers: {'content-type': 'text/plain; charset=utf-8', ...headers}, body}
}

const tooLarge = json(413, {message: 'simulator: request body over 1 MiB'}, {connection: 'close'})

/** Whom a creation is about. */
function nameIn(body: Buffer): string | undefined {
  try {
    const {username, name}: {username?: unknown; name?: unknown} = JSON.parse(body.toString())
    const said = username ?? name
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
}

function split(target: string): [string, string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/** Which kind of credential a request carries, without looking at its value. */
function credentialKind(headers: IncomingHttpHeaders, query: URLSearchParams): LoggedRequest['auth'] {
  if (query.has('token') || query.has('access_token')) return 'query'
  if (headers.authorization === undefined) return 'none'
  const [scheme = '', value, ...rest] = headers.authorization.split(' ')
  const kind = scheme.toLowerCase()
  const known = kind === 'token' || kind === 'bearer' || kind === 'basic'
  return known && value && rest.length === 0 ? kind : 'malformed'
}

function keep(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (value !== undefined && !NEVER_LOGGED.test(name)) kept[name] = String(value)
  }
  return kept
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({destroyOnReturn: false}) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Counts the request for every rule it matches; the first rule that is due breaks it. */
function pick(faults: Set<Fault>, method: string, target: string): Fault | undefined {
  let due: Fault | undefined
  for (const fault of faults) {
    const {rule, seen} = fault
    if (rule.method && rule.method.toUpperCase() !== method) continue
    if (rule.path && target.search(rule.path) < 0) continue
    fault.seen += 1
    const hit = rule.share
      ? draw(rule.share.seed, seen) < rule.share.of
      : rule.nth === undefined || rule.nth === seen + 1
    if (hit) due ??= fault
  }
  return due
}

/** A number from 0 to below 1 for the request with this number: a 32-bit mixing of both. */
function draw(seed: number, number: number): number {
  let mixed = Math.imul(seed ^ Math.imul(number + 1, 0x9e37_79b1), 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

interface Broken {
  entry: LoggedRequest
  response: ServerResponse
  act: () => Promise<WireAnswer>
}

const PAGE = '<!DOCTYPE html>\n<html><head><title>Simulated page</title></head><body>Not the API.</body></html>\n'

/** Acts first wherever the effect belongs to the fault (`hold`, `reset-after`, `answer-after`, `truncate`, `content-type`). */
async function breakBy({rule: fault, removed}: Fault, {entry, response, act}: Broken): Promise<void> {
  const changed = (answer: WireAnswer): WireAnswer => ({...answer, headers: {...answer.headers, ...fault.headers}})
  switch (fault.kind) {
    case 'reset-before':
      response.socket?.resetAndDestroy()
      return
    case 'reset-after':
      entry.status = (await attempt(act)).status
      response.socket?.resetAndDestroy()
      return
    case 'truncate':
      return sendHalf(entry, response, changed(await attempt(act)))
    case 'hold': {
      const answer = changed(await attempt(act))
      await removed.promise
      return send(entry, response, answer)
    }
    case 'hang':
      return
    case 'status':
      return send(entry, response, changed(json(fault.status ?? 500, {message: 'simulated fault'})))
    case 'html': {
      const headers = {'content-type': 'text/html; charset=utf-8'}
      return send(entry, response, changed({status: fault.status ?? 200, headers, body: PAGE}))
    }
    case 'content-type': {
      const answer = await attempt(act)
      const headers = {...answer.headers, 'content-type': 'text/plain; charset=utf-8'}
      return send(entry, response, changed({...answer, headers}))
    }
    case 'answer-after':
      await attempt(act)
      return send(entry, response, changed({status: fault.status ?? 200, body: fault.body ?? ''}))
    case 'answer':
      return send(entry, response, changed({status: fault.status ?? 200, body: fault.body ?? ''}))
    case 'huge':
      return sendForEver(entry, response, fault)
  }
}

async function deliver(entry: LoggedRequest, response: ServerResponse, act: () => Promise<WireAnswer>): Promise<void> {
  send(entry, response, await attempt(act))
}

async function attempt(act: () => Promise<WireAnswer>): Promise<WireAnswer> {
  try {
    return await act()
  } catch (error) {
    return json(500, {message: `simulator fault: ${error instanceof Error ? error.message : String(error)}`})
  }
}

function send(entry: LoggedRequest, response: ServerResponse, answer: WireAnswer): void {
  entry.status = answer.status
  const bodiless = answer.status === 204 || answer.status === 304
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status, {...answer.headers, ...(!bodiless && {'content-length': String(body.length)})})
  response.end(bodiless ? undefined : body)
}

/** Honest `Content-Length`, half of the bytes, then the connection ends. */
function sendHalf(entry: LoggedRequest, response: ServerResponse, answer: WireAnswer): void {
  entry.status = answer.status
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status, {...answer.headers, 'content-length': String(body.length)})
  response.flushHeaders()
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
}

function sendForEver(entry: LoggedRequest, response: ServerResponse, fault: FaultRule): void {
  entry.status = fault.status ?? 200
  response.writeHead(entry.status, {'content-type': 'application/json;charset=utf-8', ...fault.headers})
  response.write('{"message":"')
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk)) continue
  }
  response.on('drain', pour)
  pour()
}

/** Starts listening and tells the port. */
async function bound(server: Server, port: number): Promise<number> {
  const {promise, resolve, reject} = Promise.withResolvers<number>()
  server.once('error', reject)
  server.listen(port, '127.0.0.1', () => {
    server.off('error', reject)
    const address = server.address()
    resolve(address && typeof address === 'object' ? address.port : port)
  })
  return promise
}
