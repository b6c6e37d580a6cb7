from os import environ
from pyforgejo import PyforgejoApi

client = PyforgejoApi(base_url="https://forge.acme.example/api/v1", api_key=environ["FORGEJO_TOKEN"])

repo = client.repository.repo_get(owner="acme", repo="core")
for issue in client.issue.list_issues(owner="acme", repo=repo.name):
    print(issue.number, issue.title)
