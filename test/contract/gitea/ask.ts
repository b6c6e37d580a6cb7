import {Agent, request} from 'undici'

/** One answer, with the body both as text and, where it is JSON, parsed. */
export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json: unknown
}

/** A request as the wire sees it. At most one of `token`, `bearer`, `basic` and `authorization` is set. */
export interface Asking {
  token?: string
  bearer?: string
  basic?: readonly [user: string, password: string]
  authorization?: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is, without a content type of its own. */
  raw?: string
}

/** What hangs is given up after this, whatever runs beside the server. */
const LIMIT_MS = 300_000

const pool = new Agent({connections: 6, headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS})

/** Sends one request and follows nothing. Localised answers are asked for in English. */
export async function ask(base: string, method: string, path: string, asking: Asking = {}): Promise<Reply> {
  const headers: Record<string, string> = {'accept-language': 'en-US', ...credential(asking), ...asking.headers}
  if (asking.json !== undefined) headers['content-type'] ??= 'application/json'
  const body = asking.json === undefined ? asking.raw : JSON.stringify(asking.json)
  const reply = await request(base + path, {method, headers, ...(body === undefined ? {} : {body}), dispatcher: pool})
  const text = await reply.body.text()
  return {status: reply.statusCode, headers: reply.headers, text, json: parsed(text)}
}

/** The `message` of an error body, or an empty string. */
export function messageOf(reply: Reply): string {
  const {json} = reply
  if (typeof json !== 'object' || json === null || !('message' in json)) return ''
  return String(json.message)
}

/** Runs `act` on every item, at most `width` at a time, and keeps the order of the items. */
export async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>, width = 6): Promise<R[]> {
  const results = new Map<number, R>()
  const queue = items.entries()
  const worker = async () => {
    for (const [at, item] of queue) results.set(at, await act(item))
  }
  await Promise.all(Array.from({length: width}, worker))
  return [...results.entries()].toSorted(([a], [b]) => a - b).map(([, result]) => result)
}

function credential({token, bearer, basic, authorization}: Asking): Record<string, string> {
  if (token !== undefined) return {authorization: `token ${token}`}
  if (bearer !== undefined) return {authorization: `Bearer ${bearer}`}
  if (basic !== undefined) return {authorization: `Basic ${Buffer.from(basic.join(':')).toString('base64')}`}
  return authorization === undefined ? {} : {authorization}
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
