import {createServer, request as ask} from 'node:http'
import type {IncomingMessage, ServerResponse} from 'node:http'
import {setTimeout as pause} from 'node:timers/promises'
import type {Broken, Reply} from './breaks.ts'

const HANG_MS = 300

/** One request of patrol's, on its way. */
export interface Passing {
  method: string
  target: string
  /** Sends it on, once; later calls get the same answer. */
  forward: () => Promise<Reply>
  /** Sends it on once more: what comes of it is the answer of that delivery alone. */
  repeat: () => Promise<Reply>
  /** What patrol was told when it first asked for this; undefined where it never did. */
  first: Reply | undefined
}

/** What becomes of a request; the server's own answer goes back where nothing is returned. */
export type Meddler = (passing: Passing) => Promise<Broken | undefined>

/** Stands in front of one server. */
export interface Proxy {
  url: string
  /** Agents ask through the proxy as well; theirs are passed on unseen. */
  meddle: Meddler
  close(): Promise<void>
}

/** Starts a proxy to `upstream` on loopback; `meddle` decides on each request of patrol's. */
export async function startProxy(upstream: string, meddle: Meddler): Promise<Proxy> {
  const told = new Map<string, Reply>()
  const server = createServer((incoming, outgoing) => {
    void pass(incoming, outgoing).catch(() => outgoing.socket?.resetAndDestroy())
  })
  const proxy: Proxy = {
    url: '',
    meddle,
    close() {
      const {promise, resolve} = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      return promise
    },
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    let answer: Promise<Reply> | undefined
    const repeat = () => send(upstream, incoming, body)
    const forward = () => (answer ??= repeat())
    const {method = 'GET', url: target = '/'} = incoming
    const patrols = incoming.headers['user-agent']?.startsWith('patrol') === true
    const first = told.get(`${method} ${target}`)
    const broken = patrols ? await proxy.meddle({method, target, forward, repeat, first}) : undefined
    const delivered = broken ?? {kind: 'reply', reply: await forward()}
    if (patrols && !broken && !first) told.set(`${method} ${target}`, await forward())
    if (!outgoing.destroyed) await deliver(outgoing, delivered)
  }

  const {promise, resolve} = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  proxy.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
  return proxy
}

async function deliver(outgoing: ServerResponse, broken: Broken): Promise<void> {
  switch (broken.kind) {
    case 'reset':
      outgoing.socket?.resetAndDestroy()
      return
    case 'hang':
      await pause(HANG_MS)
      outgoing.socket?.destroy()
      return
    case 'truncated': {
      const {status, headers, body} = broken.reply
      outgoing.writeHead(status, {...headers, 'content-length': String(Buffer.byteLength(body) + 1)})
      outgoing.write(body.slice(0, Math.ceil(body.length / 2)) || ' ', () => outgoing.socket?.destroy())
      return
    }
    case 'reply': {
      const {status, headers, body} = broken.reply
      const empty = status === 204 || status === 304
      outgoing.writeHead(status, empty ? headers : {...headers, 'content-length': String(Buffer.byteLength(body))})
      outgoing.end(empty ? undefined : body)
    }
  }
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'])

function send(upstream: string, {method, url, headers}: IncomingMessage, body: Buffer): Promise<Reply> {
  const {promise, resolve, reject} = Promise.withResolvers<Reply>()
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))
  // The platform turns away an origin that is not its own address.
  if (passed['origin'] !== undefined) passed['origin'] = upstream
  if (body.length > 0) passed['content-length'] = String(body.length)
  const sent = ask(upstream + (url ?? '/'), {method, headers: passed, agent: false}, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const kept = Object.entries(response.headers).filter(([name]) => !HOP_BY_HOP.has(name))
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
        body: Buffer.concat(chunks).toString(),
      })
    })
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}
