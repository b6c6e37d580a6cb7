import {orElse} from '../errors.ts'
import type {HttpAnswer, Http} from '../http.ts'
import {TransportError} from '../http.ts'
import {repoPath} from '../probe/access.ts'
import {interpret} from '../probe/interpret.ts'
import type {Secret} from '../secret.ts'
import type {ListedIssue, Listing, RepoLists, WorkQuery} from '../smoke/ports.ts'
import {hasLabel} from './issues.ts'
import {GiteaLine} from './line.ts'
import {isOwn, shapeOf} from './meaning.ts'

/** The list calls of an agent, made with the agent's own token. Nothing is thrown for an answer, whatever it is. */
export class AgentLists implements RepoLists {
  readonly #line: GiteaLine

  constructor(http: Http, signal?: AbortSignal) {
    this.#line = new GiteaLine(http, undefined, signal)
  }

  async issues(token: Secret, repo: string, query: WorkQuery): Promise<Listing<ListedIssue>> {
    const {readItems} = await import('./shapes.ts')
    return this.#list(token, `${repoPath(repo)}/issues`, query, (body) =>
      readItems(body)?.map(({number, labels, pull_request}) => ({
        number,
        labels: (labels ?? []).map(({name}) => name),
        isPull: Boolean(pull_request),
      })),
    )
  }

  async pulls(token: Secret, repo: string): Promise<Listing<{number: number}>> {
    const {readItems} = await import('./shapes.ts')
    const query = {state: 'open', limit: 1}
    return this.#list(token, `${repoPath(repo)}/pulls`, query, (body) => readItems(body)?.map(({number}) => ({number})))
  }

  async label(token: Secret, repo: string, name: string): Promise<'exists' | 'absent' | 'unknown'> {
    const has = await hasLabel(this.#line, repo, name, token).catch(orElse(() => undefined, 'unavailable'))
    return has === undefined ? 'unknown' : has ? 'exists' : 'absent'
  }

  async #list<T>(
    token: Secret,
    path: string,
    query: WorkQuery,
    rowsOf: (body: unknown) => T[] | undefined,
  ): Promise<Listing<T>> {
    let answer: HttpAnswer
    try {
      answer = await this.#line.send({method: 'GET', path, query, auth: {kind: 'token', value: token}})
    } catch (error) {
      if (error instanceof TransportError) return {kind: 'unknown', reason: error.message}
      throw error
    }
    const items = answer.status === 200 ? rowsOf(answer.json()) : undefined
    return items ? {kind: 'listed', items} : refusal(answer)
  }
}

/** A 404 past the scope gate and a 403 about rights are the user's role; only the gate's own text is the token's scope. */
function refusal(answer: HttpAnswer): Listing<never> {
  const {status, contentType} = answer
  const reading = interpret({status, contentType, body: answer.json(), requests: 1})
  if (reading.kind === 'denied') return {kind: 'scope', required: reading.required}
  if (reading.kind === 'rejected') return {kind: 'dead'}
  if (reading.kind === 'passed' && status !== 200) return {kind: 'role', status}
  if (status === 403 && isOwn(answer) && reading.kind === 'unclear') return {kind: 'role', status}
  return {kind: 'unknown', reason: reading.kind === 'unclear' ? reading.reason : shapeOf(answer)}
}
