import {proxyOf, stateDir} from '../config.ts'
import type {Context} from '../context.ts'
import type {AdminPort, DoctorPorts, GiteaPort, PlatformPort} from '../doctor/ports.ts'

/** What a check-up looks at, opened only when its turn comes. */
export function doctorPorts(context: Context): DoctorPorts {
  const {config} = context
  const agents = [...(config?.agents.values() ?? [])].map(({name, workspace}) => ({name, workspace}))
  return {
    config: config && {file: config.file, secret: config.secret, agents},
    gitea: config && (() => giteaPort(context)),
    admin: config?.gitea.admin && (() => adminPort(context)),
    platform: config?.platform && (() => platformPort(context)),
    async state() {
      const {journal, onboardings} = await context.records()
      const unfinished = async () => ({
        rotations: (await journal.list({open: true})).length,
        onboardings: (await onboardings.list({open: true})).length,
      })
      return {path: stateDir(), unfinished}
    },
    now: Date.now,
  }
}

async function giteaPort(context: Context): Promise<GiteaPort> {
  const gitea = await context.prober()
  const {url} = context.requireConfig().gitea
  const proxy = (await proxyOf(url))?.url
  return {url, proxy, version: () => gitea.version(), serverDate: () => gitea.serverDate()}
}

async function adminPort(context: Context): Promise<AdminPort> {
  const {user, token, totp} = context.requireConfig().gitea.admin!
  const gitea = await context.gitea()
  return {
    user,
    kind: token ? 'token' : 'password',
    hasCodes: totp !== undefined,
    account: () => gitea.user(user),
    listTokens: () => gitea.list(user),
    async mayMint() {
      if (!token) return 'yes'
      const {scopes} = await gitea.probe(await context.token(token, `the token of ${user}`))
      const verdict = scopes.find(({scope}) => scope === 'write:user')?.verdict
      return verdict === 'granted' ? 'yes' : verdict === 'missing' ? 'no' : 'unknown'
    },
  }
}

async function platformPort(context: Context): Promise<PlatformPort> {
  const {url, org} = context.requireConfig().platform!
  const platform = await context.platform()
  return {
    url,
    proxy: (await proxyOf(url))?.url,
    org,
    health: () => platform.health(),
    workspaces: () => platform.list(),
    release: () => platform.release(),
    organisation: () => platform.organisation(),
  }
}
