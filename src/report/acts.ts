import {word} from '../errors.ts'
import type {SecretKeeper, MintResult, PlannedCall, PushResult, RestartResult, RevokeResult} from '../rotation/index.ts'
import type {TokenRow} from '../rotation/ports.ts'
import {reachText} from '../scopes/repositories.ts'
import {serverLine, type Server} from './forge.ts'
import type {Tint} from './tint.ts'
import {nextText} from './wrap.ts'

/** One call, planned. */
export interface OneCall {
  calls: readonly PlannedCall[]
}

/** A plan of one call. */
export function oneCall(act: PlannedCall['act'], method: string, path: string, changes: string): OneCall {
  return {calls: [{act, method, path, changes}]}
}

/** A minted token and where its value went. Nobody but its owner stores a secret of the concierge. */
export function mintedText(
  {token, agent, user, scopes, repositories, deleted}: MintResult,
  {file, key, keeper, server}: {file?: string | undefined; key: string; keeper: SecretKeeper; server: Server},
  tint: Tint,
): string {
  const what = `${tint.good('✓ minted')} ${token.name} (…${token.lastEight}, id ${token.id}) for ${user}: ${scopes.join(', ')}${Array.isArray(repositories) ? `; ${reachText(repositories)}` : ''}`
  const earlier = deleted.map(
    ({name, id}) => `Before, ${name} (id ${id}) was deleted: an earlier mint was stopped, and nobody got its value.`,
  )
  // A value that only the terminal has seen is pasted.
  const from = file === undefined ? '-' : word(file)
  if (keeper !== 'concierge')
    return said([what, serverLine(server), ...earlier], [`patrol push ${agent} --token-file ${from}`], tint)
  const how = `The platform takes no secret for the concierge from patrol: in the canvas, open its Secrets tab, paste ${file === undefined ? 'the value' : `the content of ${file}`} as ${key}, save, and restart it there.`
  return said([what, serverLine(server), ...earlier, how], [`patrol smoke ${agent} --token-file ${from}`], tint)
}

/** A stored secret. With a token that will not do the process is better left as it is, and nothing restarts it from here. */
export function pushedText(
  {key, workspace, updatedAt, doubts}: PushResult,
  agent: string,
  {keeper, server}: {keeper: SecretKeeper; server: Server},
  tint: Tint,
): string {
  const stored = `${tint.good('✓ stored')} ${key} of ${workspace.name} at ${updatedAt}. Its process has it from its next start on.`
  const what = [stored, serverLine(server)]
  if (doubts.length > 0) return said([...what, ...doubts], [`patrol rotate ${agent}`], tint)
  const smoke = `patrol smoke ${agent}`
  if (keeper === 'external') return said([...what, 'It is external: its operator restarts it.'], [smoke], tint)
  return said(what, [`patrol restart ${agent}`, smoke], tint)
}

/** A proven restart. */
export function restartedText(
  {workspace, cause, evidence}: RestartResult,
  agent: string,
  server: Server,
  tint: Tint,
): string {
  if (cause === 'earlier') {
    const why = 'since its secret was last written, as its events show; it was left alone'
    const again = `patrol restart ${agent} --again`
    return said(
      [`${tint.good('✓ restarted')} ${workspace.name} already ${why}.`, serverLine(server)],
      [`patrol smoke ${agent}`, again],
      tint,
    )
  }
  const proof = evidence === 'events' ? 'its events prove a new process' : 'its uptime proves a new process'
  const what = [`${tint.good('✓ restarted')} ${workspace.name} (${cause}): ${proof}.`, serverLine(server)]
  return said(what, [`patrol smoke ${agent}`], tint)
}

/** A token that is gone. */
export function revokedText({outcome, value}: RevokeResult, row: TokenRow, server: Server, tint: Tint): string {
  const proof = value === 'dead' ? 'its value answers 401' : 'its value was not at hand to try'
  const how = outcome === 'removed' ? 'deleted' : 'was gone already'
  const what = `${tint.good('✓ revoked')} ${row.name} (id ${row.id}): ${how}, ${proof}.`
  return [what, serverLine(server)].join('\n')
}

function said(lines: readonly string[], next: readonly string[], tint: Tint): string {
  return [...lines, '', nextText(next, (line) => tint.command(line))].join('\n')
}
