/** The nine categories of Gitea 1.20 and newer, in the order in which Gitea stores them. */
export const CATEGORIES = [
  'activitypub',
  'admin',
  'misc',
  'notification',
  'organization',
  'package',
  'issue',
  'repository',
  'user',
] as const

/** What a scope is about. */
export type ScopeCategory = (typeof CATEGORIES)[number]
/** How far it reaches; `write` includes `read`. */
export type ScopeLevel = 'read' | 'write'
/** A scope in Gitea's spelling. */
export type Scope = 'all' | 'public-only' | `${ScopeLevel}:${ScopeCategory}`

/** All twenty names that Gitea 1.20 to 1.27 accepts, exactly as spelled, in its own order. */
export const SCOPES: readonly Scope[] = [
  'all',
  'public-only',
  ...CATEGORIES.flatMap((category): Scope[] => [`read:${category}`, `write:${category}`]),
]

const NAMES: ReadonlySet<string> = new Set(SCOPES)

/** Whether Gitea has a scope of this exact name (no trimming, case matters). */
export function isScope(name: string): name is Scope {
  return NAMES.has(name)
}
