import type {EventOf} from '../story/machine.ts'
import {leftAlone, withLost, without} from '../story/minting.ts'
import {dropCandidate, joined, waitingForMint, withDeadlines} from './candidates.ts'
import type {RotationFact, RotationEvent} from './events.ts'
import {canAbort, isKnown, writesInDoubt, type Rotation} from './state.ts'

/** Deleting what serves nobody, and ending without a replacement. */
export function tidy(rotation: Rotation, event: RotationEvent): Rotation | undefined {
  switch (event.type) {
    case 'discard_intended': {
      const first = rotation.discard[0]?.id === event.token
      const alone = writesInDoubt({...rotation, discarding: undefined}).length === 0
      return first && alone ? {...rotation, discarding: event.token} : undefined
    }
    case 'discarded': {
      if (rotation.discarding !== event.token) return undefined
      return {...without(rotation, event.token), superseded: rotation.superseded.filter(({id}) => id !== event.token)}
    }
    case 'token_left':
      return leave(rotation, event)
    case 'orphan_found': {
      const {token} = event
      const safe = rotation.phase === 'proven' || rotation.closing !== undefined
      if (isKnown(rotation, token.id) || !safe || rotation.discarding !== undefined) return undefined
      return withLost(rotation, token)
    }
    case 'abort_requested': {
      if (!canAbort(rotation) || rotation.discarding !== undefined) return undefined
      return giveUp({...rotation, closing: 'aborted'})
    }
    case 'decided':
      if (rotation.closing || rotation.discarding !== undefined || rotation.phase === 'minting') return undefined
      if (event.keep === 'both') return keepBoth(rotation, event.unseen)
      return event.keep === 'old' ? keepOld(rotation, event.unseen) : keepNew(rotation, event.at)
    case 'revived': {
      const taken = rotation.discarding === event.token && rotation.unseen.includes(event.token)
      return taken ? forwardAgain(rotation) : undefined
    }
    case 'yielded': {
      const early = ['planned', 'minted', 'pushing', 'awaiting_approval'].includes(rotation.phase)
      const settled = writesInDoubt(rotation).length === 0 && !rotation.closing
      return early && settled ? giveUp({...rotation, closing: 'yielded', rival: event.to}) : undefined
    }
    case 'closed': {
      const done = rotation.closing && rotation.discard.length === 0
      if (!done || rotation.phase === 'minting') return undefined
      return {...rotation, phase: 'rolled_back', reason: rotation.closing}
    }
    default:
  }
  return undefined
}

/** The deletion under way is not to be: the row is another token by now. */
function leave(rotation: Rotation, {token: id, seen}: EventOf<RotationFact, 'token_left'>): Rotation | undefined {
  const going = rotation.phase === 'revoking' ? rotation.target : rotation.discarding
  if (going !== id) return undefined
  const token = [...rotation.discard, ...rotation.superseded].find((each) => each.id === id)
  if (!token) return undefined
  const settled = leftAlone(rotation, token, seen)
  return settled.phase === 'revoking' ? {...settled, phase: 'proven'} : settled
}

/** By a person's word every token of ours goes, whatever is in doubt; what it replaced stays. */
function keepOld(rotation: Rotation, unseen: readonly number[] = []): Rotation {
  const {minted: discard, phase} = rotation
  const takenBack = phase === 'proven' || phase === 'revoking'
  const ending = {...rotation, takenBack, discard, unseen, closing: 'aborted' as const}
  return {...ending, phase: 'pushing', candidate: undefined, push: undefined}
}

/** By a person's word all stay on which the agent may run; what was never sent goes. */
function keepBoth(rotation: Rotation, notListed: readonly number[] = []): Rotation {
  const discard = rotation.minted.filter(({id}) => !rotation.sent.includes(id))
  // Nobody runs on what was never sent, so one of these that shows again is no reason to go on.
  const unseen = notListed.filter((id) => discard.every((token) => token.id !== id))
  return {...rotation, phase: 'pushing', candidate: undefined, push: undefined, discard, unseen, closing: 'both-kept'}
}

/** By a person's word the candidate serves: the superseded tokens go as after a proof. */
function keepNew(rotation: Rotation, at: number): Rotation | undefined {
  const {phase} = rotation
  if (phase === 'proven' || phase === 'revoking') return rotation
  const back = phase === 'rolling_back' && (rotation.step.at === 'push' || rotation.step.at === 'awaiting_approval')
  return back || phase === 'pushed' || phase === 'restarting' || phase === 'restarted'
    ? {...rotation, phase: 'proven', byWord: true, superseded: withDeadlines(rotation, at)}
    : undefined
}

/** The way to the end without a replacement: a candidate that was never sent is deleted. */
function giveUp(rotation: Rotation): Rotation {
  const holding = rotation.phase === 'minted' || rotation.phase === 'awaiting_approval'
  return holding ? dropCandidate(rotation, rotation.candidate) : rotation
}

/** There is nothing to go back to: none of our tokens is deleted before another one of ours is proven. */
export function forwardAgain(rotation: Rotation): Rotation {
  const superseded = joined(rotation.superseded, rotation.minted)
  return waitingForMint({...rotation, superseded, discard: [], discarding: undefined, unseen: [], closing: undefined})
}
