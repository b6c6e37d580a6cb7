import {actorNamed, actorOf} from '../credential.ts'
import {isRecord} from '../shape.ts'
import type {Actor} from '../types.ts'
import type {LogLine} from './types.ts'

const METHODS = ['method', 'request_method', 'RequestMethod', 'http.request.method']
const URIS = ['uri', 'request_uri', 'RequestPath', 'url', 'path', 'url.original']
const STATUSES = ['status', 'DownstreamStatus', 'OriginStatus', 'status_code', 'http.response.status_code']
const USERS = ['user_id', 'ClientUsername', 'remote_user', 'user', 'user.name']
const AUTHORIZATIONS = ['http_authorization', 'request_Authorization', 'authorization']
/** Under which containers, journals and loggers put the line itself. */
const WRAPPED = ['log', 'MESSAGE', 'message', 'msg', 'line']

/**
 * A line that is a JSON object: an access log of Caddy, Traefik or nginx, or an object around a plain line, which `plain`
 * then reads.
 */
export function jsonLine(text: string, plain: (text: string) => LogLine | undefined): LogLine | undefined {
  const parsed = record(text)
  if (!parsed) return undefined
  const request = isRecord(parsed['request']) ? parsed['request'] : parsed
  const [method, uri] = [first(request, METHODS), first(request, URIS)]
  if (method !== undefined && uri !== undefined && /^[A-Za-z]{3,10}$/.test(method)) {
    const status = Number(first(parsed, STATUSES))
    const known = Number.isInteger(status) && status > 0
    const actor = {...actorNamed(first(parsed, USERS)), ...authorized(parsed, request)}
    return {kind: 'request', method: method.toUpperCase(), uri, status: known ? status : undefined, actor}
  }
  if (typeof parsed['request'] === 'string') return fromRequestLine(parsed['request'], parsed)
  const inner = WRAPPED.map((name) => parsed[name]).find((value) => typeof value === 'string')
  return inner === undefined ? undefined : (plain(inner.trimEnd()) ?? {kind: 'other'})
}

/** nginx's `$request`: method, URI and protocol in one. */
function fromRequestLine(line: string, parsed: Record<string, unknown>): LogLine {
  const [, method, uri] = /^([A-Z]{3,10}) (\S+) HTTP\//.exec(line) ?? []
  if (method === undefined || uri === undefined) return {kind: 'other'}
  const status = Number(first(parsed, STATUSES))
  const actor = {...actorNamed(first(parsed, USERS)), ...authorized(parsed, parsed)}
  return {kind: 'request', method, uri, status: Number.isInteger(status) && status > 0 ? status : undefined, actor}
}

function authorized(parsed: Record<string, unknown>, request: Record<string, unknown>): Actor {
  const headers = isRecord(request['headers']) ? request['headers'] : {}
  const sent = headers['Authorization'] ?? headers['authorization']
  const value: unknown = Array.isArray(sent) ? sent[0] : (sent ?? first(parsed, AUTHORIZATIONS))
  return typeof value === 'string' ? actorOf(value) : {}
}

function first(from: Record<string, unknown>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = from[name]
    if (typeof value === 'string') return value
    if (typeof value === 'number') return String(value)
  }
  return undefined
}

function record(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}
