import {HOLE} from '../syntax/types.ts'
import type {Route} from './route.ts'

/** What a path leads to. */
type PathMatch =
  | {kind: 'route'; route: Route}
  | {kind: 'several'; routes: Route[]}
  | {kind: 'method'; allowed: string[]}
  | {kind: 'none'}

/** A route under the pattern that its version registers it with. */
interface RouteEntry {
  pattern: string
  route: Route
}

interface PathNode {
  literal: Map<string, PathNode>
  /** Segments with a rule inside, such as `{index}.{diffType:diff|patch}`; tried before plain parameters. */
  mixed: Map<string, {test: RegExp; node: PathNode}>
  parameter: PathNode | undefined
  /** What a `*` stands for, the more specific first. */
  rest: {tail: RegExp; grouped: boolean; routes: Route[]}[]
  routes: Route[]
}

const empty = (): PathNode => ({literal: new Map(), mixed: new Map(), parameter: undefined, rest: [], routes: []})

/** How well a hole fits: a literal with a hole behind it (most likely a query), any parameter, any literal. */
const FITS = {suffix: 0, parameter: 1, literal: 2} as const

/**
 * The paths of one version, matched as chi does (gitea 1.20 to 1.27, forgejo 7 to 15): segment by segment, literal text first, then
 * segments with a rule, parameters and `*`, with a way back from every blind alley; percent-encoding is left alone.
 */
export class Paths {
  readonly #root = empty()

  constructor(entries: readonly RouteEntry[]) {
    for (const entry of entries) this.#add(entry)
  }

  #add({pattern, route}: RouteEntry): void {
    const segments = pattern.split('/').slice(1)
    let node = this.#root
    for (const [at, segment] of segments.entries()) {
      if (segment === '*') {
        addRest(node, segments.slice(at + 1), route)
        return
      }
      node = descend(node, segment)
    }
    node.routes.push(route)
  }

  /** Finds a normalised path that may have holes; with `headIsGet` (gitea 1.27) a HEAD takes the route of its GET. */
  find(method: string, path: string, headIsGet: boolean): PathMatch {
    const segments = path.split('/').slice(1)
    const search = {method, headIsGet, allowed: new Set<string>()}
    if (path.includes(HOLE) || method.includes(HOLE)) return this.#guess(segments, search)
    const route = exact(this.#root, segments, search)
    return route ? {kind: 'route', route} : without(search)
  }

  #guess(typed: readonly string[], search: PathSearch): PathMatch {
    if (typed.length === 1 && isHole(typed[0]!)) return {kind: 'several', routes: allRoutes(this.#root, search)}
    const segments = this.#namesRepo(typed) ? typed.toSpliced(1, 0, HOLE) : typed
    const fits = [...candidates(this.#root, segments, search)]
    const sound = fits.filter(({route, cost}) => cost < FITS.literal || numbersFit(route.path, segments))
    const best = Math.min(...sound.map(({cost}) => cost))
    const routes = sound.filter(({cost}) => cost === best).map(({route}) => route)
    const [first] = routes
    if (!first) return fits.length > 0 ? {kind: 'none'} : without(search)
    const needs = new Set(routes.map(({scopes}) => scopes.join(' ')))
    return needs.size === 1 ? {kind: 'route', route: first} : {kind: 'several', routes}
  }

  /**
   * Whether one hole stands for owner and repository both: `/repos/$REPO/issues` names the issues of a repository,
   * though a repository may be called `issues`.
   */
  #namesRepo([root, name = '', part]: readonly string[]): boolean {
    if (root !== 'repos' || !isHole(name)) return false
    const repo = this.#root.literal.get('repos')?.parameter?.parameter
    return part === undefined || (repo?.literal.has(part) ?? false)
  }
}

interface PathSearch {
  method: string
  headIsGet: boolean
  /** Methods of every route whose path fits. */
  allowed: Set<string>
}

function without({allowed}: PathSearch): PathMatch {
  return allowed.size > 0 ? {kind: 'method', allowed: [...allowed].toSorted()} : {kind: 'none'}
}

function exact(node: PathNode, segments: readonly string[], search: PathSearch): Route | undefined {
  const [segment, ...others] = segments
  if (segment === undefined) return choose(node.routes, search)[0]
  const literal = node.literal.get(segment)
  const found = literal && exact(literal, others, search)
  if (found) return found
  for (const {test, node: next} of node.mixed.values()) {
    const route = test.test(segment) ? exact(next, others, search) : undefined
    if (route) return route
  }
  if (node.parameter && segment !== '') {
    const route = exact(node.parameter, others, search)
    if (route) return route
  }
  return throughRest(node, segments, search)[0]
}

function throughRest(node: PathNode, segments: readonly string[], search: PathSearch): Route[] {
  const text = segments.join('/')
  for (const {tail, grouped, routes} of node.rest) {
    if (!tail.test(text)) continue
    // A group of paths answers 404, not 405, to a method that none of them has (gitea 1.25.4, run).
    const chosen = grouped ? routes.filter((route) => takes(route, search)) : choose(routes, search)
    if (chosen.length > 0) return chosen
  }
  return []
}

function choose(routes: readonly Route[], search: PathSearch): Route[] {
  for (const route of routes) search.allowed.add(route.method)
  const own = routes.filter((route) => takes(route, search))
  if (own.length > 0 || !search.headIsGet || search.method !== 'HEAD') return own
  return routes.filter(({method}) => method === 'GET')
}

const takes = (route: Route, {method}: PathSearch): boolean => method.includes(HOLE) || route.method === method

interface RouteCandidate {
  route: Route
  cost: number
}

/** Every route that a path with holes may mean. */
function* candidates(node: PathNode, segments: readonly string[], search: PathSearch): Generator<RouteCandidate> {
  const [segment, ...others] = segments
  if (segment === undefined) {
    for (const route of choose(node.routes, search)) yield {route, cost: 0}
    return
  }
  const hole = segment.includes(HOLE)
  const pattern = hole ? wildcard(segment) : undefined
  for (const [text, next] of node.literal) {
    if (pattern ? !pattern.test(text) : text !== segment) continue
    const cost = !hole ? 0 : segment.replaceAll(HOLE, '') === text ? FITS.suffix : FITS.literal
    yield* dearer(candidates(next, others, search), cost)
  }
  for (const {test, node: next} of node.mixed.values()) {
    if (!isHole(segment) && test.test(segment)) yield* candidates(next, others, search)
  }
  if (node.parameter && segment !== '') {
    yield* dearer(candidates(node.parameter, others, search), hole ? FITS.parameter : 0)
  }
  for (const route of throughRest(node, segments, search)) yield {route, cost: 0}
}

function* dearer(found: Iterable<RouteCandidate>, cost: number): Generator<RouteCandidate> {
  for (const each of found) yield {...each, cost: each.cost + cost}
}

/** Whether what stands for ids and indexes may be numbers; else a hole was taken for a word that nobody meant. */
function numbersFit(template: string, typed: readonly string[]): boolean {
  return template
    .split('/')
    .slice(1)
    .every((wanted, at) => !/[{_-](?:id|index)\}$/.test(wanted) || /^\d*$/.test((typed[at] ?? '').replaceAll(HOLE, '')))
}

/** Every route of the method, for a path that is nothing but a hole. */
function allRoutes(node: PathNode, search: PathSearch): Route[] {
  const below = [
    ...node.literal.values(),
    ...[...node.mixed.values()].map(({node: next}) => next),
    ...(node.parameter ? [node.parameter] : []),
  ]
  return [
    ...choose([...node.routes, ...node.rest.flatMap(({routes}) => routes)], search),
    ...below.flatMap((next) => allRoutes(next, search)),
  ]
}

const isHole = (segment: string): boolean => segment !== '' && segment.replaceAll(HOLE, '') === ''

function wildcard(segment: string): RegExp {
  const parts = segment.split(HOLE).filter((part, at, all) => part !== '' || at === 0 || at === all.length - 1)
  return new RegExp(`^${parts.map(escaped).join('.*')}$`)
}

function descend(node: PathNode, segment: string): PathNode {
  if (/^\{[\w-]+\}$/.test(segment)) return (node.parameter ??= empty())
  if (!segment.includes('{')) {
    const next = node.literal.get(segment) ?? empty()
    node.literal.set(segment, next)
    return next
  }
  const mixed = node.mixed.get(segment) ?? {test: ruled(segment), node: empty()}
  node.mixed.set(segment, mixed)
  return mixed.node
}

/** `{index}.{diffType:diff|patch}` as a regular expression; what is not known may be what the rule wants. */
function ruled(segment: string): RegExp {
  const source = segment.replaceAll('.', '\\.').replaceAll(/\{[\w-]+(?::([^}]*))?\}/g, (_, rule?: string) => {
    return rule === undefined ? '.+' : `(?:${rule}|${HOLE})`
  })
  return new RegExp(`^${source}$`)
}

/** What follows a `*`: `<ref:*>` stands for some segments, `<sha>` for one. */
function addRest(node: PathNode, segments: readonly string[], route: Route): void {
  const source = segments.map((segment) =>
    /^<\w+:\*>$/.test(segment) ? '.+' : /^<\w+>$/.test(segment) ? '[^/]+' : escaped(segment),
  )
  const tail = new RegExp(segments.length === 0 ? '^.+$' : `^${source.join('/')}$`, 's')
  const known = node.rest.find((rest) => rest.tail.source === tail.source)
  if (known) known.routes.push(route)
  else node.rest.push({tail, grouped: segments.length > 0, routes: [route]})
  node.rest.sort((a, b) => b.tail.source.length - a.tail.source.length)
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}
