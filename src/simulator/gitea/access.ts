import type {Account, Repo, World} from './world.ts'

export type Unit = 'code' | 'issues' | 'pulls' | 'other'
const LEVELS = ['none', 'read', 'write', 'admin', 'owner'] as const
export type Mode = (typeof LEVELS)[number]

/** What a user may do in a repository. */
export interface Access {
  mode: Mode
  /** Reading an enabled unit; a disabled one is unreadable even for owners. */
  canRead(unit: Unit): boolean
  canWrite(unit: Unit): boolean
  atLeast(mode: Mode): boolean
}

/** The rights of a user (or of nobody) in a repository, by ownership, collaboration, team and visibility. */
export function accessTo(world: World, repo: Repo, user: Account | undefined): Access {
  const mode = modeOf(world, repo, user)
  const atLeast = (wanted: Mode): boolean => LEVELS.indexOf(mode) >= LEVELS.indexOf(wanted)
  const enabled: Record<Unit, boolean> = {
    code: repo.hasCode,
    issues: repo.hasIssues,
    pulls: repo.hasPulls,
    other: true,
  }
  return {
    mode,
    atLeast,
    canRead: (unit) => enabled[unit] && atLeast('read'),
    canWrite: (unit) => enabled[unit] && atLeast('write'),
  }
}

function modeOf(world: World, repo: Repo, user: Account | undefined): Mode {
  const owner = world.accountById(repo.ownerId)
  if (!owner) return 'none'
  if (user?.isAdmin || user?.id === owner.id) return 'owner'
  const own: Mode = (user && repo.collaborators.get(user.id)) ?? 'none'
  const open = !repo.isPrivate && canSee(world, owner, user) && !user?.restricted
  return strongest([own, user ? teamMode(world, owner, user) : 'none', open ? 'read' : 'none'])
}

function teamMode(world: World, owner: Account, user: Account): Mode {
  const teams = world.teams.filter((team) => team.orgId === owner.id && team.members.has(user.id))
  return strongest(teams.map((team) => team.permission))
}

function strongest(modes: readonly Mode[]): Mode {
  return LEVELS.findLast((level) => modes.includes(level)) ?? 'none'
}

/** Whether an account's existence is open to this viewer (`HasOrgOrUserVisible`). */
export function canSee(world: World, account: Account, viewer: Account | undefined): boolean {
  if (account.visibility === 'public') return true
  if (!viewer) return false
  if (viewer.isAdmin || viewer.id === account.id) return true
  return account.visibility === 'limited' ? !viewer.restricted : world.isOrgMember(account.id, viewer.id)
}
