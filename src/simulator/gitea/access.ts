import {isPublicOnly} from './scopes.ts'
import {MODES} from './visit.ts'
import type {Access, Mode, Unit, Visit} from './visit.ts'
import type {UserOrOrganisation, Repo, Team, GiteaWorld} from './world.ts'

const UNITS: readonly Unit[] = ['code', 'issues', 'pulls', 'other']
const reaches = (mode: Mode, wanted: Mode): boolean => MODES.indexOf(mode) >= MODES.indexOf(wanted)

/**
 * The rights of who asks in a repository, no further than the token reaches (`forgejo 15.0.3: services/authz`): a confined
 * one does all in its repositories, reads other public ones and knows of no others; a public-only one only of public ones.
 */
export function reachInto(visit: Visit, repo: Repo): Access {
  const access = accessTo(visit, repo, visit.doer)
  const most = ceiling(visit, repo)
  if (most === undefined) return access
  const within = (mode: Mode): boolean => reaches(most, mode)
  return {
    mode: within(access.mode) ? access.mode : most,
    any: access.any && within('read'),
    canRead: (unit) => access.canRead(unit) && within('read'),
    canWrite: (unit) => access.canWrite(unit) && within('write'),
    atLeast: (wanted) => access.atLeast(wanted) && within(wanted),
  }
}

/** The most that the token lets into a repository; undefined where it takes nothing away. */
function ceiling(visit: Visit, repo: Repo): Mode | undefined {
  const {repositories} = visit.session?.token ?? {}
  if (!isReduced(visit) || repositories?.has(repo.id)) return undefined
  const hidden = repo.isPrivate || visit.world.accountById(repo.ownerId)?.visibility !== 'public'
  if (hidden) return 'none'
  return repositories ? 'read' : undefined
}

/** Whether the token reaches less far than its user: then it makes no administrator of the site or of a repository either. */
export function isReduced({session, dialect}: Visit): boolean {
  if (dialect.publicOnly !== 'reduced' || !session?.token) return false
  return session.token.repositories !== undefined || isPublicOnly(session.token.scope)
}

/** Whether an administrator asks, with all rights of one. */
export function isSiteAdmin(visit: Visit): boolean {
  return visit.doer?.isAdmin === true && !isReduced(visit)
}

/** The rights of a user (or of nobody) in a repository, by ownership, collaboration, team and visibility. */
export function accessTo(
  {world, dialect}: Pick<Visit, 'world' | 'dialect'>,
  repo: Repo,
  user: UserOrOrganisation | undefined,
): Access {
  const teams = teamsIn(world, repo, user)
  const whole = strongest([wholeMode(world, dialect, repo, user), ...teams.map(adminMode)])
  const enabled: Record<Unit, boolean> = {
    code: repo.hasCode,
    issues: repo.hasIssues,
    pulls: repo.hasPulls,
    other: true,
  }
  const inUnit = (unit: Unit): Mode => strongest([whole, ...teams.map((team) => unitMode(team, unit))])
  const shown = dialect.unitTeams ? whole : strongest([whole, ...teams.map(({permission}) => permission)])
  return {
    mode: shown,
    any: UNITS.some((unit) => reaches(inUnit(unit), 'read')),
    atLeast: (wanted) => reaches(whole, wanted),
    canRead: (unit) => enabled[unit] && reaches(inUnit(unit), 'read'),
    canWrite: (unit) => enabled[unit] && reaches(inUnit(unit), 'write'),
  }
}

/** What does not come by a team. */
function wholeMode(
  world: GiteaWorld,
  dialect: Visit['dialect'],
  repo: Repo,
  user: UserOrOrganisation | undefined,
): Mode {
  const owner = world.accountById(repo.ownerId)
  if (!owner) return 'none'
  if (user?.isAdmin || user?.id === owner.id) return 'owner'
  const own = user && repo.collaborators.get(user.id)
  const kept = user?.restricted === true && !dialect.restrictedReadsPublic
  const open = !repo.isPrivate && canSee(world, owner, user) && !kept
  return strongest([own ?? 'none', open ? 'read' : 'none'])
}

function teamsIn(world: GiteaWorld, repo: Repo, user: UserOrOrganisation | undefined): Team[] {
  if (!user) return []
  const mine = world.teams.filter((team) => team.orgId === repo.ownerId && team.members.has(user.id))
  return mine.filter(({repos}) => repos === 'all' || repos.has(repo.id))
}

/** `gitea 1.20.6 to 1.25.4, run: an admin team makes owners of its repositories`; other teams reach units only. */
function adminMode({permission}: Team): Mode {
  return permission === 'admin' || permission === 'owner' ? 'owner' : 'none'
}

function unitMode({units, permission}: Team, unit: Unit): Mode {
  return units.some((each) => each === unit) ? permission : 'none'
}

function strongest(modes: readonly Mode[]): Mode {
  return MODES.findLast((level) => modes.includes(level)) ?? 'none'
}

/** Whether an account's existence is open to this viewer (`HasOrgOrUserVisible`). */
export function canSee(
  world: GiteaWorld,
  account: UserOrOrganisation,
  viewer: UserOrOrganisation | undefined,
): boolean {
  if (account.visibility === 'public') return true
  if (!viewer) return false
  if (viewer.isAdmin || viewer.id === account.id) return true
  return account.visibility === 'limited' ? !viewer.restricted : world.isOrgMember(account.id, viewer.id)
}
