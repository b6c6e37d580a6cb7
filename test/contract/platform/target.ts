import {createServer} from 'node:http'
import {request, type Dispatcher} from 'undici'
import {startPlatform} from '../../../src/simulator/platform/index.ts'
import {
  PLATFORM_RELEASES,
  type PlatformOptions,
  type PlatformRelease,
  type PlatformSeed,
  type PlatformWorkspace,
  type RunningPlatform,
} from '../../../src/simulator/types.ts'
import {given, reset, skip, witnessed} from './given.ts'

const ALL = PLATFORM_RELEASES.flatMap((release) =>
  (['docker', 'saas'] as const).map((mode) => ({release, mode, name: `${release} ${mode}`})),
)
export type Variant = (typeof ALL)[number]
if (given !== undefined && !ALL.some(isGiven))
  throw new Error(`no release ${given.release}, deployed as ${given.mode}, is known`)
/** Every release in both of its deployments, or the given server's; the name is the test's title. */
export const VARIANTS = ALL.filter((variant) => given === undefined || isGiven(variant))
export const APRIL: Variant = {release: 'april', mode: 'docker', name: 'april docker'}
/** The newest, hosted. */
export const NEWEST: Variant = {release: 'aug14', mode: 'saas', name: 'aug14 saas'}

/** Whether a variant is of this release or a later one. */
export function since(release: PlatformRelease, variant: Pick<Variant, 'release'>): boolean {
  return PLATFORM_RELEASES.indexOf(variant.release) >= PLATFORM_RELEASES.indexOf(release)
}

/** The variants from a release on, and those before it. */
export function from(release: PlatformRelease): Variant[] {
  return VARIANTS.filter((variant) => since(release, variant))
}
export function olderThan(release: PlatformRelease): Variant[] {
  return VARIANTS.filter((variant) => !since(release, variant))
}

const uuid = (digit: string) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`

/** An id that no workspace has, wherever the cases run. */
export const UNKNOWN = uuid('f')
/** The organisation that a case asks a server to belong to. */
export const ORG = uuid('e')
export const OLD_VALUE = 'a'.repeat(32) + '00000001'
export const NEW_VALUE = 'b'.repeat(32) + '00000002'

const SEEDED = {
  agent: uuid('1'),
  other: uuid('2'),
  concierge: uuid('3'),
  external: uuid('4'),
  paused: uuid('5'),
  child: uuid('6'),
  failing: uuid('7'),
  pretender: uuid('8'),
  stubborn: uuid('c'),
  removed: uuid('9'),
  hibernated: uuid('a'),
  talker: uuid('b'),
} as const
/** A workspace of the seed, by the part that it plays. */
export type Part = keyof typeof SEEDED

const ADMIN = 'not-a-real-admin-token-000000000001'
const ORG_TOKEN = 'not-a-real-org-token-00000000000001'
const TOKENS = {
  agent: 'not-a-real-workspace-token-00000001',
  other: 'not-a-real-workspace-token-00000002',
  concierge: 'not-a-real-workspace-token-00000003',
}

const WORKSPACES: PlatformWorkspace[] = [
  {
    id: SEEDED.agent,
    name: 'agent-dev-a',
    uptimeSeconds: 3600,
    secrets: {GITEA_TOKEN: OLD_VALUE},
    tokens: [TOKENS.agent],
  },
  {id: SEEDED.other, name: 'reviewer', uptimeSeconds: 3600, tokens: [TOKENS.other]},
  {id: SEEDED.concierge, name: 'concierge', kind: 'platform', tokens: [TOKENS.concierge]},
  {id: SEEDED.external, name: 'external', runtime: 'external'},
  {id: SEEDED.paused, name: 'team', status: 'paused'},
  {id: SEEDED.child, name: 'member', parentId: SEEDED.paused},
  {id: SEEDED.failing, name: 'failing', restart: 'fails'},
  {id: SEEDED.pretender, name: 'pretender', restart: 'pretend', uptimeSeconds: 3600},
  {id: SEEDED.stubborn, name: 'stubborn', restart: 'refused', uptimeSeconds: 3600},
  {id: SEEDED.removed, name: 'gone', status: 'removed'},
  {id: SEEDED.hibernated, name: 'asleep', status: 'hibernated'},
]

/** What a workspace runs on: from June 13 on it is not started without this secret, which its creation stores. */
const MODEL = {MODEL: 'anthropic/claude-sonnet-4-6'}

/** A further workspace of a case: it plays the talker. */
export type Talker = Omit<PlatformWorkspace, 'id'>

/** Whose credential goes along; a plain string is sent as the whole Authorization header. */
export type As = 'admin' | 'org' | 'own' | 'other' | 'concierge' | 'nobody' | 'stranger' | {authorization: string}

/** Values by which a server knows its callers. */
export type Bearers = Record<Exclude<As, 'nobody' | object>, string>

export const STRANGER = 'not-a-real-token-of-anybody-0000000'

export interface Asked {
  as?: As
  json?: unknown
  /** A body that is sent as it stands, as JSON or not. */
  raw?: string
  headers?: Record<string, string>
}

export interface Told {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  /** The parsed body where the server says it is JSON, otherwise undefined. */
  json: unknown
}

/** One plain HTTP request; redirects are not followed. */
export async function ask(
  {url, bearers}: {url: string; bearers: Bearers},
  method: Dispatcher.HttpMethod,
  path: string,
  asked: Asked = {},
): Promise<Told> {
  const {as = 'admin', json, raw, headers = {}} = asked
  const authorization =
    typeof as === 'object' ? as.authorization : as === 'nobody' ? undefined : `Bearer ${bearers[as]}`
  const body = raw ?? (json === undefined ? undefined : JSON.stringify(json))
  const answer = await request(url + path, {
    method,
    headers: {
      ...(authorization === undefined ? {} : {authorization}),
      ...(body === undefined ? {} : {'content-type': 'application/json'}),
      ...headers,
    },
    ...(body === undefined ? {} : {body}),
  })
  const text = await answer.body.text()
  const isJson = /^application\/json/.test(String(answer.headers['content-type'] ?? ''))
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : undefined,
  }
}

/** The body as a type that the test checks by what it expects of it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function bodyOf<T>(told: Told): T {
  return JSON.parse(told.text)
}

/** What is true of a workspace, past every gate. */
export interface Witnessed {
  /** The stored secrets over the global ones. */
  secrets: Record<string, string>
  /** Its running process: which one since the seed (1, 2, …), and what it was given. */
  process: {generation: number; env: Record<string, string>} | undefined
  /** How many times it was (re)provisioned. */
  restarts: number
}

/** A server with the workspaces of a case in it: a simulator, or the given one. */
export interface Target extends AsyncDisposable {
  url: string
  bearers: Bearers
  /** The ids that the server gave to the workspaces. */
  id: Record<Part, string>
  /** The organisation that it belongs to. */
  org: string
  /** Sent with every request that sets none of its own. */
  headers: Record<string, string>
  /** The simulator, for cases that steer it: on a given server they are skipped here. */
  simulator: RunningPlatform
  witness(id: string): Promise<Witnessed>
  secrets(id: string): Promise<Record<string, string>>
  process(id: string): Promise<Witnessed['process']>
  restarts(id: string): Promise<number>
  ask(method: Dispatcher.HttpMethod, path: string, asked?: Asked): Promise<Told>
  /** The body of a GET, which must be 200. */
  get<T = Record<string, unknown>>(path: string, asked?: Asked): Promise<T>
  /** Waits until the workspace has this status. */
  until(id: string, status: string): Promise<Record<string, unknown>>
}

/** What is particular to a kind of server. */
type Place = Pick<Target, 'url' | 'bearers' | 'id' | 'org' | 'headers' | 'simulator' | 'witness'> & {
  close(): Promise<void>
}

/**
 * A server of this variant with the cast in it, and whoever else a case needs: a simulator, fast enough for tests
 * (provisioning 60 ms, heartbeats every 50 ms), or the given server, on which a case that it can't be set up for is
 * skipped with the reason.
 */
export async function start(
  variant: Pick<Variant, 'release' | 'mode'>,
  options: Partial<PlatformOptions> = {},
  talker?: Talker,
): Promise<Target> {
  const cast = [...WORKSPACES, ...(talker ? [{...talker, id: SEEDED.talker}] : [])]
  const workspaces = cast.map((one) =>
    one.runtime === 'external' ? one : {...one, secrets: {...MODEL, ...one.secrets}},
  )
  const seed = {workspaces, globalSecrets: {SHARED: 'global', GITEA_URL: 'x'}}
  const place = await (given ? onGiven : simulated)(variant, {provisionMs: 60, heartbeatMs: 50, ...options}, seed)
  const call: Target['ask'] = (method, path, asked = {}) =>
    ask(place, method, path, {...asked, headers: {...place.headers, ...asked.headers}})
  return {
    url: place.url,
    bearers: place.bearers,
    id: place.id,
    org: place.org,
    headers: place.headers,
    witness: place.witness,
    get simulator() {
      return place.simulator
    },
    ask: call,
    secrets: async (id) => (await place.witness(id)).secrets,
    process: async (id) => (await place.witness(id)).process,
    restarts: async (id) => (await place.witness(id)).restarts,
    async get(path, asked) {
      const told = await call('GET', path, asked)
      if (told.status !== 200) throw new Error(`GET ${path}: ${told.status} ${told.text}`)
      return bodyOf(told)
    },
    async until(id, status) {
      return until(
        async () => bodyOf<Record<string, unknown>>(await call('GET', `/workspaces/${id}`)),
        (row) => row['status'] === status,
      )
    },
    [Symbol.asyncDispose]: () => place.close(),
  }
}
type Seed = Pick<PlatformSeed, 'workspaces' | 'globalSecrets'>
type Deployed = Pick<Variant, 'release' | 'mode'>

async function simulated(variant: Deployed, options: Partial<PlatformOptions>, seed: Seed): Promise<Place> {
  const {release, mode} = variant
  const simulator = await startPlatform(
    {...seed, adminToken: ADMIN, orgTokens: [ORG_TOKEN]},
    {release, mode, debounceMs: 60_000, ...options},
  )
  return {
    url: simulator.url,
    bearers: bearersOf(ADMIN, ORG_TOKEN, (part) => TOKENS[part]),
    id: SEEDED,
    org: options.orgId ?? '',
    simulator,
    headers: {},
    witness: async (id) => ({
      secrets: simulator.secrets(id),
      process: simulator.process(id),
      restarts: simulator.restarts(id),
    }),
    close: () => simulator.close(),
  }
}

async function onGiven(variant: Deployed, options: Partial<PlatformOptions>, seed: Seed): Promise<Place> {
  if (!given || !isGiven(variant)) return skip('the given server is of another release, or deployed otherwise')
  const server = given
  const {url, adminToken, orgToken, orgId, headers, workspaces} = await reset(server, options, seed, SEEDED)
  const row = (part: string) => {
    const found = workspaces[part]
    if (!found) throw new Error(`the hook made no workspace for "${part}"`)
    return found
  }
  const id = {...SEEDED}
  for (const part of Object.keys(workspaces)) Object.assign(id, {[part]: row(part).id})
  return {
    url,
    bearers: bearersOf(adminToken ?? server.adminToken, orgToken, (part) => row(part).tokens[0] ?? ''),
    id,
    org: orgId ?? options.orgId ?? '',
    get simulator() {
      return skip('it steers the simulator')
    },
    headers: headers ?? {},
    async witness(workspace) {
      const {process, ...rest} = await witnessed(server, workspace)
      return {...rest, process: process ?? undefined}
    },
    close: async () => {},
  }
}

function isGiven({release, mode}: Deployed): boolean {
  return release === given?.release && mode === given?.mode
}

function bearersOf(admin: string, org: string, tokenOf: (part: keyof typeof TOKENS) => string): Bearers {
  return {
    admin,
    org,
    own: tokenOf('agent'),
    other: tokenOf('other'),
    concierge: tokenOf('concierge'),
    stranger: STRANGER,
  }
}

/** Looks again and again; the limit is for what hangs, and lies below that of a test, to say what was seen last. */
export async function until<T>(look: () => Promise<T>, enough: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + 500_000
  for (;;) {
    const seen = await look()
    if (enough(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`)
    await pause(10)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** A Gitea that shows empty lists to everybody, for agents to call. */
export async function emptyGitea(): Promise<{url: string} & AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(200, {'content-type': 'application/json'})
    response.end('[]')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
