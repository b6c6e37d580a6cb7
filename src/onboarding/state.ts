import type {OpsError} from '../errors.ts'
import {senseless, type StoryState} from '../story/machine.ts'
import type {Minting} from '../story/minting.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {Room, OnboardingTerms} from './events.ts'

/** A token of the workspace's own that is ours to hand over or to revoke. */
export interface OwnWorkspaceToken {
  /** Rows of the workspace's tokens before ours. */
  known: readonly string[]
  /** First eight characters; unknown while the mint is under way. */
  prefix: string | undefined
}

/** What every phase knows. */
interface OnboardingBase extends StoryState, Minting {
  readonly terms: OnboardingTerms
  /** The account as it was found or made. */
  readonly user: {id: number; created: boolean} | undefined
  /** Memberships that are there, by their index in the terms. */
  readonly joined: readonly number[]
  /** The membership under way. */
  readonly joining: number | undefined
  /** When each that was `sent` was about to go out, ms since the epoch. */
  readonly sentAt: readonly number[]
  /** `updated_at` of the secret's row when the workspace was first seen online; null where it could not be read. */
  readonly storedAt: string | null | undefined
  readonly access: OwnWorkspaceToken | undefined
  /** Something is known to have changed on a server; what is in doubt is told by `writesInDoubt`. */
  readonly wrote: boolean
}

/** An onboarding as its journal tells it. */
export type Onboarding = OnboardingBase &
  (
    | {readonly phase: 'planned'}
    | {readonly phase: 'creating_user'}
    /** Gitea did not take the user, and nothing was made: there is nothing to go on with. */
    | {readonly phase: 'refused'}
    | {readonly phase: 'joining'}
    /** It ends without an agent that works, because another run was first (`to`) or a person said so: our tokens go. */
    | {readonly phase: 'closing'; readonly to: TokenRef | undefined}
    | {readonly phase: 'closed'; readonly to: TokenRef | undefined}
    /** The platform has no such workspace: a token is minted for a new one. */
    | {readonly phase: 'preparing'}
    | {readonly phase: 'minting'; readonly name: string}
    | {readonly phase: 'minted'; readonly candidate: TokenRef; readonly probed: boolean}
    | {
        readonly phase: 'creating'
        readonly candidate: TokenRef
        /** When the create was about to be sent, ms since the epoch. */
        readonly since: number
      }
    | {readonly phase: 'created'; readonly candidate: TokenRef; readonly workspace: Room}
    | {readonly phase: 'online'; readonly candidate: TokenRef; readonly workspace: Room}
    /** A workspace that is there already; what it lacks is a rotation's work. */
    | {readonly phase: 'taking_over'; readonly workspace: Room; readonly rotation: string | undefined}
    /** `token` is undefined where a rotation proved it and knows it. */
    | {readonly phase: 'proven'; readonly workspace: Room; readonly token: TokenRef | undefined}
    | {readonly phase: 'completed'; readonly workspace: Room; readonly token: TokenRef | undefined}
  )

export type OnboardingPhase = Onboarding['phase']

/** The next thing to do. */
export type OnboardingStep =
  | {act: 'account'}
  | {act: 'settle_account'}
  | {act: 'join'; index: number}
  | {act: 'look'}
  | {act: 'mint'}
  | {act: 'settle_mint'; name: string}
  | {act: 'probe'; candidate: TokenRef}
  | {act: 'create'; candidate: TokenRef}
  | {act: 'settle_create'; since: number}
  | {act: 'await_online'; workspace: Room}
  | {act: 'prove'; candidate: TokenRef; workspace: Room}
  | {act: 'take_over'; workspace: Room; rotation: string | undefined}
  | {act: 'discard'; token: TokenRef}
  | {act: 'finish'; workspace: Room}
  | {act: 'close'}
  | {act: 'none'}

/** What to do next. */
export function nextAct(onboarding: Onboarding): OnboardingStep {
  const {phase} = onboarding
  if (phase === 'completed' || phase === 'refused' || phase === 'closed') return {act: 'none'}
  const unwanted = nextDiscard(onboarding)
  if (unwanted) return {act: 'discard', token: unwanted}
  switch (phase) {
    case 'planned':
      return {act: 'account'}
    case 'creating_user':
      return {act: 'settle_account'}
    case 'joining': {
      const {joined, joining, terms} = onboarding
      const index = joining ?? terms.memberships.findIndex((_, at) => !joined.includes(at))
      return index === -1 ? {act: 'look'} : {act: 'join', index}
    }
    case 'preparing':
      return {act: 'mint'}
    case 'minting':
      return {act: 'settle_mint', name: onboarding.name}
    case 'closing':
      return {act: 'close'}
    case 'minted':
      return {act: onboarding.probed ? 'create' : 'probe', candidate: onboarding.candidate}
    case 'creating':
      return {act: 'settle_create', since: onboarding.since}
    case 'created':
      return {act: 'await_online', workspace: onboarding.workspace}
    case 'online':
      return {act: 'prove', candidate: onboarding.candidate, workspace: onboarding.workspace}
    case 'taking_over':
      return {act: 'take_over', workspace: onboarding.workspace, rotation: onboarding.rotation}
    default:
      return {act: 'finish', workspace: onboarding.workspace}
  }
}

/** A token that a workspace may hold stays until another one is proven. */
function nextDiscard({phase, discard, discarding, sent}: Onboarding): TokenRef | undefined {
  const begun = discard.find(({id}) => id === discarding)
  return begun ?? discard.find(({id}) => phase === 'proven' || phase === 'closing' || !sent.includes(id))
}

/** Nothing is left to do. */
export function isClosed({phase}: Onboarding): boolean {
  return phase === 'completed' || phase === 'refused' || phase === 'closed'
}

/** No token of this onboarding is alive and no write is in doubt: its terms can still be renewed. */
export function isUnbound({phase, minted, joining}: Onboarding): boolean {
  return ['planned', 'joining', 'preparing'].includes(phase) && minted.length === 0 && joining === undefined
}

/** A rotation of the same agent would now act on what this onboarding is about to make. */
export function bindsAgent(phase: string): boolean {
  return ['minting', 'minted', 'creating', 'created', 'online', 'taking_over'].includes(phase)
}

/** The writes whose outcome is not known. A law says: never more than one. */
export function writesInDoubt({phase, joining, discarding, access}: Onboarding): string[] {
  const doubts: string[] = []
  if (phase === 'creating_user') doubts.push('account')
  if (joining !== undefined) doubts.push('join')
  if (phase === 'minting') doubts.push('mint')
  if (phase === 'creating') doubts.push('create')
  if (discarding !== undefined) doubts.push('discard')
  if (access && access.prefix === undefined) doubts.push('access')
  return doubts
}

/** What an onboarding is called. */
export function idOf({onboarding}: OnboardingTerms): string {
  return onboarding
}

/** A journal that cannot be an onboarding's. */
export function unreadable(onboarding: string, why: string): OpsError {
  return senseless(SHOWN, onboarding, why)
}

const SHOWN = {noun: 'onboarding', look: () => 'patrol doctor', ref: 'docs/runbooks/onboarding-incomplete.md'}

/** The state in which an onboarding stands, in one sentence for people. */
export function describe(onboarding: Onboarding): string {
  const {terms, user, joined, discard, minted, sent} = onboarding
  const {agent, memberships} = terms
  const made = user?.created ? `The user ${terms.user} was created` : `The user ${terms.user} is there`
  const member =
    memberships.length === 0 ? '' : ` and has ${joined.length} of ${memberships.length} memberships of its profile`
  const spare = discard.map(({lastEight}) => `…${lastEight}`).join(', ')
  const left = spare === '' ? '' : ` Minted here and still to be deleted: ${spare}.`
  // One whose answer was lost may have made it, also where another create is to be tried.
  const room =
    sent.length > 0 ? `whether the workspace ${terms.workspace} was created is not known` : 'no workspace was created'
  switch (onboarding.phase) {
    case 'refused':
    case 'planned':
      return onboarding.wrote ? `Nothing was made of the user ${terms.user} yet.` : 'Nothing was changed.'
    case 'creating_user':
      return `Whether the user ${terms.user} was created is not known; nothing else was changed.`
    case 'joining':
    case 'preparing':
      if (sent.length > 0) return `${made}${member}; ${room}.${left}`
      return `${made}${member}; there is ${minted.length === 0 ? 'no token and ' : ''}no workspace of ours yet.${left}`
    case 'minting':
      return `${made}${member}; whether its token was minted is not known, and ${room}.`
    case 'minted':
      return `${made}${member}; a token …${onboarding.candidate.lastEight} is minted, and ${room}.`
    case 'creating':
      return `${made} with the token …${onboarding.candidate.lastEight}; ${room}.`
    case 'created':
      return `User, token …${onboarding.candidate.lastEight} and workspace ${terms.workspace} (${onboarding.workspace.id}) are there; it was not seen online yet.`
    case 'online':
      return `User, token …${onboarding.candidate.lastEight} and workspace ${terms.workspace} (${onboarding.workspace.id}) are there and online; ${agent} is not proven yet.`
    case 'taking_over': {
      const {workspace, rotation} = onboarding
      const begun = rotation === undefined ? '' : `; rotation ${rotation} was begun to give it its token`
      return `${made}${member}; workspace ${workspace.name} (${workspace.id}) was there before${begun}.`
    }
    case 'closing':
    case 'closed': {
      const {to} = onboarding
      if (!user) return `It was given up before it came to the user ${terms.user}.`
      const why = to ? `another machine was first, with the token ${to.name} (id ${to.id})` : 'it was given up'
      return `${made}${member}; ${why}.${left}`
    }
    case 'proven':
      return `${agent} was proven; only clearing up is left.${left}`
    default:
      return `${agent} was proven.`
  }
}
