import {memo} from '../memo.ts'
import {HOLE} from '../syntax/types.ts'
import {Paths} from './catalogue-paths.ts'
import {nearestRoutes} from './catalogue-nearest.ts'
import {isScope, type Level, type Scope} from './vocabulary.ts'

/** The releases whose routes are known: 1.25 to 1.27 by 1.25.4, 1.26.4 and 1.27.0, the others by their last patch release. */
export const CATALOGUE_VERSIONS = ['1.20', '1.21', '1.22', '1.23', '1.24', '1.25', '1.26', '1.27'] as const

export type CatalogueVersion = (typeof CATALOGUE_VERSIONS)[number]

/** What a route wants of its caller behind the scope gate; no scope helps with it. */
export type Want =
  | 'any-token'
  | 'git-hooks'
  | 'org-member'
  | 'org-owner'
  | 'package-write'
  | 'password'
  | 'repo-admin'
  | 'repo-owner'
  | 'repo-write'
  | 'signature'
  | 'site-admin'
  | 'team-member'

/** One route of one version of Gitea. */
export interface Route {
  method: string
  /** Its template below `/api/v1`: `/repos/{owner}/{repo}/issues`; a `*` stands for one segment or more. */
  path: string
  /** The gates, one after the other; of each gate all scopes are needed. Empty where no gate ever refuses. */
  gates: readonly (readonly Scope[])[]
  /** Everything that the gates ask for, each once. */
  scopes: readonly Scope[]
  /** The server's setting without which the route is not there, in words. */
  condition: string | undefined
  /** What decides once the scopes are right. */
  wants: readonly Want[]
}

/** Where a call leads. */
export type Match =
  | {kind: 'route'; route: Route}
  /** Holes in the path fit several routes, and those need different scopes. */
  | {kind: 'several'; routes: readonly Route[]}
  /** The path exists, but not with this method: 405. */
  | {kind: 'method'; allowed: readonly string[]; nearest: readonly Route[]}
  /** 404; the routes that were most likely meant, best first. */
  | {kind: 'none'; nearest: readonly Route[]}

/** The routes of one version. */
export interface Catalogue {
  version: CatalogueVersion
  routes: readonly Route[]
  /** What a call leads to. `path` is what `apiPath` gives; it may have `HOLE`s. */
  match(method: string, path: string): Match
}

/**
 * The catalogue to take for a server by what it calls itself: that of its minor version, or the nearest older one that
 * is known. Forgejo (`8.0.2+gitea-1.22.0`) goes by the Gitea it names. Undefined before 1.20 and for anything else.
 */
export function catalogueVersion(server: string): CatalogueVersion | undefined {
  const [, named] = /\+gitea-(\d.*)$/.exec(server) ?? []
  const [, major, minor] = /^v?(\d+)\.(\d+)(?![\d])/.exec((named ?? server).trim()) ?? []
  if (major !== '1') return undefined
  return CATALOGUE_VERSIONS.findLast((version) => Number(version.slice(2)) <= Number(minor))
}

/**
 * What stands behind `/api/v1` in a URL or a path, without query and fragment, repeated and trailing slashes removed as
 * Gitea does, still percent-encoded; `/` for the API's root. Undefined where there is no `/api/v1`.
 */
export function apiPath(url: string): string | undefined {
  const path = url
    .trim()
    .replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replaceAll(/\/{2,}/g, '/')
  const found = /(?:^|\/)api\/v1(\/.*)?$/s.exec(firstRoot(path))
  if (!found) return undefined
  const rest = (found[1] ?? '').replace(/\/$/, '')
  return rest === '' ? '/' : rest
}

/** A repository can hold a file `api/v1/x`: only what stands first is the API's root. */
function firstRoot(path: string): string {
  const at = path.search(/(?:^|\/)api\/v1(?=\/|$)/)
  return at < 0 ? '' : path.slice(at)
}

const loaded = new Map<CatalogueVersion, () => Promise<Catalogue>>()

/** The catalogue of a version. The data is loaded when it is first asked for. */
export function catalogue(version: CatalogueVersion): Promise<Catalogue> {
  const known = loaded.get(version) ?? memo(() => load(version))
  loaded.set(version, known)
  return known()
}

async function load(version: CatalogueVersion): Promise<Catalogue> {
  const {default: rows} = await import('./catalogue.json', {with: {type: 'json'}})
  const entries = rows.filter((row) => covers(row[3] ?? '', version)).map((row) => ({row, route: routeOf(row)}))
  const routes = entries.map(({route}) => route)
  const paths = new Paths(entries.map(({row, route}) => ({pattern: row[1]!, route})))
  return {
    version,
    routes,
    match(method, path) {
      const asked = method.toUpperCase()
      const found = paths.find(asked, path, version === '1.27')
      if (found.kind === 'route' || found.kind === 'several') return found
      // Found only where somebody looks: logs are full of paths that are no routes.
      return {
        ...found,
        get nearest() {
          return nearestRoutes(routes, asked, path)
        },
      }
    },
  }
}

/** Whether a stretch (`1.22` for all from there on, `1.20-1.25`, empty for all) holds a version. */
function covers(stretch: string, version: CatalogueVersion): boolean {
  const [first = '', last] = stretch.split('-')
  const minor = (name: string): number => Number(name.slice(2))
  return minor(first) <= minor(version) && (last === undefined || minor(version) <= minor(last))
}

const CONDITIONS: Record<string, string> = {
  federation: 'only where the server has federation on ([federation] ENABLED)',
  heatmap: 'only where the server shows heatmaps ([service] ENABLE_USER_HEATMAP, which is the default)',
  swagger: 'only where the server has its API page on ([api] ENABLE_SWAGGER, which is the default)',
}

/** Columns of the data: method, path, gates (`+` within a gate, `;` between gates), versions, notes. */
function routeOf([method = '', pattern = '', gate = '', , note = '']: string[]): Route {
  const level = levelOf(method)
  const gates =
    gate === ''
      ? []
      : gate.split(';').map((each) =>
          each
            .split('+')
            .map((name) => `${level}:${name}`)
            .filter(isScope),
        )
  const notes = note.split(' ').filter(Boolean)
  return {
    method,
    path: pattern.replace('/*/<', '/<').replaceAll(/<(\w+)(?::\*)?>/g, '{$1}'),
    gates,
    scopes: [...new Set(gates.flat())],
    condition: notes.map((each) => CONDITIONS[each]).find(Boolean),
    wants: notes.filter((each): each is Want => !(each in CONDITIONS)),
  }
}

/** The level that a method needs, whatever it does (gitea 1.20 to 1.27: POST, PUT, PATCH and DELETE write). */
export function levelOf(method: string): Level {
  return ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? 'write' : 'read'
}

/** A path as people read it: `…` for what is known only when the script runs. */
export function readable(path: string): string {
  return path.replaceAll(HOLE, '…')
}
