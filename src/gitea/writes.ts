import type {HttpAnswer, AnswerForm, WriteContract} from '../http.ts'
import {isOwn, messageOf} from './meaning.ts'

/**
 * What Gitea documents of each write that patrol sends (gitea 1.20 to 1.27: routers/api/v1 and its tests; the same on
 * Forgejo). All refusals but those of `BEFORE` are errors in Gitea's own form, and by them nothing was done; its 5xx are
 * none, for a handler can fail after its first change.
 */

/** The errors that Gitea writes without the address of its API description: all come before any handler (services/context). */
const BARE_403 =
  /^This account is not activated\.$|^This account is prohibited from signing in|^You must change your password\. Change it at: |^This Forgejo instance requires users to enable two-factor authentication|^Only administrators allowed to sudo\.$/

/** What any route answers before its handler: a rejected credential, an account's state, a renamed user or repository. */
const BEFORE: readonly AnswerForm[] = [
  {status: 401, fits: isOwn},
  {status: 403, fits: (answer) => BARE_403.test(bareMessage(answer))},
  {status: 301, fits: isRename},
  {status: 307, fits: isRename},
]

/**
 * `POST /users/{u}/tokens`: bad or no scope 400; subset rule 403; no such user 404; body 422 (user/app.go). A name that is
 * taken (400) is no refusal: each mint makes up its own, so the request came twice and was carried out the first time.
 */
export const MINT = contract(201, [400, 403, 404, 422], isNameTaken)

/** `DELETE /users/{u}/tokens/{id}`: no such token of this user 404 (user/app.go). */
export const DELETE_TOKEN = contract(204, [403, 404, 422])

/** `POST /admin/users`: password policy 400; name or e-mail taken, reserved or malformed 422 (admin/user.go). */
export const CREATE_USER = contract(201, [400, 403, 422])

/** `PUT /repos/{o}/{r}/collaborators/{u}`: not an owner, or blocked 403; archived 423; no such user 422 (repo/collaborators.go). */
export const ADD_COLLABORATOR = contract(204, [403, 404, 422, 423])

/** `PUT /teams/{id}/members/{u}`: no owner of the organisation, or blocked 403 (org/team.go). */
export const ADD_TEAM_MEMBER = contract(204, [403, 404])

function contract(
  done: number,
  refusals: readonly number[],
  tellsOfAnother: (answer: HttpAnswer) => boolean = () => false,
): WriteContract {
  const fits = (answer: HttpAnswer): boolean => isOwn(answer) && !tellsOfAnother(answer)
  return {
    accepted: [{status: done, fits: ({isJson}) => done === 204 || isJson}],
    refused: [...BEFORE, ...refusals.map((status): AnswerForm => ({status, fits}))],
  }
}

function isNameTaken(answer: HttpAnswer): boolean {
  return answer.status === 400 && messageOf(answer) === 'access token name has been used already'
}

function bareMessage(answer: HttpAnswer): string {
  const body = answer.json()
  const bare = typeof body === 'object' && body !== null && 'message' in body && Object.keys(body).length === 1
  return bare && typeof body.message === 'string' ? body.message : ''
}

/** A path below a user or repository, behind whatever prefix Gitea knows of, without a host. */
const NAMED = /^(?:\/[^/?#]+)*\/api\/v1\/(?:users\/([^/?#]+)|repos\/([^/?#]+\/[^/?#]+))(\/[^?#]*)$/

/**
 * The same path under another name (gitea 1.22: RedirectToUser 307; of a repository 301 from 1.23.7). One to the same name
 * is not Gitea's, nor one that only quotes the path: a check of cookies, a moved prefix, a login; it may come after the effect.
 */
function isRename({path, headers}: HttpAnswer): boolean {
  const [, ...from] = NAMED.exec(path) ?? []
  const [, ...to] = NAMED.exec(headers['location'] ?? '') ?? []
  const [sameUser, sameRepo, sameRest] = from.map((part, index) => plain(part) === plain(to[index]))
  return sameRest === true && sameUser !== sameRepo
}

/** A name as Gitea compares it; what is no name is equal to itself. */
function plain(name: string | undefined): string | undefined {
  try {
    return name === undefined ? undefined : decodeURIComponent(name).toLowerCase()
  } catch {
    return name
  }
}
