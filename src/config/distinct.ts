import {OpsError} from '../errors.ts'
import type {Agent} from './types.ts'

/** As much of an agent as tells whether it shares something. */
export type AgentEntry = Pick<Agent, 'name' | 'user' | 'workspace' | 'line'>

const MOST = 10

/**
 * No two agents share a Gitea user or a workspace: neither could be rotated without the other, so every command refuses
 * such a file. Logins are compared as Gitea does, in any case. Throws `INVENTORY_DUPLICATE`.
 */
export function assertDistinct(file: string, agents: readonly AgentEntry[]): void {
  const twice = [
    ...shared('user', agents, ({user}) => user.toLowerCase()),
    ...shared('workspace', agents, ({workspace}) => workspace),
  ]
  if (twice.length === 0) return
  const more = twice.length > MOST ? [`  and ${twice.length - MOST} more`] : []
  throw new OpsError('INVENTORY_DUPLICATE', {file, lines: [...twice.slice(0, MOST), ...more]})
}

function shared(what: string, agents: readonly AgentEntry[], keyOf: (agent: AgentEntry) => string): string[] {
  return [...Map.groupBy(agents, keyOf)]
    .filter(([, owners]) => owners.length > 1)
    .map(([key, owners]) => `  ${what} "${key}": ${owners.map(({name, line}) => `${name} (line ${line})`).join(', ')}`)
}
