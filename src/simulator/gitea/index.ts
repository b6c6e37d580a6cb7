import type {ForgeVersion, GiteaSeed, RunningGitea} from '../types.ts'
import {json, listen, text} from '../wire.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import {authenticate, checkAccountState, queryWarning} from './authentication.ts'
import {dialect as dialectOf} from './dialect.ts'
import {Form} from './form.ts'
import {HANDLERS, unimplemented} from './handlers/index.ts'
import {registry} from './registry.ts'
import {Router, loadRoutes} from './router.ts'
import type {GiteaMatch, GiteaRoute} from './router.ts'
import {STAGES} from './stages.ts'
import type {GiteaSettings, Visit} from './visit.ts'
import {GiteaWorld} from './world.ts'

const DEFAULTS: GiteaSettings = {
  federation: false,
  quota: false,
  flags: false,
  requireSignin: false,
  subPath: '',
  maxResponseItems: 50,
  defaultPagingNum: 30,
  basicAuthentication: true,
  emailConfirm: false,
}

/** The one path of Forgejo's own API. */
const FORGEJO_VERSION = '/api/forgejo/v1/version'

/** Request headers worth a test's attention; none can hold a credential. */
const KEPT_HEADERS = ['accept', 'accept-language', 'content-length', 'content-type', 'sudo', 'user-agent']

/**
 * A Gitea on loopback: the routes, middleware order, texts and token rules of one release, over a seeded state.
 * Every route of the release exists up to its last check; where no handler is simulated the answer is a 501.
 *
 * @throws what the port's listener emits, and an Error for a seed that names users it does not have.
 */
export async function startGitea(
  seed: GiteaSeed,
  options: {version: ForgeVersion; port?: number},
): Promise<RunningGitea> {
  const {version, port} = options
  const settings: GiteaSettings = {...DEFAULTS, ...seed.settings}
  const dialect = dialectOf(version)
  const router = new Router((await loadRoutes(version)).filter((route) => exists(route, settings)))
  const born = Date.now()
  let world = new GiteaWorld(seed, born)
  let root = ''

  const wire = await listen({
    ...(port !== undefined && {port}),
    keepHeaders: KEPT_HEADERS,
    reset() {
      world = new GiteaWorld(seed, born)
    },
    answer(call) {
      const path = apiPath(call.path, settings.subPath)
      const visit: Visit = {call, world, dialect, settings, root, params: {}, form: new Form(), ...nothingFound}
      const isOwn = dialect.isForgejo && call.path === settings.subPath + FORGEJO_VERSION
      if (path === undefined && !isOwn) return registry(visit) ?? page(call, settings.subPath)
      const answer = path === undefined ? ownVersion(visit) : serve(visit, router, path)
      return {...answer, headers: {...dialect.securityHeaders, ...answer.headers}}
    },
  })
  root = wire.url + settings.subPath

  return {
    ...wire,
    url: root,
    version,
    named: dialect.named,
    tokens(login) {
      const owner = world.account(login)
      return world.tokensOf(owner?.id ?? 0).map(({id, name, scope, repositories, value, lastUsed}) => ({
        id,
        name,
        scopes: scope === '' ? [] : scope.split(','),
        repositories:
          repositories && world.repos.filter((repo) => repositories.has(repo.id)).map((repo) => world.fullName(repo)),
        lastEight: value.slice(-8),
        lastUsedAt: lastUsed,
      }))
    },
    regenerate(login, id) {
      const token = world.tokensOf(world.account(login)?.id ?? 0).find((each) => each.id === id)
      if (!token) throw new Error(`${login} has no token ${id}`)
      return world.regenerate(token)
    },
    rename(login, to) {
      const account = world.account(login)
      if (!account) throw new Error(`there is no user ${login}`)
      world.rename(account, to)
    },
    isLive: (value) => world.tokenByValue(value) !== undefined,
  }
}

const nothingFound = {
  session: undefined,
  doer: undefined,
  gate: undefined,
  contextUser: undefined,
  org: undefined,
  team: undefined,
  repo: undefined,
}

/** The settings of routes that are not there by default. */
const SETTINGS: Readonly<Record<string, keyof GiteaSettings>> = {
  'setting.Federation.Enabled': 'federation',
  'setting.Quota.Enabled': 'quota',
  'setting.Repository.EnableFlags': 'flags',
}

function exists({condition}: GiteaRoute, settings: GiteaSettings): boolean {
  const setting = SETTINGS[condition]
  return setting === undefined || settings[setting] === true
}

/** The part below `/api/v1` with repeated and trailing slashes removed; undefined for paths outside the API. */
function apiPath(path: string, subPath: string): string | undefined {
  const below = path.replace(/\/+/g, '/').replace(/\/$/, '')
  if (!below.startsWith(subPath)) return undefined
  const rest = below.slice(subPath.length)
  if (rest === '/api/v1') return '/'
  return rest.startsWith('/api/v1/') ? rest.slice('/api/v1'.length) : undefined
}

/** What the web side answers: a start page; for the rest a 404, a page only to those who take one (`gitea 1.20-1.25`). */
function page({headers, path}: WireCall, subPath: string): WireAnswer {
  const isHome = path === `${subPath}/` || path === subPath
  if (!isHome && headers.accept?.includes('text/html') !== true) return text(404, 'Not found.\n')
  const title = isHome ? 'Simulated Gitea' : 'Page Not Found'
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body>${title}</body></html>\n`
  return {status: isHome ? 200 : 404, headers: {'content-type': 'text/html; charset=utf-8'}, body}
}

function serve(visit: Visit, router: Router, path: string): WireAnswer {
  const {dialect} = visit
  const method = dialect.headIsGet && visit.call.method === 'HEAD' ? 'GET' : visit.call.method
  const found = router.match(method, path)
  if (!dialect.authBeforeRouting && found.kind !== 'route') return unmatched(visit, found)
  const answer = authenticate(visit) ?? checkAccountState(visit) ?? reached(visit, found)
  const headers = {'cache-control': dialect.cacheControl, ...queryWarning(visit), ...answer.headers}
  return {...answer, headers}
}

/** `forgejo 11.0.15, 15.0.3: routers/api/forgejo/v1`, behind the same credentials as the rest. */
function ownVersion(visit: Visit): WireAnswer {
  if (visit.call.method !== 'GET') return {status: 405, headers: {allow: 'GET'}}
  return authenticate(visit) ?? checkAccountState(visit) ?? json(200, {version: visit.dialect.named})
}

/** What answers once it is known who asks. */
function reached(visit: Visit, found: GiteaMatch): WireAnswer {
  if (found.kind !== 'route') return unmatched(visit, found)
  visit.params = found.params
  return runStages(visit, found.route.stages)
}

function unmatched({dialect}: Visit, match: Exclude<GiteaMatch, {kind: 'route'}>): WireAnswer {
  if (match.kind === 'unknown') return text(404, '404 page not found\n')
  return {status: 405, headers: dialect.allowHeader ? {allow: match.allow.join(', ')} : {}}
}

/** Runs middleware and handler in the order of the route table until one answers. */
function runStages(visit: Visit, stages: readonly string[]): WireAnswer {
  for (const stage of stages) {
    const {name, args} = parseStage(stage)
    const middleware = STAGES[name]
    const answer = middleware ? middleware(visit, args) : (HANDLERS[name] ?? unimplemented(name))(visit)
    if (answer) return answer
  }
  throw new Error(`no stage answered: ${stages.join(' > ')}`)
}

/** `tokenRequiresScopes(User, Organization)` as a name and its arguments. */
export function parseStage(stage: string): {name: string; args: string[]} {
  const [, name = stage, args = ''] = /^([\w.]+)\((.*)\)$/.exec(stage) ?? []
  return {name, args: args === '' ? [] : args.split(',').map((arg) => arg.trim())}
}
