import {randomBytes} from 'node:crypto'
import {readFileSync} from 'node:fs'
import {
  FORGEJO_TABLES,
  FORGEJO_VERSIONS,
  GITEA_VERSIONS,
  type ForgeVersion,
  type TableVersion,
} from '../../../src/simulator/types.ts'
import {namedBy} from '../environment.ts'
import {ask, type Asking, type Reply} from './ask.ts'
import {dialect, type Dialect} from './dialect.ts'
import {fixtureSeed, names, PASSWORD, type Names} from './fixture.ts'
import {realise, type Admin} from './realise.ts'
import {tokenOf, urlOf, versionOf} from './shapes.ts'

/**
 * Where the suite runs: every simulated version by default; the real server alone when `PATROL_CONTRACT_GITEA_URL` is
 * set, together with `PATROL_CONTRACT_GITEA_ADMIN` and `PATROL_CONTRACT_GITEA_PASSWORD_FILE` of a site admin on it.
 */
export interface Target {
  label: string
  kind: 'simulator' | 'real'
  version: TableVersion
  dialect: Dialect
  /** Whether `[federation] ENABLED` is on, so that the activitypub routes exist. */
  federation: boolean
  /** Whether a route is there that hangs on a setting, as its table names it. */
  has(condition: string | undefined): boolean
  /** Starts the server where it is simulated, and brings the fixture into it; the repositories only when wanted. */
  open(wanted?: 'repos'): Promise<Server>
}

/** A server with the fixture in it. */
export interface Server {
  kind: Target['kind']
  version: TableVersion
  dialect: Dialect
  who: Names
  /** Canonical base URL as the server knows itself, without trailing slash. */
  root: string
  /** Asks below `/api/v1`. */
  api(method: string, path: string, asking?: Asking): Promise<Reply>
  /** Asks from the server's root. */
  web(method: string, path: string, asking?: Asking): Promise<Reply>
  /** The value of a token that the fixture declares. */
  seeded(login: string, name: string): string
  /** The value of a token with these scopes, minted once per server with the user's own password. */
  token(login: string, ...scopes: string[]): Promise<string>
  close(): Promise<void>
}

/** Every release with a table; those of Forgejo that are not simulated are held against it by a real server alone. */
const TABLES: readonly TableVersion[] = [...GITEA_VERSIONS, ...FORGEJO_TABLES]

/** Every target of this run. */
export const targets: Target[] = await chosen()

async function chosen(): Promise<Target[]> {
  const {GITEA_URL: url, GITEA_ADMIN: name, GITEA_PASSWORD_FILE: file} = namedBy(process.env)
  if (url === undefined || name === undefined || file === undefined)
    return [...GITEA_VERSIONS, ...FORGEJO_VERSIONS].map((version) => simulated(version))
  return [await real(url.replace(/\/+$/, ''), [name, readFileSync(file, 'utf8').trim()])]
}

function simulated(version: ForgeVersion): Target {
  const open: Target['open'] = async (wanted) => {
    const {startGitea} = await import('../../../src/simulator/gitea/index.ts')
    const who = names('sim')
    const seed = {...fixtureSeed(who, wanted === 'repos'), settings: {federation: true, quota: true, flags: true}}
    const running = await startGitea(seed, {version})
    const values = new Map<string, string>()
    for (const user of seed.users) {
      for (const token of user.tokens ?? []) values.set(`${user.login}/${token.name}`, token.value)
    }
    return serve({
      kind: 'simulator',
      version,
      url: running.url,
      root: running.url,
      who,
      values,
      close: () => running.close(),
    })
  }
  const has = () => true
  return {
    label: `simulated ${version}`,
    kind: 'simulator',
    version,
    dialect: dialect(version),
    federation: true,
    has,
    open,
  }
}

async function real(url: string, admin: Admin): Promise<Target> {
  const told = versionOf(await ask(url, 'GET', '/api/v1/version'))
  const version = TABLES.find((known) => line(known) === line(told))
  if (version === undefined) {
    throw new Error(
      `the server at ${url} calls itself ${told}, and of that there is no table in src/simulator/gitea/routes: ` +
        `there are ${TABLES.join(', ')}`,
    )
  }
  const actor = await ask(url, 'GET', '/api/v1/activitypub/user-id/9223372036854775807')
  // From 1.26 on what is behind the gate is not implemented; a route that is not there is 404 text on all.
  const federation = actor.json !== undefined || actor.status === 501
  const isThere = async (path: string) => (await ask(url, 'GET', `/api/v1${path}`)).json !== undefined
  const settings: Record<string, boolean> = {
    'setting.Federation.Enabled': federation,
    'setting.Quota.Enabled': await isThere('/admin/quota/groups'),
    'setting.Repository.EnableFlags': await isThere('/repos/~scope-probe~/~scope-probe~/flags'),
  }
  const open: Target['open'] = async (wanted) => {
    const who = names(`t${randomBytes(4).toString('hex')}`)
    const values = await realise(url, admin, fixtureSeed(who, wanted === 'repos'))
    const missing = await ask(url, 'GET', `/api/v1/users/${who.bob}-unknown`)
    const root = urlOf(missing).replace(/\/api\/swagger$/, '')
    return serve({kind: 'real', version, url, root, who, values, close: async () => {}})
  }
  return {
    label: told === version ? `real ${told}` : `real ${told} by the table of ${version}`,
    kind: 'real',
    version,
    dialect: dialect(version),
    federation,
    has: (condition) => settings[condition ?? ''] ?? true,
    open,
  }
}

/** What releases with one table have in common: Gitea's `1.22`, Forgejo's major number as `forgejo-11`. */
function line(version: string): string {
  const [, major] = /^(\d+)\..*\+gitea-/.exec(version) ?? []
  return major === undefined ? version.split('.').slice(0, 2).join('.') : `forgejo-${major}`
}

interface Opened {
  kind: Target['kind']
  version: TableVersion
  url: string
  root: string
  who: Names
  values: Map<string, string>
  close: () => Promise<void>
}

function serve({kind, version, url, root, who, values, close}: Opened): Server {
  const api = (method: string, path: string, asking?: Asking) => ask(url, method, `/api/v1${path}`, asking)
  const minted = new Map<string, Promise<string>>()
  const mint = async (login: string, scopes: string[]) => {
    const json = {name: `for-test-${randomBytes(6).toString('hex')}`, scopes}
    const reply = await api('POST', `/users/${login}/tokens`, {basic: [login, PASSWORD], json})
    if (reply.status !== 201)
      throw new Error(`minting [${scopes.join(' ')}] for ${login}: ${reply.status} ${reply.text}`)
    return tokenOf(reply).sha1
  }
  return {
    kind,
    version,
    dialect: dialect(version),
    who,
    root,
    api,
    web: (method, path, asking) => ask(url, method, path, asking),
    seeded(login, name) {
      const value = values.get(`${login}/${name}`)
      if (value === undefined) throw new Error(`the fixture has no token ${name} for ${login}`)
      return value
    },
    token(login, ...scopes) {
      const key = `${login} ${scopes.join(',')}`
      const value = minted.get(key) ?? mint(login, scopes)
      minted.set(key, value)
      return value
    },
    close,
  }
}
