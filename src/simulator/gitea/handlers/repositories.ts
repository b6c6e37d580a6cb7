import {json} from '../../wire.ts'
import type {Answer} from '../../wire.ts'
import {accessTo} from '../access.ts'
import {inRepo} from '../checks.ts'
import {repositoryShape, userShape} from '../shapes.ts'
import {done, notFound, refuse} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import type {Account} from '../world.ts'

/** The user whom a collaborator route names; an unknown one is `status`. */
function collaborator(visit: Visit, status: 404 | 422, then: (user: Account) => Answer): Answer {
  const name = visit.params['collaborator'] ?? ''
  const user = visit.world.account(name)
  return user ? then(user) : refuse(visit, status, visit.dialect.userDoesNotExist(0, name))
}

function add(visit: Visit): Answer {
  return collaborator(visit, 422, (user) => {
    if (!user.active) return refuse(visit, 500, "collaborator's account is inactive")
    const asked = visit.form.text('permission') ?? 'write'
    const known = asked === 'read' || asked === 'write' || asked === 'admin'
    const fallback = visit.dialect.badPermission === 'none' ? 'none' : 'write'
    inRepo(visit).repo.collaborators.set(user.id, known ? asked : fallback)
    return done
  })
}

function permission(visit: Visit): Answer {
  const {doer, world} = visit
  const {repo, access} = inRepo(visit)
  const self = doer?.login.toLowerCase() === visit.params['collaborator']?.toLowerCase()
  if (!doer?.isAdmin && !self && !access.atLeast('admin')) {
    return refuse(
      visit,
      403,
      'Only admins can query all permissions, repo admins can query all repo permissions, ' +
        'collaborators can query only their own',
    )
  }
  return collaborator(visit, 404, (user) => {
    const {mode} = accessTo(world, repo, user)
    return json(200, {permission: mode, role_name: mode, user: userShape(visit, user)})
  })
}

export const repositoryHandlers: Readonly<Record<string, Handler>> = {
  'repo.Get': (visit) => {
    const {owner, repo} = inRepo(visit)
    return json(200, repositoryShape(visit, owner, repo))
  },
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
  'repo.TopicSearch': () => json(200, {topics: []}, {'x-total-count': '0'}),
}
