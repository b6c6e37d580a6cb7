import {outsideOf, type RepositoryReach} from '../scopes/repositories.ts'
import type {Secret} from '../secret.ts'
import type {Listing, RepoLists} from './ports.ts'
import {workQuery} from './protocol.ts'
import type {PathName, PathResult} from './types.ts'

/** Which lists to read, and with whose token. */
export interface ListReading {
  agent: string
  /** `owner/name`. */
  repo: string
  label: string
  token: Secret
  /** What it is confined to, where its row tells. */
  confinedTo?: RepositoryReach | undefined
}

/**
 * The first path: open issues with the label, listed with the token itself. An empty list passes. A label that the
 * filter does not know fails the path: it is dropped, so every open issue would count as approved.
 */
export async function provesIssues(lists: RepoLists, reading: ListReading): Promise<PathResult> {
  const {repo, label, token} = reading
  const [listing, labelled] = await Promise.all([
    lists.issues(token, repo, workQuery(label)),
    lists.label(token, repo, label),
  ])
  if (listing.kind !== 'listed') return denied('issues', reading, listing, ['read:issue'])
  if (labelled === 'absent') return labelUnknown('issues', repo, label)
  const count = listing.items.filter((issue) => !issue.isPull && issue.labels.includes(label)).length
  const unsure = labelled === 'unknown' ? `; whether ${repo} has that label could not be read` : ''
  return {
    path: 'issues',
    outcome: 'passed',
    message: `the token lists the issues of ${repo}: ${count} open with the label "${label}"${unsure}`,
  }
}

/** A filter by a label that is none shows every open issue, and whoever takes that for work takes what nobody approved. */
export function labelUnknown(path: PathName, repo: string, label: string): PathResult {
  return {
    path,
    outcome: 'failed',
    reason: 'label-unknown',
    message:
      `${repo} has no label "${label}" that its issue list can be filtered by; the server drops unknown labels from the filter, so the list holds ` +
      'every open issue and not the approved ones (the token itself may list issues)',
    suggestions: [`create the label "${label}" in ${repo}, or set the right label in patrol.yaml`],
  }
}

/** The second path: open pull requests, listed with the token itself. An empty list passes. */
export async function provesPulls(lists: RepoLists, reading: ListReading): Promise<PathResult> {
  const {repo, token} = reading
  const listing = await lists.pulls(token, repo)
  if (listing.kind !== 'listed') return denied('pulls', reading, listing, ['read:repository'])
  return {path: 'pulls', outcome: 'passed', message: `the token lists the pull requests of ${repo}`}
}

/** What each kind of denial means for a path. `usual` is the scope that this call needs where the server names none. */
function denied(
  path: PathName,
  {agent, repo, confinedTo}: ListReading,
  listing: Exclude<Listing<unknown>, {kind: 'listed'}>,
  usual: readonly string[],
): PathResult {
  const what = path === 'issues' ? 'issues' : 'pull requests'
  switch (listing.kind) {
    case 'scope': {
      const scopes = (listing.required.length > 0 ? listing.required : usual).join(', ')
      return {
        path,
        outcome: 'failed',
        reason: 'scope-gap',
        message: `the token may not list the ${what} of ${repo}: it lacks the scope ${scopes}`,
        suggestions: [`patrol probe ${agent}`, `patrol rotate ${agent}`],
      }
    }
    case 'role': {
      const outside = listing.status === 404 && confinedTo ? outsideOf(confinedTo, repo) : undefined
      if (outside !== undefined) return confined(path, agent, repo, `${outside} (HTTP 404)`)
      // So is a repository answered that a public-only token is not shown, or one whose repositories are gone.
      const kept = listing.status === 404 ? ', or the token is public-only or confined to what is gone' : ''
      const access = `give the user read access to ${repo} on the server, or correct the repository in patrol.yaml`
      return {
        path,
        outcome: 'failed',
        reason: 'role',
        message:
          `the token has the scope, but its user may not read the ${what} of ${repo}, ` +
          `or the repository or its ${what} do not exist${kept} (HTTP ${listing.status})`,
        suggestions: kept ? [`patrol probe ${agent}`, access] : [access],
      }
    }
    case 'dead':
      return {
        path,
        outcome: 'failed',
        reason: 'token-dead',
        message: `the server does not accept the token (401): it was revoked, or it is not a token of this server`,
        suggestions: [`patrol probe ${agent}`],
      }
    default:
      return {
        path,
        outcome: 'unknown',
        reason: 'no-reading',
        message: `whether the token may list the ${what} of ${repo} is not known: ${listing.reason}`,
        suggestions: [`patrol smoke ${agent}`, 'patrol doctor'],
      }
  }
}

function confined(path: PathName, agent: string, repo: string, message: string): PathResult {
  const name = `name ${repo} under "repositories" of the profile of ${agent} in patrol.yaml`
  return {path, outcome: 'failed', reason: 'confinement', message, suggestions: [name, `patrol rotate ${agent}`]}
}
