import {afterEach, beforeEach, vi} from 'vitest'
import {startPlatform} from '../../../src/simulator/platform/index.ts'
import type {PlatformOptions, PlatformSeed, PlatformWorkspace, RunningPlatform} from '../../../src/simulator/types.ts'

export const ADMIN = 'not-a-real-admin-token'
export const ORG = 'not-a-real-org-token'
export const ID = '11111111-1111-4111-8111-111111111111'
export const OTHER = '22222222-2222-4222-8222-222222222222'

/** What came back, the body parsed where it is JSON. */
export interface Reply {
  status: number
  headers: Headers
  text: string
  // Bodies are looked at field by field; a wrong shape fails the expectation.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

export interface Desk {
  platform: RunningPlatform
  /** `METHOD /path`, with the admin token unless the headers say otherwise (`authorization: ''` sends none). */
  call(line: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  close(): Promise<void>
}

/** A platform with fast clocks and, unless the seed says otherwise, one workspace `ID`. */
export async function open(
  workspaces: Partial<PlatformWorkspace>[] = [{}],
  options: Partial<PlatformOptions> = {},
  more: Partial<PlatformSeed> = {},
): Promise<Desk> {
  const ids = [ID, OTHER]
  const seed = {
    workspaces: workspaces.map((workspace, index) => ({id: ids[index] ?? ID, name: `agent-${index}`, ...workspace})),
    adminToken: ADMIN,
    orgTokens: [ORG],
    ...more,
  }
  const fast = {release: 'june13' as const, mode: 'saas' as const, provisionMs: 100, heartbeatMs: 40}
  const platform = await startPlatform(seed, {...fast, ...options})
  return {
    platform,
    close: () => platform.close(),
    async call(line, body, headers = {}) {
      const [method = 'GET', path = '/'] = line.split(' ')
      const sent = {authorization: `Bearer ${ADMIN}`, ...headers}
      const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ''))
      const payload = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(platform.url + path, {
        method,
        headers: given,
        redirect: 'manual',
        ...(body !== undefined && {body: payload}),
      })
      const text = await response.text()
      const json = response.headers.get('content-type')?.startsWith('application/json')
      return {status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined}
    },
  }
}

/** For a whole file: the platform's time goes on only in `pass` and `until`, however slow the machine is. */
export function stopClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']})
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Lets this much of the platform's time go by; what is asked over the wire meanwhile takes none of it. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

/** Lets time go by until `check` gives something truthy, at most ten seconds of the platform's. */
export async function until<T>(check: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > deadline) throw new Error('did not happen within ten seconds')
    await pass(5)
    await new Promise(setImmediate)
  }
}

/** The status of a workspace, as anybody may read it. */
export async function statusOf(desk: Desk, id = ID): Promise<string> {
  return (await desk.call(`GET /workspaces/${id}`)).body.status
}
