import giteapy
from gitea import Gitea, Issue, Repository

gitea = Gitea("https://git.example.com", "not-a-token")
me = gitea.get_user()
repo = Repository.request(gitea, "acme", "app")
for issue in repo.get_issues():
    print(issue.title)
issue = repo.create_issue("x")
issue.set_labels([])
repo.unheard_of()
gitea.requests_get("/repos/acme/app/hooks")

configuration = giteapy.Configuration()
issues = giteapy.IssueApi(giteapy.ApiClient(configuration))
issues.issue_create_comment("acme", "app", 1, body={})
users = giteapy.UserApi(giteapy.ApiClient(configuration))
users.user_get_current()
users.user_dance()
