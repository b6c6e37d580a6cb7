export {abortOnboarding} from './abort.ts'
export type {AbortedOnboarding} from './abort.ts'
export {onboard} from './onboard.ts'
export {planOnboarding} from './plan.ts'
export {replay} from './machine.ts'
export {bindsAgent, describe, isClosed} from './state.ts'
export type {Onboarding, OnboardingPhase} from './state.ts'
export type {Membership, WorkspaceSpec} from './events.ts'
export type {TokenShelf} from './ports.ts'
export type {
  OnboardingDeps,
  OnboardingPlan,
  OnboardingRequest,
  OnboardingResult,
  WorkspaceTokenResult,
} from './request.ts'
