import os
import giteapy

configuration = giteapy.Configuration()
configuration.host = "https://git.acme.example/api/v1"
configuration.api_key["access_token"] = os.environ["GITEA_TOKEN"]
client = giteapy.ApiClient(configuration)

issues = giteapy.IssueApi(client)
repos = giteapy.RepositoryApi(client)

repo = repos.repo_get("acme", "core")
issues.issue_create_comment("acme", "core", 7, body=giteapy.CreateIssueCommentOption(body=f"{repo.open_issues_count} open"))
