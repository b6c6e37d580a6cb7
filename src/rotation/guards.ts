import {OpsError, type Code} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {LedgerToken, Platform, TokenRow, Workspace} from './ports.ts'
import type {Waivers} from './events.ts'
import {mintedFor} from './names.ts'

const DANGEROUS: readonly string[] = ['all', 'sudo', 'write:user', 'write:admin']
const NOTHING = 'Nothing was changed; the old token serves.'

/** Runtimes that have no container of the platform's: it can store a secret for them, never restart them. */
export function isExternal(workspace: Workspace): boolean {
  return workspace.runtime === 'external' || workspace.runtime === 'mock'
}

function refuse(code: Code, what: string, suggestions: string[] = [], ref?: string): never {
  throw new OpsError(code, `${what} ${NOTHING}`, {suggestions, ...(ref ? {ref} : {})})
}

/**
 * May we write to this workspace at all? Throws the guard's own code: the concierge, a kind that the server does not
 * tell (releases before June 2026 have none), the workspace we run in, one that is paused, hibernated or removed, one
 * under a paused parent, one with tasks in flight.
 */
export async function guardWorkspace(
  workspace: Workspace,
  platform: Pick<Platform, 'read'>,
  {waive = {}, ownWorkspace}: {waive?: Waivers | undefined; ownWorkspace?: string | undefined},
): Promise<void> {
  guardKind(workspace, waive)
  if (ownWorkspace && ownWorkspace.toLowerCase() === workspace.id) {
    refuse(
      'GUARD_OWN_WORKSPACE',
      `patrol runs inside workspace ${workspace.name}, and a restart would end it midway.`,
      ['run patrol from another machine'],
    )
  }
  guardStatus(workspace)
  if (isExternal(workspace)) return
  await guardAncestors(workspace, platform)
  if (workspace.activeTasks > 0 && !waive.activeTasks) {
    const tasks = workspace.activeTasks === 1 ? '1 task' : `${workspace.activeTasks} tasks`
    refuse('GUARD_ACTIVE_TASKS', `${workspace.name} has ${tasks} in flight, which a restart destroys.`, [
      'wait until it is idle, or add --allow-active-tasks',
    ])
  }
}

function guardKind({kind, name}: Workspace, waive: Waivers): void {
  const ref = 'docs/runbooks/concierge-refused.md'
  if (kind === 'platform') {
    refuse('GUARD_CONCIERGE', `${name} is the concierge (kind=platform); its secrets are set by its owner.`, [], ref)
  }
  if (kind === undefined && !waive.unknownKind) {
    const why = `the platform does not tell the kind of ${name}, so it might be the concierge.`
    refuse(
      'GUARD_UNKNOWN_KIND',
      why[0]!.toUpperCase() + why.slice(1),
      ['add --allow-unknown-kind if you know it is not'],
      ref,
    )
  }
}

function guardStatus({status, name, id}: Workspace): void {
  if (status === 'removed') refuse('GUARD_REMOVED', `Workspace ${name} (${id}) was removed.`)
  if (status === 'paused') {
    refuse('GUARD_PAUSED', `Workspace ${name} is paused; a restart would wake it.`, ['resume the workspace first'])
  }
  if (status === 'hibernated' || status === 'hibernating') {
    refuse('GUARD_HIBERNATED', `Workspace ${name} is hibernated; a restart would wake it.`, [
      'wake the workspace first',
    ])
  }
}

/** The platform refuses a restart while any ancestor is paused (409). */
async function guardAncestors(workspace: Workspace, platform: Pick<Platform, 'read'>): Promise<void> {
  const seen = new Set([workspace.id])
  let parentId = workspace.parentId
  while (parentId && !seen.has(parentId)) {
    seen.add(parentId)
    const parent = await platform.read(parentId)
    if (parent.status === 'paused') {
      refuse(
        'GUARD_ANCESTOR_PAUSED',
        `${parent.name}, above ${workspace.name}, is paused, so ${workspace.name} cannot restart.`,
        [`resume ${parent.name} first`],
      )
    }
    parentId = parent.parentId
  }
}

/** The user whose credential we mint with must not be rotated by it, and agents should not get the keys to more. */
export function guardMint(
  {user, agent, scopes, profile}: {user: string; agent: string; scopes: readonly Scope[]; profile: string},
  adminUser: string,
  waive: Waivers = {},
): void {
  if (user.toLowerCase() === adminUser.toLowerCase()) {
    refuse('GUARD_OWN_CREDENTIAL', `${agent} is the Gitea user ${user}, whose own credential patrol works with.`, [
      'use another administrator as admin in patrol.yaml',
    ])
  }
  const dangerous = scopes.filter((scope) => DANGEROUS.includes(scope))
  if (dangerous.length > 0 && !waive.dangerousScopes) {
    refuse(
      'GUARD_DANGEROUS_SCOPES',
      `Profile ${profile} asks for ${dangerous.join(', ')}, which lets an agent mint for itself or others.`,
      ['take them out of the profile, or add --allow-dangerous-scopes'],
    )
  }
}

/**
 * Does a rotation from another machine seem to be under way? Its mark: a token named for this agent that our ledger
 * does not know, that is not the deployed one, and that is no older than the newest that we know.
 */
export function guardForeign(
  agent: string,
  rows: readonly TokenRow[],
  known: readonly LedgerToken[],
  deployedLastEight: string | undefined,
  waive: Waivers = {},
): void {
  if (waive.foreignRotation) return
  const ours = new Set(known.map((token) => token.id))
  const newest = known.map((token) => mintedFor(agent, token.name)?.day ?? '').reduce((a, b) => (a > b ? a : b), '')
  const foreign = rows.filter((row) => {
    const day = mintedFor(agent, row.name)?.day
    return day !== undefined && !ours.has(row.id) && row.lastEight !== deployedLastEight && day >= newest
  })
  if (foreign.length === 0) return
  const names = foreign.map((row) => `${row.name} (id ${row.id})`).join(', ')
  refuse(
    'GUARD_FOREIGN_ROTATION',
    `Gitea lists ${names}, minted for ${agent} by a rotation that this machine does not know and that may be under way.`,
    ['finish it where it was started (patrol rotation list), or add --allow-foreign-rotation'],
  )
}
