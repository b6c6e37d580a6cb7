import {proxyOf} from '../config.ts'
import type {Http} from '../http.ts'
import type {Edges} from './edges.ts'

/** The connections of a run. */
export class RunWire {
  readonly #edges: Edges
  readonly #open: Http[] = []
  #requests = 0

  constructor(edges: Edges) {
    this.#edges = edges
  }

  /** How many requests were put on it, to all servers. */
  get requests(): number {
    return this.#requests
  }

  /** To one server; its certificate is read now. */
  async to(baseUrl: string, settings: {ca: string | undefined; insecureHttp: boolean} | undefined): Promise<Http> {
    const {Http, Pace} = await import('../http.ts')
    const {readFile} = await import('node:fs/promises')
    const ca = settings?.ca === undefined ? {} : {ca: await readFile(settings.ca, 'utf8')}
    const {version, pace, insecureHttp} = this.#edges
    const http = new Http({
      baseUrl,
      proxy: await proxyOf(baseUrl),
      userAgent: `patrol/${version}`,
      insecureHttp: insecureHttp || (settings?.insecureHttp ?? false),
      ...ca,
      ...(pace && {pace: new Pace(pace.rps)}),
      onRequest: () => this.#requests++,
    })
    this.#open.push(http)
    return http
  }

  async close(): Promise<void> {
    for (const http of this.#open.toReversed()) await http.close()
  }
}
