"""Copies releases from one forge to another."""
import os
import requests

GITHUB = "https://api.github.com"
GITEA = "https://git.acme.example/api/v1"

for release in requests.get(f"{GITHUB}/repos/acme/tools/releases", headers={"Authorization": f"Bearer {os.environ['GH']}"}, timeout=9).json():
    requests.post(
        f"{GITEA}/repos/acme/tools/releases",
        json={"tag_name": release["tag_name"], "body": release["body"]},
        headers={"Authorization": f"token {os.environ['FORGE_TOKEN']}"},
        timeout=9,
    ).raise_for_status()
