import type {WireAnswer} from '../wire.ts'
import {isReduced, isSiteAdmin} from './access.ts'
import {notFound, refuse} from './visit.ts'
import type {Mode, Unit, Visit} from './visit.ts'
import type {Team} from './world.ts'

/** Gitea's words for a missing right in a repository. */
export const REPO_REFUSALS = {
  any: 'user should have any permission to read repository or permissions of site admin',
  read: 'user should have specific read permission or be a repo admin or a site admin',
  write: 'user should have a permission to write to a repo',
  admin: 'user should be an owner or a collaborator with admin write of a repository',
  owner: 'user should be the owner of the repo',
}

/** The repository an earlier stage assigned; the route tables always assign before they check. */
export function inRepo({repo}: Visit): NonNullable<Visit['repo']> {
  if (!repo) throw new Error('a repository check ran before repoAssignment')
  return repo
}

export function canReadPulls(visit: Visit): boolean {
  const {repo, access} = inRepo(visit)
  return !repo.mirror && !repo.empty && access.canRead('pulls')
}

export function unlessReadable(visit: Visit, unit: Unit): WireAnswer | undefined {
  return inRepo(visit).access.canRead(unit) ? undefined : notFound(visit)
}

export function unlessMode(visit: Visit, mode: Mode, message: string): WireAnswer | undefined {
  return isSiteAdmin(visit) || inRepo(visit).access.atLeast(mode) ? undefined : refuse(visit, 403, message)
}

const UNITS: Readonly<Record<string, Unit>> = {
  'unit.TypeCode': 'code',
  'unit.TypeIssues': 'issues',
  'unit.TypePullRequests': 'pulls',
}

const unitOf = (name: string): Unit => UNITS[name] ?? 'other'

export function reqRepoReader(visit: Visit, [unit = '']: readonly string[]): WireAnswer | undefined {
  if (isSwitchedOff(visit, [unit])) return notFound(visit)
  return inRepo(visit).access.canRead(unitOf(unit)) ? undefined : unlessMode(visit, 'admin', REPO_REFUSALS.read)
}

/** `forgejo 15.0.3: where a repository has none of the units asked for, nobody is told of rights`. */
function isSwitchedOff(visit: Visit, units: readonly string[]): boolean {
  const {hasCode, hasIssues, hasPulls} = inRepo(visit).repo
  const enabled = {code: hasCode, issues: hasIssues, pulls: hasPulls, other: true}
  return visit.dialect.unitsFirst && units.length > 0 && !units.some((unit) => enabled[unitOf(unit)])
}

export function reqRepoWriter(visit: Visit, units: readonly string[]): WireAnswer | undefined {
  if (isSwitchedOff(visit, units)) return notFound(visit)
  const writes = units.some((unit) => inRepo(visit).access.canWrite(unitOf(unit)))
  return writes ? undefined : unlessMode(visit, 'admin', REPO_REFUSALS.write)
}

export function canWriteRepo(visit: Visit): boolean {
  return isSiteAdmin(visit) || inRepo(visit).access.canWrite('code')
}

export function reqOwner(visit: Visit, units: readonly string[] = []): WireAnswer | undefined {
  if (isSwitchedOff(visit, units)) return notFound(visit)
  return unlessMode(visit, 'owner', REPO_REFUSALS.owner)
}

/** `forgejo 15.0.3, run: the owner of a repository is refused too with a token that is confined, or public-only` */
export function reqAdmin(visit: Visit): WireAnswer | undefined {
  const {admin} = REPO_REFUSALS
  return isReduced(visit) ? refuse(visit, 403, admin) : unlessMode(visit, 'admin', admin)
}

export function mustNotBeArchived(visit: Visit): WireAnswer | undefined {
  const {owner, repo} = inRepo(visit)
  if (!repo.archived) return undefined
  const path = `${owner.login}/${repo.name}`
  const messages = {
    'id and name': `<Repository ${repo.id}:${path}> is archived`,
    name: `${path} is archived`,
    plain: 'repo is archived',
  }
  const form = visit.dialect.archived
  return form === 'not found' ? notFound(visit) : refuse(visit, 423, messages[form])
}

function orgIdOf({org, team}: Visit): number {
  return org?.id ?? team?.orgId ?? 0
}

export function reqOrgOwnership(visit: Visit): WireAnswer | undefined {
  if (isSiteAdmin(visit) || visit.world.isOrgOwner(orgIdOf(visit), visit.doer?.id ?? 0)) return undefined
  return visit.org ? refuse(visit, 403, 'Must be an organization owner') : notFound(visit)
}

export function reqOrgMembership(visit: Visit): WireAnswer | undefined {
  if (isSiteAdmin(visit) || visit.world.isOrgMember(orgIdOf(visit), visit.doer?.id ?? 0)) return undefined
  return visit.org ? refuse(visit, 403, 'Must be an organization member') : notFound(visit)
}

export function reqTeamMembership(visit: Visit): WireAnswer | undefined {
  const {world, team, doer} = visit
  const id = doer?.id ?? 0
  if (isSiteAdmin(visit) || !team || world.isOrgOwner(team.orgId, id) || team.members.has(id)) return undefined
  return world.isOrgMember(team.orgId, id) ? refuse(visit, 403, 'Must be a team member') : notFound(visit)
}

/** `gitea 1.27.0, run: the owners' team is shown to every member of its organisation`; no other one is, unless asked for. */
export function isShownToMembers({world, doer, dialect}: Visit, {orgId, permission}: Team): boolean {
  return dialect.teamsByRole && permission === 'owner' && world.isOrgMember(orgId, doer?.id ?? 0)
}

export function reqTeamReadAccess(visit: Visit): WireAnswer | undefined {
  return visit.team && isShownToMembers(visit, visit.team) ? undefined : reqTeamMembership(visit)
}

export function repoReference(visit: Visit): WireAnswer | undefined {
  if (!inRepo(visit).repo.empty) return undefined
  return visit.dialect.emptyRepoRef === 500
    ? refuse(visit, 500, 'no open git repo')
    : notFound(visit, 'repository is empty')
}
