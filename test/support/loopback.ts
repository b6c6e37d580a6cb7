import {createServer, type IncomingMessage, type RequestListener, type Server} from 'node:http'
import {createServer as createTlsServer} from 'node:https'

/** One request as a test's server got it. */
export interface Got {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** A real server on loopback that a test answers for. Closing it also cuts what hangs on it. */
export interface Loopback extends AsyncDisposable {
  url: string
  got: Got[]
}

/** Starts a server; `answer` is called once the request's body has been read. */
export async function serve(answer: RequestListener, tls?: {key: string; cert: string}): Promise<Loopback> {
  const got: Got[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      got.push({method: request.method ?? '', path: request.url ?? '', headers: request.headers, body})
      answer(request, response)
    })
  }
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    got,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Answers with JSON, as Gitea does. */
export function json(
  response: Parameters<RequestListener>[1],
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {'content-type': 'application/json;charset=utf-8', ...headers})
  response.end(`${JSON.stringify(body)}\n`)
}
