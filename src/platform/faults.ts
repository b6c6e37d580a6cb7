import {OpsError} from '../errors.ts'
import type {HttpAnswer, TransportError} from '../http.ts'

/** What was asked, for messages. */
export interface AskedCall {
  method: string
  path: string
}

/** Nothing usable came back, and nothing was changed; or a write is on its way and nobody says whether it arrived. */
export function noAnswer(url: string, asked: AskedCall, {kind, sent, message: why}: TransportError): OpsError {
  if (sent && asked.method !== 'GET') return inDoubt(asked, why)
  if (kind === 'cancelled') return new OpsError('INTERRUPTED', {case: 'call', ...named(asked)})
  return new OpsError('PLATFORM_UNREACHABLE', {url, why})
}

/** What an unexpected answer looks like, without its body. */
export function shapeOf(answer: HttpAnswer): string {
  const {status, contentType} = answer
  if (status >= 300 && status < 400) return `a redirect (HTTP ${status}) instead of an answer`
  if (/html/.test(contentType)) return `a web page (HTTP ${status}), not the platform's API`
  if (answer.isJson) return `HTTP ${status} with JSON that the platform does not document`
  return `HTTP ${status} with ${answer.text.trim() === '' ? 'an empty body' : contentType || 'no content type'}`
}

/** A write may or may not have happened; `why` says what is known. */
export function inDoubt(asked: AskedCall, why: string): OpsError {
  return new OpsError('WRITE_IN_DOUBT', {case: 'platform', ...named(asked), why})
}

/** Our token got 401 at two tries, some seconds apart (a database outage can look like one 401). */
export function tokenRejected(url: string, asked: AskedCall, text: string): OpsError {
  const hint = text.includes('admin auth')
    ? ', which wants an admin or org token'
    : /^\/workspaces\/[^/]+$/.test(asked.path)
      ? ' (a hosted edge also says so of a workspace that does not exist)'
      : ''
  return new OpsError('PLATFORM_TOKEN_REJECTED', {url, ...named(asked), hint})
}

/** The limiter asks for a longer pause than we make. Nothing was done. */
export function rateLimited(url: string, retryAfterMs: number | undefined): OpsError {
  const wait = retryAfterMs === undefined ? 'a minute' : `${Math.ceil(retryAfterMs / 1000)} s`
  return new OpsError('PLATFORM_RATE_LIMITED', {url, wait})
}

/** A server error without effect; or an answer outside the contract to a read, or one that surely had no effect. */
export function unexpected(url: string, asked: AskedCall, status: number, what: string): OpsError {
  const call = {url, ...named(asked), status}
  return status >= 500
    ? new OpsError('PLATFORM_UNAVAILABLE', call)
    : new OpsError('PLATFORM_UNEXPECTED', {...call, what})
}

/**
 * Something answered a read, but not the API in JSON. An empty 404 is the tenant guard's, HTML the web app's or the edge's,
 * an empty 403 the origin check's (platform transport rules).
 */
export function notJson(url: string, answer: HttpAnswer, asked: AskedCall, orgIdSent: boolean): OpsError {
  const {status, contentType, text} = answer
  const empty = text.trim() === ''
  const call = {url, ...named(asked), status}
  if (status >= 500) return new OpsError('PLATFORM_UNAVAILABLE', call)
  if (status === 404 && empty && !orgIdSent) return new OpsError('TENANT_HEADER_MISSING', {url})
  if (status === 404 && empty) return new OpsError('PLATFORM_NOT_JSON', {case: 'organisation', ...call})
  if (status === 403 && empty) return new OpsError('PLATFORM_NOT_JSON', {case: 'origin', ...call})
  if (status >= 300 && status < 400) return new OpsError('PLATFORM_NOT_JSON', {case: 'redirect', ...call})
  if (/html/.test(contentType) || /^\s*<(?:!doctype|html)/i.test(text)) {
    return new OpsError('PLATFORM_NOT_JSON', {case: 'page', ...call, orgIdSent})
  }
  const body = empty ? 'an empty body' : `a body that is not JSON (${contentType || 'no content type'})`
  return new OpsError('PLATFORM_NOT_JSON', {case: 'body', ...call, body})
}

/** What was asked, of a call that may carry a value. */
function named({method, path}: AskedCall): AskedCall {
  return {method, path}
}
