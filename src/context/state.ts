import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {configMissing, stateDir} from '../config.ts'
import {memo} from '../memo.ts'
import type {Records, StateStore, Store} from '../store/index.ts'
import type {SightingBook} from '../store/sightings.ts'
import type {Leases} from '../story/ports.ts'
import type {Edges} from './edges.ts'
import type {Servers} from './site.ts'

/** What this machine remembers. */
export class StateAccess {
  readonly #edges: Edges
  readonly #servers: () => Servers
  #open: StateStore | undefined

  /** `servers` are asked for when records are. */
  constructor(edges: Edges, servers: () => Servers) {
    this.#edges = edges
    this.#servers = servers
  }

  /** The one file of the state directory. Throws `STORE_*`. */
  readonly file = memo(async (): Promise<StateStore> => {
    const {openState} = await import('../store/index.ts')
    return (this.#open = await openState(this.#path()))
  })

  /**
   * Journal, ledger and leases of the servers that we speak to, which are asked once who they are. Throws `STORE_*`, and
   * what reading as the administrator throws.
   */
  readonly store = memo(async (): Promise<Store> => {
    const [{storeOf}, state, servers] = [await import('./site.ts'), await this.file(), this.#servers()]
    if (!servers.config) throw configMissing()
    return storeOf({...servers, config: servers.config, warn: this.#edges.warn}, state)
  })

  /** The same where a file is there; nothing is made. */
  async recordedStore(): Promise<Store | undefined> {
    return existsSync(this.#path()) ? this.store() : undefined
  }

  /**
   * What was recorded for the configured addresses, to read only; `everywhere`, and where nothing is configured: for all
   * servers. No server is asked. Throws `STORE_*`.
   */
  async records(where?: 'everywhere'): Promise<Records> {
    const [{placeOf}, state] = await Promise.all([import('./site.ts'), this.file()])
    return state.recorded(where ?? placeOf(this.#servers()) ?? 'everywhere')
  }

  /** The same for the configured addresses where a file is there; nothing is made. Throws `STORE_*`. */
  async recordsThere(): Promise<Records | undefined> {
    return existsSync(this.#path()) ? this.records() : undefined
  }

  /** Who is at which agent, whether or not Gitea can be asked anything now. */
  async leases(): Promise<Leases> {
    const [{placeOf}, state] = await Promise.all([import('./site.ts'), this.file()])
    return state.leases(placeOf(this.#servers()) ?? {gitea: ''})
  }

  /** What was seen of agents' tokens at the configured Gitea; undefined where none is. No server is asked, no store made. */
  async sightings(): Promise<SightingBook | undefined> {
    const [{placeOf}, {sightingsIn}] = await Promise.all([import('./site.ts'), import('../store/sightings.ts')])
    const place = placeOf(this.#servers())
    return place && sightingsIn(this.#directory(), place.gitea)
  }

  /** When something last came to pass in a rotation of each agent, as far as a file is there; nothing is made. Throws `STORE_*`. */
  async rotatedAt(): Promise<ReadonlyMap<string, number>> {
    const records = await this.recordsThere()
    return new Map(((await records?.journal.list()) ?? []).toReversed().map(({agent, updatedAt}) => [agent, updatedAt]))
  }

  close(): void {
    this.#open?.close()
  }

  #path(): string {
    return join(this.#directory(), 'patrol.db')
  }

  #directory(): string {
    return this.#edges.stateDir ?? stateDir()
  }
}
