import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, orElse, run} from '../errors.ts'
import type {Cleared, RevokeDeps, RevokeRequest, Worker} from '../rotation/index.ts'
import type {TokenRow} from '../rotation/ports.ts'
import {refuseUnfinished} from './subjects.ts'

/**
 * A revocation of one token of an agent's user, with every agent of the inventory that works as that user. Without an id,
 * throws `USAGE` with all tokens that there are; throws `ONBOARDING_OPEN` while one of those agents is being set up.
 */
export async function revocation(
  context: Context,
  {name, user}: Agent,
  {id, agentMayStop}: {id: number | undefined; agentMayStop: boolean},
): Promise<{request: RevokeRequest; row: TokenRow}> {
  const rows = await (await context.gitea.admin()).list(user)
  const row = rows.find((each) => each.id === id)
  if (!row) {
    const list = rows.map((each) => `  ${each.id}  ${each.name} (…${each.lastEight}): ${each.scopes.join(', ')}`)
    const what = id === undefined ? 'Which token? Name it by --id.' : `${user} has no token with id ${id}.`
    const has = rows.length === 0 ? `There is no token of ${user} at all.` : `${user} has:`
    const told = `${what} Nothing was revoked. ${has}`
    throw new OpsError('USAGE', {what: told, lines: list, advice: [run`patrol smoke ${name}`]})
  }
  const workers: Worker[] = []
  const request: RevokeRequest = {agent: name, user, token: row, workers, agentMayStop}
  for (const agent of context.requireConfig().agents.values()) {
    if (agent.user.toLowerCase() !== user.toLowerCase()) continue
    await refuseUnfinished(context, agent.name)
    const value = await context.secrets.oldValue(agent)
    workers.push(workerOf(context, agent, value?.lastEight))
    if (value?.lastEight === row.lastEight) request.value = value
  }
  return {request, row}
}

/**
 * As `clearRevocation`. Where that is refused because a credential of ours keeps the agents from being asked, that is thrown:
 * nobody is to answer for what they would say once it is mended.
 */
export async function clearedRevocation(context: Context, request: RevokeRequest, deps: RevokeDeps): Promise<Cleared> {
  const {clearRevocation} = await import('../rotation/index.ts')
  return clearRevocation(request, deps).catch(async (error: unknown) => {
    const isRefused = error instanceof OpsError && error.code === 'GUARD_SERVING_TOKEN' && !request.agentMayStop
    // An only token may not go whatever its agent says.
    if (isRefused && (await deps.tokens.list(request.user)).length > 1) await assertLetIn(context, request)
    throw error
  })
}

async function assertLetIn(context: Context, {workers, agent}: RevokeRequest): Promise<void> {
  const worker = workers.find((each) => each.agent === agent)
  if (!context.requireConfig().platform || !worker) return
  const admitted = async (): Promise<void> => {
    const platform = await context.platform.client()
    const {id} = await platform.resolve(worker.workspace)
    await platform.secretRow(id, worker.secretKey)
  }
  const unread = orElse((error) => {
    if (error.category === 'auth' || error.code === 'CREDENTIAL_MALFORMED') {
      throw error.with({state: nothing('revoked')})
    }
  })
  await admitted().catch(unread)
}

function workerOf(context: Context, agent: Agent, configured: string | undefined): Worker {
  const {secret: secretKey, label, gitea} = context.requireConfig()
  const {name, user, workspace, profile, scopes} = agent
  const repo = agent.repo ?? gitea.repo
  return {agent: name, user, workspace, secretKey, profile, scopes: [...scopes], label, repo, configured}
}
