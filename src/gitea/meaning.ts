import {OpsError} from '../errors.ts'
import {type Answer, TransportError} from '../http.ts'
import {asError, interpret} from '../probe/interpret.ts'
import {excerpt} from '../secret.ts'
import type {AdminAuth} from './credential.ts'

const REJECTED = 'docs/runbooks/admin-credential-rejected.md'
const UNREACHABLE = 'docs/runbooks/platform-unreachable.md'
const NOT_ADMIN = new Set([
  'doer should be the site admin or be same as the contextUser',
  'user should be the site admin',
])

/** Whether this is an error that Gitea's API itself wrote; see `asError`. */
export function isOwn(answer: Answer): boolean {
  return asError(answer.json()).own
}

/** `message` of an error in JSON; undefined for anything else (HTML, text). */
export function messageOf(answer: Answer): string | undefined {
  return asError(answer.json()).message
}

/** Whether this is Gitea's own 404. */
export function isNotFound(answer: Answer): boolean {
  return answer.status === 404 && isOwn(answer)
}

/** Whether Gitea itself did not accept the credential, before any handler ran. */
export function isOwn401(answer: Answer): boolean {
  return answer.status === 401 && isOwn(answer)
}

/** A request that changes nothing got no answer, or a write certainly did not leave. */
export function notReached(error: TransportError): OpsError {
  if (error.kind === 'cancelled') return new OpsError('INTERRUPTED', error.message)
  return new OpsError('GITEA_UNREACHABLE', error.message, {
    suggestions: ['patrol doctor'],
    ref: UNREACHABLE,
  })
}

/** A write that may have happened. `what` says it in words ("minting token x for bob"). */
export function inDoubt(what: string, why: string): OpsError {
  return new OpsError('WRITE_IN_DOUBT', `${what}: sent, but ${why} It may have happened; it was not sent again.`, {
    suggestions: ['patrol rotation list', 'patrol rotation resume'],
    ref: 'docs/runbooks/rotation-incomplete.md',
  })
}

/** An answer that is not Gitea's, or a server that cannot answer now. */
export function unusable(answer: Answer): OpsError {
  const elsewhere = answer.contentType === 'text/html' || (answer.status === 404 && !isNotFound(answer))
  return new OpsError('GITEA_UNUSABLE', `${answer.method} ${answer.path}: ${shapeOf(answer)}.`, {
    suggestions: [
      'patrol doctor',
      ...(elsewhere ? ['check `gitea.url` in patrol.yaml: a path prefix such as /gitea belongs to it'] : []),
    ],
    ref: UNREACHABLE,
  })
}

/** What an unexpected answer looks like, without its body. */
export function shapeOf(answer: Answer): string {
  if (answer.status === 429) return 'too many requests (429)'
  if (answer.contentType === 'text/html') return `an HTML page (${answer.status}), not the API`
  const message = messageOf(answer)
  if (message !== undefined) return `${answer.status} "${excerpt(message, 160)}"`
  return `${answer.status} with ${answer.contentType || 'no content type'}`
}

/** Why the administrator's credential did not open a door; undefined when the answer is about something else. */
export function adminRefusal(answer: Answer, admin: AdminAuth): OpsError | undefined {
  const message = messageOf(answer)
  if (message === undefined) return undefined
  if (isOwn401(answer)) return rejected(message, admin)
  if (answer.status !== 403) return undefined
  if ((isOwn(answer) && NOT_ADMIN.has(message)) || message === 'Only administrators allowed to sudo.') {
    return new OpsError('ADMIN_NOT_ADMIN', `${admin.user} is no site administrator of this server.`, {
      suggestions: ['name a site administrator under `gitea.admin` in patrol.yaml', 'patrol doctor'],
      ref: REJECTED,
    })
  }
  if (isBroader(answer)) {
    return new OpsError(
      'ADMIN_SUBSET',
      `The administrator token of ${admin.user} cannot hand out a scope that it lacks itself (Gitea 1.27 and newer). Nothing was minted.`,
      {
        suggestions: ['give that token the scopes of the profile too', 'or use the password of the administrator'],
        ref: REJECTED,
      },
    )
  }
  const reading = readScopes(answer)
  if (reading.kind === 'denied') {
    return new OpsError('ADMIN_SCOPE', `The administrator token of ${admin.user} is too narrow: ${reading.reason}.`, {
      suggestions: [
        `give it ${reading.required.length > 0 ? reading.required.join(', ') : 'write:user'}`,
        'or use the password of the administrator',
      ],
      ref: REJECTED,
    })
  }
  if (reading.kind === 'blocked') {
    return new OpsError('ADMIN_REJECTED', `The account ${admin.user} is blocked: ${reading.reason}`, {
      suggestions: ['patrol doctor'],
      ref: REJECTED,
    })
  }
  return undefined
}

/** Whether Gitea itself says that the token has too few scopes for this: it asks for those before any handler runs. */
export function isTooNarrow(answer: Answer): boolean {
  if (answer.status !== 403) return false
  return isBroader(answer) || readScopes(answer).kind === 'denied'
}

function isBroader(answer: Answer): boolean {
  const told = /broader scope than the authenticating token|the authenticating token has no scope/
  return isOwn(answer) && told.test(messageOf(answer) ?? '')
}

function readScopes(answer: Answer): ReturnType<typeof interpret> {
  return interpret({status: 403, contentType: answer.contentType, body: answer.json(), requests: 1})
}

/** A server that mints and deletes tokens for no token, told before anything is sent; see `mintsWithToken`. */
export function wantsPassword(server: string, {user, source}: AdminAuth): OpsError {
  const what = source ?? `the token of ${user}`
  return new OpsError(
    'ADMIN_REJECTED',
    `${server} mints and deletes tokens with a password only (Forgejo since 11.0.4), so ${what} does not do. Nothing was sent.`,
    {
      suggestions: [
        `put the password of ${user} under "gitea.admin" in patrol.yaml, in place of "token"`,
        'patrol doctor',
      ],
      ref: REJECTED,
    },
  )
}

function rejected(message: string, admin: AdminAuth): OpsError {
  const mend = admin.source === undefined ? [] : [`put the right one where ${admin.source} points`]
  const say = (what: string, suggestions: string[] = []) =>
    new OpsError('ADMIN_REJECTED', `The server did not accept the credential of ${admin.user}: ${what}.`, {
      suggestions: [...(suggestions.length > 0 ? suggestions : mend), 'patrol doctor'],
      ref: REJECTED,
    })
  if (message === 'auth required' || message === 'token is required') {
    return say('the server saw no Basic credential; a proxy removes it, or Basic authentication is switched off')
  }
  if (message === 'auth method not allowed') {
    return say('this server mints and deletes tokens with a password only (Forgejo since 11.0.4)', [
      `put the password of ${admin.user} under "gitea.admin" in patrol.yaml, in place of "token"`,
    ])
  }
  if (message.startsWith('user is not allowed login')) return say('the account may not sign in')
  // A dead token is tried as a password, so these texts speak of passwords and codes (gitea 1.22: services/auth/basic.go).
  if (admin.kind === 'pat') return say('the token is dead: unknown or revoked')
  if (/webauthn/i.test(message)) {
    return say('the account has a security key (WebAuthn), and the server then takes no password', [
      'use a token of that account with write:user as the administrator credential',
    ])
  }
  if (message === 'invalid provided OTP') {
    if (admin.hasCodes) return say('the one-time code is wrong or late; compare the clocks')
    return say('the account wants a one-time code and none was given', ['configure the seed of its one-time codes'])
  }
  if (message.startsWith("user's password")) return say('the password is wrong')
  if (message.startsWith('user does not exist')) return say('there is no such user')
  return say(
    admin.hasCodes
      ? 'user name, password or one-time code is wrong'
      : 'user name or password is wrong, or a one-time code is missing',
  )
}
