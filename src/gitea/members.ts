import {OpsError} from '../errors.ts'
import type {HttpAnswer} from '../http.ts'
import {PERMISSION_NAMES, readPermission, readTeams} from './shapes.ts'
import {repoPath} from '../probe/access.ts'
import type {GiteaLine} from './line.ts'
import {isNotFound, messageOf, shapeOf, unusable} from './meaning.ts'
import {ADD_COLLABORATOR, ADD_TEAM_MEMBER} from './writes.ts'

/**
 * What a user may do with a repository: as collaborator, because it is public, and by teams, of which Gitea 1.25 leaves
 * out those that reach only some units (1.22 counts them). Throws
 * `MEMBERSHIP_REFUSED` for a repository or user that is not there, and as `Line.read`.
 */
export async function permission(
  line: GiteaLine,
  repo: string,
  login: string,
): Promise<(typeof PERMISSION_NAMES)[number]> {
  const answer = await line.read({path: `${collaborator(repo, login)}/permission`})
  if (answer.status === 404) {
    const stranger = messageOf(answer)?.startsWith('user does not exist')
    throw new OpsError('MEMBERSHIP_REFUSED', {
      why: stranger ? `There is no user ${login}` : `There is no repository ${repo}`,
    })
  }
  const known = readPermission(answer.json())
  if (!known) throw unusable(answer)
  return known
}

/** Makes a user a collaborator. Throws `MEMBERSHIP_REFUSED`, `WRITE_IN_DOUBT`, and as `Line.write`. */
export async function addCollaborator(
  line: GiteaLine,
  repo: string,
  login: string,
  level: 'read' | 'write' | 'admin',
): Promise<void> {
  const what = `Making ${login} a collaborator of ${repo}`
  // A missing body means write, an unknown word too (gitea 1.22): the level is always said.
  const answer = await line.write(
    {method: 'PUT', path: collaborator(repo, login), json: {permission: level}},
    what,
    ADD_COLLABORATOR,
  )
  if (answer.status !== 204) throw new OpsError('MEMBERSHIP_REFUSED', {why: `${what} was answered ${said(answer)}`})
}

/** The id of a team, by name in any case. Throws `MEMBERSHIP_REFUSED`, and as `Line.read`. */
export async function team(line: GiteaLine, organisation: string, name: string): Promise<number> {
  const path = `/orgs/${encodeURIComponent(organisation)}`
  if ((await line.read({path})).status === 404)
    throw new OpsError('MEMBERSHIP_REFUSED', {why: `There is no organisation ${organisation}`})
  const teams = await line.all({path: `${path}/teams`}, readTeams, ({id}) => id)
  const found = teams.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (found) return found.id
  const known = teams.map((each) => each.name).join(', ')
  throw new OpsError('MEMBERSHIP_REFUSED', {why: `${organisation} has no team ${name} (it has ${known || 'none'})`})
}

/** Whether a user is in a team. Throws as `Line.read`. */
export async function isTeamMember(line: GiteaLine, id: number, login: string): Promise<boolean> {
  return (await line.read({path: member(id, login)})).status === 200
}

/** Puts a user into a team. Throws `MEMBERSHIP_REFUSED`, `WRITE_IN_DOUBT`, and as `Line.write`. */
export async function addTeamMember(line: GiteaLine, id: number, login: string): Promise<void> {
  const what = `Putting ${login} into team ${id}`
  const answer = await line.write({method: 'PUT', path: member(id, login)}, what, ADD_TEAM_MEMBER)
  if (answer.status !== 204) throw new OpsError('MEMBERSHIP_REFUSED', {why: `${what} was answered ${said(answer)}`})
}

function collaborator(repo: string, login: string): string {
  return `${repoPath(repo)}/collaborators/${encodeURIComponent(login)}`
}

function member(id: number, login: string): string {
  return `/teams/${id}/members/${encodeURIComponent(login)}`
}

function said(answer: HttpAnswer): string {
  return isNotFound(answer) ? 'with 404: it is not there' : `${answer.status} "${messageOf(answer) ?? shapeOf(answer)}"`
}
