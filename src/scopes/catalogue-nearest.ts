import {distance} from 'fastest-levenshtein'
import type {Route} from './route.ts'

/** Words for the same thing; the second is how Gitea's paths say it. */
const MEANS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    comment: ['comments', 'reviews'],
    comments: ['reviews'],
    merge_requests: ['pulls'],
    mergerequests: ['pulls'],
    'merge-requests': ['pulls'],
    pr: ['pulls'],
    prs: ['pulls'],
    pull: ['pulls'],
    'pull-requests': ['pulls'],
    pullrequests: ['pulls'],
    pulls: ['issues'],
    issue: ['issues'],
    repo: ['repos'],
    repositories: ['repos'],
    projects: ['repos'],
    org: ['orgs'],
    organizations: ['orgs'],
    organisations: ['orgs'],
    groups: ['orgs'],
    webhooks: ['hooks'],
    workflow: ['workflows'],
    secret: ['secrets'],
    members: ['collaborators'],
    notes: ['comments'],
    status: ['statuses'],
    files: ['contents'],
    file: ['contents'],
  }),
)

const MISSING = 0.6
const EXTRA = 1
const OTHER_METHOD = 0.6
const MOST = 3
const ALIKE = 0.65
/** What is longer was not typed by anybody. */
const LONGEST = 400

/**
 * The routes that a call most likely meant, best first, at most three; none where all are far. Paths are compared by
 * their segments: one that is missing, one too many, or another word in its place, less when the words are akin.
 */
export function nearestRoutes(routes: readonly Route[], method: string, path: string): Route[] {
  if (path.length > LONGEST) return []
  const typed = path.split('/').slice(1)
  const scored = routes
    .filter((route) => route.method !== 'HEAD' || method === 'HEAD')
    .map((route) => ({route, template: route.path.split('/').slice(1)}))
    .filter(({template}) => shareWord(typed, template))
    .map(({route, template}) => {
      return {route, far: apart(typed, template) + (route.method === method ? 0 : OTHER_METHOD)}
    })
  const best = Math.min(...scored.map(({far}) => far))
  const limit = Math.min(best + 0.25, Math.max(0.6, typed.length * 0.4))
  return scored
    .filter(({far}) => far <= limit)
    .toSorted((a, b) => a.far - b.far || a.route.path.length - b.route.path.length)
    .slice(0, MOST)
    .map(({route}) => route)
}

/** Whether they have any word in common, or nearly: parameters alone make no likeness. */
function shareWord(typed: readonly string[], template: readonly string[]): boolean {
  const named = template.filter((wanted) => wanted !== '*' && !wanted.startsWith('{'))
  return named.some((wanted) => typed.some((segment) => other(segment, wanted) < ALIKE))
}

/** What it takes to turn the typed segments into the template's, by the usual table of edits. */
function apart(typed: readonly string[], template: readonly string[]): number {
  let before = [0, ...template.map((_, at) => (at + 1) * MISSING)]
  for (const [row, segment] of typed.entries()) {
    const line = [(row + 1) * EXTRA]
    for (const [column, wanted] of template.entries()) {
      line.push(
        Math.min(
          before[column]! + other(segment, wanted),
          before[column + 1]! + (wanted === '*' ? 0.2 : EXTRA),
          line[column]! + MISSING,
        ),
      )
    }
    before = line
  }
  return before.at(-1)!
}

/** How far a typed segment is from one of a template: 0 the same, 1 nothing in common. */
function other(segment: string, wanted: string): number {
  if (segment === wanted) return 0
  if (wanted === '*') return 0.4
  if (wanted.startsWith('{')) return suits(segment, wanted) ? 0.1 : 0.5
  const word = segment.toLowerCase()
  if (word === wanted) return 0.05
  if (MEANS.get(word)?.includes(wanted)) return 0.3
  return 0.35 + (0.65 * distance(word, wanted)) / Math.max(word.length, wanted.length)
}

/** Whether a segment may be meant as the parameter's value: a number where one is wanted. */
function suits(segment: string, wanted: string): boolean {
  if (wanted.includes(':')) return false
  const number = /^\{(?:\w+[_-])?(?:id|index|position|run|attempt|teamid)\}$/.test(wanted)
  return !number || /^\d+$/.test(segment) || /[^\w.-]/.test(segment)
}
