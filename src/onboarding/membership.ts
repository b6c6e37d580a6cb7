import {OpsError} from '../errors.ts'
import {inDoubt, telling} from '../rotation/run.ts'
import type {Membership} from './events.ts'
import {PERMISSIONS, type Accounts} from './ports.ts'
import type {OnboardingRun} from './run.ts'

/** What a user has of one membership: `enough` or not, and what it is in words. */
export interface MembershipStanding {
  enough: boolean
  had: string
}

/** Looks. What is stronger than asked for is enough. Throws `MEMBERSHIP_REFUSED` where repository or team are not there. */
export async function standing(accounts: Accounts, login: string, wanted: Membership): Promise<MembershipStanding> {
  if (wanted.kind === 'team') {
    const id = await accounts.team(wanted.organisation, wanted.team)
    const member = await accounts.isTeamMember(id, login)
    return {enough: member, had: member ? 'member' : 'none'}
  }
  const had = await accounts.permissionOf(wanted.repo, login)
  return {enough: PERMISSIONS.indexOf(had) >= PERMISSIONS.indexOf(wanted.permission), had}
}

/**
 * Sees to one membership: looks, grants it where it is missing, looks again. Granting twice is harmless, so a lost answer
 * only means another look. Throws `MEMBERSHIP_REFUSED`, `MEMBERSHIP_MISSING`.
 */
export async function ensureMembership(run: OnboardingRun, index: number): Promise<void> {
  const {deps, state: onboarding} = run
  const {user: login, memberships} = onboarding.terms
  const wanted = memberships[index]!
  const before = await look(run, index, login, wanted)
  if (before.enough) return run.record({type: 'member_found', index, had: before.had})
  await run.record({type: 'join_intended', index})
  try {
    await telling(deps, 'join', `${login} in ${spell(wanted)}`, () => grant(deps.accounts, login, wanted))
  } catch (error) {
    if (inDoubt(error)) return
    if (error instanceof OpsError) await run.record({type: 'join_refused', index, code: error.code})
    throw error
  }
  const after = await standing(deps.accounts, login, wanted)
  if (after.enough) return run.record({type: 'joined', index})
  await run.record({type: 'join_refused', index, code: 'MEMBERSHIP_MISSING'})
  throw new OpsError(
    'MEMBERSHIP_MISSING',
    `The server took ${login} into ${spell(wanted)}, yet it shows "${after.had}" for it.`,
    {suggestions: ['patrol doctor'], ref: 'docs/runbooks/onboarding-incomplete.md'},
  )
}

/** A refused look after a lost answer ends the doubt: there is nothing to be a member of. */
async function look(run: OnboardingRun, index: number, login: string, wanted: Membership): Promise<MembershipStanding> {
  try {
    return await standing(run.deps.accounts, login, wanted)
  } catch (error) {
    const refused = error instanceof OpsError && error.category === 'refused'
    if (refused && run.state.joining === index) {
      await run.record({type: 'join_refused', index, code: error.code})
    }
    throw error
  }
}

async function grant(accounts: Accounts, login: string, wanted: Membership): Promise<void> {
  if (wanted.kind === 'collaborator') return accounts.addCollaborator(wanted.repo, login, wanted.permission)
  return accounts.addTeamMember(await accounts.team(wanted.organisation, wanted.team), login)
}

/** A membership in words. */
export function spell(wanted: Membership): string {
  return wanted.kind === 'team' ? `team ${wanted.organisation}/${wanted.team}` : `${wanted.repo} (${wanted.permission})`
}
