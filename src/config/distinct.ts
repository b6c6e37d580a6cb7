import type {Agent} from '../config.ts'
import {OpsError} from '../errors.ts'

/** As much of an agent as tells whether it shares something. */
export type Entry = Pick<Agent, 'name' | 'user' | 'workspace' | 'line'>

const MOST = 10

/**
 * No two agents share a Gitea user or a workspace: neither could be rotated without the other, so every command refuses
 * such a file. Logins are compared as Gitea does, in any case. Throws `INVENTORY_DUPLICATE`.
 */
export function assertDistinct(file: string, agents: Iterable<Entry>): void {
  const [users, workspaces] = [new Owners(), new Owners()]
  for (const agent of agents) {
    users.add(agent.user.toLowerCase(), agent)
    workspaces.add(agent.workspace, agent)
  }
  const twice = [...users.shared('user'), ...workspaces.shared('workspace')]
  if (twice.length === 0) return
  const more = twice.length > MOST ? [`  and ${twice.length - MOST} more`] : []
  throw new OpsError(
    'INVENTORY_DUPLICATE',
    [
      `${file} gives the same thing to several agents; give each a user and a workspace of its own. Nothing was called.`,
      ...twice.slice(0, MOST),
      ...more,
    ].join('\n'),
    {suggestions: ['patrol config check'], ref: 'docs/config.md'},
  )
}

/** Who has what; of most things it need only be known that somebody has them. */
class Owners {
  readonly #first = new Map<string, Entry>()
  readonly #all = new Map<string, Entry[]>()

  add(key: string, agent: Entry): void {
    const first = this.#first.get(key)
    if (!first) this.#first.set(key, agent)
    else this.#all.set(key, [...(this.#all.get(key) ?? [first]), agent])
  }

  shared(what: string): string[] {
    return [...this.#all].map(
      ([key, agents]) => `  ${what} "${key}": ${agents.map(({name, line}) => `${name} (line ${line})`).join(', ')}`,
    )
  }
}
