import {HOLE} from '../syntax/types.ts'
import {normalise} from '../scopes/sets.ts'
import {catalogueName, confinesTokens, refusesConfined, type Catalogue} from '../scopes/catalogue.ts'
import type {Route} from '../scopes/route.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {own} from './own.ts'
import type {RouteUse} from './result.ts'
import {shown} from './safe.ts'

/** What a call turned out to be: a route with what it needs, or why that can't be told. */
export type CallTarget =
  | ({kind: 'route'; scopes: readonly Scope[]} & Pick<RouteUse, 'method' | 'path' | 'either' | 'password' | 'closed'>)
  | {kind: 'unclear'; reason: string; text: string}

/** How many answers are kept at hand. */
const REMEMBERED = 5_000

/** Finds the routes of calls. The same call is looked up once, as long as not too many others come between. */
export class Matcher {
  readonly #catalogue: Catalogue
  readonly #nearest: boolean
  readonly #routes = new Map<Route, CallTarget>()
  /** By method, then by path. */
  readonly #known = new Map<string, Map<string, CallTarget>>()
  #count = 0

  /** `nearest`: the catalogue is another release's, so what it lacks may be there. */
  constructor(catalogue: Catalogue, nearest = false) {
    this.#catalogue = catalogue
    this.#nearest = nearest
  }

  target(method: string, path: string): CallTarget {
    const known = this.#known.get(method)?.get(path)
    if (known) return known
    if (++this.#count > REMEMBERED) {
      this.#known.clear()
      this.#count = 1
    }
    const target = this.#find(method, path)
    const paths = this.#known.get(method) ?? new Map<string, CallTarget>()
    this.#known.set(method, paths.set(own(path), target))
    return target
  }

  #find(method: string, path: string): CallTarget {
    const match = this.#catalogue.match(method, path)
    if (match.kind === 'route') return this.#target(match.route)
    const release = catalogueName(this.#catalogue.version)
    const text = `${method.replaceAll(HOLE, '…')} ${shape(path)}`
    const reasons = {
      several: 'may be one of several routes with different needs',
      method: `this path has only ${match.kind === 'method' ? match.allowed.join(', ') : ''} in ${release}`,
      none: `no such route in ${release}`,
    }
    const guessed = this.#nearest && match.kind !== 'several'
    const reason = guessed ? `no route of ${release}, the nearest release that is known` : reasons[match.kind]
    return {kind: 'unclear', reason, text}
  }

  #target(route: Route): CallTarget {
    let target = this.#routes.get(route)
    if (!target) {
      const {method, path, scopes, either, wants} = route
      const password = wants.includes('password') || wants.includes('password-only')
      const closed = confinesTokens(this.#catalogue.version) && refusesConfined(route)
      target = {kind: 'route', method, path, scopes: normalise(scopes), either, password, closed}
      this.#routes.set(route, target)
    }
    return target
  }
}

/** A path with its holes named and its numbers and hashes taken out, so that what is alike is counted together. */
function shape(path: string): string {
  const plain = path.replaceAll(/\/(?:\d+|[0-9a-f]{7,64})(?=\/|$)/g, '/{n}').replaceAll(HOLE, '…')
  return shown(plain)
}
