import {distance} from 'fastest-levenshtein'
import {OpsError} from '../errors.ts'
import {CATEGORIES, isScope, SCOPES, type ScopeCategory, type Scope} from './vocabulary.ts'

/** Words that people and other forges use, and the category that Gitea puts them under. */
const BELONGS: ReadonlyMap<string, ScopeCategory> = new Map(
  Object.entries({
    pull: 'repository',
    pulls: 'repository',
    pr: 'repository',
    prs: 'repository',
    pullrequest: 'repository',
    pullrequests: 'repository',
    mergerequest: 'repository',
    review: 'repository',
    reviews: 'repository',
    repo: 'repository',
    repos: 'repository',
    repositories: 'repository',
    code: 'repository',
    content: 'repository',
    contents: 'repository',
    branch: 'repository',
    branches: 'repository',
    commit: 'repository',
    commits: 'repository',
    status: 'repository',
    statuses: 'repository',
    release: 'repository',
    releases: 'repository',
    wiki: 'repository',
    action: 'repository',
    actions: 'repository',
    workflow: 'repository',
    repohook: 'repository',
    comment: 'issue',
    comments: 'issue',
    issues: 'issue',
    label: 'issue',
    labels: 'issue',
    milestone: 'issue',
    milestones: 'issue',
    reaction: 'issue',
    reactions: 'issue',
    org: 'organization',
    orgs: 'organization',
    organisation: 'organization',
    organizations: 'organization',
    team: 'organization',
    teams: 'organization',
    orghook: 'organization',
    users: 'user',
    profile: 'user',
    email: 'user',
    publickey: 'user',
    gpgkey: 'user',
    application: 'user',
    packages: 'package',
    notifications: 'notification',
  }),
)

/** Names of Gitea 1.19 and what its 1.20 migration made of them. */
const BEFORE_1_20: Readonly<Record<string, readonly Scope[]>> = {
  repo: ['write:repository'],
  'repo:status': ['write:repository'],
  public_repo: ['public-only', 'write:repository'],
  delete_repo: ['write:repository'],
  'admin:org': ['write:organization'],
  'admin:org_hook': ['write:organization'],
  'admin:public_key': ['write:user'],
  'admin:gpg_key': ['write:user'],
  'admin:repo_hook': ['write:repository'],
  'admin:application': ['write:user'],
  notification: ['write:notification'],
  user: ['write:user'],
  'user:email': ['write:user'],
  'user:follow': ['write:user'],
  package: ['write:package'],
  'delete:package': ['write:package'],
  sudo: ['write:admin'],
}

/** One scope by its exact name. Throws `OpsError` `SCOPE_UNKNOWN`, naming the scope that was probably meant. */
export function parseScope(name: string): Scope {
  if (isScope(name)) return name
  const {scopes: meant, why} = meantBy(name)
  throw new OpsError('SCOPE_UNKNOWN', {case: 'name', name, why, meant, all: SCOPES})
}

/**
 * Scopes from a list whose elements may be comma-separated, as in a flag or in Gitea's own API; empty elements are
 * skipped, nothing is trimmed. The order given is kept. Throws as `parseScope` on the first unknown name.
 */
export function parseScopes(names: string | readonly string[]): Scope[] {
  const list = typeof names === 'string' ? [names] : names
  return list
    .flatMap((element) => element.split(','))
    .filter((name) => name !== '')
    .map(parseScope)
}

/** What a name that Gitea does not have most likely stands for (empty when there is no good guess), and why. */
export function meantBy(name: string): {scopes: readonly Scope[]; why: string} {
  const scopes = guess(name)
  return {scopes, why: explanation(name, scopes)}
}

function guess(name: string): readonly Scope[] {
  const tidy = name.trim().toLowerCase()
  if (isScope(tidy)) return [tidy]
  const old = BEFORE_1_20[tidy]
  if (old) return old
  if (/^(?:read|write|admin)?:?(?:all|\*)$/.test(tidy)) return ['all']
  const [first = '', second = ''] = tidy.split(/[:.]/)
  const reversed = /^(?:read|write)$/.test(second)
  const level = (reversed ? second : first) === 'read' ? 'read' : 'write'
  const noun = (reversed ? first : second || first).replaceAll(/[^a-z]/g, '')
  const category = CATEGORIES.find((known) => known === noun) ?? BELONGS.get(noun)
  if (category) return second === '' ? [`read:${category}`] : [`${level}:${category}`]
  const [near] = SCOPES.map((scope) => ({scope, far: distance(scope, tidy)}))
    .filter(({far}) => far <= 2)
    .toSorted((a, b) => a.far - b.far)
  return near ? [near.scope] : []
}

function explanation(name: string, meant: readonly Scope[]): string {
  const tidy = name.trim().toLowerCase()
  if (isScope(tidy)) return 'names are lower-case and stand without spaces'
  if (Object.hasOwn(BEFORE_1_20, tidy)) return 'that is a name of Gitea 1.19'
  if (/pull|^(?:read|write):prs?$|review/.test(tidy) && meant.length > 0) return 'pull requests belong to "repository"'
  if (tidy.includes('comment') && meant.length > 0) return 'comments, also those on pull requests, belong to "issue"'
  return ''
}
