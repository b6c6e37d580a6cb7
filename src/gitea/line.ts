import {OpsError} from '../errors.ts'
import {type Answer, type Ask, type Auth, type Http, TransportError} from '../http.ts'
import type {Secret} from '../secret.ts'
import type {AdminAuth} from './credential.ts'
import {adminRefusal, inDoubt, isNotFound, notReached, shapeOf, unusable} from './meaning.ts'

/** Gitea's API under one base URL, with what every request needs: language, interruption, credentials, plain errors. */
export class Line {
  readonly http: Http
  readonly #admin: AdminAuth | undefined
  readonly #signal: AbortSignal | undefined

  constructor(http: Http, admin: AdminAuth | undefined, signal: AbortSignal | undefined) {
    this.http = http
    this.#admin = admin
    this.#signal = signal
  }

  /** The administrator; throws `OpsError` `ADMIN_MISSING` without one. */
  get admin(): AdminAuth {
    if (this.#admin) return this.#admin
    throw new OpsError('ADMIN_MISSING', 'This needs an administrator credential of Gitea, and none is configured.', {
      suggestions: ['patrol init', 'patrol config check'],
      ref: 'docs/runbooks/admin-credential-rejected.md',
    })
  }

  /** One request below `/api/v1`, as it is: throws only `TransportError`. */
  send(ask: Ask): Promise<Answer> {
    const headers = {'accept-language': 'en-US', ...ask.headers}
    return this.http.request({...ask, path: `/api/v1${ask.path}`, headers, signal: ask.signal ?? this.#signal})
  }

  /**
   * Reads with a token, or as the administrator without one. Returns a 200 or Gitea's own 404; throws `OpsError`
   * `GITEA_UNREACHABLE`, `GITEA_UNUSABLE`, `GITEA_UNREADABLE` or one about the administrator's credential.
   */
  async read(ask: Omit<Ask, 'method' | 'auth'>, token?: Secret): Promise<Answer> {
    const get = (auth: Auth) => this.send({...ask, method: 'GET', auth})
    const answer = await reached(token ? get({kind: 'token', value: token}) : this.admin.use(get))
    if ((answer.status === 200 && answer.isJson) || isNotFound(answer)) return answer
    if (!token) throw adminRefusal(answer, this.admin) ?? unusable(answer)
    if (answer.status !== 401 && answer.status !== 403) throw unusable(answer)
    throw new OpsError('GITEA_UNREADABLE', `GET ${ask.path}: the token may not read this (${shapeOf(answer)}).`, {
      suggestions: ['patrol probe'],
      ref: 'docs/runbooks/token-scope-gap.md',
    })
  }

  /**
   * Writes as the administrator, once. Returns the answer when it tells what happened: a success, or a 4xx in Gitea's own
   * form; throws `WRITE_IN_DOUBT` when the write may have happened, and what `read` throws when it certainly has not.
   */
  async write(ask: Ask, what: string): Promise<Answer> {
    let answer: Answer
    try {
      answer = await this.admin.use((auth) => this.send({...ask, auth}))
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      if (error.sent) throw inDoubt(what, `no usable answer came (${error.message})`)
      throw notReached(error)
    }
    const refusal = adminRefusal(answer, this.admin)
    if (refusal) throw refusal
    if (answer.status === 201 || answer.status === 204) return answer
    if (answer.status >= 300 && answer.status < 400) throw renamed(answer)
    if (answer.status === 429) throw unusable(answer)
    if (answer.status >= 400 && answer.status < 500 && answer.isJson) return answer
    throw inDoubt(what, `the answer was ${shapeOf(answer)}.`)
  }

  /** Rows of a paged list, until the total that the server states is reached or a page brings nothing new. */
  async all<Row>(
    ask: Omit<Ask, 'method' | 'auth'>,
    rowsOf: (body: unknown) => Row[] | undefined,
    keyOf: (row: Row) => string | number,
    token?: Secret,
  ): Promise<Row[]> {
    const seen = new Map<string | number, Row>()
    for (let page = 1; ; page++) {
      const answer = await this.read({...ask, query: {...ask.query, page, limit: 50}}, token)
      const rows = answer.status === 200 ? rowsOf(answer.json()) : undefined
      if (!rows) throw unlisted(answer)
      const before = seen.size
      for (const row of rows) seen.set(keyOf(row), row)
      const total = Number(answer.headers['x-total-count'] ?? Number.NaN)
      if (seen.size === before || seen.size >= total) return [...seen.values()]
    }
  }
}

async function reached(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof TransportError ? notReached(error) : error
  }
}

/** A redirect of a write: the user has another name (gitea 1.22: 307 with a relative Location). Nothing was followed. */
function renamed(answer: Answer): OpsError {
  const from = nameIn(answer.path)
  const to = nameIn(answer.headers['location'] ?? '')
  if (from === undefined || to === undefined) return unusable(answer)
  return new OpsError('GITEA_USER_RENAMED', `The Gitea user ${from} is called ${to} now. Nothing was changed.`, {
    suggestions: [`put ${to} into patrol.yaml`],
  })
}

function nameIn(path: string): string | undefined {
  const name = /\/api\/v1\/users\/([^/?]+)/.exec(path)?.[1]
  return name === undefined ? undefined : decodeURIComponent(name)
}

function unlisted(answer: Answer): OpsError {
  if (answer.status !== 404) return unusable(answer)
  const user = nameIn(answer.path)
  if (user !== undefined) return new OpsError('GITEA_USER_UNKNOWN', `Gitea has no user ${user}. Nothing was changed.`)
  return new OpsError(
    'GITEA_UNREADABLE',
    `GET ${answer.path}: not found, switched off, or not visible to this credential.`,
  )
}
