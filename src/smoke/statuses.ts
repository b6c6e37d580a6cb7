import {outsideOf, type RepositoryReach} from '../scopes/repositories.ts'
import type {PathResult, SmokeReason} from './types.ts'

/** What a list call that did not work says of the token. */
export interface ListFlaw {
  outcome: Extract<PathResult['outcome'], 'failed' | 'unknown'>
  reason: SmokeReason
  /** What was answered, and what that means, to follow "gets". */
  said: string
}

const LISTS = {
  issues: {what: 'issues', scope: 'read:issue'},
  pulls: {what: 'pull requests', scope: 'read:repository'},
} as const

/**
 * What a status that the agent reports for a list of `repo` says of its token; undefined for 200. Only Gitea's refusals say
 * anything: a server that was not reached, or not well, says nothing against a token (0 stands for no answer).
 */
export function flawOf(
  list: keyof typeof LISTS,
  status: number,
  {repo, confinedTo}: {repo: string; confinedTo?: RepositoryReach | undefined},
): ListFlaw | undefined {
  const {what, scope} = LISTS[list]
  const got = `${status === 0 ? 'no answer' : `HTTP ${status}`} for the ${what} of ${repo}`
  switch (status) {
    case 200:
      return undefined
    case 401:
      return {outcome: 'failed', reason: 'token-dead', said: got}
    case 403:
      return {
        outcome: 'failed',
        reason: 'scope-gap',
        said: `${got}: the token lacks ${scope}, or its user may not read them`,
      }
    case 404: {
      const outside = confinedTo && outsideOf(confinedTo, repo)
      if (outside !== undefined) return {outcome: 'failed', reason: 'confinement', said: `${got}: ${outside}`}
      return {outcome: 'failed', reason: 'role', said: `${got}: its user may not read them, or they do not exist`}
    }
    default:
      return {outcome: 'unknown', reason: 'wrong-status', said: got}
  }
}
