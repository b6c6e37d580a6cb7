import {OpsError} from '../errors.ts'
import {isGone, isIn, placeOf} from '../rotation/guards.ts'
import {settleMint} from '../rotation/mint.ts'
import type {Workspace} from '../rotation/ports.ts'
import {own as ownRow} from '../rotation/push.ts'
import {leased} from '../story/lease.ts'
import {placed} from '../story/placements.ts'
import {pause} from '../story/polling.ts'
import type {TokenRef} from '../story/tokens.ts'
import {conduct, warn} from '../story/run.ts'
import {settleEarlier} from './access.ts'
import {lateAccount} from './account.ts'
import type {Room} from './events.ts'
import {openOnboarding, refuseRotation} from './onboard.ts'
import type {OnboardingDeps} from './request.ts'
import {ONBOARDING, openRun, type PlannedOnboarding, type OnboardingRun, whereabouts} from './run.ts'
import {drive} from './runner.ts'
import type {Onboarding} from './state.ts'
import {discardToken} from './token.ts'
import {ONE_CREATE_MS} from './workspace.ts'

/** What an ended onboarding leaves to people. */
export interface AbortedOnboarding {
  id: string
  agent: string
  /** The Gitea user, where the onboarding made it. */
  user: string | null
  workspaces: Room[]
  /** Tokens of this onboarding that a workspace may hold, or come to hold, and that were therefore not deleted. */
  tokens: TokenRef[]
  warnings: string[]
}

/**
 * Ends an unfinished onboarding, also of an agent that patrol.yaml names no longer: its tokens go, except those that a
 * workspace may hold, whatever it is called, and those of a create that may still come to pass. Users, memberships and
 * workspaces stay, for people to judge. Throws `ONBOARDING_UNKNOWN` where none is open, `ROTATION_OPEN` where its own rotation has to be ended first.
 */
export async function abortOnboarding(agent: string, deps: OnboardingDeps): Promise<AbortedOnboarding> {
  return leased(deps, agent, async (lease) => {
    const open = await openOnboarding(agent, deps)
    if (!open) throw unknown(agent)
    await refuseRotation(agent, undefined, deps)
    const run = openRun(deps, nothingOf(open), lease, open)
    return conduct(ONBOARDING, run, async () => {
      await settle(run)
      const workspaces = await roomsOf(run)
      const {user, terms} = run.state
      if (run.state.phase !== 'closing') {
        await noteWhere(run, workspaces)
        await run.record({type: 'abort_requested', keep: heldIn(run, workspaces)})
      }
      await drive(run)
      const {minted: tokens} = run.state
      const made = user?.created ? terms.user : null
      return {
        id: terms.onboarding,
        agent,
        user: made,
        workspaces: workspaces.map(({id, name}) => ({id, name})),
        tokens: [...tokens],
        warnings: run.warnings,
      }
    })
  })
}

/** For whoever revokes one later: what is kept of its tokens may be in use in each of these. */
async function noteWhere({deps, state: onboarding, lease}: OnboardingRun, rooms: readonly Room[]): Promise<void> {
  const at = deps.clock.now()
  const changes = rooms.flatMap((workspace) =>
    onboarding.minted.map((token) => placed(whereabouts(onboarding.terms, workspace), token, 'found', at)),
  )
  await deps.ledger.apply(changes, lease)
}

/**
 * Workspaces that may hold a token of this onboarding: its own, any of its name, and any, whatever it is called by now,
 * that got such a secret about when a create was sent. That there is none is believed the second time.
 */
async function roomsOf(run: OnboardingRun): Promise<Room[]> {
  const {deps, state: onboarding, timing} = run
  const own = 'workspace' in onboarding ? onboarding.workspace : undefined
  const look = async (): Promise<Room[]> => {
    const listed = await deps.platform.list()
    const rooms: Room[] = []
    for (const room of listed) {
      const isOurs = room.id === own?.id || room.name === onboarding.terms.workspace
      if (isOurs || (await mayHold(run, room))) rooms.push(placeOf(room))
    }
    const unlisted = own !== undefined && !listed.some(({id}) => id === own.id) && !(await isGone(deps, own.id))
    return unlisted ? [...rooms, own] : rooms
  }
  const rooms = await look()
  if (rooms.length > 0 || onboarding.sent.length === 0) return rooms
  await pause(deps, timing.settleWaitMs)
  return look()
}

/**
 * Whether a workspace may have got its secret by a create of ours, as far as its time tells: it may land late, by another
 * clock. Not that of another agent, which was proven on another token since just that secret was written.
 */
async function mayHold({deps, state: {minted, sentAt, terms}}: OnboardingRun, room: Workspace): Promise<boolean> {
  if (sentAt.length === 0) return false
  const row = ownRow(await deps.platform.secretRow(room.id, terms.secretKey))
  const at = Date.parse(row?.updatedAt ?? '')
  if (!row || sentAt.every((sent) => Math.abs(at - sent) >= 2 * ONE_CREATE_MS)) return false
  const mate = (await deps.fleet.agents()).find((each) => each.agent !== terms.agent && isIn(each, room))
  const proven = mate && (await deps.ledger.deployed(mate.agent))
  return proven?.secretUpdatedAt !== row.updatedAt || minted.some(({lastEight}) => lastEight === proven.lastEight)
}

/** Ids of the tokens that went out and that somebody may run on, now or once a create whose answer never came has landed. */
function heldIn(run: OnboardingRun, rooms: readonly Room[]): number[] {
  const {sent, sentAt, minted, phase, terms} = run.state
  const answered = sent.length === 1 && ['created', 'online', 'proven'].includes(phase)
  const landing = !answered && run.deps.clock.now() - (sentAt.at(-1) ?? -Infinity) < ONE_CREATE_MS
  if (rooms.length === 0 && !landing) return []
  const held = minted.flatMap(({id}) => (sent.includes(id) ? id : []))
  if (rooms.length === 0) {
    const {agent, workspace} = terms
    const why = `Whether ${workspace} was created is not known, and it may still come, so the token that was sent with it is left.`
    const revokes = held.map((id) => `patrol revoke ${agent} --id ${id}`).join('; ')
    // While it is the only live token of its user, no revocation would pass the gate.
    warn(
      run,
      `${why} It can go once the agent has another: patrol onboard ${agent}; then ${revokes}. Or delete it on the server.`,
    )
  }
  return held
}

/** What is in doubt is looked at first. */
async function settle(run: OnboardingRun): Promise<void> {
  const {state: onboarding} = run
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
function nothingOf({terms}: Onboarding): PlannedOnboarding {
  const workspace = {name: terms.workspace, id: null}
  return {request: terms, workspace, working: undefined, asked: false, beside: [], warnings: []}
}

function unknown(agent: string): OpsError {
  return new OpsError('ONBOARDING_UNKNOWN', `No onboarding of ${agent} is unfinished. Nothing was changed.`, {
    suggestions: ['patrol onboard --list'],
  })
}
