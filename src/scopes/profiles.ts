import {expand} from './sets.ts'
import type {Scope} from './vocabulary.ts'

/** The named set of scopes that a class of agents needs. */
export interface Profile {
  name: string
  scopes: readonly Scope[]
}

/**
 * Profiles that need no configuration.
 * `engineer` finds approved issues (read:issue), pushes branches and opens pull requests (write:repository).
 * `reviewer` also comments, and comments on pull requests count as issue comments (write:issue); posting a review is a
 * write on the repository, for Gitea has no narrower scope for it (gitea 1.22: POST /repos/{o}/{r}/pulls/{n}/reviews).
 * Both may read who they are (read:user).
 */
export const PROFILES: Readonly<Record<'engineer' | 'reviewer', Profile>> = {
  engineer: {name: 'engineer', scopes: ['read:issue', 'write:repository', 'read:user']},
  reviewer: {name: 'reviewer', scopes: ['write:issue', 'write:repository', 'read:user']},
}

/** A scope that no agent's token should have, and what it would let the agent do. */
export interface Danger {
  scope: Scope
  why: string
}

const DANGERS: readonly Danger[] = [
  {scope: 'write:admin', why: 'it administers the whole server, wherever its user may'},
  {scope: 'write:user', why: 'before Gitea 1.27 and Forgejo 11.0.4 it can mint itself a token with every scope'},
]

/** What is dangerous in a set of scopes; `all` is named as such. Empty for a sound set. */
export function dangers(scopes: Iterable<Scope>): Danger[] {
  const list = [...scopes]
  if (list.includes('all')) return [{scope: 'all', why: 'it includes write:admin and write:user'}]
  const held = expand(list)
  return DANGERS.filter(({scope}) => held.has(scope))
}
