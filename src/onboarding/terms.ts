import type {OnboardingRequest} from './request.ts'

/** Whether two sets of terms make the same things, whatever the proof then looks at. */
export function makesSame(one: OnboardingRequest, other: OnboardingRequest): boolean {
  return made(one) === made(other)
}

/** Whether two sets of terms ask for the same proof. */
export function provesSame(one: OnboardingRequest, other: OnboardingRequest): boolean {
  return one.repo === other.repo && one.label === other.label && one.via === other.via
}

/** In one order; waivers and waiting are each run's own affair. */
function made(terms: OnboardingRequest): string {
  const {agent, user, account, memberships, workspace, spec, secretKey, profile, scopes, repositories} = terms
  const {email, visibility, restricted} = account
  const {runtime, template, tier, model, role, parent} = spec
  return JSON.stringify([
    [agent, user, email, visibility, restricted, memberships, workspace],
    [runtime, template, tier, model, role, parent],
    [secretKey, profile, scopes, repositories],
  ])
}
