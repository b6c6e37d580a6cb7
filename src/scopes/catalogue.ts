import {forgeOf, forgeWord, type Forge} from '../forge.ts'
import {memo} from '../memo.ts'
import {HOLE} from '../syntax/types.ts'
import {Paths} from './catalogue-paths.ts'
import {nearestRoutes} from './catalogue-nearest.ts'
import type {Route, Want} from './route.ts'
import {isScope, type ScopeLevel} from './vocabulary.ts'

/**
 * The releases whose routes are known, oldest first. Gitea: 1.25 to 1.27 by 1.25.4, 1.26.4 and 1.27.0, the others by their
 * last patch release; Forgejo: by 7.0.16, 11.0.15, 13.0.5 and 15.0.3.
 */
export const CATALOGUES = {
  gitea: ['1.20', '1.21', '1.22', '1.23', '1.24', '1.25', '1.26', '1.27'],
  forgejo: ['forgejo-7', 'forgejo-11', 'forgejo-13', 'forgejo-15'],
} as const

export type ForgeName = keyof typeof CATALOGUES

export type CatalogueVersion = (typeof CATALOGUES)[ForgeName][number]

/** Every release whose routes are known. */
export const CATALOGUE_VERSIONS: readonly CatalogueVersion[] = [...CATALOGUES.gitea, ...CATALOGUES.forgejo]

/** Whose release it is. */
export function forgeOfCatalogue(version: CatalogueVersion): ForgeName {
  return version.startsWith('forgejo-') ? 'forgejo' : 'gitea'
}

/** For a sentence: `Gitea 1.22`, `Forgejo 15`. */
export function catalogueName(version: CatalogueVersion): string {
  return `${forgeWord(forgeOfCatalogue(version))} ${bare(version)}`
}

/** As one types it behind `--gitea-version`: `1.22`, `15`. */
export function bare(version: CatalogueVersion): string {
  return version.replace('forgejo-', '')
}

/** Where a call leads. */
export type CallMatch =
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
  match(method: string, path: string): CallMatch
}

/**
 * The catalogue to take for a server: Gitea's of its minor version, Forgejo's of its major one, or the nearest older one
 * that is known. Undefined before Gitea 1.20 and Forgejo 7, and for what is neither.
 */
export function catalogueFor({name, major, minor}: Forge): CatalogueVersion | undefined {
  if (name === 'unknown') return undefined
  const number = name === 'gitea' ? minor : major
  const known: readonly CatalogueVersion[] = CATALOGUES[name]
  return known.findLast((version) => numberOf(version) <= number)
}

/** The same by what a server calls itself. */
export function catalogueVersion(server: string): CatalogueVersion | undefined {
  return catalogueFor(forgeOf(server))
}

/** What tells the releases of one forge apart: Gitea's minor number, Forgejo's major one. */
export function numberOf(version: CatalogueVersion): number {
  return Number(/\d+$/.exec(version)?.[0])
}

/** Whether tokens of this release can be confined to repositories. */
export function confinesTokens(version: CatalogueVersion): boolean {
  return forgeOfCatalogue(version) === 'forgejo' && numberOf(version) >= 15
}

/**
 * Whether a call is refused to a confined token even in its repositories: no such token makes an administrator of one
 * (forgejo 15.0.3: 403, the owner's too). Two routes ask for that beside the owner.
 */
export function refusesConfined({wants, path}: Pick<Route, 'wants' | 'path'>): boolean {
  return wants.includes('repo-admin') || /^\/repos\/{owner}\/{repo}\/(?:transfer|convert)$/.test(path)
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
  const column = forgeOfCatalogue(version) === 'gitea' ? 3 : 5
  const entries = rows.filter((row) => covers(row[column] ?? '', version)).map((row) => ({row, route: routeOf(row)}))
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

/** Whether stretches (`1.22` for all from there on, `1.20-1.25`, several with commas, empty for all) hold a version. */
function covers(stretches: string, version: CatalogueVersion): boolean {
  const at = numberOf(version)
  const number = (name: string): number => Number(name.replace(/^1\./, ''))
  if (stretches === 'none') return false
  return stretches.split(',').some((stretch) => {
    const [first = '', last] = stretch.split('-')
    return number(first) <= at && (last === undefined || at <= number(last))
  })
}

const CONDITIONS: Record<string, string> = {
  flags: 'only where the server has flags on ([repository] ENABLE_FLAGS)',
  forks: 'only where the server has forks on ([repository] DISABLE_FORKS is off, which is the default)',
  quota: 'only where the server has quotas on ([quota] ENABLED)',
  stars: 'only where the server has stars on ([repository] DISABLE_STARS is off, which is the default)',
  federation: 'only where the server has federation on ([federation] ENABLED)',
  heatmap: 'only where the server shows heatmaps ([service] ENABLE_USER_HEATMAP, which is the default)',
  swagger: 'only where the server has its API page on ([api] ENABLE_SWAGGER, which is the default)',
}

/**
 * Columns of the data: method, path, gates (`+` within a gate, `;` between gates, `|` between those of which one stands
 * there), versions of Gitea, notes, versions of Forgejo.
 */
function routeOf([method = '', pattern = '', gate = '', , note = '']: string[]): Route {
  const level = levelOf(method)
  const gates =
    gate === ''
      ? []
      : gate.split(/[;|]/).map((each) =>
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
    either: gate.includes('|'),
    scopes: [...new Set(gates.flat())],
    condition: notes.map((each) => CONDITIONS[each]).find(Boolean),
    wants: notes.filter((each): each is Want => !(each in CONDITIONS)),
  }
}

/** The level that a method needs, whatever it does (gitea 1.20 to 1.27, forgejo 7 to 15: POST, PUT, PATCH and DELETE write). */
export function levelOf(method: string): ScopeLevel {
  return ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? 'write' : 'read'
}

/** A path as people read it: `…` for what is known only when the script runs. */
export function readable(path: string): string {
  return path.replaceAll(HOLE, '…')
}
