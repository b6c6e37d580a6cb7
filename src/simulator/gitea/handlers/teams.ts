import {json} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {accessTo} from '../access.ts'
import {accountOf, isAnswer} from '../assignments.ts'
import {inRepo, isShownToMembers} from '../checks.ts'
import {organisationShape, repositoryShape, teamShape, userShape} from '../shapes.ts'
import {assigned, done, listed, notFound, page, refuse, total} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import type {UserOrOrganisation, Repo, Team} from '../world.ts'

const sorted = (teams: readonly Team[], key: (team: Team) => string): Team[] =>
  teams.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))

/** The teams of the organisation in the path that it shows, in its order; of `open` lists up to 1.26 all. */
function shown(visit: Visit, open: boolean): Team[] {
  const {world, dialect, org, doer} = visit
  const {id} = assigned(org)
  const me = doer?.id ?? 0
  const all = doer?.isAdmin === true || (dialect.teamsByRole ? world.isOrgOwner(id, me) : open)
  const teams = world.teamsOf(id).filter((team) => all || team.members.has(me) || isShownToMembers(visit, team))
  return sorted(teams, ({name, permission}) =>
    dialect.ownersFirst && permission === 'owner' ? '' : name.toLowerCase(),
  )
}

function list(visit: Visit): WireAnswer {
  return listed(visit, shown(visit, true), (team) => teamShape(visit, team))
}

function search(visit: Visit): WireAnswer {
  const {call, dialect} = visit
  const wanted = (call.query.get('q') ?? '').trim().toLowerCase()
  const found = shown(visit, false).filter(({name}) => name.toLowerCase().includes(wanted))
  const data = page(visit, found).map((team) => teamShape(visit, team))
  return json(200, {data: data.length > 0 ? data : dialect.noTeams, ok: true}, total(found.length))
}

function get(visit: Visit): WireAnswer {
  const team = assigned(visit.team)
  const organisation = visit.world.accountById(team.orgId)
  return json(200, teamShape(visit, team, organisation && organisationShape(visit, organisation)))
}

function listMembers(visit: Visit): WireAnswer {
  const inside = assigned(visit.team).members
  const users = visit.world.accountsByLogin().filter(({id}) => inside.has(id))
  return json(
    200,
    users.map((user) => userShape(visit, user)),
    total(users.length),
  )
}

/** The user whom a team route names last. */
function inTeam(visit: Visit, then: (team: Team, user: UserOrOrganisation) => WireAnswer): WireAnswer {
  const name = visit.params['username'] ?? ''
  const unknown = (): WireAnswer => notFound(visit, 'GetUserByName', visit.dialect.userDoesNotExist(0, name))
  const user = accountOf(visit, name, unknown)
  return isAnswer(user) ? user : then(assigned(visit.team), user)
}

/** The last owner cannot leave. */
function leave(visit: Visit): WireAnswer {
  return inTeam(visit, (team, user) => {
    const last = team.permission === 'owner' && team.members.size === 1 && team.members.has(user.id)
    if (last) return refuse(visit, 500, `cannot remove the last owner of the organisation: ${user.login}`)
    team.members.delete(user.id)
    return done
  })
}

/** The team's repository of this name; the owner in the path is not looked at. */
function ofTeam(
  visit: Visit,
  then: (team: Team, repo: Repo, organisation: UserOrOrganisation) => WireAnswer,
): WireAnswer {
  const team = assigned(visit.team)
  const organisation = visit.world.accountById(team.orgId)
  const repo = organisation && visit.world.repo(organisation, visit.params['reponame'] ?? '')
  return repo ? then(team, repo, organisation) : notFound(visit)
}

/** Changing what a team reaches is for those who administer the repository, and later for the organisation's owners. */
function change(visit: Visit, act: 'add' | 'delete'): WireAnswer {
  return ofTeam(visit, (team, repo) => {
    const {dialect, world, doer} = visit
    if (dialect.ownersGiveRepos && !world.isOrgOwner(team.orgId, doer?.id ?? 0)) {
      return refuse(visit, 403, 'user is nor repo admin nor owner')
    }
    if (!accessTo(visit, repo, doer).atLeast('admin')) {
      return refuse(visit, 403, 'Must have admin-level access to the repository')
    }
    if (team.repos !== 'all') team.repos[act](repo.id)
    return done
  })
}

const reaches = (team: Team, repo: Repo): boolean => team.repos === 'all' || team.repos.has(repo.id)

function repositories(visit: Visit): WireAnswer {
  const team = assigned(visit.team)
  const owner = assigned(visit.world.accountById(team.orgId))
  const repos = visit.world.repos.filter((repo) => repo.ownerId === team.orgId && reaches(team, repo))
  return listed(visit, repos, (repo) => repositoryShape(visit, owner, repo))
}

/** The teams of a repository, which only those of organisations have; owners first, the others by their bytes. */
function ofOrganisation(
  visit: Visit,
  then: (teams: Team[], repo: Repo, owner: UserOrOrganisation) => WireAnswer,
): WireAnswer {
  const {owner, repo} = inRepo(visit)
  if (!owner.isOrganisation) return refuse(visit, 405, 'repo is not owned by an organization')
  const teams = sorted(visit.world.teamsOf(owner.id), ({name, permission}) => (permission === 'owner' ? '' : name))
  return then(teams, repo, owner)
}

function named(visit: Visit, then: (team: Team, repo: Repo) => WireAnswer): WireAnswer {
  return ofOrganisation(visit, (teams, repo, owner) => {
    const name = visit.params['team'] ?? ''
    const team = teams.find((each) => each.name.toLowerCase() === name.toLowerCase())
    if (team) return then(team, repo)
    return refuse(visit, 404, `team does not exist [org_id ${owner.id}, team_id 0, name: ${name}]`)
  })
}

export const teamHandlers: Readonly<Record<string, Handler>> = {
  'org.ListTeams': list,
  'org.SearchTeam': search,
  'org.GetTeam': get,
  'org.GetTeamMembers': listMembers,
  'org.GetTeamMember': (visit) =>
    inTeam(visit, (team, user) => (team.members.has(user.id) ? json(200, userShape(visit, user)) : notFound(visit))),
  'org.AddTeamMember': (visit) =>
    inTeam(visit, (team, user) => {
      team.members.add(user.id)
      return done
    }),
  'org.RemoveTeamMember': leave,
  'org.GetTeamRepos': repositories,
  'org.GetTeamRepo': (visit) =>
    ofTeam(visit, (team, repo, owner) =>
      reaches(team, repo) ? json(200, repositoryShape(visit, owner, repo)) : notFound(visit),
    ),
  'org.AddTeamRepository': (visit) => change(visit, 'add'),
  'org.RemoveTeamRepository': (visit) => change(visit, 'delete'),
  'repo.ListTeams': (visit) =>
    ofOrganisation(visit, (teams, repo) =>
      json(
        200,
        teams.filter((team) => reaches(team, repo)).map((team) => teamShape(visit, team)),
      ),
    ),
  'repo.IsTeam': (visit) =>
    named(visit, (team, repo) => (reaches(team, repo) ? json(200, teamShape(visit, team)) : notFound(visit))),
  'repo.AddTeam': (visit) =>
    named(visit, (team, repo) => {
      if (reaches(team, repo)) return refuse(visit, 422, `team '${team.name}' is already added to repo`)
      if (team.repos !== 'all') team.repos.add(repo.id)
      return done
    }),
  'repo.DeleteTeam': (visit) =>
    named(visit, (team, repo) => {
      if (!reaches(team, repo)) return refuse(visit, 422, `team '${team.name}' was not added to repo`)
      if (team.repos !== 'all') team.repos.delete(repo.id)
      return done
    }),
}
