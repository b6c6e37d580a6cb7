import type {OpsError} from '../errors.ts'
import {senseless, type StoryState} from '../story/machine.ts'
import {isKnown as isMinted, type Minting} from '../story/minting.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {ProcessBaseline, CloseReason, Superseded, RotationTerms} from './events.ts'

/** A push whose answer is not known yet: what the secret's row said before it. */
export interface PushInFlight {
  updatedAt: string | null
  /** An earlier push of the same token was in doubt and may still land, whatever becomes of this one. */
  again: boolean
}

/** A workspace token of ours. It changes nothing that agents rely on, so it stands in no other write's way. */
export interface ReadBack {
  /** Rows of the workspace's tokens before ours. */
  known: readonly string[]
  /** First eight characters; unknown while the mint is under way. */
  prefix: string | undefined
}

/** What every phase knows. */
interface RotationBase extends StoryState, Minting {
  readonly terms: RotationTerms
  /** Fixed before the first write; lost candidates that the workspace may hold join it, and what rivals leave behind. */
  readonly superseded: readonly Superseded[]
  /** The token that the agent ran on when the rotation was planned, where that was known or read back. */
  readonly deployed: TokenRef | null
  /** Ids of tokens that were taken for dead when a person decided that they go. */
  readonly unseen: readonly number[]
  /** A mint's answer was lost once: a late orphan is looked for before the end. */
  readonly doubted: boolean
  /** `updated_at` of the secret's row when the rotation was planned; null: no row, undefined: not known. */
  readonly plannedOn: string | null | undefined
  /** `updated_at` of the secret's row after our last push. */
  readonly storedAt: string | undefined
  /** The approval that a person gave and that no write of ours has used yet. */
  readonly approved: string | undefined
  readonly baseline: ProcessBaseline | undefined
  /** The workspace token that reads the old value back, until it is revoked. */
  readonly readback: ReadBack | undefined
  /** Set when the rotation is to end without replacing anything. */
  readonly closing: CloseReason | undefined
  /** A person, not a proof, said that the agent runs on the new token. */
  readonly byWord: boolean
  /** By a person's word the new token goes on which the agent was said to run, by its proof or a person. */
  readonly takenBack: boolean
  /** The token of another rotation that this one gave way to, or that took its place. */
  readonly rival: TokenRef | undefined
  /** What the last proof of the new token lacked. */
  readonly failures: readonly string[]
}

/** Between a push and the proof. */
export type RestartStep = {at: 'pushed'} | {at: 'restarting'; certain: boolean} | {at: 'restarted'}

/** The steps of a rollback are those of the way there. */
export type RollbackStep =
  | {at: 'push'}
  | {at: 'pushing'; push: PushInFlight}
  | {at: 'awaiting_approval'; approval: string}
  | RestartStep

/** A rotation as its journal tells it. */
export type Rotation = RotationBase &
  (
    | {readonly phase: 'planned'}
    | {readonly phase: 'minting'; readonly name: string}
    | {readonly phase: 'minted'; readonly candidate: TokenRef; readonly probed: boolean}
    | {readonly phase: 'pushing'; readonly candidate: TokenRef; readonly push: PushInFlight}
    /** The workspace may hold an earlier candidate whose value is gone, and another must be minted. */
    | {readonly phase: 'pushing'; readonly candidate: undefined; readonly push: undefined}
    | {readonly phase: 'awaiting_approval'; readonly candidate: TokenRef | undefined; readonly approval: string}
    | {readonly phase: 'pushed'; readonly candidate: TokenRef}
    /** `certain`: the platform confirmed that a restart began. */
    | {readonly phase: 'restarting'; readonly candidate: TokenRef; readonly certain: boolean}
    | {readonly phase: 'restarted'; readonly candidate: TokenRef}
    | {readonly phase: 'proven'; readonly candidate: TokenRef}
    | {readonly phase: 'revoking'; readonly candidate: TokenRef; readonly target: number}
    | {readonly phase: 'completed'; readonly candidate: TokenRef}
    | {
        readonly phase: 'rolling_back'
        readonly candidate: TokenRef
        readonly target: TokenRef
        readonly step: RollbackStep
      }
    | {readonly phase: 'rolled_back'; readonly reason: CloseReason}
    /** Another rotation put its token in place of ours after the proof. */
    | {readonly phase: 'overtaken'}
  )

export type RotationPhase = Rotation['phase']

/** The next thing to do. Which of them are writes is the runner's knowledge; the order is the machine's. */
export type RotationStep =
  | {act: 'mint'}
  | {act: 'settle_mint'; name: string}
  | {act: 'probe'; candidate: TokenRef}
  | {act: 'push'; token: TokenRef}
  | {act: 'settle_push'; push: PushInFlight}
  | {act: 'await_approval'; approval: string}
  | {act: 'restart'}
  | {act: 'settle_restart'}
  | {act: 'await_process'}
  | {act: 'prove'; candidate: TokenRef}
  | {act: 'prove_rollback'; token: TokenRef}
  | {act: 'discard'; token: TokenRef}
  | {act: 'revoke'; token: Superseded}
  | {act: 'finish'}
  | {act: 'close'}
  | {act: 'wait'; until: number}
  | {act: 'none'}

/** What to do next; `now` (ms since the epoch) only decides which revocations are due. */
export function nextAct(rotation: Rotation, now: number): RotationStep {
  if (isClosed(rotation)) return {act: 'none'}
  if (rotation.phase === 'minting') return {act: 'settle_mint', name: rotation.name}
  const [unwanted] = rotation.discard
  if (unwanted) return {act: 'discard', token: unwanted}
  if (rotation.closing) return {act: 'close'}
  switch (rotation.phase) {
    case 'planned':
      return {act: 'mint'}
    case 'minted':
      return rotation.probed ? {act: 'push', token: rotation.candidate} : {act: 'probe', candidate: rotation.candidate}
    case 'pushing':
      return rotation.push ? {act: 'settle_push', push: rotation.push} : {act: 'mint'}
    case 'awaiting_approval':
      return {act: 'await_approval', approval: rotation.approval}
    case 'pushed':
      return {act: 'restart'}
    case 'restarting':
      return rotation.certain ? {act: 'await_process'} : {act: 'settle_restart'}
    case 'restarted':
      return {act: 'prove', candidate: rotation.candidate}
    case 'proven':
      return nextRevocation(rotation, now)
    case 'revoking':
      return {act: 'revoke', token: supersededById(rotation, rotation.target)}
    default:
      return nextRollbackAct(rotation)
  }
}

function nextRevocation(rotation: Rotation, now: number): RotationStep {
  const outstanding = toRevoke(rotation)
  if (outstanding.length === 0) return {act: 'finish'}
  const due = outstanding.find((token) => (token.deadline ?? Infinity) <= now)
  return due ? {act: 'revoke', token: due} : {act: 'wait', until: dueAt(rotation) ?? Infinity}
}

function nextRollbackAct(rotation: Rotation & {phase: 'rolling_back'}): RotationStep {
  const {step, target} = rotation
  switch (step.at) {
    case 'push':
      return {act: 'push', token: target}
    case 'pushing':
      return {act: 'settle_push', push: step.push}
    case 'awaiting_approval':
      return {act: 'await_approval', approval: step.approval}
    case 'pushed':
      return {act: 'restart'}
    case 'restarting':
      return step.certain ? {act: 'await_process'} : {act: 'settle_restart'}
    default:
      return {act: 'prove_rollback', token: target}
  }
}

type Closed = Extract<Rotation, {phase: 'completed' | 'rolled_back' | 'overtaken'}>

/** Nothing is left to do. */
export function isClosed(rotation: Rotation): rotation is Closed {
  const {phase} = rotation
  return phase === 'completed' || phase === 'rolled_back' || phase === 'overtaken'
}

/** Nothing was sent that lasts: the rotation can be forgotten. */
export function isForgettable({mints, readback}: Rotation): boolean {
  return mints === 0 && !readback
}

/** A token of ours may be stored at the workspace: there is no way back by mere deletion. */
export function isExposed(rotation: Rotation): boolean {
  return rotation.sent.length > 0
}

/** Whether abort is allowed (design section 5): only while nothing may have reached the workspace. */
export function canAbort(rotation: Rotation): boolean {
  const early = ['planned', 'minting', 'minted', 'awaiting_approval'].includes(rotation.phase)
  return early && !isExposed(rotation)
}

/** A token of which it is on record what became of it, or what is to become of it. */
export function isKnown(rotation: Rotation, token: number): boolean {
  return isMinted(rotation, token) || rotation.superseded.some(({id}) => id === token)
}

/** The superseded tokens that are still to be revoked. */
export function toRevoke({superseded, left}: Rotation): Superseded[] {
  return superseded.filter(({id, revoked}) => !revoked && !left.some(({token}) => token.id === id))
}

/** When the next unrevoked token is due, in ms since the epoch; nothing is of a rotation that is over. */
export function dueAt(rotation: Rotation): number | undefined {
  if (isClosed(rotation)) return undefined
  const deadlines = toRevoke(rotation).flatMap(({deadline}) => deadline ?? [])
  return deadlines.length > 0 ? Math.min(...deadlines) : undefined
}

/** The writes whose outcome is not known. A law says: never more than one. */
export function writesInDoubt(rotation: Rotation): string[] {
  const doubts: string[] = []
  if (rotation.discarding !== undefined) doubts.push('discard')
  if (rotation.phase === 'minting') doubts.push('mint')
  if (rotation.phase === 'pushing' && rotation.push) doubts.push('push')
  if (rotation.phase === 'restarting' && !rotation.certain) doubts.push('restart')
  if (rotation.phase === 'revoking') doubts.push('revoke')
  if (rotation.phase === 'rolling_back') {
    if (rotation.step.at === 'pushing') doubts.push('push')
    if (rotation.step.at === 'restarting' && !rotation.step.certain) doubts.push('restart')
  }
  return doubts
}

/** One of the superseded tokens; throws `JOURNAL_UNREADABLE` when the rotation does not list it. */
export function supersededById(rotation: Rotation, id: number): Superseded {
  const token = rotation.superseded.find((candidate) => candidate.id === id)
  if (!token) throw unreadable(rotation.terms.rotation, `token ${id} is not in the superseded set`)
  return token
}

/** What a rotation is called. */
export function idOf({rotation}: RotationTerms): string {
  return rotation
}

/** A journal that cannot be a rotation's. */
export function unreadable(rotation: string, why: string): OpsError {
  return senseless(SHOWN, rotation, why)
}

const SHOWN = {
  noun: 'rotation',
  look: (rotation: string) => (rotation === '?' ? 'patrol rotation list' : `patrol rotation show ${rotation} --json`),
  ref: 'docs/runbooks/rotation-incomplete.md',
}
