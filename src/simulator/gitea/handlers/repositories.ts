import {json} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {accessTo} from '../access.ts'
import {inRepo} from '../checks.ts'
import {repositoryShape, userShape} from '../shapes.ts'
import {done, listed, notFound, refuse, total} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import type {UserOrOrganisation} from '../world.ts'

/** The user whom a collaborator route names; an unknown one is `status`. */
function collaborator(visit: Visit, status: 404 | 422, then: (user: UserOrOrganisation) => WireAnswer): WireAnswer {
  const name = visit.params['collaborator'] ?? ''
  const user = visit.world.account(name)
  return user ? then(user) : refuse(visit, status, visit.dialect.userDoesNotExist(0, name))
}

function list(visit: Visit): WireAnswer {
  const {collaborators} = inRepo(visit).repo
  const users = [...collaborators.keys()].flatMap((id) => visit.world.accountById(id) ?? [])
  return listed(visit, users, (user) => userShape(visit, user))
}

function add(visit: Visit): WireAnswer {
  return collaborator(visit, 422, (user) => {
    if (!user.active) return refuse(visit, 500, "collaborator's account is inactive")
    const {collaborators} = inRepo(visit).repo
    const strict = visit.dialect.collaborators === 'strict'
    const asked = visit.form.text('permission') ?? ''
    if (asked === 'read' || asked === 'write' || asked === 'admin') collaborators.set(user.id, asked)
    else if (strict && asked !== '') return refuse(visit, 500, `invalid permission: ${asked}`)
    else if (strict || !collaborators.has(user.id)) collaborators.set(user.id, 'write')
    return done
  })
}

function permission(visit: Visit): WireAnswer {
  const {doer} = visit
  const {repo, access} = inRepo(visit)
  const asked = visit.params['collaborator'] ?? ''
  const byName = visit.dialect.ownPermissionBy === 'name'
  const self = byName ? doer?.login.toLowerCase() === asked.toLowerCase() : doer?.loginName === asked
  if (!doer?.isAdmin && !self && !access.atLeast('admin')) {
    return refuse(
      visit,
      403,
      'Only admins can query all permissions, repo admins can query all repo permissions, ' +
        'collaborators can query only their own',
    )
  }
  return collaborator(visit, 404, (user) => {
    const {mode} = accessTo(visit, repo, user)
    return json(200, {permission: mode, role_name: mode, user: userShape(visit, user)})
  })
}

export const repositoryHandlers: Readonly<Record<string, Handler>> = {
  'repo.Get': (visit) => {
    const {owner, repo} = inRepo(visit)
    return json(200, repositoryShape(visit, owner, repo))
  },
  'repo.ListCollaborators': list,
  'repo.IsCollaborator': (visit) =>
    collaborator(visit, 422, ({id}) => (inRepo(visit).repo.collaborators.has(id) ? done : notFound(visit))),
  'repo.AddCollaborator': add,
  'repo.AddOrUpdateCollaborator': add,
  'repo.DeleteCollaborator': (visit) =>
    collaborator(visit, 422, ({id}) => {
      inRepo(visit).repo.collaborators.delete(id)
      return done
    }),
  'repo.GetRepoPermissions': permission,
  'repo.TopicSearch': () => json(200, {topics: []}, total(0)),
}
