import {OpsError} from '../errors.ts'
import {type HttpAnswer, TransportError} from '../http.ts'
import {asError, interpret} from '../probe/interpret.ts'
import {excerpt} from '../secret.ts'

/** As much of an administrator's credential as tells why it was refused. */
interface AskingAdmin {
  readonly user: string
  readonly kind: 'password' | 'pat'
  /** Where it was read from, where that is known. */
  readonly source: string | undefined
  /** Whether one-time codes are at hand. */
  readonly hasCodes: boolean
}

const NOT_ADMIN = new Set([
  'doer should be the site admin or be same as the contextUser',
  'user should be the site admin',
])

/** Whether this is an error that Gitea's API itself wrote; see `asError`. */
export function isOwn(answer: HttpAnswer): boolean {
  return asError(answer.json()).own
}

/** `message` of an error in JSON; undefined for anything else (HTML, text). */
export function messageOf(answer: HttpAnswer): string | undefined {
  return asError(answer.json()).message
}

/** Whether this is Gitea's own 404. */
export function isNotFound(answer: HttpAnswer): boolean {
  return answer.status === 404 && isOwn(answer)
}

/** Whether Gitea itself did not accept the credential, before any handler ran. */
export function isOwn401(answer: HttpAnswer): boolean {
  return answer.status === 401 && isOwn(answer)
}

/** A request that changes nothing got no answer, or a write certainly did not leave. */
export function notReached(error: TransportError): OpsError {
  const why = error.message
  if (error.kind === 'cancelled') return new OpsError('INTERRUPTED', {case: 'request', why})
  return new OpsError('GITEA_UNREACHABLE', {why})
}

/** A write that may have happened. `what` says it in words ("minting token x for bob"). */
export function inDoubt(what: string, why: string): OpsError {
  return new OpsError('WRITE_IN_DOUBT', {case: 'gitea', what, why})
}

/** An answer that is not Gitea's, or a server that cannot answer now. */
export function unusable(answer: HttpAnswer): OpsError {
  const elsewhere = answer.contentType === 'text/html' || (answer.status === 404 && !isNotFound(answer))
  const {method, path} = answer
  return new OpsError('GITEA_UNUSABLE', {
    case: elsewhere ? 'elsewhere' : 'answer',
    method,
    path,
    shape: shapeOf(answer),
  })
}

/** What an unexpected answer looks like, without its body. */
export function shapeOf(answer: HttpAnswer): string {
  if (answer.status === 429) return 'too many requests (429)'
  if (answer.contentType === 'text/html') return `an HTML page (${answer.status}), not the API`
  const message = messageOf(answer)
  if (message !== undefined) return `${answer.status} "${excerpt(message, 160)}"`
  return `${answer.status} with ${answer.contentType || 'no content type'}`
}

/** Why the administrator's credential did not open a door; undefined when the answer is about something else. */
export function adminRefusal(answer: HttpAnswer, admin: AskingAdmin): OpsError | undefined {
  const message = messageOf(answer)
  const {user, source} = admin
  if (message === undefined) return undefined
  if (isOwn401(answer)) return new OpsError('ADMIN_REJECTED', {case: whyRejected(message, admin), user, source})
  if (answer.status !== 403) return undefined
  if ((isOwn(answer) && NOT_ADMIN.has(message)) || message === 'Only administrators allowed to sudo.') {
    return new OpsError('ADMIN_NOT_ADMIN', {user})
  }
  if (isBroader(answer)) return new OpsError('ADMIN_SUBSET', {user})
  const reading = readScopes(answer)
  if (reading.kind === 'denied') {
    return new OpsError('ADMIN_SCOPE', {user, why: reading.reason, required: reading.required})
  }
  return reading.kind === 'blocked'
    ? new OpsError('ADMIN_REJECTED', {case: 'blocked', user, why: reading.reason})
    : undefined
}

/** Whether Gitea itself says that the token has too few scopes for this: it asks for those before any handler runs. */
export function isTooNarrow(answer: HttpAnswer): boolean {
  if (answer.status !== 403) return false
  return isBroader(answer) || readScopes(answer).kind === 'denied'
}

function isBroader(answer: HttpAnswer): boolean {
  const told = /broader scope than the authenticating token|the authenticating token has no scope/
  return isOwn(answer) && told.test(messageOf(answer) ?? '')
}

function readScopes(answer: HttpAnswer): ReturnType<typeof interpret> {
  return interpret({status: 403, contentType: answer.contentType, body: answer.json(), requests: 1})
}

/** A server that mints and deletes tokens for no token, told before anything is sent; see `mintsWithToken`. */
export function wantsPassword(server: string, {user, source}: AskingAdmin): OpsError {
  return new OpsError('ADMIN_REJECTED', {case: 'tokens', server, user, source})
}

function whyRejected(message: string, {kind, hasCodes}: AskingAdmin) {
  if (message === 'auth required' || message === 'token is required') return 'basic'
  if (message === 'auth method not allowed') return 'method'
  if (message.startsWith('user is not allowed login')) return 'account'
  // A dead token is tried as a password, so these texts speak of passwords and codes (gitea 1.22: services/auth/basic.go).
  if (kind === 'pat') return 'pat'
  if (/webauthn/i.test(message)) return 'webauthn'
  if (message === 'invalid provided OTP') return hasCodes ? 'code' : 'no-code'
  if (message.startsWith("user's password")) return 'password'
  if (message.startsWith('user does not exist')) return 'user'
  return hasCodes ? 'any-with-code' : 'any'
}
