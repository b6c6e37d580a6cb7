/** The categories in the order in which Gitea writes them (`gitea 1.20 to 1.27: the same nine`). */
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

export type Category = (typeof CATEGORIES)[number]
export type Level = 'read' | 'write'

/** What a stored scope allows. */
interface Grant {
  publicOnly: boolean
  levels: Map<Category, Level>
}

const NAMES = new Map<string, readonly [Level, Category]>(
  CATEGORIES.flatMap((category) => [
    [`read:${category}`, ['read', category]] as const,
    [`write:${category}`, ['write', category]] as const,
  ]),
)

/** The category a gate of the route tables names, `ActivityPub` or `Repository`. */
export function categoryOf(gate: string): Category {
  const category = CATEGORIES.find((each) => each === gate.toLowerCase())
  if (!category) throw new Error(`the route tables name an unknown scope category: ${gate}`)
  return category
}

/** Thrown for a scope list with an element that Gitea does not know; the message is Gitea's. */
export class InvalidScope extends Error {
  constructor(element: string) {
    super(`invalid access token scope: ${element}`)
  }
}

function parse(scope: string): Grant {
  const grant: Grant = {publicOnly: false, levels: new Map()}
  for (const element of scope.split(',')) {
    if (element === '') continue
    if (element === 'public-only') grant.publicOnly = true
    else if (element === 'all') for (const category of CATEGORIES) grant.levels.set(category, 'write')
    else {
      const [level, category] = NAMES.get(element) ?? []
      if (!level || !category) throw new InvalidScope(element)
      if (grant.levels.get(category) !== 'write') grant.levels.set(category, level)
    }
  }
  return grant
}

/**
 * The form in which Gitea stores a scope list: fixed order, `read` under `write` dropped, nine writes become `all`.
 *
 * @throws InvalidScope for the first element that is no scope; matching is exact, without trimming.
 */
export function normalise(scope: string): string {
  const {publicOnly, levels} = parse(scope)
  const all = CATEGORIES.every((category) => levels.get(category) === 'write')
  const names = all
    ? ['all']
    : CATEGORIES.flatMap((category) => (levels.has(category) ? [`${levels.get(category)}:${category}`] : []))
  return [...(publicOnly ? ['public-only'] : []), ...names].join(',')
}

/** Whether a stored scope list can be read. */
export function isReadable(scope: string): boolean {
  try {
    parse(scope)
    return true
  } catch (error) {
    if (error instanceof InvalidScope) return false
    throw error
  }
}

/** A scope list without the elements that a server passes over. */
export function without(scope: string, passedOver: readonly string[]): string {
  return scope
    .split(',')
    .filter((element) => !passedOver.includes(element))
    .join(',')
}

/** Whether every required category is held at least at this level. */
export function holds(scope: string, level: Level, categories: readonly Category[]): boolean {
  const {levels} = parse(scope)
  return categories.every((category) => levels.get(category) === 'write' || levels.get(category) === level)
}

/** Whether the scope is limited to public resources. */
export function isPublicOnly(scope: string): boolean {
  return parse(scope).publicOnly
}

/** Whether a parent scope covers a child scope, `public-only` left aside. */
export function covers(parent: string, child: string): boolean {
  return [...parse(child).levels].every(([category, level]) => holds(parent, level, [category]))
}

/** The level a request needs by its method: POST, PUT, PATCH and DELETE write, all else reads. */
export function levelOf(method: string): Level {
  return ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? 'write' : 'read'
}
