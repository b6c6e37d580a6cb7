export {abortRotation, surveyRotation} from './abort.ts'
export {isDeserted} from './survey.ts'
export type {DecidedEnding} from './abort.ts'
export type {Keep, Survey} from './survey.ts'
export {afterDue, finishDue, isDue, resumeRotation, rotate} from './rotate.ts'
export type {ResumeOptions} from './rotate.ts'
export {planRotation} from './plan.ts'
export {keeperOf} from './guards.ts'
export type {SecretKeeper} from './guards.ts'
export {planPush, pushSecret} from './push.ts'
export type {PushDeps, PushPlan, PushRequest, PushResult} from './push.ts'
export {planRestart, restartedSinceWrite, restartWorkspace} from './restart.ts'
export type {RestartPlan, RestartRequest, RestartResult} from './restart.ts'
export type {TokenHolder} from './holders.ts'
export {clearRevocation, revokeToken} from './revoke-by-hand.ts'
export type {Cleared, RevokeDeps, RevokeRequest, RevokeResult} from './revoke-by-hand.ts'
export {beganSince, rememberProof} from './worker.ts'
export type {Worker} from './worker.ts'
export type {RotationFact, RotationEvent, Superseded, RotationTerms, Waivers} from './events.ts'
export {describe} from './run.ts'
export {replay} from './machine.ts'
export {abandonedTokens} from './kept.ts'
export {canAbort, dueAt, isClosed} from './state.ts'
export {pendingApproval} from './approval.ts'
export type {RotationPhase, Rotation} from './state.ts'
export type {
  ActDeps,
  DueReport,
  HandDeps,
  PlannedCall,
  RotationDeps,
  RotationPlan,
  RotationRequest,
  RotationResult,
} from './request.ts'
export {mintToken, planMint} from './by-hand.ts'
export type {MintDeps, MintRequest, MintResult} from './by-hand.ts'
export {planRehearsal, rehearse} from './rehearsal.ts'
export type {Rehearsal, RehearsalDeps, RehearsalRequest, StepReport} from './rehearsal.ts'
export type {ActName, Listener, StoryProgress} from '../story/ports.ts'
export {TIMING, type Timing} from '../story/timing.ts'
export type {TokenRef} from '../story/tokens.ts'
