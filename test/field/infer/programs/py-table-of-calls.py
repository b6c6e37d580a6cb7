"""Sets up a repository from a table."""
import os
import requests

API = os.environ["GITEA_URL"] + "/api/v1"
CALLS = [
    ("POST", "/repos/acme/core/labels", {"name": "triage", "color": "#ededed"}),
    ("POST", "/repos/acme/core/hooks", {"type": "gitea", "config": {"url": "https://hooks.acme.example", "content_type": "json"}}),
    ("PUT", "/repos/acme/core/collaborators/agent-dev-a", {"permission": "write"}),
]
for method, path, body in CALLS:
    requests.request(method, API + path, json=body, headers={"Authorization": "token " + os.environ["TOKEN"]}).raise_for_status()
