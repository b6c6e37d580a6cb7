import type {Catalogue} from '../../scopes/catalogue.ts'
import type {Scope} from '../../scopes/vocabulary.ts'
import type {FileReading} from '../reading.ts'
import {giteaPath, isPassword} from './gitea.ts'

/** A call of the file's own that needs a scope, and how to do without it. */
export interface OwnCall {
  /** `POST /user/repos`. */
  shown: string
  wayOut: string
}

/** The first call in the file that needs a scope, if any; those that are made by password need none. */
export function ownCall(scope: Scope, {requests}: FileReading, catalogue: Catalogue): OwnCall | undefined {
  for (const request of requests) {
    const path = giteaPath(request, catalogue)
    const match = path === undefined || isPassword(request) ? undefined : catalogue.match(request.method, path)
    if (match?.kind !== 'route' || !match.route.scopes.includes(scope)) continue
    const shown = `${match.route.method} ${match.route.path}`
    return {shown, wayOut: WAYS_OUT.find(([calls]) => calls.test(shown))?.[1] ?? BY_PASSWORD}
  }
  return undefined
}

const BY_PASSWORD = 'make it once with the name and the password of its user, which no scope confines'

/** What does the same with lesser scopes, or by somebody who may. */
const WAYS_OUT: readonly (readonly [calls: RegExp, wayOut: string])[] = [
  [
    /^POST \/user\/repos$/,
    'POST /orgs/{org}/repos (write:organization), or a repository that an administrator makes: POST /admin/users/{username}/repos',
  ],
  [/ \/user\/(?:gpg_)?keys/, 'a deploy key of the repository, POST /repos/{owner}/{repo}/keys (write:repository)'],
  [/ \/user\/hooks/, 'a hook of the repository, POST /repos/{owner}/{repo}/hooks (write:repository)'],
  [
    / \/user\/actions\//,
    'a secret, variable or runner of the repository, below /repos/{owner}/{repo}/actions (write:repository)',
  ],
  [/ \/admin\/users/, 'users that a person makes, or patrol onboard, with the administrator’s own credential'],
  [/ \/admin\//, 'the same call by a person, with the administrator’s own credential'],
]
