import {text} from '../wire.ts'
import type {WireAnswer} from '../wire.ts'
import {authenticate} from './authentication.ts'
import {holds, levelOf} from './scopes.ts'
import type {Visit} from './visit.ts'

const GENERIC = /^\/api\/packages\/(?<owner>[^/]+)\/generic\/[^/]+\/[^/]+\/[^/]+$/

/**
 * The registry of generic packages as far as its gate, which is none of the API's: a token without the package scope, and
 * a user who may not write here, get the same 401 with a challenge; a dead token gets a 401 without one (`gitea 1.22.6,
 * 1.25.4, 1.27.0, forgejo 11.0.15, 15.0.3, run`). Holds no packages and takes none. Undefined for any other path.
 */
export function registry(visit: Visit): WireAnswer | undefined {
  const {call, world, settings} = visit
  const below = call.path.startsWith(settings.subPath) ? call.path.slice(settings.subPath.length) : ''
  const owner = GENERIC.exec(below)?.groups?.['owner']
  if (owner === undefined) return undefined
  if (authenticate(visit)) return text(401, 'Failed to authenticate user\n')
  const keeper = world.account(owner)
  if (!keeper) return text(404, 'Not found.\n')
  const level = levelOf(call.method)
  const scope = visit.session?.token?.scope
  const mayWrite = visit.doer?.id === keeper.id || visit.doer?.isAdmin === true
  if ((scope !== undefined && !holds(scope, level, ['package'])) || (level === 'write' && !mayWrite)) {
    return text(401, 'reqPackageAccess\n', {'www-authenticate': 'Basic realm="Gitea Package API"'})
  }
  return level === 'read' ? text(404, 'package does not exist') : text(501, 'not simulated: no package is stored')
}
