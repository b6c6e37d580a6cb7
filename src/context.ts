import {configMissing, loadConfig, requireAgent} from './config.ts'
import type {Agent, PatrolConfig} from './config.ts'
import {clockUntil} from './context/clock.ts'
import type {Edges} from './context/edges.ts'
import {GiteaAccess} from './context/gitea.ts'
import {PlatformAccess} from './context/platform.ts'
import {SecretReader} from './context/secrets.ts'
import {StateAccess} from './context/state.ts'
import {RunWire} from './context/wire.ts'
import {OpsError} from './errors.ts'

export type {Edges} from './context/edges.ts'

/**
 * What a run works with, in parts, each of which makes what it gives when it is first asked for: the only place that sees
 * both the domain and what it runs on. Dispose of it at the end, for open connections keep the process alive.
 */
export class Context implements AsyncDisposable {
  readonly edges: Edges
  /** Where there is one. */
  readonly config: PatrolConfig | undefined
  readonly wire: RunWire
  readonly secrets: SecretReader
  readonly gitea: GiteaAccess
  readonly platform: PlatformAccess
  readonly state: StateAccess
  /** Time as domain rooms see it; an interrupt ends a sleep. */
  readonly clock: ReturnType<typeof clockUntil>

  private constructor(edges: Edges, config: PatrolConfig | undefined) {
    this.edges = edges
    this.config = config
    this.clock = clockUntil(edges.signal)
    this.wire = new RunWire(edges)
    this.secrets = new SecretReader(edges, config)
    this.platform = new PlatformAccess(edges, config, this.wire)
    this.state = new StateAccess(edges, () => this)
    this.gitea = new GiteaAccess(this)
  }

  /** Reads the configuration, where there is one; throws `CONFIG_NOT_FOUND` and `CONFIG_INVALID`. */
  static async open(edges: Edges): Promise<Context> {
    return new Context(edges, await loadConfig(edges.config))
  }

  /** The configuration; throws `CONFIG_NOT_FOUND` where there is none. */
  requireConfig(): PatrolConfig {
    if (this.config) return this.config
    throw configMissing()
  }

  /** An agent of the fleet; throws `AGENT_UNKNOWN` with the nearest names. */
  agent(name: string): Agent {
    const agent = requireAgent(this.requireConfig(), name)
    this.gitea.mayActOn(agent)
    return agent
  }

  /** This run may come to act on that agent, which the inventory may have lost. */
  mayActOn(name: string): void {
    const agent = this.config?.agents.get(name)
    if (agent) this.gitea.mayActOn(agent)
  }

  /** The repository in which this agent finds its work; throws `CONFIG_INCOMPLETE` without one. */
  repoOf({name, repo}: Agent): string {
    const {gitea, file} = this.requireConfig()
    const found = repo ?? gitea.repo
    if (found !== undefined) return found
    const what = `the repository in which ${name} finds its work`
    throw new OpsError('CONFIG_INCOMPLETE', {case: 'key', file, key: 'gitea.repo', what})
  }

  /** Something to know that changes nothing about the outcome. */
  warn(text: string): void {
    this.edges.warn(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gitea.close()
    this.state.close()
    await this.wire.close()
  }
}
