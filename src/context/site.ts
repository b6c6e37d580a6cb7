import type {PatrolConfig} from '../config.ts'
import {orElse, untouched} from '../errors.ts'
import type {Gitea} from '../gitea/client.ts'
import {parseBaseUrl} from '../http.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {StateElsewhere, SitePlace, SettledSite, Site, StateStore, Store} from '../store/index.ts'
import type {GiteaAccess} from './gitea.ts'
import type {PlatformAccess} from './platform.ts'

/** Whose records are looked for. */
export interface Servers {
  config: PatrolConfig | undefined
  gitea: GiteaAccess
  platform: PlatformAccess
}

/** Servers of which it is known who they are to be. */
type NamedServers = Servers & {config: PatrolConfig; warn: (text: string) => void}

/** The addresses that this run speaks to; undefined where nothing names a Gitea. */
export function placeOf({gitea, config}: Pick<Servers, 'gitea' | 'config'>): SitePlace | undefined {
  if (gitea.address === undefined) return undefined
  return {gitea: address(gitea.address), platform: config?.platform && address(config.platform.url)}
}

/**
 * The store of the servers that this run speaks to. Gitea is told by the account of the administrator, the platform by its
 * organisation (configured, else as it tells). Without an administrator nothing can be revoked, and the site that was last
 * used at these addresses is taken. Says what stands there of other servers, and never touches it.
 */
export async function storeOf(servers: NamedServers, state: StateStore): Promise<Store> {
  const asAdmin = servers.gitea.settings()?.admin !== undefined
  const gitea = asAdmin ? await servers.gitea.admin() : undefined
  const site = await siteOf(servers).catch((error: unknown) => untouched(error))
  const lists = async (user: string): Promise<readonly TokenRef[]> => (gitea ? listed(gitea, user) : [])
  const store = await state.at(site, {
    isSame: async ({login, id, created}) => {
      const account = await gitea?.witness(login)
      return account?.id === id && account.created === created
    },
    lists,
  })
  if (gitea) await takeOver(servers.config, store, lists)
  for (const other of store.elsewhere()) {
    const warning = unfinishedElsewhere(other)
    if (warning !== undefined) servers.warn(warning)
  }
  return store
}

async function siteOf(servers: NamedServers): Promise<Site> {
  const {gitea, platform} = servers.config
  const place = placeOf(servers)!
  const settings = servers.gitea.settings()
  const org = platform && (platform.org ?? (await (await servers.platform.client()).organisation()))
  if (!settings?.admin) return {...place, org}
  const formerly = {gitea: gitea.formerly.map(address), platform: (platform?.formerly ?? []).map(address)}
  return {...place, org, formerly, witness: await (await servers.gitea.admin()).witness()}
}

/** Rows from before servers were kept apart are ours if this server lists the very tokens that they speak of. */
async function takeOver(
  {agents}: PatrolConfig,
  store: SettledSite,
  lists: (user: string) => Promise<readonly TokenRef[]>,
): Promise<void> {
  const unclaimed = store.unclaimed()
  if (unclaimed.length === 0) return
  const users = new Set(agents.values().map(({user}) => user.toLowerCase()))
  for (const {user} of unclaimed.filter((each) => users.has(each.user.toLowerCase())))
    store.adopt(user, await lists(user))
  store.surveyed()
}

/** A user's tokens; none where Gitea has no such user. */
async function listed(gitea: Gitea, user: string): Promise<readonly TokenRef[]> {
  return gitea.list(user).catch(orElse(() => [], 'GITEA_USER_UNKNOWN'))
}

/** What to know of work that waits at servers which this run must not touch; undefined where none does. */
export function unfinishedElsewhere({why, unfinished, gitea, platform}: StateElsewhere): string | undefined {
  if (unfinished === 0 || why === 'other') return undefined
  const what = unfinished === 1 ? '1 unfinished record' : `${unfinished} unfinished records`
  const was = unfinished === 1 ? 'was' : 'were'
  const left = `Nothing is done for ${unfinished === 1 ? 'it' : 'them'} here`
  switch (why) {
    case 'same-address':
      return `${what} ${was} made on another server behind the same address (${gitea}). ${left}.`
    case 'same-account':
      return `${what} ${was} made at ${where({gitea, platform})}, which shows the same administrator: this server moved, or one is a copy of the other. ${left}; if it moved, name the old address under "formerly" in patrol.yaml.`
    default:
      return `${what} ${was} made before patrol kept servers apart, and this server lists none of the tokens. ${left}; "patrol rotation list" shows them.`
  }
}

function where({gitea, platform}: SitePlace): string {
  return platform === undefined ? gitea : `${gitea} with ${platform}`
}

/** The same address however it is written. */
function address(url: string): string {
  const {origin, prefix} = parseBaseUrl(url, true)
  return origin + prefix
}
