import {lastEight, looksLikeToken, shown} from './safe.ts'
import type {Actor} from './types.ts'

/** Who a request's `Authorization` header names. Gitea takes a token as the password of Basic, or as its user. */
export function actorOf(authorization: string): Actor {
  const [, scheme = '', value = ''] = /^\s*(\S+)\s+(\S+)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() !== 'basic') return named(undefined, value)
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('latin1').split(':')
  return looksLikeToken(name) ? named(undefined, name) : named(name, password.join(':'))
}

/** A user as an access log names one: `-` is nobody, and what is really a token is no name. */
export function actorNamed(user: string | undefined): Actor {
  if (user === undefined || user === '' || user === '-') return {}
  return looksLikeToken(user) ? named(undefined, user) : {user: nameShown(user)}
}

/** The token in a query, as Gitea took it from `token` and `access_token` (gitea 1.20 to 1.27). */
export function tokenIn(uri: string): string | undefined {
  const query = uri.indexOf('?')
  if (query === -1 || uri.indexOf('token=', query) === -1) return undefined
  return lastEight(/[?&](?:access_)?token=([^&#\s]+)/.exec(uri)?.[1])
}

function named(user: string | undefined, secret: string): Actor {
  // A password is not shown at all: only what has the form of a token.
  const token = looksLikeToken(secret) ? lastEight(secret) : undefined
  return {...(user && {user: nameShown(user)}), ...(token !== undefined && {token})}
}

const NAME = /^[\w.@-]{1,31}$/

/** Gitea's names are plain; what a proxy took from a header may be anything. */
function nameShown(user: string): string {
  return NAME.test(user) ? user : shown(user, 64)
}
