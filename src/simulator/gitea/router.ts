import type {ForgeVersion} from '../types.ts'

/** One row of a route table: how a method on a path is served. */
export interface GiteaRoute {
  method: string
  pattern: string
  /** The setting it exists under, or `-`. */
  condition: string
  /** Middleware and handler in the order in which they run. */
  stages: readonly string[]
}

/** What a path leads to; `allow` names the methods of a known path that was asked with another one. */
export type GiteaMatch =
  | {kind: 'route'; route: GiteaRoute; params: Record<string, string>}
  | {kind: 'wrong method'; allow: string[]}
  | {kind: 'unknown'}

const TABLES = {
  '1.20.6': () => import('./routes/1.20.6.json', {with: {type: 'json'}}),
  '1.21.11': () => import('./routes/1.21.11.json', {with: {type: 'json'}}),
  '1.22.6': () => import('./routes/1.22.6.json', {with: {type: 'json'}}),
  '1.23.8': () => import('./routes/1.23.8.json', {with: {type: 'json'}}),
  '1.24.7': () => import('./routes/1.24.7.json', {with: {type: 'json'}}),
  '1.25.4': () => import('./routes/1.25.4.json', {with: {type: 'json'}}),
  '1.26.4': () => import('./routes/1.26.4.json', {with: {type: 'json'}}),
  '1.27.0': () => import('./routes/1.27.0.json', {with: {type: 'json'}}),
  'forgejo-11': () => import('./routes/forgejo-11.json', {with: {type: 'json'}}),
  'forgejo-15': () => import('./routes/forgejo-15.json', {with: {type: 'json'}}),
} satisfies Record<ForgeVersion, () => Promise<{default: string[][]}>>

/** The route table of a release, loaded when asked for. Columns: method, path, gates, condition, stages. */
export async function loadRoutes(version: ForgeVersion): Promise<GiteaRoute[]> {
  const {default: rows} = await TABLES[version]()
  return rows.flatMap((row) => {
    const [methods = '', pattern = '', , condition = '-', stages = ''] = row
    return methods.split(',').map((method) => ({method, pattern, condition, stages: stages.split(' > ')}))
  })
}

interface RouterNode {
  literal: Map<string, RouterNode>
  /** Segments with a pattern inside, such as `{index}.{diffType:diff|patch}`; tried before plain parameters. */
  mixed: Map<string, {test: RegExp; node: RouterNode}>
  parameter: RouterNode | undefined
  /** What follows a `*`, with the routes that end there. */
  rest: {tail: RegExp; routes: GiteaRoute[]}[]
  routes: GiteaRoute[]
}

const leaf = (): RouterNode => ({literal: new Map(), mixed: new Map(), parameter: undefined, rest: [], routes: []})

/** Sends paths to routes as chi does: literal segments first, then patterns, parameters and `*`, with backtracking. */
export class Router {
  readonly #root = leaf()

  constructor(routes: readonly GiteaRoute[]) {
    for (const route of routes) this.#add(route)
  }

  #add(route: GiteaRoute): void {
    const segments = route.pattern.split('/').slice(1)
    let node = this.#root
    for (const [i, segment] of segments.entries()) {
      if (segment === '*') {
        const tail = tailOf(segments.slice(i + 1))
        const known = node.rest.find((rest) => rest.tail.source === tail.source)
        if (known) known.routes.push(route)
        else node.rest.push({tail, routes: [route]})
        // A tail is more specific than a bare star.
        node.rest.sort((a, b) => b.tail.source.length - a.tail.source.length)
        return
      }
      node = descend(node, segment)
    }
    node.routes.push(route)
  }

  /** Finds the route of a normalised, still percent-encoded path. */
  match(method: string, path: string): GiteaMatch {
    const allow = new Set<string>()
    const segments = path.split('/').slice(1)
    const route = find(this.#root, segments, {method, allow})
    if (route) return {kind: 'route', route, params: parameters(route, segments)}
    return allow.size > 0 ? {kind: 'wrong method', allow: [...allow]} : {kind: 'unknown'}
  }
}

/** The decoded values of `{name}` segments; what stands under a `*` has no name. */
function parameters(route: GiteaRoute, segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [i, pattern] of route.pattern.split('/').slice(1).entries()) {
    const [, name] = /^\{([\w-]+)/.exec(pattern) ?? []
    const suffix = pattern.includes('}.{') ? /\.(?:diff|patch)$/ : /$^/
    if (name) params[name] = decode((segments[i] ?? '').replace(suffix, ''))
  }
  return params
}

function descend(node: RouterNode, segment: string): RouterNode {
  if (/^\{\w[\w-]*\}$/.test(segment)) return (node.parameter ??= leaf())
  if (!segment.includes('{')) {
    const next = node.literal.get(segment) ?? leaf()
    node.literal.set(segment, next)
    return next
  }
  const mixed = node.mixed.get(segment) ?? {test: mixedSegment(segment), node: leaf()}
  node.mixed.set(segment, mixed)
  return mixed.node
}

/** `{index}.{diffType:diff|patch}` as a regular expression. */
function mixedSegment(segment: string): RegExp {
  const source = segment.replaceAll('.', '\\.').replace(/\{\w+(?::([^}]*))?\}/g, (_, rule) => `(${rule ?? '[^.]+'})`)
  return new RegExp(`^(?:${source})$`)
}

/** The rest of a path after `*`: `<ref:*>` stands for some segments, `<sha>` for one. */
function tailOf(segments: readonly string[]): RegExp {
  if (segments.length === 0) return /^.+$/s
  const source = segments.map((segment) => (/^<\w+:\*>$/.test(segment) ? '.+' : segment.replace(/^<\w+>$/, '[^/]+')))
  return new RegExp(`^${source.join('/')}$`, 's')
}

interface RouteSearch {
  method: string
  /** Collects the methods of every route whose path fits. */
  allow: Set<string>
}

function find(node: RouterNode, segments: readonly string[], search: RouteSearch): GiteaRoute | undefined {
  const [segment, ...others] = segments
  if (segment === undefined) return choose(node.routes, search)
  const literal = node.literal.get(segment)
  const found = literal && find(literal, others, search)
  if (found) return found
  for (const {test, node: next} of node.mixed.values()) {
    const route = test.test(segment) ? find(next, others, search) : undefined
    if (route) return route
  }
  if (node.parameter && segment !== '') {
    const route = find(node.parameter, others, search)
    if (route) return route
  }
  for (const {tail, routes} of node.rest) {
    const route = tail.test(segments.join('/')) ? choose(routes, search) : undefined
    if (route) return route
  }
  return undefined
}

function choose(routes: readonly GiteaRoute[], {method, allow}: RouteSearch): GiteaRoute | undefined {
  for (const route of routes) allow.add(route.method)
  return routes.find((route) => route.method === method || route.method === 'ANY')
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
