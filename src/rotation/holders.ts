import {OpsError} from '../errors.ts'
import type {Placement, PlacementAnywhere, Proof} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import {formerTokens} from './former.ts'
import {agentIn, agentPart, sameLogin} from './names.ts'
import type {RotationTerms} from './events.ts'
import {isExternal, isGone, isIn} from './guards.ts'
import type {Neighbour, Platform, SecretRow, Workspace} from './ports.ts'
import {own as ownSecret} from './push.ts'
import type {RotationDeps} from './request.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'
/** How many workspaces are looked at at once. */
const ABREAST = 8
/** By how much the platform's clock may be behind ours. */
const BEHIND_MS = 3_600_000
/** As a status, of a process that nobody can ask. */
export const OUTSIDE = 'outside'

/** A workspace as it takes to ask in it; `outside`: it had a process outside the platform, which nobody can ask any more. */
export type HolderRoom = Pick<Workspace, 'id' | 'name' | 'status' | 'runtime'>

/** Somebody besides the rotated agent who may run on one of its tokens. */
export interface TokenHolder {
  /** In words: its name in the inventory, its workspace's name, or both. */
  who: string
  /** Its name in the inventory; undefined for a workspace that no agent claims, and an agent of another inventory. */
  agent: string | undefined
  /** Undefined where the platform has none of its name, or nobody knows that. */
  workspace: HolderRoom | undefined
  /** Why, as the end of a sentence that begins with it. */
  why: string
  /** Under which name it may have the token, where that is not the owner's. */
  secretKey?: string
}

/** Whose tokens these are. */
export interface TokensOwner extends Pick<RotationTerms, 'agent' | 'user' | 'secretKey'> {
  /** Undefined where it has none that could be found. `external`: that its process runs outside the platform is known to who asks. */
  workspace: (Pick<Workspace, 'id' | 'name'> & {external?: boolean}) | undefined
  /** None of the tokens is older than this (ms since the epoch): a secret that is, holds another. */
  since?: number
}

/** Where others are looked for: `platform` is undefined where there is none, and nobody is asked then. */
export interface HolderDeps {
  platform: Platform | undefined
  ledger: Pick<RotationDeps['ledger'], 'tokens' | 'deployed' | 'provenOn' | 'placesOf' | 'apply'>
  clock: Pick<RotationDeps['clock'], 'now'>
  fleet: RotationDeps['fleet']
  tokens: Pick<RotationDeps['tokens'], 'list'>
}

/**
 * Who else may run on these tokens, as far as inventory, ledger, names and platform tell: agents whose entry leads to one
 * of them, who were last proven on one, for whom one was minted by its name, or who have the same user, also those of
 * another inventory or platform; the workspaces of such proofs and those that one of them was sent to or was found in,
 * whoever has been moved away since; workspaces of the same name, numbered or not, which may have been made anew with the
 * old value; and those that a global secret serves, of this name or of those under which one was sent. Asks no agent. Throws
 * what the platform's reads throw, and `PLATFORM_UNEXPECTED` for a list of workspaces that lacks the owner's.
 */
export async function holdersOf(
  owner: TokensOwner,
  tokens: readonly TokenRef[],
  deps: HolderDeps,
): Promise<TokenHolder[]> {
  const {platform, fleet, ledger} = deps
  const {secretKey: own, since} = owner
  const [value, itself] = since === undefined ? ['the old value', 'the old token'] : ['its value', 'that token']
  if (tokens.length === 0) return []
  const [agents, proven, rooms, places] = await Promise.all([
    fleet.agents(),
    ledger.provenOn(tokens),
    platform ? roomsBeside(owner.workspace, platform) : [],
    ledger.placesOf(tokens),
  ])
  const holders = new Map<string, TokenHolder>()
  const keep = (key: string, holder: TokenHolder, secretKey: string): void => {
    if (!holders.has(key)) holders.set(key, secretKey === own ? holder : {...holder, secretKey})
  }
  const add = (agent: string | undefined, room: HolderRoom | undefined, why: string, secretKey = own): void => {
    // One room may hold tokens under several names; each is asked about by itself.
    const key = room ? `${room.id} ${room.status === OUTSIDE} ${secretKey}` : `agent ${agent}`
    keep(key, {who: named(agent, room), agent, workspace: room && brief(room), why}, secretKey)
  }
  const entry = agents.find(({agent}) => agent === owner.agent) ?? agents.find((each) => isHeir(each, owner))
  for (const other of agents) {
    const room = rooms.find((each) => isIn(other, each))
    const why = other === entry ? moved(other.agent, room, value) : lead(other, entry, owner, {tokens, proven})
    if (why !== undefined) add(other === entry ? undefined : other.agent, room, why)
  }
  const former = await formerTokens(owner, tokens, deps)
  const strange = tokens.filter((token) => !former.own.includes(token))
  const unasked = proven.filter(({workspace, elsewhere}) => !platform || !workspace || elsewhere !== undefined)
  for (const [agent, why] of strangers(owner, agents, {tokens: strange, proven: unasked})) {
    holders.set(`agent ${agent}`, {who: `agent ${agent}`, agent: undefined, workspace: undefined, why})
  }
  const ends = new Set(tokens.map(({lastEight}) => lastEight))
  const renewed = ({lastEight}: {lastEight: string}): string =>
    ends.has(lastEight) ? '' : `, when it was …${lastEight}`
  const near = platform ? places.filter(({elsewhere}) => elsewhere === undefined) : []
  // A proof does not tell the name of its secret, a placement does.
  const isNamedOtherwise = ({id}: Workspace, {lastEight}: Proof): boolean => {
    const there = near.filter(({workspace, token}) => workspace.id === id && token.lastEight === lastEight)
    const keys = there.map(({secretKey}) => secretKey)
    return keys.length > 0 && !keys.includes(own)
  }
  // Whoever has its name by now is in another workspace, and answers for that one.
  const tenant = (room: HolderRoom): string | undefined =>
    room.status === OUTSIDE ? undefined : agents.find((agent) => isIn(agent, room))?.agent
  for (const each of proven) {
    const room = await roomOf(each, owner, rooms, platform)
    if (room && !isNamedOtherwise(room, each))
      add(tenant(room), room, `is where ${each.agent} ${provenBy(each)}${renewed(each)}`)
  }
  for (const place of near) {
    for (const room of await roomsOf(place, owner, rooms, platform)) {
      const isIt = place.workspace.id === undefined || place.workspace.id === room.id
      const remade = 'bears the name of a workspace that is gone, and may have been made anew with its value; that one '
      add(tenant(room), room, (isIt ? '' : remade) + placedBy(place, own) + renewed(place.token), place.secretKey)
    }
  }
  for (const place of places.filter((each) => !near.includes(each) && !isToldBy(unasked, each, owner))) {
    const {elsewhere, workspace, secretKey} = place
    const agent = elsewhere === undefined ? agents.find((each) => isIn(each, workspace))?.agent : undefined
    if (agent === owner.agent) continue
    const who = named(agent, workspace) + (elsewhere === undefined ? '' : ` of ${elsewhere}`)
    const key = agent === undefined ? who : `agent ${agent}`
    keep(key, {who, agent, workspace: undefined, why: placedBy(place, own)}, secretKey)
  }
  const home = owner.workspace?.name
  const isRecent = (row: SecretRow | undefined): boolean =>
    since === undefined || (row !== undefined && Date.parse(row.updatedAt) > since - BEHIND_MS)
  const namesakes = rooms.filter(({name}) => name === home)
  const theirs = since === undefined ? [] : await abreast(namesakes, async ({id}) => platform?.secretRow(id, own))
  for (const room of namesakes.filter((_, at) => isRecent(theirs[at]))) {
    add(tenant(room), room, `bears the same name and may have been made anew with ${value}`)
  }
  const numbered = rooms.filter(({name}) => home !== undefined && plain(name) === plain(home))
  for (const key of new Set([own, ...near.map(({secretKey}) => secretKey)])) {
    const rowOf = async ({id}: Workspace) => {
      const row = await platform?.secretRow(id, key)
      return isRecent(row) ? row : undefined
    }
    const secrets = await abreast(numbered, rowOf)
    for (const [at, room] of numbered.entries()) {
      if (!ownSecret(secrets[at])) continue
      add(tenant(room), room, `has the same name but for its number, and a ${key} that may be ${itself}`, key)
    }
    if (!(await platform?.hasGlobalSecret(key))) continue
    const rows = await abreast(rooms, rowOf)
    for (const [at, room] of rooms.entries()) {
      if (rows[at]?.scope !== 'global') continue
      add(tenant(room), room, `gets its ${key} from the global secret, which may be ${itself}`, key)
    }
  }
  return [...holders.values()]
}

/**
 * All workspaces but this one. It has to be among them while it is there: a list without it, from a cache or a proxy, would
 * hide the others as well.
 */
async function roomsBeside(home: TokensOwner['workspace'], platform: Platform): Promise<Workspace[]> {
  const listed = await platform.list()
  if (home === undefined) return listed
  const rooms = listed.filter(({id}) => id !== home.id)
  if (rooms.length < listed.length || (await isGone({platform}, home.id))) return rooms
  throw new OpsError(
    'PLATFORM_UNEXPECTED',
    `The platform's list of ${listed.length} workspaces lacks ${home.name} (${home.id}), which is there. So it can't tell who else may run on the old token. Nothing was revoked.`,
    {suggestions: ['patrol doctor'], ref: REF},
  )
}

/**
 * The room of a proof, unless it is the owner's own, is gone, or is on another platform. Of a proof of the owner's agent
 * from before rooms were kept it is the one whose secret is as it was then.
 */
async function roomOf(
  {agent, workspace, secretUpdatedAt, elsewhere}: Proof,
  owner: TokensOwner,
  rooms: readonly Workspace[],
  platform: Platform | undefined,
): Promise<Workspace | undefined> {
  if (!platform || elsewhere !== undefined) return undefined
  if (workspace !== undefined) return roomAt(workspace, owner, rooms, platform)
  if (agent !== owner.agent || secretUpdatedAt === undefined) return undefined
  const rows = await abreast(rooms, ({id}) => platform.secretRow(id, owner.secretKey))
  return rooms[rows.findIndex((row) => row?.updatedAt === secretUpdatedAt)]
}

/**
 * The rooms of a placement but the owner's own; where nobody saw what was made, all that bear its name, and where it is gone
 * those of them that have such a secret. Where its process ran outside the platform and none does now, that goes on besides.
 */
async function roomsOf(
  {workspace: {id, name, external}, secretKey}: PlacementAnywhere,
  owner: TokensOwner,
  rooms: readonly Workspace[],
  platform: Platform | undefined,
): Promise<HolderRoom[]> {
  const namesakes = rooms.filter((room) => plain(room.name) === plain(name))
  if (id === undefined || !platform) return namesakes
  const isHome = id === owner.workspace?.id
  const room = isHome
    ? (await platform.list()).find((each) => each.id === id)
    : await roomAt(id, owner, rooms, platform)
  const outside = external && !(room && isExternal(room)) ? [outsiderIn({id, name})] : []
  if (isHome) return owner.workspace?.external ? [] : outside
  if (room) return [room, ...outside]
  const rows = await abreast(namesakes, (each) => platform.secretRow(each.id, secretKey))
  return [...outside, ...namesakes.filter((_, at) => ownSecret(rows[at]))]
}

/** Whether who was proven there is told of already: the owner himself is only told of another platform. */
function isToldBy(unasked: readonly Proof[], {workspace, elsewhere}: PlacementAnywhere, owner: TokensOwner): boolean {
  return unasked.some(
    (proof) =>
      proof.workspace === workspace.id &&
      proof.elsewhere === elsewhere &&
      (proof.agent !== owner.agent || elsewhere !== undefined),
  )
}

/** The room of this id, unless it is the owner's own or is gone. */
async function roomAt(
  id: string,
  owner: TokensOwner,
  rooms: readonly Workspace[],
  platform: Platform,
): Promise<Workspace | undefined> {
  if (id === owner.workspace?.id) return undefined
  const room = rooms.find((each) => each.id === id)
  return room || (await isGone({platform}, id)) ? room : platform.read(id)
}

/** The tokens, and who was last proven on one of them. */
interface WantedTokens {
  tokens: readonly TokenRef[]
  proven: readonly Proof[]
}

/** What leads from another agent to one of the tokens; undefined where nothing does. */
function lead(
  other: Neighbour,
  own: Neighbour | undefined,
  {user}: TokensOwner,
  {tokens, proven}: WantedTokens,
): string | undefined {
  if (sameLogin(other.user, user)) return `is the same user, ${user}`
  const ends = tokens.map(({lastEight}) => lastEight)
  const configured = ends.find((lastEight) => lastEight === other.lastEight)
  if (configured !== undefined) return `has …${configured} as its token in patrol.yaml`
  if (other.reference !== undefined && other.reference === own?.reference) {
    return `has its token in the same place as ${own.agent} in patrol.yaml`
  }
  const deployed = proven.find(({agent, elsewhere}) => agent === other.agent && elsewhere === undefined)
  if (deployed) return provenBy(deployed)
  const theirs = tokens.find(({name}) => agentIn(name) === agentPart(other.agent))
  return theirs && namedIn(theirs)
}

function provenBy({lastEight, ...where}: Proof): string {
  return `was last proven on …${lastEight}${onWhich(where)}`
}

function placedBy(place: PlacementAnywhere, own: string): string {
  const under = place.secretKey === own ? '' : `, as ${place.secretKey}`
  return CAME[place.how](place) + under + onWhich(place)
}

const CAME: Record<Placement['how'], (place: Placement) => string> = {
  found: ({rotation, agent}) =>
    rotation === undefined
      ? `is where it may have been in use when the onboarding of ${agent} was given up`
      : `is where it may have been in use when rotation ${rotation} began`,
  heard: ({agent}) => `is where ${agent} reported it`,
  pushed: ({rotation}) => `is where rotation ${rotation} sent it`,
  created: ({workspace, agent}) =>
    workspace.id === undefined
      ? `may be the workspace that was to be made with it for ${agent}`
      : `was made with it for ${agent}`,
  'by-hand': ({agent}) => `is where it was sent by hand for ${agent}`,
}

/** Of which Gitea a record is, where that is not the address of ours. */
function onWhich({gitea, elsewhere}: Pick<Proof, 'elsewhere' | 'gitea'>): string {
  const where = gitea === undefined ? '' : ` on the server at ${gitea}, which is this one or a copy of it`
  return gitea === undefined && elsewhere === undefined ? '' : where + MOVED
}

/** Else every agent's next rotation would be held, and all that waives it waives what is unproven as well. */
const MOVED = ' (if that is an earlier address of this server, name it under "formerly" in patrol.yaml)'

function namedIn({name}: TokenRef): string {
  return `is whom ${name} was minted for, by that name`
}

/**
 * Agents of another inventory to whom the ledger or a name leads, and those of another platform, whatever their name; each
 * with why. A proof whose room can be asked leads to that instead.
 */
function strangers(
  {agent}: TokensOwner,
  agents: readonly Neighbour[],
  {tokens, proven}: WantedTokens,
): Map<string, string> {
  const known = new Set([agent, ...agents.map((each) => each.agent)].map(agentPart))
  const found = new Map<string, string>()
  for (const token of tokens) {
    const part = agentIn(token.name)
    if (part !== undefined && !known.has(part)) found.set(part, namedIn(token))
  }
  for (const deployed of proven) {
    const {elsewhere} = deployed
    const part = agentPart(deployed.agent)
    if (elsewhere !== undefined) found.set(`${deployed.agent} of ${elsewhere}`, provenBy(deployed))
    else if (!known.has(part)) found.set(part, provenBy(deployed))
  }
  return found
}

/** A rotation may be older than the name that patrol.yaml gives its agent. */
function isHeir(entry: Neighbour, {user, workspace}: TokensOwner): boolean {
  return workspace !== undefined && sameLogin(entry.user, user) && isIn(entry, workspace)
}

/** A rotation may be older than the inventory: where its agent has moved since, the old value may have moved along. */
function moved(agent: string, room: Workspace | undefined, value: string): string | undefined {
  return room && `is the workspace of ${agent} in patrol.yaml now, and may have been made with ${value}`
}

/** In words: an agent, its workspace, or both. */
export function named(agent: string | undefined, room: Placement['workspace'] | undefined): string {
  const place = room && placeText(room)
  if (place === undefined) return agent ?? ''
  return agent === undefined ? place : `${agent} in ${place}`
}

function placeText({id, name}: Placement['workspace']): string {
  return id === undefined ? `workspace ${name}` : `workspace ${name} (${id})`
}

/** A name without the number that the platform gives to one that is taken: `name (2)` (platform: june02 and later). */
function plain(name: string): string {
  return name.replace(/ \(\d+\)$/, '')
}

/** What goes on of a workspace whose process ran outside the platform, once that has it no more, or runs it itself. */
export function outsiderIn({id, name}: Pick<Workspace, 'id' | 'name'>): HolderRoom {
  return {id, name, status: OUTSIDE, runtime: 'external'}
}

/** What is told of a workspace. */
export function brief({id, name, status, runtime}: HolderRoom): HolderRoom {
  return {id, name, status, runtime}
}

/** The results in the order of the items, with a few under way at once. */
export async function abreast<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += ABREAST) {
    results.push(...(await Promise.all(items.slice(at, at + ABREAST).map(work))))
  }
  return results
}
