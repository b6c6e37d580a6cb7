import {OpsError} from '../errors.ts'
import type {Answer, TransportError} from '../http.ts'

const REF = 'docs/runbooks/platform-unreachable.md'

/** What was asked, for messages. */
export interface Asked {
  method: string
  path: string
}

/** Nothing usable came back, and nothing was changed. */
export function noAnswer(url: string, asked: Asked, error: TransportError): OpsError {
  if (error.kind === 'cancelled') return new OpsError('INTERRUPTED', `${says(asked)} was interrupted.`)
  return new OpsError('PLATFORM_UNREACHABLE', `The platform at ${url} gave no usable answer: ${error.message}`, {
    suggestions: ['patrol doctor', 'check `platform.url` in patrol.yaml'],
    ref: REF,
  })
}

/** A write is on its way and nobody says whether it arrived. */
export function lostWrite(asked: Asked, error: TransportError): OpsError {
  return inDoubt(asked, error.message)
}

/** What an unexpected answer looks like, without its body. */
export function shapeOf(answer: Answer): string {
  const {status, contentType} = answer
  if (status >= 300 && status < 400) return `a redirect (HTTP ${status}) instead of an answer`
  if (/html/.test(contentType)) return `a web page (HTTP ${status}), not the platform's API`
  if (answer.isJson) return `HTTP ${status} with JSON that the platform does not document`
  return `HTTP ${status} with ${answer.text.trim() === '' ? 'an empty body' : contentType || 'no content type'}`
}

/** A write may or may not have happened; `why` says what is known. */
export function inDoubt(asked: Asked, why: string): OpsError {
  return new OpsError(
    'WRITE_IN_DOUBT',
    `${says(asked)} was sent to the platform, but whether it took effect is not known: ${why}`,
    {suggestions: ['patrol doctor', 'patrol rotation list'], ref: 'docs/runbooks/rotation-incomplete.md'},
  )
}

/** The server hosts several organisations and got no header that says which. */
export function tenantMissing(url: string): OpsError {
  return new OpsError(
    'TENANT_HEADER_MISSING',
    `The platform at ${url} does not know which organisation is meant: the header X-Molecule-Org-Id is missing.`,
    {suggestions: ['set `platform.org` in patrol.yaml to the UUID of your organisation', 'patrol doctor'], ref: REF},
  )
}

/** Our token got 401 at two tries, some seconds apart (a database outage can look like one 401). */
export function tokenRejected(url: string, asked: Asked, text: string): OpsError {
  const hint = text.includes('admin auth')
    ? ', which wants an admin or org token'
    : /^\/workspaces\/[^/]+$/.test(asked.path)
      ? ' (a hosted edge also says so of a workspace that does not exist)'
      : ''
  return new OpsError(
    'PLATFORM_TOKEN_REJECTED',
    `The platform at ${url} rejects our token for ${says(asked)}${hint}.`,
    {
      suggestions: ['patrol doctor', 'check the reference under `platform.token` in patrol.yaml'],
      ref: 'docs/runbooks/admin-credential-rejected.md',
    },
  )
}

/** The limiter asks for a longer pause than we make. Nothing was done. */
export function rateLimited(url: string, retryAfterMs: number | undefined): OpsError {
  const wait = retryAfterMs === undefined ? 'a minute' : `${Math.ceil(retryAfterMs / 1000)} s`
  return new OpsError(
    'PLATFORM_RATE_LIMITED',
    `The platform at ${url} takes no more requests for now; it asks to wait ${wait}. Nothing was done by this request.`,
    {suggestions: ['wait a minute and run the command again'], ref: REF},
  )
}

/** A server error without effect. */
export function unavailable(url: string, asked: Asked, status: number): OpsError {
  return new OpsError('PLATFORM_UNAVAILABLE', `The platform at ${url} answered ${says(asked)} with HTTP ${status}.`, {
    suggestions: ['run the command again in a minute', 'patrol doctor'],
    ref: REF,
  })
}

/** An answer outside the contract to a read, or one that surely had no effect. */
export function unexpected(url: string, asked: Asked, status: number, what: string): OpsError {
  if (status >= 500) return unavailable(url, asked, status)
  return new OpsError(
    'PLATFORM_UNEXPECTED',
    `The platform at ${url} answered ${says(asked)} with HTTP ${status}: ${what}.`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}

/**
 * Something answered a read, but not the API in JSON. An empty 404 is the tenant guard's, HTML the web app's or the edge's,
 * an empty 403 the origin check's (platform transport rules).
 */
export function notJson(url: string, answer: Answer, asked: Asked, orgIdSent: boolean): OpsError {
  const {status} = answer
  const empty = answer.text.trim() === ''
  if (status >= 500) return unavailable(url, asked, status)
  if (status === 404 && empty && !orgIdSent) return tenantMissing(url)
  const cause = whyNotJson(answer, empty, orgIdSent)
  return new OpsError(
    'PLATFORM_NOT_JSON',
    `${says(asked)} at ${url} was not answered by the platform's API: ${cause.why}. Nothing was done by this request.`,
    {suggestions: [...cause.suggestions, 'patrol doctor'], ref: REF},
  )
}

function whyNotJson(answer: Answer, empty: boolean, orgIdSent: boolean): {why: string; suggestions: string[]} {
  const {status} = answer
  if (status === 404 && empty) {
    return {
      why: 'an empty 404, which is how it turns away a wrong organisation',
      suggestions: ['check `platform.org` in patrol.yaml'],
    }
  }
  if (status === 403 && empty) {
    return {
      why: "an empty 403, which is how it turns away an origin that is not the server's own address",
      suggestions: ['set `platform.url` in patrol.yaml to the address that the server itself uses'],
    }
  }
  if (status >= 300 && status < 400) {
    return {
      why: `a redirect (HTTP ${status}), which is not followed with a credential`,
      suggestions: ['set `platform.url` in patrol.yaml to the final address'],
    }
  }
  if (/html/.test(answer.contentType) || /^\s*<(?:!doctype|html)/i.test(answer.text)) {
    return {
      why: `a web page (HTTP ${status}): the route does not exist there, or an edge before it kept the request`,
      suggestions: [
        `check \`platform.url\`${orgIdSent ? '' : ' and set `platform.org`'} in patrol.yaml; the URL has no path`,
      ],
    }
  }
  const kind = answer.contentType === '' ? 'no content type' : answer.contentType
  return {
    why: `HTTP ${status} with ${empty ? 'an empty body' : `a body that is not JSON (${kind})`}`,
    suggestions: ['check `platform.url` in patrol.yaml'],
  }
}

function says({method, path}: Asked): string {
  return `${method} ${path.split('?')[0]}`
}
