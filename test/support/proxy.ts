import {createServer, request as ask, type IncomingMessage, type Server} from 'node:http'
import {createServer as createTlsServer} from 'node:https'
import {connect} from 'node:net'
import type {Duplex} from 'node:stream'
import type {Certificate} from './certificate.ts'

/** What a proxy was asked for: `CONNECT host:port`, or `GET http://host/path`. */
export interface Passed {
  line: string
  authorization: string | undefined
}

/** A real HTTP proxy on loopback. */
export interface LoopbackProxy extends AsyncDisposable {
  url: string
  passed: Passed[]
}

/** How it behaves; without anything it lets all through. */
export interface ProxyOptions {
  /** `user:password` that it wants; without them it answers 407. */
  credentials?: string
  /** Refuses all with this status. */
  refuses?: number
  tls?: Certificate
  /** Plain http to these origins goes to others: names that only the proxy can resolve. */
  leads?: Readonly<Record<string, string>>
}

/** Starts one. */
export async function startProxy({credentials, refuses, tls, leads = {}}: ProxyOptions = {}): Promise<LoopbackProxy> {
  const passed: Passed[] = []
  const tunnels: Duplex[] = []
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const judge = ({method, url, headers}: IncomingMessage): number | undefined => {
    passed.push({line: `${method} ${url}`, authorization: headers['proxy-authorization']})
    return refuses ?? (wanted === undefined || headers['proxy-authorization'] === wanted ? undefined : 407)
  }
  const server: Server = tls ? createTlsServer(tls) : createServer()
  server.on('request', (request, response) => {
    const refusal = judge(request)
    if (refusal !== undefined) {
      response.writeHead(refusal, {'content-type': 'text/html'}).end('<p>no</p>')
      return
    }
    const {'proxy-authorization': _, ...headers} = request.headers
    const {method, url = ''} = request
    const {origin} = new URL(url)
    const onward = ask(url.replace(origin, leads[origin] ?? origin), {method, headers}, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  server.on('connect', (request, socket) => {
    const refusal = judge(request)
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`)
      return
    }
    const [host, port] = request.url!.split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    tunnels.push(socket, onward)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    passed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      for (const socket of tunnels) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
