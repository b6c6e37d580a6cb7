import {OpsError} from '../errors.ts'
import {NO_TOKEN} from '../smoke/protocol.ts'
import type {Terms, TokenRef} from './events.ts'
import type {Neighbour, Workspace} from './ports.ts'
import {own as ownSecret} from './push.ts'
import type {RotationDeps} from './request.ts'
import {warn, type Run} from './run.ts'
import {toRevoke} from './state.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'
/** How many workspaces are looked at at once. */
const ABREAST = 8
/** States in which an agent answers; asking another one might wake it. */
const UP = new Set(['online', 'degraded'])

/** Somebody besides the rotated agent who may run on one of its tokens. */
export interface Holder {
  /** In words: its name in the inventory, its workspace's name, or both. */
  who: string
  /** Its name in the inventory; undefined for a workspace that no agent claims. */
  agent: string | undefined
  /** Undefined where the platform has none of its name. */
  workspace: Pick<Workspace, 'id' | 'name' | 'status'> | undefined
  /** Why, as the end of a sentence that begins with it. */
  why: string
}

/** Whose tokens these are. */
export type Owner = Pick<Terms, 'agent' | 'user' | 'secretKey'> & {workspace: Pick<Workspace, 'id' | 'name'>}

type HolderDeps = Pick<RotationDeps, 'platform' | 'ledger' | 'fleet'>

/**
 * Who else may run on these tokens, as far as inventory, ledger and platform tell: agents whose entry or ledger leads to
 * one of them, or who have the same user; workspaces of the same name, numbered or not, which may have been made anew with
 * the old value;
 * and those that a global secret of this key serves. Asks no agent. Throws what the platform's reads throw.
 */
export async function holdersOf(owner: Owner, tokens: readonly TokenRef[], deps: HolderDeps): Promise<Holder[]> {
  const {platform, fleet} = deps
  if (tokens.length === 0) return []
  const [agents, all, shared] = await Promise.all([
    fleet.agents(),
    platform.list(),
    platform.hasGlobalSecret(owner.secretKey),
  ])
  const rooms = all.filter(({id}) => id !== owner.workspace.id)
  const holders = new Map<string, Holder>()
  const add = (agent: string | undefined, room: Workspace | undefined, why: string): void => {
    const key = room?.id ?? `agent ${agent}`
    if (!holders.has(key)) holders.set(key, {who: named(agent, room), agent, workspace: room && brief(room), why})
  }
  const entry = agents.find(({agent}) => agent === owner.agent)
  for (const other of agents) {
    const room = rooms.find((each) => isIn(other, each))
    const why = other === entry ? moved(other.agent, room) : await lead(other, entry, owner, tokens, deps)
    if (why !== undefined) add(other === entry ? undefined : other.agent, room, why)
  }
  const tenant = (room: Workspace): string | undefined => agents.find((agent) => isIn(agent, room))?.agent
  for (const room of rooms.filter(({name}) => name === owner.workspace.name)) {
    add(tenant(room), room, 'bears the same name and may have been made anew with the old value')
  }
  const numbered = rooms.filter(
    ({name}) => name !== owner.workspace.name && plain(name) === plain(owner.workspace.name),
  )
  const secrets = await abreast(numbered, ({id}) => platform.secretRow(id, owner.secretKey))
  for (const [at, room] of numbered.entries()) {
    if (!ownSecret(secrets[at])) continue
    add(tenant(room), room, `has the same name but for its number, and a ${owner.secretKey} that may be the old token`)
  }
  if (shared) {
    const rows = await abreast(rooms, ({id}) => platform.secretRow(id, owner.secretKey))
    for (const [at, room] of rooms.entries()) {
      if (rows[at]?.scope !== 'global') continue
      add(tenant(room), room, `gets its ${owner.secretKey} from the global secret, which may be the old token`)
    }
  }
  return [...holders.values()]
}

/** What leads from another agent to one of the tokens; undefined where nothing does. */
async function lead(
  other: Neighbour,
  own: Neighbour | undefined,
  {user}: Owner,
  tokens: readonly TokenRef[],
  {ledger}: HolderDeps,
): Promise<string | undefined> {
  if (other.user.toLowerCase() === user.toLowerCase()) return `is the same Gitea user, ${user}`
  const ends = tokens.map(({lastEight}) => lastEight)
  const configured = ends.find((lastEight) => lastEight === other.lastEight)
  if (configured !== undefined) return `has …${configured} as its token in patrol.yaml`
  if (other.reference !== undefined && other.reference === own?.reference) {
    return `has its token in the same place as ${own.agent} in patrol.yaml`
  }
  const deployed = await ledger.deployed(other.agent)
  return deployed && ends.includes(deployed.lastEight) ? `was last proven on …${deployed.lastEight}` : undefined
}

/** A rotation may be older than the inventory: where its agent has moved since, the old value may have moved along. */
function moved(agent: string, room: Workspace | undefined): string | undefined {
  return room && `is the workspace of ${agent} in patrol.yaml now, and may have been made with the old value`
}

/** Throws `GUARD_SHARED_WORKSPACE` where another agent has the very same workspace, by its id or by its name. */
export async function guardRoommates({agent, workspace}: Owner, {fleet}: Pick<RotationDeps, 'fleet'>): Promise<void> {
  const mate = (await fleet.agents()).find((other) => other.agent !== agent && isIn(other, workspace))
  if (!mate) return
  throw new OpsError(
    'GUARD_SHARED_WORKSPACE',
    `${agent} and ${mate.agent} are both in workspace ${workspace.name} (${workspace.id}), so one would get the token of the other. Nothing was changed; the old token serves.`,
    {suggestions: ['patrol config check'], ref: 'docs/config.md'},
  )
}

/**
 * May the superseded tokens go, as far as others are concerned? Each holder has to be known on another token: by the
 * ledger, while its secret is as that proof left it, or by its own word, asked now. Who runs on one of them is never
 * passed over; who could not be told only with `unprovenHolders`. Throws `REVOCATION_HELD`.
 */
export async function assertUnheld(run: Run): Promise<void> {
  const {deps, rotation, waive} = run
  const {terms} = rotation
  const tokens = toRevoke(rotation)
  const holders = await holdersOf(terms, tokens, deps)
  const found = await abreast(holders, (holder) => standing(holder, tokens, terms, deps))
  const open = holders.flatMap((holder, at) => {
    const {kind, says} = found[at]!
    return kind === 'elsewhere' ? [] : [{holder, kind, line: `${holder.who} ${holder.why}; ${says}`}]
  })
  if (open.length === 0) return
  const lines = open.map(({line}) => `  ${line}`)
  if (waive.unprovenHolders && open.every(({kind}) => kind === 'unproven')) {
    return warn(run, ['Others may stop, for they may run on the old token:', ...lines].join('\n'))
  }
  const agentsOf = (wanted: Standing['kind']): string[] =>
    open.flatMap(({kind, holder}) => (kind === wanted && holder.agent !== undefined ? [holder.agent] : []))
  const [held, unproven] = [agentsOf('held'), agentsOf('unproven')]
  throw new OpsError(
    'REVOCATION_HELD',
    [`The old token of ${terms.agent} is not revoked, for others may run on it:`, ...lines].join('\n'),
    {
      suggestions: [
        ...(held.length > 0 ? [`patrol rotate ${held.join(' ')}`] : []),
        ...unproven.map((agent) => `patrol smoke ${agent}`),
        ...(open.some(({kind}) => kind === 'held')
          ? []
          : [`patrol rotation resume ${terms.rotation} --allow-unproven-holders`]),
      ],
      ref: REF,
    },
  )
}

type Standing = {kind: 'elsewhere' | 'held' | 'unproven'; says: string}

async function standing(
  {agent, workspace}: Holder,
  tokens: readonly TokenRef[],
  {repo, label, secretKey}: Terms,
  {platform, ledger, fleet}: HolderDeps,
): Promise<Standing> {
  const isOurs = (lastEight: string): boolean => tokens.some((token) => token.lastEight === lastEight)
  const told = (lastEight: string, by: string): Standing =>
    isOurs(lastEight)
      ? {kind: 'held', says: `it runs on …${lastEight}`}
      : {kind: 'elsewhere', says: `${by} …${lastEight}`}
  if (!workspace) return {kind: 'unproven', says: 'the platform has no workspace of it that could be asked'}
  const deployed = agent === undefined ? undefined : await ledger.deployed(agent)
  if (deployed && !isOurs(deployed.lastEight)) {
    const row = await platform.secretRow(workspace.id, secretKey)
    const unchanged = row?.scope === 'workspace' && row.updatedAt === deployed.secretUpdatedAt
    if (unchanged) return told(deployed.lastEight, 'it was proven on')
  }
  if (!UP.has(workspace.status)) return {kind: 'unproven', says: `it is ${workspace.status} and was not asked`}
  try {
    const reported = await fleet.ask(workspace.id, {repo, label, secretKey})
    if (reported === undefined) return {kind: 'unproven', says: 'it was asked and did not say which token it holds'}
    if (reported === NO_TOKEN) return {kind: 'unproven', says: `it says that it has no token in ${secretKey}`}
    return told(reported, 'it reports')
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return {kind: 'unproven', says: `it could not be asked: ${error.message}`}
  }
}

function named(agent: string | undefined, room: Workspace | undefined): string {
  const place = room && `workspace ${room.name} (${room.id})`
  if (place === undefined) return agent ?? ''
  return agent === undefined ? place : `${agent} in ${place}`
}

/** A name without the number that the platform gives to one that is taken: `name (2)` (platform: june02 and later). */
function plain(name: string): string {
  return name.replace(/ \(\d+\)$/, '')
}

function isIn({workspace}: Neighbour, {id, name}: Pick<Workspace, 'id' | 'name'>): boolean {
  return workspace === id || workspace === name
}

function brief({id, name, status}: Workspace): Holder['workspace'] {
  return {id, name, status}
}

/** The results in the order of the items, with a few under way at once. */
async function abreast<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += ABREAST) {
    results.push(...(await Promise.all(items.slice(at, at + ABREAST).map(work))))
  }
  return results
}
