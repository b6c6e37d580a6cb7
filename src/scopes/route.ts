import type {Scope} from './vocabulary.ts'

/** What a route wants of its caller behind the scope gate; no scope helps with it. */
export type Want =
  | 'any-token'
  | 'git-hooks'
  | 'org-member'
  | 'org-owner'
  | 'package-write'
  | 'password'
  | 'password-only'
  | 'repo-admin'
  | 'repo-owner'
  | 'repo-write'
  | 'signature'
  | 'site-admin'
  | 'team-member'

/** One route of one version of Gitea or Forgejo. */
export interface Route {
  method: string
  /** Its template below `/api/v1`: `/repos/{owner}/{repo}/issues`; a `*` stands for one segment or more. */
  path: string
  /** The gates, one after the other; of each gate all scopes are needed. Empty where no gate ever refuses. */
  gates: readonly (readonly Scope[])[]
  /** Whether just one of the gates stands there, by whose the repository is (forgejo 15: deleting one). */
  either: boolean
  /** Everything that the gates ask for, each once. */
  scopes: readonly Scope[]
  /** The server's setting without which the route is not there, in words. */
  condition: string | undefined
  /** What decides once the scopes are right. */
  wants: readonly Want[]
}
