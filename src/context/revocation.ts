import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import {OpsError, run} from '../errors.ts'
import type {RevokeRequest, Worker} from '../rotation/index.ts'
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

function workerOf(context: Context, agent: Agent, configured: string | undefined): Worker {
  const {secret: secretKey, label, gitea} = context.requireConfig()
  const {name, user, workspace, profile, scopes} = agent
  const repo = agent.repo ?? gitea.repo
  return {agent: name, user, workspace, secretKey, profile, scopes: [...scopes], label, repo, configured}
}
