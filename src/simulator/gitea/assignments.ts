import type {WireAnswer} from '../wire.ts'
import {reachInto} from './access.ts'
import {integer, notFound, refuse} from './visit.ts'
import type {Visit} from './visit.ts'
import type {UserOrOrganisation} from './world.ts'

/** The account of a path name, or the redirect of an old name, or what an unknown name gets. */
export function accountOf(
  visit: Visit,
  name: string,
  unknown: (error: string) => WireAnswer,
): UserOrOrganisation | WireAnswer {
  const account = visit.world.account(name)
  if (account) return account
  const renamed = visit.world.accountById(visit.world.userRedirects.get(name.toLowerCase()) ?? 0)
  if (!renamed) return unknown(`user redirect does not exist [name: ${name}]`)
  return redirect(visit, 307, encodeURIComponent(name), encodeURIComponent(renamed.login))
}

/** Whether a look-up ended in an answer instead of an account. */
export const isAnswer = (found: UserOrOrganisation | WireAnswer): found is WireAnswer => 'status' in found

/** Relative, sub-path and query kept; GET also gets the little HTML page of Go's redirects. */
function redirect({call, settings}: Visit, status: number, from: string, to: string): WireAnswer {
  const [path = '', query] = call.target.split('?', 2)
  const below = path.slice(settings.subPath.length).replace(from, () => to)
  const location = settings.subPath + below + (query ? `?${query}` : '')
  if (call.method !== 'GET') return {status, headers: {location}}
  const title = status === 301 ? 'Moved Permanently' : 'Temporary Redirect'
  const body = `<a href="${location.replaceAll('&', '&amp;')}">${title}</a>.\n\n`
  return {status, headers: {location, 'content-type': 'text/html; charset=utf-8'}, body}
}

export function repoAssignment(visit: Visit): WireAnswer | undefined {
  const {world, dialect, params} = visit
  const {username = '', reponame = ''} = params
  const owner = accountOf(visit, username, (error) => notFound(visit, 'GetUserByName', error))
  if (isAnswer(owner)) return owner
  visit.contextUser = owner
  const repo = world.repo(owner, reponame)
  if (!repo) {
    const moved = world.repos.find(({id}) => id === world.repoRedirects.get(`${owner.id}/${reponame.toLowerCase()}`))
    const home = moved && world.accountById(moved.ownerId)
    if (!moved || !home) return notFound(visit)
    const path = (...names: string[]): string => names.map(encodeURIComponent).join('/')
    return redirect(visit, dialect.repoRedirect, path(username, reponame), path(home.login, moved.name))
  }
  const access = reachInto(visit, repo)
  visit.repo = {owner, repo, access}
  const hidden = dialect.publicOnly === 'wide' && visit.gate?.publicOnly && repo.isPrivate
  return access.any && !hidden ? undefined : notFound(visit)
}

export function orgAssignment(visit: Visit, [byName, byTeam]: readonly string[]): WireAnswer | undefined {
  const {world, params} = visit
  if (byName === 'true') {
    const unknown = (error: string): WireAnswer => notFound(visit, 'GetOrgByName', error)
    const named = world.account(params['org'] ?? '')
    if (named && !named.isOrganisation) return unknown(`user redirect does not exist [name: ${params['org']}]`)
    const org = named ?? accountOf(visit, params['org'] ?? '', unknown)
    if (isAnswer(org)) return org
    visit.org = org
    visit.contextUser = org
  }
  if (byTeam === 'true') {
    visit.team = world.teams.find((team) => team.id === integer(params['teamid']))
    if (!visit.team) return notFound(visit)
    if (visit.dialect.teamBringsOrg) visit.org = world.accountById(visit.team.orgId)
  }
  return undefined
}

export function userAssignment(visit: Visit): WireAnswer | undefined {
  const user = accountOf(visit, visit.params['username'] ?? '', (error) => refuse(visit, 404, error))
  if (isAnswer(user)) return user
  visit.contextUser = user
  return undefined
}

export function userIdAssignment(visit: Visit): WireAnswer | undefined {
  const id = visit.params['user-id'] ?? ''
  visit.contextUser = visit.world.accountById(integer(id))
  if (visit.contextUser) return undefined
  const shown = BigInt(/^[+-]?\d+$/.test(id) ? id : 0)
  return refuse(visit, 404, visit.dialect.userDoesNotExist(0, '').replace('uid: 0', `uid: ${shown}`))
}

/** Of a repository by its number; none is simulated to be federated. */
export function repositoryIdAssignment(visit: Visit): WireAnswer | undefined {
  const id = integer(visit.params['repository-id'])
  return refuse(visit, 404, `repository does not exist [id: ${id}, uid: 0, owner_name: , name: ]`)
}

/** No package exists, so one that is looked up is never found; the owner itself is what the next stages look at. */
export function packageAssignment(visit: Visit): WireAnswer | undefined {
  const {params, dialect} = visit
  const {type, name, version} = params
  if (!type || !name) return undefined
  if (version) return refuse(visit, 404, dialect.noPackage)
  return dialect.packageByName ? refuse(visit, 404, 'GetPackageByName: package does not exist') : undefined
}

export function contextAuthenticatedUser(visit: Visit): WireAnswer | undefined {
  visit.contextUser = visit.doer
  return undefined
}
