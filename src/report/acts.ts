import type {MintResult, PlannedCall, PushResult, RestartResult, RevokeResult} from '../rotation/index.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Tint} from './tint.ts'

/** One call, planned. */
export interface OneCall {
  calls: readonly PlannedCall[]
}

/** A plan of one call. */
export function oneCall(act: PlannedCall['act'], method: string, path: string, changes: string): OneCall {
  return {calls: [{act, method, path, changes}]}
}

/** A minted token and where its value went. */
export function mintedText({token, agent, user, scopes}: MintResult, file: string | undefined, tint: Tint): string {
  const what = `${tint.good('✓ minted')} ${token.name} (id ${token.id}, ...${token.lastEight}) for ${user}: ${scopes.join(', ')}`
  return lines([what], [`patrol push ${agent} --token-file ${file ?? 'FILE'}`], tint)
}

/** A stored secret. */
export function pushedText({key, workspace, updatedAt}: PushResult, agent: string, tint: Tint): string {
  const what = `${tint.good('✓ stored')} ${key} of ${workspace.name} at ${updatedAt}. Its process still has the old one.`
  return lines([what], [`patrol restart ${agent}`, `patrol smoke ${agent}`], tint)
}

/** A proven restart. */
export function restartedText({workspace, cause, evidence}: RestartResult, agent: string, tint: Tint): string {
  const proof = evidence === 'events' ? 'its events prove a new process' : 'its uptime proves a new process'
  return lines([`${tint.good('✓ restarted')} ${workspace.name} (${cause}): ${proof}.`], [`patrol smoke ${agent}`], tint)
}

/** A token that is gone. */
export function revokedText({outcome, value}: RevokeResult, row: TokenRow, tint: Tint): string {
  const proof = value === 'dead' ? 'its value answers 401' : 'its value was not at hand to try'
  const how = outcome === 'removed' ? 'deleted' : 'was gone already'
  return `${tint.good('✓ revoked')} ${row.name} (id ${row.id}): ${how}, ${proof}.`
}

function lines(said: readonly string[], next: readonly string[], tint: Tint): string {
  return [...said, 'Type next:', ...next.map((line) => `  ${tint.command(line)}`)].join('\n')
}
