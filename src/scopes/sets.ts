import {CATEGORIES, isScope, type ScopeCategory, type Scope} from './vocabulary.ts'

/**
 * The scopes as Gitea would store them (gitea 1.20 to 1.27): `public-only` first, then by category in its fixed order,
 * `read:C` dropped beside `write:C`, and all nine writes shortened to `all`. Equal sets have equal normal forms.
 */
export function normalise(scopes: Iterable<Scope>): Scope[] {
  const held = expand(scopes)
  const levels = CATEGORIES.flatMap((category) => levelOf(held, category))
  const all = CATEGORIES.every((category) => held.has(`write:${category}`))
  return [...(held.has('public-only') ? (['public-only'] as const) : []), ...(all ? (['all'] as const) : levels)]
}

/** Every scope that these imply, one by one: `all` becomes its eighteen, `write:C` brings `read:C`. Never holds `all`. */
export function expand(scopes: Iterable<Scope>): Set<Scope> {
  const held = new Set<Scope>()
  for (const scope of scopes) {
    if (scope === 'all') for (const category of CATEGORIES) held.add(`write:${category}`)
    else held.add(scope)
  }
  for (const category of CATEGORIES) if (held.has(`write:${category}`)) held.add(`read:${category}`)
  return held
}

/** What is the matter between two sets of scopes; both empty exactly when they mean the same. */
export interface Difference {
  /** Wanted and not held, in normal form. */
  missing: Scope[]
  /** Held and not wanted, in normal form. `public-only` counts here too, although it takes rights away. */
  excess: Scope[]
}

/** Compares as sets, after normalisation: order, doubles and implied scopes make no difference. */
export function compare(held: Iterable<Scope>, wanted: Iterable<Scope>): Difference {
  const have = expand(held)
  const want = expand(wanted)
  return {missing: normalise(want.difference(have)), excess: normalise(have.difference(want))}
}

/**
 * Reads scopes as a server lists them: null, `[""]` and a joined string are what some versions answer. Names outside the
 * vocabulary (a fork's) come back apart and are never mistaken for a scope.
 */
export function readStored(listed: readonly string[] | string | null | undefined): {
  scopes: Scope[]
  strange: string[]
} {
  const names = (typeof listed === 'string' ? [listed] : (listed ?? []))
    .flatMap((name) => name.split(','))
    .filter(Boolean)
  return {scopes: normalise(names.filter(isScope)), strange: names.filter((name) => !isScope(name))}
}

function levelOf(held: Set<Scope>, category: ScopeCategory): Scope[] {
  if (held.has(`write:${category}`)) return [`write:${category}`]
  return held.has(`read:${category}`) ? [`read:${category}`] : []
}
