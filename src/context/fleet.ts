import {statSync} from 'node:fs'
import {findToken, secretSources} from '../config.ts'
import type {SecretRef} from '../config.ts'
import type {Context} from '../context.ts'
import {orElse} from '../errors.ts'
import {memo} from '../memo.ts'
import type {Fleet, Neighbour} from '../rotation/ports.ts'

/** How long an agent may take to say which token it holds, in ms. */
const ASK_TIMEOUT_MS = 60_000

/** Asks the agent in a workspace, now, for the last eight of the token that it holds; undefined when it does not say. */
export async function asker(context: Context, timeoutMs = ASK_TIMEOUT_MS): Promise<Fleet['ask']> {
  const [{askForToken}, {randomUUID}, agent] = await Promise.all([
    import('../fleet/index.ts'),
    import('node:crypto'),
    context.platform.client(),
  ])
  const giteaUrl = context.requireConfig().gitea.url
  const ports = {agent, clock: context.clock, newId: randomUUID, newNonce: () => randomUUID().replaceAll('-', '')}
  return (workspaceId, errand) => askForToken(ports, workspaceId, {...errand, giteaUrl}, timeoutMs)
}

/** Whom else a token may serve: the inventory, and its agents' own words. */
export function fleetOf(context: Context): Fleet {
  return {
    agents: memo(async () => {
      const all: Neighbour[] = []
      const {agents, label, secret: secretKey} = context.requireConfig()
      for (const {name, user, workspace, token, repo} of agents.values()) {
        const [reference, lastEight] = token ? [JSON.stringify(token), await peeked(token, context.edges)] : []
        all.push({agent: name, user, workspace, reference, lastEight, about: {repo, label, secretKey}})
      }
      return all
    }),
    ask: async (workspaceId, errand) => (await asker(context))(workspaceId, errand),
  }
}

/**
 * The last eight of a token that lies at hand, with quotes around it or without: whoever has it may run on it. Nobody is asked, no command is run and nobody is warned, for this agent is
 * not what the run is about.
 */
async function peeked(ref: SecretRef, edges: Context['edges']): Promise<string | undefined> {
  const atHand = ref.kind === 'env' || (ref.kind === 'file' && statSync(ref.path, {throwIfNoEntry: false})?.isFile())
  if (!atHand) return undefined
  const sources = {...edges, ...secretSources(), warn() {}, strict: false}
  const value = await findToken(ref, "another agent's token", sources).catch(orElse(() => undefined))
  return value?.lastEight
}
