import type {Scope} from './vocabulary.ts'

/**
 * The repositories that a token reaches with its scopes: `all` of its user's, or only those that it is confined to, by
 * `owner/name` (forgejo 15 and newer). Other public ones a confined token may read, other private ones it does not see.
 */
export type RepositoryReach = 'all' | readonly string[]

/** A reach as a server's list tells it; `unknown`: in a form that patrol does not know. It may be any. */
export type ToldReach = RepositoryReach | 'unknown'

/** The reach that is told, where it is understood. */
export function understood(told: ToldReach | undefined): RepositoryReach | undefined {
  return told === 'unknown' ? undefined : told
}

/** Why such a reach is not known. */
export const UNREADABLE_REACH =
  "the list of its user's tokens tells their repositories in a form that patrol does not know"

/** What no confined token may have besides (forgejo 15.0.3: services/authz/access_token.go). */
const CONFINABLE: ReadonlySet<Scope> = new Set(['read:issue', 'write:issue', 'read:repository', 'write:repository'])

/** Which of these scopes a server refuses beside a list of repositories; empty where they may go together. */
export function unconfinable(scopes: Iterable<Scope>): Scope[] {
  return [...scopes].filter((scope) => !CONFINABLE.has(scope))
}

/** Whether whoever has these scopes is meant to write in repositories, which outside its confinement no token can. */
export function writesIn(scopes: Iterable<Scope>): boolean {
  return ['write:issue', 'write:repository'].some((scope) =>
    [...scopes].some((each) => each === scope || each === 'all'),
  )
}

/** Whether a text is `owner/name`, in the letters that servers allow. */
export function isRepository(text: string): boolean {
  const [owner = '', name = '', ...rest] = text.split('/')
  const usable = (segment: string): boolean => /^[\w.-]+$/.test(segment) && !/^\.+$/.test(segment)
  return rest.length === 0 && usable(owner) && usable(name)
}

/** Whether a token of this reach reaches a repository; names are told apart by no capital. */
export function covers(reach: RepositoryReach, repo: string): boolean {
  return reach === 'all' || reach.some((each) => each.toLowerCase() === repo.toLowerCase())
}

/** Repositories wanted and not reached, and reached and not wanted: a reach of `all` exceeds any list as `all`, and lacks as that. */
export function compareReach(
  held: RepositoryReach,
  wanted: RepositoryReach,
): {missing: 'all' | string[]; excess: 'all' | string[]} {
  if (wanted === 'all') return {missing: held === 'all' ? [] : 'all', excess: []}
  const missing = wanted.filter((repo) => !covers(held, repo))
  if (held === 'all') return {missing, excess: 'all'}
  return {missing, excess: held.filter((repo) => !covers(wanted, repo))}
}

/** Whether a token of this reach may do something, somewhere, that one of the other may not. */
export function isWider(reach: RepositoryReach, than: RepositoryReach): boolean {
  return compareReach(reach, than).excess.length > 0
}

/** A reach in words: `confined to o/r, o/s`, or `every repository of its user`. */
export function reachText(reach: RepositoryReach): string {
  return reach === 'all' ? 'every repository of its user' : `confined to ${reach.join(', ')}`
}

/** Why a token of this reach does not find a repository; undefined where it reaches it. */
export function outsideOf(reach: RepositoryReach, repo: string): string | undefined {
  return covers(reach, repo) ? undefined : `the token is ${reachText(reach)}, and ${repo} is not among them`
}
