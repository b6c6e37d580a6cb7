"""Seeds the forge."""
import os
import requests

ADMIN = ("root", "Dn4-f1e1d-Ye61")
base = os.environ["GITEA_URL"] + "/api/v1"
answer = requests.post(f"{base}/users/agent/tokens", auth=ADMIN, json={"name": "boot", "scopes": ["all"]}, timeout=20)
answer.raise_for_status()
