import {OpsError, type Code} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {compare} from '../scopes/sets.ts'
import {assertFree, type LeaseDeps} from '../story/lease.ts'
import {replay} from './machine.ts'
import type {AccountKind, Fleet, Journal, Neighbour, Platform, TokenAdmin, TokenRow, Workspace} from './ports.ts'
import type {Waivers} from './events.ts'
import {foreignTo, type KnownDeployed} from './foreign.ts'
import {wasUsed} from './gate.ts'
import {type OwnMint, sameLogin} from './names.ts'
import {describe} from './run.ts'
import {isForgettable} from './state.ts'

const DANGEROUS: readonly string[] = ['all', 'sudo', 'write:user', 'write:admin']
const STUCK = 'docs/runbooks/restart-stuck.md'
/** Where an administrator mends an account. */
export const IN_WEB = 'in the web interface: Site Administration, User Accounts'

/** Runtimes that have no container of the platform's: it can store a secret for them, never restart them. */
export function isExternal(workspace: Pick<Workspace, 'runtime'>): boolean {
  return workspace.runtime === 'external' || workspace.runtime === 'mock'
}

/** A workspace as the ledger keeps where a token is. */
export function placeOf({id, name, runtime}: Pick<Workspace, 'id' | 'name' | 'runtime'>): {
  id: string
  name: string
  external: boolean
} {
  return {id, name, external: isExternal({runtime})}
}

/**
 * Whether the platform has no such workspace any more: tokens may die by this. Throws `PLATFORM_UNEXPECTED` where its
 * list has the workspace that it says it does not know.
 */
export async function isGone({platform}: {platform: Pick<Platform, 'read' | 'list'>}, id: string): Promise<boolean> {
  try {
    return (await platform.read(id)).status === 'removed'
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'WORKSPACE_NOT_FOUND') throw error
  }
  const listed = (await platform.list()).find((room) => room.id === id && room.status !== 'removed')
  if (!listed) return true
  throw new OpsError(
    'PLATFORM_UNEXPECTED',
    `The platform says that it has no workspace ${listed.name} (${id}), and lists it. So nobody can tell whether it runs, and on which token.`,
    {suggestions: ['patrol doctor'], ref: 'docs/runbooks/platform-unreachable.md'},
  )
}

/** Who stores secrets for a workspace and restarts it: patrol by way of the platform, or somebody else. */
export type SecretKeeper = 'concierge' | 'external' | 'platform'

/** Who keeps this workspace; `platform` unless it is the concierge or runs elsewhere. */
export function keeperOf(workspace: Workspace): SecretKeeper {
  if (workspace.kind === 'platform') return 'concierge'
  return isExternal(workspace) ? 'external' : 'platform'
}

function refuse(code: Code, what: string, suggestions: string[] = [], ref?: string): never {
  throw new OpsError(code, `${what} Nothing was changed.`, {suggestions, ...(ref ? {ref} : {})})
}

/**
 * May we write to this workspace at all? Throws the guard's own code: the concierge, a kind that the server does not
 * tell (april and june02 have none), the workspace we run in, one that is paused, hibernated or removed, one
 * under a paused parent, one with tasks in flight, one that another agent has as well.
 */
export async function guardWorkspace(
  workspace: Workspace,
  platform: Pick<Platform, 'read'>,
  {
    waive = {},
    ownWorkspace,
    agent,
    fleet,
  }: {
    waive?: Waivers | undefined
    ownWorkspace?: string | undefined
    /** The agent's name. */
    agent: string
    fleet: Pick<Fleet, 'agents'>
  },
): Promise<void> {
  guardKind(workspace, waive, agent)
  await guardRoommates(agent, workspace, fleet)
  if (ownWorkspace && ownWorkspace.toLowerCase() === workspace.id) {
    refuse(
      'GUARD_OWN_WORKSPACE',
      `patrol runs inside workspace ${workspace.name}, and a restart would end it midway.`,
      ['run patrol from another machine'],
    )
  }
  guardStatus(workspace, agent)
  if (isExternal(workspace)) return
  await guardAncestors(workspace, platform)
  if (workspace.activeTasks > 0 && !waive.activeTasks) {
    const tasks = workspace.activeTasks === 1 ? '1 task' : `${workspace.activeTasks} tasks`
    refuse('GUARD_ACTIVE_TASKS', `${workspace.name} has ${tasks} in flight, which a restart destroys.`, [
      'wait until it is idle',
      'or add --allow-active-tasks',
    ])
  }
}

/** An agent may be there by the workspace's id and another by its name, which nobody sees in patrol.yaml. */
async function guardRoommates(agent: string, room: Workspace, fleet: Pick<Fleet, 'agents'>): Promise<void> {
  const mate = (await fleet.agents()).find((other) => other.agent !== agent && isIn(other, room))
  if (!mate) return
  refuse(
    'GUARD_SHARED_WORKSPACE',
    `${agent} and ${mate.agent} are both in workspace ${room.name} (${room.id}), so one would get the token of the other.`,
    ['give each a workspace of its own in patrol.yaml', `patrol audit ${agent} ${mate.agent}`],
    'docs/config.md',
  )
}

/** Whether an agent of the inventory works in this workspace. */
export function isIn(
  {workspace}: Pick<Neighbour, 'workspace'>,
  {id, name}: {id: string | undefined; name: string},
): boolean {
  return workspace === id || workspace === name
}

function guardKind({kind, name}: Workspace, waive: Waivers, agent: string): void {
  const ref = 'docs/runbooks/concierge-refused.md'
  if (kind === 'platform') {
    refuse(
      'GUARD_CONCIERGE',
      `${name} is the concierge (kind=platform): patrol can mint for it, but its secret is stored in the canvas, in its Secrets tab.`,
      [`patrol mint ${agent} --output-file ${agent}.token`],
      ref,
    )
  }
  if (kind === undefined && !waive.unknownKind) {
    refuse(
      'GUARD_UNKNOWN_KIND',
      `The platform does not tell the kind of ${name}, so it might be the concierge.`,
      ['add --allow-unknown-kind if you know it is not'],
      ref,
    )
  }
}

function guardStatus({status, name, id}: Workspace, agent: string): void {
  if (status === 'removed') {
    refuse('GUARD_REMOVED', `Workspace ${name} (${id}) was removed.`, [
      `give ${agent} the name of another workspace in patrol.yaml, or of one that is to be made`,
    ])
  }
  if (status === 'paused') {
    refuse(
      'GUARD_PAUSED',
      `Workspace ${name} is paused; a restart would wake it.`,
      ['resume it in the canvas first'],
      STUCK,
    )
  }
  if (status === 'hibernated' || status === 'hibernating') {
    refuse('GUARD_HIBERNATED', `Workspace ${name} is hibernated; a restart would wake it.`, ['wake it first'], STUCK)
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
        [`resume ${parent.name} in the canvas first`],
        STUCK,
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
  if (sameLogin(user, adminUser)) {
    refuse('GUARD_OWN_CREDENTIAL', `${agent} is the user ${user}, whose own credential patrol works with.`, [
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
 * Only a person's account may be minted for that the server lets in, and a site administrator's only where the operator
 * says so: its tokens can act as anybody. Throws `USER_UNFIT`.
 */
export function guardAccount(
  {organisation, isAdmin, active, prohibitLogin}: AccountKind,
  {user, agent}: {user: string; agent: string},
  waive: Waivers = {},
): void {
  const unfit = (why: string, suggestions: string[]): never => {
    throw new OpsError('USER_UNFIT', `${user} is there, but no user for ${agent}: ${why}. Nothing was minted.`, {
      suggestions,
      ref: 'docs/runbooks/onboarding-incomplete.md',
    })
  }
  const another = 'set another "user" for the agent in patrol.yaml'
  if (organisation) unfit("it is an organisation, and a token of it has its owners' rights", [another])
  if (isAdmin && !waive.siteAdmin) {
    unfit('it is a site administrator, and any token of one can act as anybody', [another, 'or add --allow-site-admin'])
  }
  const shut = !active ? ['is not activated', 'activate'] : prohibitLogin ? ['may not sign in', 'allow'] : undefined
  if (!shut) return
  const [what, mend] = shut
  unfit(`it ${what}, so no token of it works`, [`${mend} it ${IN_WEB}`, `or ${another}`])
}

/**
 * Can the administrator's token hand out what the profile asks for? From Gitea 1.27 on a token gives no more than it has,
 * and minting wants `write:user`. Throws `ADMIN_SCOPE` and `ADMIN_SUBSET`; says nothing where the server does not tell.
 */
export async function guardGrant(
  {scopes, profile}: {scopes: readonly Scope[]; profile: string},
  tokens: Pick<TokenAdmin, 'adminUser' | 'grantable'>,
): Promise<void> {
  const held = await tokens.grantable()
  if (!held) return
  const ref = 'docs/runbooks/admin-credential-rejected.md'
  const password = 'or use the password of the administrator in patrol.yaml'
  if (compare(held, ['write:user']).missing.length > 0) {
    const why = `The administrator token of ${tokens.adminUser} lacks write:user, without which it mints nothing.`
    refuse('ADMIN_SCOPE', why, ['give it write:user', password], ref)
  }
  const {missing} = compare(
    held,
    scopes.filter((scope) => scope !== 'public-only'),
  )
  const narrowed = held.includes('public-only') && !scopes.includes('public-only')
  if (missing.length === 0 && !narrowed) return
  const why = narrowed
    ? `is public-only, and so would be every token that it mints; profile ${profile} is not`
    : `lacks ${missing.join(', ')} of profile ${profile}, and this server lets no token hand out what it lacks`
  const better = narrowed ? 'use one that is not public-only' : `give it ${missing.join(', ')} too`
  refuse('ADMIN_SUBSET', `The administrator token of ${tokens.adminUser} ${why}.`, [better, password], ref)
}

/**
 * Only one open rotation per agent: one that changed nothing will be forgotten, one in its overlap does not stand in the
 * way. Throws `ROTATION_OPEN`, and `LEASE_HELD` where a run is at it right now.
 */
export async function guardOpen(
  agent: string,
  deps: LeaseDeps & {journal: Pick<Journal, 'list' | 'read'>},
): Promise<void> {
  const {journal} = deps
  for (const {id} of await journal.list({agent, open: true})) {
    const rotation = replay(await journal.read(id))
    if (!rotation || rotation.phase === 'proven' || rotation.phase === 'revoking' || isForgettable(rotation)) continue
    await assertFree(deps, agent)
    const suggestions = [`patrol rotation resume ${id}`, `patrol rotation abort ${id}`]
    throw new OpsError('ROTATION_OPEN', `Rotation ${id} of ${agent} is unfinished. ${describe(rotation)}`, {
      suggestions,
      ref: 'docs/runbooks/rotation-incomplete.md',
    })
  }
}

/**
 * Is there a token named for this agent that our ledger does not know and that is not the deployed one? A run of another
 * machine may be under way, or an agent of that name elsewhere runs on it: somebody surely does where it was used since
 * ours was proven on another one, which is passed over only with `unprovenHolders` as well.
 */
export function guardForeign(
  agent: string,
  rows: readonly TokenRow[],
  known: readonly OwnMint[],
  deployed: KnownDeployed,
  waive: Waivers = {},
): void {
  const {foreign, used} = foreignTo(agent, rows, known, deployed)
  const open = !waive.foreignRotation ? foreign : waive.unprovenHolders ? [] : used
  if (open.length === 0) return
  const names = open
    .map((row) => {
      const when = used.includes(row) || wasUsed(row) ? `, last used at ${row.lastUsedAt}` : ''
      return `${row.name} (id ${row.id}${when})`
    })
    .join(', ')
  const somebody =
    used.length > 0
      ? `Somebody works with what was used after ${agent} was proven on another token.`
      : 'It may be under way, or an agent of this name elsewhere may run on that token.'
  const both = used.length > 0 ? ' and --allow-unproven-holders' : ''
  refuse(
    'GUARD_FOREIGN_ROTATION',
    `There is ${names}, minted for ${agent} by a run that is not on record for these servers. ${somebody}`,
    [
      'finish it where it was started (patrol rotation list), or give the agent elsewhere another name',
      `add --allow-foreign-rotation${both} to replace it too`,
    ],
    'docs/runbooks/rotation-incomplete.md',
  )
}
