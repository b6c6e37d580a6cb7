import type {Visit} from './visit.ts'
import type {UserOrOrganisation, Issue, Label, Repo, Team} from './world.ts'
import {reachInto} from './access.ts'

/** Go's zero time, which Gitea writes where it has none. */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

/** RFC 3339 in whole seconds. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** A user as JSON; rights and login details are real only for the user themselves and for site admins. */
export function userShape({doer, root}: Visit, user: UserOrOrganisation): Record<string, unknown> {
  const authed = doer !== undefined && (doer.id === user.id || doer.isAdmin)
  return {
    id: user.id,
    login: user.login,
    login_name: authed ? user.loginName : '',
    source_id: 0,
    full_name: user.fullName,
    email: doer ? user.email : `${user.login}@noreply.sandbox.invalid`,
    avatar_url: `${root}/avatars/${user.id}`,
    html_url: `${root}/${user.login}`,
    language: '',
    is_admin: authed && user.isAdmin,
    last_login: ZERO_TIME,
    created: instant(user.created),
    restricted: user.restricted,
    active: authed && user.active,
    prohibit_login: authed && user.prohibitLogin,
    location: '',
    website: '',
    description: '',
    visibility: user.visibility,
    followers_count: 0,
    following_count: 0,
    starred_repos_count: 0,
    username: user.login,
  }
}

export function organisationShape({root}: Visit, org: UserOrOrganisation): Record<string, unknown> {
  return {
    id: org.id,
    name: org.login,
    full_name: org.fullName,
    email: '',
    avatar_url: `${root}/avatars/${org.id}`,
    description: '',
    website: '',
    location: '',
    visibility: org.visibility,
    repo_admin_change_team_access: false,
    username: org.login,
  }
}

/** Every unit that owners and admins of an organisation have. */
const ALL_UNITS = 'actions code ext_issues ext_wiki issues packages projects pulls releases wiki'.split(' ')

/** A team; only on its own it names its organisation. */
export function teamShape({dialect}: Visit, team: Team, organization: unknown = null): Record<string, unknown> {
  const {id, name, permission, repos} = team
  const ruling = permission === 'owner' || permission === 'admin'
  const units = (ruling ? ALL_UNITS : team.units).map((unit) => `repo.${unit}`)
  return {
    id,
    name,
    description: '',
    organization,
    includes_all_repositories: repos === 'all',
    permission: ruling || !dialect.unitTeams ? permission : 'none',
    units,
    units_map: Object.fromEntries(units.map((unit) => [unit, permission])),
    can_create_org_repo: permission === 'owner',
  }
}

export function repositoryShape(visit: Visit, owner: UserOrOrganisation, repo: Repo): Record<string, unknown> {
  const access = reachInto(visit, repo)
  const path = `${owner.login}/${repo.name}`
  const open = (isPull: boolean): number =>
    repo.issues.filter((issue) => issue.state === 'open' && issue.isPull === isPull).length
  return {
    id: repo.id,
    owner: userShape(visit, owner),
    name: repo.name,
    full_name: path,
    description: '',
    empty: repo.empty,
    private: repo.isPrivate,
    fork: false,
    template: false,
    parent: null,
    mirror: repo.mirror,
    size: repo.empty ? 0 : 24,
    html_url: `${visit.root}/${path}`,
    url: `${visit.root}/api/v1/repos/${path}`,
    clone_url: `${visit.root}/${path}.git`,
    open_issues_count: open(false),
    open_pr_counter: open(true),
    default_branch: 'main',
    archived: repo.archived,
    created_at: instant(repo.created),
    updated_at: instant(repo.created),
    archived_at: repo.archived ? instant(repo.created) : '1970-01-01T00:00:00Z',
    permissions: {admin: access.atLeast('admin'), push: access.canWrite('code'), pull: access.canRead('code')},
    has_issues: repo.hasIssues,
    has_wiki: true,
    has_pull_requests: repo.hasPulls && !repo.mirror && !repo.empty,
    has_code: repo.hasCode,
    internal: owner.visibility === 'private',
  }
}

/** A label of `repo`, or else of its owner. */
export function labelShape(
  {root}: Visit,
  owner: UserOrOrganisation,
  repo: Repo | undefined,
  label: Label,
): Record<string, unknown> {
  return {
    id: label.id,
    name: label.name,
    exclusive: false,
    is_archived: false,
    color: label.color,
    description: '',
    url: repo?.labels.includes(label)
      ? `${root}/api/v1/repos/${owner.login}/${repo.name}/labels/${label.id}`
      : `${root}/api/v1/orgs/${owner.login}/labels/${label.id}`,
  }
}

/** What issues and pull requests have in common. */
function ticket(visit: Visit, owner: UserOrOrganisation, repo: Repo, issue: Issue): Record<string, unknown> {
  const poster = visit.world.accountById(issue.posterId)
  return {
    id: issue.id,
    number: issue.index,
    user: poster ? userShape(visit, poster) : null,
    title: issue.title,
    body: issue.body,
    labels: issue.labels.map((label) => labelShape(visit, owner, repo, label)),
    milestone: null,
    assignee: null,
    assignees: null,
    state: issue.state,
    is_locked: issue.locked,
    comments: issue.comments,
    created_at: instant(issue.created),
    updated_at: instant(issue.created),
    closed_at: issue.state === 'closed' ? instant(issue.created) : null,
    due_date: null,
    pin_order: 0,
  }
}

/** An item of an issue list; it is a pull request exactly when `pull_request` is not null. */
export function issueShape(visit: Visit, owner: UserOrOrganisation, repo: Repo, issue: Issue): Record<string, unknown> {
  const path = `${owner.login}/${repo.name}`
  const page = `${visit.root}/${path}/${issue.isPull ? 'pulls' : 'issues'}/${issue.index}`
  return {
    ...ticket(visit, owner, repo, issue),
    url: `${visit.root}/api/v1/repos/${path}/issues/${issue.index}`,
    html_url: page,
    original_author: '',
    original_author_id: 0,
    ref: '',
    assets: [],
    pull_request: issue.isPull ? {merged: false, merged_at: null, draft: false, html_url: page} : null,
    repository: {id: repo.id, name: repo.name, owner: owner.login, full_name: path},
  }
}

export function pullShape(visit: Visit, owner: UserOrOrganisation, repo: Repo, issue: Issue): Record<string, unknown> {
  const page = `${visit.root}/${owner.login}/${repo.name}/pulls/${issue.index}`
  const branch = (name: string): unknown => ({
    label: name,
    ref: name,
    sha: '0'.repeat(40),
    repo_id: repo.id,
    repo: null,
  })
  return {
    ...ticket(visit, owner, repo, issue),
    url: page,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    requested_reviewers: null,
    draft: false,
    mergeable: true,
    merged: false,
    merged_at: null,
    merge_commit_sha: null,
    merged_by: null,
    base: branch('main'),
    head: branch(`change-${issue.index}`),
    merge_base: '0'.repeat(40),
  }
}
