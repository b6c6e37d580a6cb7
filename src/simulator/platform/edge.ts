import {bearerOf, isSameOrigin} from './auth.ts'
import {json} from './router.ts'
import {text} from '../wire.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import type {PlatformWorld} from './world.ts'

const WINDOW_MS = 60_000
const CANVAS_ORIGINS = ['http://localhost:3000', 'http://localhost:3001']
const UNGUARDED = ['/health', '/metrics', '/registry/register', '/registry/heartbeat']
const PAGE = '<!DOCTYPE html><html><head><title>Canvas</title></head><body><div id="__next"></div></body></html>'

/** The hosted edge: without an Origin these paths get the web app's own 404 page, whatever the method. */
export function firewall(world: PlatformWorld, call: WireCall): WireAnswer | undefined {
  if (!world.settings.waf || call.headers.origin !== undefined) return undefined
  return /^\/workspaces\/|^\/registry\/[^/]+\/peers$/.test(call.path) ? page(404) : undefined
}

/** Origins that are neither the canvas's nor our own host get an empty 403; preflights an empty 204. */
export function cors(call: WireCall): WireAnswer | undefined {
  const {origin} = call.headers
  if (origin === undefined) return undefined
  const own = origin === `http://${call.headers.host}` || origin === `https://${call.headers.host}`
  if (!own && !CANVAS_ORIGINS.includes(origin)) return {status: 403}
  return call.method === 'OPTIONS' ? {status: 204, headers: {'access-control-allow-origin': origin}} : undefined
}

/** Fixed windows of 60 s, for each whom the release counts. */
export class RateLimiter {
  readonly #buckets = new Map<string, {until: number; left: number}>()

  /** Takes one request from its caller's bucket: the headers for every answer, and the 429 once it is empty. */
  take(
    {facts, settings}: PlatformWorld,
    call: WireCall,
  ): {headers: Record<string, string>; answer: WireAnswer | undefined} {
    const limit = settings.rateLimit
    if (limit === 'unlimited') return {headers: {'x-ratelimit-limit': limit}, answer: undefined}
    const key = facts.counts === 'caller' ? callerOf(call) : ''
    const now = Date.now()
    let bucket = this.#buckets.get(key)
    if (!bucket || now >= bucket.until) bucket = {until: now + WINDOW_MS, left: limit}
    this.#buckets.set(key, bucket)
    const seconds = Math.floor((bucket.until - now) / 1000)
    const exhausted = bucket.left === 0
    if (!exhausted) bucket.left -= 1
    const headers = {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(bucket.left),
      'x-ratelimit-reset': String(seconds),
    }
    if (!exhausted) return {headers, answer: undefined}
    const refused = {error: 'rate limit exceeded', retry_after: seconds}
    return {headers, answer: json(429, refused, {'retry-after': String(seconds)})}
  }
}

/** The organisation named, else the bearer; everybody here comes from one address. */
function callerOf(call: WireCall): string {
  const org = call.headers['x-molecule-org-id']
  return typeof org === 'string' && org !== '' ? `org ${org}` : `bearer ${bearerOf(call)}`
}

/** The tenant guard: it lets the canvas of its own origin through, and where it turns away says nothing or names the header. */
export function tenantGuard(world: PlatformWorld, call: WireCall): WireAnswer | undefined {
  const {orgId, canvas} = world.settings
  if (orgId === undefined || UNGUARDED.includes(call.path) || call.path.startsWith('/cp/')) return undefined
  if (call.path === '/buildinfo') return undefined
  const sent = call.headers['x-molecule-org-id'] ?? routedOrg(call.headers['fly-replay-src'])
  if (sent === orgId) return undefined
  if (canvas && isSameOrigin(call)) return undefined
  if (world.facts.guard === 'silent' || (sent !== undefined && sent !== '')) return {status: 404}
  return json(400, {
    error: 'missing tenant routing header',
    code: 'TENANT_ORG_HEADER_REQUIRED',
    required_header: 'X-Molecule-Org-Id',
    detail: 'every request to a tenant names its organisation in this header',
  })
}

/** The organisation that the host's router names (`Fly-Replay-Src: ...;state=<uuid>`). */
function routedOrg(replayed: string | string[] | undefined): string | undefined {
  return /(?:^|;)state=([^;]+)/.exec(String(replayed ?? ''))?.[1]
}

/** What an unregistered path gets: the web app with a 200 where one is in front, else plain text. */
export function nowhere(world: PlatformWorld): WireAnswer {
  return world.settings.canvas ? page(200) : text(404, '404 page not found')
}

function page(status: number): WireAnswer {
  return {status, headers: {'content-type': 'text/html; charset=utf-8'}, body: PAGE}
}
