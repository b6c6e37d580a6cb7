import type {SeedUser, PlatformWorkspace} from '../types.ts'
import type {Chance} from './chance.ts'

const DAY = 86_400_000

/** Scopes that the agents of a generated fleet need, by profile; the first two are built into patrol. */
export const NEEDS = {
  engineer: ['read:issue', 'write:repository', 'read:user'],
  reviewer: ['write:issue', 'write:repository', 'read:user'],
  dated: ['read:issue', 'write:repository', 'read:user'],
  operator: ['read:issue', 'write:repository', 'read:user', 'write:admin'],
  // A token that is confined to repositories can have no more.
  confined: ['read:issue', 'write:repository'],
  roaming: ['read:issue', 'write:repository'],
  lean: ['read:issue', 'write:repository'],
} as const

/** A profile that the inventory itself has to define. */
export interface OwnProfile {
  scopes: readonly string[]
  maxAge?: string
  /** What its tokens are confined to, as `owner/name`. */
  repositories?: 'all' | readonly string[]
}

/** Those beside patrol's own, by name. */
export const OWN_PROFILES = {
  dated: {scopes: NEEDS.dated, maxAge: '90d'},
  operator: {scopes: NEEDS.operator},
  confined: {scopes: NEEDS.confined, repositories: ['acme/core', 'acme/cellar']},
  roaming: {scopes: NEEDS.roaming, repositories: 'all'},
  lean: {scopes: NEEDS.lean},
} as const satisfies Record<string, OwnProfile>

/** A token of a generated agent. Times are ms since the epoch. */
export interface MemberToken {
  name: string
  value: string
  scopes: readonly string[]
  /** What it is confined to, as `owner/name`, on servers that do so. */
  repositories?: readonly string[] | undefined
  createdAt: number
  lastUsedAt: number
}

/** What the ledger is to know about a token, by its name. Times are ms since the epoch. */
export type LedgerNote =
  | {kind: 'minted'; token: string; at: number; rotation: string}
  | {kind: 'superseded'; token: string; at: number; deadline: number}
  | {kind: 'deployed'; token: string; at: number}

/** One agent of a generated fleet. */
export interface Member {
  name: string
  /** Its Gitea login. */
  user: string
  workspaceId: string
  /** How the inventory names its workspace: by id or by name. */
  workspace: string
  profile: keyof typeof NEEDS
  /** Another repository than acme/core. */
  repo: string | undefined
  account: Omit<SeedUser, 'login' | 'tokens'>
  /** Of its user, the one that it runs on first. */
  tokens: MemberToken[]
  /** What its workspace holds in `GITEA_TOKEN`. */
  held: string
  /** The inventory refers to its token. */
  referenced: boolean
  /** What that reference gives, where it is not the value that the agent holds. */
  written?: string
  /** Gitea has no such user. */
  unheardOf?: true
  /** The rotation of this agent that stopped with its candidate minted. */
  unfinished?: {rotation: string; token: string; at: number}
  /** Undefined: the platform has no such workspace. */
  platform: Partial<PlatformWorkspace> | undefined
  ledger: LedgerNote[]
}

/** What members are made with: chance, and one clock for a whole fleet. */
export interface Workshop {
  chance: Chance
  now: number
}

/** The time so many days ago. */
export function daysAgo({now}: Workshop, days: number): number {
  return now - days * DAY
}

/** An agent with nothing to find about it: some named and aged by Gitea alone, some minted by patrol and in its ledger. */
export function soundMember(index: number, workshop: Workshop): Member {
  const {chance} = workshop
  const name = `agent-${String(index + 1).padStart(5, '0')}`
  const user = chance.next() < 0.1 ? `bot-${name}` : name
  const workspaceId = chance.uuid()
  const profile = chance.pick(['engineer', 'engineer', 'engineer', 'reviewer'] as const)
  const token = tokenOf('2026-03', NEEDS[profile], 5 + chance.below(25), workshop)
  const member: Member = {
    name,
    user,
    workspaceId,
    workspace: chance.next() < 0.9 ? workspaceId : name,
    profile,
    repo: undefined,
    account: {},
    tokens: [token],
    held: token.value,
    referenced: true,
    platform: {},
    ledger: [],
  }
  if (chance.next() < 0.25) adopt(member, workshop)
  return member
}

/** A fresh token that was used within the last day. */
export function tokenOf(name: string, scopes: readonly string[], days: number, workshop: Workshop): MemberToken {
  const {chance, now} = workshop
  const createdAt = daysAgo(workshop, days)
  return {name, value: chance.hex(40), scopes, createdAt, lastUsedAt: now - chance.below(DAY / 2)}
}

/** A token named as patrol names those it mints for this agent. */
export function mintedToken(member: Member, days: number, workshop: Workshop): MemberToken & {rotation: string} {
  const rotation = workshop.chance.rotation()
  const day = new Date(daysAgo(workshop, days)).toISOString().slice(0, 10).replaceAll('-', '')
  const name = `patrol.${member.name}.${day}.${rotation}`
  return {...tokenOf(name, NEEDS[member.profile], days, workshop), rotation}
}

/** The token that the member runs on. */
export function running(member: Member): MemberToken {
  const [first] = member.tokens
  if (!first) throw new Error(`${member.name} was made without a token`)
  return first
}

/** Makes the token that the member runs on one of patrol's own, known to the ledger since it was minted. */
export function adopt(member: Member, workshop: Workshop): void {
  if (member.ledger.length > 0) return
  const token = running(member)
  const rotation = workshop.chance.rotation()
  const day = new Date(token.createdAt).toISOString().slice(0, 10).replaceAll('-', '')
  token.name = `patrol.${member.name}.${day}.${rotation}`
  member.ledger = [
    {kind: 'minted', token: token.name, at: token.createdAt, rotation},
    {kind: 'deployed', token: token.name, at: token.createdAt + 60_000},
  ]
}

/** Sets when the running token was made, in the ledger as well where that knows it. */
export function makeAged(member: Member, days: number, workshop: Workshop): void {
  const at = daysAgo(workshop, days)
  const token = running(member)
  token.createdAt = at
  member.ledger = member.ledger.map((note) => ({...note, at: note.kind === 'deployed' ? at + 60_000 : at}))
}
