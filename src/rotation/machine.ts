import {machineOf, stageOf} from '../story/machine.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {Fact, RotationEvent, Superseded} from './events.ts'
import {readBack} from './readback-facts.ts'
import {
  canAbort,
  idOf,
  isClosed,
  isExposed,
  isKnown,
  supersededById,
  toRevoke,
  unreadable,
  writesInDoubt,
  type RollbackStep,
  type Rotation,
} from './state.ts'

type In<P extends Rotation['phase']> = Extract<Rotation, {phase: P}>
type Event<T extends Fact['type']> = Extract<RotationEvent, {type: T}>

/** A rotation from its facts, and with one more. */
export const {advance, replay} = machineOf<Rotation, Fact>({idOf, begin, step, unreadable})

function begin({superseded, deployed, stored, ...first}: Event<'planned'>): Rotation {
  return {
    ...stageOf(first),
    phase: 'planned',
    superseded,
    deployed,
    minted: [],
    discard: [],
    discarding: undefined,
    unseen: [],
    left: [],
    lost: [],
    sent: [],
    mints: 0,
    doubted: false,
    plannedOn: stored,
    storedAt: undefined,
    approved: undefined,
    baseline: undefined,
    readback: undefined,
    closing: undefined,
    rival: undefined,
    byWord: false,
    failures: [],
  }
}

/** The rotation after the fact, or undefined where the fact cannot follow. */
function step(rotation: Rotation, event: RotationEvent): Rotation | undefined {
  if (isClosed(rotation)) return undefined
  const {phase} = rotation
  switch (event.type) {
    case 'discard_intended':
    case 'discarded':
    case 'token_left':
    case 'orphan_found':
    case 'abort_requested':
    case 'yielded':
    case 'decided':
    case 'revived':
    case 'closed':
      return tidy(rotation, event)
    case 'rollback_lost':
      return rotation.phase === 'rolling_back' ? forwardAgain(rotation) : undefined
    case 'value_lost':
      return loseValue(rotation, event.token)
    case 'readback_intended':
    case 'readback_minted':
    case 'old_value_read':
    case 'readback_settled':
      return readBack(rotation, event)
    default:
  }
  if (rotation.discarding !== undefined) return undefined
  switch (phase) {
    case 'planned':
      return event.type === 'mint_intended' ? mint(rotation, event.name) : undefined
    case 'minting':
      return afterMinting(rotation, event)
    case 'minted':
      return afterMinted(rotation, event)
    case 'pushing':
      return afterPushing(rotation, event)
    case 'awaiting_approval':
      return event.type === 'approval_decided' ? decide(rotation, event) : undefined
    case 'pushed':
    case 'restarting':
      return afterRestart(rotation, event)
    case 'restarted':
      return afterRestarted(rotation, event)
    case 'proven':
    case 'revoking':
      return afterProven(rotation, event)
    default:
      return afterRollback(rotation, event)
  }
}

function mint(rotation: Rotation, name: string): Rotation | undefined {
  if (rotation.closing || rotation.discard.length > 0) return undefined
  return {...rotation, phase: 'minting', name, mints: rotation.mints + 1}
}

function afterMinting(rotation: In<'minting'>, event: RotationEvent): Rotation | undefined {
  const settled = waitingForMint(rotation)
  if (event.type === 'minted') {
    const minted = [...rotation.minted, event.token]
    const candidate = event.token
    return rotation.closing
      ? {...settled, minted, discard: [...rotation.discard, candidate]}
      : {...rotation, phase: 'minted', candidate, probed: false, minted}
  }
  if (event.type === 'mint_settled' && event.name === rotation.name) {
    if (!event.token) return {...settled, doubted: true}
    const minted = [...rotation.minted, event.token]
    const lost = [...rotation.lost, event.token.id]
    return {...settled, doubted: true, minted, lost, discard: [...rotation.discard, event.token]}
  }
  if (event.type === 'mint_refused') return endUnlessExposed(settled, 'mint-refused')
  return undefined
}

/** The phase in which the next thing is a mint: nothing changed yet, or the workspace may hold a lost candidate. */
function waitingForMint(rotation: Rotation): Rotation {
  return isExposed(rotation)
    ? {...rotation, phase: 'pushing', candidate: undefined, push: undefined}
    : {...rotation, phase: 'planned'}
}

function endUnlessExposed(rotation: Rotation, reason: NonNullable<Rotation['closing']>): Rotation {
  return isExposed(rotation) ? rotation : {...rotation, closing: reason}
}

/** Deleted where it was never sent; one that the workspace may hold is superseded by the next instead. */
function dropCandidate(rotation: Rotation, candidate: TokenRef | undefined): Rotation {
  if (!candidate) return waitingForMint(rotation)
  return waitingForMint(
    rotation.sent.includes(candidate.id)
      ? {...rotation, superseded: [...rotation.superseded, {...candidate}]}
      : {...rotation, discard: [...rotation.discard, candidate]},
  )
}

function afterMinted(rotation: In<'minted'>, event: RotationEvent): Rotation | undefined {
  const {candidate} = rotation
  if (event.type === 'probed') return {...rotation, probed: true}
  if (event.type === 'candidate_rejected' && !rotation.probed) {
    return endUnlessExposed(dropCandidate(rotation, candidate), 'candidate-rejected')
  }
  if (event.type === 'push_forestalled' && rotation.probed && !isExposed(rotation)) {
    return {...dropCandidate(rotation, candidate), closing: 'push-forestalled'}
  }
  if (event.type === 'push_intended' && rotation.probed && event.token === candidate.id) {
    return {
      ...rotation,
      phase: 'pushing',
      push: {updatedAt: event.updatedAt, again: rotation.sent.includes(candidate.id)},
      baseline: event.baseline,
      sent: [...new Set([...rotation.sent, candidate.id])],
    }
  }
  return undefined
}

function afterPushing(rotation: In<'pushing'>, event: RotationEvent): Rotation | undefined {
  if (!rotation.candidate) return event.type === 'mint_intended' ? mint(rotation, event.name) : undefined
  const {candidate} = rotation
  if (event.type === 'pushed')
    return {...rotation, phase: 'pushed', candidate, storedAt: event.updatedAt, approved: undefined}
  if (event.type === 'push_absent') return {...rotation, phase: 'minted', candidate, probed: true}
  const unsent = rotation.push.again ? rotation : {...rotation, sent: rotation.sent.filter((id) => id !== candidate.id)}
  if (event.type === 'push_pending') {
    return {...unsent, phase: 'awaiting_approval', candidate, approval: event.approval, approved: undefined}
  }
  if (event.type === 'push_refused') return endUnlessExposed(dropCandidate(unsent, candidate), 'push-refused')
  return undefined
}

function decide(rotation: In<'awaiting_approval'>, event: Event<'approval_decided'>): Rotation | undefined {
  const {candidate} = rotation
  if (event.approval !== rotation.approval) return undefined
  if (event.decision === 'approved') {
    const given = {...rotation, approved: event.approval}
    return candidate ? {...given, phase: 'minted', candidate, probed: true} : waitingForMint(given)
  }
  return endUnlessExposed(dropCandidate(rotation, candidate), 'denied')
}

/** The value died with the process that held it; where an approval is awaited, the next token is minted after it. */
function loseValue(rotation: Rotation, token: number): Rotation | undefined {
  if (rotation.phase !== 'minted' && rotation.phase !== 'pushing' && rotation.phase !== 'awaiting_approval') {
    return undefined
  }
  const {candidate} = rotation
  if (candidate?.id !== token) return undefined
  const unapproved = rotation.phase === 'awaiting_approval' && !rotation.sent.includes(token)
  return unapproved
    ? {...rotation, candidate: undefined, discard: [...rotation.discard, candidate]}
    : dropCandidate(rotation, candidate)
}

function afterRestart(rotation: In<'pushed'> | In<'restarting'>, event: RotationEvent): Rotation | undefined {
  const uncertain = rotation.phase === 'restarting' && !rotation.certain
  switch (event.type) {
    case 'restart_observed':
      return rotation.phase === 'pushed' ? {...rotation, phase: 'restarting', certain: true} : undefined
    case 'restart_intended':
      return rotation.phase === 'pushed' ? {...rotation, phase: 'restarting', certain: false} : undefined
    case 'restart_accepted':
      return uncertain ? {...accepted(rotation, event.serverTime), phase: 'restarting', certain: true} : undefined
    case 'restart_settled':
      if (!uncertain) return undefined
      return event.happened ? {...rotation, phase: 'restarting', certain: true} : {...rotation, phase: 'pushed'}
    case 'restart_refused':
      return uncertain ? {...rotation, phase: 'pushed'} : undefined
    case 'restarted':
      return uncertain ? undefined : {...rotation, phase: 'restarted'}
    default:
  }
  return undefined
}

/** A new process can't be older than the moment at which the platform took the request. */
function accepted<R extends Rotation>(rotation: R, serverTime: number): R {
  return rotation.baseline ? {...rotation, baseline: {...rotation.baseline, serverTime}} : rotation
}

function afterRestarted(rotation: In<'restarted'>, event: RotationEvent): Rotation | undefined {
  const {candidate, deployed} = rotation
  switch (event.type) {
    case 'proof_failed':
      return {...rotation, failures: event.reasons}
    case 'outbid':
      return {...rotation, superseded: joined(rotation.superseded, event.tokens)}
    case 'push_overwritten':
    case 'candidate_lost':
      return waitingForMint({...rotation, superseded: [...rotation.superseded, {...candidate}]})
    case 'proven':
      if (event.lastEight !== candidate.lastEight) return undefined
      return {...rotation, phase: 'proven', superseded: withDeadlines(rotation, event.at)}
    case 'rollback_started':
      if (deployed?.id !== event.token.id) return undefined
      return {...rotation, phase: 'rolling_back', target: event.token, step: {at: 'push'}}
    default:
  }
  return undefined
}

function joined(superseded: readonly Superseded[], tokens: readonly TokenRef[]): Superseded[] {
  const known = new Set(superseded.map(({id}) => id))
  return [...superseded, ...tokens.filter(({id}) => !known.has(id))]
}

/** An overlap that an earlier rotation began is never made longer. */
function withDeadlines(rotation: Rotation, at: number): Superseded[] {
  const deadline = at + rotation.terms.overlapMs
  return rotation.superseded.map((token) => ({...token, deadline: Math.min(token.deadline ?? deadline, deadline)}))
}

function afterProven(rotation: In<'proven'> | In<'revoking'>, event: RotationEvent): Rotation | undefined {
  switch (event.type) {
    case 'revoke_intended': {
      const target = supersededById(rotation, event.token)
      const again = rotation.phase === 'revoking' && rotation.target !== target.id
      if (again || rotation.discard.length > 0 || target.revoked || (target.deadline ?? Infinity) > event.at)
        return undefined
      return {...rotation, phase: 'revoking', target: target.id}
    }
    case 'revoked': {
      if (rotation.phase !== 'revoking' || rotation.target !== event.token) return undefined
      const superseded = rotation.superseded.map((t) => (t.id === event.token ? {...t, revoked: true} : t))
      const minted = rotation.minted.filter((token) => token.id !== event.token)
      return {...rotation, phase: 'proven', superseded, minted}
    }
    case 'revoke_held':
      return rotation.phase === 'revoking' && rotation.target === event.token
        ? {...rotation, phase: 'proven'}
        : undefined
    case 'overtaken':
      return rotation.discard.length > 0 ? undefined : {...rotation, phase: 'overtaken', rival: event.by}
    case 'completed': {
      const outstanding = toRevoke(rotation).length > 0 || rotation.discard.length > 0
      return outstanding ? undefined : {...rotation, phase: 'completed'}
    }
    default:
  }
  return undefined
}

function afterRollback(rotation: In<'rolling_back'>, event: RotationEvent): Rotation | undefined {
  const here = rotation.step
  const to = (
    next: RollbackStep,
    extra: Partial<Pick<Rotation, 'baseline' | 'storedAt' | 'approved'>> = {},
  ): Rotation => ({
    ...rotation,
    ...extra,
    step: next,
  })
  const uncertain = here.at === 'restarting' && !here.certain
  switch (event.type) {
    case 'push_intended': {
      if (here.at !== 'push' || event.token !== rotation.target.id) return undefined
      return to({at: 'pushing', push: {updatedAt: event.updatedAt, again: false}}, {baseline: event.baseline})
    }
    case 'pushed':
      return here.at === 'pushing' ? to({at: 'pushed'}, {storedAt: event.updatedAt, approved: undefined}) : undefined
    case 'push_absent':
    case 'push_refused':
      return here.at === 'pushing' ? to({at: 'push'}) : undefined
    case 'push_pending':
      if (here.at !== 'pushing') return undefined
      return to({at: 'awaiting_approval', approval: event.approval}, {approved: undefined})
    case 'approval_decided': {
      const approved = event.decision === 'approved' ? event.approval : undefined
      return here.at === 'awaiting_approval' && here.approval === event.approval
        ? to({at: 'push'}, {approved})
        : undefined
    }
    case 'rollback_dropped': {
      const nothingStored = here.at === 'push' || here.at === 'awaiting_approval'
      return nothingStored ? {...rotation, phase: 'restarted'} : undefined
    }
    case 'restart_observed':
      return here.at === 'pushed' ? to({at: 'restarting', certain: true}) : undefined
    case 'restart_intended':
      return here.at === 'pushed' ? to({at: 'restarting', certain: false}) : undefined
    case 'restart_accepted':
      return uncertain
        ? to({at: 'restarting', certain: true}, {baseline: accepted(rotation, event.serverTime).baseline})
        : undefined
    case 'restart_settled':
      return uncertain ? to(event.happened ? {at: 'restarting', certain: true} : {at: 'pushed'}) : undefined
    case 'restart_refused':
      return uncertain ? to({at: 'pushed'}) : undefined
    case 'restarted': {
      const settled = here.at === 'restarting' && !uncertain
      return settled || here.at === 'pushed' ? to({at: 'restarted'}) : undefined
    }
    case 'proof_failed':
      // What this proof lacks is the old token's affair, not why it is put back.
      return here.at === 'restarted' ? rotation : undefined
    case 'rollback_proven': {
      if (here.at !== 'restarted' || event.lastEight !== rotation.target.lastEight) return undefined
      return {...rotation, discard: rotation.minted, closing: 'proof-failed'}
    }
    default:
  }
  return undefined
}

/** The deletion under way is not to be: the row is another token by now. */
function leave(rotation: Rotation, {token: id, seen}: Event<'token_left'>): Rotation | undefined {
  const going = rotation.phase === 'revoking' ? rotation.target : rotation.discarding
  if (going !== id) return undefined
  const others = (tokens: readonly TokenRef[]): TokenRef[] => tokens.filter((token) => token.id !== id)
  const token = [...rotation.discard, ...rotation.superseded].find((each) => each.id === id)
  if (!token) return undefined
  const {name, lastEight} = token
  const settled = {
    ...rotation,
    discarding: undefined,
    left: [...rotation.left, {token: {id, name, lastEight}, seen}],
    minted: others(rotation.minted),
    discard: others(rotation.discard),
  }
  return settled.phase === 'revoking' ? {...settled, phase: 'proven'} : settled
}

/** By a person's word every token of ours goes, whatever is in doubt; what it replaced stays. */
function keepOld(rotation: Rotation, unseen: readonly number[] = []): Rotation {
  const {minted: discard} = rotation
  return {...rotation, phase: 'pushing', candidate: undefined, push: undefined, discard, unseen, closing: 'aborted'}
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
function forwardAgain(rotation: Rotation): Rotation {
  const superseded = joined(rotation.superseded, rotation.minted)
  return waitingForMint({...rotation, superseded, discard: [], discarding: undefined, unseen: [], closing: undefined})
}

/** Deleting what serves nobody, and ending without a replacement. */
function tidy(rotation: Rotation, event: RotationEvent): Rotation | undefined {
  switch (event.type) {
    case 'discard_intended': {
      const first = rotation.discard[0]?.id === event.token
      const alone = writesInDoubt({...rotation, discarding: undefined}).length === 0
      return first && alone ? {...rotation, discarding: event.token} : undefined
    }
    case 'discarded': {
      if (rotation.discarding !== event.token) return undefined
      const others = (tokens: readonly TokenRef[]): TokenRef[] => tokens.filter((token) => token.id !== event.token)
      return {
        ...rotation,
        discarding: undefined,
        discard: others(rotation.discard),
        minted: others(rotation.minted),
        superseded: rotation.superseded.filter(({id}) => id !== event.token),
      }
    }
    case 'token_left':
      return leave(rotation, event)
    case 'orphan_found': {
      const {token} = event
      const safe = rotation.phase === 'proven' || rotation.closing !== undefined
      if (isKnown(rotation, token.id) || !safe || rotation.discarding !== undefined) return undefined
      const {minted, lost, discard} = rotation
      return {...rotation, minted: [...minted, token], lost: [...lost, token.id], discard: [...discard, token]}
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
