import {normalise, readStored} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {excerpt} from '../secret.ts'
import type {ProbeReply} from './ports.ts'

/** What one answer says about the token, with the sentence for people. */
export type ReplyReading = {reason: string} & (
  | {kind: 'passed'; publicOnly: boolean}
  /** The scope gate refused. `granted`: all scopes of the token, where the server lists them (gitea 1.23 and newer). */
  | {kind: 'denied'; required: Scope[]; granted: Scope[] | undefined}
  /** 401 in Gitea's own form: this credential is not accepted. A gateway's 401 says nothing about the token. */
  | {kind: 'rejected'}
  /** The server saw no credential at all: it says nothing about the token. */
  | {kind: 'anonymous'}
  /** The token is known, but its account may not use it. */
  | {kind: 'blocked'}
  /** The token is known, but what Gitea stored as its scope cannot be read. */
  | {kind: 'corrupt'}
  /** No such route in this server. */
  | {kind: 'absent'}
  | {kind: 'unclear'}
)

const DENIAL =
  /^token does not have at least one of required scope\(s\)(?:: \[(?<plain>[^\]]*)\]|, required=\[(?<required>[^\]]*)\](?:, token scope=(?<granted>.*))?)$/s
const PUBLIC_ONLY =
  /^token scope is limited to public |^this endpoint is not available for public-only tokens$|^project endpoints are not available for public-only tokens$/
/** The last one: Forgejo 13 to 15. */
const ACCOUNT =
  /^This account is not activated\.|^This account is prohibited from signing in|^You must change your password\.|^This Forgejo instance requires users to enable two-factor/
const NO_CREDENTIAL = new Set(['token is required', 'auth required', 'Only signed in user is allowed to call APIs.'])
const CORRUPT = /^(?:checking scope|parsing public resource scope) failed/

/**
 * Judges an answer by its shape and message, never by the status alone. With `probed`, a denial that names other scopes
 * than the probed one is `unclear`, unless it lists what the token has.
 * Texts: gitea 1.20 to 1.27 (`required scope(s): [...]` up to 1.22; `token scope=` from 1.23).
 */
export function interpret(reply: ProbeReply, probed?: Scope): ReplyReading {
  const {status} = reply
  if (status === 0) return {kind: 'unclear', reason: reply.failure ?? 'no answer came'}
  if (status >= 300 && status < 400) return {kind: 'unclear', reason: `a redirect (${status}) instead of an answer`}
  if (status === 429 || status >= 500) return busy(status)
  const body = asError(reply.body)
  if (reply.contentType !== 'application/json' || reply.body === undefined) return notJson(reply)
  if (status < 300) return {kind: 'passed', publicOnly: false, reason: 'allowed'}
  const {message, own} = body
  if (message === undefined) return {kind: 'unclear', reason: `a ${status} that is not in the API's form`}
  if (NO_CREDENTIAL.has(message)) {
    return {kind: 'anonymous', reason: `the server saw no credential ("${message}"): a proxy may have removed it`}
  }
  if (status === 401) {
    return own
      ? {kind: 'rejected', reason: 'the credential is not accepted'}
      : {
          kind: 'unclear',
          reason: `a 401 that is not the server's own: a gateway before it ("${excerpt(message, 120)}")`,
        }
  }
  if (status === 403) return forbidden(message, own, probed)
  if (own && (status === 404 || status === 400 || status === 422 || status === 423)) {
    return {kind: 'passed', publicOnly: false, reason: `past the scope gate (${status})`}
  }
  return {kind: 'unclear', reason: `an unexpected ${status}`}
}

function forbidden(message: string, own: boolean, probed: Scope | undefined): ReplyReading {
  const denial = DENIAL.exec(message)?.groups
  if (denial) return denied(denial['plain'] ?? denial['required'] ?? '', denial['granted'], probed)
  if (PUBLIC_ONLY.test(message)) return {kind: 'passed', publicOnly: true, reason: `public-only: "${message}"`}
  if (CORRUPT.test(message))
    return {kind: 'corrupt', reason: 'the server cannot read the scope it stored for this token'}
  if (!own && ACCOUNT.test(message)) return {kind: 'blocked', reason: withoutLinks(message)}
  if (own && message === 'user should be the site admin') {
    return {kind: 'passed', publicOnly: false, reason: 'past the scope gate: its user is no site admin'}
  }
  return {kind: 'unclear', reason: `a 403 that is not about scopes: "${excerpt(withoutLinks(message), 120)}"`}
}

function denied(required: string, granted: string | undefined, probed: Scope | undefined): ReplyReading {
  const needs = readStored(required.split(' ')).scopes
  const reason = `the token lacks ${required.split(' ').join(' and ')}`
  if (granted !== undefined) return {kind: 'denied', required: needs, granted: readStored(granted).scopes, reason}
  if (probed !== undefined && !needs.includes(normalise([probed])[0]!)) {
    return {kind: 'unclear', reason: `a denial of ${required}, which is not the scope asked for`}
  }
  return {kind: 'denied', required: needs, granted: undefined, reason}
}

function busy(status: number): ReplyReading {
  if (status === 501) return {kind: 'absent', reason: 'not implemented by this server'}
  return {kind: 'unclear', reason: status === 429 ? 'too many requests (429)' : `the server answered ${status}`}
}

function notJson({status, contentType}: ProbeReply): ReplyReading {
  if (status === 404 && contentType === 'text/plain') return {kind: 'absent', reason: 'no such route in this server'}
  if (contentType === 'text/html') {
    return {kind: 'unclear', reason: `an HTML page (${status}), not the API: a proxy, or a wrong base URL`}
  }
  return {kind: 'unclear', reason: `${status} with ${contentType || 'no content type'} instead of JSON`}
}

/**
 * The message of an error in JSON, and whether it is in the form that Gitea's API itself writes: with the address of its
 * API description, which no gateway knows (gitea 1.20 to 1.27, forgejo: services/context/api.go, also where that page is
 * switched off). Only the errors of an account's state and of sudo lack it.
 */
export function asError(body: unknown): {message: string | undefined; own: boolean} {
  if (typeof body !== 'object' || body === null) return {message: undefined, own: false}
  const message = 'message' in body && typeof body.message === 'string' ? body.message : undefined
  const described = 'url' in body && typeof body.url === 'string' && body.url.endsWith('/api/swagger')
  return {message, own: message !== undefined && described}
}

function withoutLinks(message: string): string {
  return message.replace(/ (?:Change|Enable) it at: .*/s, '')
}
