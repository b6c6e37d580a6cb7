import {atHome, readSecret, readToken, secretSources, workspaceToken} from '../config.ts'
import type {Agent, PatrolConfig, SecretRef} from '../config.ts'
import {OpsError, orElse} from '../errors.ts'
import type {Secret} from '../secret.ts'
import type {Edges} from './edges.ts'

/** The values behind references, read when they are asked for. */
export class SecretReader {
  readonly #edges: Edges
  readonly #config: PatrolConfig | undefined

  constructor(edges: Edges, config: PatrolConfig | undefined) {
    this.#edges = edges
    this.#config = config
  }

  /** The value behind a reference; `what` says in words what it is. */
  read(ref: SecretRef, what: string): Promise<Secret> {
    return readSecret(ref, what, {...this.#edges, ...secretSources()})
  }

  /** The Gitea token behind a reference; throws `TOKEN_MALFORMED` for what can be none. */
  token(ref: SecretRef, what: string): Promise<Secret> {
    return readToken(ref, what, {...this.#edges, ...secretSources()})
  }

  /** The Gitea token in a file, or on standard input for `-`. */
  tokenFile(path: string, what: string): Promise<Secret> {
    return this.token(path === '-' ? {kind: 'stdin'} : {kind: 'file', path: atHome(path)}, what)
  }

  /** The Gitea token of an agent, where patrol may know it. */
  async tokenOf(agent: Agent): Promise<Secret | undefined> {
    return agent.token && this.token(agent.token, `the token of ${agent.name}`)
  }

  /** The Gitea token of the workspace that we run in; throws `SECRET_UNREADABLE` where there is none. */
  async ownGiteaToken(): Promise<Secret> {
    const ref = workspaceToken()
    if (ref) return this.token(ref, "this workspace's token")
    throw new OpsError('SECRET_UNREADABLE', {case: 'unnamed'})
  }

  /** An agent's token, where the command can do without: what can't be read is only warned about. */
  async oldValue(agent: Agent | string): Promise<Secret | undefined> {
    const known = typeof agent === 'string' ? this.#config?.agents.get(agent) : agent
    const warned = ({message}: OpsError): undefined => {
      this.#edges.warn(message)
    }
    return known && this.tokenOf(known).catch(orElse(warned, 'SECRET_UNREADABLE', 'TOKEN_MALFORMED'))
  }
}
