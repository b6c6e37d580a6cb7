import {createServer} from 'node:http'
import {request, type Dispatcher} from 'undici'
import {startPlatform} from '../../../src/simulator/platform/index.ts'
import type {PlatformOptions, PlatformWorkspace, RunningPlatform} from '../../../src/simulator/types.ts'

/** The two releases in their two deployments; the label is the test's title. */
export const VARIANTS = (['april', 'june'] as const).flatMap((release) =>
  (['docker', 'saas'] as const).map((mode) => ({release, mode, name: `${release} ${mode}`})),
)
export type Variant = (typeof VARIANTS)[number]
export const APRIL: Variant = {release: 'april', mode: 'docker', name: 'april docker'}
export const JUNE: Variant = {release: 'june', mode: 'docker', name: 'june docker'}

const uuid = (digit: string) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`

export const ID = {
  agent: uuid('1'),
  other: uuid('2'),
  concierge: uuid('3'),
  external: uuid('4'),
  paused: uuid('5'),
  child: uuid('6'),
  failing: uuid('7'),
  pretender: uuid('8'),
  removed: uuid('9'),
  hibernated: uuid('a'),
  talker: uuid('b'),
  unknown: uuid('f'),
} as const

export const ORG = uuid('e')
export const ADMIN = 'not-a-real-admin-token-000000000001'
export const ORG_TOKEN = 'not-a-real-org-token-00000000000001'
export const OWN = 'not-a-real-workspace-token-00000001'
export const OTHERS = 'not-a-real-workspace-token-00000002'
export const OLD_VALUE = 'a'.repeat(32) + '00000001'
export const NEW_VALUE = 'b'.repeat(32) + '00000002'

export const WORKSPACES: PlatformWorkspace[] = [
  {id: ID.agent, name: 'agent-dev-a', uptimeSeconds: 3600, secrets: {GITEA_TOKEN: OLD_VALUE}, tokens: [OWN]},
  {id: ID.other, name: 'reviewer', uptimeSeconds: 3600, tokens: [OTHERS]},
  {id: ID.concierge, name: 'concierge', kind: 'platform', tokens: ['not-a-real-workspace-token-00000003']},
  {id: ID.external, name: 'external', runtime: 'external'},
  {id: ID.paused, name: 'team', status: 'paused'},
  {id: ID.child, name: 'member', parentId: ID.paused},
  {id: ID.failing, name: 'failing', restart: 'fails', restartError: 'image not found'},
  {id: ID.pretender, name: 'pretender', restart: 'pretend', uptimeSeconds: 3600},
  {id: ID.removed, name: 'gone', status: 'removed'},
  {id: ID.hibernated, name: 'asleep', status: 'hibernated'},
]

/** Whose credential goes along; a plain string is sent as the whole Authorization header. */
export type As = 'admin' | 'org' | 'own' | 'other' | 'concierge' | 'nobody' | 'stranger' | {authorization: string}

const BEARERS = {
  admin: ADMIN,
  org: ORG_TOKEN,
  own: OWN,
  other: OTHERS,
  concierge: 'not-a-real-workspace-token-00000003',
  stranger: 'not-a-real-token-of-anybody-0000000',
} as const

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
export async function ask(url: string, method: Dispatcher.HttpMethod, path: string, asked: Asked = {}): Promise<Told> {
  const {as = 'admin', json, raw, headers = {}} = asked
  const authorization =
    typeof as === 'object' ? as.authorization : as === 'nobody' ? undefined : `Bearer ${BEARERS[as]}`
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

export interface Sim extends AsyncDisposable {
  sim: RunningPlatform
  ask(method: Dispatcher.HttpMethod, path: string, asked?: Asked): Promise<Told>
  /** The body of a GET, which must be 200. */
  get<T = Record<string, unknown>>(path: string, asked?: Asked): Promise<T>
  /** Waits until the workspace has this status. */
  until(id: string, status: string): Promise<Record<string, unknown>>
}

/** A simulator of this variant, fast enough for tests: provisioning 60 ms, heartbeats every 50 ms. */
export async function start(
  {release, mode}: Pick<Variant, 'release' | 'mode'>,
  options: Partial<PlatformOptions> = {},
  more: PlatformWorkspace[] = [],
): Promise<Sim> {
  const sim = await startPlatform(
    {
      workspaces: [...WORKSPACES, ...more],
      adminToken: ADMIN,
      orgTokens: [ORG_TOKEN],
      globalSecrets: {SHARED: 'global', GITEA_URL: 'x'},
    },
    {release, mode, approvals: false, provisionMs: 60, heartbeatMs: 50, debounceMs: 60_000, ...options},
  )
  const call: Sim['ask'] = (method, path, asked) => ask(sim.url, method, path, asked)
  return {
    sim,
    ask: call,
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
    [Symbol.asyncDispose]: () => sim.close(),
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
