import type {DecidedBy} from './type.ts'

/** What was asked: a call of the API, git over HTTP, a registry of packages, or a login there. */
export type Door = 'call' | 'git' | 'package' | 'login'

/** What a status alone says. */
export interface StatusMeaning {
  by: DecidedBy
  /** A clause. */
  means: string
}

const REFUSED: StatusMeaning = {
  by: 'scope',
  means: 'a scope that the token lacks, or a right that its user lacks; the words beside it tell which',
}
const SERVED: StatusMeaning = {by: 'scope', means: 'it was served: what was sent is enough'}
const BROKEN: StatusMeaning = {by: 'state', means: 'the server or a proxy before it failed; no scope helps'}
const UNKNOWN: StatusMeaning = {
  by: 'credential',
  means:
    'the credential, not a scope: none was sent, or the server takes it for nobody (revoked, cut short, sent as the literal $TOKEN)',
}
const HIDDEN: StatusMeaning = {
  by: 'right',
  means:
    "no such thing, or the token's user may not see it (a right, not a scope: the gate was passed); a path that is no call is answered so, too",
}

/** What the same status means at any door, unless that door has its own. */
const ANYWHERE: Readonly<Record<number, StatusMeaning>> = {
  400: {by: 'request', means: 'the request itself: the gate was passed, and what was sent does not do'},
  401: UNKNOWN,
  403: REFUSED,
  404: HIDDEN,
  405: {by: 'request', means: 'the path is known, and not with this method'},
  409: {by: 'state', means: 'the gate was passed: it is there already, or changed meanwhile'},
  410: {by: 'state', means: 'the gate was passed: that part of the repository is switched off'},
  413: {by: 'request', means: 'more than the server, or a proxy before it, takes at once'},
  422: {by: 'request', means: 'the gate was passed: what was sent is not valid for this call'},
  423: {by: 'state', means: 'the repository is archived: it is read and not written, whatever the token holds'},
  429: {
    by: 'state',
    means: 'a proxy before the server limits how often it is asked; the server itself never says this',
  },
}

const AT: Readonly<Record<Door, Readonly<Record<number, StatusMeaning>>>> = {
  call: {},
  git: {
    401: {
      by: 'credential',
      means:
        'the credential, not a scope: git asks without one first, so a 401 before a 200 is no refusal; a second one is',
    },
    404: {by: 'right', means: "there is no such repository, or the token's user may not see it or not write to it"},
  },
  login: {
    401: {
      by: 'credential',
      means:
        'the credential, not a scope: without one the registry asks for a login so, and with one it takes it for nobody; scopes are asked for only at pull and push',
    },
  },
  package: {
    401: {
      by: 'scope',
      means:
        'a missing scope is answered so, too: "user should have specific permission or be a site admin" (reqPackageAccess) means a live token without the scope, or a user without the right; other words, a dead one',
    },
  },
}

/** What a status says at a door, as far as it says anything. */
export function statusMeaning(door: Door, status: number): StatusMeaning | undefined {
  const known = AT[door][status] ?? ANYWHERE[status]
  if (known) return known
  if (status >= 500) return BROKEN
  return status >= 200 && status < 300 ? SERVED : undefined
}
