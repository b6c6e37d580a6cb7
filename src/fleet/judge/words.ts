import type {ToldToken} from '../deployed.ts'
import type {FleetAgent} from '../ports.ts'
import type {Evidence} from '../../probe/types.ts'
import type {TokenRow} from '../../rotation/ports.ts'
import {reachText} from '../../scopes/repositories.ts'

/** The administrator's listing as evidence; of a token that is confined it says to what. */
export function listedEvidence(user: string, row?: Pick<TokenRow, 'repositories'>): Evidence {
  const path = `/api/v1/users/${encodeURIComponent(user)}/tokens`
  const confined = Array.isArray(row?.repositories) ? `: ${reachText(row.repositories)}` : ''
  const reason = `as the administrator's list of ${user} shows${confined}`
  return {method: 'GET', path, status: 200, dialect: 'none', reason}
}

/** A token in words: its name and its last eight. */
export function called({name, lastEight}: Pick<TokenRow, 'name' | 'lastEight'>): string {
  return `"${name}" (…${lastEight})`
}

/** `3 days`, rounded down, at least one hour. */
export function lasting(ms: number): string {
  const days = Math.floor(ms / 86_400_000)
  if (days >= 1) return days === 1 ? '1 day' : `${days} days`
  const hours = Math.max(1, Math.floor(ms / 3_600_000))
  return hours === 1 ? '1 hour' : `${hours} hours`
}

/** That the token which was told is none of the user's: an agent may have miscounted, and run on one of them. */
export function unlisted({lastEight, from}: ToldToken, {user}: FleetAgent): string {
  return from === 'agent'
    ? `the agent names …${lastEight}, which is the end of no live token of ${user}`
    : `its token …${lastEight} is not among those of ${user}`
}
