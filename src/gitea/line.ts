import {nothing, OpsError} from '../errors.ts'
import {versionIn} from '../forge.ts'
import {
  type HttpAnswer,
  type HttpRequest,
  type Auth,
  type Http,
  judge,
  TransportError,
  type WriteContract,
} from '../http.ts'
import {excerpt, type Secret} from '../secret.ts'
import type {AdminAuth} from './credential.ts'
import {adminRefusal, inDoubt, isNotFound, isOwn, notReached, shapeOf, unusable} from './meaning.ts'

/** A user's tokens, a repository's labels or its open issues are hundreds at most. */
const MOST_ROWS = 10_000
/** What an administrator may cap a page at before a list of that length takes too many. */
const LEAST_PAGE = 20

/** Gitea's API under one base URL, with what every request needs: language, interruption, credentials, plain errors. */
export class GiteaLine {
  readonly http: Http
  readonly #admin: AdminAuth | undefined
  readonly #signal: AbortSignal | undefined
  readonly #reader: Secret | undefined

  constructor(http: Http, admin: AdminAuth | undefined, signal: AbortSignal | undefined, reader?: Secret) {
    this.http = http
    this.#admin = admin
    this.#signal = signal
    this.#reader = reader
  }

  /** The administrator; throws `OpsError` `ADMIN_MISSING` without one. */
  get admin(): AdminAuth {
    if (this.#admin) return this.#admin
    throw new OpsError('ADMIN_MISSING')
  }

  /** One request below `/api/v1`, as it is: throws only `TransportError`. */
  send(ask: HttpRequest): Promise<HttpAnswer> {
    const headers = {'accept-language': 'en-US', ...ask.headers}
    return this.http.request({...ask, path: `/api/v1${ask.path}`, headers, signal: ask.signal ?? this.#signal})
  }

  /** Reads without any credential; throws only `GITEA_UNREACHABLE`. */
  asStranger(ask: Omit<HttpRequest, 'method' | 'auth'>): Promise<HttpAnswer> {
    return reached(this.send({...ask, method: 'GET'}))
  }

  /**
   * What `GET /version` says: to strangers, or, where they have to sign in, to the reader or the administrator, unless that
   * would cost a one-time code. Nothing is told where it says nothing; `doubt` where it does not answer as a forge does: something before
   * it hides the version, or it is none. Throws `GITEA_UNREACHABLE`, and `GITEA_UNUSABLE` of a server in trouble.
   */
  async version(): Promise<{told?: string | undefined; doubt?: OpsError}> {
    const answer = await this.asStranger({path: '/version'})
    if (answer.status === 403) return {told: await this.#versionToUs()}
    if (answer.status === 429 || answer.status >= 500) throw unusable(answer)
    const body = answer.json()
    if (answer.status === 200 && typeof body === 'object' && body !== null && 'version' in body) {
      return {told: versionIn(body)}
    }
    return {told: answer.status === 401 ? await this.#versionToUs() : undefined, doubt: unusable(answer)}
  }

  /** Whether strangers are turned away from `GET /user` in the API's own words. Throws `GITEA_UNREACHABLE`. */
  async isForge(): Promise<boolean> {
    return isOwn(await this.asStranger({path: '/user'}))
  }

  async #versionToUs(): Promise<string | undefined> {
    const get = (auth: Auth) => this.send({method: 'GET', path: '/version', auth})
    const admin = this.#admin?.hasCodes ? undefined : this.#admin
    const asked = this.#reader ? get({kind: 'token', value: this.#reader}) : admin?.use(get)
    if (!asked) return undefined
    const answer = await reached(asked)
    return answer.status === 200 ? versionIn(answer.json()) : undefined
  }

  /** The version as Forgejo's own API has it; undefined where there is none. Throws `GITEA_UNREACHABLE`. */
  async forgejoVersion(): Promise<string | undefined> {
    const ask = {method: 'GET', path: '/api/forgejo/v1/version', signal: this.#signal}
    const answer = await reached(this.http.request(ask))
    // Forgejo 7 and 11 call it plain text.
    const body = answer.contentType === 'text/plain' ? answer.asJson() : answer.json()
    return answer.status === 200 ? versionIn(body) : undefined
  }

  /** A public repository tells everybody the same, and strangers need no one-time code. */
  async #shownToAll(ask: Omit<HttpRequest, 'method' | 'auth'>): Promise<HttpAnswer | undefined> {
    if (!this.admin.hasCodes || !ask.path.startsWith('/repos/')) return undefined
    const answer = await this.asStranger(ask)
    return answer.status === 200 && answer.isJson ? answer : undefined
  }

  /**
   * Reads with a token, or as the administrator without one. Returns a 200 or Gitea's own 404; throws `OpsError`
   * `GITEA_UNREACHABLE`, `GITEA_UNUSABLE`, `GITEA_UNREADABLE` or one about the administrator's credential.
   */
  async read(ask: Omit<HttpRequest, 'method' | 'auth'>, token?: Secret): Promise<HttpAnswer> {
    const get = (auth: Auth) => this.send({...ask, method: 'GET', auth})
    const shown = token ? undefined : await this.#shownToAll(ask)
    if (shown) return shown
    const answer = await reached(token ? get({kind: 'token', value: token}) : this.admin.use(get))
    if ((answer.status === 200 && answer.isJson) || isNotFound(answer)) return answer
    if (!token) throw adminRefusal(answer, this.admin) ?? unusable(answer)
    if ((answer.status !== 401 && answer.status !== 403) || !isOwn(answer)) throw unusable(answer)
    throw new OpsError('GITEA_UNREADABLE', {case: 'token', path: ask.path, shape: shapeOf(answer)})
  }

  /**
   * Writes as the administrator, once. Returns the success, or the refusal that `contract` documents; throws
   * `GITEA_USER_RENAMED` or one about the administrator's credential where that is the refusal, `WRITE_IN_DOUBT` for any other
   * answer, `GITEA_UNREACHABLE` when nothing was sent.
   */
  async write(ask: HttpRequest, what: string, contract: WriteContract): Promise<HttpAnswer> {
    let answer: HttpAnswer
    try {
      answer = await this.admin.use((auth) => this.send({...ask, auth}))
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      if (error.sent) throw inDoubt(what, `no usable answer came (${error.message})`)
      throw notReached(error)
    }
    const verdict = judge(answer, contract)
    if (verdict === 'doubt') throw inDoubt(what, `the answer was ${shapeOf(answer)}.`)
    if (verdict === 'accepted') return answer
    const refusal = answer.status < 400 ? renamed(answer) : adminRefusal(answer, this.admin)
    if (refusal) throw refusal.leaves ? refusal : refusal.with({state: nothing('done by this request')})
    return answer
  }

  /** Rows of one answer. */
  async page<Row>(
    ask: Omit<HttpRequest, 'method' | 'auth'>,
    rowsOf: (body: unknown) => Row[] | undefined,
    token?: Secret,
  ): Promise<Row[]> {
    const answer = await this.read(ask, token)
    const rows = answer.status === 200 ? rowsOf(answer.json()) : undefined
    if (!rows) throw unlisted(answer)
    return rows
  }

  /**
   * Rows of a paged list, until the total that the server states is reached or a page brings nothing new. A list that ends
   * short of that total is not whole, and throws `GITEA_UNUSABLE`; so does one of fewer than `least` rows that states none.
   * Throws as `read`, and `LIST_ENDLESS` beyond `most` rows, or where so many pages bring a row or two each.
   */
  async all<Row>(
    ask: Omit<HttpRequest, 'method' | 'auth'>,
    rowsOf: (body: unknown) => Row[] | undefined,
    keyOf: (row: Row) => string | number,
    {token, most = MOST_ROWS, least = 0}: {token?: Secret | undefined; most?: number; least?: number} = {},
  ): Promise<Row[]> {
    const seen = new Map<string | number, Row>()
    let stated: number | undefined
    for (let page = 1; seen.size <= most && page <= most / LEAST_PAGE; page++) {
      const answer = await this.read({...ask, query: {...ask.query, page, limit: 50}}, token)
      const rows = answer.status === 200 ? rowsOf(answer.json()) : undefined
      if (!rows) throw unlisted(answer)
      const before = seen.size
      for (const row of rows) seen.set(keyOf(row), row)
      const total = totalOf(answer)
      // A row that was deleted while we read moves another one to a page that was read: it lowers the total, and hides that.
      if (total !== undefined) stated = Math.max(total, stated ?? 0)
      if (seen.size !== before && seen.size !== total) continue
      if (seen.size < (stated ?? least)) {
        throw new OpsError('GITEA_UNUSABLE', {case: 'part', path: answer.path, rows: seen.size, total: stated})
      }
      return [...seen.values()]
    }
    const read = seen.size > most ? `${most} rows` : `${most / LEAST_PAGE} pages`
    throw new OpsError('LIST_ENDLESS', {path: ask.path, most: read})
  }
}

/** What a server says of the whole list; a lower number than its rows, or none at all, says nothing. */
function totalOf(answer: HttpAnswer): number | undefined {
  const text = (answer.headers['x-total-count'] ?? '').trim()
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

async function reached(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof TransportError ? notReached(error) : error
  }
}

/** A redirect of a write to the same path under another name. Nothing was followed. */
function renamed(answer: HttpAnswer): OpsError {
  const from = nameIn(answer.path)
  const to = nameIn(answer.headers['location'] ?? '')
  if (from === undefined || to === undefined) return unusable(answer)
  return new OpsError('GITEA_USER_RENAMED', {from, to})
}

function nameIn(path: string): string | undefined {
  const name = /\/api\/v1\/users\/([^/?]+)/.exec(path)?.[1]
  try {
    return name === undefined ? undefined : excerpt(decodeURIComponent(name), 100)
  } catch {
    return undefined
  }
}

function unlisted(answer: HttpAnswer): OpsError {
  if (answer.status !== 404) return unusable(answer)
  const user = nameIn(answer.path)
  if (user !== undefined) return new OpsError('GITEA_USER_UNKNOWN', {case: 'list', user})
  return new OpsError('GITEA_UNREADABLE', {case: 'list', path: answer.path})
}
