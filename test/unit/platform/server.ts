import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import {Http} from '../../../src/http.ts'
import {PlatformClient, type PlatformClientOptions} from '../../../src/platform/client.ts'
import {Secret} from '../../../src/secret.ts'

export const ID = '11111111-1111-4111-8111-111111111111'
export const OTHER = '22222222-2222-4222-8222-222222222222'
export const ORG = '99999999-9999-4999-8999-999999999999'
export const TOKEN = 'not-a-real-platform-token-0001'

/** One request as the server got it. */
export interface Got {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** What to answer: a status and a JSON body, or whatever a function does with the response. */
export type Reply =
  | {status?: number; json?: unknown; headers?: Record<string, string>; text?: string}
  | ((response: ServerResponse) => void)

export interface Bench extends AsyncDisposable {
  client: PlatformClient
  got: Got[]
  /** Milliseconds that the client would have slept. */
  pauses: number[]
  url: string
}

/**
 * A loopback server that gives `replies` in order (the last one for ever), and a client that talks to it. A map gives
 * the replies by path instead.
 */
export async function bench(
  replies: readonly Reply[] | Record<string, Reply>,
  options: Pick<PlatformClientOptions, 'orgId' | 'signal' | 'self'> = {},
): Promise<Bench> {
  const got: Got[] = []
  const pauses: number[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const path = request.url ?? ''
      got.push({method: request.method ?? '', path, headers: request.headers, body: Buffer.concat(chunks).toString()})
      const reply = isList(replies)
        ? replies[Math.min(got.length, replies.length) - 1]
        : replies[path.split('?')[0] ?? '']
      give(response, reply ?? {status: 404, text: '404 page not found', headers: {'content-type': 'text/plain'}})
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const http = new Http({baseUrl: url, userAgent: 'patrol-test'})
  const clock = {
    now: () => Date.parse('2026-11-22T12:00:00Z'),
    sleep: async (ms: number) => {
      pauses.push(ms)
    },
  }
  return {
    client: new PlatformClient({http, token: new Secret(TOKEN), clock, ...options}),
    got,
    pauses,
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await http.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function isList(replies: readonly Reply[] | Record<string, Reply>): replies is readonly Reply[] {
  return Array.isArray(replies)
}

function give(response: ServerResponse, reply: Reply): void {
  if (typeof reply === 'function') {
    reply(response)
    return
  }
  const {status = 200, json, headers = {}, text = ''} = reply
  const type = json === undefined ? {} : {'content-type': 'application/json; charset=utf-8'}
  response.writeHead(status, {...type, ...headers})
  response.end(json === undefined ? text : JSON.stringify(json))
}

export const html: Reply = {headers: {'content-type': 'text/html'}, text: '<!DOCTYPE html><title>Canvas</title>'}

/** The connection breaks before anything is answered. */
export function reset(response: ServerResponse): void {
  response.socket?.destroy()
}

/** A row as the June release gives it. */
export function row(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: ID,
    name: 'agent-dev-a',
    status: 'online',
    runtime: 'claude-code',
    parent_id: null,
    active_tasks: 0,
    uptime_seconds: 90,
    url: 'http://agent.example.test',
    ...fields,
  }
}
