import type {Workspace} from '../rotation/ports.ts'
import type {Secret} from '../secret.ts'
import type {StoryJournal} from '../story/ports.ts'
import type {OnboardingFact, WorkspaceSpec} from './events.ts'

/** A Gitea account as the administrator sees it. */
export interface Account {
  id: number
  /** As Gitea spells it; look-ups ignore case. */
  login: string
  isAdmin: boolean
  active: boolean
  prohibitLogin: boolean
  /** The name belongs to an organisation, for which Gitea would mint all the same. */
  organisation: boolean
}

/** A user to create. Its password is made up, sent and forgotten: agents work with tokens only. */
export interface AccountOrder {
  login: string
  email: string
  /** The server's own default where it is left out. */
  visibility: 'public' | 'limited' | 'private' | undefined
  /** Sees only what it is a member of; the server's own default where it is left out. */
  restricted: boolean | undefined
}

/** What a user may do with a repository, all ways together; weakest first. */
export const PERMISSIONS = ['none', 'read', 'write', 'admin', 'owner'] as const
export type GrantedPermission = (typeof PERMISSIONS)[number]

/**
 * Gitea's users and their memberships, as the administrator. Throws `OpsError`; a write whose answer was lost throws
 * `WRITE_IN_DOUBT`, after which the caller looks before it acts again.
 */
export interface Accounts {
  /** Undefined where there is none. Throws `GITEA_USER_RENAMED` where the name leads to another user by now. */
  account(login: string): Promise<Account | undefined>
  /** Throws `USER_REFUSED` where Gitea does not take it; nothing was created then. */
  createAccount(order: AccountOrder): Promise<Account>
  /** Throws `MEMBERSHIP_REFUSED` where repository or user are not there. */
  permissionOf(repo: string, login: string): Promise<GrantedPermission>
  addCollaborator(repo: string, login: string, permission: 'read' | 'write' | 'admin'): Promise<void>
  /** The id of a team by the organisation's and its own name. Throws `MEMBERSHIP_REFUSED`. */
  team(organisation: string, name: string): Promise<number>
  isTeamMember(team: number, login: string): Promise<boolean>
  addTeamMember(team: number, login: string): Promise<void>
}

/** What creating a workspace answers. */
export interface CreatedWorkspace {
  id: string
  /** The workspace's own bearer token, which is shown only here; some releases, and some failures, leave it out. */
  token: Secret | undefined
}

/** Where workspaces are made. Errors as `Platform`. */
export interface WorkspaceMaker {
  /** All workspaces that bear exactly this name, removed ones left out. */
  named(name: string): Promise<Workspace[]>
  /** The same, and those that the platform would call so where the name is taken: `name (2)`. */
  alike(name: string): Promise<Workspace[]>
  /** Throws `WORKSPACE_REFUSED` where the platform makes none, `WRITE_IN_DOUBT` where there may be one. */
  create(name: string, spec: WorkspaceSpec, secret: {key: string; value: Secret}): Promise<CreatedWorkspace>
  /** Whether a workspace's own token is accepted by it now. */
  accepts(id: string, token: Secret): Promise<boolean>
}

/** Where a workspace's own token is kept for its machine, where the operator asked for that. */
export interface TokenShelf {
  /** In words, for plans and results: a path. */
  place(agent: string): string
  /** What lies there, if anything. */
  held(agent: string): Promise<Secret | undefined>
  keep(agent: string, token: Secret): Promise<void>
}

/** The append-only record of onboardings. */
export type OnboardingJournal = StoryJournal<OnboardingFact>
