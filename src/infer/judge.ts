import {word} from '../errors.ts'
import type {Group, Inference, ReachDifference, RouteUse} from './result.ts'

/** What tells which scope of a choice it is. */
export const BY_OWNER = 'by who owns the repository'

/** Each difference from the profile, with the first call that shows it. */
export function inferFindings({groups, profile}: Inference) {
  return groups.flatMap((group) => {
    const {missing = [], missingOneOf = [], excess = [], repositories} = group.difference ?? {}
    const who = whose(group)
    const user = group.actor.user ?? null
    return [
      ...missing.map((scope) => {
        const route = group.needs.find((need) => need.scope === scope)?.routes[0]
        const shows = route ? `: ${route.method} ${route.path} needs it (${firstPlace(route)})` : ''
        const message = `${profile?.name} lacks ${scope}${who}${shows}`
        return {rule: 'scope-missing', severity: 'error', user, scope, message}
      }),
      ...missingOneOf.map((any) => {
        const route = group.choices.find(({scopes}) => scopes === any)!.routes[0]!
        const shows = `${route.method} ${route.path} needs one of them, ${BY_OWNER} (${firstPlace(route)})`
        const message = `${profile?.name} lacks ${any.join(' and ')}${who}: ${shows}`
        return {rule: 'scope-missing', severity: 'error', user, scope: null, message}
      }),
      ...excess.map((scope) => {
        const message = `${profile?.name} has ${scope}, which no call${who} needs`
        return {rule: 'scope-excess', severity: 'warning', user, scope, message}
      }),
      ...(repositories ? reachFindings(repositories, {name: profile?.name ?? '', who, user}) : []),
    ]
  })
}

function reachFindings(
  {missing, unlessPublic, excess}: ReachDifference,
  {name, who, user}: {name: string; who: string; user: string | null},
) {
  const finding = (rule: string, severity: string, repository: string, said: string) => {
    return {rule, severity, user, scope: null, repository, message: `${name} ${said}`}
  }
  return [
    ...missing.map((repo) =>
      finding('repository-missing', 'error', repo, `does not name ${repo}, in which calls${who} change something`),
    ),
    ...unlessPublic.map((repo) =>
      finding(
        'repository-missing',
        'warning',
        repo,
        `does not name ${repo}, which calls${who} read: only a public one can be`,
      ),
    ),
    ...excess.map((repo) => finding('repository-excess', 'warning', repo, `names ${repo}, of which no call${who} is`)),
  ]
}

/** Commands to type next. */
export function nextFor({groups}: Inference): string[] {
  const missing = groups.flatMap(({needs, difference}) =>
    (difference?.missing ?? []).flatMap(
      (scope) => needs.find((need) => need.scope === scope)?.routes.slice(0, 1) ?? [],
    ),
  )
  return [
    ...missing.slice(0, 1).map(({method, path}) => `patrol explain ${method} ${word(`/api/v1${path}`)}`),
    ...(missing.length > 0 ? ['patrol config check'] : []),
  ]
}

/** Where the first call was met: `file:line`. */
export function firstPlace({examples: [first]}: Pick<RouteUse, 'examples'>): string {
  if (!first) return ''
  return first.line === undefined ? first.file : `${first.file}:${first.line}`
}

function whose({actor}: Group): string {
  if (actor.user !== undefined) return ` of ${actor.user}`
  return actor.token === undefined ? '' : ` with …${actor.token}`
}
