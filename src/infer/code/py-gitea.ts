/** What a method of py-gitea requests, and the class of what it gives back. */
export interface PyMethod {
  routes: readonly string[]
  gives: string | undefined
}

/** One line each: class and method, its requests with `;` between them, and `> Class` where it gives an object. */
const METHODS = `
Gitea.get_user GET /user > User
Gitea.get_version GET /version
Gitea.get_users GET /admin/users
Gitea.get_orgs GET /user;GET /admin/orgs;GET /orgs
Gitea.get_user_by_email GET /admin/users > User
Gitea.get_user_by_name GET /admin/users > User
Gitea.get_orgs_public_members_all GET /orgs/{}/public_members
Gitea.create_user POST /admin/users > User
Gitea.create_repo POST /admin/users/{}/repos > Repository
Gitea.create_org POST /admin/users/{}/orgs > Organization
Gitea.create_team POST /orgs/{}/teams > Team
Organization.request GET /orgs/{} > Organization
Organization.commit PATCH /orgs/{}
Organization.create_repo POST /orgs/{}/repos > Repository
Organization.get_repositories GET /orgs/{}/repos
Organization.get_repository GET /orgs/{}/repos > Repository
Organization.get_teams GET /orgs/{}/teams
Organization.get_team GET /orgs/{}/teams > Team
Organization.get_members GET /orgs/{}/members
Organization.is_member GET /orgs/{}/members/{}
Organization.get_public_members GET /orgs/{}/public_members
Organization.remove_member DELETE /orgs/{}/members/{}
Organization.delete DELETE /orgs/{}
Organization.get_heatmap GET /users/{}/heatmap
Organization.create_label POST /orgs/{}/labels > Label
Organization.get_labels GET /orgs/{}/labels
User.request GET /users/{} > User
User.commit PATCH /admin/users/{}
User.create_repo POST /user/repos > Repository
User.get_repositories GET /users/{}/repos
User.get_orgs GET /users/{}/orgs
User.get_teams GET /user/teams
User.get_accessible_repos GET /user/repos
User.delete DELETE /admin/users/{}
User.get_heatmap GET /users/{}/heatmap
Branch.request GET /repos/{}/{}/branches/{} > Branch
Tag.request GET /repos/{}/{}/tags/{} > Tag
Repository.request GET /repos/{}/{} > Repository
Repository.commit PATCH /repos/{}/{}
Repository.get_branches GET /repos/{}/{}/branches
Repository.add_branch POST /repos/{}/{}/branches > Branch
Repository.get_tags GET /repos/{}/{}/tags
Repository.add_tag POST /repos/{}/{}/tags > Tag
Repository.get_issues GET /repos/{}/{}/issues
Repository.get_issues_state GET /repos/{}/{}/issues
Repository.get_commits GET /repos/{}/{}/commits
Repository.get_times GET /repos/{}/{}/times
Repository.get_topics GET /repos/{}/{}/topics
Repository.add_topic PUT /repos/{}/{}/topics/{}
Repository.del_topic DELETE /repos/{}/{}/topics/{}
Repository.get_user_time GET /repos/{}/{}/times/{}
Repository.create_issue POST /repos/{}/{}/issues > Issue
Repository.create_milestone POST /repos/{}/{}/milestones > Milestone
Repository.create_gitea_hook POST /repos/{}/{}/hooks
Repository.list_hooks GET /repos/{}/{}/hooks
Repository.delete_hook DELETE /repos/{}/{}/hooks/{}
Repository.is_collaborator GET /repos/{}/{}/collaborators/{}
Repository.get_user_permission GET /repos/{}/{}/collaborators/{}/permission
Repository.get_users_with_access GET /repos/{}/{}/collaborators
Repository.remove_collaborator DELETE /repos/{}/{}/collaborators/{}
Repository.transfer_ownership POST /repos/{}/{}/transfer
Repository.get_git_content GET /repos/{}/{}/contents
Repository.get_file_content GET /repos/{}/{}/contents/{}
Repository.create_file POST /repos/{}/{}/contents/{}
Repository.change_file PUT /repos/{}/{}/contents/{}
Repository.delete_file DELETE /repos/{}/{}/contents/{}
Repository.delete DELETE /repos/{}/{}
Repository.create_label POST /repos/{}/{}/labels > Label
Repository.get_labels GET /repos/{}/{}/labels
Repository.migrate_repo POST /repos/migrate > Repository
Milestone.request GET /repos/{}/{}/milestones/{} > Milestone
Issue.request GET /repos/{}/{}/issues/{} > Issue
Issue.commit PATCH /repos/{}/{}/issues/{}
Issue.create_issue POST /repos/{}/{}/issues > Issue
Issue.get_time_sum GET /repos/{}/{}/issues/{}/times
Issue.get_times GET /repos/{}/{}/issues/{}/times
Issue.delete_time DELETE /repos/{}/{}/issues/{}/times/{}
Issue.add_time POST /repos/{}/{}/issues/{}/times
Issue.get_comments GET /repos/{}/{}/issues/comments
Issue.set_labels PUT /repos/{}/{}/issues/{}/labels
Team.request GET /teams/{} > Team
Team.commit PATCH /teams/{}
Team.add_user PUT /teams/{}/members/{}
Team.add_repo PUT /teams/{}/repos/{}/{}
Team.get_members GET /teams/{}/members
Team.get_repos GET /teams/{}/repos
Team.delete DELETE /teams/{}
Team.remove_team_member DELETE /teams/{}/members/{}
Label.request GET /repos/{}/{}/labels/{} > Label
`

/** py-gitea's methods by `Class.method`. */
export const PY_GITEA: Readonly<Record<string, PyMethod>> = Object.fromEntries(
  METHODS.trim()
    .split('\n')
    .map((line) => {
      const [, key = '', routes = '', gives] = /^(\S+) (.*?)(?: > (\w+))?$/.exec(line) ?? []
      return [key, {routes: routes.split(';'), gives}]
    }),
)
