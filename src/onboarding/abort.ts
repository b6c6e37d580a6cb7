import {OpsError} from '../errors.ts'
import {leased} from '../rotation/lease.ts'
import type {TokenRef} from '../rotation/index.ts'
import {isGone} from '../rotation/guards.ts'
import {settleEarlier} from './access.ts'
import {lateAccount} from './account.ts'
import type {Room} from './events.ts'
import {openOnboarding, refuseRotation} from './onboard.ts'
import type {OnboardingDeps} from './request.ts'
import {leaving, openRun, type Planned, type Run} from './run.ts'
import {drive} from './runner.ts'
import type {Onboarding} from './state.ts'
import {discardToken, settleMint} from './token.ts'

/** What an ended onboarding leaves to people. */
export interface AbortedOnboarding {
  id: string
  agent: string
  /** The Gitea user, where the onboarding made it. */
  user: string | null
  workspaces: Room[]
  /** Tokens of this onboarding that a workspace may hold, and that were therefore not deleted. */
  tokens: TokenRef[]
  warnings: string[]
}

/**
 * Ends an unfinished onboarding, also of an agent that patrol.yaml names no longer: its tokens go, except those that a
 * workspace of its name may hold. Users, memberships and workspaces stay, for people to judge. Throws
 * `ONBOARDING_UNKNOWN` where none is open, `ROTATION_OPEN` where its own rotation has to be ended first.
 */
export async function abortOnboarding(agent: string, deps: OnboardingDeps): Promise<AbortedOnboarding> {
  return leased(deps, agent, async (lease) => {
    const open = await openOnboarding(agent, deps)
    if (!open) throw unknown(agent)
    await refuseRotation(agent, undefined, deps)
    const run = openRun(deps, nothingOf(open), lease, open)
    try {
      await settle(run)
      const workspaces = await roomsOf(run)
      const {sent, minted, user, terms} = run.onboarding
      const tokens = workspaces.length > 0 ? minted.filter(({id}) => sent.includes(id)) : []
      if (run.onboarding.phase !== 'closing') {
        await run.record({type: 'abort_requested', keep: tokens.map(({id}) => id)})
      }
      await drive(run)
      const made = user?.created ? terms.user : null
      return {id: terms.onboarding, agent, user: made, workspaces, tokens, warnings: run.warnings}
    } catch (error) {
      throw leaving(run.onboarding, error)
    }
  })
}

/** Workspaces that may hold a token of this onboarding: its own, whatever it is called by now, and any of its name. */
async function roomsOf({deps, onboarding}: Run): Promise<Room[]> {
  const named = await deps.maker.named(onboarding.terms.workspace)
  const own = 'workspace' in onboarding ? onboarding.workspace : undefined
  const rooms = named.map(({id, name}) => ({id, name}))
  const apart = own !== undefined && rooms.every(({id}) => id !== own.id) && !(await isGone(deps, own.id))
  return apart ? [...rooms, own] : rooms
}

/** What is in doubt is looked at first. */
async function settle(run: Run): Promise<void> {
  const {onboarding} = run
  if (onboarding.phase === 'creating_user') {
    // Fit or not: it stays, and has to be named.
    await run.record({type: 'user_settled', id: (await lateAccount(run))?.id ?? null})
  }
  if (onboarding.phase === 'minting') await settleMint(run, onboarding.name)
  if (onboarding.phase === 'proven') await settleEarlier(run, onboarding.workspace)
  const begun = onboarding.discard.find(({id}) => id === onboarding.discarding)
  if (begun) await discardToken(run, begun)
}

/** A run that only ends what an earlier one began plans nothing of its own. */
function nothingOf({terms}: Onboarding): Planned {
  const workspace = {name: terms.workspace, id: null}
  return {request: terms, workspace, working: undefined, asked: false, beside: [], warnings: []}
}

function unknown(agent: string): OpsError {
  return new OpsError('ONBOARDING_UNKNOWN', `No onboarding of ${agent} is unfinished. Nothing was changed.`, {
    suggestions: ['patrol onboard --list'],
  })
}
