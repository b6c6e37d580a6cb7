import {catalogue, CATALOGUES, forgeOfCatalogue} from './catalogue.ts'
import type {CatalogueVersion, ForgeName, CallMatch} from './catalogue.ts'
import {reasons, roles} from './explain-words.ts'
import {compare} from './sets.ts'
import type {Scope} from './vocabulary.ts'

/** What a call leads to on a run of versions that agree. */
export interface VersionStretch {
  from: CatalogueVersion
  to: CatalogueVersion
  /** 404 where there is no such path, 405 where it takes other methods; `unclear` where holes leave several. */
  outcome: 'route' | 'unclear' | 405 | 404
  method: string
  route: string | null
  gates: readonly (readonly Scope[])[]
  /** Whether just one of the gates stands there, by whose the repository is. */
  either: boolean
  scopes: readonly Scope[]
  condition: string | null
  /** With 405: what the path takes. */
  allowed: readonly string[]
}

/** A call, explained. */
export interface Explanation {
  method: string
  path: string
  version: CatalogueVersion
  /** The route on the version asked for; versions that agree with it may spell it otherwise. */
  route: string | null
  /** What holds on the version asked for. */
  here: VersionStretch
  /** Every version of its forge, runs that agree put together, oldest first. */
  versions: VersionStretch[]
  /** Where there is no such route on the version asked for: the runs that have it, of either forge. */
  elsewhere: VersionStretch[]
  /** Why it is these scopes, where that surprises; whole sentences. */
  why: string[]
  /** What decides behind the scope gate; whole sentences. */
  then: string[]
  /** Where there is no such route on the version asked for: what was most likely meant there. */
  nearest: {method: string; path: string; route: string; scopes: readonly Scope[]}[]
}

/** Explains a call on one version and says how the others of its forge differ. */
export async function explainCall(method: string, path: string, version: CatalogueVersion): Promise<Explanation> {
  const forge = forgeOfCatalogue(version)
  const versions = await stretchesOf(forge, method, path)
  const here = versions.find(({from, to}) => inside(CATALOGUES[forge], version, from, to))!
  const match = (await catalogue(version)).match(method, path)
  const route = match.kind === 'route' ? match.route : undefined
  const others = route ? [] : await stretchesOf(forge === 'gitea' ? 'forgejo' : 'gitea', method, path)
  return {
    method,
    path,
    version,
    route: route?.path ?? null,
    here,
    versions,
    elsewhere: route ? [] : [...versions, ...others].filter(({outcome}) => outcome === 'route'),
    why: route ? reasons(route, method, path) : [],
    then: route ? roles(route, version) : [],
    nearest: (match.kind === 'none' || match.kind === 'method' ? match.nearest : []).map((near) => ({
      method: near.method,
      path: filled(near.path, path),
      route: near.path,
      scopes: near.scopes,
    })),
  }
}

/** What each method of a path needs on a version, for a text that names none. */
export async function methodsOf(
  path: string,
  version: CatalogueVersion,
): Promise<{method: string; scopes: readonly Scope[]}[]> {
  const routes = await catalogue(version)
  return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].flatMap((method) => {
    const found = routes.match(method, path)
    return found.kind === 'route' ? [{method, scopes: found.route.scopes}] : []
  })
}

/** What a call leads to on every version of a forge, neighbours that say the same put together. */
async function stretchesOf(forge: ForgeName, method: string, path: string): Promise<VersionStretch[]> {
  const stretches = CATALOGUES[forge].map(async (version) => {
    return stretchOf(version, method, (await catalogue(version)).match(method, path))
  })
  return joined(await Promise.all(stretches))
}

function inside(
  all: readonly CatalogueVersion[],
  version: CatalogueVersion,
  from: CatalogueVersion,
  to: CatalogueVersion,
): boolean {
  const at = all.indexOf(version)
  return all.indexOf(from) <= at && at <= all.indexOf(to)
}

function stretchOf(version: CatalogueVersion, method: string, match: CallMatch): VersionStretch {
  const nothing = {route: null, gates: [], either: false, scopes: [], condition: null, allowed: []}
  const base = {...nothing, from: version, to: version, method}
  if (match.kind === 'none') return {...base, outcome: 404}
  if (match.kind === 'method') return {...base, outcome: 405, allowed: match.allowed}
  if (match.kind === 'several') {
    const scopes = [...new Set(match.routes.flatMap((route) => route.scopes))]
    return {...base, outcome: 'unclear', scopes}
  }
  const {path, gates, either, scopes, condition} = match.route
  return {...base, outcome: 'route', route: path, gates, either, scopes, condition: condition ?? null}
}

/** Neighbours that say the same become one. */
function joined(stretches: readonly VersionStretch[]): VersionStretch[] {
  const runs: VersionStretch[] = []
  for (const stretch of stretches) {
    const last = runs.at(-1)
    if (last && same(last, stretch)) runs[runs.length - 1] = {...stretch, from: last.from}
    else runs.push(stretch)
  }
  return runs
}

function same(a: VersionStretch, b: VersionStretch): boolean {
  const facts = ({outcome, scopes, gates, either, condition, allowed}: VersionStretch): string =>
    JSON.stringify([outcome, scopes, gates, either, condition, allowed])
  return facts(a) === facts(b)
}

/** Puts what was typed into the parameters of a template, from left to right; what is left over stays a parameter. */
export function filled(template: string, typed: string): string {
  const values = valuesIn(typed)
  return template
    .split('/')
    .map((segment) => (segment.startsWith('{') && !segment.includes(':') ? (values.take(segment) ?? segment) : segment))
    .join('/')
}

function valuesIn(path: string) {
  const segments = path.split('/').slice(1)
  const [root = ''] = segments
  const names = root === 'repos' || root === 'repo' ? segments.slice(1, 3) : segments.slice(1, 2)
  const numbers = segments.filter((segment) => /^\d+$/.test(segment))
  return {
    take(parameter: string): string | undefined {
      const numeric = /(?:^|[_-])(?:id|index)\}$/.test(`_${parameter.slice(1)}`)
      return numeric ? numbers.shift() : names.shift()
    },
  }
}

/** The token that an agent was last seen to have. */
export interface SeenToken {
  lastEight: string
  scopes: readonly Scope[]
  by: 'audit' | 'probe'
  /** ms since the epoch. */
  at: number
}

/** How a token that was seen stands to what a call needs. */
export interface SeenStanding extends SeenToken {
  can: boolean
  missing: Scope[]
}

/** How a profile stands to what a call needs. */
export interface ProfileStanding {
  /** An agent of the inventory, or null for a profile of its own. */
  agent: string | null
  profile: string
  /** With `either` also by one of the scopes, which is enough for some repositories. */
  can: boolean
  missing: Scope[]
  /** What is known of the agent's own token; undefined where nobody looked. */
  seen?: SeenStanding | undefined
}

/**
 * Who can make a call by their profiles: every agent, or the profiles where there are no agents; beside that, by the token
 * that was seen of each. With `either` one of the scopes is enough.
 */
export function standings(
  scopes: readonly Scope[],
  profiles: ReadonlyMap<string, {scopes: readonly Scope[]}>,
  agents: ReadonlyMap<string, {profile: string; scopes: readonly Scope[]}>,
  either = false,
  seen: ReadonlyMap<string, SeenToken> = new Map(),
): ProfileStanding[] {
  const of = (held: readonly Scope[]): {can: boolean; missing: Scope[]} => {
    const {missing} = compare(held, scopes)
    return {can: missing.length === 0 || (either && missing.length < scopes.length), missing}
  }
  if (agents.size === 0) return [...profiles].map(([name, each]) => ({agent: null, profile: name, ...of(each.scopes)}))
  return [...agents].map(([name, agent]) => {
    const token = seen.get(name)
    return {
      agent: name,
      profile: agent.profile,
      ...of(agent.scopes),
      ...(token && {seen: {...token, ...of(token.scopes)}}),
    }
  })
}
