import {sameLogin} from '../rotation/names.ts'
import {machineOf, stageOf, type EventOf, type InPhase} from '../story/machine.ts'
import {isKnown, leftAlone, NOTHING_MINTED, withLost, without} from '../story/minting.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {OnboardingFact, OnboardingEvent, OnboardingTerms} from './events.ts'
import {makesSame} from './terms.ts'
import {idOf, isUnbound, unreadable, type Onboarding} from './state.ts'

/** What is known to have changed something; a rotation has a journal of its own. */
const CHANGES: ReadonlySet<OnboardingFact['type']> = new Set([
  'user_created',
  'joined',
  'minted',
  'create_intended',
  'access_minted',
])

/** An onboarding from its facts, and with one more. */
export const {advance, replay} = machineOf<Onboarding, OnboardingFact>({idOf, begin, step: stepOn, unreadable})

function stepOn(onboarding: Onboarding, event: OnboardingEvent): Onboarding | undefined {
  const next = step(onboarding, event)
  return next && {...next, wrote: onboarding.wrote || changed(onboarding, event)}
}

/** A refused write has changed nothing; one whose answer was lost has, where a look then finds its work. */
function changed(onboarding: Onboarding, event: OnboardingEvent): boolean {
  if (event.type === 'user_settled') return event.id !== null
  if (event.type === 'member_found') return onboarding.joining === event.index
  // Even one that is not found may come late.
  return event.type === 'mint_settled' || CHANGES.has(event.type)
}

function begin(first: EventOf<OnboardingFact, 'planned'>): Onboarding {
  return {
    ...stageOf(first),
    ...NOTHING_MINTED,
    phase: 'planned',
    user: undefined,
    joined: [],
    joining: undefined,
    sentAt: [],
    storedAt: undefined,
    access: undefined,
    wrote: false,
  }
}

/** The onboarding after the fact, or undefined where the fact cannot follow. */
function step(onboarding: Onboarding, event: OnboardingEvent): Onboarding | undefined {
  const {phase} = onboarding
  if (phase === 'completed' || phase === 'refused' || phase === 'closed') return undefined
  switch (event.type) {
    case 'replanned':
      return renew(onboarding, event.terms)
    case 'discard_intended':
    case 'discarded':
    case 'token_left':
    case 'orphan_found':
      return tidy(onboarding, event)
    case 'yielded':
      return giveWay(onboarding, event.to)
    case 'abort_requested':
      return giveUp(onboarding, event.keep)
    case 'value_lost':
      return loseValue(onboarding, event.token)
    default:
  }
  if (onboarding.discarding !== undefined) return undefined
  switch (onboarding.phase) {
    case 'planned':
    case 'creating_user':
      return account(onboarding, event)
    case 'joining':
      return membership(onboarding, event)
    case 'preparing':
      return event.type === 'mint_intended' ? mint(onboarding, event.name) : undefined
    case 'minting':
      return afterMinting(onboarding, event)
    case 'minted':
      return afterMinted(onboarding, event)
    case 'creating':
      return afterCreating(onboarding, event)
    case 'created':
    case 'online':
      return towardsProof(onboarding, event)
    case 'taking_over':
      return takeOver(onboarding, event)
    case 'closing': {
      const clean = event.type === 'closed' && onboarding.discard.length === 0
      return clean ? {...onboarding, phase: 'closed'} : undefined
    }
    default:
      return finish(onboarding, event)
  }
}

/**
 * Another user or other memberships are looked at anew, while nothing depends on the old ones; what the proof looks at can
 * change at any time. The onboarding itself stays what it is.
 */
function renew(onboarding: Onboarding, terms: OnboardingTerms): Onboarding | undefined {
  const same = terms.onboarding === onboarding.terms.onboarding && terms.agent === onboarding.terms.agent
  if (same && makesSame(terms, onboarding.terms)) return {...onboarding, terms}
  if (!same || !isUnbound(onboarding)) return undefined
  const user = sameLogin(terms.user, onboarding.terms.user) ? onboarding.user : undefined
  return {...onboarding, phase: user ? 'joining' : 'planned', terms, user, joined: []}
}

function account(
  onboarding: InPhase<Onboarding, 'planned'> | InPhase<Onboarding, 'creating_user'>,
  event: OnboardingEvent,
): Onboarding | undefined {
  const {phase} = onboarding
  const there = (id: number, created: boolean): Onboarding => ({...onboarding, phase: 'joining', user: {id, created}})
  switch (event.type) {
    case 'user_found':
      return there(event.id, false)
    case 'user_intended':
      return phase === 'planned' ? {...onboarding, phase: 'creating_user'} : undefined
    case 'user_created':
      return phase === 'creating_user' ? there(event.id, true) : undefined
    case 'user_refused':
      if (phase !== 'creating_user') return undefined
      return {...onboarding, phase: onboarding.wrote ? 'planned' : 'refused'}
    case 'user_settled':
      if (phase !== 'creating_user') return undefined
      return event.id === null ? {...onboarding, phase: 'planned'} : there(event.id, true)
  }
  return undefined
}

function membership(onboarding: InPhase<Onboarding, 'joining'>, event: OnboardingEvent): Onboarding | undefined {
  const {joined, joining, terms} = onboarding
  const open = (index: number): boolean => index in terms.memberships && !joined.includes(index)
  switch (event.type) {
    case 'member_found':
      if (!open(event.index) || (joining !== undefined && joining !== event.index)) return undefined
      return {...onboarding, joining: undefined, joined: [...joined, event.index]}
    case 'join_intended': {
      const again = joining === undefined || joining === event.index
      return again && open(event.index) ? {...onboarding, joining: event.index} : undefined
    }
    case 'joined':
      return joining === event.index ? {...onboarding, joining: undefined, joined: [...joined, joining]} : undefined
    case 'join_refused':
      return joining === event.index ? {...onboarding, joining: undefined} : undefined
    case 'workspace_absent':
    case 'workspace_found': {
      const all = terms.memberships.every((_, index) => joined.includes(index))
      if (!all) return undefined
      if (event.type === 'workspace_absent') return {...onboarding, phase: 'preparing'}
      return {...onboarding, phase: 'taking_over', workspace: event.workspace, rotation: undefined}
    }
  }
  return undefined
}

function mint(onboarding: Onboarding, name: string): Onboarding | undefined {
  const waiting = onboarding.discard.some(({id}) => !onboarding.sent.includes(id))
  return waiting ? undefined : {...onboarding, phase: 'minting', name, mints: onboarding.mints + 1}
}

/** Back to where the platform is looked at: a workspace may have come since. */
function anew(onboarding: Onboarding): Onboarding {
  return {...onboarding, phase: 'joining'}
}

function drop(onboarding: Onboarding, candidate: TokenRef): Onboarding {
  return anew({...onboarding, discard: [...onboarding.discard, candidate]})
}

function afterMinting(onboarding: InPhase<Onboarding, 'minting'>, event: OnboardingEvent): Onboarding | undefined {
  if (event.type === 'minted') {
    const minted = [...onboarding.minted, event.token]
    return {...onboarding, phase: 'minted', candidate: event.token, probed: false, minted}
  }
  if (event.type === 'mint_settled' && event.name === onboarding.name) {
    const {token} = event
    return anew(token ? withLost<Onboarding>(onboarding, token) : onboarding)
  }
  return event.type === 'mint_refused' ? anew(onboarding) : undefined
}

function afterMinted(onboarding: InPhase<Onboarding, 'minted'>, event: OnboardingEvent): Onboarding | undefined {
  const {candidate, probed} = onboarding
  if (event.type === 'probed') return {...onboarding, probed: true}
  if (event.type === 'candidate_rejected' && !probed) return drop(onboarding, candidate)
  // Somebody else made the workspace meanwhile.
  if (event.type === 'workspace_found') {
    const dropped = drop(onboarding, candidate)
    return {...dropped, phase: 'taking_over', workspace: event.workspace, rotation: undefined}
  }
  if (event.type === 'create_intended' && probed) {
    const sent = [...onboarding.sent, candidate.id]
    return {...onboarding, phase: 'creating', since: event.at, sent, sentAt: [...onboarding.sentAt, event.at]}
  }
  return undefined
}

function afterCreating(onboarding: InPhase<Onboarding, 'creating'>, event: OnboardingEvent): Onboarding | undefined {
  const {candidate} = onboarding
  switch (event.type) {
    case 'created':
      return {...onboarding, phase: 'created', workspace: event.workspace}
    case 'create_refused':
      // An earlier create with the same token may still come.
      return drop(
        {...onboarding, sent: onboarding.sent.slice(0, -1), sentAt: onboarding.sentAt.slice(0, -1)},
        candidate,
      )
    case 'create_settled': {
      const {workspace, stored} = event
      // It may still come: whatever it would hold stays alive until another token is proven.
      if (!workspace) return {...onboarding, phase: 'minted', probed: true}
      if (stored) return {...onboarding, phase: 'created', workspace}
      return {...drop(onboarding, candidate), phase: 'taking_over', workspace, rotation: undefined}
    }
  }
  return undefined
}

/** Before anything of ours went out; whatever we minted goes. */
function giveWay(onboarding: Onboarding, to: TokenRef): Onboarding | undefined {
  const free = onboarding.sent.length === 0 && onboarding.discarding === undefined
  if (!free) return undefined
  if (onboarding.phase === 'minted') return {...drop(onboarding, onboarding.candidate), phase: 'closing', to}
  const waiting = onboarding.phase === 'taking_over' && onboarding.rotation === undefined
  return waiting ? {...onboarding, phase: 'closing', to} : undefined
}

/** By a person's word. A token whose mint is in doubt has to be looked for first, or nobody would ever delete it. */
function giveUp(onboarding: Onboarding, keep: readonly number[]): Onboarding | undefined {
  const {phase, discarding, access, minted} = onboarding
  if (phase === 'minting' || phase === 'closing' || discarding !== undefined || access) return undefined
  const serving = phase === 'proven' ? onboarding.token?.id : undefined
  const discard = minted.filter(({id}) => !keep.includes(id) && id !== serving)
  return {...onboarding, phase: 'closing', to: undefined, joining: undefined, discard}
}

/** The value died with the process that held it. One that a workspace may hold goes only after the proof. */
function loseValue(onboarding: Onboarding, token: number): Onboarding | undefined {
  if (onboarding.phase !== 'minted' || onboarding.candidate.id !== token) return undefined
  return drop(onboarding, onboarding.candidate)
}

function towardsProof(
  onboarding: InPhase<Onboarding, 'created'> | InPhase<Onboarding, 'online'>,
  event: OnboardingEvent,
): Onboarding | undefined {
  const {candidate, workspace} = onboarding
  switch (event.type) {
    case 'online':
      return onboarding.phase === 'created' ? {...onboarding, phase: 'online', storedAt: event.updatedAt} : undefined
    case 'overtaken':
      return {...drop(onboarding, candidate), phase: 'taking_over', workspace, rotation: undefined}
    case 'proof_failed':
      return onboarding.phase === 'online' ? onboarding : undefined
    case 'proven':
      if (onboarding.phase !== 'online' || event.lastEight !== candidate.lastEight) return undefined
      return {...onboarding, phase: 'proven', workspace, token: candidate}
  }
  return undefined
}

function takeOver(onboarding: InPhase<Onboarding, 'taking_over'>, event: OnboardingEvent): Onboarding | undefined {
  const {workspace, rotation, discard} = onboarding
  switch (event.type) {
    case 'works': {
      // A token of ours that was thought useless, and is what the agent runs on.
      const left = discard.filter(({id}) => id !== event.token.id)
      return {...onboarding, phase: 'proven', workspace, token: event.token, discard: left, storedAt: event.updatedAt}
    }
    case 'rotation_intended':
      return rotation === undefined ? {...onboarding, rotation: event.rotation} : undefined
    case 'rotation_ended':
      if (rotation === undefined) return undefined
      return event.proven ? {...onboarding, phase: 'proven', workspace, token: undefined} : anew(onboarding)
  }
  return undefined
}

function finish(onboarding: InPhase<Onboarding, 'proven'>, event: OnboardingEvent): Onboarding | undefined {
  const {access} = onboarding
  switch (event.type) {
    case 'access_intended':
      if (access || onboarding.discard.length > 0) return undefined
      return {...onboarding, access: {known: event.known, prefix: undefined}}
    case 'access_minted':
      return access ? {...onboarding, access: {...access, prefix: event.prefix}} : undefined
    case 'access_settled':
      return access ? {...onboarding, access: undefined} : undefined
    case 'completed': {
      const left = onboarding.discard.length > 0 || access
      return left ? undefined : {...onboarding, phase: 'completed'}
    }
  }
  return undefined
}

/** Deleting what serves nobody: only tokens that this onboarding minted. */
function tidy(onboarding: Onboarding, event: OnboardingEvent): Onboarding | undefined {
  switch (event.type) {
    case 'discard_intended': {
      const same = onboarding.discarding === undefined || onboarding.discarding === event.token
      const listed = onboarding.discard.some(({id}) => id === event.token)
      const held = onboarding.sent.includes(event.token) && !['proven', 'closing'].includes(onboarding.phase)
      return same && listed && !held ? {...onboarding, discarding: event.token} : undefined
    }
    case 'discarded':
    case 'token_left': {
      const token = onboarding.discard.find(({id}) => id === event.token)
      if (!token || onboarding.discarding !== event.token) return undefined
      return event.type === 'discarded' ? without(onboarding, event.token) : leftAlone(onboarding, token, event.seen)
    }
    case 'orphan_found': {
      const known = isKnown(onboarding, event.token.id)
      const settled = onboarding.discarding === undefined && !onboarding.access
      if (known || onboarding.phase !== 'proven' || !settled) return undefined
      return withLost(onboarding, event.token)
    }
  }
  return undefined
}
