import {configMissing, readBearer, secretSources} from '../config.ts'
import type {Agent, PatrolConfig} from '../config.ts'
import {OpsError, orElse} from '../errors.ts'
import {memo} from '../memo.ts'
import type {PlatformClient} from '../platform/client.ts'
import type {SecretKeeper} from '../rotation/index.ts'
import type {Secret} from '../secret.ts'
import type {WorkspaceTokens} from '../workspace-token.ts'
import {clock} from './clock.ts'
import type {Edges} from './edges.ts'
import type {RunWire} from './wire.ts'

/** The platform as its operator, or as one of its workspaces. */
export class PlatformAccess {
  readonly #edges: Edges
  readonly #config: PatrolConfig | undefined
  readonly #wire: RunWire

  constructor(edges: Edges, config: PatrolConfig | undefined, wire: RunWire) {
    this.#edges = edges
    this.#config = config
    this.#wire = wire
  }

  /** Throws `CONFIG_INCOMPLETE` where none is configured and none tells this workspace of itself. */
  readonly client = memo(() => this.#open())

  /** Who keeps an agent's workspace, for commands that need no platform: `platform` where it can't be told. */
  async keeper(agent: Agent): Promise<SecretKeeper> {
    if (!this.#config?.platform) return 'platform'
    const {keeperOf} = await import('../rotation/index.ts')
    const found = this.client().then((platform) => platform.resolve(agent.workspace))
    return found.then(keeperOf).catch(orElse(() => 'platform' as const))
  }

  /** The token by which this workspace speaks to the platform. */
  async ownTokens(): Promise<WorkspaceTokens> {
    const {ownTokens} = await import('./self.ts')
    return ownTokens(this.#edges)
  }

  /**
   * The platform as this workspace itself. `held` tells which token is in use: one that is rejected is read again, once.
   * Throws `SECRET_UNREADABLE` where the workspace holds none.
   */
  async asSelf(self: {url: string; workspace: string; org: string | undefined}) {
    const [{PlatformClient}, tokens] = await Promise.all([import('../platform/client.ts'), this.ownTokens()])
    let held = await tokens.required()
    const renewed = async (rejected: Secret): Promise<Secret | undefined> => {
      const other = await tokens.renewed(rejected)
      if (other) held = other
      return other?.token
    }
    const platform = new PlatformClient({
      http: await this.#wire.to(self.url, this.#config?.platform),
      token: held.token,
      orgId: self.org,
      self: {id: self.workspace, renewed},
      signal: this.#edges.signal,
      clock,
    })
    return {platform, held: () => held}
  }

  async #open(): Promise<PlatformClient> {
    if (!this.#config) throw configMissing()
    const settings = this.#config.platform
    if (!settings) return this.#openAsSelf(this.#config)
    const {PlatformClient} = await import('../platform/client.ts')
    const token = await readBearer(settings.token, "the platform's token", {...this.#edges, ...secretSources()})
    const http = await this.#wire.to(settings.url, settings)
    return new PlatformClient({http, token, orgId: settings.org, signal: this.#edges.signal, clock})
  }

  /** Inside a workspace, where no platform is configured, that workspace is who we are to it. */
  async #openAsSelf(config: PatrolConfig): Promise<PlatformClient> {
    const {selfOf} = await import('./self.ts')
    const {url, workspace, org} = selfOf({config})
    if (url !== undefined && workspace !== undefined) return (await this.asSelf({url, workspace, org})).platform
    const what = 'how to reach the platform'
    throw new OpsError('CONFIG_INCOMPLETE', {case: 'key', file: config.file, key: 'platform', what})
  }
}
