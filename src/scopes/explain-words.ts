import {bare, catalogueName, confinesTokens, forgeOfCatalogue, numberOf, refusesConfined} from './catalogue.ts'
import type {CatalogueVersion} from './catalogue.ts'
import type {PastedRequest} from './call.ts'
import type {Route, Want} from './route.ts'
import type {Scope} from './vocabulary.ts'

/** A kind of call whose category surprises, and why it is that one. */
interface Surprise {
  path: RegExp
  why: string
}

const REPO = String.raw`^/repos/\{owner\}/\{repo\}`

/** Gitea 1.20 to 1.27: routers/api/v1/api.go; the first that fits is told. */
const SURPRISES: readonly Surprise[] = [
  {path: new RegExp(`${REPO}/issues/.*comments`), why: 'Comments, also those on pull requests, belong to "issue".'},
  {path: new RegExp(`${REPO}/issues/.*reactions`), why: 'Reactions belong to "issue".'},
  {
    path: new RegExp(`${REPO}/issues/.*labels|${REPO}/labels`),
    why: 'Labels belong to "issue", also those of pull requests.',
  },
  {path: new RegExp(`${REPO}/milestones`), why: 'Milestones belong to "issue".'},
  {path: new RegExp(`${REPO}/issues/.*(?:times|stopwatch)`), why: 'Times tracked on an issue belong to "issue".'},
  {
    path: new RegExp(`${REPO}/issues|^/repos/issues/search`),
    why: 'Issues belong to "issue", not to "repository"; a list of issues holds pull requests as well.',
  },
  {
    path: new RegExp(`${REPO}/pulls/.*reviews`),
    why: 'Reviews belong to "repository", as pull requests do; there is no scope for them alone.',
  },
  {
    path: new RegExp(`${REPO}/pulls/\\{base\\}/\\*$`),
    why: 'This finds a pull request by its base and head branch. Comments on a pull request are at /repos/{owner}/{repo}/issues/{index}/comments, reviews at /repos/{owner}/{repo}/pulls/{index}/reviews.',
  },
  {path: new RegExp(`${REPO}/pulls`), why: 'Pull requests belong to "repository"; there is no scope of their own.'},
  {path: new RegExp(`${REPO}/(?:statuses|commits/.*status)`), why: 'Commit statuses belong to "repository".'},
  {path: new RegExp(`${REPO}/hooks`), why: 'The hooks of a repository belong to "repository".'},
  {
    path: new RegExp(`${REPO}/times`),
    why: 'Times of a whole repository belong to "repository"; those of one issue to "issue".',
  },
  {
    path: new RegExp(`${REPO}/(?:assignees|issue_templates|issue_config|new_pin_allowed)`),
    why: 'It is about issues, but belongs to "repository".',
  },
  {path: new RegExp(`${REPO}/actions/artifacts/.*/zip/raw`), why: 'Its URL is signed: that is its credential.'},
  {path: new RegExp(`${REPO}/actions`), why: 'Actions, their runners, secrets and variables belong to "repository".'},
  {
    path: new RegExp(`${REPO}/notifications`),
    why: 'It lies below a repository, but belongs to "notification".',
  },
  {
    path: new RegExp(`${REPO}/flags`),
    why: 'Two gates, one behind the other: first "repository", then "admin".',
  },
  {path: /^\/topics\/search/, why: 'Topics belong to "repository".'},
  {path: /^\/repositories\//, why: 'It finds a repository by its id, so it belongs to "repository".'},
  {path: /^\/teams\//, why: 'Teams belong to "organization".'},
  {
    path: /^\/orgs$/,
    why: 'The list of organisations asks for no scope at all: its gate is registered behind the handler and never refuses.',
  },
  {
    path: /^\/org\/\{org\}\/repos$/,
    why: 'One gate wants both scopes; POST /orgs/{org}/repos wants only write:organization.',
  },
  {
    path: /^\/orgs\/\{org\}\/repos$/,
    why: 'It lies below an organisation, so "organization" is what the gate asks for.',
  },
  {
    path: /^\/users\/\{username\}\/orgs|^\/user\/orgs$/,
    why: 'It is about a user and organisations: one gate wants both scopes.',
  },
  {path: /^\/users?\/.*(?:repos|starred)/, why: 'Two gates, one behind the other: first "user", then "repository".'},
  {path: /^\/user\/teams/, why: 'Your own teams belong to "user"; /teams and /orgs to "organization".'},
  {path: /^\/user\/times/, why: 'Your own times belong to "user".'},
  {path: /^\/user\/subscriptions/, why: 'Repositories that you watch belong to "user".'},
  {path: /^\/users\/\{username\}\/tokens/, why: 'Tokens belong to "user".'},
  {
    path: /^\/activitypub\/\*$/,
    why: 'Gitea 1.26 and newer have no federation behind this gate: what passes it is answered 501.',
  },
  {path: /^\/token$/, why: 'A token may always see and end itself (Gitea 1.27 and newer).'},
]

/** Why it is these scopes; whole sentences. */
export function reasons(route: Route, method: string, path: string): string[] {
  const told = route.either ? BY_OWNER : SURPRISES.find((surprise) => surprise.path.test(route.path))?.why
  return [told ?? plain(route), ...level(route, method, path)]
}

const BY_OWNER =
  'It goes by who owns the repository: write:organization for one of an organisation, write:user for one of a user (Forgejo 15 and newer).'

function plain({scopes, path}: Route): string {
  const categories = [...new Set(scopes.map((scope) => `"${scope.split(':')[1]}"`))]
  if (categories.length === 0) return 'No scope gate stands before it.'
  const named = categories.join(' and ')
  if (path.startsWith('/repos/{'))
    return `What is in a repository belongs to ${named}, but for issues and notifications.`
  return `Everything below /${path.split('/')[1]} belongs to ${named}, but for the few calls that need more.`
}

/** What the method has to do with it, where that surprises. */
function level({scopes, path, method: served}: Route, method: string, typed: string): string[] {
  if (method === 'HEAD' && served === 'GET') return ['HEAD is answered as GET (Gitea 1.27 and newer).']
  if (scopes.length === 0) return []
  const readsOnly = method === 'POST' && /file-contents$|\/test(?:s)?$/.test(path)
  if (readsOnly) return [`${typed} only reads, but a POST needs the write level: the server goes by the method.`]
  return []
}

const WORDS: Readonly<Record<Want, string>> = {
  'any-token': 'No scope, but a credential: any token of the server will do.',
  'git-hooks': 'The user must be allowed to edit Git hooks, which no server allows by default (DISABLE_GIT_HOOKS).',
  'org-member': 'The user must be a member of the organisation (or a site administrator).',
  'org-owner': 'The user must own the organisation (or be a site administrator).',
  'package-write': 'The user must be allowed to write packages of this owner.',
  password:
    'A token in the Authorization header is refused even so (401 "auth required"): the call wants Basic, a password or a token in its place, of that user or of a site administrator.',
  'password-only':
    'A token is refused even so (401 "auth method not allowed"), an administrator\'s as well: the call wants the password of that user or of a site administrator, as Basic (Forgejo 11.0.4 and newer).',
  'repo-admin': 'The user must administer the repository, as its owner or a collaborator with admin rights.',
  'repo-owner': 'The user must own the repository.',
  'repo-write': 'The user must be allowed to write to the repository.',
  signature: 'The request must be signed as federation wants it; a token does not help.',
  'site-admin': 'The user must be a site administrator.',
  'team-member': 'The user must be in the team, or own its organisation.',
}

/** What decides behind the scope gate; whole sentences. */
export function roles(route: Route, version: CatalogueVersion): string[] {
  const said = route.wants.map((want) => WORDS[want])
  const inRepo = route.path.startsWith('/repos/{owner}/{repo}')
  if (said.length === 0 && inRepo && route.scopes.length > 0) said.push('The user must be able to see the repository.')
  if (inRepo && route.scopes.length > 0) said.push(...narrowing(route, version))
  return said
}

function narrowing(route: Route, version: CatalogueVersion): string[] {
  if (confinesTokens(version) && refusesConfined(route))
    return [
      'A token that is confined to repositories is refused in its own as well (403), and so is a public-only one.',
    ]
  const [gitea, number] = [forgeOfCatalogue(version) === 'gitea', numberOf(version)]
  const publicOnly = gitea ? number >= 22 : number >= 11
  return [
    ...(publicOnly ? ['A public-only token reaches public repositories only.'] : []),
    ...(confinesTokens(version)
      ? ['A token that is confined to repositories reaches these, and reads other public ones.']
      : []),
  ]
}

/** What a refusal at one gate does not say of the others; whole sentences. */
export function restOfGates(gates: readonly (readonly Scope[])[], required: readonly Scope[]): string[] {
  const asked = required.join(' and ')
  const rest = [...new Set(gates.flat())].filter((scope) => !required.includes(scope))
  if (rest.length === gates.flat().length) {
    return [`The answer asks for ${asked}, which this call does not: it is of another call, or of another release.`]
  }
  return rest.length === 0
    ? []
    : [
        `The answer names only the first gate: with ${asked} alone the next one is 403 again, for ${rest.join(' and ')}.`,
      ]
}

/** A run of versions in words: `Gitea 1.22`, `Forgejo 7 to 15`. */
export function stretchText(from: CatalogueVersion, to: CatalogueVersion): string {
  return from === to ? catalogueName(from) : `${catalogueName(from)} to ${bare(to)}`
}

/** What a category is about; the calls of each that are met most (gitea 1.20 to 1.27). */
const ABOUT: Readonly<Record<string, string>> = {
  activitypub: 'federation',
  admin: 'everything below /admin; the user must be a site administrator as well',
  misc: 'nothing: no call asks for it',
  notification: 'notifications, also those of one repository',
  organization: 'organisations and teams',
  package: 'packages',
  issue: 'issues, all comments (those on pull requests too), labels, milestones and reactions',
  repository:
    'repositories and everything in them but issues: contents, branches, pull requests, reviews, statuses, hooks',
  user: 'users, their keys, settings and tokens',
}

/** What the scopes of a refusal are about; whole sentences. */
export function belongings(scopes: readonly Scope[]): string[] {
  return scopes.map((scope) => {
    const [reach = '', category = ''] = scope.split(':')
    const method = reach === 'write' ? 'POST, PUT, PATCH and DELETE' : 'GET'
    return `${scope} is for ${method} on ${ABOUT[category] ?? 'everything'}.`
  })
}

const REQUESTS: Readonly<
  Record<PastedRequest['kind'], Record<'name' | 'read' | 'write', string> & {why: string[]; then: string}>
> = {
  git: {
    name: 'git over HTTP',
    read: 'clone and fetch',
    write: 'push',
    why: [
      'Git takes a token as the password, with any user name, and the server asks for its repository scope: read:repository to clone and fetch, write:repository to push. A public repository is fetched without any.',
      'A missing scope is a bare 403 here: no words name it.',
    ],
    then: 'The user must be able to see the repository, and to write to it for a push.',
  },
  package: {
    name: 'the registry of packages',
    read: 'pull',
    write: 'push',
    why: [
      'The registries lie beside the API and ask for a scope all the same: read:package to pull and install, write:package to push, publish and delete. write:repository does not count.',
      'A missing scope is answered 401 here, with "user should have specific permission or be a site admin" or "reqPackageAccess", not 403.',
      'The token that an Actions job has by itself cannot publish before Gitea 1.26: put a token with write:package into a secret.',
    ],
    then: 'The user must be allowed to read, or write, packages of this owner.',
  },
}

/** What was asked of git or of a registry, in words: `git over HTTP: push`. */
export function requestText({kind, reach}: PastedRequest): string {
  const {name, ...words} = REQUESTS[kind]
  if (reach === undefined) return name
  return `${name}: ${reach === 'login' ? 'login' : words[reach]}`
}

/** What such a request needs, with what for. */
export function requestNeeds({kind, reach}: PastedRequest): string {
  const category = kind === 'git' ? 'repository' : 'package'
  const levels = reach === 'read' || reach === 'write' ? [reach] : (['read', 'write'] as const)
  return levels.map((each) => `${each}:${category} to ${REQUESTS[kind][each]}`).join(', ')
}

/** Why it needs that, and what decides behind it; whole sentences. */
export function requestReasons({kind}: PastedRequest): {why: readonly string[]; then: string} {
  return REQUESTS[kind]
}
