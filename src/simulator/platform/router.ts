import {PLATFORM_RELEASES, type PlatformRelease} from '../types.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import type {Caller, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** One request that reached its route. */
export interface PlatformVisit {
  world: PlatformWorld
  call: WireCall
  params: Record<string, string>
  /** The parameter `id`, and the workspace of it. */
  id: string
  workspace: SimulatedWorkspace | undefined
  caller: Caller
  /** The body as an object; undefined for anything else, an empty body included. */
  body: Record<string, unknown> | undefined
}

export interface PlatformRoute {
  method: string
  /** `/workspaces/:id/secrets`. */
  path: string
  /** `workspace` guards by the parameter `id`. */
  guard: 'none' | 'workspace' | 'admin'
  /** The first release that has it; all do without it. */
  since?: PlatformRelease
  /** The last release that has it. */
  until?: PlatformRelease
  act(ask: PlatformVisit): WireAnswer | Promise<WireAnswer>
}

export interface PlatformMatch {
  route: PlatformRoute
  params: Record<string, string>
}

/** A JSON answer as gin writes it. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): WireAnswer {
  const type = {'content-type': 'application/json; charset=utf-8'}
  return {status, headers: {...type, ...headers}, body: JSON.stringify(value)}
}

/** The route for a method and a percent-encoded path, among those of the world's release. */
export function find(
  routes: readonly PlatformRoute[],
  world: PlatformWorld,
  method: string,
  path: string,
): PlatformMatch | undefined {
  for (const route of routes) {
    if (route.method !== method || !exists(route, world.settings.release)) continue
    const params = match(route.path, path)
    if (params) return {route, params}
  }
  return undefined
}

function exists({since = 'april', until = 'aug14'}: PlatformRoute, release: PlatformRelease): boolean {
  const [first, now, last] = [since, release, until].map((name) => PLATFORM_RELEASES.indexOf(name))
  return (first ?? 0) <= (now ?? 0) && (now ?? 0) <= (last ?? 0)
}

/** gin's redirect for a path that is registered, but without the slash at its end. */
export function slashRedirect(
  routes: readonly PlatformRoute[],
  world: PlatformWorld,
  call: WireCall,
): WireAnswer | undefined {
  if (call.path === '/' || !call.path.endsWith('/')) return undefined
  const trimmed = call.path.slice(0, -1)
  if (!find(routes, world, call.method, trimmed)) return undefined
  const location = trimmed + call.target.slice(call.path.length)
  return {status: call.method === 'GET' ? 301 : 307, headers: {location}}
}

/** The body read as a JSON object. */
export function objectOf(call: WireCall): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(call.body.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? {...value} : undefined
  } catch {
    return undefined
  }
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== actual) return undefined
    } else if (actual === '') return undefined
    else params[part.slice(1)] = decode(actual)
  }
  return params
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
