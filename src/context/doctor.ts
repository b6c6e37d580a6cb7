import {proxyOf, stateDir, type PatrolConfig} from '../config.ts'
import type {Context} from '../context.ts'
import type {AdminPort, DoctorPorts, GiteaPort, PlatformPort} from '../doctor/ports.ts'

/** What a check-up looks at, opened only when its turn comes. */
export function doctorPorts(context: Context): DoctorPorts {
  const {config} = context
  const agents = [...(config?.agents.values() ?? [])].map(({name, workspace}) => ({name, workspace}))
  return {
    config: config && {file: config.file, secret: config.secret, agents, work: workOf(config)},
    gitea: config && (() => giteaPort(context)),
    admin: config?.gitea.admin && (() => adminPort(context)),
    platform: config?.platform && (() => platformPort(context)),
    async state() {
      const {journal, onboardings} = await context.state.records()
      const unfinished = async () => ({
        rotations: (await journal.list({open: true})).length,
        onboardings: (await onboardings.list({open: true})).length,
      })
      return {path: stateDir(), unfinished}
    },
    now: Date.now,
  }
}

/** An agent without a repository of its own works in the common one. */
function workOf({agents, gitea, label}: PatrolConfig): {repos: string[]; label: string} {
  const named = [gitea.repo, ...agents.values().map(({repo}) => repo)]
  return {repos: [...new Set(named.filter((repo) => repo !== undefined))], label}
}

async function giteaPort(context: Context): Promise<GiteaPort> {
  const gitea = await context.gitea.prober()
  const {url} = context.requireConfig().gitea
  const proxy = (await proxyOf(url))?.url
  return {url, proxy, forge: () => gitea.introduced(), serverDate: () => gitea.serverDate()}
}

async function adminPort(context: Context): Promise<AdminPort> {
  const {user, token, totp} = context.requireConfig().gitea.admin!
  const gitea = await context.gitea.admin()
  return {
    user,
    kind: token ? 'token' : 'password',
    hasCodes: totp !== undefined,
    account: () => gitea.user(user),
    listTokens: () => gitea.list(user),
    hasLabel: (repo, label) => gitea.hasLabel(repo, label),
    async mayMint() {
      if (!token) return {kind: 'yes'}
      const takes = await gitea.mintsWithThis()
      if (takes === false) return {kind: 'password', server: (await gitea.forge()).named}
      const {scopes} = await gitea.probe(await context.secrets.token(token, `the token of ${user}`))
      const verdict = scopes.find(({scope}) => scope === 'write:user')?.verdict
      if (verdict === 'missing') return {kind: 'no'}
      return {kind: takes && verdict === 'granted' ? 'yes' : 'unknown'}
    },
  }
}

async function platformPort(context: Context): Promise<PlatformPort> {
  const {url, org} = context.requireConfig().platform!
  const platform = await context.platform.client()
  return {
    url,
    proxy: (await proxyOf(url))?.url,
    org,
    health: () => platform.health(),
    workspaces: () => platform.list(),
    release: () => platform.release(),
    mayWithhold: () => platform.mayWithhold(),
    organisation: () => platform.organisation(),
  }
}
