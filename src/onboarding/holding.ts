import {OpsError} from '../errors.ts'
import {isIn} from '../rotation/guards.ts'
import type {Workspace} from '../rotation/ports.ts'
import {own} from '../rotation/push.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {OnboardingRun} from './run.ts'
import {ONE_CREATE_MS} from './workspace.ts'

/**
 * Whether a workspace may have got its secret by a create that was sent then, as far as its time tells: it may land late, by
 * another clock. Not that of another agent, which was proven on another token since just that secret was written.
 */
export async function mayHold(
  {deps, state: {minted, terms}}: OnboardingRun,
  room: Workspace,
  sentAt: readonly number[],
): Promise<boolean> {
  if (sentAt.length === 0) return false
  const row = own(await deps.platform.secretRow(room.id, terms.secretKey))
  const at = Date.parse(row?.updatedAt ?? '')
  if (!row || sentAt.every((sent) => Math.abs(at - sent) >= 2 * ONE_CREATE_MS)) return false
  const mate = (await deps.fleet.agents()).find((each) => each.agent !== terms.agent && isIn(each, room))
  const proven = mate && (await deps.ledger.deployed(mate.agent))
  return proven?.secretUpdatedAt !== row.updatedAt || minted.some(({lastEight}) => lastEight === proven.lastEight)
}

/**
 * No workspace but ours, whatever it is called by now, may run on a token that went out with a create whose answer was lost.
 * Throws `WORKSPACE_AMBIGUOUS`.
 */
export async function assertHeldByNone(run: OnboardingRun, token: TokenRef): Promise<void> {
  const {deps, state: onboarding} = run
  const {agent} = onboarding.terms
  const ours = 'workspace' in onboarding ? onboarding.workspace : undefined
  const sentAt = onboarding.sentAt.filter((_, index) => onboarding.sent[index] === token.id)
  const others = (await deps.platform.list()).filter(({id}) => id !== ours?.id)
  const may = await Promise.all(others.map((room) => mayHold(run, room, sentAt)))
  const rooms = others.filter((_, index) => may[index]).map(({id, name}) => `${name} (${id})`)
  if (rooms.length === 0) return
  const created = `Token …${token.lastEight} went out with a create of a workspace whose answer was lost`
  throw new OpsError(
    'WORKSPACE_AMBIGUOUS',
    `${created}, and ${rooms.join(', ')} got a secret about then, so it may run on it. The token was left.`,
    {
      category: 'incomplete',
      suggestions: [
        'delete that workspace in the canvas where it came of that create and nobody wants it',
        `patrol onboard ${agent}`,
        `patrol onboarding abort ${agent}`,
      ],
      ref: 'docs/runbooks/onboarding-incomplete.md',
    },
  )
}
