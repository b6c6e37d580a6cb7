import {BY_OWNER, firstPlace, nextFor} from '../infer/judge.ts'
import type {Group, Inference, RouteUse} from '../infer/index.ts'
import {dangers} from '../scopes/profiles.ts'
import {catalogueName} from '../scopes/catalogue.ts'
import {unconfinable, type RepositoryReach} from '../scopes/repositories.ts'
import {normalise} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {count as counted} from './formats/words.ts'
import {table} from './table.ts'
import type {Tint} from './tint.ts'
import {columnsOf, nextText, wrapped} from './wrap.ts'

/** How many kinds of what was not understood people are shown; scripts get more. */
const LISTED = 20

/** What was inferred, for scripts: field by field, what is not known as null. */
export function inferResult(found: Inference, note: string | undefined) {
  const {version, by, profile, groups, notUnderstood, read, leftOut, skipped, unread, complete} = found
  return {
    giteaVersion: version,
    note: note ?? null,
    by,
    profile: profile ?? null,
    groups: groups.map(({actor, difference, others, confinement, ...group}) => ({
      user: actor.user ?? null,
      token: actor.token ?? null,
      ...group,
      others: others.map(({kind, count, withToken}) => ({kind, count, withToken: withToken ?? null})),
      confinement: confinement ? {to: null, not: null, ...confinement} : null,
      difference: difference ? {...difference, repositories: difference.repositories ?? null} : null,
    })),
    complete,
    notUnderstood: {
      ...notUnderstood,
      kinds: notUnderstood.kinds.map(({suspected, ...kind}) => ({...kind, suspected: suspected ?? null})),
    },
    read,
    leftOut,
    skipped,
    unread,
    next: nextFor(found),
  }
}

/** The same for people: the least scopes and why, what was not understood, the difference, what to type next. */
export function inferText(found: Inference, note: string | undefined, tint: Tint, width?: number): string {
  const {version, read, groups, by} = found
  const head = `${counted(read.calls, 'call')} of the API in ${counted(read.files, 'file')}, for ${catalogueName(version)}`
  // With callers told apart, whoever only looked at web pages is none to speak of at length.
  const active = groups.filter(({calls, unauthenticated}) => by === 'none' || calls + unauthenticated > 0)
  const blocks = [
    [head, ...(note === undefined ? [] : [tint.dim(note)])].map((line) => wrapped(line, width)).join('\n'),
    ...active.flatMap((group) => groupBlocks(group, found, tint, width)),
    idleText(groups.length - active.length, by, width),
    unclearText(found, tint, width),
    unreadText(found, tint, width),
    nextText(nextFor(found), (line) => tint.command(line)),
  ]
  return blocks.filter((block) => block !== '').join('\n\n')
}

/** The group as an entry of `profiles` in patrol.yaml. */
function profileYaml(
  name: string,
  {scopes, repositories}: {scopes: readonly Scope[]; repositories?: RepositoryReach | undefined},
): string {
  return [
    'profiles:',
    `  ${/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)}:`,
    `    scopes: [${scopes.join(', ')}]`,
    ...(repositories ? [`    repositories: ${repositories === 'all' ? 'all' : `[${repositories.join(', ')}]`}`] : []),
  ].join('\n')
}

function groupBlocks(group: Group, found: Inference, tint: Tint, width?: number): string[] {
  const title = titleOf(group, found)
  const least = [
    wrapped(`Least scopes: ${leastScopes(group, found, tint)}`, width, 14),
    ...group.choices.map((choice) => wrapped(`And one of:   ${choice.scopes.join(', ')}; ${BY_OWNER}`, width, 14)),
  ]
  return [
    [...(title ? [tint.strong(wrapped(title, width))] : []), ...least, ...repositoriesText(group, width)].join('\n'),
    needsText(group, tint, width),
    notes(group, tint, width),
    comparison(group, found, tint, width),
    group.scopes.length > 0 && found.groups.length <= 3 ? yamlText(group, found, width) : '',
  ]
}

/** The least scopes, as far as they are known. */
function leastScopes({scopes}: Group, {complete, notUnderstood, unread}: Inference, tint: Tint): string {
  if (complete) return tint.strong(scopes.length === 0 ? 'none' : scopes.join(', '))
  const least = scopes.length === 0 ? 'unknown' : `at least ${tint.strong(scopes.join(', '))}`
  const open = [
    ...(notUnderstood.calls > 0 ? [`${counted(notUnderstood.calls, 'call')} not understood`] : []),
    ...(unread.length > 0 ? [`${counted(unread.length, 'input')} not read`] : []),
  ]
  return [least, ...open].join('; ')
}

/** What a token can be confined to on Forgejo 15 and newer. */
function repositoriesText({repositories, unnamed, confinement}: Group, width?: number): string[] {
  if (repositories.length === 0) return []
  const shown = repositories.slice(0, LISTED)
  const more = repositories.length - shown.length
  const rest = [
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(unnamed > 0 ? [`${counted(unnamed, 'call')} of others`] : []),
  ]
  const bar = confinement && 'not' in confinement ? confinement.not : undefined
  return [
    wrapped(`Repositories: ${[...shown, ...rest].join(', ')}`, width, 14),
    ...(bar === undefined ? [] : [wrapped(`Confined to them no token can make these calls: ${bar}`, width)]),
  ]
}

function idleText(count: number, by: Inference['by'], width?: number): string {
  return count === 0 ? '' : wrapped(`${counted(count, by)} made no call of the API.`, width)
}

function titleOf({actor, rest, calls}: Group, {by}: Inference): string {
  const done = counted(calls, 'call')
  if (rest) return `Everybody else (further callers are not told apart): ${done}`
  if (actor.user !== undefined) return `${actor.user}: ${done}`
  if (actor.token !== undefined) return `Token …${actor.token}: ${done}`
  return by === 'none' ? '' : `No ${by} named (anonymous, or the input does not tell): ${done}`
}

function needsText({needs, choices, free}: Group, tint: Tint, width?: number): string {
  const blocks = [
    ...needs,
    ...choices.map(({scopes, routes}) => ({scope: scopes.join(' or '), routes})),
    ...(free.length > 0 ? [{scope: '(none)', routes: free}] : []),
  ]
  if (blocks.length === 0) return ''
  const rows = blocks.flatMap(({scope, routes}) =>
    routes.map((route, index) => [index === 0 ? scope : '', counts(route), named(route), firstPlace(route)]),
  )
  const wide = table(
    ['scope', 'calls', 'route', 'first seen'].map((title) => ({title})),
    rows,
  )
  if (fits(wide, width)) return wide
  return blocks
    .flatMap(({scope, routes}) => [
      tint.strong(scope),
      ...routes.map((route) =>
        wrapped(`  ${named(route)}\n      ${counts(route)}, first in ${firstPlace(route)}`, width, 6),
      ),
    ])
    .join('\n')
}

function counts({count, refused}: RouteUse): string {
  return `${count}${refused > 0 ? ` (${refused} got 403)` : ''}`
}

function named({method, path}: RouteUse): string {
  return `${method} ${path}`
}

function fits(text: string, width: number | undefined): boolean {
  return width === undefined || text.split('\n').every((line) => columnsOf(line) <= width)
}

const KINDS = {
  'git-fetch': ['git request to fetch over HTTP', 'git requests to fetch over HTTP'],
  'git-push': ['git request to push over HTTP', 'git requests to push over HTTP'],
  'package-read': ['package download', 'package downloads'],
  'package-write': ['package upload', 'package uploads'],
  preflight: ['CORS preflight', 'CORS preflights'],
  web: ['web page or other request', 'web pages and other requests'],
} as const

function notes({scopes, needs, choices, others, unauthenticated}: Group, tint: Tint, width?: number): string {
  const lines = dangers([...scopes, ...choices.flatMap((each) => each.scopes)]).map(
    ({scope, why}) => `${tint.warn('! danger')}   ${scope}: ${why}`,
  )
  for (const use of new Set(needs.flatMap(({routes}) => routes)))
    if (use.password)
      lines.push(`${tint.warn('! password')} ${named(use)}: with a password, as is usual here, no scope is asked for`)
  lines.push(
    ...others.map(({kind, count, withToken}) => {
      const what = `${count} ${KINDS[kind][count === 1 ? 0 : 1]}`
      return withToken
        ? `${tint.warn('! not API')}  ${what}: a token that is their password needs ${withToken} as well`
        : `${tint.dim('– not API')}  ${what}`
    }),
  )
  if (unauthenticated > 0)
    lines.push(`${tint.dim('– got 401')}  ${counted(unauthenticated, 'call')}: nobody was let in, so not counted`)
  return lines.map((line) => wrapped(line, width, 11)).join('\n')
}

function comparison(group: Group, {profile, complete}: Inference, tint: Tint, width?: number): string {
  const {difference} = group
  if (!difference || !profile) return ''
  const {missing, missingOneOf, excess, repositories} = difference
  const list = (mark: string, scopes: readonly string[]): string =>
    wrapped(`  ${mark}  ${scopes.join(', ')}`, width, 13)
  const lines = [`Profile ${tint.strong(profile.name)}:`]
  if (missing.length > 0) lines.push(list(tint.bad('✗ missing'), missing))
  for (const any of missingOneOf) lines.push(list(tint.bad('✗ one of '), any))
  if (excess.length > 0) lines.push(list(tint.warn('! excess '), excess))
  if (repositories) {
    const onlyRead = repositories.unlessPublic.map((name) => `${name} (unless it is public: only read)`)
    const lacking = [...repositories.missing, ...onlyRead]
    if (lacking.length > 0) lines.push(list(tint.bad('✗ missing'), lacking))
    if (repositories.excess.length > 0) lines.push(list(tint.warn('! excess '), repositories.excess))
  }
  if (!complete) lines.push(`  ${tint.dim('– excess')}  not told: not all calls are understood`)
  else if (lines.length === 1) lines.push(`  ${tint.good('✓ exactly')} what these calls need`)
  if (couldConfine(group, profile)) lines.push(`  ${tint.dim('– and could be confined to these repositories')}`)
  return lines.join('\n')
}

function yamlText(group: Group, {profile, groups, complete}: Inference, width?: number): string {
  const {missing: scopesMissing = [], excess = [], repositories} = group.difference ?? {}
  const reachMissing = [...(repositories?.missing ?? []), ...(repositories?.unlessPublic ?? [])]
  const missing = [...scopesMissing, ...reachMissing]
  const differs = missing.length + excess.length + (repositories?.excess.length ?? 0) > 0
  if (group.difference && !differs && !(profile && couldConfine(group, profile))) return ''
  const name = profile && groups.length === 1 ? profile.name : (group.actor.user ?? 'inferred')
  const known = complete ? '' : ', as far as the calls are understood'
  const lead = missing.length > 0 ? 'In patrol.yaml, so that nothing is missing' : 'As a profile in patrol.yaml'
  const widened = missing.length > 0 ? profile : undefined
  const scopes = widened ? normalise([...widened.scopes, ...scopesMissing]) : group.scopes
  const reach = reachToName(group, profile, widened ? reachMissing : undefined)
  const [other] = Array.isArray(reach) ? unconfinable(scopes) : []
  const yaml = profileYaml(name, {scopes, repositories: other === undefined ? reach : undefined}).replaceAll(
    /^/gm,
    '  ',
  )
  const left = `No repositories are named: a token that has ${other} can't be confined to any.`
  return [wrapped(`${lead}${known}:`, width), yaml, ...(other === undefined ? [] : [wrapped(left, width)])].join('\n')
}

/** What a profile for these calls says of repositories: what it says already and what is missing, or what was called. */
function reachToName(
  {confinement}: Group,
  profile: Inference['profile'],
  missing: readonly string[] | undefined,
): RepositoryReach | undefined {
  const own = profile?.repositories
  if (own === 'all') return own
  if (own && missing) return [...own, ...missing]
  return confinement && 'to' in confinement ? confinement.to : own
}

/** Whether a profile that says nothing of repositories could name those that were called. */
function couldConfine({confinement}: Group, {scopes, repositories}: NonNullable<Inference['profile']>): boolean {
  const may = confinement !== undefined && 'to' in confinement && unconfinable(scopes).length === 0
  return may && repositories === undefined
}

function unclearText({notUnderstood, profile}: Inference, tint: Tint, width?: number): string {
  const {count, kinds: all, suspected} = notUnderstood
  if (count === 0) return ''
  const kinds = all.slice(0, LISTED)
  const more = notUnderstood.more + all.length - kinds.length
  const caution = profile ? '; look at it before taking a scope away' : ''
  const title = wrapped(`${tint.warn(`? Not understood: ${count}`)} (in none of the above${caution})`, width)
  const rows = kinds.map((kind) => [String(kind.count), kind.reason, kind.text, firstPlace(kind)])
  const wide = table(
    ['count', 'why', 'what', 'first seen'].map((column) => ({title: column})),
    rows,
  )
  const stacked = kinds.map((kind) =>
    wrapped(`  ${kind.text}\n      ${kind.count}: ${kind.reason}, first in ${firstPlace(kind)}`, width, 6),
  )
  const would = `If they go to the server they need ${suspected.join(', ')}.`
  return [
    title,
    ...(fits(wide, width) ? [wide] : stacked),
    ...(more > 0 ? [`and ${more} more kinds`] : []),
    ...(suspected.length > 0 ? [wrapped(would, width)] : []),
  ].join('\n')
}

function unreadText({unread, skipped, leftOut, read}: Inference, tint: Tint, width?: number): string {
  const lines = unread.map(({file, reason}) => `${tint.bad('✗ unread')}   ${file}: ${reason}`)
  if (read.passedLines > 0)
    lines.push(`${tint.dim('– passed')}   ${counted(read.passedLines, 'log line')} without a request to count`)
  if (leftOut > 0) lines.push(`${tint.dim('– left out')} ${counted(leftOut, 'request')} of others`)
  for (const {file, reason} of skipped.examples) lines.push(`${tint.dim('– skipped')}  ${file}: ${reason}`)
  const more = skipped.count - skipped.examples.length
  if (more > 0) lines.push(`${tint.dim('– skipped')}  ${counted(more, 'more file')}`)
  return lines.map((line) => wrapped(line, width, 11)).join('\n')
}
