import {machineOf, stageOf, type EventOf, type InPhase} from '../story/machine.ts'
import {NOTHING_MINTED, withLost} from '../story/minting.ts'
import {dropCandidate, endUnlessExposed, joined, waitingForMint, withDeadlines} from './candidates.ts'
import {forwardAgain, tidy} from './ending.ts'
import type {ProcessBaseline, RotationFact, RotationEvent} from './events.ts'
import {readBack} from './readback-facts.ts'
import {
  idOf,
  isClosed,
  isExposed,
  supersededById,
  toRevoke,
  unreadable,
  type RestartStep,
  type RollbackStep,
  type Rotation,
} from './state.ts'

/** A rotation from its facts, and with one more. */
export const {advance, replay} = machineOf<Rotation, RotationFact>({idOf, begin, step, unreadable})

function begin({superseded, deployed, stored, ...first}: EventOf<RotationFact, 'planned'>): Rotation {
  return {
    ...stageOf(first),
    ...NOTHING_MINTED,
    phase: 'planned',
    superseded,
    deployed,
    unseen: [],
    doubted: false,
    plannedOn: stored,
    storedAt: undefined,
    approved: undefined,
    baseline: undefined,
    readback: undefined,
    closing: undefined,
    rival: undefined,
    byWord: false,
    takenBack: false,
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

function afterMinting(rotation: InPhase<Rotation, 'minting'>, event: RotationEvent): Rotation | undefined {
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
    return withLost({...settled, doubted: true}, event.token)
  }
  if (event.type === 'mint_refused') return endUnlessExposed(settled, 'mint-refused')
  return undefined
}

function afterMinted(rotation: InPhase<Rotation, 'minted'>, event: RotationEvent): Rotation | undefined {
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

function afterPushing(rotation: InPhase<Rotation, 'pushing'>, event: RotationEvent): Rotation | undefined {
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

function decide(
  rotation: InPhase<Rotation, 'awaiting_approval'>,
  event: EventOf<RotationFact, 'approval_decided'>,
): Rotation | undefined {
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

function afterRestart(
  rotation: InPhase<Rotation, 'pushed'> | InPhase<Rotation, 'restarting'>,
  event: RotationEvent,
): Rotation | undefined {
  const {phase} = rotation
  const next = restartStep(phase === 'pushed' ? {at: phase} : {at: phase, certain: rotation.certain}, event)
  const baseline = baselineAfter(rotation, event)
  if (next?.at === 'restarting') return {...rotation, baseline, phase: 'restarting', certain: next.certain}
  return next && {...rotation, baseline, phase: next.at}
}

/** A restart, on the way there and on the way back. */
function restartStep(here: Exclude<RestartStep, {at: 'restarted'}>, event: RotationEvent): RestartStep | undefined {
  const uncertain = here.at === 'restarting' && !here.certain
  switch (event.type) {
    case 'restart_observed':
      return here.at === 'pushed' ? {at: 'restarting', certain: true} : undefined
    case 'restart_intended':
      return here.at === 'pushed' ? {at: 'restarting', certain: false} : undefined
    case 'restart_accepted':
      return uncertain ? {at: 'restarting', certain: true} : undefined
    case 'restart_settled':
      if (!uncertain) return undefined
      return event.happened ? {at: 'restarting', certain: true} : {at: 'pushed'}
    case 'restart_refused':
      return uncertain ? {at: 'pushed'} : undefined
    case 'restarted':
      return uncertain ? undefined : {at: 'restarted'}
    default:
  }
  return undefined
}

/** A new process can't be older than the moment at which the platform took the request. */
function baselineAfter({baseline}: Rotation, event: RotationEvent): ProcessBaseline | undefined {
  return baseline && event.type === 'restart_accepted' ? {...baseline, serverTime: event.serverTime} : baseline
}

function afterRestarted(rotation: InPhase<Rotation, 'restarted'>, event: RotationEvent): Rotation | undefined {
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

function afterProven(
  rotation: InPhase<Rotation, 'proven'> | InPhase<Rotation, 'revoking'>,
  event: RotationEvent,
): Rotation | undefined {
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

function afterRollback(rotation: InPhase<Rotation, 'rolling_back'>, event: RotationEvent): Rotation | undefined {
  const here = rotation.step
  const to = (
    next: RollbackStep,
    extra: Partial<Pick<Rotation, 'baseline' | 'storedAt' | 'approved'>> = {},
  ): Rotation => ({
    ...rotation,
    ...extra,
    step: next,
  })
  if (here.at === 'pushed' || here.at === 'restarting') {
    const next = restartStep(here, event)
    return next && to(next, {baseline: baselineAfter(rotation, event)})
  }
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
